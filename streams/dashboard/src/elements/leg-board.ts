import { html, nothing, type TemplateResult } from "lit";
import type { SeizureReports } from "../api";
import { actsFor, legActs } from "../acts-offered";
import { centreTime } from "../centre-time";
import { newest } from "../delivery-positions";
import { deliveries } from "../delivery-store";
import { here, live, type Delivery, type Leg, type Part } from "../delivery-types";
import { age, clock, country, dateAndClock, kg, left, time } from "../format";
import { placeIn } from "../informed-posts";
import { said } from "../said";
import { isStale } from "../stale-entries";
import { settings, store } from "../store";
import { named, t, type Key } from "../texts";
import type { Asked } from "./act-dialog";
import { postsOf } from "./informed-posts";
import "./other-ways";

/** Which reports of seizures are here for this reader, as asked then. */
type Seizures = { here: SeizureReports; at: number };
type Ask = (asked: Asked) => void;
type Shown = TemplateResult | string | typeof nothing;

/** Where an oral consent may come, or stands. */
const OPEN_TO_VOICE = new Set(["PENDING", "PROVISIONAL"]);
const BAD = new Set(["CROSSED_UNACCEPTED", "CONTACT_LOST", "CONTROL_LOST", "STOP_REQUESTED"]);
const MINUTE_MS = 60_000;
const MS = 1_000;

/** One part: who has it, where, since when it was heard and seen, and its legs in order with the hard stop between them. */
export function partBoard(delivery: Delivery, part: Part, ask: Ask, seizures: Seizures) {
  const me = store.me;
  const acts = me ? actsFor(me, delivery, part) : [];
  return html`<section class="panel part ${live(part) ? "" : "over"}" aria-labelledby="part-${part.part}" data-part=${part.part}>
    <header class="part-head">
      <h2 id="part-${part.part}">${t("d_part", part.part)}</h2>
      <span class="state ${BAD.has(part.state) ? "bad" : live(part) ? "" : "over"}" data-state=${part.state}>
        ${deliveries.live ? nothing : html`<small>${t("d_was")}</small> `}${named("state", part.state)}
      </span>
      ${part.came_from.length ? html`<span class="chip">${t("d_came_from", part.came_from.join(", "))}</span>` : nothing}
      ${part.became.length ? html`<span class="chip">${t("d_became", part.became.join(", "))}</span>` : nothing}
      ${live(part) ? html`<span class="hard-stop-words">${hardStopWords(part)}</span>` : nothing}
    </header>
    <div class="facts">
      ${fact("d_controller", part.controller ? html`<bdi class="who-has">${part.controller}</bdi>` : live(part) ? nobody(part) : "–", "controller")}
      ${fact("d_territory", country(part.territory) || "–", "territory")}
      ${fact("d_contact", sinceAndDue(part.clocks.heard, part.clocks.contact_due), "contact")}
      ${fact("d_eyes", sinceAndDue(part.clocks.seen, part.clocks.eyes_due), "eyes")}
      ${fact("d_handover", handover(part), "handover")} ${fact("d_position", position(delivery, part), "position")} ${fact("d_mass", mass(part), "mass")}
      ${fact("d_seals", part.seals.length ? part.seals.join(", ") : "–", "seals")}
      ${part.hold ? fact("d_stop", hold(part), "hold") : nothing} ${part.strike && live(part) ? fact("d_strike", strike(part), "strike") : nothing}
      ${part.ended ? fact("d_end", ended(part, seizures), "end") : nothing}
    </div>
    ${
      acts.length
        ? html`<div class="acts" role="group" aria-label=${t("d_acts")}>
            ${acts.slice(0, 4).map((act) => button(act, delivery, part, ask))}
            ${
              acts.length > 4
                ? html`<details class="more">
                    <summary class="button">${t("a_more")}</summary>
                    <div>${acts.slice(4).map((act) => button(act, delivery, part, ask))}</div>
                  </details>`
                : nothing
            }
          </div>`
        : nothing
    }
    ${refusedAhead(part) ? html`<ric-other-ways .delivery=${delivery.delivery} .load=${part.part} .stands=${whatStands(part)}></ric-other-ways>` : nothing}
    <h3 class="visually-hidden">${t("d_legs")}</h3>
    <ol class="legs">
      ${part.legs.map((leg) => legCard(delivery, part, leg, ask))}
    </ol>
  </section>`;
}

const REFUSED = new Set(["REFUSED", "REVOKED"]);

/** Whether the way that the load is on is closed somewhere ahead. */
const refusedAhead = (part: Part): boolean => live(part) && part.legs.some((leg) => leg.number >= part.leg && REFUSED.has(leg.consent.state));

