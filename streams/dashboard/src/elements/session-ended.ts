import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";

/** Shown instead of everything when the session is over: how to sign in again. */
@customElement("ric-session-ended")
export class SessionEnded extends Page {
  protected readonly watch = new Watch(this);

  override render() {
    document.title = `(!) ${t("ended_title")}`;
    if (store.endedBy) {
      return html`<main class="ended" role="alert" data-ended-by=${store.endedBy}>
        <h1>${t("ended_other", store.endedBy)}</h1>
        <p>${t("ended_not_theirs")}</p>
        <p><button type="button" class="primary" @click=${() => location.reload()}>${t("ended_open", store.endedBy)}</button></p>
      </main>`;
    }
    return html`<main class="ended" role="alert">
      <h1>${t("ended_title")}</h1>
      <p>${t("ended_how")}</p>
      <p>${t("ended_local")}</p>
      <pre><code>ric token --link</code></pre>
      <p>${t("ended_ask")}</p>
    </main>`;
  }
}
