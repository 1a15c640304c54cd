import { html, nothing, type TemplateResult } from "lit";
import type { Json, JsonObject } from "../api";
import { isObject } from "../changes";
import { time } from "../format";
import { fieldName } from "../labels";
import { t } from "../texts";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:\d{2})$/;
/** Shown with the heading already. */
const SHOWN_ABOVE = new Set(["schema_version", "title"]);

/** A report field by field, every field, in the agency's own words and order. */
export function asWritten(report: JsonObject): TemplateResult {
  return html`<dl class="fields">
    ${Object.entries(report)
      .filter(([name, value]) => !SHOWN_ABOVE.has(name) && !isEmpty(value))
      .map(([name, value]) => html`<dt title=${name}>${fieldName(name)}</dt><dd>${shown(value)}</dd>`)}
  </dl>`;
}

function shown(value: Json): TemplateResult | typeof nothing {
  if (value === null) return nothing;
  if (typeof value === "boolean") return html`${t(value ? "yes" : "no")}`;
  if (Array.isArray(value)) {
    if (value.every((item) => !isObject(item) && !Array.isArray(item))) {
      return html`${value.map((item, index) => html`${index ? ", " : ""}<bdi>${String(item)}</bdi>`)}`;
    }
    return html`<ol class="items">
      ${value.map((item) => html`<li>${shown(item)}</li>`)}
    </ol>`;
  }
  if (isObject(value)) {
    if ("amount" in value) return quantity(value);
    return html`<dl class="fields inner">
      ${Object.entries(value)
        .filter(([, inner]) => !isEmpty(inner))
        .map(([name, inner]) => html`<dt title=${name}>${fieldName(name)}</dt><dd>${shown(inner)}</dd>`)}
    </dl>`;
  }
  const text = String(value);
  return INSTANT.test(text) ? html`${time(text)} <small class="as-given">${text}</small>` : html`<bdi class="text">${text}</bdi>`;
}

function quantity(value: JsonObject): TemplateResult {
  return html`<b><bdi>${value["approximate"] ? "≈ " : ""}${String(value["amount"])} ${String(value["unit"] ?? value["currency"] ?? "")}</bdi></b>`;
}

function isEmpty(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}
