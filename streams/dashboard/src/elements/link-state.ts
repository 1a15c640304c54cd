import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { age, clock } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";

/** Whether what is on the page is live, since when not, and how old the last sign of life is. */
@customElement("ric-link")
export class LinkState extends Page {
  protected readonly watch = new Watch(this, true);

  override render() {
    const link = store.link;
    if (store.stale && link.state !== "connecting") return this.show("stale", t("not_live"), t("since", clock(this.heard())));
    if (link.state === "live") return this.show("live", t("live"), t("heard", age(store.now - link.heard)));
    if (link.state === "reconnecting") {
      const why = link.offline ? ` · ${t("offline")}` : "";
      return this.show("reconnecting", t("reconnecting"), t("since", clock(link.since)) + why);
    }
    return this.show(store.stale ? "stale" : "connecting", t(store.stale ? "not_live" : "connecting"), "");
  }

  private heard(): number {
    const link = store.link;
    return ("heard" in link ? link.heard : null) ?? ("since" in link ? link.since : store.now);
  }

  private show(state: string, word: string, more: string) {
    return html`<span class="link link-${state}" data-state=${state}>
      <span class="dot" aria-hidden="true"></span>
      <strong role="status">${word}</strong>
      ${more ? html`<span class="link-more">${more}</span>` : nothing}
    </span>`;
  }
}

/** The banner over everything when nothing was heard for too long. */
@customElement("ric-stale")
export class StaleBanner extends Page {
  protected readonly watch = new Watch(this, true);

  override render() {
    if (!store.stale || store.ended) return nothing;
    const link = store.link;
    const heard = "heard" in link ? link.heard : null;
    return html`<div class="stale-banner" role="alert">
      <strong>${t("not_live")}</strong>
      <span>${heard === null ? t("never_live") : t("not_live_long", age(store.now - heard), clock(heard))}</span>
      <button type="button" @click=${() => store.retry()}>${t("retry_now")}</button>
    </div>`;
  }
}
