/** What the centre says of controlled deliveries (schemas/deliveries.py, schemas/acts/), as far as the pages read it. */

import type { JsonObject, Problem } from "./api";

export type PartState =
  | "PLANNED" | "ACTIVE" | "OFFERED" | "RECEIVER_IN_PLACE" | "CROSSED_UNACCEPTED" | "CONTACT_LOST" | "CONTROL_LOST" | "STOP_REQUESTED"
  | "HELD" | "STRIKE" | "DELIVERED_UNDER_WATCH" | "SECURED" | "INTERVENED" | "ABORTED" | "SPLIT" | "MERGED";
export type ConsentState = "PENDING" | "PROVISIONAL" | "CONSENTED" | "CONDITIONAL" | "REFUSED" | "EXPIRED" | "REVOKED";
export type Status = "draft" | "requested" | "declared" | "ready" | "running" | "ended" | "closed" | "evaluated";

export interface Consent {
  state: ConsentState;
  in_force: boolean;
  id?: string | null;
  by?: string | null;
  said?: string | null;
  valid_until?: string | null;
  written_due?: string | null;
  authorisation?: JsonObject | null;
  terms?: string[];
  accepted?: boolean | null;
  reason?: string | null;
}

export interface PlanPlace {
  name?: string;
  crossing?: string;
  locality?: string;
  country?: string;
}

export interface LegPlan {
  country: string;
  number: number;
  authority: string;
  controller: string;
  profile?: string;
  entry?: PlanPlace;
  exit?: PlanPlace;
  entry_planned?: string;
  exit_planned?: string;
  handover_place?: string;
  /** Within how many hours an oral consent is confirmed in writing; 72 where it is not said. */
  written_due_hours?: number;
}

export interface Leg {
  number: number;
  plan: LegPlan;
  consent: Consent;
  in_place: boolean;
}

export interface Offer {
  id: string;
  to: number;
  handover_at: string;
  expires: string;
  place: string;
  by: string;
}

export interface Hold {
  id: string;
  by: string;
  reason: string;
  ru?: { reason?: string; needed?: string[] };
  at: string;
  place?: string | null;
  guard?: string | null;
  /** Legs whose conditions are at stake. */
  touches?: number[];
  agreed: Record<string, string>;
  needed: string[];
}

export interface Position {
  lat: number;
  lon: number;
  accuracy_m?: number | null;
  source: string;
  captured: string;
  received: string;
  jump: boolean;
  /** Entered by hand and dated so much after it was sent: a wrong clock, and no age. */
  skew_s?: number;
  /** Of a tracking device. */
  device?: string;
}

export interface Part {
  part: string;
  state: PartState;
  phase: string;
  started: boolean;
  controller: string | null;
  last_controller?: string | null;
  territory: string | null;
  leg: number;
  legs: Leg[];
  hard_stop: { leg: number; country: string; exit: PlanPlace | null; here?: boolean } | null;
  offer: Offer | null;
  hold: Hold | null;
  strike: { id: string; h_hour: string; agencies: string[]; ready: Record<string, string>; embargo_until?: string | null } | null;
  clocks: {
    heard: string | null;
    contact_due: string | null;
    seen: string | null;
    eyes_due: string | null;
    shadow_until: string | null;
    profile: string;
  };
  position: Position | null;
  devices?: { id: string; kind: string; device: string; ended?: string | null }[];
  seals: string[];
  mass: Record<string, { kg: string; uncertainty_kg: string }>;
  unweighed?: Record<string, string>;
  secured?: Record<string, { kg: string; uncertainty_kg: string }>;
  ended: { by: string; at: string; report?: string; reason?: string | null } | null;
  came_from: string[];
  became: string[];
}

export interface Alarm {
  id: string;
  kind: string;
  part: string | null;
  leg: number | null;
  raised: string;
  due?: string | null;
  reason: string;
  ru?: { reason?: string; kind?: string };
  count: number;
  acknowledged?: { by: string; at: string } | null;
  /** Minutes of the ladder that were rung; -1: none yet. */
  rung: number;
  next_ring: string;
  stands: boolean;
  /** The agencies of the strike that it is about, which may be set no more. */
  calls?: string[];
  audience?: { agency: string | null; role: string }[] | null;
}

/** A ring of the ladder, for whoever it tells. */
export interface Ring {
  ring: string;
  delivery: string;
  alarm: string;
  kind: string;
  minute: number;
  part?: string | null;
  reason?: string;
  ru?: { reason?: string };
  /** Instead of the reason, to a supervisor of the centre who is not in the room. */
  ask?: string[];
  at: string;
}

export interface Unconfirmed {
  entry: string;
  act: string;
  for: string;
  by: string;
  part: string | null;
  means: string;
  at: string;
}

