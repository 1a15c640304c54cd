import { html, nothing, svg } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { CounterWindow, Windows } from "../api";
import { country, kg, number } from "../format";
import { groupOf } from "../groups";
import { Page } from "../page";
import { store, Watch } from "../store";
import { kindName, t } from "../texts";

const TOP = 6;
const SPAN_NAMES = { "24h": "day", "7d": "week", all: "all" } as const;

interface Line {
  name: string;
  count: number;
  group?: string | null;
  kg?: string | null;
}

/** How much in the last 24 hours, 7 days and in all: over what this reader may see. */
@customElement("ric-counters")
export class CounterStrip extends Page {
  protected readonly watch = new Watch(this);
  @state() private span: keyof Windows = "24h";

  override render() {
    const counted = store.counters[this.span];
    const spans: (keyof Windows)[] = ["24h", "7d", "all"];
    return html`<section class="panel counters perishable" aria-labelledby="counters-title">
      <header class="panel-head">
        <h2 id="counters-title">${t("counters")}</h2>
        <span class="count">${t("by_receipt")}</span>
        <div class="tabs" role="group" aria-labelledby="counters-title">
          ${spans.map(
            (span) => html`<button type="button" aria-pressed=${this.span === span} @click=${() => (this.span = span)}>
              ${t(SPAN_NAMES[span])} <b>${store.counters[span] ? number(store.counters[span].reports) : "–"}</b>
            </button>`,
          )}
        </div>
      </header>
      ${
        counted
          ? html`<div class="counter-columns">
              ${this.table(t("by_substance"), substances(counted), true)}
              ${this.table(t("by_country"), lines(counted.countries, country))}
              ${this.table(t("by_kind"), lines(counted.kinds, kindName))}
            </div>`
          : html`<p class="empty">${t("loading")}</p>`
      }
    </section>`;
  }

  private table(title: string, rows: Line[], weights = false) {
    const size = (row: Line): number => (weights ? Number(row.kg ?? 0) : row.count);
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
              ${weights ? html`<span class="swatch group-${groupOf(row.group)}" aria-hidden="true"></span>` : nothing}<bdi>${row.name}</bdi>
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

function substances(counted: CounterWindow): Line[] {
  return counted.substances.map(({ name, group, seizures, kg: weight }) => ({ name, group, count: seizures, kg: weight }));
}

function lines(counted: Record<string, number>, name: (code: string) => string): Line[] {
  return Object.entries(counted).map(([code, count]) => ({ name: name(code), count }));
}
