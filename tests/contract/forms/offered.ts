// What the board offers, shows and counts down for a delivery that stands in this way or that, asked of the pages' own code; prints it.

import { actsFor, stoppable, wholeActs } from "../../../streams/dashboard/src/acts-offered";
import { fieldsOf, type About } from "../../../streams/dashboard/src/act-forms";
import { clocks } from "../../../streams/dashboard/src/delivery-clocks";
import { shift } from "../../../streams/dashboard/src/shift-store";
import type { Me } from "../../../streams/dashboard/src/api";
import { deliveries } from "../../../streams/dashboard/src/delivery-store";
import { alarmsOf, concerns, feels, situation, toBeSeen } from "../../../streams/dashboard/src/phone/situation";
import { resolved, type Alarm, type Delivery, type LegPlan, type Part, type PassedPost, type Sent, type Unconfirmed } from "../../../streams/dashboard/src/delivery-types";

const at = (hour: number): string => `2026-03-18T${String(hour).padStart(2, "0")}:00:00.000Z`;
const consented = { state: "CONSENTED", in_force: true };
const legs = (first: Partial<LegPlan>, second: Partial<LegPlan>): Part["legs"] =>
  [
    { number: 1, plan: { number: 1, country: "TJ", authority: "TJ-GP", controller: "TJ-DCA", ...first }, consent: consented, in_place: false },
    { number: 2, plan: { number: 2, country: "KG", authority: "KG-GP", controller: "KG-SCNBC", ...second }, consent: consented, in_place: false },
  ] as Part["legs"];
const part = (more: Partial<Part> = {}): Part =>
  ({
    part: "A", state: "ACTIVE", phase: "ACTIVE", started: true, controller: "TJ-DCA", last_controller: "TJ-DCA", territory: "TJ", leg: 1, legs: legs({}, {}), offer: null,
    hold: null, strike: null, hard_stop: null, clocks: { heard: null, contact_due: null, seen: null, eyes_due: null, shadow_until: null, profile: "moving" },
    devices: [], seals: [], mass: {}, ended: null, came_from: [], became: [], ...more,
  }) as unknown as Part;
const delivery = (name: string, status: Delivery["status"], more: Partial<Delivery> = {}): Delivery =>
  ({ delivery: name, version: 1, status, lead: "TJ-DCA", parts: [part()], alarms: [], unconfirmed: [], ...more }) as unknown as Delivery;
