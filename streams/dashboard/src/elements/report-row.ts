import { html, nothing, type TemplateResult } from "lit";
import type { Summary } from "../api";
import { country, kg, moment, time } from "../format";
import { groupOf } from "../groups";
import { roughKey, roughness } from "../roughness";
import { kindName, t } from "../texts";
import "./handling-label";

/** What was taken, as one line: name, weight, or the quantity as reported where it has no weight. */
export function taken(summary: Summary): TemplateResult[] {
  return summary.substances.map(
    (substance) => html`<span class="substance" title=${substance.reported ?? nothing}
      ><span class="swatch group-${groupOf(substance.group)}" aria-hidden="true"></span>${
        substance.kg === null ? html`<bdi>${substance.reported ?? substance.name}</bdi>` : html`<bdi>${substance.name}</bdi> <b>${kg(substance.kg)}</b>`
      }</span
    >`,
  );
}

export function where(summary: Summary): TemplateResult | typeof nothing {
  const place = summary.place;
  if (!place) return nothing;
  const rough = roughness(place.basis);
  return html`<span class="where"
    >${place.name && rough !== "country" ? html`<bdi>${place.name}</bdi>, ` : nothing}<bdi>${country(place.country)}</bdi>${
      rough ? html` <abbr title=${t(roughKey(rough))}>≈</abbr>` : nothing
    }</span
  >`;
}

export function reportLink(summary: Summary): TemplateResult {
  return html`<a class="title" href="#/report/${encodeURIComponent(summary.id)}"
    ><bdi>${summary.title ?? `${kindName(summary.kind)} ${summary.report_id}`}</bdi></a
  >`;
}

/** The body of one report in a list: the same in the feed, the search and the proposals. */
export function reportRow(summary: Summary, lead: TemplateResult | typeof nothing = nothing): TemplateResult {
  return html`
    <div class="row-head">
      ${lead}
      <ric-handling .tlp=${summary.tlp}></ric-handling>
      <span class="kind">${kindName(summary.kind)}</span>
      <bdi class="originator">${summary.originator}</bdi>
      <span class="received">${time(summary.received)}</span>
    </div>
    ${reportLink(summary)}
    <div class="row-facts">${where(summary)} ${taken(summary)}</div>
    <div class="row-foot">
      ${summary.occurred ? html`<span>${t("occurred")}: ${moment(summary.occurred)}</span>` : nothing}
      ${summary.revision > 1 ? html`<span class="chip">${t("revision", summary.revision)}</span>` : nothing}
      ${summary.findings ? html`<span class="chip warn">${t("findings", summary.findings)}</span>` : nothing}
    </div>
  `;
}
