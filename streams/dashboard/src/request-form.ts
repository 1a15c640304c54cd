/** The request form of a controlled delivery (schemas/request.py) as fields, and the `request` act that they make. */

import { filled, written, type Field, type Initial, type Option } from "./fields";
import { legFields } from "./leg-fields";
import type { JsonObject, Me } from "./api";
import type { Act } from "./delivery-types";
import { named, type Key } from "./texts";

export interface Section {
  title: Key;
  fields: Field[];
}

/** What is known before anything is written: agencies of the directory, the centre's officers, the draft that is changed. */
export interface Known {
  agencies: Option[];
  coordinators: string[];
  /** A number that is proposed. */
  number: string;
  draft: { number: string; form: JsonObject; plan: JsonObject } | null;
}

const codes = (kind: string, values: readonly string[]): Option[] => values.map((value): Option => [value, named(kind, value)]);
const maybe = (options: Option[]): Option[] => [["", "—"], ...options];
const plain = (values: readonly string[]): Option[] => values.map((value): Option => [value, value]);

export const PRACTICES = ["armed_escort", "foreign_officers", "foreign_armed_officers", "undercover_officers", "tracking_device", "audio_video", "sampling"] as const;
export const PAPERS = [
  "written_request", "letter_rogatory", "prosecutor_authorisation", "court_authorisation", "case_decision", "legal_provisions", "undertakings",
  "risk_assessment", "laboratory_certificate", "inventory_of_goods", "substitution_record", "vehicle_and_driver_data", "customs_transit_document",
  "list_of_officers", "weapons_permit", "translation", "other",
] as const;
const UNDERTAKINGS = ["control_without_break", "seize", "investigate", "report"] as const;
const CONVEYANCES = ["truck", "car", "trailer", "bus", "train", "wagon", "vessel", "boat", "aircraft", "post", "pedestrian", "other"] as const;
const DOCUMENTS = ["cmr", "tir", "bill_of_lading", "air_waybill", "customs_declaration", "invoice", "permit", "other"] as const;
const ROLES = ["suspect", "courier", "driver", "sender", "recipient", "consignor", "consignee", "carrier", "organiser", "owner", "contact", "other"] as const;
const TLP = ["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"] as const;

/** What a complete form states (streams/stages/deliveries/opening.py): without it the second officer cannot sign. */
export const NEEDED: readonly string[] = [
  "case_reference", "offence", "penalty", "legal_basis", "authorisation", "grounds", "goods", "substitution", "conveyances", "carrier", "surveillance",
  "seize_if", "interventions", "evidence", "hazards", "communications", "undertakings", "contacts", "reply_by",
];

/** Of those with several fields, the ones without which they say nothing. */
const NEEDED_WITHIN = ["authorisation.number", "authorisation.date", "authorisation.issued_by", "authorisation.officer", "substitution.wanted", "carrier.name", "carrier.knowledge", "hazards.naloxone"];