const alarm = (id: string, kind: string): Alarm => ({ id, kind, part: null, leg: null, raised: at(1), next_ring: at(2), count: 1, rung: 0, reason: "", stands: false });
const me = (agency: string, role = "officer"): Me => ({ person: "p", agency, role, space: "test", expires: "", exercise: false }) as Me;
const kept = { kept_in: { matches: [{ match: "m1", since: at(1), on: ["plate"] }] } };
const letsOut = (status: Delivery["status"], more: Partial<Delivery>): boolean => {
  const { now, other } = wholeActs(me("TJ-DCA"), delivery("TJ-DCA/CD-1", status, more));
  return [...now, ...other].includes("match_released");
};
const givesUp = (agency: string, status: Delivery["status"], of: Partial<Part>): boolean => {
  const planned = part(of);
  return actsFor(me(agency), delivery("TJ-DCA/CD-1", status, { parts: [planned] }), planned).includes("aborted");
};
const offered = (agency: string, of: Partial<Part>): string[] => {
  const load = part({ clocks: { ...part().clocks, heard: at(7) }, ...of });
  return actsFor(me(agency), delivery("TJ-DCA/CD-1", "running", { parts: [load] }), load);
};
const unconsented = part().legs.map((leg) => (leg.number === 2 ? { ...leg, consent: { state: "PENDING", in_force: false } } : leg)) as Part["legs"];
const hold = { id: "1", by: "KG-GP", reason: "", at: at(7), agreed: { "TJ-DCA": "TJ-DCA/p" }, needed: [], touches: [2] };
/** Whether the act is offered, and what the delivery is said to wait for. */
const closing = (more: Partial<Delivery>): [boolean, string[]] => {
  const { now, waits } = wholeActs(me("TJ-DCA"), delivery("TJ-DCA/CD-1", "ended", more));
  return [now.includes("closed"), waits.map(([key, ...values]) => [key, ...values].join(" "))];
};
const said = { ready: { id: "r1", by: "TJ-DCA/p", confirmed_by: null }, deconfliction: { plan: 1, answered: at(5), answers: 1, blind: [] } };
const confirming = (more: Partial<Delivery>): [boolean, string[]] => {
  const { now, waits } = wholeActs(me("CARICC", "coordinator"), delivery("TJ-DCA/CD-1", "declared", { ...said, ...more }));
  return [now.includes("ready_confirmed"), waits.map(([key, ...values]) => [key, ...values].join(" "))];
};
const post = (name: string, state: PassedPost["state"]): PassedPost => ({ leg: 1, side: "exit", country: "TJ", post: name, named: null, state });
const entered = (by: string): Unconfirmed => ({ entry: "r1", act: "ready", for: "TJ-DCA/p", by, part: null, means: "telephone", at: at(4) });
const declared = (contact: boolean): string[] => {
  const about = { delivery: delivery("TJ-DCA/CD-1", "declared", { ...said, deconfliction: { ...said.deconfliction, contact } }), part: null } as unknown as About;
  return (fieldsOf("ready_confirmed", about)[0]?.options ?? []).map(([value]) => value);
};
/** As the stage tells it. */
const unstarted = resolved(JSON.parse(process.argv[2] ?? "") as Sent);
const stopped = { state: "HELD", phase: "HELD", hold } as Partial<Part>;
const abroad = { phase: "PLANNED", started: false, territory: "AF", controller: "AF-NP" } as Partial<Part>;
const handover = (of: Part): string[] =>
  clocks(delivery("TJ-DCA/CD-1", "running", { parts: [of] }), Date.parse(at(8)))
    .filter(({ kind }) => kind === "handover")
    .map(({ due }) => new Date(due).toISOString());

const pending = part({ legs: legs({}, {}).map((leg) => (leg.number === 2 ? { ...leg, consent: { state: "PENDING", in_force: false } } : leg)) });
const reply = (status: Delivery["status"], of: Part, now = at(8)): boolean =>
  clocks(delivery("TJ-DCA/CD-1", status, { parts: [of], reply_by: at(9) }), Date.parse(now)).some(({ kind }) => kind === "reply");

const ringing = [
  ...Array.from({ length: 30 }, (_, hour) => ({ ...alarm(`g${hour}`, "guard_match"), part: "A", next_ring: at(23 - (hour % 20)) })),
  { ...alarm("b1", "shortfall"), part: "B", next_ring: at(9) },
  { ...alarm("b2", "surplus"), part: "B", next_ring: at(7) },
  { ...alarm("w1", "duress"), next_ring: at(5) },
];

const lost = { state: "CONTROL_LOST", controller: null } as Partial<Part>;
const regains = (agency: string, of: Partial<Part>): string[] => {
  const load = part(of);
  return situation({ key: "", delivery: delivery("TJ-DCA/CD-1", "running", { parts: [load] }), part: load }, agency, [], 0).regains;
};

for (const each of [
  delivery("TJ-DCA/open", "running"),
  delivery("TJ-DCA/closed", "closed"),
  delivery("TJ-DCA/duress", "closed", { alarms: [alarm("s1", "duress")] }),
]) deliveries.items.set(each.delivery, each);

const [opened, rings] = [deliveries.open().map((each) => each.delivery), deliveries.alarms().map((each) => [each.delivery.delivery, each.alarm.id])];