/** A post, or a unit at no crossing, that was told of the load; `by` whom it was entered. */
export interface Informed {
  country: string;
  post?: string;
  unit?: string;
  told: string;
  told_by: string;
  at: string;
  means: string;
  by: string;
}

/** A post where the way crosses a border (schemas/deliveries.py: PostView). */
export interface PassedPost {
  leg: number;
  side: "entry" | "exit";
  country: string;
  post: string | null;
  named: string | null;
  state: "informed" | "missing" | "later" | "unnamed";
}

export interface Delivery {
  delivery: string;
  version: number;
  status: Status;
  lead: string;
  request: string;
  missing?: string[];
  /** By when the authorities are asked to reply. */
  reply_by?: string | null;
  requested_by?: string | null;
  signed_by?: string | null;
  /** `deconfliction`: what the coordinator declared; the lead and the centre are told. */
  ready: { id: string; by: string; confirmed_by: string | null; deconfliction?: string | null } | null;
  informed?: Informed[];
  posts?: PassedPost[];
  /** Whether the plan that stands was compared with others'; `contact` for the lead and the centre, `blind`: legs that name no place. */
  deconfliction?: { plan: number; answered: string | null; answers: number; contact?: boolean; blind: number[] } | null;
  parts: Part[];
  alarms: Alarm[];
  /** Reports that the delivery keeps in, for whoever may let them out; `on`: the kinds of number by which each met what is under watch. */
  kept_in?: { matches: { match: string; since: string; on: string[] }[] } | null;
  unconfirmed: Unconfirmed[];
  evidence?: { item: string; holder: string; pending: boolean }[];
  outcome?: JsonObject | null;
  visibility: { lead: string; agencies: string[]; members: string[] };
}

type Bare<Whole, Name extends keyof Whole> = Omit<Whole, Name>;
type SentLeg = Bare<Leg, "plan"> & { country: string; authority: string; controller: string; plan: string };

/** A snapshot as it is sent: parts share the plans of their legs, and consents name their papers. */
export type Sent = Bare<Delivery, "parts"> & {
  parts: (Bare<Part, "legs"> & { legs: SentLeg[] })[];
  plans: Record<string, Partial<LegPlan>>;
  papers: Record<string, JsonObject | null>;
};

export function resolved(sent: Sent): Delivery {
  const { plans, papers, ...rest } = sent;
  const leg = ({ country, authority, controller, plan, ...of }: SentLeg): Leg => ({
    ...of,
    plan: { ...plans[plan], number: of.number, country, authority, controller },
    consent: { ...of.consent, authorisation: papers[of.consent.id ?? ""] ?? null },
  });
  return { ...rest, parts: sent.parts.map((part) => ({ ...part, legs: part.legs.map(leg) })) };
}

export interface Line {
  number?: number;
  seq?: number;
  kind: string;
  part: string | null;
  leg: number | null;
  by: { agency: string; person: string; role: string } | null;
  on_behalf_of?: string | null;
  act: string | null;
  captured: string | null;
  happened: string;
  received: string;
  late_s: number;
  audience?: unknown[] | null;
  what: JsonObject;
}

/** What an officer is told to stand, in an answer. */
export interface Stands {
  status?: string;
  parts?: string[];
  version?: number;
  part?: string;
  state?: PartState;
  controller?: string | null;
  territory?: string | null;
  leg?: number;
  hard_stop?: Part["hard_stop"];
  offer?: string | null;
  stop?: string | null;
}

export interface Act {
  id: string;
  delivery: string;
  act: string;
  at: string;
  [field: string]: unknown;
}

/** What became of an act: the centre's answer, or that none is known. */
export type Answer =
  | { is: "applied"; repeated: boolean; version: number | null; stands: Stands | null }
  | { is: "refused"; reason: string; field: string | null; mend: string | null; ru?: { detail: string | null; mend: string | null } | null; stands: Stands | null }
  | { is: "pending" }
  | { is: "invalid"; problems: Problem[] }
  | { is: "signed_out" }
  | { is: "unknown"; why: string };

export const ENDED: ReadonlySet<string> = new Set(["SECURED", "INTERVENED", "ABORTED", "SPLIT", "MERGED"]);

export const live = (part: Part): boolean => !ENDED.has(part.phase);

/** The leg that the part is on, and the one after it. */
export const here = (part: Part): Leg | undefined => part.legs.find((leg) => leg.number === part.leg);
export const following = (part: Part): Leg | undefined => part.legs.find((leg) => leg.number > part.leg);

export function placeName(place: PlanPlace | null | undefined): string {
  return place ? (place.crossing ?? place.name ?? place.locality ?? place.country ?? "") : "";
}

/** A delivery's id is "LEAD/number". */
export const path = (id: string): string => id.split("/").map(encodeURIComponent).join("/");

export const isOpen = (delivery: Delivery): boolean => !["closed", "evaluated"].includes(delivery.status);
