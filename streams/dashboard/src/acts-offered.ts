/** The acts that a person is offered, by what stands. The centre judges each anew. */

import type { Me } from "./api";
import { missing } from "./informed-posts";
import type { Key } from "./texts";
import { following, here, isOpen, live, type Delivery, type Leg, type Part } from "./delivery-types";

/** A text, and what is filled in. */
export type Words = [Key, ...(string | number)[]];

/** Of a part, most needed first. */
export function actsFor(me: Me, delivery: Delivery, part: Part): string[] {
  const mine = (agency: string | null | undefined): boolean => agency === me.agency;
  if (!live(part)) {
    const seized = ["SECURED", "INTERVENED"].includes(part.phase) && !["closed", "evaluated"].includes(delivery.status);
    return seized && (mine(part.last_controller) || mine(delivery.lead)) ? ["weighing"] : [];
  }
  const running = part.phase !== "PLANNED";
  // Stopped before it started it can be held and given up, and nothing else.
  const { started } = part;
  const onwards = part.legs.filter((each) => each.number > part.leg && mine(each.plan.controller));
  const lost = part.controller === null || part.state === "CONTACT_LOST";
  const [leg, next] = [here(part), following(part)];
  const entered = part.legs.find((each) => each.number > part.leg && each.plan.country === part.territory);
  const acts: string[] = [];
  if (part.phase === "PLANNED" && mine(part.controller) && leg?.consent.in_force && ["ready", "running"].includes(delivery.status)) acts.push("start");
  if (part.offer && onwards.some((each) => each.number === part.offer?.to && each.in_place)) acts.push("acceptance");
  else if (part.state === "CROSSED_UNACCEPTED" && entered?.consent.in_force && mine(entered.plan.controller)) acts.push("acceptance");
  if (onwards.some((each) => !each.in_place && each.number === (part.offer?.to ?? next?.number))) acts.push("receiver_in_place");
  if (started && lost && (mine(part.last_controller) || mine(leg?.plan.controller) || (next?.consent.in_force && mine(next.plan.controller)))) acts.push("regained");
  if (mine(part.controller) && running) acts.push("check_in");
  if (mine(part.controller) && part.phase === "ACTIVE" && leg?.consent.in_force && next?.consent.in_force) acts.push("offer");
  if (mine(part.controller) && running) acts.push("held");
  if (mine(part.controller) && started) acts.push("radio_shadow");
  if (part.hold && part.controller !== null && agrees(me, delivery, part)) acts.push("resumed");
  const struck = ["STRIKE", "DELIVERED_UNDER_WATCH"].includes(part.phase);
  if (struck && part.strike && !(me.agency in part.strike.ready) && part.strike.agencies.includes(me.agency)) acts.push("strike_ready");
  const ground = part.legs.some((each) => each.plan.country === part.territory && (mine(each.plan.controller) || mine(each.plan.authority)));
  if (ground && started && ["ACTIVE", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH"].includes(part.phase)) acts.push("strike");
  if (ground && part.strike && part.phase !== "ACTIVE") acts.push("strike_called_off");
  if (ground && ["ACTIVE", "STRIKE"].includes(part.phase)) acts.push("delivered_under_watch");
  if (ground && ["STRIKE", "DELIVERED_UNDER_WATCH"].includes(part.phase)) acts.push("secured");
  if (ground && running) acts.push("intervened");
  // Before the start it is the lead's, too: nobody follows a load yet.
  if (ground || (!running && mine(delivery.lead))) acts.push("aborted");
  if (running && !mine(part.controller)) acts.push("check_in");
  if (running) acts.push("tracked", ...(started ? ["crossed"] : []), "contact_lost", "control_lost");
  if (mine(part.controller) && ["ACTIVE", "HELD"].includes(part.phase)) {
    const inHand = started && !lost && !part.offer;
    acts.push(...(inHand ? ["split"] : []), "device_placed");
    if (part.devices?.some(({ ended }) => !ended)) acts.push("device_removed");
    if (inHand && delivery.parts.some((other) => other !== part && other.controller === part.controller && other.leg === part.leg && live(other))) acts.push("merge");
  }
  if (mine(delivery.lead) && !["draft", "ended"].includes(delivery.status)) acts.push("route_change");
  return acts;
}

/** Whether the officer's agency is asked whether the load goes on: the state that has it, the lead, and whose conditions are touched. */
function agrees(me: Me, delivery: Delivery, part: Part): boolean {
  if (part.hold && me.agency in part.hold.agreed) return false;
  const touched = (leg: Leg): boolean => part.hold?.touches?.includes(leg.number) || (leg.consent.state === "CONDITIONAL" && leg.number >= part.leg);
  const ground = (leg: Leg): boolean => leg.plan.country === part.territory && [leg.plan.authority, leg.plan.controller].includes(me.agency);
  return me.agency === delivery.lead || part.legs.some((leg) => ground(leg) || (touched(leg) && leg.plan.authority === me.agency));
}

/** What the authority or the lead may say of a leg. */
export function legActs(me: Me, delivery: Delivery, part: Part, leg: Leg): string[] {
  if (leg.number < part.leg || !live(part) || ["draft", "ended", "closed", "evaluated"].includes(delivery.status)) return [];
  const acts: string[] = [];
  const { state, accepted } = leg.consent;
  if (me.agency === delivery.lead && state === "CONDITIONAL" && !accepted) acts.push("conditions_accepted");
  if (me.agency === leg.plan.authority) {
    // What is consented already may be consented anew, for longer.
    acts.push("consent", "conditional_consent");
    if (["PENDING", "EXPIRED", "REFUSED", "REVOKED"].includes(state)) acts.push("provisional_consent");
    acts.push(["PENDING", "EXPIRED"].includes(state) ? "refusal" : "revocation");
  }
  return acts;
}

/** Whether anything may be stopped: not yet in a draft, nor once the last part has ended. */
export const stoppable = ({ status }: Delivery): boolean => ["requested", "declared", "ready", "running"].includes(status);

/** Of the delivery as a whole; `now`: what it waits for; `waits`: what the centre would refuse that for, in words. */
export function wholeActs(me: Me, delivery: Delivery): { now: string[]; other: string[]; waits: Words[] } {
  const lead = me.agency === delivery.lead;
  const centre = me.role === "coordinator" || (me.role === "supervisor" && me.agency === "CARICC");
  const now: string[] = [];
  const waits: Words[] = [];
  const unless = (first: Words[], act: string): void => void (first.length ? waits.push(...first) : now.push(act));
  // Whoever made the request does not sign it.
  if (lead && delivery.status === "draft" && delivery.requested_by !== `${me.agency}/${me.person}`) now.push("signature");
  if (lead && ["requested", "declared"].includes(delivery.status)) now.push("ready");
  if (centre && delivery.status === "declared") unless(beforeConfirmed(me, delivery), "ready_confirmed");
  if (lead && delivery.status === "ended") unless(beforeClosed(delivery), "closed");
  if (lead && delivery.status === "closed") now.push("evaluated");
  const watching = ["draft", "ended"].includes(delivery.status) ? [] : ["posts_informed", "watch"];
  // An embargo keeps reports in after the end.
  const kept = delivery.kept_in ? ["match_released"] : [];
  return { now, other: [...(isOpen(delivery) ? ["evidence", "room", ...watching] : []), ...kept], waits };
}

function beforeConfirmed(me: Me, delivery: Delivery): Words[] {
  const untold = missing(delivery).length;
  const own = delivery.unconfirmed.some(({ entry, by }) => entry === delivery.ready?.id && by === `${me.agency}/${me.person}`);
  const unanswered = delivery.deconfliction && !delivery.deconfliction.answered;
  return [...where(untold, "d_waits_posts", untold), ...where(unanswered, "d_waits_answer"), ...where(own, "d_waits_another")];
}

/** Alarms for some alone do not keep it open. */
function beforeClosed(delivery: Delivery): Words[] {
  const open = delivery.alarms.filter(({ audience }) => !audience).length;
  const items = (delivery.evidence ?? []).filter(({ pending }) => pending).map(({ item }) => item);
  return [...where(open, "d_waits_alarms", open), ...where(items.length, "d_waits_items", items.join(", "))];
}

const where = (so: unknown, ...words: Words): Words[] => (so ? [words] : []);
