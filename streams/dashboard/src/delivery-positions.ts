/** Where the consignments are: the newest of each device by the feed, trails and planned ways as they are asked for. */

import { call, path } from "./api";
import type { Delivery, Part } from "./delivery-types";

export interface Fix {
  lat: number;
  lon: number;
  accuracy_m?: number | null;
  speed_kmh?: number | null;
  course?: number | null;
  battery_percent?: number | null;
  source: string;
  captured: string;
  received: string;
  /** Entered by hand and dated so much after it was sent: a wrong clock, and no age. */
  skew_s?: number;
}

/** `[lon, lat, milliseconds, jump]`; jump 1: nothing goes so fast as from the point before. */
export type TrailPoint = [number, number, number, number];

export interface Placed {
  delivery: string;
  part: string;
  device: string;
  kind: string;
  version: number;
  position: Fix | null;
  jump: Fix | null;
  straddles: boolean;
  apart: string | null;
  skew_s: number;
  heard: string | null;
  silent: boolean;
  silent_after_s: number;
  ended: boolean;
}

export interface WayPoint {
  lat: number;
  lon: number;
  accuracy_m: number | null;
  name: string;
}

export interface WayLeg {
  leg: number;
  entry: WayPoint | null;
  exit: WayPoint | null;
}

/** A position by hand has no interval of its own: after the contact clock of a moving load it is old. */
const BY_HAND_S = 900;
const MINUTE_MS = 60_000;

class Positions extends EventTarget {
  devices = new Map<string, Placed>();
  trails = new Map<string, TrailPoint[]>();
  ways = new Map<string, Record<string, WayLeg[]>>();
  private asked = new Set<string>();

  /** One record of the feed. */
  receive(placed: Placed): void {
    const known = this.devices.get(placed.device);
    if (known && known.version > placed.version) return;
    this.devices.set(placed.device, placed);
    const trail = this.trails.get(placed.device) ?? [];
    const at = placed.position;
    if (at) {
      const taken = Date.parse(at.captured);
      const last = trail.at(-1);
      // The centre keeps a point a minute; between two the way goes on to the newest.
      if (!last || taken - last[2] >= MINUTE_MS) this.trails.set(placed.device, [...trail, [at.lon, at.lat, taken, 0]]);
    }
    this.changed();
  }

  /** The newest of everything that is open; after a break, again. */
  async readAll(): Promise<void> {
    const { items } = await call<{ items: Placed[] }>("/v1/deliveries/positions");
    for (const each of items) this.receive(each);
  }

  /** Trails and planned way of one delivery. */
  async read(delivery: string): Promise<void> {
    this.asked.add(delivery);
    const [{ items }, { parts }] = await Promise.all([
      call<{ items: (Placed & { trail: TrailPoint[] })[] }>(`/v1/deliveries/${path(delivery)}/positions`),
      call<{ parts: Record<string, WayLeg[]> }>(`/v1/deliveries/${path(delivery)}/way`),
    ]);
    this.ways.set(delivery, parts);
    for (const { trail, ...placed } of items) {
      this.trails.set(placed.device, trail);
      this.receive(placed);
    }
    this.changed();
  }

  /** After a break: what came meanwhile is in no event. */
  again(): void {
    void this.readAll().catch(() => undefined);
    for (const delivery of this.asked) void this.read(delivery).catch(() => undefined);
  }

  forget(delivery: string | null): void {
    for (const [device, placed] of this.devices) {
      if (delivery === null || placed.delivery === delivery) {
        this.devices.delete(device);
        this.trails.delete(device);
      }
    }
    if (delivery === null) {
      this.ways.clear();
      this.asked.clear();
    } else {
      this.ways.delete(delivery);
      this.asked.delete(delivery);
    }
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

export const positions = new Positions();

/** One mark on the map: a device, or what an officer saw. */
export interface Mark {
  id: string;
  delivery: string;
  part: string;
  label: string;
  /** null: the device has not reported yet. */
  at: Fix | null;
  jump: Fix | null;
  placed: Placed | null;
  /** How old it is, by the centre's clock (ms). */
  age: number;
  /** Not to be taken for where it is now. */
  stale: boolean;
  ended: boolean;
}

/** Every mark of a delivery's live parts, and of devices that report no more; `now` by the centre's clock. */
export function marks(delivery: Delivery, now: number): Mark[] {
  const found: Mark[] = [];
  const named = new Map<string, string>();
  for (const part of delivery.parts) for (const device of part.devices ?? []) named.set(device.id, device.device);
  const seen = new Set<string>();
  for (const placed of positions.devices.values()) {
    if (placed.delivery !== delivery.delivery) continue;
    seen.add(placed.device);
    const ended = placed.ended || !delivery.parts.some((part) => part.devices?.some((device) => device.id === placed.device && !device.ended));
    const age = placed.position ? Math.max(0, now - Date.parse(placed.position.captured)) : 0;
    const stale = ended || placed.silent || age > placed.silent_after_s * 1000;
    found.push({ id: placed.device, delivery: placed.delivery, part: placed.part, label: named.get(placed.device) ?? "", at: placed.position, jump: placed.jump, placed, age, stale, ended });
  }
  for (const part of delivery.parts) {
    for (const device of part.devices ?? []) {
      if (!device.ended && !seen.has(device.id)) found.push({ id: device.id, delivery: delivery.delivery, part: part.part, label: device.device, at: null, jump: null, placed: null, age: 0, stale: true, ended: false });
    }
    const hand = byHand(part);
    if (hand) found.push({ id: `${delivery.delivery}/${part.part}`, delivery: delivery.delivery, part: part.part, label: "", ...hand, placed: null, ...aged(hand.at ?? hand.jump, now), ended: false });
  }
  return found.sort((a, b) => a.part.localeCompare(b.part) || Number(a.ended) - Number(b.ended) || a.label.localeCompare(b.label));
}

/** The newest that an officer entered; a device's own is on the map as the device's. */
function byHand(part: Part): { at: Fix | null; jump: Fix | null } | null {
  const at = part.position as (Fix & { device?: string; jump: boolean }) | null;
  if (!at || at.device || part.ended) return null;
  return at.jump ? { at: null, jump: at } : { at, jump: null };
}

function aged(at: Fix | null, now: number): { age: number; stale: boolean } {
  const age = at ? Math.max(0, now - Date.parse(at.captured)) : 0;
  return { age, stale: age > BY_HAND_S * 1000 || Boolean(at?.skew_s) };
}

/** The newest position of a part, whoever or whatever saw it: the timeline keeps few of a device's. */
export function newest(delivery: Delivery, part: Part): Part["position"] {
  let found = part.position;
  for (const { position, ...placed } of positions.devices.values()) {
    if (!position || placed.ended || placed.delivery !== delivery.delivery || placed.part !== part.part) continue;
    if (!found || found.captured < position.captured) found = { ...position, jump: false, device: placed.device };
  }
  return found;
}
