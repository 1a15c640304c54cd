/** What an authority writes of itself or of its post at a crossing (schemas/directory.py), field by field, and what is wrong with it. */

import type { Me } from "./api";
import type { Desk, Entry, Post, Reach } from "./directory-types";
import { isZone, PASSAGES, SUBSTITUTIONS, WEEK } from "./directory-words";
import { filled, PATTERNS, type Field, type Initial, type Option } from "./fields";
import { settings } from "./store";
import { PAPERS, PRACTICES } from "./request-form";
import { named, t, type Key } from "./texts";

export interface Section {
  title: Key;
  about?: Key;
  fields: Field[];
}

/** Of which entry the form is: `before` what stands, `crossing` where it is a post ("" while it is not chosen), `posts` to choose from. */
export interface About {
  me: Me;
  kind: Entry["kind"];
  before: Entry | null;
  crossing: string;
  posts: Post[];
}

export type Wrong = [field: string, text: Key, ...values: string[]];

const WAYS = ["telephone", "mobile", "satellite", "radio", "fax", "email", "messenger", "secure_channel"];
const MOST_LINES = { special_requirements: 30, equipment: 20 } as const;
const LINE = 400;
const WORKING_DAYS = ["mon", "tue", "wed", "thu", "fri"];
const YEAR_MINUTES = 525_600;

const codes = (kind: string, names: readonly string[]): Option[] => names.map((name): Option => [name, named(kind, name)]);

const REACH: Field[] = [
  { name: "kind", label: "dir_kind", kind: "choice", required: true, value: "telephone", get options() { return codes("reach", WAYS); } },
  { name: "address", label: "dir_address", kind: "line", required: true, max: 120 },
];

export function sections(about: About): Section[] {
  const whole = about.kind === "authority" ? ofAuthority(about) : ofCrossing(about);
  const begun = begin(about, whole.flatMap(({ fields }) => fields));
  const begins = (field: Field): Field =>
    field.kind === "rows" ? { ...field, rows: (begun[field.name] as Initial[] | undefined) ?? field.rows ?? [] } : { ...field, ...(begun[field.name] === undefined ? {} : { value: begun[field.name] as string | string[] }) };
  return whole.map((section) => ({ ...section, fields: section.fields.map(begins) }));
}

function ofAuthority({ me }: About): Section[] {
  return [
    {
      title: "dir_s_authority",
      fields: [
        ...names(),
        { name: "competence", label: "dir_competence", kind: "choice", value: "consents", options: codes("dir_comp", ["consents", "is_informed"]) },
        { name: "languages", label: "dir_languages", kind: "list", required: true, value: "ru", hint: "dir_h_languages" },
        ...validity(),
      ],
    },
    {
      title: "dir_desks",
      about: "dir_a_desks",
      fields: [{ name: "contacts", label: "dir_desks", kind: "rows", required: true, least: 1, most: 20, add: "dir_add_desk", of: deskFields(me, true), rows: [{ code: "duty", does: ["requests", "replies"] }] }],
    },
    {
      title: "dir_law",
      about: "dir_a_law",
      fields: [
        { name: "law.controlled_delivery", label: "dir_cd", kind: "choice", required: true, options: [["true", t("dir_allowed")], ["false", t("dir_not_allowed")]] },
        { name: "law.maximum_hours", label: "dir_maximum", kind: "number", min: 0.1, max: 8_760 },
        { name: "law.passages", label: "dir_passages", kind: "ticks", options: codes("passage", PASSAGES) },
        { name: "law.substitution", label: "dir_substitution", kind: "ticks", options: codes("r_sub", SUBSTITUTIONS) },
        { name: "law.basis", label: "dir_basis", kind: "line" },
        ...PRACTICES.map((practice): Field => ({ name: `law.practices.${practice}`, label: `practice_${practice}`, kind: "choice", options: [["", t("dir_rule_none")], ...codes("dir_rule", ["allowed", "required", "forbidden"])] })),
      ],
    },
    {
      title: "dir_papers",
      about: "dir_a_papers",
      fields: [
        {
          name: "papers",
          label: "dir_papers",
          kind: "rows",
          most: 40,
          add: "dir_add_paper",
          of: [
            { name: "kind", label: "dir_paper", kind: "choice", required: true, options: codes("paper", PAPERS) },
            { name: "language", label: "dir_paper_language", kind: "language", max: 30 },
            { name: "note", label: "dir_paper_note", kind: "line" },
          ],
        },
      ],
    },
    {
      title: "dir_notice_said",
      about: "dir_a_notice",
      fields: [
        { name: "notice.hours", label: "dir_notice_hours", kind: "number", required: true, min: 0, max: 2_160 },
        { name: "notice.counted", label: "dir_counted", kind: "choice", required: true, options: [["clock", t("dir_counted_clock")], ["working", t("dir_counted_working")]] },
        { name: "urgent.hours", label: "dir_urgent_hours", kind: "number", min: 0, max: 720, hint: "dir_h_urgent" },
        { name: "urgent.written_due_hours", label: "dir_written_due", kind: "number", min: 0.1, max: 720, value: "72" },
      ],
    },
    { title: "dir_requirements", fields: [{ name: "special_requirements", label: "dir_req_lines", kind: "lines" }] },
  ];
}

