import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { stoppable, wholeActs } from "../acts-offered";
import { api, ApiError, type JsonObject, type SeizureReports, type Term } from "../api";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import { isOpen, live, type Delivery, type Unconfirmed } from "../delivery-types";
import { age, clock, dateAndClock, time } from "../format";
import { countriesOf, learn } from "../informed-posts";
import { Page } from "../page";
import { learnStale } from "../stale-entries";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import type { ActDialog, Asked } from "./act-dialog";
import "./act-dialog";
import { asWritten } from "./as-written";
import "./clock-strip";
import "./delivery-papers";
import { alarmList } from "./delivery-alarms";
import "./delivery-lines";
import { postsChecklist } from "./informed-posts";
import { partBoard } from "./leg-board";
import { refusal } from "./refusal";

/** One delivery as it stands: alarms first, then the parts with their legs, the clocks, and what happened. */
@customElement("ric-delivery")
export class DeliveryBoard extends Page {
  protected readonly watch = new Watch(this, true);
  @property() delivery = "";
  @state() private error: ApiError | null = null;
  @state() private form: JsonObject | null = null;
  @state() private term: Term | null = null;
  @state() private seizures: { here: SeizureReports; at: number } = { here: {}, at: 0 };
  private request = "";
  private status = "";
  private seized = "";

  protected override willUpdate(changed: Map<string, unknown>): void {
    const known = deliveries.items.get(this.delivery);
    if (!known && this.request) {
      // It was here and is no longer this reader's to see: the centre says so.
      this.request = "";
      this.form = null;
      this.term = null;
      void this.read();
      return;
    }
    // The feed does not carry the term of keeping: it is asked for when the delivery is closed, and when it is evaluated; nor which of the
    // reports of seizures are here, which is asked for when another is named.
    const ended = known !== undefined && !isOpen(known) && known.status !== this.status;
    const seized = known?.parts.map((part) => part.ended?.report ?? "").join() ?? "";
    if (changed.has("delivery") || ended || seized !== this.seized || (known && known.request !== this.request)) {
      if (changed.has("delivery")) this.term = null;
      this.request = known?.request ?? "";
      this.status = known?.status ?? "";
      this.seized = seized;
      void this.read();
    }
  }

  override render() {
    const found = deliveries.items.get(this.delivery);
    if (!found) {
      const text = this.error?.status === 404 ? html`<p class="empty">${t("d_not_here")}</p>` : this.error ? refusal(this.error) : html`<p class="empty" role="status">${t("loading")}</p>`;
      return html`<section class="panel"><a class="back" href="#/deliveries">← ${t("deliveries")}</a>${text}</section>`;
    }
    return html`<article class="board ${deliveries.live ? "" : "not-current"}" aria-labelledby="board-title">
      ${this.head(found)} ${alarmList(found, this.ask)} ${unconfirmed(found, this.ask)}
      <div class="perishable stack">
        ${[...found.parts].sort((a, b) => Number(live(b)) - Number(live(a)) || a.part.localeCompare(b.part)).map((part) => partBoard(found, part, this.ask, this.seizures))}
      </div>
      <ric-delivery-map .delivery=${found.delivery}></ric-delivery-map>
      <div class="beside">
        <ric-lines .delivery=${found.delivery}></ric-lines>
        <div class="stack">
          <ric-clocks .delivery=${found.delivery}></ric-clocks>
          ${this.papers(found)}
        </div>
      </div>
      <ric-act></ric-act>
    </article>`;
  }

