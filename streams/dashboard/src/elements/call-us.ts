import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { calls } from "../calls";
import { time } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";

/** Over every page: that the centre asks to be called, each time by itself. */
@customElement("ric-call-us")
export class CallUs extends Page {
  protected readonly watch = new Watch(this);

  override connectedCallback(): void {
    super.connectedCallback();
    calls.addEventListener("change", this.onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    calls.removeEventListener("change", this.onChange);
  }

  protected override willUpdate(): void {
    calls.start();
  }

  override render() {
    if (store.ended) return nothing;
    return calls.unread.map(
      ({ id, at, contact }) => html`<div class="note bad" role="alert" data-call=${id}>
        <strong>${t("call_us", contact ?? "")}</strong> <span>${time(at)}</span>
        <button type="button" class="quiet" @click=${() => calls.heard(id)}>${t("call_us_heard")}</button>
      </div>`,
    );
  }

  private readonly onChange = (): void => this.requestUpdate();
}