// The list is asked again: one was ended meanwhile and is not this reader's any more, of another the alarm was resolved, a third the desk answers for.
const sent = (of: Delivery): object => ({ ...of, parts: [], plans: {}, papers: {} });
deliveries.items.set("TJ-DCA/resolved", delivery("TJ-DCA/resolved", "closed", { alarms: [alarm("s1", "duress")] }));
shift.page = { items: [{ kind: "alarm", about: { delivery: "TJ-DCA/unseen" } }] } as unknown as typeof shift.page;
const answers: Record<string, object> = {
  "/v1/deliveries": { items: [], next: null },
  "/v1/deliveries/TJ-DCA/duress": { delivery: sent(delivery("TJ-DCA/duress", "closed", { alarms: [alarm("s1", "duress")] })) },
  "/v1/deliveries/TJ-DCA/resolved": { delivery: sent(delivery("TJ-DCA/resolved", "closed")) },
  "/v1/deliveries/TJ-DCA/unseen": { delivery: sent(delivery("TJ-DCA/unseen", "evaluated", { alarms: [alarm("s2", "duress")] })) },
};
globalThis.fetch = async (address) => {
  const found = answers[String(address).split("?")[0] ?? ""];
  return new Response(JSON.stringify(found ?? {}), { status: found ? 200 : 404 });
};
await (deliveries as unknown as { list(): Promise<void> }).list();

