/** What each act of the board asks for, and how its fields become an act (schemas/acts.py). Who may do what is the centre's to say. */

import { following, here, live, placeName, type Act, type Delivery, type Leg, type Part } from "./delivery-types";
import type { Me } from "./api";
import type { Key } from "./texts";

export type FieldKind = "line" | "lines" | "time" | "whole" | "number" | "country" | "yes" | "check" | "seals" | "terms" | "agencies" | "deconfliction";

export interface Field {
  name: string;
  label: Key;
  kind: FieldKind;
  required?: boolean;
  value?: string;
  /** What an empty field becomes, given by the part or the leg. */
  max?: number;
}

/** What the dialog is about. */
export interface About {
  delivery: Delivery;
  part: Part | null;
  leg: number | null;
  alarm: string | null;
  entry: string | null;
}

const REASON: Field = { name: "reason", label: "f_reason", kind: "line", required: true };
const EYES: Field = { name: "eyes_on", label: "f_eyes_on", kind: "yes", required: true };
const SEALS: Field = { name: "seals_intact", label: "f_seals", kind: "seals" };
const TERMS: Field = { name: "terms", label: "f_terms", kind: "terms" };
const AUTHORISATION: Field[] = [
  { name: "authorisation.number", label: "f_number", kind: "line", required: true, max: 120 },
  { name: "authorisation.date", label: "f_date", kind: "time", required: true },
  { name: "authorisation.issued_by", label: "f_issued_by", kind: "line", required: true },
  { name: "authorisation.officer", label: "f_officer", kind: "line", required: true },
  { name: "authorisation.valid_until", label: "f_valid_until", kind: "time" },
];
const SEIZURE: Field[] = [
  { name: "report.originator", label: "f_report_originator", kind: "line", required: true },
  { name: "report.report_id", label: "f_report_id", kind: "line", required: true },
];

/** `of`: whose act it is; `whole`: about no single part; `ids`: taken from what stands, the officer cannot get them wrong. */
interface Form {
  of: "controller" | "receiver" | "authority" | "lead" | "centre" | "party" | "territory";
  fields: Field[] | ((about: About) => Field[]);
  ids?: (about: About) => Record<string, unknown>;
  whole?: boolean;
  loud?: boolean;
  neverByVoice?: boolean;
}