export function sections(me: Me, { agencies, coordinators, number, draft }: Known): Section[] {
  const made: Section[] = [
    {
      title: "r_case",
      fields: [
        { name: "number", label: "r_number", kind: "ref", required: true, value: number, fixed: draft !== null, hint: "r_number_hint" },
        { name: "case_reference", label: "r_case_reference", kind: "line", max: 120 },
        { name: "reply_by", label: "r_reply_by", kind: "time" },
        { name: "plan.coordinators", label: "r_coordinators", kind: "list", required: true, value: coordinators.join(", "), options: [], hint: "r_coordinators_hint" },
        { name: "offence", label: "r_offence", kind: "text" },
        { name: "penalty", label: "r_penalty", kind: "line" },
        { name: "legal_basis", label: "r_legal_basis", kind: "lines" },
        { name: "grounds", label: "r_grounds", kind: "text" },
        { name: "language", label: "r_language", kind: "language", value: "ru" },
        { name: "languages", label: "r_languages", kind: "list" },
      ],
    },
    {
      title: "r_authorisation",
      fields: [
        { name: "authorisation.number", label: "f_number", kind: "line", max: 120 },
        { name: "authorisation.date", label: "f_date", kind: "time" },
        { name: "authorisation.issued_by", label: "f_issued_by", kind: "line" },
        { name: "authorisation.officer", label: "f_officer", kind: "line" },
        { name: "authorisation.valid_until", label: "f_valid_until", kind: "time" },
      ],
    },
    {
      title: "f_legs",
      fields: [{ name: "legs", label: "f_legs", kind: "rows", required: true, least: 1, most: 60, add: "f_add_leg", of: legFields(null, agencies), rows: firstLegs(me), hint: "r_legs_hint" }],
    },
    {
      title: "r_goods",
      fields: [
        {
          name: "goods",
          label: "r_goods",
          kind: "rows",
          add: "r_add_goods",
          hint: "h_weighed",
          of: [
            { name: "name", label: "f_substance", kind: "line", required: true, max: 120 },
            { name: "booked.kg", label: "f_mass", kind: "kg" },
            { name: "booked.uncertainty_kg", label: "f_uncertainty", kind: "kg" },
            { name: "quantity.amount", label: "r_amount", kind: "number", min: 0 },
            { name: "quantity.unit", label: "f_unit", kind: "line", options: plain(["kg", "g", "l", "tablets", "ampoules"]) },
            { name: "purity_percent", label: "r_purity", kind: "number", min: 0, max: 100 },
            { name: "concealment", label: "r_concealment", kind: "line" },
          ],
        },
        { name: "packing", label: "r_packing", kind: "line" },
        { name: "seals", label: "f_seal_numbers", kind: "list" },
        { name: "substitution.wanted", label: "r_substitution", kind: "choice", options: maybe(codes("r_sub", ["none", "partial", "full"])) },
        { name: "substitution.by", label: "f_sub_by", kind: "line" },
        { name: "substitution.sample_custodian", label: "f_sub_custodian", kind: "line" },
        { name: "sample.size.amount", label: "r_sample", kind: "number", min: 0 },
        { name: "sample.size.unit", label: "f_unit", kind: "line", options: plain(["g", "kg", "ml"]) },
        { name: "sample.papers", label: "r_sample_papers", kind: "lines" },
      ],
    },
    {
      title: "r_transport",
      fields: [
        {
          name: "conveyances",
          label: "r_conveyances",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "kind", label: "r_kind", kind: "choice", required: true, value: "truck", options: codes("r_conv", CONVEYANCES) },
            { name: "registration", label: "r_registration", kind: "line", max: 120 },
            { name: "country", label: "f_country", kind: "country" },
          ],
        },
        {
          name: "containers",
          label: "r_containers",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "number", label: "r_container_number", kind: "line", required: true, max: 120 },
            { name: "seals", label: "f_seal_numbers", kind: "list" },
            { name: "declared_goods", label: "r_declared", kind: "line" },
          ],
        },
        { name: "customs.regime", label: "r_regime", kind: "line" },
        {
          name: "customs.documents",
          label: "r_customs_papers",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "kind", label: "r_kind", kind: "choice", required: true, value: "cmr", options: codes("r_doc", DOCUMENTS) },
            { name: "number", label: "r_doc_number", kind: "line", required: true, max: 120 },
          ],
        },
        { name: "carrier.name", label: "r_carrier", kind: "line" },
        { name: "carrier.knowledge", label: "r_knowledge", kind: "choice", options: maybe(codes("r_know", ["innocent", "complicit", "unknown"])) },
      ],
    },
    {
      title: "r_persons",
      fields: [
        {
          name: "parties",
          label: "r_persons",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "names", label: "r_names", kind: "list", required: true },
            { name: "role", label: "r_role", kind: "choice", value: "suspect", options: codes("r_role", ROLES) },
            { name: "born", label: "r_born", kind: "line", max: 10 },
            { name: "nationalities", label: "r_nationalities", kind: "list" },
          ],
        },
        { name: "warrants", label: "r_warrants", kind: "lines" },
      ],
    },
    {
      title: "r_followed",
      fields: [
        { name: "surveillance", label: "r_surveillance", kind: "lines" },
        { name: "practices", label: "r_practices", kind: "ticks", options: codes("practice", PRACTICES) },
        {
          name: "officers",
          label: "r_officers",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "kind", label: "r_kind", kind: "choice", required: true, value: "visiting", options: codes("r_off", ["armed", "undercover", "visiting"]) },
            { name: "agency", label: "v_agency", kind: "agency", options: agencies },
            { name: "count", label: "r_count", kind: "whole", max: 1_000 },
          ],
        },
        { name: "seize_if", label: "r_seize_if", kind: "lines" },
        {
          name: "interventions",
          label: "r_interventions",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "country", label: "f_country", kind: "country", required: true },
            { name: "rule", label: "r_rule", kind: "line", required: true },
          ],
        },
        { name: "communications", label: "r_communications", kind: "text" },
        { name: "evidence", label: "r_evidence", kind: "text" },
        { name: "hazards.protection", label: "r_protection", kind: "line" },
        { name: "hazards.naloxone", label: "r_naloxone", kind: "choice", options: maybe(codes("r_nal", ["needed", "at_hand", "not_needed"])) },
        { name: "hazards.adr", label: "r_adr", kind: "line" },
      ],
    },
    {
      title: "r_commitments",
      fields: [
        { name: "undertakings", label: "r_undertakings", kind: "ticks", options: codes("r_und", UNDERTAKINGS), value: [...UNDERTAKINGS] },
        {
          name: "contacts",
          label: "r_contacts",
          kind: "rows",
          add: "f_add",
          of: [
            { name: "desk", label: "r_desk", kind: "line", required: true },
            { name: "agency", label: "v_agency", kind: "agency", options: agencies },
            { name: "reach", label: "r_reach", kind: "list", required: true },
          ],
        },
        {
          name: "papers",
          label: "r_papers",
          kind: "rows",
          add: "f_add",
          hint: "r_papers_hint",
          of: [
            { name: "kind", label: "r_kind", kind: "choice", required: true, value: "written_request", options: codes("paper", PAPERS) },
            { name: "reference", label: "r_doc_number", kind: "line", max: 120 },
            { name: "language", label: "p_language", kind: "language" },
            { name: "country", label: "r_for_country", kind: "country" },
          ],
        },
        { name: "costs", label: "r_costs", kind: "line" },
        { name: "embargo", label: "r_embargo", kind: "line" },
      ],
    },
    {
      title: "r_handling",
      fields: [
        { name: "handling.tlp", label: "r_tlp", kind: "choice", value: "RED", options: plain(TLP), hint: "r_tlp_hint" },
        { name: "handling.evaluation.source", label: "r_source", kind: "choice", value: "B", options: codes("r_src", ["A", "B", "C", "X"]) },
        { name: "handling.evaluation.information", label: "r_information", kind: "choice", value: "2", options: codes("r_inf", ["1", "2", "3", "4"]) },
      ],
    },
  ];
  for (const { fields } of made) for (const field of fields) field.needed = NEEDED.includes(field.name) || NEEDED_WITHIN.includes(field.name);
  return draft ? made.map((section) => ({ ...section, fields: asDraft(section.fields, draft) })) : made;
}

