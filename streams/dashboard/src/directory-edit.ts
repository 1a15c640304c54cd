/** Edits of an authority's entry (schemas/directory.py): their fields, and what is sent of them. */

import type { Me } from "./api";
import type { Desk, Entry, Listed } from "./directory-types";
import { filled, written, type Field, type Option } from "./fields";
import { named, type Key } from "./texts";

export type EditAct = "publish" | "confirm" | "drop" | "verify" | "retire";

const WAYS = ["telephone", "mobile", "satellite", "radio", "fax", "email", "messenger", "secure_channel"];

export const desksOf = (entry: Entry): Desk[] => [...entry.contacts, ...(entry.gate ? [entry.gate] : [])];

/** Desks whose ways to be reached differ, appear or disappear: each is called back before a second person confirms. */
export function changedDesks(before: Entry | null, after: Entry): { code: string; before: string[]; after: string[] }[] {
  const ways = (entry: Entry | null): Map<string, string[]> =>
    new Map(entry ? desksOf(entry).map((desk) => [desk.code, [...desk.reach, ...desk.named.flatMap(({ reach }) => reach)].map(({ kind, address }) => `${named("reach", kind)} ${address}`).sort()]) : []);
  const [old, now] = [ways(before), ways(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((code) => ({ code, before: old.get(code) ?? [], after: now.get(code) ?? [] }))
    .filter((desk) => desk.before.join() !== desk.after.join());
}

export function editFields(act: EditAct, { entry, pending }: Listed): Field[] {
  if (act === "drop" || act === "retire") return [{ name: "reason", label: "dir_reason", kind: "line", required: true }];
  if (act === "confirm") {
    const desks = pending?.entry ? changedDesks(entry, pending.entry) : [];
    const old = entry ? desksOf(entry).flatMap(({ reach }) => reach).filter(({ kind }) => ["telephone", "mobile", "satellite"].includes(kind)) : [];
    return [
      {
        name: "call_backs",
        label: "dir_calls",
        kind: "rows",
        required: true,
        add: "dir_add_call",
        hint: "dir_calls_hint",
        rows: desks.map(({ code }) => ({ contact: code })),
        of: [
          { name: "contact", label: "dir_call_desk", kind: "code", required: true },
          { name: "number", label: "dir_call_number", kind: "line", required: true, max: 120, options: old.map(({ address }): Option => [address, address]) },
          { name: "at", label: "dir_call_at", kind: "time", required: true },
          { name: "spoke_with", label: "dir_call_spoke", kind: "line", required: true },
        ],
      },
    ];
  }
  if (act !== "publish" || !entry) return [];
  const fields: Field[] = [
    { name: "valid_until", label: "dir_valid_until", kind: "time", required: true },
    ...(entry.languages ? [{ name: "languages", label: "dir_languages", kind: "list", required: true } as Field] : []),
    { name: "special_requirements", label: "dir_req_lines", kind: "lines" },
    {
      name: "desks",
      label: "dir_desks",
      kind: "rows",
      required: true,
      least: 1,
      add: "dir_add_desk",
      of: [
        { name: "code", label: "dir_code", kind: "code", required: true },
        { name: "desk", label: "dir_desk", kind: "line", required: true },
        { name: "time_zone", label: "dir_zone", kind: "line", required: true, max: 60 },
        {
          name: "reach",
          label: "dir_reach",
          kind: "rows",
          required: true,
          least: 1,
          most: 12,
          add: "dir_add_way",
          of: [
            { name: "kind", label: "dir_kind", kind: "choice", required: true, value: "telephone", options: WAYS.map((way): Option => [way, named("reach", way)]) },
            { name: "address", label: "dir_address", kind: "line", required: true, max: 120 },
          ],
        },
      ],
    },
  ];
  const begun = filled(fields, { ...entry, desks: desksOf(entry) });
  return fields.map((field) => (field.kind === "rows" ? { ...field, rows: (begun[field.name] as NonNullable<Field["rows"]>) ?? [] } : { ...field, value: (begun[field.name] as string) ?? "" }));
}

/** The edit as it is sent. Of a new version what the form does not show stays as it stands. */
export function editOf(act: EditAct, listed: Listed, me: Me, form: FormData, now: Date, zoned: (local: string) => string): Record<string, unknown> {
  const said = written(editFields(act, listed), form, zoned);
  const [authority = "", crossing] = listed.id.split("@");
  const by = `${me.agency}/${me.person}`;
  const at = now.toISOString();
  const head = { act, authority, ...(crossing ? { crossing } : {}), base_version: listed.entry?.version ?? 0, by, at };
  // An input knows minutes: a call of this minute was now, which is after the proposal.
  for (const call of (said["call_backs"] ?? []) as { at: string }[]) if (Math.abs(now.getTime() - Date.parse(call.at)) < 60_000) call.at = at;
  if (act !== "publish" || !listed.entry) return { ...head, ...said };
  const entry = listed.entry;
  const { desks, ...rest } = said as { desks: Desk[] };
  const whole = desks.map((desk) => ({ ...(desksOf(entry).find(({ code }) => code === desk.code) ?? {}), ...desk }));
  const gate = entry.gate ? whole.find(({ code }) => code === entry.gate?.code) : undefined;
  return {
    ...head,
    entry: {
      ...entry,
      special_requirements: [],
      ...rest,
      contacts: whole.filter((desk) => desk !== gate),
      ...(entry.gate ? { gate: gate ?? entry.gate } : {}),
      version: entry.version + 1,
      verified: at,
      verified_by: by,
    },
  };
}

export const EDIT_WORDS: Record<EditAct, Key> = { publish: "dir_edit", confirm: "dir_confirm", drop: "dir_drop", verify: "dir_verify", retire: "dir_retire" };
