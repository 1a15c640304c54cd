/** How the map is drawn. No text layers: those need glyph files; names are page elements, cluster counts are drawn images. */

import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import type { Summary } from "./api";
import { circle, type Land } from "./geometry";
import { COLOURS, mainGroup, totalKg } from "./groups";

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

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const ALONE: ExpressionSpecification = ["!", ["has", "point_count"]];
const COLOUR: ExpressionSpecification = ["get", "colour"];
/** Area grows with weight; a report without a weight is drawn small. */
const RADIUS: ExpressionSpecification = ["interpolate", ["linear"], ["sqrt", ["get", "kg"]], 0, 5, 3, 8, 10, 13, 30, 22];

export function style(theme: Theme, shape: Land): StyleSpecification {
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: shape },
      accuracy: { type: "geojson", data: EMPTY },
      seizures: { type: "geojson", data: EMPTY, cluster: true, clusterMaxZoom: CLUSTER_UNTIL, clusterRadius: 34 },
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
        id: "clusters",
        type: "circle",
        source: "seizures",
        filter: ["has", "point_count"],
        paint: {
          "circle-color": theme.ink,
          "circle-opacity": 0.9,
          "circle-radius": ["step", ["get", "point_count"], 13, 10, 16, 50, 20, 200, 25],
          "circle-stroke-color": theme.paper,
          "circle-stroke-width": 2,
        },
      },
      {
        id: "cluster-counts",
        type: "symbol",
        source: "seizures",
        filter: ["has", "point_count"],
        layout: {
          "icon-image": ["concat", "count:", ["get", "point_count_abbreviated"]],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
        },
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
    ],
  };
}

/** Whether the position is only the middle of a country or a subdivision. */
export function isRough(summary: Summary): boolean {
  return summary.place?.basis === "country" || summary.place?.basis === "subdivision";
}

export function points(summaries: Iterable<Summary>): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const features = [...summaries].map((summary): GeoJSON.Feature<GeoJSON.Point> => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [summary.place?.lon ?? 0, summary.place?.lat ?? 0] },
    properties: { id: summary.id, colour: COLOURS[mainGroup(summary)], kg: totalKg(summary) ?? 0, rough: isRough(summary) },
  }));
  return { type: "FeatureCollection", features };
}

/** The circle within which the place lies, when that is worth showing. */
export function accuracy(summary: Summary | null): GeoJSON.FeatureCollection {
  const place = summary?.place;
  if (!place || place.lat === null || place.lon === null || !place.accuracy_m || place.accuracy_m < 100) return EMPTY;
  return { type: "FeatureCollection", features: [circle([place.lon, place.lat], place.accuracy_m)] };
}

/** A number as an image: MapLibre's own text would need glyph files. */
export function countImage(text: string, colour: string): ImageData {
  const size = 48;
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.font = `600 ${text.length > 3 ? 18 : 22}px system-ui, sans-serif`;
  context.fillStyle = colour;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, size / 2, size / 2 + 1);
  return context.getImageData(0, 0, size, size);
}
