// Opens the entries that it is given as the directory's form does, fills a first entry whole and bare, and prints what would be sent.

import { readFileSync } from "node:fs";
import type { Me } from "../../../streams/dashboard/src/api";
import { entryOf, publishOf } from "../../../streams/dashboard/src/directory-edit";
import { faultsOf, sections, type About } from "../../../streams/dashboard/src/directory-fields";
import type { Entry } from "../../../streams/dashboard/src/directory-types";
import { changedDesks, differences } from "../../../streams/dashboard/src/directory-words";
import { PATTERNS, type Field, type Initial } from "../../../streams/dashboard/src/fields";

const zoned = (local: string): string => `${local}:00.000Z`;
const AT = new Date("2026-03-18T04:30:00Z");
const meOf = (agency: string, country: string, exercise: boolean): Me => ({ person: "l.aliyeva", agency, country, role: "officer", space: "", expires: "", exercise });

const SAMPLES: Partial<Record<Field["kind"], string>> = { line: "слово", lines: "одно\nдругое", list: "ru, en", number: "2", language: "ru", code: "duty", date: "2026-03-21", opens: "22:00", closes: "24:00", zone: "Asia/Baku" };
const OWN: Record<string, string> = { address: "+994 12 900 00 01", valid_from: "2026-03-18T04:30", valid_until: "2027-03-18T04:30", when: "hours" };

/** As the page would. `all`: every field; else what it begins with, and what is required. */
function fill(form: FormData, fields: Field[], all: boolean, sample: boolean, prefix = "", initial: Initial = {}): void {
  for (const field of fields) {
    const name = prefix + field.name;
    const begun = initial[field.name] ?? field.value;
    if (field.only && String(form.get(prefix + field.only[0])) !== field.only[1]) continue;
    if (field.kind === "rows") {
      const rows = (Array.isArray(begun) ? begun : (field.rows ?? [])) as Initial[];
      for (let index = 0; index < Math.max(rows.length, field.least ?? 0, all ? 1 : 0); index++) {
        form.append(name, `r${String(index)}`);
        fill(form, field.of ?? [], all, sample, `${name}.r${String(index)}.`, rows[index]);
      }
    } else if (field.kind === "check") {
      if (all || begun === "true") form.set(name, "on");
    } else if (field.kind === "ticks") {
      for (const [value] of field.options ?? []) if (all || (Array.isArray(begun) && begun.includes(value as never))) form.append(name, value);
    } else {
      const given = typeof begun === "string" && begun !== "" && !(field.kind === "time" && begun.startsWith("+")) ? (field.kind === "time" ? begun.slice(0, 16) : begun) : undefined;
      const own = OWN[field.name];
      const chosen = (field.options ?? []).map(([value]) => value).find(Boolean);
      const value = given ?? (sample && (all || field.required || field.name === "name.ru") ? (own ?? chosen ?? SAMPLES[field.kind]) : undefined);
      if (value === undefined) continue;
      const pattern = PATTERNS[field.kind];
      if (pattern && !new RegExp(`^(?:${pattern})$`, "v").test(value)) throw new Error(`${name}: ${value} is not ${pattern}`);
      form.set(name, value);
    }
  }
}

function sent(about: About, all: boolean, sample: boolean): { edit: unknown; wrong: unknown; differs: unknown; desks: unknown } {
  const form = new FormData();
  fill(form, sections(about).flatMap(({ fields }) => fields), all, sample);
  const { entry, duties } = entryOf(about, form, AT, zoned);
  return { edit: publishOf(entry, about.me, about.before), wrong: [...faultsOf(entry, about), ...duties], differs: about.before ? differences(about.before, entry) : [], desks: changedDesks(about.before, entry) };
}

const { entries, pairs } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf-8")) as { entries: Entry[]; pairs: [Entry | null, Entry][] };
const posts = [{ name: "Alat port", ru: "Алят порт", by: "sea" as const, to: [] }];
const of = (kind: Entry["kind"]): About => ({ me: meOf("AZ-CUS", "AZ", false), kind, before: null, crossing: "", posts });
console.log(
  JSON.stringify({
    opened: entries.map((before) => sent({ me: meOf(before.authority, before.country, before.exercise), kind: before.kind, before, crossing: before.crossing ?? "", posts: [] }, false, false)),
    authority: { bare: sent(of("authority"), false, true), whole: sent(of("authority"), true, true), empty: sent(of("authority"), false, false) },
    crossing: { bare: sent(of("crossing"), false, true), whole: sent(of("crossing"), true, true) },
    desks: pairs.map(([before, after]) => changedDesks(before, after)),
    rings: sent({ ...of("authority"), me: meOf("AZ-CUS", "AZ", true) }, false, true).wrong,
  }),
);
