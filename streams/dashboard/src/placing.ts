/** How positions are drawn: the planned way, trails, circles of accuracy. Marks themselves are page elements (`elements/delivery-map`). */

import type { StyleSpecification } from "maplibre-gl";
import type { Mark, TrailPoint, WayLeg } from "./delivery-positions";
import type { Part } from "./delivery-types";
import type { Theme } from "./drawing";
import { circle, type Land } from "./geometry";

type Line = GeoJSON.Feature<GeoJSON.LineString, { kind: string }>;

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const SMALLEST_M = 20;

/** Colours that are told apart in light and dark, and never alone: every kind of line has a pattern of its own. */
const WAY = { light: "#0a5a8a", dark: "#79c0ec" };
const BAD = { light: "#b3161b", dark: "#ff7b74" };
const OLD = { light: "#7b848c", dark: "#8d9aa5" };

export const SOURCES = ["way", "trails", "circles"] as const;

export function placesStyle(theme: Theme, shape: Land, dark: boolean): StyleSpecification {
  const tone = dark ? "dark" : "light";
  const line = (id: string, source: string, kind: string, paint: Record<string, unknown>) => ({
    id,
    type: "line" as const,
    source,
    filter: ["==", ["get", "kind"], kind] as never,
    layout: { "line-cap": "round" as const, "line-join": "round" as const },
    paint,
  });
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: shape, tolerance: 0.05 },
      way: { type: "geojson", data: EMPTY },
      trails: { type: "geojson", data: EMPTY },
      circles: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": theme.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": ["case", ["get", "member"], theme.member, theme.land] } },
      { id: "borders", type: "line", source: "land", paint: { "line-color": theme.border, "line-width": 1 } },
      line("way-passed", "way", "passed", { "line-color": OLD[tone], "line-width": 2, "line-dasharray": [1, 2] }),
      line("way-ahead", "way", "ahead", { "line-color": WAY[tone], "line-width": 2, "line-dasharray": [4, 3] }),
      line("way-beyond", "way", "beyond", { "line-color": BAD[tone], "line-width": 2, "line-dasharray": [0.5, 3] }),
      { id: "circle-live", type: "fill", source: "circles", filter: ["==", ["get", "kind"], "live"], paint: { "fill-color": WAY[tone], "fill-opacity": 0.16 } },
      { id: "circle-stale", type: "fill", source: "circles", filter: ["!=", ["get", "kind"], "live"], paint: { "fill-color": OLD[tone], "fill-opacity": 0.14 } },
      { id: "circle-edge", type: "line", source: "circles", filter: ["==", ["get", "kind"], "live"], paint: { "line-color": WAY[tone], "line-width": 1.4 } },
      { id: "circle-edge-stale", type: "line", source: "circles", filter: ["!=", ["get", "kind"], "live"], paint: { "line-color": OLD[tone], "line-width": 1.4, "line-dasharray": [2, 2] } },
      line("trail-old", "trails", "old", { "line-color": OLD[tone], "line-width": 3 }),
      line("trail-live", "trails", "live", { "line-color": WAY[tone], "line-width": 4 }),
      line("trail-jump", "trails", "jump", { "line-color": BAD[tone], "line-width": 2, "line-dasharray": [2, 2] }),
    ],
  };
}

/** The way of a part: what is behind, what may be entered, and what no consent reaches. */
export function wayLines(part: Part, legs: WayLeg[]): Line[] {
  const lines: Line[] = [];
  let before: [number, number] | null = null;
  let beyond = false;
  for (const { leg, entry, exit } of legs) {
    const start: [number, number] | null = entry ? [entry.lon, entry.lat] : before;
    const end: [number, number] | null = exit ? [exit.lon, exit.lat] : null;
    const open = part.legs.find(({ number }) => number === leg)?.consent.in_force ?? false;
    beyond ||= leg >= part.leg && !open;
    if (before && start && (before[0] !== start[0] || before[1] !== start[1])) lines.push(lineOf([before, start], beyond ? "beyond" : leg <= part.leg ? "passed" : "ahead"));
    if (start && end) lines.push(lineOf([start, end], beyond ? "beyond" : leg < part.leg ? "passed" : "ahead"));
    before = end ?? start;
  }
  return lines;
}

/** A trail to the newest position; jumps are lines of their own, and so is a jump that has just come. */
export function trailLines(trail: TrailPoint[], mark: Mark, live: boolean): Line[] {
  const kind = mark.stale || !live ? "old" : "live";
  const lines: Line[] = [];
  let run: [number, number][] = [];
  const flush = (): void => {
    if (run.length > 1) lines.push(lineOf(run, kind));
    run = [];
  };
  for (const [lon, lat, , jump] of trail) {
    const last = run.at(-1);
    if (jump && last) {
      flush();
      lines.push(lineOf([last, [lon, lat]], "jump"));
    }
    run.push([lon, lat]);
  }
  const newest = trail.at(-1);
  if (mark.at && newest && Date.parse(mark.at.captured) > newest[2]) run.push([mark.at.lon, mark.at.lat]);
  flush();
  if (mark.at && mark.jump) lines.push(lineOf([[mark.at.lon, mark.at.lat], [mark.jump.lon, mark.jump.lat]], "jump"));
  return lines;
}

export function circles(marks: Mark[], live: boolean): GeoJSON.FeatureCollection {
  const features = marks
    .filter(({ at, ended }) => at?.accuracy_m && at.accuracy_m >= SMALLEST_M && !ended)
    .map(({ at, stale }) => ({ ...circle([at?.lon ?? 0, at?.lat ?? 0], at?.accuracy_m ?? 0), properties: { kind: live && !stale ? "live" : "stale" } }));
  return { type: "FeatureCollection", features };
}

export const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

function lineOf(coordinates: [number, number][], kind: string): Line {
  return { type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates } };
}
