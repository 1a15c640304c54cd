/** The land, from Natural Earth by way of the world-atlas package: fetched from this server, no tile server, nothing from outside. */

import { feature } from "topojson-client";
import type { Topology, GeometryCollection } from "topojson-specification";
import atlasUrl from "world-atlas/countries-50m.json?url";

/** Countries that are named, by ISO 3166-1 numeric, with a place for the name that is clear of the borders. */
export const COUNTRIES: Record<string, { code: string; member: boolean; at: [number, number] }> = {
  "031": { code: "AZ", member: true, at: [47.4, 40.9] },
  "398": { code: "KZ", member: true, at: [71.5, 49.8] },
  "417": { code: "KG", member: true, at: [74.2, 42.1] },
  "643": { code: "RU", member: true, at: [60.5, 56.2] },
  "762": { code: "TJ", member: true, at: [71.4, 38.9] },
  "795": { code: "TM", member: true, at: [58.6, 39.4] },
  "860": { code: "UZ", member: true, at: [60.2, 43.4] },
  "004": { code: "AF", member: false, at: [65.6, 33.8] },
  "364": { code: "IR", member: false, at: [54.3, 33.2] },
  "156": { code: "CN", member: false, at: [84.5, 40.5] },
  "586": { code: "PK", member: false, at: [69.2, 29.6] },
  "792": { code: "TR", member: false, at: [38.5, 39.3] },
};

/** What the map shows first: the member states east of the Urals' foot and the Caucasus. */
export const REGION: [number, number, number, number] = [44, 34.5, 82, 56.5];

export type Land = GeoJSON.FeatureCollection<GeoJSON.Geometry, { member: boolean; code: string }>;

export async function land(): Promise<Land> {
  const topology = (await (await fetch(atlasUrl)).json()) as Topology<{ countries: GeometryCollection }>;
  const countries = feature(topology, topology.objects.countries);
  return {
    type: "FeatureCollection",
    features: countries.features.map((country) => {
      const known = COUNTRIES[String(country.id).padStart(3, "0")];
      return { type: "Feature", geometry: country.geometry, properties: { member: known?.member ?? false, code: known?.code ?? "" } };
    }),
  };
}

const EARTH_M = 6_371_008.8;

/** A circle of `radius` metres around a point, on the sphere. */
export function circle([lon, lat]: [number, number], radius: number): GeoJSON.Feature<GeoJSON.Polygon> {
  const angle = radius / EARTH_M;
  const phi = (lat * Math.PI) / 180;
  const ring = Array.from({ length: 65 }, (_, step): [number, number] => {
    const bearing = (step / 64) * 2 * Math.PI;
    const there = Math.asin(Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing));
    const turn = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(phi),
      Math.cos(angle) - Math.sin(phi) * Math.sin(there),
    );
    return [lon + (turn * 180) / Math.PI, (there * 180) / Math.PI];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
