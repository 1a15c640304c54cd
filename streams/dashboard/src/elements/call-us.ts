import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call, type Page as Listed, type Receipt } from "../api";
import { time } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";

const ASK_EVERY_MS = 30_000;
const SHOWN_MS = 24 * 3_600_000;
const HEARD = "ric-called";

/** The centre asks the agency's duty chief to call, and says nothing else (decision 0808). It stays until somebody at this screen has read it. */
@customElement("ric-call-us")
export class CallUs extends Page {
  protected readonly watch = new Watch(this);
  @state() private asked: Receipt | null = null;
  private begun = false;
  private timer: ReturnType<typeof setInterval> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => void this.ask(), ASK_EVERY_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.timer !== null) clearInterval(this.timer);
  }

  protected override updated(): void {
    if (this.begun || !store.me) return;
    this.begun = true;
    void this.ask();
  }

  override render() {
    const asked = this.asked;
    if (!asked?.at || asked.id === localStorage.getItem(HEARD)) return nothing;
    return html`<div class="note bad" role="alert" data-call=${asked.id}>
      <strong>${t("call_us", asked.contact ?? "")}</strong> <span>${time(asked.at)}</span>
      <button type="button" class="quiet" @click=${() => this.heard(asked.id)}>${t("call_us_heard")}</button>
    </div>`;
  }

  private heard(id: string): void {
    localStorage.setItem(HEARD, id);
    this.requestUpdate();
  }

  private async ask(): Promise<void> {
    if (!store.may("officer", "analyst")) return;
    const found = await call<Listed<Receipt>>("/v1/receipts?status=call_us&limit=1").catch(() => null);
    const newest = found?.items[0];
    if (newest?.at && store.now - Date.parse(newest.at) < SHOWN_MS) this.asked = newest;
  }
}
