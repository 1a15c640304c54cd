import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { api, ApiError } from "../api";
import { centreTime } from "../centre-time";
import { changedDesks, desksOf, editFields, editOf, EDIT_WORDS, type EditAct } from "../directory-edit";
import type { Change, Desk, Entry, Listed, OneEntry } from "../directory-types";
import { country, dateAndClock, time, zoned } from "../format";
import { Page } from "../page";
import { said } from "../said";
import { settings, store, Watch } from "../store";
import { named, t } from "../texts";
import { FieldSet } from "./field-set";
import { refusal, whyOf } from "./refusal";

/** The directory of competent authorities: read by all, edited by each authority's own officers, two of them for a number. */
@customElement("ric-directory")
export class DirectoryPage extends Page {
  protected readonly watch = new Watch(this);
  /** The authority that is opened; empty: all. */
  @property() chosen = "";
  @state() private items: Listed[] | null = null;
  @state() private at = "";
  @state() private error: ApiError | null = null;
  @state() private of = "";
  @state() private onlyStale = false;
  @state() private history = new Map<string, OneEntry>();
  @state() private editing: { act: EditAct; listed: Listed } | null = null;
  @state() private answer: { words: string; mend: string; bad: boolean } | null = null;
  @state() private sending = false;
  private readonly asks = new FieldSet(this);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read();
  }

  override render() {
    const all = this.items ?? [];
    const countries = [...new Set(all.flatMap(({ entry }) => (entry ? [entry.country] : [])))].sort();
    const shown = all.filter(({ entry, stale }) => (!this.of || entry?.country === this.of) && (!this.onlyStale || stale));
    return html`<section class="panel" aria-labelledby="dir-heading">
        <header class="panel-head">
          <h1 id="dir-heading" tabindex="-1">${t("dir_title")}</h1>
          <span class="count">${shown.length}</span>
          ${this.at ? html`<span class="small">${t("dir_as_of", dateAndClock(Date.parse(this.at)))}</span>` : nothing}
        </header>
        <p class="hint">${t("dir_about")}</p>
        <div class="one-line">
          <label><span>${t("dir_country")}</span><select @change=${(event: Event) => (this.of = (event.target as HTMLSelectElement).value)}>
            <option value="">${t("dir_all")}</option>
            ${countries.map((code) => html`<option value=${code} ?selected=${code === this.of}>${country(code)}</option>`)}
          </select></label>
          <label class="tick"><input type="checkbox" .checked=${this.onlyStale} @change=${(event: Event) => (this.onlyStale = (event.target as HTMLInputElement).checked)} /> ${t("dir_only_stale")}</label>
        </div>
        ${this.error ? refusal(this.error) : nothing}
        ${this.items && !shown.length ? html`<p class="empty" role="status">${t("dir_none")}</p>` : this.items ? nothing : html`<p class="empty" role="status">${t("loading")}</p>`}
        ${repeat(shown, ({ id }) => id, (listed) => this.entry(listed))}
      </section>
      ${this.dialog()}`;
  }

  private entry(listed: Listed) {
    const { id, entry, stale, pending } = listed;
    const name = entry ? (entry.name[settings.language] ?? entry.name["ru"] ?? entry.name["en"] ?? "") : "";
    return html`<details class="entry ${stale ? "stale" : ""}" data-entry=${id} ?open=${this.chosen !== "" && id === this.chosen} @toggle=${(event: Event) => (event.target as HTMLDetailsElement).open && void this.open(id)}>
      <summary>
        <b><bdi>${id}</bdi></b> <span>${entry ? country(entry.country) : ""}</span> <bdi>${name}</bdi>
        ${entry ? html`<span class="chip">${t("dir_version", entry.version)}</span>` : nothing}
        ${stale ? html`<strong class="stale-words" data-stale>${t("dir_stale")}</strong>` : nothing}
        ${pending ? html`<span class="chip warn">${t("dir_pending", dateAndClock(Date.parse(pending.since)))}</span>` : nothing}
      </summary>
      ${stale ? html`<p class="bad-words" role="note">${t("dir_stale_why", said(listed, "stale"))}</p>` : nothing}
      ${pending?.entry ? this.proposal(listed, pending.entry) : nothing} ${entry ? this.body(entry) : nothing} ${this.acts(listed)} ${this.past(id)}
    </details>`;
  }

  private body(entry: Entry) {
    const law = entry.law;
    return html`<p class="small">
        ${t("dir_verified", dateAndClock(Date.parse(entry.verified)))} ${entry.verified_by ? t("dir_verified_by", entry.verified_by) : nothing} · ${t("dir_valid", dateAndClock(Date.parse(entry.valid_until)))}
        ${entry.languages ? html` · ${t("r_languages_short", entry.languages.join(", "))}` : nothing}
      </p>
      ${desksOf(entry).map(desk)}
      ${
        law
          ? html`<h3>${t("dir_law")}</h3>
              <p class=${law.controlled_delivery ? "" : "bad-words"}>
                ${t(law.controlled_delivery ? "dir_allowed" : "dir_not_allowed")}${law.passages.length ? html`: ${law.passages.map((passage) => named("passage", passage)).join(", ")}` : nothing}
                ${law.maximum_hours ? html` · ${t("dir_max", law.maximum_hours)}` : nothing} ${law.basis ? html`<bdi class="small">${law.basis}</bdi>` : nothing}
              </p>`
          : nothing
      }
      ${entry.notice ? html`<p>${t("dir_notice", entry.notice.hours, t(entry.notice.counted === "clock" ? "dir_counted_clock" : "dir_counted_working"))}</p>` : nothing}
      ${entry.papers?.length ? html`<p><b>${t("dir_papers")}:</b> ${entry.papers.map(({ kind, language }) => `${named("paper", kind)}${language ? ` (${language})` : ""}`).join(", ")}</p>` : nothing}
      ${entry.special_requirements.length ? html`<p><b>${t("dir_requirements")}:</b> <bdi>${entry.special_requirements.join("; ")}</bdi></p>` : nothing}`;
  }

  /** For the authority's own: what waits, number by number, beside what stands. */
  private proposal(listed: Listed, proposed: Entry) {
    return html`<div class="note warn" data-proposal>
      <p><b>${t("dir_pending_by", listed.pending?.by ?? "")}</b></p>
      <h3>${t("dir_changes")}</h3>
      <ul>${changedDesks(listed.entry, proposed).map(({ code, before, after }) => html`<li><code>${code}</code>: <s>${before.join(", ") || "—"}</s> → <b>${after.join(", ") || "—"}</b></li>`)}</ul>
    </div>`;
  }

  private acts(listed: Listed) {
    const me = store.me;
    const authority = listed.id.split("@")[0];
    if (!me || me.role !== "officer" || me.agency !== authority) return nothing;
    const mine = listed.pending?.by === `${me.agency}/${me.person}`;
    const acts: EditAct[] = listed.pending ? (mine ? ["drop"] : ["confirm", "drop"]) : ["verify", "publish", "retire"];
    return html`<div class="acts" role="group" aria-label=${t("d_acts")}>
      ${acts.map((act) => html`<button type="button" data-edit=${act} class=${act === "confirm" || act === "verify" ? "primary" : act === "retire" ? "danger" : ""} @click=${() => this.edit(act, listed)}>${t(EDIT_WORDS[act])}</button>`)}
    </div>`;
  }

  private past(id: string) {
    const found = this.history.get(id);
    if (!found) return nothing;
    return html`<details><summary>${t("dir_history")} (${found.history.length}${found.next ? "+" : ""})</summary>
      <ol class="history">${found.history.map(change)}</ol></details>`;
  }

  private dialog() {
    const editing = this.editing;
    return html`<dialog class="act" aria-labelledby="edit-title" @close=${() => (this.editing = this.answer = null)} @cancel=${(event: Event) => this.sending && event.preventDefault()}>
      ${
        editing
          ? html`<h2 id="edit-title">${t(EDIT_WORDS[editing.act]).replace("…", "")} · <bdi>${editing.listed.id}</bdi></h2>
              ${editing.act === "publish" ? html`<p class="hint">${t("dir_rest")}</p>` : nothing}
              ${editing.act === "confirm" && editing.listed.pending?.entry ? this.proposal(editing.listed, editing.listed.pending.entry) : nothing}
              <form novalidate @submit=${this.send}>
                <fieldset ?disabled=${this.sending || this.answer?.bad === false}>${this.asks.render(editFields(editing.act, editing.listed))}</fieldset>
                ${this.answer ? html`<div class="note ${this.answer.bad ? "bad" : "good"}" role=${this.answer.bad ? "alert" : "status"}><p>${this.answer.words}</p>${this.answer.mend ? html`<p>${t("a_mend")}: <bdi>${this.answer.mend}</bdi></p>` : nothing}</div>` : nothing}
                <div class="form-foot">
                  <button type="button" @click=${() => this.box.close()}>${t(this.answer?.bad === false ? "a_close" : "cancel")}</button>
                  ${this.answer?.bad === false ? nothing : html`<button type="submit" class="primary" ?disabled=${this.sending}>${this.sending ? t("a_sending") : t(editing.act === "publish" ? "dir_save" : EDIT_WORDS[editing.act]).replace("…", "")}</button>`}
                </div>
              </form>`
          : nothing
      }
    </dialog>`;
  }

  private edit(act: EditAct, listed: Listed): void {
    this.asks.reset();
    this.answer = null;
    this.editing = { act, listed };
    void this.updateComplete.then(() => this.box.showModal());
  }

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const [editing, me] = [this.editing, store.me];
    if (!editing || !me || this.sending || !this.asks.valid(form)) return;
    const body = editOf(editing.act, editing.listed, me, new FormData(form), new Date(centreTime.now()), zoned);
    this.sending = true;
    try {
      const told = await api.editDirectory(body);
      this.answer = { words: told.stands?.proposal ? t("dir_sent_proposal") : t(told.status === "pending" ? "a_pending" : "dir_sent"), mend: "", bad: false };
      this.sending = false;
      await this.open(editing.listed.id, told.stands?.number ?? 0);
    } catch (error) {
      const why = error as ApiError;
      const first = why.problems[0];
      this.answer = { words: first ? `${first.field}: ${said(first, "reason")}` : whyOf(why), mend: first ? said(first, "mend") : said(why, "mend"), bad: true };
    }
    this.sending = false;
  };

  private async read(): Promise<void> {
    try {
      const { items, at } = await api.directory();
      [this.items, this.at, this.error] = [items.sort((a, b) => a.id.localeCompare(b.id)), at, null];
      await this.updateComplete;
      if (this.chosen) this.querySelector<HTMLElement>(".entry[open] summary")?.focus();
      else this.querySelector<HTMLElement>("h1")?.focus();
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  /** Read one with its history; `after`: not before this change can be read. */
  private async open(id: string, after = 0): Promise<void> {
    try {
      const found = await api.directoryEntry(id, after);
      this.history = new Map(this.history).set(id, found);
      this.items = (this.items ?? []).map((listed) => (listed.id === id ? found : listed));
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  private get box(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }
}

function desk(one: Desk) {
  return html`<div class="desk">
    <b>${one.desk}</b> <code>${one.code}</code>
    <span class="small">${one.hours.length ? one.hours.map(({ days, opens, closes }) => `${days.map((day) => named("day", day)).join(" ")} ${opens}–${closes}`).join("; ") : t("dir_hours_always")} · ${one.time_zone}</span>
    <ul class="numbers">${one.reach.map(({ kind, address }) => html`<li>${named("reach", kind)} <b><bdi>${address}</bdi></b></li>`)}</ul>
    ${one.named.length ? html`<p class="small">${t("dir_named")}: ${one.named.map(({ name, rank, reach }) => `${rank ?? ""} ${name} ${reach.map(({ address }) => address).join(", ")}`.trim()).join("; ")}</p>` : nothing}
  </div>`;
}

function change(one: Change) {
  return html`<li data-change=${one.act}>
    <b>${named("dir_change", one.act)}</b> ${one.version !== null ? html`<span class="chip">${t("dir_version", one.version)}</span>` : nothing} ${time(one.at)} ${one.by ? html`<bdi>${one.by}</bdi>` : nothing}
    ${one.reason ? html`<span class="said"><bdi>${one.reason}</bdi></span>` : nothing}
    ${one.call_backs?.length ? html`<span class="said">${t("dir_calls")}: ${one.call_backs.map((call) => `${String(call["contact"])} ${String(call["number"])} — ${String(call["spoke_with"])}, ${dateAndClock(Date.parse(String(call["at"])))}`).join("; ")}</span>` : nothing}
  </li>`;
}