const whatStands = (part: Part): string => [part.territory, part.leg, ...part.legs.map((leg) => `${leg.number}${leg.plan.authority}${leg.consent.state}`)].join(" ");

function button(act: string, delivery: Delivery, part: Part, ask: Ask) {
  return html`<button type="button" data-act=${act} @click=${() => ask({ act, delivery: delivery.delivery, part: part.part })}>${named("act", act)}…</button>`;
}

function fact(label: Key, value: Shown, name: string) {
  return html`<div class="fact" data-fact=${name}><span class="label">${t(label)}</span><div class="value">${value}</div></div>`;
}

function nobody(part: Part) {
  return html`<strong class="nobody">${t("d_nobody")}</strong> ${part.last_controller ? html`<small>${t("d_last_controller", part.last_controller)}</small>` : nothing}`;
}

function hardStopWords(part: Part) {
  const stop = part.hard_stop;
  if (!stop) return html`<span class="small">${t("d_no_hard_stop")}</span>`;
  return html`<strong><i class="stop-sign" aria-hidden="true"></i> ${stop.here ? t("d_hard_stop_here") : t("d_hard_stop_at", stop.leg, placeIn(stop.exit, stop.country) || country(stop.country))}</strong>`;
}

/** How long ago, and when it becomes an alarm: one clock each for word and for sight. */
function sinceAndDue(since: string | null, due: string | null): Shown {
  if (!since) return t("d_none_yet");
  if (!centreTime.known) return html`${time(since)}`;
  const now = centreTime.now();
  const remaining = due ? Date.parse(due) - now : null;
  return html`<span class="figure big">${t("d_ago", age(now - Date.parse(since)))}</span>
    <span class="small">
      ${clock(Date.parse(since))} ·
      ${
        remaining === null
          ? t("d_stands_still")
          : remaining < 0
            ? html`<b class="bad-words">${t("d_overdue", left(remaining))}</b>`
            : html`<span class=${remaining < 3 * MINUTE_MS ? "bad-words" : ""}>${t("d_due_in", left(remaining))}</span>`
      }
    </span>`;
}

function handover(part: Part): Shown {
  const offer = part.offer;
  const to = part.legs.find((leg) => leg.number === (offer?.to ?? 0)) ?? part.legs.find((leg) => leg.number > part.leg);
  const steps: [Key, boolean][] = [
    ["d_step_offered", offer !== null],
    ["d_step_in_place", to?.in_place ?? false],
    ["d_step_accepted", false],
  ];
  if (!to || !live(part)) return "–";
  const remaining = offer ? Date.parse(offer.expires) - centreTime.now() : 0;
  return html`<ol class="steps">${steps.map(([label, done]) => html`<li class=${done ? "done" : ""}>${done ? "✓ " : ""}${t(label)}</li>`)}</ol>
    ${
      offer
        ? html`<span class="small">
            ${t("d_offered", offer.by, offer.to, offer.place)} · ${t("d_handover_at", clock(Date.parse(offer.handover_at), undefined, false))} ·
            ${remaining > 0 ? t("d_offer_expires", left(remaining)) : html`<b class="bad-words">${t("d_offer_expired")}</b>`}
          </span>`
        : html`<span class="small">${t("d_no_offer")}</span>`
    }`;
}

function position(delivery: Delivery, part: Part): Shown {
  const at = newest(delivery, part);
  if (!at) return html`<span class="small">${t("d_no_position")}</span>`;
  const captured = Date.parse(at.captured);
  const lateness = Date.parse(at.received) - captured;
  return html`<span class=${at.jump ? "struck figure" : "figure"}>${at.lat.toFixed(4)}, ${at.lon.toFixed(4)}</span>
    <span class="small" title=${t("d_position_proves_nothing")}>
      ${named("source", at.source)} · ${at.accuracy_m ? t("d_accuracy", Math.round(at.accuracy_m)) : t("d_no_accuracy")} ·
      ${at.skew_s ? nothing : t("d_captured", age(centreTime.now() - captured), clock(captured))} ${lateness > MINUTE_MS ? html` · ${t("d_received_late", age(lateness))}` : nothing}
    </span>
    ${at.skew_s ? html`<b class="bad-words" data-skew>${t("d_skew", age(at.skew_s * MS))}</b>` : nothing}
    ${at.jump ? html`<b class="bad-words">${t("d_jump")}</b>` : nothing}`;
}

