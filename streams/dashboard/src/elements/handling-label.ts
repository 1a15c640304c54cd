import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Tlp } from "../api";
import { Page } from "../page";
import { t } from "../texts";

/** The TLP 2.0 label in FIRST's colours; shown on every item. */
@customElement("ric-handling")
export class HandlingLabel extends Page {
  @property() tlp: Tlp = "RED";

  override render() {
    const name = `TLP:${this.tlp}`;
    return html`<span class="tlp tlp-${this.tlp.replace("+", "-").toLowerCase()}" title=${t("tlp", name)}>${name}</span>`;
  }
}
