/** Edits of an authority's entry (schemas/directory.py): what is asked for, and what is sent. */

import type { Me } from "./api";
import { faultsOfDuties, sections, type About, type Wrong } from "./directory-fields";
import type { Desk, Entry, Hours, Law, Listed, Officer, Paper, Reach } from "./directory-types";
import { changedDesks, desksOf } from "./directory-words";
import { written, type Field, type Option } from "./fields";
import type { Key } from "./texts";

/** Acts in a dialog; a new version is written on a page of its own. */
export type EditAct = "confirm" | "drop" | "verify" | "retire";

export const EDIT_WORDS: Record<EditAct, Key> = { confirm: "dir_confirm", drop: "dir_drop", verify: "dir_verify", retire: "dir_retire" };
const VOICE = ["telephone", "mobile", "satellite"];
const MINUTE_MS = 60_000;

export function editFields(act: EditAct, { entry, pending }: Listed): Field[] {
  if (act === "drop" || act === "retire") return [{ name: "reason", label: "dir_reason", kind: "line", required: true }];
  if (act !== "confirm" || !pending?.entry) return [];
  const old = entry ? desksOf(entry).flatMap(({ reach }) => reach).filter(({ kind }) => VOICE.includes(kind)) : [];
  return [
    {
      name: "call_backs",
      label: "dir_calls",
      kind: "rows",
      required: true,
      most: 20,
      add: "dir_add_call",
      hint: entry ? "dir_calls_hint" : "dir_calls_first",
      rows: changedDesks(entry, pending.entry).map((contact) => ({ contact })),
      of: [
        { name: "contact", label: "dir_call_desk", kind: "code", required: true },
        { name: "number", label: entry ? "dir_call_number" : "dir_call_number_first", kind: "line", required: true, max: 120, options: old.map(({ address }): Option => [address, address]) },
        { name: "at", label: "dir_call_at", kind: "time", required: true },
        { name: "spoke_with", label: "dir_call_spoke", kind: "line", required: true },
      ],
    },
  ];
}

/** The edit as it is sent. */
export function editOf(act: EditAct, listed: Listed, me: Me, form: FormData, now: Date, zoned: (local: string) => string): Record<string, unknown> {
  const said = written(editFields(act, listed), form, zoned);
  for (const call of (said["call_backs"] ?? []) as { at: string }[]) call.at = withinTheMinute(call.at, listed.pending?.entry?.verified, now);
  return { act, ...headOf(listed.id, listed.entry, me, now), ...said };
}

/** An input knows minutes: a call in the minute of the proposal was after it, one of this minute was now. */
function withinTheMinute(at: string, proposed: string | undefined, now: Date): string {
  const minute = Date.parse(at);
  const after = proposed === undefined ? minute : Date.parse(proposed);
  if (minute < after && after < minute + MINUTE_MS) return new Date(Math.min(after + 1, now.getTime())).toISOString();
  return at;
}

function headOf(id: string, before: Entry | null, me: Me, now: Date): { authority: string; crossing?: string; base_version: number; by: string; at: string } {
  const at = id.indexOf("@");
  const [authority, crossing] = at < 0 ? [id, ""] : [id.slice(0, at), id.slice(at + 1)];
  return { authority, ...(crossing ? { crossing } : {}), base_version: before?.version ?? 0, by: `${me.agency}/${me.person}`, at: now.toISOString() };
}

interface SaidDesk {
  code?: string;
  desk?: string;
  time_zone?: string;
  does?: string[];
  when?: string;
  hours?: Partial<Hours>[];
  works_on_holidays?: boolean;
  closed_on?: { day?: string }[];
  open_on?: { day?: string }[];
  reach?: Partial<Reach>[];
  named?: (Partial<Omit<Officer, "reach">> & { reach?: Partial<Reach>[] })[];
}

interface Said {
  name?: Record<string, string>;
  crossing?: string;
  valid_from?: string;
  valid_until?: string;
  contacts: SaidDesk[];
  gate?: SaidDesk[];
  special_requirements?: string[];
  equipment?: string[];
  competence?: string;
  languages?: string[];
  law?: Partial<Omit<Law, "controlled_delivery">> & { controlled_delivery?: string };
  papers?: Paper[];
  notice?: { hours?: number; counted?: string };
  urgent?: { hours?: number; written_due_hours?: number };
}

