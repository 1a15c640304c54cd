import { html, type TemplateResult } from "lit";
import type { ApiError } from "../api";
import { said } from "../said";
import { t } from "../texts";

/** Why a call was refused, in the reader's language where the centre has it. */
export const whyOf = (error: ApiError): string => said(error, "detail") || error.title;

/** What went wrong with a call, in words that the officer can act on. */
export function refusal(error: ApiError): TemplateResult {
  const text = error.status === 0 ? t("unreachable") : error.status === 404 ? t("missing") : t("failed", whyOf(error));
  return html`<p class="note warn" role="alert">${text}</p>`;
}