/** The act of what was written. What the form does not show of a draft stays in it. `begun`: with rows that are not filled yet. */
export function requestOf(me: Me, exercise: boolean, known: Known, form: FormData, at: Date, zoned: (local: string) => string, begun = true): Act {
  const body = written(sections(me, known).flatMap(({ fields }) => fields), form, zoned, begun) as Record<string, never>;
  const { number, plan: planned, legs, goods, ...said } = body as Record<string, unknown>;
  const delivery = `${me.agency}/${String(number ?? "")}`;
  const way = ((legs ?? []) as Record<string, unknown>[]).sort((a, b) => Number(a["number"]) - Number(b["number"]));
  const loads = ((goods ?? []) as Record<string, unknown>[]).map(({ booked, quantity, ...one }) => load(one, booked as Booked, quantity as Quantity));
  const agencies = [...new Set(way.flatMap((leg) => [leg["authority"], leg["controller"]]))].filter((agency) => agency && agency !== me.agency).sort();
  for (const name of ["authorisation", "substitution", "carrier", "hazards", "customs", "sample"]) if (isEmpty(said[name])) delete said[name];
  const old = known.draft?.form ?? {};
  const kept = Object.fromEntries(["handovers"].filter((name) => name in old).map((name) => [name, old[name]]));
  const before = (known.draft?.plan["legs"] ?? []) as Record<string, unknown>[];
  return {
    id: crypto.randomUUID(),
    delivery,
    act: "request",
    at: at.toISOString(),
    plan: {
      legs: way.map((leg) => ({ ...shadowsOf(before, leg), ...leg })),
      goods: loads.flatMap(({ mass }) => (mass ? [mass] : [])),
      ...(said["seals"] ? { seals: said["seals"] } : {}),
      coordinators: (planned as { coordinators?: string[] } | undefined)?.coordinators ?? [],
    },
    form: {
      ...kept,
      ...said,
      ...(Array.isArray(said["parties"]) ? { parties: said["parties"].map((one: object) => ({ kind: "person", ...one })) } : {}),
      delivery_ref: delivery,
      requesting: me.agency,
      exercise,
      handling: { ...(said["handling"] as object), originator: me.agency, evaluation: { scheme: "4x4", ...((said["handling"] as { evaluation?: object }).evaluation ?? {}) }, recipients: agencies },
      legs: way.map(({ country, number, entry, exit, entry_planned, exit_planned }) => bare({ country, number, entry, exit, entry_planned, exit_planned })),
      ...(loads.length ? { goods: loads.map(({ substance }) => substance) } : {}),
    },
  };
}