console.log(
  JSON.stringify({
    handover: {
      exit: handover(part({ legs: legs({ exit_planned: at(9) }, { entry_planned: at(10) }) })),
      entry: handover(part({ legs: legs({}, { entry_planned: at(10) }) })),
      offered: handover(part({ legs: legs({ exit_planned: at(9) }, {}), offer: { id: "1", to: 2, handover_at: at(11), expires: at(12), place: "", by: "" } })),
      none: handover(part()),
      nobody: handover(part({ controller: null, legs: legs({ exit_planned: at(9) }, {}) })),
    },
    in_sight_again: {
      on_its_leg: regains("TJ-DCA", lost),
      accepted_on_the_givers_soil: regains("KG-SCNBC", { ...lost, leg: 2, last_controller: "KG-SCNBC" }),
      crossed: regains("TJ-DCA", { ...lost, territory: "KG" }),
      the_next: regains("KG-SCNBC", lost),
      a_third: regains("KZ-KNB", lost),
      not_lost: regains("TJ-DCA", {}),
    },
    reply: {
      asked: reply("requested", pending),
      draft: reply("draft", pending),
      under_way: reply("running", pending),
      late_before_the_start: reply("requested", { ...pending, phase: "PLANNED" }, at(10)),
      late_under_way: reply("running", pending, at(10)),
      all_have_answered: reply("running", part()),
      passed: reply("running", { ...pending, leg: 3 }),
      ended: reply("ended", { ...pending, phase: "ABORTED" }),
    },
    ring: clocks(delivery("TJ-DCA/CD-1", "running", { alarms: ringing }), Date.parse(at(1)))
      .filter(({ kind }) => kind === "ring")
      .map(({ part, due }) => [part, new Date(due).getUTCHours()]),
    lets_out: {
      alarm_resolved: letsOut("running", kept),
      embargo: letsOut("closed", kept),
      nothing_kept: letsOut("running", { alarms: [alarm("g1", "guard_match")] }),
    },
    gives_up: {
      before_the_start: (["requested", "declared", "ready"] as const).map((status) => givesUp("TJ-DCA", status, abroad)),
      a_draft: givesUp("TJ-DCA", "draft", abroad),
      another_party_before: givesUp("KG-SCNBC", "ready", abroad),
      on_its_soil: givesUp("TJ-DCA", "running", {}),
      lead_abroad_after: givesUp("TJ-DCA", "running", { territory: "KG" }),
    },
    felt_by: {
      controller: concerns(part(), "TJ-DCA"),
      who_lost_it: concerns(part({ ...lost, legs: legs({ controller: "TJ-MVD" }, {}) }), "TJ-DCA"),
      the_next: concerns(part(), "KG-SCNBC"),
      striker: concerns(part({ strike: { id: "1", h_hour: at(9), agencies: ["KZ-KNB"], ready: {} } }), "KZ-KNB"),
      another: concerns(part(), "KZ-KNB"),
      ended: concerns(part({ phase: "SECURED" }), "TJ-DCA"),
      called_off: feels({ ...alarm("a", "strike_changed"), part: "A", calls: ["KZ-KNB"] }, [part({ phase: "ABORTED" })], "KZ-KNB"),
      of_its_part: feels({ ...alarm("a", "no_go"), part: "A" }, [part()], "TJ-DCA"),
      of_another_part: feels({ ...alarm("a", "no_go"), part: "B" }, [part()], "TJ-DCA"),
      of_all: feels(alarm("a", "alert"), [part()], "TJ-DCA"),
    },
    read_first: alarmsOf(
      delivery("TJ-DCA/CD-1", "running", {
        alarms: [
          { ...alarm("b", "alert"), part: "B", raised: at(5) },
          { ...alarm("a", "no_go"), part: "A", raised: at(2) },
          { ...alarm("all", "alert"), raised: at(3) },
        ],
      }),
      part(),
    ).map(({ id }) => id),
    to_be_seen: [
      toBeSeen(part({ clocks: { ...part().clocks, contact_due: at(3), eyes_due: at(2) } })),
      toBeSeen(part({ clocks: { ...part().clocks, contact_due: at(2), eyes_due: at(3) } })),
      toBeSeen(part({ clocks: { ...part().clocks, contact_due: null, eyes_due: at(3) } })),
      toBeSeen(part()),
    ].map((due) => due !== null),
    surely_refused: {
      offer_past_the_hard_stop: offered("TJ-DCA", { legs: unconsented }).includes("offer"),
      offer: offered("TJ-DCA", {}).includes("offer"),
      take_over_beyond_it: offered("KG-SCNBC", { state: "CROSSED_UNACCEPTED", controller: null, territory: "KG", legs: unconsented }).includes("acceptance"),
      take_over: offered("KG-SCNBC", { state: "CROSSED_UNACCEPTED", controller: null, territory: "KG" }).includes("acceptance"),
      split_while_offered: offered("TJ-DCA", { offer: { id: "1", to: 2, handover_at: at(11), expires: at(12), place: "", by: "" } }).includes("split"),
      split: offered("TJ-DCA", {}).includes("split"),
      held_before_the_start: unstarted.parts.flatMap((each) => actsFor(me("TJ-DCA"), unstarted, each)).filter((act) => ["aborted", "strike", "split", "crossed"].includes(act)),
      strike: offered("TJ-DCA", stopped).includes("strike"),
      goes_on: Object.fromEntries(["TJ-DCA", "TJ-GP", "KG-GP", "KG-SCNBC"].map((agency) => [agency, offered(agency, stopped).includes("resumed")])),
      signs: ["TJ-DCA/p", "TJ-DCA/other"].map((requested_by) => wholeActs(me("TJ-DCA"), delivery("TJ-DCA/CD-1", "draft", { requested_by })).now.includes("signature")),
    },
    waits: {
      to_close: closing({}),
      by_an_alarm: closing({ alarms: [alarm("1", "no_go"), alarm("2", "alert")] }),
      by_an_item: closing({ evidence: [{ item: "S-1", holder: "TJ-DCA/p", pending: true }] }),
      not_by_what_the_watchers_hear: closing({ alarms: [{ ...alarm("g1", "guard_match"), audience: [{ agency: "TJ-DCA", role: "officers" }] }] }),
      to_confirm: confirming({}),
      by_a_post: confirming({ posts: [post("Karamyk", "missing"), post("Ak-Jol", "later")] }),
      by_the_answer: confirming({ deconfliction: { plan: 2, answered: null, answers: 0, blind: [] } }),
      by_ones_own_entry: confirming({ unconfirmed: [entered("CARICC/p")] }),
      not_by_anothers: confirming({ unconfirmed: [entered("CARICC/other")] }),
      declares: [false, true].map((contact) => declared(contact)),
    },
    stoppable: (["draft", "requested", "declared", "ready", "running", "ended", "closed", "evaluated"] as const).filter((status) => stoppable(delivery("TJ-DCA/CD-1", status))),
    struck: {
      called_off: offered("TJ-DCA", { phase: "STRIKE", strike: { id: "1", h_hour: at(9), agencies: [], ready: {} } }).includes("strike_called_off"),
      none_set: offered("TJ-DCA", { phase: "DELIVERED_UNDER_WATCH" }).includes("strike_called_off"),
    },
    weighed: ["SECURED", "ABORTED"].map((phase) => offered("TJ-DCA", { phase, state: phase } as Partial<Part>).includes("weighing")),
    open: opened,
    alarms: rings,
    listed_again: deliveries.open().map((each) => each.delivery),
  }),
);