  private head(found: Delivery) {
    const about = { delivery: found.delivery, part: null };
    const me = store.me;
    const lead = me?.agency === found.lead;
    const whole = me ? wholeActs(me, found) : { now: [], other: [], waits: [] };
    return html`<header class="panel board-head">
      <div>
        <a class="back" href="#/deliveries">← ${t("deliveries")}</a>
        <h1 id="board-title" tabindex="-1"><bdi>${found.delivery}</bdi></h1>
        <span class="chip">${named("status", found.status)}</span> <span>${t("d_lead")}: <bdi>${found.lead}</bdi></span>
        ${
          deliveries.live
            ? html`<span class="chip good" data-live="yes">${t("d_live")} · ${t("heard", age(Date.now() - (deliveries.heard ?? Date.now())))}</span>`
            : html`<span class="chip bad" data-live="no">${t("d_not_live")} · ${t("d_as_of", clock(this.heard()), age(centreTime.now() - this.heard()))}</span>`
        }
        ${found.signed_by ? nothing : html`<span class="chip warn">${t("d_unsigned")}</span>`}
        ${!isOpen(found) && this.term ? html`<p class="small" data-term=${this.term.act}>${t(`d_term_${this.term.act}`, dateAndClock(Date.parse(this.term.due)))}</p>` : nothing}
        ${found.kept_in ? html`<span class="chip warn" data-kept-in>${t("d_kept_in", found.kept_in.matches.length)}</span>` : nothing}
        ${whole.waits.map((words) => html`<p class="small" data-waits>${t(...words)}</p>`)}
        ${found.missing?.length ? html`<span class="chip warn">${t("d_missing", found.missing.join(", "))}</span>` : nothing}
      </div>
      ${
        isOpen(found)
          ? html`<div class="acts head-acts" role="group" aria-label=${t("d_acts")}>
              ${whole.now.map((act) => this.button(act, act === "ready" ? { delivery: found.delivery } : about))}
              ${lead && found.status === "draft" ? html`<a class="button" href=${`#/request/${found.delivery}`}>${t("r_edit")}</a>` : nothing}
              ${whole.other.map((act) => this.another(act, act === "evidence" ? { delivery: found.delivery } : about))}
              <button type="button" @click=${() => this.ask({ act: "check_in", byVoice: true, delivery: found.delivery })}>${t("v_entry")}</button>
              <button type="button" class="danger" @click=${() => this.ask({ act: "alert", ...about })}>${t("act_alert")}…</button>
              ${stoppable(found) ? html`<button type="button" class="stop-button" @click=${() => this.ask({ act: "stop_request", ...about })}>${t("act_stop_request")}…</button>` : nothing}
            </div>`
          : whole.now.length || whole.other.length
            ? html`<div class="acts head-acts" role="group" aria-label=${t("d_acts")}>${whole.now.map((act) => this.button(act, about))} ${whole.other.map((act) => this.another(act, about))}</div>`
            : nothing
      }
    </header>`;
  }

  private button(act: string, about: Omit<Asked, "act">) {
    return html`<button type="button" class="primary" data-act=${act} @click=${() => this.ask({ act, ...about })}>${named("act", act)}…</button>`;
  }

  private another(act: string, about: Omit<Asked, "act">) {
    return html`<button type="button" data-act=${act} @click=${() => this.ask({ act, ...about })}>${named("act", act)}…</button>`;
  }

  private papers(found: Delivery) {
    const ready = found.ready;
    return html`<section class="panel papers">
      <h2>${t("d_form")}</h2>
      <p class="small">
        ${found.signed_by ? t("d_signed", found.signed_by) : t("d_unsigned")} · ${t("d_ready")}:
        ${ready ? (ready.confirmed_by ? confirmed(ready.confirmed_by, ready.deconfliction) : t("d_ready_declared", ready.by)) : t("d_ready_none")}
      </p>
      ${deconflicted(found)}
      ${postsChecklist(found)}
      <p class="small">${t("d_members")}: <bdi>${found.visibility.members.join(", ")}</bdi></p>
      ${evidence(found, this.ask)}
      <ric-papers .delivery=${found.delivery}></ric-papers>
      ${this.form ? html`<details><summary>${t("d_form")}</summary>${asWritten(this.form)}</details>` : html`<p class="small">${t("d_no_form")}</p>`}
    </section>`;
  }

  private heard(): number {
    return (deliveries.heard ?? Date.now()) + centreTime.skew;
  }

  private readonly ask = (asked: Asked): void => this.querySelector<ActDialog>("ric-act")?.ask(asked);

  private async read(): Promise<void> {
    const of = this.delivery;
    try {
      const { delivery, form, retention, seizure_reports } = await api.delivery(of);
      if (of !== this.delivery) return;
      this.error = null;
      this.term = retention;
      this.seizures = { here: seizure_reports, at: centreTime.now() };
      this.status ||= delivery.status;
      this.form = form?.form ?? null;
      this.request = delivery.request;
      deliveries.keep(delivery);
      void learnStale().then(() => this.requestUpdate(), () => undefined);
      // The posts' names in Russian are the gazetteer's.
      void learn(countriesOf(delivery)).then(() => this.requestUpdate(), () => undefined);
    } catch (error) {
      this.error = error as ApiError;
    }
    await this.updateComplete;
    if (document.activeElement === document.body) this.querySelector<HTMLElement>("h1")?.focus();
  }
}

/** Items handed over that wait for the receiver's own word. */
function evidence(found: Delivery, ask: (asked: Asked) => void) {
  const pending = (found.evidence ?? []).filter((item) => item.pending);
  if (!pending.length) return nothing;
  return html`<h3>${t("d_evidence_pending")}</h3>
    <ul class="pending-items">
      ${pending.map(({ item }) => html`<li><bdi>${item}</bdi> <button type="button" @click=${() => ask({ act: "evidence", delivery: found.delivery, item })}>${t("d_receive")}…</button></li>`)}
    </ul>`;
}

function unconfirmed(found: Delivery, ask: (asked: Asked) => void) {
  const me = store.me;
  if (!found.unconfirmed.length) return nothing;
  return html`<section class="panel unconfirmed" aria-labelledby="unconfirmed-title">
    <h2 id="unconfirmed-title">${t("d_unconfirmed")} <span class="number">${found.unconfirmed.length}</span></h2>
    <ul>
      ${found.unconfirmed.map(
        (entry) => html`<li data-entry=${entry.entry}>
          ${line(entry)}
          ${
            me && entry.for === `${me.agency}/${me.person}`
              ? html`<button type="button" @click=${() => ask({ act: "voice_confirmed", delivery: found.delivery, part: null, entry: entry.entry })}>${t("act_voice_confirmed")}…</button>`
              : nothing
          }
        </li>`,
      )}
    </ul>
  </section>`;
}

function line(entry: Unconfirmed) {
  return html`<b>${entry.part ? `${t("d_part", entry.part)} · ` : ""}</b>
    <bdi>${t("d_unconfirmed_line", named("act", entry.act), entry.for, entry.by, named("v", entry.means))}</bdi>
    <span class="small">${clock(Date.parse(entry.at))} · ${t("d_ago", age(centreTime.now() - Date.parse(entry.at)))}</span>`;
}

/** What the coordinator declared of other operations is told to the lead and the centre alone. */
function confirmed(by: string, deconfliction: string | null | undefined): string {
  return deconfliction ? t("d_ready_confirmed", by, named("f_deconfliction", deconfliction)) : t("d_ready_confirmed_by", by);
}

function deconflicted(found: Delivery) {
  const plan = found.deconfliction;
  if (!plan) return nothing;
  return html`<p class="small" data-deconfliction=${plan.answered ? (plan.contact ? "contact" : "answered") : "waiting"}>
    ${t("f_deconfliction")}:
    ${plan.answered ? html`${t("d_decon_answered")} ${time(plan.answered)}` : t("d_decon_waiting")}${plan.contact ? html` · <strong class="bad-words">${t("d_decon_contact")}</strong>` : nothing}
    ${plan.blind.length ? html` · ${t("d_decon_blind", plan.blind.join(", "))}` : nothing}
  </p>`;
}