export const FORMS: Record<string, Form> = {
  signature: { of: "lead", fields: [], ids: ({ delivery }) => ({ request: delivery.request }), whole: true, neverByVoice: true },
  ready: { of: "lead", fields: [{ name: "informed_posts", label: "f_posts", kind: "lines", required: true }] },
  ready_confirmed: {
    of: "centre",
    fields: [{ name: "deconfliction", label: "f_deconfliction", kind: "deconfliction", required: true }],
    ids: ({ delivery }) => ({ ready: delivery.ready?.id }),
    whole: true,
    neverByVoice: true,
  },
  consent: { of: "authority", fields: [...AUTHORISATION, TERMS], ids: leg, neverByVoice: true },
  provisional_consent: { of: "authority", fields: [{ name: "officer", label: "f_officer", kind: "line", required: true }, TERMS], ids: leg },
  conditional_consent: {
    of: "authority",
    fields: [...AUTHORISATION, { name: "authorisation.conditions", label: "f_conditions", kind: "lines" }, TERMS],
    ids: leg,
    neverByVoice: true,
  },
  refusal: { of: "authority", fields: [REASON], ids: leg },
  revocation: { of: "authority", fields: [REASON], ids: (about) => ({ ...leg(about), consent: consentOf(about)?.id ?? undefined }), loud: true },
  conditions_accepted: { of: "lead", fields: [], ids: (about) => ({ ...leg(about), consent: consentOf(about)?.id ?? undefined }) },
  start: { of: "controller", fields: [] },
  offer: {
    of: "controller",
    fields: ({ part }) => [
      { name: "handover_at", label: "f_handover_at", kind: "time", required: true, value: "+30" },
      { name: "place", label: "f_place", kind: "line", required: true, value: borderOf(part) },
      { name: "expires", label: "f_expires", kind: "time" },
    ],
  },
  receiver_in_place: { of: "receiver", fields: [EYES, { name: "place", label: "f_place", kind: "line" }], ids: next },
  acceptance: { of: "receiver", fields: [EYES, SEALS], ids: (about) => ({ ...next(about), offer: about.part?.offer?.id ?? undefined }) },
  check_in: {
    of: "party",
    fields: [
      { name: "eyes_on", label: "f_eyes_on_choice", kind: "check" },
      SEALS,
      { name: "position.coordinates.lat", label: "f_lat", kind: "number" },
      { name: "position.coordinates.lon", label: "f_lon", kind: "number" },
      { name: "position.coordinates.accuracy_m", label: "f_accuracy", kind: "number" },
    ],
  },
  crossed: { of: "party", fields: [{ name: "country", label: "f_country", kind: "country", required: true }] },
  radio_shadow: { of: "controller", fields: [{ name: "minutes", label: "f_minutes", kind: "whole", required: true, max: 720 }] },
  contact_lost: { of: "party", fields: [{ ...REASON, required: false }] },
  control_lost: { of: "party", fields: [{ ...REASON, required: false }], loud: true },
  regained: { of: "party", fields: [{ name: "country", label: "f_country", kind: "country", required: true }, EYES, { ...SEALS, required: true }] },
  alert: { of: "party", fields: [REASON], loud: true },
  stop_request: { of: "party", fields: [REASON], loud: true },
  held: {
    of: "controller",
    fields: [
      { name: "place", label: "f_place", kind: "line", required: true },
      { name: "guard", label: "f_guard", kind: "line", required: true },
    ],
  },
  resumed: { of: "party", fields: [], ids: ({ part }) => ({ stop: part?.hold?.id }) },
  strike: {
    of: "territory",
    fields: [
      { name: "h_hour", label: "f_h_hour", kind: "time", required: true, value: "+30" },
      { name: "agencies", label: "f_agencies", kind: "agencies", required: true },
    ],
    loud: true,
  },
  strike_ready: { of: "party", fields: [], ids: ({ part }) => ({ strike: part?.strike?.id }) },
  delivered_under_watch: { of: "territory", fields: [{ name: "place", label: "f_place", kind: "line", required: true }] },
  secured: { of: "territory", fields: SEIZURE },
  intervened: { of: "territory", fields: [REASON, ...SEIZURE], loud: true },
  aborted: { of: "territory", fields: [REASON], loud: true },
  alarm_acknowledged: { of: "party", fields: [], ids: ({ alarm }) => ({ alarm }), whole: true },
  alarm_resolved: { of: "party", fields: [REASON], ids: ({ alarm }) => ({ alarm }), whole: true },
  voice_confirmed: {
    of: "party",
    fields: [{ name: "agrees", label: "f_agrees", kind: "check" }],
    ids: ({ entry }) => ({ entry }),
    whole: true,
    neverByVoice: true,
  },
};

export const fieldsOf = (act: string, about: About): Field[] => {
  const fields = FORMS[act]?.fields ?? [];
  return typeof fields === "function" ? fields(about) : fields;
};

/** Acts that somebody can have told by voice, in the order of a delivery. */
export const BY_VOICE = Object.keys(FORMS).filter((act) => !FORMS[act]?.neverByVoice && !["alarm_acknowledged", "alarm_resolved"].includes(act));

function leg({ leg }: About): Record<string, unknown> {
  return { leg };
}

function next({ part, leg }: About): Record<string, unknown> {
  return { leg: leg ?? part?.offer?.to ?? (part ? following(part)?.number : undefined) };
}

function consentOf({ part, leg }: About): Leg["consent"] | undefined {
  return part?.legs.find((each) => each.number === leg)?.consent;
}

function borderOf(part: Part | null): string {
  const now = part ? here(part)?.plan : undefined;
  return now ? (now.handover_place ?? placeName(now.exit)) : "";
}

