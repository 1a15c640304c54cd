import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { api, ApiError, type Query, type Summary } from "../api";
import { number } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { kindName, t, type Key } from "../texts";
import { refusal } from "./refusal";
import { reportRow } from "./report-row";

const LIMIT = "50";
/** The centre counts no further than this. */
const COUNTED = 1_000;
const KINDS = ["seizure", "controlled_delivery", "intelligence", "assistance_request", "laboratory_result"];
const FIELDS: [keyof Query & Key, string][] = [
  ["substance", "text"],
  ["country", "text"],
  ["agency", "text"],
  ["identifier", "text"],
  ["from", "date"],
  ["to", "date"],
];

/** Free text in any script, with filters; only what this reader may see is found or counted. */
@customElement("ric-search")
export class SearchPage extends Page {
  protected readonly watch = new Watch(this);
  @state() private items: Summary[] | null = null;
  @state() private next: string | null = null;
  @state() private total: number | null = null;
  @state() private busy = false;
  @state() private error: ApiError | null = null;
  private query: Query = {};
  private running: AbortController | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    store.addEventListener("gone", this.onGone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    store.removeEventListener("gone", this.onGone);
  }

  private readonly onGone = (event: Event): void => {
    this.items = this.items?.filter((item) => item.id !== (event as CustomEvent<string>).detail) ?? null;
  };

  protected override firstUpdated(): void {
    const given = new URLSearchParams(location.hash.split("?")[1] ?? "");
    this.query = Object.fromEntries(given) as Query;
    for (const [name, value] of given) {
      const control = this.querySelector<HTMLInputElement>(`[name="${CSS.escape(name)}"]`);
      if (control) control.value = value;
    }
    this.querySelector<HTMLInputElement>("[name=q]")?.focus();
    void this.find();
  }

  override render() {
    return html`<section class="panel search" aria-labelledby="search-title">
      <header class="panel-head"><h1 id="search-title">${t("search")}</h1></header>
      <form role="search" @submit=${this.submit}>
        <label class="wide">
          <span>${t("query")}</span>
          <input name="q" type="search" maxlength="200" autocomplete="off" spellcheck="false" placeholder=${t("search_hint")} />
        </label>
        <label>
          <span>${t("kind")}</span>
          <select name="kind">
            <option value="">${t("all_kinds")}</option>
            ${KINDS.map((kind) => html`<option value=${kind}>${kindName(kind)}</option>`)}
          </select>
        </label>
        ${FIELDS.map(
          ([name, type]) =>
            html`<label><span>${t(name)}</span><input name=${name} type=${type} maxlength="120" autocomplete="off" spellcheck="false" /></label>`,
        )}
        <div class="form-foot">
          <button type="submit" class="primary">${t("find")}</button>
          <button type="reset" @click=${() => queueMicrotask(() => this.submit())}>${t("clear")}</button>
          <span class="hint">${t("press_slash")}</span>
        </div>
      </form>
      <p class="count" role="status" aria-live="polite">${this.said()}</p>
      ${this.error ? refusal(this.error) : nothing}
      ${
        this.items
          ? html`<ol class="rows">
              ${repeat(
                this.items,
                (summary) => summary.id,
                (summary) => html`<li class="row" data-report=${summary.id}>${reportRow(summary)}</li>`,
              )}
            </ol>`
          : nothing
      }
      ${this.next ? html`<button type="button" ?disabled=${this.busy} @click=${() => void this.find(true)}>${t("more")}</button>` : nothing}
    </section>`;
  }

  private said(): string {
    if (this.busy) return t("searching");
    if (this.items === null || this.total === null) return "";
    if (this.total === 0) return t("no_results");
    return t(this.total >= COUNTED ? "results_many" : "results", number(this.total));
  }

  private readonly submit = (event?: Event): void => {
    event?.preventDefault();
    const form = this.querySelector("form");
    if (!form) return;
    const filled = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const).filter(([, value]) => value);
    this.query = Object.fromEntries(filled) as Query;
    history.replaceState(null, "", filled.length ? `#/search?${new URLSearchParams(this.query as Record<string, string>)}` : "#/search");
    void this.find();
  };

  private async find(more = false): Promise<void> {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.busy = true;
    this.error = null;
    try {
      const page = await api.search(asked(this.query, more ? this.next : null), running.signal);
      this.items = more ? [...(this.items ?? []), ...page.items] : page.items;
      this.next = page.next;
      this.total = page.total ?? this.items.length;
    } catch (error) {
      if (running.signal.aborted) return;
      this.error = error as ApiError;
    }
    this.busy = false;
  }
}

/** Codes are written in capitals; a day is asked for from its start to its end in UTC. */
function asked(query: Query, cursor: string | null): Query {
  const ask: Query = { ...query, limit: LIMIT };
  if (ask.country) ask.country = ask.country.toUpperCase();
  if (ask.agency) ask.agency = ask.agency.toUpperCase();
  if (ask.from) ask.from = `${ask.from}T00:00:00Z`;
  if (ask.to) ask.to = `${ask.to}T23:59:59Z`;
  if (cursor) ask.cursor = cursor;
  return ask;
}
