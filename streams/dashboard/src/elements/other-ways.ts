import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ApiError, call, path } from "../api";
import { country } from "../format";
import { Page } from "../page";
import type { Plan } from "../plan-types";
import { Watch } from "../store";
import { t } from "../texts";
import { otherWays } from "./consent-plan";
import { refusal } from "./refusal";

/** What can be done with a load under way instead (streams/planning/onward.py), as far as the page reads it. */
interface Onward {
  country: string;
  destination: string;
  avoids: string[];
  alternatives: Plan["alternatives"];
}

/** Of a part of the load whose way ahead is refused: what else can be done from where it is. `stands`: of what it was asked; another makes it old. */
@customElement("ric-other-ways")
export class OtherWays extends Page {
  protected readonly watch = new Watch(this);
  @property() delivery = "";
  @property() load = "";
  @property() stands = "";
  @state() private found: Onward | null = null;
  @state() private error: ApiError | null = null;
  private asked = 0;

  protected override updated(changed: Map<string, unknown>): void {
    if (["delivery", "load", "stands"].some((name) => changed.has(name)) && this.querySelector("details")?.open) void this.ask();
  }

  override render() {
    return html`<details class="other-ways" @toggle=${this.opened}>
      <summary>${t("r_alternatives")}</summary>
      ${this.error ? refusal(this.error) : nothing}
      ${this.found ? html`<p class="small">${country(this.found.country)} → ${country(this.found.destination)}</p>${this.found.alternatives.length ? otherWays(this.found.alternatives) : html`<p class="empty">${t("a_none")}</p>`}` : nothing}
    </details>`;
  }

  private readonly opened = (event: Event): void => {
    if ((event.target as HTMLDetailsElement).open) void this.ask();
  };

  /** The newest question alone is answered. */
  private async ask(): Promise<void> {
    const mine = ++this.asked;
    try {
      const found = await call<Onward>(`/v1/deliveries/${path(this.delivery)}/alternatives?part=${encodeURIComponent(this.load)}`);
      if (mine === this.asked) [this.found, this.error] = [found, null];
    } catch (error) {
      if (mine === this.asked) [this.found, this.error] = [null, error as ApiError];
    }
  }
}