/** What a signed form must state and this one does not yet. */
export const lacking = (act: Act): string[] => {
  const form = act["form"] as Record<string, unknown>;
  const plan = act["plan"] as { goods: unknown[] };
  return [...NEEDED.filter((name) => form[name] === undefined || (Array.isArray(form[name]) && !(form[name] as unknown[]).length)), ...(plan.goods.length ? [] : ["plan.goods"])];
};

/** The field that the centre means by its own name of it: `form.goods[0].name` is shown as `goods[0].name`. */
export const shownAs = (field: string): string =>
  field.replace(/^(form|plan)\.(?!coordinators)/, "").replace(/^goods\[(\d+)\]\.(kg|uncertainty_kg)$/, "goods[$1].booked.$2").replace(/^goods\[(\d+)\]\.substance$/, "goods[$1].name").replace(/^delivery$/, "number");

type Booked = { kg?: string; uncertainty_kg?: string } | undefined;
type Quantity = { amount?: number; unit?: string } | undefined;

function load(one: Record<string, unknown>, booked: Booked, quantity: Quantity): { substance: Record<string, unknown>; mass: Record<string, unknown> | null } {
  const amount = quantity?.amount !== undefined ? { amount: String(quantity.amount), ...(quantity.unit ? { unit: quantity.unit } : {}) } : booked?.kg ? { amount: booked.kg, unit: "kg" } : undefined;
  const purity = one["purity_percent"];
  return {
    substance: { ...one, ...(purity === undefined ? {} : { purity_percent: String(purity) }), ...(amount ? { quantity: amount } : {}) },
    mass: booked?.kg ? { substance: one["name"], kg: booked.kg, uncertainty_kg: booked.uncertainty_kg ?? "0" } : null,
  };
}

const isEmpty = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every((each) => each === undefined || isEmpty(each));
const bare = (of: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
const shadowsOf = (before: Record<string, unknown>[], leg: Record<string, unknown>): Record<string, unknown> => {
  const same = before.find((each) => each["number"] === leg["number"] && each["country"] === leg["country"]);
  return same?.["shadows"] ? { shadows: same["shadows"] } : {};
};

/** The fields filled from a draft. */
function asDraft(fields: Field[], { number, form, plan }: NonNullable<Known["draft"]>): Field[] {
  const booked = (plan["goods"] ?? []) as { substance: string }[];
  const goods = ((form["goods"] ?? []) as JsonObject[]).map((one) => ({ ...one, booked: booked.find(({ substance }) => substance === one["name"]) ?? {} }));
  const whole: Record<string, unknown> = { ...form, number, goods, legs: plan["legs"], plan: { coordinators: plan["coordinators"] } };
  const values = filled(fields, whole);
  return fields.map((field) => {
    const value = values[field.name];
    if (field.kind === "rows") return { ...field, rows: (value as Initial[] | undefined) ?? [] };
    return { ...field, value: (value as string | string[] | undefined) ?? "" };
  });
}

function firstLegs(me: Me): Initial[] {
  return [{ number: "1", country: me.agency.slice(0, 2), authority: me.agency, controller: me.agency }, { number: "2" }];
}

/** `CD-20260318-0430` */
export function suggested(now: number): string {
  return `CD-${new Date(now).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-")}`;
}

