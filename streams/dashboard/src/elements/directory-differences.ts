import { html } from "lit";
import type { Difference } from "../directory-words";

/** What differs between two versions: before struck through, after beside it. */
export const differing = (found: Difference[]) =>
  html`<ul class="differences">
    ${found.map(({ label, before, after }) => html`<li><span class="small">${label}</span> <s><bdi>${before || "—"}</bdi></s> → <b><bdi>${after || "—"}</bdi></b></li>`)}
  </ul>`;
