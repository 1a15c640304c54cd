import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { api, type ApiError } from "../api";
import { deliveries } from "../delivery-store";
import type { Delivery } from "../delivery-types";
import { Page } from "../page";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import type { ActDialog } from "./act-dialog";
import "./act-dialog";
import "./clock-strip";
import { partLine } from "./leg-board";
import { refusal } from "./refusal";

/** Every open delivery of this person, alarms first, under the clocks of all of them. */
@customElement("ric-deliveries")
export class DeliveryList extends Page {
  protected readonly watch = new Watch(this, true);
  @state() private closed: Delivery[] | null = null;
  @state() private error: ApiError | null = null;

  override render() {
    const open = deliveries.open();
    return html`<ric-clocks></ric-clocks>
      <section class="panel deliveries" aria-labelledby="deliveries-title">
        <header class="panel-head">
          <h1 id="deliveries-title" tabindex="-1">${t("deliveries")}</h1>
          <span class="count">${open.length}</span>
          ${store.me?.role === "officer" ? html`<a class="button primary" href="#/request">${t("r_new")}</a>` : nothing}
          ${
            store.may("coordinator", "supervisor")
              ? html`<button type="button" class="danger" @click=${() => this.querySelector<ActDialog>("ric-act")?.ask({ act: "break_glass", delivery: "" })}>${t("act_break_glass")}…</button>`
              : nothing
          }
          <button type="button" aria-pressed=${this.closed !== null} @click=${this.toggle}>${t("d_show_closed")}</button>
        </header>
        ${deliveries.failure ? refusal(deliveries.failure) : nothing}
        ${open.length ? nothing : html`<p class="empty" role="status">${deliveries.loaded ? t("d_none") : deliveries.refused ? t("d_none") : t("loading")}</p>`}
        <ul class="rows perishable">
          ${repeat(open, (delivery) => delivery.delivery, row)}
        </ul>
        ${open.length ? html`<ric-delivery-map></ric-delivery-map>` : nothing}
        ${this.error ? refusal(this.error) : nothing}
        ${this.closed ? html`<h2>${t("d_closed")}</h2><ul class="rows">${this.closed.map(row)}</ul>` : nothing}
      </section>
      <ric-act></ric-act>`;
  }

  private readonly toggle = async (): Promise<void> => {
    if (this.closed) {
      this.closed = null;
      return;
    }
    try {
      this.closed = (await api.deliveries(false)).items.filter((delivery) => ["closed", "evaluated"].includes(delivery.status));
      this.error = null;
    } catch (error) {
      this.error = error as ApiError;
    }
  };
}

function row(delivery: Delivery) {
  const loud = delivery.alarms.length;
  return html`<li class="row delivery-row ${loud ? "loud" : ""}" data-delivery=${delivery.delivery}>
    <div class="row-head">
      <a class="title" href="#/delivery/${delivery.delivery}"><bdi>${delivery.delivery}</bdi></a>
      <span class="chip">${named("status", delivery.status)}</span>
      ${loud ? html`<span class="chip bad">${t("d_alarms_count", loud)}: ${[...new Set(delivery.alarms.map((alarm) => named("alarm", alarm.kind)))].join(", ")}</span>` : nothing}
      ${delivery.unconfirmed.length ? html`<span class="chip warn">${t("d_unconfirmed")}: ${delivery.unconfirmed.length}</span>` : nothing}
    </div>
    ${delivery.parts.map(partLine)}
  </li>`;
}
