/** What each act of the board asks for, and how its fields become an act (schemas/acts/). Who may do what is the centre's to say. */

import { written, type Field, type Initial, type Option } from "./fields";
import { following, here, placeName, type Act, type Delivery, type Leg, type Part } from "./delivery-types";
import { country, dateAndClock } from "./format";
import { check as checkPosts, declared, finish as finishPosts, ours, postRows } from "./informed-posts";
import { legFields, legRow, merged, onward } from "./leg-fields";
import { store } from "./store";
import { named, t, type Key } from "./texts";

/** What the dialog is about. */
export interface About {
  delivery: Delivery;
  part: Part | null;
  leg: number | null;
  alarm: string | null;
  entry: string | null;
  item?: string | null;
  /** Somebody else's act, heard by voice. */
  voice?: boolean;
}

/** `of`: whose act it is; `whole`: about no single part; `ids`: taken from what stands, the officer cannot get them wrong. */
interface Form {
  of: "controller" | "receiver" | "authority" | "lead" | "centre" | "party" | "territory";
  fields: Field[] | ((about: About) => Field[]);
  ids?: (about: About) => Record<string, unknown>;
  whole?: boolean;
  loud?: boolean;
  neverByVoice?: boolean;
  /** The act's name, where several forms make one. */
  act?: string;
  /** What the fields make is not yet the act. */
  finish?: (body: Act, about: About) => void;
  /** What no single field can say of itself: field, text, values. */
  check?: (body: Act, about: About) => [string, Key, ...(string | number)[]][];
}

/** Acts of the language that have no form in the dialog, and why. */
export const NOT_IN_THE_DIALOG: Record<string, string> = {
  request: "a page of its own, with the consent planner beside it: elements/request-page.ts",
};

const REASON: Field = { name: "reason", label: "f_reason", kind: "line", required: true };
const EYES: Field = { name: "eyes_on", label: "f_eyes_on", kind: "yes", required: true };
const NEW_SEALS: Field = { name: "seals", label: "f_seal_numbers", kind: "list", more: true };
const SEALS: Field = { name: "seals_intact", label: "f_seals", kind: "truth" };
const PLACE: Field = { name: "place", label: "f_place", kind: "line", required: true };
const TERMS: Field = {
  name: "terms",
  label: "f_terms",
  kind: "ticks",
  get options() {
    return ["substitute", "no_substitution", "no_split", "seize_here", "no_foreign_officers", "foreign_officers"].map((term): Option => [term, named("term", term)]);
  },
};
const AUTHORISATION: Field[] = [
  { name: "authorisation.number", label: "f_number", kind: "line", required: true, max: 120 },
  { name: "authorisation.date", label: "f_date", kind: "time", required: true },
  { name: "authorisation.issued_by", label: "f_issued_by", kind: "line", required: true },
  { name: "authorisation.officer", label: "f_officer", kind: "line", required: true },
  { name: "authorisation.valid_until", label: "f_valid_until", kind: "time" },
];
const SEIZURE: Field[] = [
  { name: "report.originator", label: "f_report_originator", kind: "agency", required: true },
  { name: "report.report_id", label: "f_report_id", kind: "code", required: true },
];
const POSITION: Field[] = [
  { name: "position.coordinates.lat", label: "f_lat", kind: "number", min: -90, max: 90, hint: "h_degrees" },
  { name: "position.coordinates.lon", label: "f_lon", kind: "number", min: -180, max: 180 },
  { name: "position.coordinates.accuracy_m", label: "f_accuracy", kind: "number", min: 0.1, max: 1_000_000 },
];
const COUNTRY: Field = { name: "country", label: "f_country", kind: "country" };

/** A weight with its uncertainty; substances are called as the plan calls them. */
export function massFields(about: About | null): Field[] {
  const booked = [...new Set((about?.delivery.parts ?? []).flatMap((part) => Object.keys(part.mass)))];
  return [
    { name: "substance", label: "f_substance", kind: "line", required: true, max: 120, options: booked.map((name): Option => [name, name]), value: booked.length === 1 ? (booked[0] ?? "") : "" },
    { name: "kg", label: "f_mass", kind: "kg", required: true },
    { name: "uncertainty_kg", label: "f_uncertainty", kind: "kg", required: true },
  ];
}

