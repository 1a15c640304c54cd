import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { centreTime } from "../centre-time";
import { clocks, nearness, type DueClock } from "../delivery-clocks";
import { deliveries } from "../delivery-store";
import { clock, dateAndClock, left, sameDay } from "../format";
import { Page } from "../page";
import { Watch } from "../store";
import { named, t } from "../texts";

const SHOWN = 12;

/** Every clock of all open deliveries, or of one, by time left; by the centre's time, never the browser's. */
@customElement("ric-clocks")
export class ClockStrip extends Page {
  protected readonly watch = new Watch(this, true);
  @property() delivery = "";
  @state() private all = false;

  override render() {
    const now = centreTime.now();
    const due = deliveries
      .open()
      .filter(({ delivery }) => !this.delivery || delivery === this.delivery)
      .flatMap((each) => clocks(each, now))
      .sort((a, b) => a.due - b.due);
    const shown = this.all ? due : due.slice(0, SHOWN);
    return html`<section class="panel clocks perishable" aria-labelledby="clocks-title">
      <header class="panel-head">
        <h2 id="clocks-title">${t(this.delivery ? "d_clocks" : "d_clock_strip")}</h2>
        <span class="count">${centreTime.known ? t("d_clocks_time", clock(now)) : t("d_clocks_unknown")}</span>
        ${
          due.length > SHOWN
            ? html`<button type="button" aria-expanded=${this.all} @click=${() => (this.all = !this.all)}>${this.all ? t("d_fewer") : t("d_all_clocks", due.length)}</button>`
            : nothing
        }
      </header>
      ${due.length ? nothing : html`<p class="empty">${t("d_clocks_none")}</p>`}
      <ol class="strip">
        ${repeat(
          shown,
          (each) => `${each.delivery}/${each.part}/${each.leg}/${each.kind}`,
          (each) => this.one(each, now),
        )}
      </ol>
    </section>`;
  }

  private one(each: DueClock, now: number) {
    const remaining = each.due - now;
    return html`<li class="due near-${nearness(each, now)} ${remaining < 0 ? "over" : ""}" data-clock=${each.kind}>
      <b class="figure">${centreTime.known ? (remaining < 0 ? t("d_overdue", left(remaining)) : left(remaining)) : "–"}</b>
      <span class="what">${named("clock", each.kind)}</span>
      ${this.delivery ? nothing : html`<a href="#/delivery/${each.delivery}"><bdi>${each.delivery}</bdi></a>`}
      <span class="small">${each.part ? t("d_part", each.part) : ""} ${each.leg ? t("d_leg", each.leg) : ""} ${each.part ? "·" : ""} ${sameDay(each.due, now) ? clock(each.due, undefined, false) : dateAndClock(each.due)}</span>
    </li>`;
  }
}
