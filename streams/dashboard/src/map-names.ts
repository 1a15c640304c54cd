/** What a map is read by: names of countries wherever one is in sight, and, close up, of towns and posts. All are page elements. */

import { Marker, type Map as LibreMap } from "maplibre-gl";
import { api, type Landmark } from "./api";
import { country } from "./format";
import { COUNTRIES } from "./geometry";
import { settings } from "./store";

/** Further away there are more towns than room. */
const CLOSE_ENOUGH = 5;
const POSTS_FROM = 6.5;
/** Columns and rows of the points at which it is looked what country is there. */
const [COLUMNS, ROWS] = [9, 6];
const LETTER_PX = 6.9;
const [LINE_PX, DOT_PX] = [15, 8];

type Box = [left: number, top: number, right: number, bottom: number];
type Point = [number, number];

let known: Promise<Landmark[]> | null = null;

function landmarks(): Promise<Landmark[]> {
  known ??= api.landmarks().then(
    ({ items }) => items,
    () => {
      known = null;
      return [];
    },
  );
  return known;
}

export class MapNames {
  private readonly shown = new Map<string, Marker>();

  constructor(
    private readonly map: LibreMap,
    /** Boxes in pixels of the map that names must leave free; without it only countries are named. */
    private readonly taken: (() => DOMRect[]) | null,
  ) {
    map.on("moveend", () => map.once("idle", () => void this.write()));
  }

  /** Name what is in sight, in the reader's language. */
  async write(): Promise<void> {
    const items = this.taken && this.map.getZoom() >= CLOSE_ENOUGH ? await landmarks() : [];
    const kept = new Set<string>();
    for (const [code, at, member] of this.countries()) this.put(code, at, country(code), member ? "country member" : "country", kept);
    const boxes = this.occupied();
    for (const one of items) {
      if (one.kind === "post" && this.map.getZoom() < POSTS_FROM) continue;
      const name = settings.language === "ru" ? one.ru : one.name;
      const box = this.room(one, name);
      if (!box || boxes.some((other) => overlap(box, other))) continue;
      boxes.push(box);
      this.put(`${one.kind} ${one.name} ${one.lat}`, [one.lon, one.lat], name, `landmark ${one.kind}`, kept);
    }
    for (const [key, marker] of this.shown) {
      if (!kept.has(key)) {
        marker.remove();
        this.shown.delete(key);
      }
    }
  }

  /** Each at its own place while that is in sight, else in the middle of what is seen of it. */
  private countries(): [string, Point, boolean][] {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const seen = new Map<string, Point[]>();
    for (let column = 0; column < COLUMNS; column++) {
      for (let row = 0; row < ROWS; row++) {
        const at: Point = [((column + 0.5) / COLUMNS) * clientWidth, ((row + 0.5) / ROWS) * clientHeight];
        const [feature] = this.map.queryRenderedFeatures(at, { layers: ["land"] });
        const code = feature?.properties["code"] as string | undefined;
        if (code) seen.set(code, [...(seen.get(code) ?? []), at]);
      }
    }
    const bounds = this.map.getBounds();
    return Object.values(COUNTRIES).flatMap(({ code, at, member }): [string, Point, boolean][] => {
      if (bounds.contains(at)) return [[code, at, member]];
      const points = seen.get(code);
      if (!points) return [];
      const middle: Point = [mean(points, 0), mean(points, 1)];
      const nearest = points.reduce((best, point) => (away(point, middle) < away(best, middle) ? point : best));
      const { lng, lat } = this.map.unproject(nearest);
      return [[code, [lng, lat], member]];
    });
  }

  private occupied(): Box[] {
    const frame = this.map.getContainer().getBoundingClientRect();
    return (this.taken?.() ?? []).map(({ left, top, right, bottom }) => [left - frame.left, top - frame.top, right - frame.left, bottom - frame.top]);
  }

  /** Where a name would stand, or null where that is not wholly in sight. */
  private room({ lon, lat }: Landmark, name: string): Box | null {
    const { x, y } = this.map.project([lon, lat]);
    const box: Box = [x - DOT_PX / 2, y - LINE_PX / 2, x + DOT_PX + name.length * LETTER_PX, y + LINE_PX / 2];
    const { clientWidth, clientHeight } = this.map.getContainer();
    return box[0] >= 0 && box[1] >= 0 && box[2] <= clientWidth && box[3] <= clientHeight ? box : null;
  }

  private put(key: string, at: Point, name: string, kind: string, kept: Set<string>): void {
    let marker = this.shown.get(key);
    if (!marker) {
      const element = document.createElement("span");
      // What a map shows is in its table too: names of the land would only be read out between.
      element.setAttribute("aria-hidden", "true");
      marker = new Marker({ element, opacityWhenCovered: "1", anchor: kind.startsWith("landmark") ? "left" : "center" }).setLngLat(at).addTo(this.map);
      element.classList.add(...kind.split(" "));
      this.shown.set(key, marker);
    }
    marker.setLngLat(at);
    marker.getElement().textContent = name;
    kept.add(key);
  }
}

function overlap([left, top, right, bottom]: Box, other: Box): boolean {
  return left < other[2] && other[0] < right && top < other[3] && other[1] < bottom;
}

function mean(points: Point[], axis: 0 | 1): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}

function away([x, y]: Point, [toX, toY]: Point): number {
  return (x - toX) ** 2 + (y - toY) ** 2;
}
