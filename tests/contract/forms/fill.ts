// Fills every form of the board with something of each field's kind, and prints the acts that come of it.

import { BY_VOICE, fieldsOf, FORMS, made, NOT_IN_THE_DIALOG, type About } from "../../../streams/dashboard/src/act-forms";
import type { Delivery, Leg } from "../../../streams/dashboard/src/delivery-types";
import { PATTERNS, inKilograms, type Field, type Initial } from "../../../streams/dashboard/src/fields";
import { store } from "../../../streams/dashboard/src/store";
import { lacking, requestOf, sections, type Known } from "../../../streams/dashboard/src/request-form";

const id = (of: number): string => `00000000-0000-4000-8000-00000000000${of}`;
const zoned = (local: string): string => `${local}:00.000Z`;
const AT = new Date("2026-03-18T04:30:00Z");

const leg = (number: number, country: string, agency: string): Leg => ({
  number,
  plan: {
    country, number, authority: agency, controller: agency, exit: { country, crossing: "Карамык" }, exit_planned: `2026-03-${18 + number}T04:30:00Z`,
  },
  consent: { state: "CONSENTED", in_force: true, id: id(1) },
  in_place: false,
});
const delivery = {
  delivery: "TJ-DCA/CD-1", version: 1, status: "running", lead: "TJ-DCA", request: id(2), ready: { id: id(3), by: "", confirmed_by: null, deconfliction: null },
  parts: [
    {
      part: "A", state: "ACTIVE", phase: "ACTIVE", controller: "TJ-DCA", territory: "TJ", leg: 1, legs: [leg(1, "TJ", "TJ-DCA"), leg(2, "KG", "KG-DCS"), leg(3, "KZ", "KZ-KNB")],
      hard_stop: null, offer: { id: id(4), to: 2 }, hold: { id: id(5) }, strike: { id: id(6) }, mass: { heroin: { kg: "24", uncertainty_kg: "0.05" } },
      devices: [{ id: id(8), kind: "tracker", device: "T-1" }],
    },
  ],
  alarms: [], kept_in: { matches: [{ match: "m1", since: "2026-03-18T04:30:00.000Z", on: ["plate"] }] }, unconfirmed: [{ entry: id(9), act: "check_in", for: "KG-DCS/t.eam" }], evidence: [{ item: "S-1", holder: "KG-DCS/t.eam", pending: false }],
  visibility: { lead: "TJ-DCA", agencies: ["TJ-DCA", "KG-DCS"], members: ["KG-DCS/t.eam"] },
} as unknown as Delivery;
delivery.parts.push({ ...(delivery.parts[0] as (typeof delivery.parts)[0]), part: "C", devices: [] });
const about: About = { delivery, part: delivery.parts[0] ?? null, leg: 2, alarm: "1", entry: id(7) };

const SAMPLES: Partial<Record<Field["kind"], string>> = {
  line: "слово", lines: "одно\nдругое", text: "текст", list: "S-1, S-2", time: "2030-03-18T04:30", whole: "1", number: "1", kg: "250", country: "kz", agency: "KZ-KNB",
  person: "KZ-KNB/a.seitkali", name: "a.seitkali", language: "ru", part: "B1", truth: "true", hash: "a".repeat(64), code: "CD-1", ref: "CD-1",
};
const OWN: Record<string, string> = { "device_placed.device": "470123456", post: "Karamyk, TJ", "room.enters": "TJ-DCA/n.rahimov", "break_glass.delivery": "TJ-DCA/CD-1", "ready.substitution.by": "Азизов", coordinators: "CARICC/d.officer", "request.number": "CD-2", born: "1985-03", languages: "ru, en", nationalities: "TJ, UZ", "tracked.position.captured": "2026-03-18T04:29" };

/** As the page would: rows that are there from the start, and one more where there is none. `all`: seldom needed fields too. */
function fill(form: FormData, fields: Field[], act: string, all: boolean, prefix = "", initial: Initial = {}): void {
  for (const field of fields) {
    const name = prefix + field.name;
    const begun = initial[field.name] ?? field.value;
    if (!all && !field.required && begun === undefined && !field.rows?.length) continue;
    if (field.kind === "rows") {
      const rows = (Array.isArray(begun) ? begun : (field.rows ?? [])) as Initial[];
      const count = Math.max(rows.length, field.least ?? 0, all ? 1 : 0);
      for (let index = 0; index < count; index++) {
        form.append(name, `r${index}`);
        fill(form, field.of ?? [], act, all, `${name}.r${index}.`, { ...(index && field.name === "legs" ? { number: String(index + 1) } : {}), ...(field.name === "into" ? { name: `B${index + 1}` } : {}), ...rows[index] });
      }
    } else if (field.kind === "yes" || field.kind === "check") form.set(name, "on");
    else if (field.kind === "ticks" && field.name === "devices" && !prefix.endsWith("r0.")) continue;
    else if (field.kind === "ticks") for (const [value] of field.options ?? []) form.append(name, value);
    else {
      const given = typeof begun === "string" && begun !== "" ? (field.kind === "time" ? "2030-03-18T04:30" : begun) : undefined;
      const own = OWN[`${act}.${name}`] ?? OWN[field.name.split(".").at(-1) ?? ""];
      const later = field.name === "exit_planned" ? undefined : field.name === "expires" ? "2031-03-18T04:30" : undefined;
      const chosen = field.kind === "choice" ? (field.options ?? []).map(([value]) => value).find(Boolean) : undefined;
      const value = own ?? later ?? given ?? chosen ?? (field.name.endsWith("_planned") ? undefined : SAMPLES[field.kind]);
      if (value === undefined) continue;
      const pattern = PATTERNS[field.kind];
      if (pattern && !new RegExp(`^(?:${pattern})$`, "v").test(value)) throw new Error(`${act} ${name}: ${value} is not ${pattern}`);
      form.set(name, value);
      if (field.kind === "kg") form.set(`${name}.unit`, "g");
    }
  }
}