function ofCrossing({ me, crossing, posts, before }: About): Section[] {
  const option = ({ name, ru, to }: Post): Option => [name, `${settings.language === "ru" ? `${ru} · ${name}` : `${name} · ${ru}`}${to.length ? ` → ${to.join(", ")}` : ""}`];
  const which: Field[] = crossing ? [] : [{ name: "crossing", label: "dir_crossing", kind: "choice", required: true, options: posts.map(option), hint: "dir_h_crossing" }];
  return [
    { title: "dir_s_crossing", fields: [...which, ...names(), ...validity()] },
    {
      title: "dir_gate",
      about: "dir_a_gate",
      fields: [{ name: "gate", label: "dir_gate", kind: "rows", required: true, least: 1, most: 1, of: deskFields(me, false), rows: [{ code: "gate" }] }],
    },
    {
      title: "dir_desks",
      about: "dir_a_shift",
      fields: [{ name: "contacts", label: "dir_desks", kind: "rows", required: true, least: 1, most: 20, add: "dir_add_desk", of: deskFields(me, false), rows: [{ code: before ? "" : "shift" }] }],
    },
    {
      title: "dir_requirements",
      fields: [
        { name: "equipment", label: "dir_equipment_lines", kind: "lines" },
        { name: "special_requirements", label: "dir_req_lines", kind: "lines" },
      ],
    },
  ];
}

const names = (): Field[] => [
  { name: "name.ru", label: "dir_name_ru", kind: "line" },
  { name: "name.en", label: "dir_name_en", kind: "line" },
];

const validity = (): Field[] => [
  { name: "valid_from", label: "dir_valid_from", kind: "time", required: true, value: "+0" },
  { name: "valid_until", label: "dir_valid_until", kind: "time", required: true, value: `+${String(YEAR_MINUTES)}` },
];

function deskFields(me: Me, duties: boolean): Field[] {
  const zones = zonesOf(me.country);
  const only: [string, string] = ["when", "hours"];
  const days = (name: string, label: Key, add: Key, most: number, hint?: Key): Field => ({ name, label, kind: "rows", add, most, more: true, only, ...(hint ? { hint } : {}), of: [{ name: "day", label: "dir_day", kind: "date", required: true }] });
  return [
    { name: "desk", label: "dir_desk", kind: "line", required: true },
    { name: "code", label: "dir_code", kind: "code", required: true, max: 64, hint: "dir_h_code" },
    { name: "time_zone", label: "dir_zone", kind: "zone", required: true, max: 60, hint: "dir_h_zone", options: zones, ...(zones.length === 1 && zones[0] ? { value: zones[0][0] } : {}) },
    ...(duties ? [{ name: "does", label: "dir_does", kind: "ticks", options: codes("dir_does", ["requests", "urgent", "replies"]) } as Field] : []),
    { name: "when", label: "dir_hours", kind: "choice", required: true, options: [["always", t("dir_hours_always")], ["hours", t("dir_when_hours")]] },
    {
      name: "hours",
      label: "dir_hours_local",
      kind: "rows",
      required: true,
      least: 1,
      most: 14,
      add: "dir_add_hours",
      only,
      hint: "dir_h_hours",
      of: [
        { name: "days", label: "dir_days", kind: "ticks", required: true, value: WORKING_DAYS, options: codes("day", WEEK) },
        { name: "opens", label: "dir_opens", kind: "opens", required: true, max: 5 },
        { name: "closes", label: "dir_closes", kind: "closes", required: true, max: 5 },
      ],
    },
    { name: "works_on_holidays", label: "dir_on_holidays", kind: "check", only },
    { name: "reach", label: "dir_reach", kind: "rows", required: true, least: 1, most: 12, add: "dir_add_way", of: REACH },
    days("closed_on", "dir_closed_days", "dir_add_day", 120),
    days("open_on", "dir_open_days", "dir_add_day", 60, "dir_h_open_on"),
    {
      name: "named",
      label: "dir_named",
      kind: "rows",
      most: 10,
      more: true,
      add: "dir_add_officer",
      of: [
        { name: "name", label: "dir_officer_name", kind: "line", required: true },
        { name: "rank", label: "dir_rank", kind: "line", max: 120 },
        { name: "reach", label: "dir_reach", kind: "rows", most: 5, add: "dir_add_way", of: REACH },
      ],
    },
  ];
}

