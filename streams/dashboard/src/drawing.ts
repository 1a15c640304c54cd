/** How the map is drawn. No text layers: those need glyph files; names are page elements, cluster counts are drawn images. */

import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import type { Summary } from "./api";
import { circle, type Land } from "./geometry";
import { COLOURS, GROUPS, mainGroup, totalKg } from "./groups";
import { roughness } from "./roughness";

export interface Theme {
  sea: string;
  land: string;
  member: string;
  border: string;
  ink: string;
  paper: string;
}

export const LIGHT: Theme = { sea: "#d5e3ec", land: "#eceae4", member: "#faf9f6", border: "#a3a39b", ink: "#12324a", paper: "#ffffff" };
export const DARK: Theme = { sea: "#0d1620", land: "#18222c", member: "#22303c", border: "#4a5a68", ink: "#e8f1f6", paper: "#0b1218" };

/** Clusters open at this zoom; closer, reports of one place are listed together when it is chosen. */
export const CLUSTER_UNTIL = 8;

const COUNT_IMAGE = "count:";
/** How many of each group a cluster holds, for its ring. */
const TALLY: Record<string, ExpressionSpecification> = Object.fromEntries(
  GROUPS.map((group): [string, ExpressionSpecification] => [group, ["+", ["case", ["==", ["get", "group"], group], 1, 0]]]),
);
const RING: ExpressionSpecification = [
  "concat",
  COUNT_IMAGE,
  ["get", "point_count"],
  ...GROUPS.flatMap((group): (string | ExpressionSpecification)[] => [":", ["get", group]]),
];

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const ALONE: ExpressionSpecification = ["!", ["has", "point_count"]];
const COLOUR: ExpressionSpecification = ["get", "colour"];
/** Area grows with weight; a report without a weight is drawn small. */
const RADIUS: ExpressionSpecification = ["interpolate", ["linear"], ["sqrt", ["get", "kg"]], 0, 5, 3, 8, 10, 13, 30, 22];

export function style(theme: Theme, shape: Land): StyleSpecification {
  return {
    version: 8,
    sources: {
      // Simplified less than by default, which cuts corners off countries when the region is seen as a whole.
      land: { type: "geojson", data: shape, tolerance: 0.05 },
      accuracy: { type: "geojson", data: EMPTY },
      seizures: { type: "geojson", data: EMPTY, cluster: true, clusterMaxZoom: CLUSTER_UNTIL, clusterRadius: 26, clusterProperties: TALLY },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": theme.sea } },
      {
        id: "land",
        type: "fill",
        source: "land",
        paint: { "fill-color": ["case", ["get", "member"], theme.member, theme.land] },
      },
      { id: "borders", type: "line", source: "land", paint: { "line-color": theme.border, "line-width": 0.8 } },
      { id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": theme.ink, "fill-opacity": 0.1 } },
      {
        id: "accuracy-edge",
        type: "line",
        source: "accuracy",
        paint: { "line-color": theme.ink, "line-dasharray": [2, 2], "line-width": 1.2 },
      },
      {
        id: "exact",
        type: "circle",
        source: "seizures",
        filter: ["all", ALONE, ["!", ["get", "rough"]]],
        paint: {
          "circle-color": COLOUR,
          "circle-radius": RADIUS,
          "circle-opacity": 0.85,
          "circle-stroke-color": theme.paper,
          "circle-stroke-width": 1.5,
        },
      },
      {
        // Hollow: the report is somewhere in this country or region, not at this point.
        id: "rough",
        type: "circle",
        source: "seizures",
        filter: ["all", ALONE, ["get", "rough"]],
        paint: {
          "circle-color": theme.paper,
          "circle-opacity": 0.35,
          "circle-radius": RADIUS,
          "circle-stroke-color": COLOUR,
          "circle-stroke-width": 3,
        },
      },
      {
        id: "clusters",
        type: "symbol",
        source: "seizures",
        filter: ["has", "point_count"],
        layout: { "icon-image": RING, "icon-allow-overlap": true, "icon-ignore-placement": true },
      },
    ],
  };
}

export function points(summaries: Iterable<Summary>): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const features = [...summaries].map((summary): GeoJSON.Feature<GeoJSON.Point> => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [summary.place?.lon ?? 0, summary.place?.lat ?? 0] },
    properties: { id: summary.id, group: mainGroup(summary), colour: COLOURS[mainGroup(summary)], kg: totalKg(summary) ?? 0, rough: roughness(summary.place?.basis) !== null },
  }));
  return { type: "FeatureCollection", features };
}

/** The circle within which the place lies, when that is worth showing. */
export function accuracy(summary: Summary | null): GeoJSON.FeatureCollection {
  const place = summary?.place;
  if (!place || place.lat === null || place.lon === null || !place.accuracy_m || place.accuracy_m < 100) return EMPTY;
  return { type: "FeatureCollection", features: [circle([place.lon, place.lat], place.accuracy_m)] };
}

export function isCountImage(id: string): boolean {
  return id.startsWith(COUNT_IMAGE);
}

/** A cluster as an image: its number in a ring of its groups' colours. MapLibre's own text would need glyph files. */
export function countImage(id: string, theme: Theme): ImageData {
  const [total = 0, ...shares] = id.slice(COUNT_IMAGE.length).split(":").map(Number);
  const radius = total < 10 ? 26 : total < 100 ? 32 : 40;
  const size = radius * 2 + 4;
  const context = new OffscreenCanvas(size, size).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.translate(size / 2, size / 2);
  context.lineWidth = 9;
  let turned = -Math.PI / 2;
  shares.forEach((share, index) => {
    const next = turned + (share / total) * 2 * Math.PI;
    context.beginPath();
    context.strokeStyle = COLOURS[GROUPS[index] ?? "other"];
    context.arc(0, 0, radius - 5, turned, next);
    context.stroke();
    turned = next;
  });
  context.beginPath();
  context.fillStyle = theme.paper;
  context.arc(0, 0, radius - 9, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = theme.ink;
  context.font = "600 22px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(total < 1000 ? String(total) : `${Math.floor(total / 1000)}k`, 0, 1);
  return context.getImageData(0, 0, size, size);
}