const of = (agency: string): typeof store.me => ({ person: "n.rahimov", agency, role: "officer", space: "test", expires: "", exercise: false });
const asked = (agency: string, voice = false): boolean => {
  store.me = of(agency);
  return fieldsOf("check_in", { ...about, voice }).some(({ name }) => name === "seals");
};
const seals = { controller: asked("TJ-DCA"), another: asked("KG-DCS"), heard_by_voice: asked("KG-DCS", true) };
store.me = of("TJ-DCA");

const acts: Record<string, unknown> = {};
const wrong: Record<string, unknown> = {};
for (const act of Object.keys(FORMS)) {
  for (const all of [false, true]) {
    const form = new FormData();
    fill(form, fieldsOf(act, about), act, all);
    const body = made(act, about, form, AT, zoned);
    acts[`${act} ${all ? "whole" : "bare"}`] = body;
    const found = FORMS[act]?.check?.(body, about) ?? [];
    if (found.length) wrong[`${act} ${all ? "whole" : "bare"}`] = found;
  }
}

/** The change of the way as the page shows it at first, with these inputs of its row of the present leg filled in. */
const route = (changed: Record<string, string>, of = about): unknown => {
  const form = new FormData();
  const rows = fieldsOf("route_change", of).find(({ name }) => name === "legs")?.rows ?? [];
  rows.forEach((row, index) => {
    form.append("legs", `r${index}`);
    for (const [name, value] of Object.entries({ ...row, ...(index ? {} : changed) })) form.set(`legs.r${index}.${name}`, name.endsWith("_planned") ? String(value).slice(0, 16) : String(value));
  });
  return made("route_change", of, form, AT, zoned)["legs"];
};
const routes = { as_it_stands: route({}), another_exit: route({ "exit.crossing": "Кызыл-Бель" }), another_time: route({ exit_planned: "2026-03-19T05:00" }) };
// On its last leg nothing is left of a change that changes nothing.
const last: About = { ...about, part: { ...(about.part as NonNullable<About["part"]>), leg: 3 } };
const same = FORMS["route_change"]?.check?.({ legs: route({}, last) } as never, last);

const me = { person: "n.rahimov", agency: "TJ-DCA", role: "officer", space: "test", expires: "", exercise: false } as const;
const known: Known = { agencies: [["TJ-DCA", ""], ["KG-DCS", ""]], coordinators: [], number: "CD-2", draft: null };
const requests: Record<string, unknown> = {};
const written = (of: Known, all: boolean): ReturnType<typeof requestOf> => {
  const form = new FormData();
  fill(form, sections(me, of).flatMap(({ fields }) => fields), "request", all);
  return requestOf(me, false, of, form, AT, zoned);
};
for (const all of [false, true]) {
  requests[all ? "whole" : "bare"] = written(known, all);
}
const whole = requests["whole"] as ReturnType<typeof requestOf>;
// A draft that is opened and sent as it is says the same again.
const draft: Known = { ...known, draft: { number: "CD-2", form: JSON.parse(JSON.stringify(whole["form"])), plan: JSON.parse(JSON.stringify(whole["plan"])) } };
const grams = [["250", "g"], ["1", "g"], ["1250.5", "g"], ["0", "g"], ["12", "kg"], ["0.1", "g"]].map(([text = "", unit = ""]) => inKilograms(text, unit));
console.log(JSON.stringify({ acts, wrong, voice: BY_VOICE, reasons: NOT_IN_THE_DIALOG, requests, lacking: { bare: lacking(requests["bare"] as never), whole: lacking(whole) }, again: again(draft), grams, routes, same, seals }));

function again(of: Known): unknown {
  const form = new FormData();
  const refill = (fields: Field[], prefix = "", initial: Initial = {}): void => {
    for (const field of fields) {
      const name = prefix + field.name;
      const begun = initial[field.name] ?? field.value;
      if (field.kind === "rows") {
        ((Array.isArray(begun) ? begun : (field.rows ?? [])) as Initial[]).forEach((row, index) => {
          form.append(name, `r${index}`);
          refill(field.of ?? [], `${name}.r${index}.`, row);
        });
      } else if (Array.isArray(begun)) for (const each of begun) form.append(name, String(each));
      else if (typeof begun === "string" && begun !== "") form.set(name, field.kind === "time" ? begun.slice(0, 16) : begun);
    }
  };
  refill(sections(me, of).flatMap(({ fields }) => fields));
  return requestOf(me, false, of, form, AT, zoned);
}