/** The acts that are this person's to offer for a part as it stands, most needed first. The centre judges each anew. */
export function actsFor(me: Me, delivery: Delivery, part: Part): string[] {
  if (!live(part)) return [];
  const mine = (agency: string | null | undefined): boolean => agency === me.agency;
  const running = part.phase !== "PLANNED";
  const onwards = part.legs.filter((each) => each.number > part.leg && mine(each.plan.controller));
  const lost = part.controller === null || part.state === "CONTACT_LOST";
  const acts: string[] = [];
  if (part.phase === "PLANNED" && mine(part.controller) && ["ready", "running"].includes(delivery.status)) acts.push("start");
  if (part.offer && onwards.some((each) => each.number === part.offer?.to && each.in_place)) acts.push("acceptance");
  else if (part.state === "CROSSED_UNACCEPTED" && onwards.length) acts.push("acceptance");
  if (onwards.some((each) => !each.in_place && (each.number === (part.offer?.to ?? following(part)?.number)))) acts.push("receiver_in_place");
  if (running && lost && (mine(part.last_controller) || mine(here(part)?.plan.controller) || onwards.length)) acts.push("regained");
  if (mine(part.controller) && running) acts.push("check_in");
  if (mine(part.controller) && part.phase === "ACTIVE" && following(part)) acts.push("offer");
  if (mine(part.controller) && running) acts.push("held", "radio_shadow");
  if (part.hold) acts.push("resumed");
  if (part.strike && !(me.agency in part.strike.ready) && part.strike.agencies.includes(me.agency)) acts.push("strike_ready");
  const ground = part.legs.some((each) => each.plan.country === part.territory && (mine(each.plan.controller) || mine(each.plan.authority)));
  if (ground && ["ACTIVE", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH"].includes(part.phase)) acts.push("strike");
  if (ground && ["ACTIVE", "STRIKE"].includes(part.phase)) acts.push("delivered_under_watch");
  if (ground && ["STRIKE", "DELIVERED_UNDER_WATCH"].includes(part.phase)) acts.push("secured");
  if (ground && running) acts.push("intervened", "aborted");
  if (running && !mine(part.controller)) acts.push("check_in");
  if (running) acts.push("crossed", "contact_lost", "control_lost");
  return acts;
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

/** The act of these fields. Empty fields are left out. `zoned` turns a local time into an instant. */
export function made(act: string, about: About, form: FormData, at: Date, zoned: (local: string) => string): Act {
  const whole = FORMS[act]?.whole ?? false;
  const body: Act = {
    id: crypto.randomUUID(),
    delivery: about.delivery.delivery,
    act,
    at: at.toISOString(),
    ...(whole || !about.part ? {} : { part: about.part.part }),
    ...FORMS[act]?.ids?.(about),
  };
  for (const field of fieldsOf(act, about)) {
    const value = read(field, form, zoned);
    if (value !== undefined) put(body, field.name.split("."), value);
  }
  const position = body["position"] as Record<string, unknown> | undefined;
  if (position) Object.assign(position, { captured: body.at, source: "hand" });
  const note = String(form.get("note") ?? "").trim();
  if (note) body["note"] = note;
  return body;
}

function read(field: Field, form: FormData, zoned: (local: string) => string): unknown {
  const text = String(form.get(field.name) ?? "").trim();
  switch (field.kind) {
    case "check":
    case "yes":
      return form.has(field.name);
    case "terms":
    case "agencies": {
      const all = form.getAll(field.name).map(String);
      return all.length || field.required ? all : undefined;
    }
    case "seals":
      return text === "" ? undefined : text === "true";
    case "lines": {
      const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
      return lines.length ? lines : undefined;
    }
    case "number":
    case "whole":
      return text === "" ? undefined : Number(text);
    case "time":
      return text === "" ? undefined : zoned(text);
    case "country":
      return text === "" ? undefined : text.toUpperCase();
    default:
      return text === "" ? undefined : text;
  }
}

function put(into: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (name === undefined) return;
  if (!rest.length) into[name] = value;
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value);
}
