import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { api, ApiError } from "../api";
import { centreTime } from "../centre-time";
import { editFields, editOf, EDIT_WORDS, type EditAct } from "../directory-edit";
import type { Change, Desk, Entry, Listed, OneEntry } from "../directory-types";
import { desksOf, differences, facts, hoursOf, isZone, nameOf, officerOf } from "../directory-words";
import { Draft } from "../drafts";
import { clock, country, dateAndClock, time, zoned } from "../format";
import { Page } from "../page";
import { said } from "../said";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import { faults } from "./act-dialog";
import { differing } from "./directory-differences";
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
  private readonly left = new Draft(this, this.asks);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read();
  }

  protected override updated(changed: PropertyValues<this>): void {
    // Chosen on this very page: what is chosen before it is read has the focus once it is.
    if (changed.has("chosen") && this.chosen && this.items) this.focusChosen();
  }

  private focusChosen(): void {
    [...this.querySelectorAll<HTMLElement>("[data-entry]")].find((entry) => entry.dataset["entry"] === this.chosen)?.querySelector("summary")?.focus();
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
        ${this.own(all)}
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

  /** For an authority's officers: their own entries first, and the way to those that are not there yet. */
  private own(all: Listed[]) {
    const me = store.me;
    if (!this.items || me?.role !== "officer" || !me.country) return nothing;
    const mine = all.some(({ id, entry, pending }) => id === me.agency && (entry || pending));
    return html`<div class="note ${mine ? "" : "warn"} own" data-own>
      <b><bdi>${me.agency}</bdi></b> <span>${t(mine ? "dir_own" : "dir_own_none", me.agency)}</span>
      ${mine ? html`<a class="button" href=${`#/directory/${me.agency}`}>${t("dir_to_entry")}</a>` : html`<a class="button primary" data-first href=${`#/directory-entry/${me.agency}`}>${t("dir_make_first")}</a>`}
      <a class="button" data-crossing href=${`#/directory-entry/${me.agency}@`}>${t("dir_add_crossing")}</a>
    </div>`;
  }

  private entry(listed: Listed) {
    const { id, entry, stale, pending } = listed;
    return html`<details class="entry ${stale ? "stale" : ""}" data-entry=${id} ?open=${this.chosen !== "" && id === this.chosen} @toggle=${(event: Event) => (event.target as HTMLDetailsElement).open && void this.open(id)}>
      <summary>
        <b><bdi>${id}</bdi></b> <span>${entry ? country(entry.country) : ""}</span> <bdi>${entry ? nameOf(entry) : ""}</bdi>
        ${entry ? html`<span class="chip">${t("dir_version", entry.version)}</span>` : html`<span class="chip warn">${t("dir_not_yet")}</span>`}
        ${stale ? html`<strong class="stale-words" data-stale>${t("dir_stale")}</strong>` : nothing}
        ${pending ? html`<span class="chip warn">${t("dir_pending", dateAndClock(Date.parse(pending.since)))}</span>` : nothing}
      </summary>
      ${stale ? html`<p class="bad-words" role="note">${t("dir_stale_why", said(listed, "stale"))}</p>` : nothing}
      ${pending?.entry ? this.proposal(listed, pending.entry) : nothing} ${entry ? this.body(entry) : nothing} ${this.acts(listed)} ${this.past(id)}
    </details>`;
  }

  private body(entry: Entry) {
    return html`<p class="small">
        ${t("dir_verified", dateAndClock(Date.parse(entry.verified)))} ${entry.verified_by ? t("dir_verified_by", entry.verified_by) : nothing} · ${t("dir_valid", dateAndClock(Date.parse(entry.valid_until)))}
      </p>
      ${desksOf(entry).map((one) => desk(one))}
      <dl class="fields">
        ${facts(entry)
          .filter(({ key }) => !APART.has(key) && !key.includes("."))
          .map(({ key, label, value }) => html`<dt>${label}</dt><dd data-fact=${key} class=${key === "law" && !entry.law?.controlled_delivery ? "bad-words" : ""}><bdi>${value}</bdi></dd>`)}
      </dl>`;
  }

  /** For the authority's own: everything that waits, beside what stands, and who has to confirm it. */
  private proposal(listed: Listed, proposed: Entry) {
    const by = listed.pending?.by ?? "";
    return html`<div class="note warn" data-proposal>
      <p><b>${t("dir_pending_by", by)}</b></p>
      <p data-second>${t(by === this.me() || store.me?.role !== "officer" ? "dir_second_other" : "dir_second_you", by.split("/")[0] ?? "", by)}</p>
      <h3>${t("dir_changes")}</h3>
      ${differing(differences(listed.entry, proposed))}
    </div>`;
  }

  private me(): string {
    return `${store.me?.agency ?? ""}/${store.me?.person ?? ""}`;
  }

  private acts(listed: Listed) {
    const me = store.me;
    const authority = listed.id.split("@")[0];
    if (!me || me.role !== "officer" || me.agency !== authority) return nothing;
    const { entry, pending, id } = listed;
    const ended = entry !== null && Date.parse(entry.valid_until) <= centreTime.now();
    const acts: EditAct[] = pending ? (pending.by === this.me() ? ["drop"] : ["confirm", "drop"]) : entry && !ended ? ["verify", "retire"] : [];
    return html`<div class="acts" role="group" aria-label=${t("d_acts")}>
      ${pending ? nothing : html`<a class="button ${acts.length ? "" : "primary"}" data-edit="publish" href=${`#/directory-entry/${id}`}>${t(entry ? "dir_edit" : "dir_make_first")}</a>`}
      ${acts.map((act) => html`<button type="button" data-edit=${act} class=${act === "confirm" || act === "verify" ? "primary" : act === "retire" ? "danger" : ""} @click=${() => this.edit(act, listed)}>${t(EDIT_WORDS[act])}</button>`)}
    </div>`;
  }

  private past(id: string) {
    const found = this.history.get(id);
    if (!found) return nothing;
    return html`<details><summary>${t("dir_history")} (${found.history.length}${found.next ? "+" : ""})</summary>
      <ol class="history">${found.history.map((one, place) => change(one, before(found, place)))}</ol>
      ${found.next ? html`<button type="button" @click=${() => void this.older(found)}>${t("more")}</button>` : nothing}</details>`;
  }

  private dialog() {
    const editing = this.editing;
    return html`<dialog class="act" aria-labelledby="edit-title" @close=${() => (this.editing = this.answer = null)} @cancel=${(event: Event) => this.sending && event.preventDefault()}>
      ${
        editing
          ? html`<h2 id="edit-title">${t(EDIT_WORDS[editing.act]).replace("…", "")} · <bdi>${editing.listed.id}</bdi></h2>
              ${editing.act === "confirm" && editing.listed.pending?.entry ? this.proposal(editing.listed, editing.listed.pending.entry) : nothing}
              ${this.left.note()}
              <form novalidate @submit=${this.send} @input=${this.typed} @change=${this.typed} @click=${this.clicked}>
                <fieldset ?disabled=${this.sending || this.answer?.bad === false}>${this.asks.render(editFields(editing.act, editing.listed))}</fieldset>
                ${this.answer ? html`<div class="note ${this.answer.bad ? "bad" : "good"}" role=${this.answer.bad ? "alert" : "status"}><p>${this.answer.words}</p>${this.answer.mend ? html`<p>${t("a_mend")}: <bdi>${this.answer.mend}</bdi></p>` : nothing}</div>` : nothing}
                <div class="form-foot">
                  <button type="button" @click=${this.cancel}>${t(this.answer?.bad === false ? "a_close" : "cancel")}</button>
                  ${this.answer?.bad === false ? nothing : html`<button type="submit" class="primary" ?disabled=${this.sending}>${this.sending ? t("a_sending") : t(EDIT_WORDS[editing.act]).replace("…", "")}</button>`}
                </div>
              </form>`
          : nothing
      }
    </dialog>`;
  }

  private edit(act: EditAct, listed: Listed): void {
    this.left.open(`${act} ${listed.id}`, listed.pending?.since ?? listed.entry?.version ?? 0);
    this.answer = null;
    this.editing = { act, listed };
    void this.updateComplete.then(() => this.box.showModal());
  }

  private readonly typed = (): void => {
    const form = this.box.querySelector("form");
    if (form && this.editing) this.left.keep(editFields(this.editing.act, this.editing.listed), form);
  };

  private readonly clicked = (event: Event): void => {
    if ((event.target as HTMLElement).closest(".add, .drop")) void this.updateComplete.then(this.typed);
  };

  private readonly cancel = (): void => {
    this.left.drop();
    this.box.close();
  };

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
      if (told.status !== "pending") this.left.drop();
      await this.open(editing.listed.id, told.stands?.number ?? 0);
    } catch (error) {
      const why = error as ApiError;
      const problems = why.problems.length ? why.problems : [{ field: why.field, reason: whyOf(why), mend: said(why, "mend") }];
      this.answer = { words: problems.map((one) => said(one, "reason")).join("; "), mend: problems.map((one) => said(one, "mend")).filter(Boolean).join("; "), bad: true };
      this.sending = false;
      await this.updateComplete;
      this.asks.told(form, problems.filter(({ field }) => field).map((one) => [one.field, faults(one)]));
    }
    this.sending = false;
  };

  private async read(): Promise<void> {
    try {
      const { items, at } = await api.directory();
      [this.items, this.at, this.error] = [items.sort((a, b) => a.id.localeCompare(b.id)), at, null];
      await this.updateComplete;
      if (this.chosen) this.focusChosen();
      else this.querySelector<HTMLElement>("h1")?.focus();
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  /** Read one with its history; `after`: not before this change can be read. */
  private async open(id: string, after = 0): Promise<void> {
    try {
      const found = await api.directoryEntry(id, { after });
      this.history = new Map(this.history).set(id, found);
      this.items = (this.items ?? []).map((listed) => (listed.id === id ? found : listed));
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  private async older(found: OneEntry): Promise<void> {
    try {
      const page = await api.directoryEntry(found.id, { before: found.next ?? 0 });
      this.history = new Map(this.history).set(found.id, { ...found, history: [...found.history, ...page.history], next: page.next });
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  private get box(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }
}

/** Said above, or of each desk. */
const APART = new Set(["from", "until"]);

function desk(one: Desk) {
  return html`<div class="desk" data-desk=${one.code}>
    <b>${one.desk}</b> <code>${one.code}</code>
    <span class="small"><span data-hours>${hoursOf(one)}</span> · ${one.time_zone}${isZone(one.time_zone) ? html`, ${t("dir_there_now", clock(centreTime.now(), one.time_zone, false))}` : nothing}</span>
    <ul class="numbers">${one.reach.map(({ kind, address }) => html`<li>${named("reach", kind)} <b><bdi>${address}</bdi></b></li>`)}</ul>
    ${one.named.length ? html`<p class="small">${t("dir_named")}: ${one.named.map(officerOf).join("; ")}</p>` : nothing}
  </div>`;
}

/** The entry that stood before a change: null where there was none, undefined where that is not read yet. */
function before({ history, next }: OneEntry, place: number): Entry | null | undefined {
  const older = history.slice(place + 1).find(({ entry }) => entry);
  return older?.entry ?? (next ? undefined : null);
}

function change(one: Change, stood: Entry | null | undefined) {
  const now = one.proposed ?? one.entry;
  const found = now && stood ? differences(stood, now) : [];
  return html`<li data-change=${one.act}>
    <b>${named("dir_change", one.act)}</b> ${one.version !== null ? html`<span class="chip">${t("dir_version", one.version)}</span>` : nothing} ${time(one.at)} ${one.by ? html`<bdi>${one.by}</bdi>` : nothing}
    ${one.reason ? html`<span class="said"><bdi>${one.reason}</bdi></span>` : nothing}
    ${one.call_backs?.length ? html`<span class="said">${t("dir_calls")}: ${one.call_backs.map((call) => `${String(call["contact"])} ${String(call["number"])} — ${String(call["spoke_with"])}, ${dateAndClock(Date.parse(String(call["at"])))}`).join("; ")}</span>` : nothing}
    ${found.length ? differing(found) : nothing}
  </li>`;
}
