import { html, nothing, svg } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { Count, Windows } from "../api";
import { country, kg, number, words } from "../format";
import { groupOf } from "../groups";
import { Page } from "../page";
import { store, Watch } from "../store";
import { kindName, t } from "../texts";

const TOP = 6;

/** How much in the last 24 hours, 7 days and in all: over what this reader may see. */
@customElement("ric-counters")
export class CounterStrip extends Page {
  protected readonly watch = new Watch(this);
  @state() private span: keyof Windows = "day";

  override render() {
    const counters = store.counters;
    const spans: (keyof Windows)[] = ["day", "week", "all"];
    return html`<section class="panel counters perishable" aria-labelledby="counters-title">
      <header class="panel-head">
        <h2 id="counters-title">${t("counters")}</h2>
        <div class="tabs" role="group" aria-labelledby="counters-title">
          ${spans.map(
            (span) => html`<button type="button" aria-pressed=${this.span === span} @click=${() => (this.span = span)}>
              ${t(span)} <b>${counters ? number(counters[span].reports) : "–"}</b>
            </button>`,
          )}
        </div>
      </header>
      ${
        counters
          ? html`<div class="counter-columns">
              ${this.table(t("by_substance"), counters[this.span].substances, (row) => row.name || words("slug" in row ? String(row.slug) : ""), true)}
              ${this.table(t("by_country"), counters[this.span].countries, (row) => country(row.name) || "–")}
              ${this.table(t("by_kind"), counters[this.span].kinds, (row) => kindName(row.name))}
            </div>`
          : html`<p class="empty">${t("loading")}</p>`
      }
    </section>`;
  }

  private table(title: string, rows: (Count & { group?: string | null })[], name: (row: Count) => string, weights = false) {
    const size = (row: Count): number => (weights ? Number(row.kg ?? 0) : row.count);
    const largest = Math.max(...rows.map(size), 1e-9);
    const top = [...rows].sort((a, b) => size(b) - size(a) || b.count - a.count).slice(0, TOP);
    return html`<table>
      <caption>
        ${title}
      </caption>
      <tbody>
        ${top.map(
          (row) => html`<tr>
            <th scope="row">
              ${weights ? html`<span class="swatch group-${groupOf(row.group)}" aria-hidden="true"></span>` : nothing}<bdi>${name(row)}</bdi>
            </th>
            <td class="bar">
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                ${svg`<rect width=${Math.max(1, (100 * size(row)) / largest)} height="8"></rect>`}
              </svg>
            </td>
            <td class="figure">${weights ? kg(row.kg) || t("no_weight") : ""}</td>
            <td class="figure">${number(row.count)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}