/** The zones of the country as the browser knows them; what is not among them can be written all the same. */
function zonesOf(country: string): Option[] {
  const locale = new Intl.Locale(`und-${country || "ZZ"}`) as Intl.Locale & { getTimeZones?: () => string[] | undefined };
  return (locale.getTimeZones?.() ?? []).map((zone): Option => [zone, zone]);
}

/** What the form begins with: what stands, or nothing. */
function begin({ before }: About, fields: Field[]): Initial {
  if (!before) return {};
  const days = (all: string[]): { day: string }[] => all.map((day) => ({ day }));
  const desk = (one: Desk): Record<string, unknown> => ({
    ...one,
    does: [...(before.notice?.desk === one.code ? ["requests"] : []), ...(before.urgent?.desk === one.code ? ["urgent"] : []), ...(before.reply_desk === one.code ? ["replies"] : [])],
    when: one.hours.length ? "hours" : "always",
    closed_on: days(one.closed_on),
    open_on: days(one.open_on),
  });
  return filled(fields, { ...before, contacts: before.contacts.map(desk), ...(before.gate ? { gate: [desk(before.gate)] } : {}) });
}

/** What no field can say by itself: what the schema and the planner hold against each other. Fields as the centre calls them. */
export function faultsOf(entry: Entry, { me }: About): Wrong[] {
  const found: Wrong[] = [];
  if (!entry.name["ru"] && !entry.name["en"]) found.push(["name.ru", "dir_e_name"]);
  if (entry.languages && (entry.languages.length > 12 || entry.languages.some((language) => !new RegExp(`^${PATTERNS.language ?? ""}$`).test(language)))) found.push(["languages", "dir_e_languages"]);
  if (entry.valid_from && entry.valid_until && Date.parse(entry.valid_until) <= Date.parse(entry.valid_from)) found.push(["valid_until", "dir_e_until"]);
  const gate = entry.gate ? ([["gate[0]", entry.gate]] as [string, Desk][]) : [];
  const desks = [...entry.contacts.map((desk, index): [string, Desk] => [`contacts[${String(index)}]`, desk]), ...gate];
  const seen = new Set<string>();
  for (const [at, desk] of desks) {
    if (desk.code && seen.has(desk.code)) found.push([`${at}.code`, "dir_e_code_twice"]);
    seen.add(desk.code);
    if (desk.time_zone && !isZone(desk.time_zone)) found.push([`${at}.time_zone`, "e_zone"]);
    desk.hours.forEach(({ days }, index) => days.length || found.push([`${at}.hours[${String(index)}].days`, "e_some"]));
    if (me.exercise) {
      desk.reach.forEach((way, index) => cannotRing(way) || found.push([`${at}.reach[${String(index)}].address`, "dir_e_rings"]));
      desk.named.forEach(({ reach }, officer) => reach.forEach((way, index) => cannotRing(way) || found.push([`${at}.named[${String(officer)}].reach[${String(index)}].address`, "dir_e_rings"])));
    }
  }
  for (const field of Object.keys(MOST_LINES) as (keyof typeof MOST_LINES)[]) {
    const lines = entry[field] ?? [];
    if (lines.length > MOST_LINES[field] || lines.some((line) => line.length > LINE)) found.push([field, "dir_e_lines", String(MOST_LINES[field]), String(LINE)]);
  }
  return found;
}

/** Which desk does what: one takes requests, one replies, one at most is asked in an urgent case. */
export function faultsOfDuties(does: string[][], urgentHours: boolean): Wrong[] {
  const found: Wrong[] = [];
  const who = (duty: string): number[] => does.flatMap((duties, index) => (duties.includes(duty) ? [index] : []));
  for (const duty of ["requests", "replies", "urgent"] as const) {
    const desks = who(duty);
    if (desks.length > 1) found.push([`contacts[${String(desks[1])}].does`, "dir_e_twice", named("dir_does", duty)]);
    else if (!desks.length && (duty !== "urgent" || urgentHours)) found.push(["contacts[0].does", "dir_e_nobody", named("dir_does", duty)]);
  }
  if (who("urgent").length && !urgentHours) found.push(["urgent.hours", "dir_e_urgent"]);
  return found;
}

/** As schemas.directory.cannot_ring. */
function cannotRing({ kind, address }: Reach): boolean {
  if (kind === "email") return address.endsWith(".invalid") || address.endsWith(".example");
  return kind === "radio" || kind === "secure_channel" || address.startsWith("+999");
}
