import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { clock, country, words } from "../format";
import { Page } from "../page";
import { store, Watch, type FeedRow } from "../store";
import { kindName, t } from "../texts";
import { reportRow } from "./report-row";

const FRESH_MS = 20_000;
const SHOWN = 150;
const GAP_SHOWN_MS = 120_000;

/** The newest reports, by themselves. Pausing freezes the list, never the connection. */
@customElement("ric-feed")
export class LiveFeed extends Page {
  protected readonly watch = new Watch(this, true);
  @state() private kind = "";
  @state() private country = "";
  @state() private substance = "";
  @state() private frozen: FeedRow[] | null = null;

  override render() {
    const live = store.list();
    const source = this.frozen ? this.asNow(this.frozen) : live;
    const rows = source.filter((row) => this.passes(row)).slice(0, SHOWN);
    const waiting = this.frozen ? this.waiting(live, this.frozen) : 0;
    return html`<section class="panel feed" aria-labelledby="feed-title">
      <header class="panel-head">
        <h2 id="feed-title">${t("live_feed")}</h2>
        <span class="count" aria-live="polite">${t("shown", rows.length)}</span>
        <button type="button" aria-pressed=${this.frozen !== null} @click=${this.togglePause}>
          ${this.frozen ? t("resume") : t("pause")}
        </button>
      </header>
      ${this.frozen ? html`<p class="note" role="status">${t("paused", waiting)}</p>` : nothing}
      ${
        store.gapAt && store.now - store.gapAt < GAP_SHOWN_MS
          ? html`<p class="note warn" role="status">${t("gap", clock(store.gapAt))}</p>`
          : nothing
      }
      <div class="filters">
        ${this.select("kind", t("filter_kind"), t("all_kinds"), unique(live, (row) => [row.summary.kind]), kindName)}
        ${this.select("country", t("filter_country"), t("all_countries"), unique(live, (row) => [row.summary.place?.country]), country)}
        ${this.select(
          "substance",
          t("filter_substance"),
          t("all_substances"),
          unique(live, (row) => row.summary.substances.map((substance) => substance.slug)),
          words,
        )}
      </div>
      ${
        rows.length
          ? html`<ol class="rows" tabindex="-1">
              ${repeat(
                rows,
                (row) => row.summary.id,
                (row) => this.row(row),
              )}
            </ol>`
          : html`<p class="empty">${store.loaded ? t(live.length ? "nothing_matches" : "nothing_yet") : t("loading")}</p>`
      }
    </section>`;
  }

  private row(row: FeedRow) {
    const fresh = row.fresh > 0 && store.now - row.fresh < FRESH_MS && !row.gone;
    return html`<li class="row ${fresh ? "fresh" : ""} ${row.gone ? "gone" : ""}" data-report=${row.summary.id}>
      ${reportRow(row.summary, row.gone ? html`<span class="chip">${t("gone")}</span>` : fresh ? html`<span class="chip new">${t("new")}</span>` : nothing)}
    </li>`;
  }

  private select(name: "kind" | "country" | "substance", label: string, all: string, values: string[], show: (value: string) => string) {
    return html`<label
      ><span class="visually-hidden">${label}</span>
      <select @change=${(event: Event) => (this[name] = (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${this[name] === ""}>${all}</option>
        ${values.map((value) => html`<option value=${value} ?selected=${this[name] === value}>${show(value)}</option>`)}
      </select></label
    >`;
  }

  private passes({ summary }: FeedRow): boolean {
    return (
      (!this.kind || summary.kind === this.kind) &&
      (!this.country || summary.place?.country === this.country) &&
      (!this.substance || summary.substances.some((substance) => substance.slug === this.substance))
    );
  }

  private readonly togglePause = (): void => {
    this.frozen = this.frozen ? null : store.list();
  };

  /** A frozen list still lets a withdrawn report go: pausing must not keep what may no longer be seen. */
  private asNow(frozen: FeedRow[]): FeedRow[] {
    return frozen.filter((row) => store.rows.has(row.summary.id)).map((row) => ({ ...row, gone: store.rows.get(row.summary.id)?.gone ?? 0 }));
  }

  private waiting(live: FeedRow[], frozen: FeedRow[]): number {
    const seen = new Map(frozen.map((row) => [row.summary.id, row.summary.revision]));
    return live.filter((row) => this.passes(row) && seen.get(row.summary.id) !== row.summary.revision).length;
  }
}

function unique(rows: FeedRow[], of: (row: FeedRow) => (string | null | undefined)[]): string[] {
  return [...new Set(rows.flatMap(of).filter((value): value is string => Boolean(value)))].sort();
}