/** What is booked with its uncertainty; once it is secured, whether the two differ by more than both uncertainties explain. */
function mass(part: Part): Shown {
  const booked = Object.entries(part.mass);
  if (!booked.length) return html`<span class="small">${t("d_mass_none")}</span>`;
  const found = part.secured ?? {};
  return html`<ul class="mass">
    ${booked.map(([substance, load]) => {
      const weighed = found[substance];
      const off = weighed ? Number(weighed.kg) - Number(load.kg) : 0;
      const beyond = weighed ? Math.abs(off) > Math.hypot(Number(load.uncertainty_kg), Number(weighed.uncertainty_kg)) : false;
      return html`<li>
        <bdi>${substance}</bdi> <b class="figure">${kg(load.kg)}</b> <span class="small">± ${kg(load.uncertainty_kg)}</span>
        ${
          weighed
            ? html`<span class="small">· ${t("d_secured")} ${kg(weighed.kg)} ± ${kg(weighed.uncertainty_kg)}</span>
                <b class=${beyond ? "bad-words" : "small"}>${beyond ? t(off < 0 ? "d_short" : "d_over", kg(Math.abs(off))) : t("d_balanced")}</b>`
            : nothing
        }
        ${unweighed(part, substance)}
      </li>`;
    })}
  </ul>`;
}

function unweighed(part: Part, substance: string): Shown {
  const since = part.became.length ? undefined : part.unweighed?.[substance];
  return since ? html`<b class="bad-words" data-unweighed>${t("d_unweighed", clock(Date.parse(since)))}</b>` : nothing;
}

function hold(part: Part): Shown {
  const stop = part.hold;
  if (!stop) return nothing;
  return html`<b class="bad-words">${t("d_stop_stands", stop.by, said(stop, "reason"))}</b>
    <span class="small">${stop.place ? t("d_held_at", stop.place, stop.guard ?? "–") : html`<b>${t("d_not_held")}</b>`} · ${time(stop.at)}</span>
    <span class="small">${t("d_agreed", Object.values(stop.agreed).join(", ") || t("a_none"))} · ${t("d_needed", ((settings.language === "ru" && stop.ru?.needed) || stop.needed).join(", "))}</span>`;
}

function strike(part: Part): Shown {
  const plan = part.strike;
  if (!plan) return nothing;
  const at = Date.parse(plan.h_hour);
  return html`<b>${t("d_strike_at", clock(at, undefined, false), left(at - centreTime.now()))}</b>
    <span class="small">${t("d_strike_ready", Object.keys(plan.ready).length, plan.agencies.length)}: ${plan.agencies.map((agency) => `${agency in plan.ready ? "✓" : "…"} ${agency}`).join(", ")}</span>
    ${plan.embargo_until ? html`<span class="small">${t("d_embargo", dateAndClock(Date.parse(plan.embargo_until)))}</span>` : nothing}`;
}

function ended(part: Part, seizures: Seizures): Shown {
  const end = part.ended;
  if (!end) return nothing;
  return html`${t("d_end_by", end.by, dateAndClock(Date.parse(end.at)))}
    ${end.report ? html`<span class="small" data-seizure-report>${seizureReport(end.report, seizures)}</span>` : nothing}
    ${end.reason ? html`<span class="small"><bdi>${end.reason}</bdi></span>` : nothing}`;
}

/** An act may name a report that comes later, or never: whether it is here is told as of then. */
function seizureReport(report: string, { here, at }: Seizures): Shown {
  const id = here[report];
  if (id) return html`<a href="#/report/${encodeURIComponent(id)}"><bdi>${report}</bdi></a>`;
  return html`<bdi>${report}</bdi> ${id === null ? html`· <b class="bad-words">${t("d_no_report", clock(at))}</b>` : nothing}`;
}

