import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { api, type ApiError, type HeldReport } from "../api";
import { Page } from "../page";
import { store, Watch } from "../store";
import { t } from "../texts";
import "./hold-control";
import { refusal } from "./refusal";

/** What is held, by whom and why: no content. A coordinator finds what he held himself. */
@customElement("ric-holds")
export class HoldList extends Page {
  protected readonly watch = new Watch(this);
  @state() private items: HeldReport[] | null = null;
  @state() private error: ApiError | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override render() {
    const own = store.may("coordinator");
    return html`<section class="panel" aria-labelledby="holds-title">
      <header class="panel-head"><h1 id="holds-title">${t(own ? "holds_own" : "holds")}</h1></header>
      ${this.error ? refusal(this.error) : nothing} ${this.items?.length === 0 ? html`<p class="empty">${t(own ? "no_holds_own" : "no_holds")}</p>` : nothing}
      <ul class="rows">
        ${this.items?.map(
          (held) => html`<li class="row">
            <bdi class="originator">${held.originator}</bdi>
            <ric-hold .report=${held.id} .hold=${held}></ric-hold>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  private async load(): Promise<void> {
    try {
      this.items = (await api.holds()).items;
      this.error = null;
    } catch (error) {
      this.error = error as ApiError;
    }
  }
}
