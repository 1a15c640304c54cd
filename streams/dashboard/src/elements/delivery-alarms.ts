import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import type { Alarm, Delivery } from "../delivery-types";
import { age, clock, left, time } from "../format";
import ladders from "../ladders.json";
import { Page } from "../page";
import { said } from "../said";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import type { Asked } from "./act-dialog";

/** Minutes after the alarm, and who is rung from then on, by kind (streams/stages/deliveries/alarms.py, which a test holds). */
const LADDERS: Record<string, [number, string[]][]> = ladders as unknown as Record<string, [number, string[]][]>;

/** The open alarms of one delivery, the unacknowledged first, the oldest of them first. */
export function alarmList(delivery: Delivery, ask: (asked: Asked) => void) {
  const alarms = [...delivery.alarms].sort((a, b) => Number(Boolean(a.acknowledged)) - Number(Boolean(b.acknowledged)) || a.raised.localeCompare(b.raised));
  return html`<section class="alarms ${alarms.length ? "some" : "none"}" aria-labelledby="alarms-title">
    <h2 id="alarms-title">${alarms.length ? t("d_alarms") : t("d_no_alarms")}${alarms.length ? html` <span class="number">${alarms.length}</span>` : nothing}
      ${deliveries.live ? nothing : html`<small class="as-of">${t("d_as_of", clock((deliveries.heard ?? Date.now()) + centreTime.skew), age(Date.now() - (deliveries.heard ?? Date.now())))}</small>`}</h2>
    <ul>
      ${repeat(
        alarms,
        (alarm) => alarm.id,
        (alarm) => alarmItem(delivery, alarm, ask),
      )}
    </ul>
  </section>`;
}

function alarmItem(delivery: Delivery, alarm: Alarm, ask: (asked: Asked) => void) {
  const since = centreTime.now() - Date.parse(alarm.raised);
  const ringIn = Date.parse(alarm.next_ring) - centreTime.now();
  const planned = delivery.parts.some((part) => part.part === alarm.part && !part.started);
  const ladder = planned && alarm.kind === "consent_refused" ? "refused_plan" : alarm.kind;
  const about = { delivery: delivery.delivery, part: alarm.part, leg: alarm.leg, alarm: alarm.id };
  return html`<li class="alarm ${alarm.acknowledged ? "heard" : "unheard"}" data-alarm=${alarm.id} data-kind=${alarm.kind}>
    <div class="alarm-words">
      <strong>${named("alarm", alarm.kind)}</strong>
      ${alarm.part ? html`<span>${t("d_part", alarm.part)}</span>` : nothing} ${alarm.leg ? html`<span>${t("d_leg", alarm.leg)}</span>` : nothing}
      ${alarm.count > 1 ? html`<span class="chip bad">${t("d_times", alarm.count)}</span>` : nothing}
      ${alarm.audience ? html`<span class="chip bad">${t(alarm.audience.some(({ agency }) => agency) ? "d_apart" : "d_secret")}</span>` : nothing}
      <p><bdi>${said(alarm, "reason")}</bdi></p>
      <p class="small">
        ${centreTime.known ? t("d_raised", age(since)) : nothing} · ${time(alarm.raised)} ·
        ${alarm.acknowledged ? t("d_acknowledged", alarm.acknowledged.by, age(centreTime.now() - Date.parse(alarm.acknowledged.at))) : html`<b>${t("d_unacknowledged")}</b>`}
        ${alarm.stands ? html` · ${t("d_cause_stands")}` : nothing}
      </p>
    </div>
    <div class="alarm-side">
      <ol class="ladder" aria-label=${t("d_ladder")}>
        ${(LADDERS[ladder] ?? LADDERS["usual"] ?? []).map(
          ([minute, who]) =>
            html`<li class=${alarm.rung >= minute ? "rung" : ""}>
              <b>+${minute}</b> ${who.map((each) => named("d_rung", each)).join(", ")}${alarm.rung >= minute ? html`<span class="visually-hidden"> ✓</span>` : nothing}
            </li>`,
        )}
      </ol>
      <span class="figure small">${deliveries.live && centreTime.known ? (ringIn > 0 ? t("d_ring_in", left(ringIn)) : t("d_ringing")) : nothing}</span>
      <span class="alarm-acts">
        <button type="button" ?hidden=${Boolean(alarm.acknowledged)} @click=${() => ask({ act: "alarm_acknowledged", ...about })}>${t("act_alarm_acknowledged")}…</button>
        <button type="button" @click=${() => ask({ act: "alarm_resolved", ...about })}>${t("act_alarm_resolved")}…</button>
      </span>
    </div>
  </li>`;
}

/** On every page: the deliveries with open alarms, and whether the deliveries are live at all. */
@customElement("ric-alarm-bar")
export class AlarmBar extends Page {
  protected readonly watch = new Watch(this, true);

  override render() {
    if (!store.coordinates || store.ended || deliveries.refused) return nothing;
    const open = deliveries.alarms();
    document.title = open.length ? `(${open.length}!) ric` : "ric";
    const loud = new Map<string, number>();
    for (const { delivery } of open) loud.set(delivery.delivery, (loud.get(delivery.delivery) ?? 0) + 1);
    const past = [...deliveries.past.values()].filter((ring) => !deliveries.items.has(ring.delivery));
    return html`${notLive()}
      ${
        past.length
          ? html`<div class="alarm-bar past" role="alert">
              <strong>${t(store.may("supervisor") ? "d_past_centre" : "d_past_room")}</strong>
              ${past.map(
                (ring) => html`<span data-past=${ring.delivery}><bdi>${ring.delivery}</bdi>: ${named("alarm", ring.kind)}, ${ring.ask ? html`${t("d_ask_room")} <bdi>${ring.ask.join(", ")}</bdi>` : html`<bdi>${said(ring, "reason")}</bdi>`} · ${time(ring.at)}
                  <button type="button" @click=${() => deliveries.noted(ring)}>${t("d_noted")}</button></span>`,
              )}
            </div>`
          : nothing
      }
      <div role="status">
        ${
          open.length
            ? html`<div class="alarm-bar ${open.every(({ alarm }) => alarm.acknowledged) ? "heard" : ""}">
                <strong>${t("d_alarms_count", open.length)}</strong>
                ${[...loud].map(([id, count]) => html`<a href="#/delivery/${id}"><bdi>${id}</bdi> (${count})</a>`)}
              </div>`
            : nothing
        }
      </div>`;
  }
}

/** The words over everything of deliveries when it is not live: at once, with the age of what is shown. */
export function notLive() {
  if (deliveries.live || deliveries.link.state === "connecting") return nothing;
  const heard = deliveries.heard;
  // The age is outside of the alert: it would be read out every second.
  return html`<div class="not-live">
    <strong role="alert">${t("deliveries")}: ${t("d_not_live")}</strong>
    ${heard === null || !deliveries.loaded ? t("d_never_live") : t("d_not_live_long", age(Date.now() - heard), clock(heard + centreTime.skew))}
    <button type="button" @click=${() => deliveries.retry()}>${t("retry_now")}</button>
  </div>`;
}
