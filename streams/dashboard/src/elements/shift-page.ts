import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { centreTime } from "../centre-time";
import { age, clock, time } from "../format";
import { Page } from "../page";
import { shift, since, type Conflict, type Item, type OnDuty, type Standing } from "../shift-store";
import { said } from "../said";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import { lineName } from "./delivery-lines";
import { refusal } from "./refusal";

/** So long the bar shows that the supervisors were called just now. */
const RINGS_MS = 60_000;

const person = (): string => `${store.me?.agency ?? ""}/${store.me?.person ?? ""}`;
const mine = (item: Standing): boolean => item.responsible === person();
const alone = (item: Standing): boolean => item.responsible === null || item.rings > 0;

/** The duty: everything open that somebody at the centre answers for, accepted one by one. */
@customElement("ric-shift")
export class ShiftPage extends Page {
  protected readonly watch = new Watch(this, true);
  @state() private refused: { item: string; reason: string } | null = null;
  @state() private sending = "";

  override connectedCallback(): void {
    super.connectedCallback();
    shift.addEventListener("change", this.onChange);
    if (store.may("coordinator", "supervisor")) shift.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    shift.unfollow();
    shift.removeEventListener("change", this.onChange);
  }

  override render() {
    const page = shift.page;
    if (!page) return html`${notLive()}${shift.failure ? refusal(shift.failure) : html`<p class="empty" role="status">${t("loading")}</p>`}`;
    const waits = page.items.filter((item) => !alone(item) && item.waiting !== null);
    const rest = page.items.filter((item) => !alone(item) && item.waiting === null);
    return html`${notLive()}
      <div class="shift ${shift.live ? "" : "not-current"}" data-live=${shift.live}>
        ${this.duty(page.me, page.items.filter(mine).length)} ${shift.failure ? refusal(shift.failure) : nothing}
        ${this.list("alone", t("sh_alone"), page.items.filter(alone), t("sh_alone_none"))}
        ${page.hidden.length ? hidden(page.hidden) : nothing} ${shift.conflicts.length ? near(shift.conflicts) : nothing}
        ${this.list("waiting", t("sh_waiting"), waits, t("sh_waiting_none"))} ${this.list("mine", t("sh_mine"), rest.filter(mine), page.items.some(mine) ? "" : t("sh_mine_none"))}
        ${this.list("others", t("sh_others"), rest.filter((item) => !mine(item)), "")}
      </div>`;
  }

  private duty(me: OnDuty | null, held: number) {
    return html`<section class="panel" aria-labelledby="shift-title">
      <header class="panel-head">
        <h1 id="shift-title" tabindex="-1">${t("shift")}</h1>
        <span class="acts">
          ${me ? nothing : this.button("on", t("sh_on"), "primary")} ${me?.leaving ? this.button("on", t("sh_stay")) : nothing}
          ${me && !me.leaving ? this.button("leave", t("sh_leave")) : nothing} ${me ? this.button("off", t("sh_off"), held ? "" : "primary", held > 0) : nothing}
        </span>
      </header>
      ${this.refused?.item === "" ? html`<p class="note warn" role="alert">${this.refused.reason}</p>` : nothing}
      <p role="status" data-duty=${me ? (me.leaving ? "leaving" : "on") : "off"}>
        ${me ? html`<strong>${t(me.leaving ? "sh_is_leaving" : "sh_is_on")}</strong> · ${t("sh_since", age(since(me.leaving ?? me.since)))} · ${t("sh_held", held)}` : t("sh_is_off")}
        ${me?.leaving && held ? html`<br /><strong class="bad-words">${t("sh_still", held)}</strong>` : nothing}
      </p>
      ${me?.alarms !== undefined ? html`<p class="small" data-counts>${t("sh_counts", me.alarms, me.fell ?? 0, me.accepted ?? 0)}</p>` : nothing}
      <ul class="officers" aria-label=${t("sh_officers")}>
        ${shift.page?.officers.map(
          (one) => html`<li data-officer=${one.person}>
            <bdi>${one.person}</bdi> · ${t("sh_since", age(since(one.since)))}${one.leaving ? html` · <span class="chip warn">${t("sh_leaving")}</span>` : nothing}
            ${store.may("supervisor") && one.alarms !== undefined ? html` · ${t("sh_counts", one.alarms, one.fell ?? 0, one.accepted ?? 0)}` : nothing}
          </li>`,
        )}
      </ul>
    </section>`;
  }