const weighed = (about: About, name = "weighed", label: Key = "f_weighed", more = true): Field => ({
  name,
  label,
  kind: "rows",
  of: massFields(about),
  add: "f_add_weight",
  hint: "h_weighed",
  more,
});

/** Devices of a part that still report, by the acts that placed them. */
const devices = (part: Part | null): Option[] => (part?.devices ?? []).filter(({ ended }) => !ended).map(({ id, kind, device }): Option => [id, `${named("source", kind)} ${device}`]);

/** Reports that are kept in: by what each met what is under watch, and since when. */
const matches = ({ kept_in }: Delivery): Option[] =>
  (kept_in?.matches ?? []).map(({ match, on, since }): Option => [match, `${match} · ${on.map((kind) => named("watched", kind)).join(", ")} · ${dateAndClock(Date.parse(since))}`]);

const persons = (about: About): Option[] => about.delivery.visibility.members.map((member): Option => [member, member]);
const agencies = (about: About): Option[] => about.delivery.visibility.agencies.map((agency): Option => [agency, agency]);
const codes = (kind: string, values: string[]): Option[] => values.map((value): Option => [value, named(kind, value)]);
const PROFILES = ["moving", "guarded_stop", "aircraft", "ferry", "post"];
const SOURCES = ["tracker", "ais", "radio", "camera", "hand", "other"];
const WATCHED = [
  "plate", "container", "seal", "cmr", "tir", "bill_of_lading", "air_waybill", "customs_declaration", "vin", "imo", "mmsi", "passport", "identity_card", "driving_licence",
  "permit", "imei", "sim", "device", "phone",
];
const ENTRIES = ["collected", "sealed", "seal_changed", "sampled", "handed_over", "received", "returned", "destroyed"];

