/** What this officer may do with a part, as it was last heard. The centre judges every act anew. */

import { following, live, placeName, type Alarm, type Delivery, type Part } from "../delivery-types";
import { underWay } from "./keeping";
import type { Written } from "./queue";
import { settled } from "./queue";

export interface Situation {
  delivery: Delivery;
  part: Part;
  controls: boolean;
  /** The countries in which the officer's agency may say that the load is in sight again, first where it was last; none: not its to find. */
  regains: string[];
  /** The leg that the officer's agency would take over on. */
  leg: number | null;
  /** What the second button does; null: nothing now. */
  hand: "offer" | "accept" | null;
  /** The countries in which the load may be accepted: the giver's first. None where it has crossed, and so is in the receiver's. */
  soils: string[];
  inPlace: boolean;
  /** The countries that the load may cross into now; none before the start. */
  across: string[];
  place: string;
}

export interface Choice {
  key: string;
  delivery: Delivery;
  part: Part;
}

/** Every part on its way: first what is offered to the officer's agency, then what it controls, then what it will. */
export function choices(boards: Iterable<Delivery>, agency: string): Choice[] {
  const onto = (part: Part, to?: number): boolean => part.legs.some((leg) => leg.plan.controller === agency && (to === undefined ? leg.number > part.leg : leg.number === to));
  const mine = ({ part }: Choice): number => (part.offer && onto(part, part.offer.to) ? 0 : part.controller === agency ? 1 : onto(part) ? 2 : 3);
  return [...boards]
    .filter(underWay)
    .flatMap((delivery) => delivery.parts.filter(live).map((part) => ({ key: `${delivery.delivery}|${part.part}`, delivery, part })))
    .sort((a, b) => mine(a) - mine(b) || a.key.localeCompare(b.key));
}

/** `now` by the centre's clock (ms). What the officer wrote and the centre has not answered counts as if it were there. */
export function situation({ delivery, part }: Choice, agency: string, queue: Iterable<Written>, now: number): Situation {
  const controls = part.controller === agency;
  const offer = part.offer && Date.parse(part.offer.expires) > now ? part.offer : null;
  const mine = part.legs.filter((leg) => leg.number > part.leg && leg.plan.controller === agency);
  const onto = mine.find((leg) => leg.number === (offer?.to ?? following(part)?.number)) ?? mine[0] ?? null;
  const open = [...queue].filter((entry) => !settled(entry));
  const waits = (name: string): Written | undefined =>
    open.find(({ act }) => act.act === name && act.delivery === delivery.delivery && act["part"] === part.part);
  const saidInPlace = waits("receiver_in_place")?.act["leg"] === (onto?.number ?? 0);
  const there = onto !== null && (onto.in_place || saidInPlace);
  const crossed = part.state === "CROSSED_UNACCEPTED" && onto !== null && onto.plan.country === part.territory && onto.consent.in_force;
  const accepts = crossed || (offer !== null && onto?.number === offer.to && there);
  const offers = controls && part.phase === "ACTIVE" && offer === null && following(part)?.consent.in_force === true;
  const ahead = part.legs.filter((leg) => leg.number >= part.leg).slice(0, 2);
  const plan = ahead[0]?.plan;
  const lost = part.state === "CONTROL_LOST";
  const ours = lost && (part.last_controller === agency || plan?.controller === agency);
  return {
    delivery,
    part,
    controls,
    regains: ours ? [...new Set([part.territory, plan?.country])].flatMap((code) => code ?? []) : lost && onto?.consent.in_force ? [onto.plan.country] : [],
    leg: onto?.number ?? null,
    hand: accepts && !waits("acceptance") ? "accept" : offers && !waits("offer") ? "offer" : null,
    soils: crossed || !plan || !onto ? [] : [...new Set([plan.country, onto.plan.country])],
    inPlace: onto !== null && !there && part.phase !== "PLANNED",
    across: part.phase === "PLANNED" ? [] : ahead.map((leg) => leg.plan.country).filter((code) => code !== part.territory),
    place: plan ? (plan.handover_place ?? placeName(plan.exit)) : "",
  };
}

/** Whether an alarm of the part is the officer's own: who controls it or did last, who is still to come, and who is called to strike. */
export const concerns = (part: Part, agency: string): boolean =>
  live(part) &&
  ([part.controller, part.last_controller].includes(agency) ||
    part.legs.some((leg) => leg.number > part.leg && leg.plan.controller === agency) ||
    !!part.strike?.agencies.includes(agency));

/** Whether the officer is to feel an alarm: it calls his agency, or is of a part of its own. */
export const feels = ({ part, calls }: Alarm, parts: Part[], agency: string): boolean =>
  calls?.includes(agency) || parts.some((each) => (part ?? each.part) === each.part && concerns(each, agency));

/** The open alarms of a delivery, first those of the part that is shown or of all, and of these the newest. */
export function alarmsOf({ alarms }: Delivery, part: Part): Alarm[] {
  const here = (alarm: Alarm): number => Number(alarm.part === null || alarm.part === part.part);
  return [...alarms].sort((a, b) => here(b) - here(a) || b.raised.localeCompare(a.raised));
}

/** Until when the load must be seen, where that is before the next word is due (ms). */
export function toBeSeen({ clocks: { contact_due, eyes_due } }: Part): number | null {
  return eyes_due !== null && (contact_due === null || eyes_due < contact_due) ? Date.parse(eyes_due) : null;
}
