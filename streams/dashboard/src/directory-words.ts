/** An entry of the directory in words, fact by fact: to be read, and held against another version. */

import type { Desk, Entry, Hours, Officer, Reach } from "./directory-types";
import { dateAndClock } from "./format";
import { settings } from "./store";
import { named, t, type Key } from "./texts";

export interface Fact {
  /** The same in every version and language. */
  key: string;
  label: string;
  value: string;
}

export interface Difference {
  label: string;
  before: string;
  after: string;
}

export const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const PASSAGES = ["out", "through", "into", "internal"] as const;
export const SUBSTITUTIONS = ["none", "partial", "full"] as const;

export const desksOf = (entry: Entry): Desk[] => [...(entry.contacts ?? []), ...(entry.gate ? [entry.gate] : [])];

/** The authority's name in the reader's language, or in what it has. */
export const nameOf = ({ name }: Entry): string => name[settings.language] ?? name["ru"] ?? name["en"] ?? Object.values(name)[0] ?? "";

const way = ({ kind, address }: Reach): string => `${named("reach", kind)} ${address}`;
/** Of what has no order of its own, in that of the form. */
const several = (kind: string, order: readonly string[], names: readonly string[]): string => order.filter((name) => names.includes(name)).map((name) => named(kind, name)).join(", ");

/** "Mon–Fri", "Mon, Wed", "every day". */
function daysOf(days: string[]): string {
  const open = WEEK.map((day) => days.includes(day));
  if (open.every(Boolean)) return t("dir_every_day");
  const runs: string[] = [];
  for (let first = 0; first < WEEK.length; first++) {
    if (!open[first]) continue;
    let last = first;
    while (open[last + 1]) last++;
    const of = WEEK.slice(first, last + 1).map((day) => named("day", day));
    runs.push(of.length > 2 ? `${of[0] ?? ""}–${of.at(-1) ?? ""}` : of.join(", "));
    first = last;
  }
  return runs.join(", ");
}

function shift({ days, opens, closes }: Hours): string {
  const overnight = closes !== "24:00" && closes <= opens;
  return `${daysOf(days)} ${opens}–${closes}${overnight ? ` (${t("dir_next_day")})` : ""}`;
}

/** When somebody answers: local time of the desk. */
export function hoursOf(desk: Desk): string {
  if (!desk.hours.length) return t("dir_hours_always");
  const beyond = [
    t(desk.works_on_holidays ? "dir_on_holidays" : "dir_not_on_holidays"),
    ...(desk.closed_on.length ? [t("dir_closed_on", desk.closed_on.join(", "))] : []),
    ...(desk.open_on.length ? [t("dir_open_on", desk.open_on.join(", "))] : []),
  ];
  return [...desk.hours.map(shift), ...beyond].join("; ");
}

export const officerOf = ({ name, rank, reach }: Officer): string => [rank, name, ...reach.map(way)].filter(Boolean).join(" ");

/** Every fact of it that its authority states. What is not stated is no fact. */
export function facts(entry: Entry): Fact[] {
  const found: Fact[] = [];
  const say = (key: string, label: Key, value: string | null | undefined, of = ""): void => {
    if (value) found.push({ key, label: (of ? `${of} · ` : "") + t(label, "").trim(), value });
  };
  const desk = (code: string | undefined): string => desksOf(entry).find((one) => one.code === code)?.desk ?? code ?? "";
  for (const [language, name] of Object.entries(entry.name)) say(`name.${language}`, "dir_name", name, language);
  say("competence", "dir_competence", entry.competence && named("dir_comp", entry.competence));
  say("languages", "dir_languages_said", entry.languages?.join(", "));
  for (const one of desksOf(entry)) {
    say(`${one.code}.desk`, "dir_desk", one.desk, one.code);
    say(`${one.code}.hours`, "dir_hours", hoursOf(one), one.code);
    say(`${one.code}.zone`, "dir_zone", one.time_zone, one.code);
    say(`${one.code}.reach`, "dir_reach", one.reach.map(way).join(", "), one.code);
    say(`${one.code}.named`, "dir_named", one.named.map(officerOf).join("; "), one.code);
  }
  const { law, notice, urgent } = entry;
  if (law) {
    say("law", "dir_law", t(law.controlled_delivery ? "dir_allowed" : "dir_not_allowed"));
    say("passages", "dir_passages", several("passage", PASSAGES, law.passages));
    say("substitution", "dir_substitution", several("r_sub", SUBSTITUTIONS, law.substitution));
    say("practices", "dir_practices", Object.entries(law.practices).map(([practice, rule]) => `${named("practice", practice)} — ${named("dir_rule", rule)}`).sort().join("; "));
    say("maximum", "dir_maximum", law.maximum_hours ? t("dir_max", law.maximum_hours) : "");
    say("basis", "dir_basis", law.basis);
  }
  say("papers", "dir_papers", entry.papers?.map(({ kind, language, note }) => [named("paper", kind), language && `(${language})`, note && `— ${note}`].filter(Boolean).join(" ")).join("; "));
  if (notice) say("notice", "dir_notice_said", t("dir_notice_by", notice.hours, t(notice.counted === "clock" ? "dir_counted_clock" : "dir_counted_working"), desk(notice.desk)));
  if (urgent) say("urgent", "dir_urgent", t("dir_urgent_by", urgent.hours, desk(urgent.desk), urgent.written_due_hours));
  say("reply", "dir_reply", desk(entry.reply_desk));
  say("requirements", "dir_requirements", entry.special_requirements.join("; "));
  say("equipment", "dir_equipment", entry.equipment?.join("; "));
  say("from", "dir_from_said", instant(entry.valid_from));
  say("until", "dir_until_said", instant(entry.valid_until));
  return found;
}

const instant = (at: string): string => (at ? dateAndClock(Date.parse(at)) : "");

/** What is said otherwise after than before, in the order of the entry. */
export function differences(before: Entry | null, after: Entry): Difference[] {
  const old = new Map(before ? facts(before).map((fact) => [fact.key, fact]) : []);
  const now = facts(after);
  const keys = new Set(now.map(({ key }) => key));
  return [
    ...now.map(({ key, label, value }) => ({ label, before: old.get(key)?.value ?? "", after: value })),
    ...[...old.values()].filter(({ key }) => !keys.has(key)).map(({ label, value }) => ({ label, before: value, after: "" })),
  ].filter((one) => one.before !== one.after);
}

/** Codes of the desks whose ways to be reached differ, appear or disappear: each is called back before a second person confirms. */
export function changedDesks(before: Entry | null, after: Entry): string[] {
  const ways = (entry: Entry | null): Map<string, string> =>
    new Map(entry ? desksOf(entry).map(({ code, reach, named: officers }) => [code, [...new Set([...reach, ...officers.flatMap((one) => one.reach)].map(({ kind, address }) => `${kind} ${address}`))].sort().join("\n")]) : []);
  const [old, now] = [ways(before), ways(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((code) => old.get(code) !== now.get(code)).sort();
}

/** Whether the browser knows a zone by that name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // An offset is a zone to the browser alone: it knows no summer.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