  private list(name: string, title: string, items: Item[], none: string) {
    if (!items.length && !none) return nothing;
    return html`<section class="panel shift-part ${name} ${items.length ? "some" : "none"}" aria-labelledby="shift-${name}" data-list=${name}>
      <h2 id="shift-${name}">${items.length ? title : none}${items.length ? html` <span class="number">${items.length}</span>` : nothing}</h2>
      <ul class="rows perishable">
        ${repeat(
          items,
          (item) => item.item,
          (item) => this.row(item),
        )}
      </ul>
    </section>`;
  }

  private row(item: Item) {
    const me = shift.page?.me ?? null;
    const mayAccept = me !== null && (!mine(item) || item.accepted === null);
    return html`<li class="row shift-item" data-kind=${item.kind} data-item=${item.item} data-responsible=${item.responsible ?? ""}>
      <div class="row-head">
        <span class="chip">${named("sh_kind", item.kind)}</span> ${title(item)}
        ${item.about.priority && item.about.priority !== "routine" ? html`<span class="chip bad">${named("sh_priority", item.about.priority)}</span>` : nothing}
        <span class="acts">
          ${mayAccept ? html`<button type="button" class="primary" data-act="accept" ?disabled=${!shift.live || this.sending !== ""} @click=${() => this.accept(item)}>${t("sh_accept")}</button>` : nothing}
        </span>
      </div>
      <p>
        ${item.responsible === null ? html`<strong class="nobody">${t("sh_nobody")}</strong>` : html`${t("sh_with")} <bdi>${item.responsible}</bdi>${mine(item) ? html` (${t("sh_you")})` : nothing}`}
        · ${t("sh_since", age(since(item.since)))} <span class="small">(${time(item.since)})</span>
        ${item.accepted === null && item.responsible !== null ? html` · <strong class="bad-words">${t("sh_not_accepted")}</strong>` : nothing}
        ${item.waiting ? html` · ${t("sh_waits", age(since(item.waiting)))}` : nothing}
        ${item.rings ? html` · <strong class="bad-words">${t("sh_rung", item.rings)}</strong>` : nothing}
      </p>
      ${about(item)} ${changes(item)}
      ${item.waiting && !item.takers.length && item.about.delivery ? html`<p class="note warn">${t("sh_no_taker")} <a href="#/delivery/${item.about.delivery}">${t("sh_name_one")}</a></p>` : nothing}
      ${item.kind === "request" && mine(item) && item.accepted !== null ? this.settling(item) : nothing}
      ${this.refused?.item === item.item ? html`<p class="note warn" role="alert">${this.refused.reason}</p>` : nothing}
    </li>`;
  }

  private settling(item: Item) {
    return html`<form class="settle" @submit=${(event: SubmitEvent) => this.settle(event, item)}>
      <label>${t("sh_how")} <input name="how" required maxlength="500" /></label>
      <button type="submit" ?disabled=${!shift.live}>${t("sh_settle")}</button>
    </form>`;
  }

  private button(act: string, words: string, kind = "", never = false) {
    return html`<button type="button" class=${kind} data-act=${act} ?disabled=${never || !shift.live || this.sending !== ""} @click=${() => this.send(act, {}, "")}>${words}</button>`;
  }

  /** Singly: what was read is what is accepted, and the next one has the focus. */
  private async accept(item: Item): Promise<void> {
    const rows = [...this.querySelectorAll<HTMLElement>("[data-act=accept]")];
    const following = rows[rows.findIndex((button) => button.closest<HTMLElement>("[data-item]")?.dataset["item"] === item.item) + 1]?.closest<HTMLElement>("[data-item]")?.dataset["item"];
    await this.send("accept", { item: item.item, seen: item.version }, item.item);
    await this.updateComplete;
    const next = following ? this.querySelector<HTMLElement>(`[data-item="${following}"] [data-act=accept]`) : null;
    (next ?? this.querySelector<HTMLElement>("#shift-title"))?.focus();
  }

