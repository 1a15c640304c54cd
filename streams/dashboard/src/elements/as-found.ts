import { html, nothing, type TemplateResult } from "lit";
import type { Enrichment, Problem } from "../api";
import { country, kg, number } from "../format";
import { groupOf } from "../groups";
import { roughKey, roughness } from "../roughness";
import { t } from "../texts";

/** What the centre found out; it stands beside the report and never changes it. */
export function asFound(found: Enrichment): TemplateResult {
  return html`
    ${place(found)}
    <h3>${t("countries")}</h3>
    <p>${(found.countries ?? []).map((code, index) => html`${index ? ", " : ""}<bdi>${country(code)}</bdi>`)}</p>
    ${found.substances?.length ? substances(found) : nothing} ${found.identifiers?.length ? identifiers(found) : nothing}
    ${
      found.names?.length
        ? html`<h3>${t("names")}</h3>
            <ul>
              ${found.names.map((name) => html`<li><bdi>${name.name}</bdi> → <bdi>${name.latin}</bdi></li>`)}
            </ul>`
        : nothing
    }
    <h3>${t("what_looks_wrong")}</h3>
    ${found.findings?.length ? problems(found.findings) : html`<p>${t("nothing_wrong")}</p>`}
    <p class="hint">${t("reference", found.reference)}</p>
  `;
}

/** Problems and findings, each with its field and what would mend it. */
export function problems(list: readonly Problem[]): TemplateResult {
  return html`<ul class="problems">
    ${list.map(
      (problem) => html`<li>
        <code>${problem.field}</code> <span>${problem.reason}</span>
        ${problem.mend ? html`<span class="mend"><b>${t("mend")}:</b> ${problem.mend}</span>` : nothing}
      </li>`,
    )}
  </ul>`;
}

function place(found: Enrichment): TemplateResult | typeof nothing {
  const main = found.place;
  if (!main) return nothing;
  const rough = roughness(main.basis);
  return html`<h3>${t("main_place")}</h3>
    <p>
      ${main.name && rough !== "country" ? html`<bdi>${main.name}</bdi>, ` : nothing}<bdi>${country(main.country)}</bdi> ${main.code ? html`<code>${main.code}</code>` : nothing}
      ${main.lat !== null && main.lon !== null && main.lat !== undefined ? html`<span class="figure">${main.lat?.toFixed(4)}, ${main.lon?.toFixed(4)}</span>` : nothing}
      <small>${t("basis")}: ${main.basis}${main.accuracy_m ? html`, ${t("accuracy", number(main.accuracy_m / 1000))}` : nothing}</small>
      ${rough ? html`<br /><small class="honest">≈ ${t(roughKey(rough))}</small>` : nothing}
    </p>`;
}

function substances(found: Enrichment): TemplateResult {
  return html`<h3>${t("recognised")}</h3>
    <ul>
      ${found.substances.map(
        (substance) => html`<li>
          <span class="swatch group-${groupOf(substance.group)}" aria-hidden="true"></span><bdi><b>${substance.name}</b></bdi>
          ${substance.kg === null || substance.kg === undefined ? html`<i>${t("no_kg")}</i>` : html`<b class="figure">${kg(substance.kg)}</b>`}
          <small>
            ${substance.factor ? html`${t("factor", substance.factor)}${substance.basis ? html` (${substance.basis})` : nothing} · ` : nothing}
            ${substance.control?.length ? html`${t("control")}: ${substance.control.join(", ")} · ` : nothing}
            ${substance.cas ? html`CAS ${substance.cas} · ` : nothing} ${t("matched")} ${substance.matched_on} · <code>${substance.field}</code>
          </small>
        </li>`,
      )}
    </ul>`;
}

function identifiers(found: Enrichment): TemplateResult {
  return html`<h3>${t("numbers")}</h3>
    <ul>
      ${found.identifiers.map((number) => {
        const [mark, text] =
          number.valid === true ? ["good", t("valid")] : number.valid === false ? ["bad", t("invalid")] : ["", t("unchecked")];
        return html`<li>
          <small>${number.kind}</small> <bdi><b class="figure">${number.value}</b></bdi>
          <span class="chip ${mark}">${mark === "good" ? "✓ " : mark === "bad" ? "✗ " : ""}${text}</span> <code>${number.field}</code>
        </li>`;
      })}
    </ul>`;
}