export const FORMS: Record<string, Form> = {
  signature: { of: "lead", fields: [], ids: ({ delivery }) => ({ request: delivery.request }), whole: true, neverByVoice: true },
  posts_informed: { of: "party", fields: (about) => [postRows(about, ours(about), true)], finish: finishPosts, check: checkPosts, whole: true },
  ready: {
    of: "lead",
    fields: (about) => [
      postRows(about, declared(about), false),
      { name: "substitution.by", label: "f_sub_by", kind: "line", more: true, hint: "h_substitution" },
      { ...weighed(about, "substitution.taken_out", "f_sub_out"), hint: "h_weighed" },
      { name: "substitution.put_in", label: "f_sub_in", kind: "line", more: true },
      { name: "substitution.put_in_kg", label: "f_sub_in_kg", kind: "kg", more: true },
      { name: "substitution.seals", label: "f_seal_numbers", kind: "list", more: true },
      { name: "substitution.sample_custodian", label: "f_sub_custodian", kind: "line", more: true },
    ],
    finish: finishPosts,
    check: (body) => {
      const given = body["substitution"] as Record<string, unknown> | undefined;
      const lacking = given ? ["by", "taken_out", "put_in", "put_in_kg", "seals", "sample_custodian"].filter((name) => given[name] === undefined) : [];
      return [...checkPosts(body), ...lacking.map((name): [string, Key] => [`substitution.${name}`, "e_substitution"])];
    },
  },
  ready_confirmed: {
    of: "centre",
    fields: ({ delivery: { deconfliction } }) => [{ name: "deconfliction", label: "f_deconfliction", kind: "choice", required: true, options: codes("f_deconfliction", [...(deconfliction?.contact ? [] : ["clear"]), "arranged"]) }],
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
    check: (body) => ((body["authorisation"] as Record<string, unknown>)["conditions"] || body["terms"] ? [] : [["authorisation.conditions", "e_conditions"]]),
  },
  refusal: { of: "authority", fields: [REASON], ids: leg },
  revocation: { of: "authority", fields: [REASON], ids: (about) => ({ ...leg(about), consent: consentOf(about)?.id ?? undefined }), loud: true },
  conditions_accepted: { of: "lead", fields: [], ids: (about) => ({ ...leg(about), consent: consentOf(about)?.id ?? undefined }) },
  start: { of: "controller", fields: [] },
  offer: {
    of: "controller",
    fields: ({ part }) => [
      { name: "handover_at", label: "f_handover_at", kind: "time", required: true, value: "+30" },
      { ...PLACE, value: borderOf(part) },
      { name: "expires", label: "f_expires", kind: "time", hint: "h_expires" },
    ],
    check: (body) => (body["expires"] && String(body["expires"]) <= String(body["handover_at"]) ? [["expires", "e_expires"]] : []),
  },
  receiver_in_place: { of: "receiver", fields: [EYES, { ...PLACE, required: false }], ids: next },
  acceptance: {
    of: "receiver",
    fields: (about) => [EYES, SEALS, weighed(about), { ...COUNTRY, hint: "h_whose_soil", more: true }],
    ids: (about) => ({ ...next(about), offer: about.part?.offer?.id ?? undefined }),
  },
  check_in: {
    of: "party",
    fields: (about) => [
      { name: "eyes_on", label: "f_eyes_on_choice", kind: "check" },
      SEALS,
      // Which seals it bears is its controller's to say; by voice it may be the controller who is heard.
      ...(about.voice || (store.me && about.part?.controller === store.me.agency) ? [NEW_SEALS] : []),
      ...POSITION.map((field) => ({ ...field, more: true })),
      { ...COUNTRY, more: true },
      weighed(about),
      { name: "battery_percent", label: "f_battery", kind: "whole", min: 0, max: 100, more: true },
      { name: "profile", label: "f_profile", kind: "choice", options: [["", t("f_unchanged")], ...codes("profile", PROFILES)], more: true },
      { name: "next_event", label: "f_next_event", kind: "time", more: true },
      // Heard by voice. An officer gives it on the phone.
      ...(store.may("coordinator", "supervisor") ? [{ name: "duress", label: "f_duress", kind: "check", hint: "h_duress", more: true } as Field] : []),
    ],
    finish: byHand,
    check: halfPosition,
  },
  tracked: {
    of: "party",
    fields: () => [
      ...POSITION.map((field, index) => ({ ...field, required: index < 2 })),
      { name: "position.source", label: "f_source", kind: "choice", required: true, value: "tracker", options: codes("source", SOURCES) },
      { name: "position.captured", label: "f_captured", kind: "time", hint: "h_now" },
      { name: "position.speed_kmh", label: "f_speed", kind: "number", min: 0, max: 3_500, more: true },
      { name: "position.heading", label: "f_heading", kind: "number", min: 0, max: 359.9, more: true },
      { ...COUNTRY, more: true },
    ],
    finish: byHand,
    neverByVoice: true,
  },
  device_placed: {
    of: "controller",
    fields: () => [
      { name: "kind", label: "f_device_kind", kind: "choice", required: true, value: "tracker", options: codes("source", ["tracker", "ais"]) },
      { name: "device", label: "f_device", kind: "line", required: true, max: 120, hint: "h_device" },
      { name: "placed_by", label: "f_placed_by", kind: "line", required: true },
      { name: "legal_basis", label: "f_legal_basis", kind: "line", required: true },
      { name: "silent_after_minutes", label: "f_silent_after", kind: "whole", max: 1_440, value: "5" },
    ],
    check: (body) => (body["kind"] !== "ais" || /^[2-7]\d{8}$/.test(String(body["device"])) ? [] : [["device", "e_mmsi"]]),
  },
  device_removed: {
    of: "controller",
    fields: ({ part }) => [{ name: "device", label: "f_device", kind: "choice", required: true, options: devices(part) }, REASON],
  },
  crossed: { of: "party", fields: [{ ...COUNTRY, required: true }] },
  radio_shadow: { of: "controller", fields: [{ name: "minutes", label: "f_minutes", kind: "whole", required: true, max: 720 }] },
  contact_lost: { of: "party", fields: [{ ...REASON, required: false }] },
  control_lost: { of: "party", fields: [{ ...REASON, required: false }], loud: true },
  regained: { of: "party", fields: (about) => [{ ...COUNTRY, required: true }, EYES, { ...SEALS, required: true }, weighed(about)] },
  alert: { of: "party", fields: [REASON], loud: true },
  stop_request: {
    of: "party",
    fields: ({ part }) => [
      REASON,
      { name: "touches", label: "f_touches", kind: "ticks", more: true, options: (part?.legs ?? []).map((each): Option => [String(each.number), `${each.number} · ${country(each.plan.country)}`]) },
    ],
    finish: (body) => {
      const touched = body["touches"];
      if (Array.isArray(touched)) body["touches"] = touched.map(Number);
    },
    loud: true,
  },
  held: { of: "controller", fields: [PLACE, { name: "guard", label: "f_guard", kind: "line", required: true }, NEW_SEALS] },
  resumed: { of: "party", fields: [], ids: ({ part }) => ({ stop: part?.hold?.id }) },
  strike: {
    of: "territory",
    fields: (about) => [
      { name: "h_hour", label: "f_h_hour", kind: "time", required: true, value: "+30" },
      { name: "agencies", label: "f_agencies", kind: "ticks", required: true, options: agencies(about) },
      { name: "embargo_until", label: "f_embargo_until", kind: "time", more: true },
    ],
    check: (body) => ((body["agencies"] as string[]).length ? [] : [["agencies", "e_some"]]),
    loud: true,
  },
  strike_ready: { of: "party", fields: [], ids: ({ part }) => ({ strike: part?.strike?.id }) },
  strike_called_off: { of: "territory", fields: [REASON], ids: ({ part }) => ({ strike: part?.strike?.id }), loud: true },
  delivered_under_watch: { of: "territory", fields: [PLACE] },
  secured: { of: "territory", fields: (about) => [...SEIZURE, weighed(about, "weighed", "f_weighed", false)] },
  intervened: { of: "territory", fields: (about) => [REASON, ...SEIZURE, weighed(about, "weighed", "f_weighed", false)], loud: true },
  aborted: { of: "territory", fields: [REASON], loud: true },
  weighing: { of: "party", fields: (about) => [{ ...weighed(about, "weighed", "f_weighed", false), required: true, least: 1, rows: [{}] }] },
  split: {
    of: "controller",
    fields: (about) => [{ name: "into", label: "f_into", kind: "rows", required: true, least: 2, most: 10, add: "f_add_part", of: partFields(about), rows: fresh(about, 2), hint: "h_split" }],
    finish: (body, { part }) => {
      for (const one of body["into"] as Record<string, unknown>[]) one["legs"] = merged(one["legs"], part);
    },
    check: balanced,
  },
  merge: {
    of: "controller",
    fields: (about) => [
      { name: "parts", label: "f_parts", kind: "ticks", required: true, options: together(about), value: about.part ? together(about).map(([name]) => name) : [] },
      { name: "into", label: "f_into_one", kind: "part", required: true, value: String(fresh(about, 1)[0]?.["name"] ?? "") },
    ],
    check: (body) => ((body["parts"] as string[]).length >= 2 ? [] : [["parts", "e_two_parts"]]),
  },
  route_change: {
    of: "lead",
    fields: ({ part, delivery }) => [
      REASON,
      { name: "legs", label: "f_legs_onward", kind: "rows", required: true, least: 1, most: 60, add: "f_add_leg", of: legFields(delivery), rows: (part?.legs ?? []).filter((each) => each.number >= (part?.leg ?? 0)).map(legRow), hint: "h_legs" },
    ],
    finish: (body, { part }) => {
      body["legs"] = onward(merged(body["legs"], part), part);
    },
    check: (body) => ((body["legs"] as unknown[] | undefined)?.length ? [] : [["legs", "e_same_way"]]),
  },
  room: {
    of: "party",
    fields: (about) => [
      { name: "enters", label: "f_enters", kind: "lines", hint: "h_person" },
      { name: "leaves", label: "f_leaves", kind: "ticks", options: persons(about) },
    ],
    check: (body) => (body["enters"] || body["leaves"] ? wellNamed(body["enters"]) : [["enters", "e_room"]]),
    whole: true,
    neverByVoice: true,
  },
  break_glass: {
    act: "room",
    of: "centre",
    fields: [
      { name: "delivery", label: "f_delivery", kind: "code", required: true, hint: "h_delivery" },
      { name: "break_glass", label: "f_break_glass", kind: "line", required: true, hint: "h_break_glass" },
    ],
    whole: true,
    loud: true,
    neverByVoice: true,
  },
  evidence: {
    of: "party",
    fields: (about) => [
      { name: "item", label: "f_item", kind: "code", required: true, value: about.item ?? "", options: (about.delivery.evidence ?? []).map(({ item }): Option => [item, item]), hint: "h_item" },
      { name: "entry", label: "f_entry", kind: "choice", required: true, ...(about.item ? { value: "received" } : {}), options: codes("entry", ENTRIES) },
      { name: "description", label: "f_description", kind: "line" },
      { name: "seal", label: "f_seal", kind: "line", max: 120 },
      { name: "to", label: "f_to", kind: "person", options: persons(about), hint: "h_person" },
      { name: "sha256", label: "f_sha256", kind: "hash", hint: "h_sha256" },
      ...massFields(about).map((field): Field => ({ ...field, name: `taken.${field.name}`, required: false, value: "", more: true, ...(field.name === "substance" ? { hint: "h_taken" as Key } : {}) })),
    ],
    check: (body) => {
      if (body["entry"] === "handed_over" && !body["to"]) return [["to", "e_to"]];
      const taken = body["taken"] as Record<string, unknown> | undefined;
      return taken ? ["substance", "kg", "uncertainty_kg"].filter((name) => taken[name] === undefined).map((name) => [`taken.${name}`, "e_missing"]) : [];
    },
  },
  watch: {
    of: "party",
    fields: [
      {
        name: "adds",
        label: "f_watch_adds",
        kind: "rows",
        add: "f_add_watch",
        most: 20,
        hint: "h_watch",
        of: [
          { name: "kind", label: "f_watch_kind", kind: "choice", required: true, value: "plate", options: codes("watched", WATCHED) },
          { name: "number", label: "f_watch_number", kind: "line", required: true, max: 120 },
          { ...COUNTRY, hint: "h_watch_country" },
          { name: "grounds", label: "f_watch_grounds", kind: "line", required: true },
        ],
      },
      { name: "drops", label: "f_watch_drops", kind: "list", more: true },
    ],
    check: (body) => (body["adds"] || body["drops"] ? [] : [["adds", "e_watch"]]),
  },
  match_released: {
    of: "party",
    fields: ({ delivery }) => [{ name: "match", label: "f_match", kind: "choice", required: true, options: matches(delivery), hint: "h_match" }, REASON],
    whole: true,
    neverByVoice: true,
  },
  alarm_acknowledged: { of: "party", fields: [], ids: ({ alarm }) => ({ alarm }), whole: true },
  alarm_resolved: { of: "party", fields: [REASON], ids: ({ alarm }) => ({ alarm }), whole: true },
  voice_confirmed: {
    of: "party",
    fields: [{ name: "agrees", label: "f_agrees", kind: "check" }],
    ids: ({ entry }) => ({ entry }),
    whole: true,
    neverByVoice: true,
  },
  closed: {
    of: "lead",
    fields: ({ delivery }) => [
      { name: "evidence_handed_over", label: "f_evidence_over", kind: "yes", required: true },
      {
        name: "stays",
        label: "f_stays",
        kind: "rows",
        add: "f_add_stays",
        most: 500,
        hint: "h_stays",
        rows: (delivery.evidence ?? []).filter(({ holder }) => !holder.startsWith(`${delivery.lead}/`)).map(({ item }) => ({ item })),
        of: [
          { name: "item", label: "f_item", kind: "code", required: true },
          { name: "place", label: "f_stays_place", kind: "line", required: true },
        ],
      },
      { name: "unconfirmed", label: "f_answered_for", kind: "ticks", options: delivery.unconfirmed.map((entry): Option => [entry.entry, `${named("act", entry.act)} · ${entry.for}`]) },
      { name: "shortfall_signed", label: "f_shortfall", kind: "line", hint: "h_shortfall" },
    ],
    whole: true,
    neverByVoice: true,
  },
  evaluated: {
    of: "lead",
    fields: ({ delivery }) => [
      { name: "outcome", label: "f_outcome", kind: "line", required: true },
      {
        name: "shares",
        label: "f_shares",
        kind: "rows",
        add: "f_add_share",
        required: true,
        least: 1,
        rows: [...new Set(delivery.parts.flatMap((part) => part.legs.filter((each) => each.number <= part.leg).map((each) => each.plan.country)))].map((code) => ({ country: code })),
        of: [{ ...COUNTRY, required: true }, { name: "did", label: "f_did", kind: "line", required: true }],
      },
      ...([["arrests", "f_arrests", 10_000], ["vessels", "f_vessels", 1_000], ["laboratories", "f_laboratories", 1_000], ["routes_dismantled", "f_routes", 100]] as const).map(([name, label, max]): Field => ({ name, label, kind: "whole", min: 0, max, value: "0" })),
      { name: "lessons", label: "f_lessons", kind: "lines" },
      { name: "retain_until", label: "f_retain", kind: "time", required: true, hint: "h_retain" },
    ],
    check: (body) => (String(body["retain_until"]) > body.at ? [] : [["retain_until", "e_future"]]),
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

/** The act of these fields. Empty fields are left out. `zoned` turns a local time into an instant. */
export function made(act: string, about: About, form: FormData, at: Date, zoned: (local: string) => string): Act {
  const of = FORMS[act];
  const body: Act = {
    id: crypto.randomUUID(),
    delivery: about.delivery.delivery,
    act: of?.act ?? act,
    at: at.toISOString(),
    ...(of?.whole || !about.part ? {} : { part: about.part.part }),
    ...of?.ids?.(about),
    ...written(fieldsOf(act, about), form, zoned),
  };
  of?.finish?.(body, about);
  const note = String(form.get("note") ?? "").trim();
  if (note) body["note"] = note;
  return body;
}

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

/** A position says when and by what it was seen. */
function byHand(body: Act): void {
  const position = body["position"] as Record<string, unknown> | undefined;
  if (position) body["position"] = { captured: body.at, source: "hand", ...position };
}

function halfPosition(body: Act): [string, Key][] {
  const point = (body["position"] as Record<string, Record<string, unknown>> | undefined)?.["coordinates"];
  if (!point || (point["lat"] !== undefined && point["lon"] !== undefined)) return [];
  return [[`position.coordinates.${point["lat"] === undefined ? "lat" : "lon"}`, "e_both"]];
}

function wellNamed(names: unknown): [string, Key][] {
  const person = /^[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}\/[a-z0-9][a-z0-9._@-]{0,63}$/;
  return Array.isArray(names) && names.some((name) => !person.test(String(name))) ? [["enters", "e_person"]] : [];
}

/** Names that no part of the delivery has had: A becomes A1 and A2. */
function fresh({ delivery, part }: About, count: number): Initial[] {
  const used = new Set(delivery.parts.map((each) => each.part));
  const stem = part?.part ?? "A";
  const names: Initial[] = [];
  for (let number = 1; names.length < count; number++) {
    const name = `${stem.slice(0, 10)}${number}`;
    if (!used.has(name)) names.push({ name, goods: Object.keys(part?.mass ?? {}).map((substance) => ({ substance })) });
  }
  return names;
}

function partFields(about: About): Field[] {
  return [
    { name: "name", label: "f_part_name", kind: "part", required: true },
    { name: "goods", label: "f_goods", kind: "rows", of: massFields(about), add: "f_add_weight" },
    { name: "seals", label: "f_seal_numbers", kind: "list" },
    ...(devices(about.part).length ? [{ name: "devices", label: "f_devices", kind: "ticks", options: devices(about.part) } as Field] : []),
    { name: "legs", label: "f_own_way", kind: "rows", of: legFields(about.delivery), add: "f_add_leg", more: false },
  ];
}

/** The parts that this one may go on with: of the same controller, on the same leg. */
function together({ delivery, part }: About): Option[] {
  return delivery.parts
    .filter((each) => ["ACTIVE", "HELD"].includes(each.phase) && (!part || (each.controller === part.controller && each.leg === part.leg)))
    .map((each): Option => [each.part, each.part]);
}

/** What the parts have together against what is booked: a difference is told before the centre raises an alarm of it. */
function balanced(body: Act, { part }: About): [string, Key, ...(string | number)[]][] {
  const into = body["into"] as { name: string; devices?: string[]; goods?: { substance: string; kg: string }[] }[];
  if (new Set(into.map(({ name }) => name)).size < into.length) return [["into", "e_names"]];
  const carried = into.flatMap((one) => one.devices ?? []);
  if (new Set(carried).size < carried.length) return [["into", "e_devices"]];
  const sums = new Map<string, number>();
  for (const { substance, kg } of into.flatMap(({ goods }) => goods ?? [])) sums.set(substance, (sums.get(substance) ?? 0) + Number(kg));
  const unbooked = [...sums.keys()].find((substance) => part && !(substance in part.mass));
  return unbooked === undefined ? [] : [["into", "e_substance", unbooked]];
}