  private async settle(event: SubmitEvent, item: Item): Promise<void> {
    event.preventDefault();
    const how = new FormData(event.target as HTMLFormElement).get("how");
    await this.send("settle", { item: item.item, how }, item.item);
  }

  private async send(act: string, said: object, item: string): Promise<void> {
    this.sending = act;
    const told = await shift.act(act, said);
    this.sending = "";
    this.refused = told.ok ? null : { item, reason: told.words || t("sh_unknown") };
  }

  private readonly onChange = (): void => this.requestUpdate();
}

function title(item: Item): TemplateResult {
  if (item.kind === "request" && !item.about.held) return html`<a class="title" href="#/report/${item.about.report}"><bdi>${item.about.title ?? item.about.report_id}</bdi></a>`;
  const what = item.kind === "alarm" ? html`<strong>${named("alarm", item.about.kind)}</strong> · ` : nothing;
  return html`${what}<a class="title" href="#/delivery/${item.about.delivery}"><bdi>${item.about.delivery}</bdi></a>`;
}

function about(item: Item) {
  const { about } = item;
  if (item.kind === "alarm") {
    return html`<p class="small">
      ${about.part ? html`${t("d_part", about.part)} · ` : nothing}<bdi>${said(about, "reason")}</bdi> · ${time(about.raised)}${(about.count ?? 1) > 1 ? html` · ${t("d_times", about.count ?? 1)}` : nothing}
      ${about.acknowledged ? nothing : html` · <b>${t("d_unacknowledged")}</b>`}
    </p>`;
  }
  if (about.held) {
    return html`<p class="note warn" data-held><b>${t("sh_kept_in", about.call?.join(", ") ?? "")}</b> ${t("sh_kept_in_why")}</p>
      <p class="small">${t("sh_kept_in_for", age(since(about.opened ?? item.since)))}${about.reply_by ? html` · ${t("sh_reply_by")} ${time(about.reply_by)}` : nothing}</p>`;
  }
  if (item.kind === "request") {
    return html`<p class="small">
      <bdi>${about.originator}</bdi> · <bdi>${about.report_id}</bdi>${about.reply_by ? html` · ${t("sh_reply_by")} ${time(about.reply_by)}` : nothing}
    </p>`;
  }
  return html`<p class="small">
    ${named("status", about.status)}${about.parts?.map((part) => html` · ${t("d_part", part.part)}: ${named("state", part.state)}, <bdi>${part.controller ?? t("d_nobody")}</bdi>`)}
    ${about.alarms ? html` · <b class="bad-words">${t("d_alarms_count", about.alarms)}</b>` : nothing}
  </p>`;
}

/** What is new since somebody last accepted it. */
function changes(item: Item) {
  if (item.accepted === null) return nothing;
  if (item.kind === "request") return item.about.changed ? html`<p class="small"><b>${t("sh_changed")}</b></p>` : nothing;
  if (item.kind !== "delivery") return nothing;
  const newest = (item.newest ?? []).map(lineName).join(", ");
  return html`<p class="small" data-changes=${item.changes ?? 0}>${item.changes ? t("sh_changes", item.changes, newest) : t("sh_no_changes")}</p>`;
}

function hidden(items: Standing[]) {
  return html`<section class="panel shift-part" aria-labelledby="shift-hidden" data-list="hidden">
    <h2 id="shift-hidden">${t("sh_hidden")} <span class="number">${items.length}</span></h2>
    <ul class="rows">
      ${items.map(
        (item) => html`<li class="row">
          <span class="chip">${named("sh_kind", item.kind)}</span> ${item.alarm ? html`<b data-alarm-kind>${named("alarm", item.alarm)}</b>` : nothing}
          ${item.responsible === null ? html`<strong class="nobody">${t("sh_nobody")}</strong>` : html`${t("sh_with")} <bdi>${item.responsible}</bdi>`}
          · ${t("sh_since", age(since(item.since)))}${item.waiting ? html` · ${t("sh_waits", age(since(item.waiting)))}` : nothing}
          ${item.rings ? html` · <strong class="bad-words">${t("sh_rung", item.rings)}</strong>` : nothing}
          ${item.ask ? html` · ${t("d_ask_room")} <bdi>${item.ask.join(", ")}</bdi>` : nothing}
        </li>`,
      )}
    </ul>
  </section>`;
}

