import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { api, type ApiError } from "../api";
import { deliveries } from "../delivery-store";
import { age, time } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";
import { whyOf } from "./refusal";

const AGAIN_MS = 3_000;

/** In an exercise, on every page: REAL, NOT EXERCISE (decision 0813). It goes on trying until the live centre has it, or is closed. */
@customElement("ric-real-call")
export class RealCall extends Page {
  protected readonly watch = new Watch(this);
  @state() private state: "asked" | "trying" | "failing" | "reached" | null = null;
  @state() private contact: string | null = null;

  override render() {
    return html`<button type="button" class="real-button" @click=${this.ask}>${t("real_button")}</button>
      <dialog class="act real" aria-labelledby="real-title" @close=${() => (this.state = null)}>
        <h2 id="real-title">${t("real_button")}</h2>
        <p>${t("real_about")}</p>
        <p><strong>${this.contact ? t("real_contact", this.contact) : t("real_no_contact")}</strong></p>
        <div aria-live="assertive">
          ${this.state === "reached" ? html`<p class="note good" data-real="reached">${t("real_reached")}</p>` : nothing}
          ${this.state === "trying" ? html`<p class="note" data-real="trying">${t("a_sending")}</p>` : nothing}
          ${this.state === "failing" ? html`<p class="note bad" data-real="failing">${t("real_not_reached")}</p>` : nothing}
        </div>
        <div class="form-foot">
          <button type="button" @click=${() => this.dialog.close()}>${t(this.state === "reached" ? "a_close" : "cancel")}</button>
          ${this.state === "reached" ? nothing : html`<button type="button" class="stop-button" ?disabled=${this.state !== "asked"} @click=${() => void this.call()}>${t("real_tell")}</button>`}
        </div>
      </dialog>`;
  }

  private readonly ask = (): void => {
    this.state = "asked";
    this.dialog.showModal();
    void api.realReach().then(({ contact }) => (this.contact = contact), () => undefined);
  };

  private async call(): Promise<void> {
    this.state = "trying";
    while (this.state === "trying" || this.state === "failing") {
      try {
        await api.real();
        if (this.dialog.open) this.state = "reached";
        return;
      } catch (error) {
        if ((error as ApiError).status === 401 || !this.dialog.open) return;
        this.state = "failing";
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  private get dialog(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }
}

/** In the live space, over every page of the duty desk: who said in an exercise that something is real, until somebody has called. */
@customElement("ric-real-alerts")
export class RealAlerts extends Page {
  protected readonly watch = new Watch(this, true);
  @state() private failed = "";

  override render() {
    const open = [...deliveries.real.values()].filter((alert) => !alert.answered_by).sort((a, b) => a.at.localeCompare(b.at));
    if (!open.length || store.ended) return nothing;
    return html`<section class="real-alerts" role="alert" aria-label=${t("real_title")}>
      ${open.map(
        (alert) => html`<p data-real-alert=${alert.id}>
          <strong>${t("real_title")}</strong>
          <span>${t("real_says", `${alert.agency}/${alert.person}`, alert.exercise)} · ${time(alert.at)}, ${t("d_ago", age(Date.now() - Date.parse(alert.at)))}</span>
          <a href="#/directory/${alert.agency}">${t("real_directory")}</a>
          <button type="button" @click=${() => void this.called(alert.id)}>${t("real_called")}</button>
        </p>`,
      )}
      ${this.failed ? html`<p>${this.failed}</p>` : nothing}
    </section>`;
  }

  private async called(id: string): Promise<void> {
    try {
      deliveries.tellReal(await api.realAnswered(id));
      this.failed = "";
    } catch (error) {
      this.failed = t("failed", whyOf(error as ApiError));
    }
  }
}
