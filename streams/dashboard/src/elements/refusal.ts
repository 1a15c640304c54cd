import { html, type TemplateResult } from "lit";
import type { ApiError } from "../api";
import { t } from "../texts";

/** What went wrong with a call, in words that the officer can act on. */
export function refusal(error: ApiError): TemplateResult {
  const text = error.status === 0 ? t("unreachable") : error.status === 404 ? t("missing") : t("failed", error.message);
  return html`<p class="note warn" role="alert">${text}</p>`;
}
