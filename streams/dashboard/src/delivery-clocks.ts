/** Every clock of a delivery: what falls due, and when. */

import { following, here, live, type Alarm, type Delivery, type Part } from "./delivery-types";

export type ClockKind = "contact" | "eyes" | "consent" | "written" | "offer" | "handover" | "strike" | "ring" | "shadow" | "reply";

export interface DueClock {
  delivery: string;
  part: string | null;
  leg: number | null;
  kind: ClockKind;
  due: number;
}

/** Under this much time left a clock is loud, under the second it is noticed. By kind: a consent ends in hours, silence in minutes. */
const NEAR_MINUTES: Record<ClockKind, readonly [number, number]> = {
  contact: [3, 7],
  eyes: [5, 10],
  consent: [60, 360],
  written: [60, 360],
  offer: [10, 20],
  handover: [20, 60],
  strike: [15, 60],
  ring: [1, 2],
  shadow: [2, 5],
  reply: [60, 360],
};

/** `now`: the centre's time (ms). */
export function clocks(delivery: Delivery, now: number): DueClock[] {
  const found: DueClock[] = [];
  const add = (kind: ClockKind, due: string | null | undefined, part: string | null, leg: number | null): void => {
    if (due) found.push({ delivery: delivery.delivery, part, leg, kind, due: Date.parse(due) });
  };
  for (const part of delivery.parts.filter(live)) {
    add("contact", part.clocks.contact_due, part.part, part.leg);
    add("eyes", part.clocks.eyes_due, part.part, part.leg);
    add("shadow", part.clocks.shadow_until, part.part, part.leg);
    add("offer", part.offer?.expires, part.part, part.offer?.to ?? null);
    add("handover", part.offer?.handover_at ?? planned(part), part.part, part.leg);
    add("strike", part.strike?.h_hour, part.part, part.leg);
    for (const { number, consent } of part.legs) {
      if (number < part.leg || !["CONSENTED", "CONDITIONAL", "PROVISIONAL"].includes(consent.state)) continue;
      add("consent", consent.valid_until, part.part, number);
      if (consent.state === "PROVISIONAL") add("written", consent.written_due, part.part, number);
    }
  }
  // Under way, a reply that is late for days would stand above a contact that is due in minutes; the leg itself says who has not answered.
  const late = delivery.parts.some(underWay) && Date.parse(delivery.reply_by ?? "") <= now;
  if (AGREED.has(delivery.status) && delivery.parts.some(waits) && !late) add("reply", delivery.reply_by, null, null);
  for (const alarm of nextOfPart(delivery.alarms)) add("ring", alarm.next_ring, alarm.part, alarm.leg);
  return found.sort((a, b) => a.due - b.due);
}

/** Of a part's alarms the one that rings next: thirty matches are thirty alarms, and would leave no other clock in sight. */
function nextOfPart(alarms: Alarm[]): Iterable<Alarm> {
  const next = new Map<string | null, Alarm>();
  for (const alarm of alarms) {
    const before = next.get(alarm.part);
    if (alarm.next_ring && (!before || Date.parse(alarm.next_ring) < Date.parse(before.next_ring))) next.set(alarm.part, alarm);
  }
  return next.values();
}

const AGREED = new Set(["requested", "declared", "ready", "running"]);

/** Whether an authority ahead has not answered. */
const waits = (part: Part): boolean => live(part) && part.legs.some((leg) => leg.number >= part.leg && leg.consent.state === "PENDING");

const underWay = (part: Part): boolean => live(part) && part.phase !== "PLANNED";

/** Of a part on its way that is not offered yet: when it is to leave this leg, or else to enter the next. */
function planned(part: Part): string | null {
  const next = following(part)?.plan;
  if (part.phase === "PLANNED" || !part.controller || !next) return null;
  return here(part)?.plan.exit_planned ?? next.entry_planned ?? null;
}

/** 2: loud, 1: soon, 0: there is time. */
export function nearness(clock: DueClock, now: number): 0 | 1 | 2 {
  const minutes = (clock.due - now) / 60_000;
  const [loud, soon] = NEAR_MINUTES[clock.kind];
  return minutes <= loud ? 2 : minutes <= soon ? 1 : 0;
}