export interface Written {
  entry: Entry;
  /** What is wrong with who does what. */
  duties: Wrong[];
}

/** The entry as the form has it, also while it is half written: what is missing is empty, and the form refuses it. */
export function entryOf(about: About, form: FormData, now: Date, zoned: (local: string) => string): Written {
  const { me, kind, before } = about;
  const fields = sections(about).flatMap((section) => section.fields);
  const said = written(fields, form, zoned) as unknown as Said;
  const { base_version, by, at } = headOf(me.agency, before, me, now);
  const other = Object.entries(before?.name ?? {}).filter(([language]) => language !== "ru" && language !== "en");
  const contacts = said.contacts.map(deskOf);
  const entry: Entry = {
    kind,
    version: base_version + 1,
    authority: me.agency,
    country: me.country,
    name: { ...said.name, ...Object.fromEntries(other) },
    contacts,
    special_requirements: said.special_requirements ?? [],
    valid_from: sameMinute(said.valid_from, before?.valid_from),
    valid_until: sameMinute(said.valid_until, before?.valid_until),
    verified: at,
    verified_by: by,
    exercise: me.exercise,
  };
  if (kind === "crossing") return { entry: { ...entry, crossing: about.crossing || (said.crossing ?? ""), gate: deskOf(said.gate?.[0] ?? {}), equipment: said.equipment ?? [] }, duties: [] };
  const does = said.contacts.map((desk) => desk.does ?? []);
  const desk = (duty: string): string => contacts[does.findIndex((duties) => duties.includes(duty))]?.code ?? "";
  const { controlled_delivery, ...law } = said.law ?? {};
  const urgent = said.urgent?.hours;
  return {
    entry: {
      ...entry,
      competence: said.competence ?? "consents",
      languages: said.languages ?? [],
      law: { passages: [], substitution: [], practices: {}, ...law, controlled_delivery: controlled_delivery === "true" },
      papers: said.papers ?? [],
      notice: { hours: said.notice?.hours ?? 0, counted: said.notice?.counted ?? "clock", desk: desk("requests") },
      urgent: urgent === undefined ? null : { hours: urgent, desk: desk("urgent"), written_due_hours: said.urgent?.written_due_hours ?? 72 },
      reply_desk: desk("replies"),
    },
    duties: faultsOfDuties(does, urgent !== undefined),
  };
}

function deskOf(said: SaidDesk): Desk {
  const days = (all: { day?: string }[] | undefined): string[] => (all ?? []).flatMap(({ day }) => (day ? [day] : [])).sort();
  const ways = (all: Partial<Reach>[] | undefined): Reach[] => (all ?? []).map(({ kind = "telephone", address = "" }) => ({ kind, address }));
  const hours = said.when === "hours" ? (said.hours ?? []) : [];
  return {
    code: said.code ?? "",
    desk: said.desk ?? "",
    time_zone: said.time_zone ?? "",
    hours: hours.map(({ days: on = [], opens = "", closes = "" }) => ({ days: on, opens, closes })),
    works_on_holidays: said.works_on_holidays ?? false,
    closed_on: days(said.closed_on),
    open_on: days(said.open_on),
    reach: ways(said.reach),
    named: (said.named ?? []).map(({ name = "", rank, reach }) => ({ name, ...(rank ? { rank } : {}), reach: ways(reach) })),
  };
}

/** An input knows minutes: what it did not change stays as it was. */
function sameMinute(now: string | undefined, before: string | undefined): string {
  if (now && before && Math.floor(Date.parse(now) / MINUTE_MS) === Math.floor(Date.parse(before) / MINUTE_MS)) return before;
  return now ?? "";
}

/** The new version as it is sent. */
export function publishOf(entry: Entry, me: Me, before: Entry | null): Record<string, unknown> {
  const id = entry.crossing ? `${entry.authority}@${entry.crossing}` : entry.authority;
  return { act: "publish", ...headOf(id, before, me, new Date(entry.verified)), entry };
}