function meeting({ first, second }: Conflict["near"][number]) {
  return html`<bdi>${first.name}</bdi> ${first.begins ? time(first.begins) : nothing} ↔ <bdi>${second.name}</bdi> ${second.begins ? time(second.begins) : nothing}`;
}

/** One place and time of each side, once: a crossing is the end of one leg and the start of the next. */
function meetings(conflict: Conflict): TemplateResult[] {
  const name = ({ first, second }: Conflict["near"][number]): string => JSON.stringify([first.name, first.begins, second.name, second.begins]);
  return [...new Map(conflict.near.map((each) => [name(each), each])).values()].map(meeting);
}

function near(conflicts: Conflict[]) {
  return html`<section class="panel shift-part" aria-labelledby="shift-near" data-list="near">
    <h2 id="shift-near">${t("sh_near")} <span class="number">${conflicts.length}</span></h2>
    <ul class="rows">
      ${conflicts.map((one) => {
        const [soonest, ...others] = meetings(one);
        return html`<li class="row" data-conflict=${one.conflict}>
          <p>${one.sides.map((side, place) => html`${place ? html` ↔ ` : nothing}<b><bdi>${side.delivery}</bdi></b> (<bdi>${side.coordinators.join(", ") || t("sh_nobody")}</bdi>)`)}</p>
          ${others.length
            ? html`<details class="small">
                <summary>${soonest} <span class="number">${t("sh_near_more", others.length)}</span></summary>
                <ul>${others.map((each) => html`<li>${each}</li>`)}</ul>
              </details>`
            : html`<p class="small">${soonest}</p>`}
        </li>`;
      })}
    </ul>
  </section>`;
}

function notLive() {
  if (shift.live || shift.link.state === "connecting") return nothing;
  const heard = shift.heard;
  return html`<div class="not-live" data-not-live>
    <strong role="alert">${t("shift")}: ${t("d_not_live")}</strong>
    ${heard === null ? t("d_never_live") : t("d_not_live_long", age(Date.now() - heard), clock(heard + centreTime.skew))}
    <button type="button" @click=${() => shift.retry()}>${t("retry_now")}</button>
  </div>`;
}

/** On every page of the centre's officers: what waits for them, and for supervisors what nobody has accepted. */
@customElement("ric-shift-bar")
export class ShiftBar extends Page {
  protected readonly watch = new Watch(this, true);

  override connectedCallback(): void {
    super.connectedCallback();
    shift.addEventListener("change", this.onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    shift.removeEventListener("change", this.onChange);
  }

  override render() {
    if (!store.may("coordinator", "supervisor") || store.ended) return nothing;
    shift.start();
    const loud = store.may("supervisor") ? shift.alone.length : 0;
    const waits = (shift.page?.items ?? []).filter((item) => mine(item) && item.accepted === null).length;
    const near = store.may("supervisor") ? shift.conflicts.length : 0;
    if (!loud && !waits && !near) return nothing;
    const ringing = Date.now() - shift.rangAt < RINGS_MS;
    return html`<div class="shift-bar ${loud ? "loud" : ""} ${ringing ? "ringing" : ""}" role=${loud ? "alert" : "status"}>
      <a href="#/shift">${[loud ? t("sh_bar_alone", loud) : "", waits ? t("sh_bar_waits", waits) : "", near ? t("sh_bar_near", near) : ""].filter(Boolean).join(" · ")}</a>
    </div>`;
  }

  private readonly onChange = (): void => this.requestUpdate();
}
