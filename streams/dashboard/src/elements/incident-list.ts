import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { api, type ApiError, type Incident } from "../api";
import { Page } from "../page";
import { said } from "../said";
import { store, Watch } from "../store";
import { t } from "../texts";
import { refusal } from "./refusal";
import { reportRow } from "./report-row";

/** Two reports that may be one seizure, with every reason and its share of the score. `except`: the report already on the page. */
export function proposal(incident: Incident, except = ""): TemplateResult {
  const sides = [incident.first, incident.second].filter((side) => side && side.id !== except);
  return html`<article class="proposal">
    <p>
      <b class="score">${Math.round(incident.score * 100)} %</b> <span class="hint">${t("score")}</span>
      ${incident.decided_by ? html`<code>${incident.decided_by}</code>` : nothing}
      ${incident.status === "withdrawn" ? html`<span class="chip">${t("withdrawn")}</span>` : nothing}
    </p>
    <ul class="reasons">
      ${incident.reasons.map((reason) => html`<li><span class="figure">+${reason.weight.toFixed(2)}</span> <bdi>${said(reason, "reason")}</bdi></li>`)}
    </ul>
    <p class="small" data-ask-first=${incident.ask_first.join(" ")}>
      ${incident.ask_first.length ? html`${t("ask_first")} <b><bdi>${incident.ask_first.join(", ")}</bdi></b>` : t("ask_nobody")}
    </p>
    <div class="sides">${sides.map((side) => html`<div class="row">${reportRow(side)}</div>`)}</div>
  </article>`;
}

/** Proposals for coordinators who may see both reports. */
@customElement("ric-incidents")
export class IncidentList extends Page {
  protected readonly watch = new Watch(this);
  @state() private items: Incident[] | null = null;
  @state() private error: ApiError | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    store.addEventListener("incident", this.load);
    store.addEventListener("gone", this.onGone);
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    store.removeEventListener("incident", this.load);
    store.removeEventListener("gone", this.onGone);
  }

  override render() {
    return html`<section class="panel" aria-labelledby="incidents-title">
      <header class="panel-head"><h1 id="incidents-title">${t("same_seizure")}</h1></header>
      ${this.error ? refusal(this.error) : nothing}
      ${this.items?.map((incident) => proposal(incident)) ?? (this.error ? nothing : html`<p class="empty">${t("loading")}</p>`)}
      ${this.items?.length === 0 ? html`<p class="empty">${t("proposals_none")}</p>` : nothing}
    </section>`;
  }

  private readonly onGone = (event: Event): void => {
    const id = (event as CustomEvent<string>).detail;
    this.items = this.items?.filter(({ first, second }) => first.id !== id && second.id !== id) ?? null;
  };

  private readonly load = async (): Promise<void> => {
    try {
      this.items = (await api.incidents()).items;
      this.error = null;
    } catch (error) {
      this.error = error as ApiError;
    }
  };
}
