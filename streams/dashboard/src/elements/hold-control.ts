import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { api, type ApiError, type Hold } from "../api";
import { time } from "../format";
import { Page } from "../page";
import { store } from "../store";
import { t } from "../texts";
import { refusal } from "./refusal";

/** Hold a report or release it, with a reason and a second look. */
@customElement("ric-hold")
export class HoldControl extends Page {
  @property() report = "";
  @property({ attribute: false }) hold: Hold | null = null;
  @state() private act: "hold" | "release" = "hold";
  @state() private error: ApiError | null = null;
  /** A decision was sent from this page: it may be taken back from here, also when the report is no longer shown. */
  @property({ attribute: false }) sent = false;

  override render() {
    const held = this.hold;
    if (!store.may("coordinator", "supervisor")) return held ? html`<div class="hold">${note(held)}</div>` : nothing;
    return html`<div class="hold">
      ${held ? note(held) : nothing}
      ${this.sent ? html`<p class="note" role="status">${t("sent")}</p>` : nothing}
      <button type="button" class="danger" @click=${() => this.ask("hold")} ?hidden=${held !== null}>${t("hold")}…</button>
      <button type="button" @click=${() => this.ask("release")} ?hidden=${held === null && !this.sent}>${t("release")}…</button>
      <dialog aria-labelledby="hold-title">
        <form method="dialog" @submit=${this.send}>
          <h2 id="hold-title">${t(`${this.act}_title`)}</h2>
          <p>${t(`${this.act}_about`)}</p>
          <label><span>${t("reason")}</span><input name="reason" required maxlength="400" autocomplete="off" /></label>
          <p class="hint">${t("reason_needed")}</p>
          ${this.error ? refusal(this.error) : nothing}
          <div class="form-foot">
            <button type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
            <button type="submit" class=${this.act === "hold" ? "danger" : "primary"}>${t(this.act)}</button>
          </div>
        </form>
      </dialog>
    </div>`;
  }

  private get dialog(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }

  private ask(act: "hold" | "release"): void {
    this.act = act;
    this.error = null;
    this.dialog.showModal();
  }

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const reason = String(new FormData(event.target as HTMLFormElement).get("reason") ?? "").trim();
    if (!reason) return;
    try {
      await api[this.act](this.report, reason);
      this.sent = true;
      this.dialog.close();
      this.dispatchEvent(new CustomEvent<string>("decided", { detail: this.act }));
    } catch (error) {
      this.error = error as ApiError;
    }
  };
}

function note(held: Hold) {
  return html`<p class="note warn">
    <strong>${t("held")}</strong> ${held.by ? t("held_by", held.by, held.reason ?? "") : t("embargoed")}
    ${held.until ? html`${t("until")} ${time(held.until)}` : nothing}
  </p>`;
}