function legCard(delivery: Delivery, part: Part, leg: Leg, ask: Ask) {
  const { plan, consent } = leg;
  const me = store.me;
  const acts = me ? legActs(me, delivery, part, leg) : [];
  const now = leg.number === part.leg && live(part);
  const passed = leg.number < part.leg;
  const stops = live(part) && part.hard_stop !== null && part.hard_stop.leg === leg.number && !part.hard_stop.here;
  return html`<li class="leg ${now ? "now" : passed ? "passed" : ""} ${stops ? "last-consented" : ""}" data-leg=${leg.number} aria-current=${now ? "step" : nothing}>
    <div class="leg-head">
      <b>${leg.number}. ${country(plan.country)}</b>
      ${now ? html`<span class="chip new">${t("d_here")}</span>` : passed ? html`<span class="chip">${t("d_passed")}</span>` : nothing}
      ${leg.in_place ? html`<span class="chip good">${t("d_in_place")}</span>` : nothing}
    </div>
    <div class="consent consent-${consent.state}" data-consent=${consent.state}>
      <b>${named("consent", consent.state)}</b>
      ${passed ? nothing : html`<span>${consent.in_force ? t("d_in_force") : t("d_not_in_force")}</span>`}
      ${expiry(leg)} ${plan.written_due_hours && OPEN_TO_VOICE.has(consent.state) ? html`<span class="small">${t("r_written_due", plan.written_due_hours)}${isStale(plan.authority) ? html` · ${staleEntry(plan.authority)}` : nothing}</span>` : nothing}
      ${consent.state === "CONDITIONAL" ? html`<span class="small">${t(consent.accepted ? "d_conditions_taken" : "d_conditions_open")}</span>` : nothing}
      ${conditions(leg)}
      ${consent.reason ? html`<span class="small"><bdi>${consent.reason}</bdi></span>` : nothing}
    </div>
    <dl class="leg-facts">
      <dt>${t("d_authority")}</dt><dd><bdi>${plan.authority}</bdi> ${isStale(plan.authority) ? staleEntry(plan.authority) : nothing}</dd>
      <dt>${t("d_follows")}</dt><dd><bdi>${plan.controller}</bdi></dd>
      ${plan.exit || plan.exit_planned
        ? html`<dt>${t("d_exit")}</dt><dd><bdi>${placeIn(plan.exit, plan.country)}</bdi> ${plan.exit_planned ? html`<span class="small">${dateAndClock(Date.parse(plan.exit_planned))}</span>` : nothing}</dd>`
        : nothing}
      ${passed ? nothing : postsOf(delivery, leg)}
    </dl>
    ${
      acts.length
        ? html`<div class="acts leg-acts">
            ${acts.map((act) => html`<button type="button" data-act=${act} @click=${() => ask({ act, delivery: delivery.delivery, part: part.part, leg: leg.number })}>${named("act", act)}…</button>`)}
          </div>`
        : nothing
    }
    ${stops ? html`<div class="hard-stop" role="note"><i class="stop-sign" aria-hidden="true"></i> ${t("d_hard_stop")}</div>` : nothing}
  </li>`;
}

/** What the directory says of the authority was taken from it when the leg was planned, its term for the written consent too. */
const staleEntry = (authority: string) => html`<a class="bad-words" data-stale href=${`#/directory/${authority}`}>${t("dir_stale")}: ${t("d_verify_first")}</a>`;

function conditions({ consent }: Leg): Shown {
  const words = consent.authorisation?.["conditions"];
  const said = [...(consent.terms ?? []).map((term) => named("term", term)), ...(Array.isArray(words) ? words.map(String) : [])];
  return said.length ? html`<span class="small">${t("d_conditions")}: <bdi>${said.join("; ")}</bdi></span>` : nothing;
}

/** When the consent runs out, counting down; what has run out says since when. */
function expiry({ consent }: Leg): Shown {
  if (!["CONSENTED", "CONDITIONAL", "PROVISIONAL", "EXPIRED"].includes(consent.state)) return nothing;
  const ends = [consent.valid_until, consent.written_due].filter((at): at is string => Boolean(at)).sort()[0];
  if (!ends) return html`<span class="small">${t("d_no_end")}</span>`;
  const remaining = Date.parse(ends) - centreTime.now();
  const words = centreTime.known ? t(remaining > 0 ? "d_ends_in" : "d_ended", left(remaining)) : "";
  return html`<span class="small figure ${remaining < 60 * MINUTE_MS ? "bad-words" : ""}">${words} <span>${t("d_until", dateAndClock(Date.parse(ends)))}</span></span>`;
}

/** A part on one line, for the list. */
export function partLine(part: Part) {
  const on = here(part);
  return html`<span class="part-line">
    <b>${part.part}</b>
    <span class="state small-state ${BAD.has(part.state) ? "bad" : live(part) ? "" : "over"}">${deliveries.live ? nothing : html`<small>${t("d_was")}</small> `}${named("state", part.state)}</span>
    <bdi>${part.controller ?? (live(part) ? t("d_nobody") : "–")}</bdi> · ${country(part.territory)} · ${t("d_leg", `${part.leg}/${part.legs.at(-1)?.number ?? part.leg}`)}
    ${on && part.hard_stop ? html`<span class="chip bad"><i class="stop-sign" aria-hidden="true"></i> ${part.hard_stop.here ? t("d_hard_stop") : placeIn(part.hard_stop.exit, part.hard_stop.country) || country(part.hard_stop.country)}</span>` : nothing}
  </span>`;
}
