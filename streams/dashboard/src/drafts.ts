/**
 * Half-written forms, for this tab and this person alone: there again when the form is opened again, gone once it is sent, discarded or
 * cancelled, and with the session (decision 0816). Never in localStorage: what was not sent is nobody else's to find.
 */

import { html, nothing, type ReactiveControllerHost } from "lit";
import { centreTime } from "./centre-time";
import type { FieldSet } from "./elements/field-set";
import type { Field, Initial } from "./fields";
import { clock } from "./format";
import { settings } from "./store";
import { t } from "./texts";
import { sessionEnded, whose } from "./whose";

const MARK = "ric.draft.";

interface Left {
  /** By the centre's clock (ms). */
  at: number;
  /** What it was written over: the version that stood. */
  basis: string;
  fields: Initial;
  /** What the form asks beside its fields. */
  beside: Record<string, string>;
}

/** Nothing half-written stays but what this person wrote; null: nothing at all. */
export function clearDrafts(but: string | null = null): void {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(MARK) && (but === null || !name.startsWith(`${MARK}${but} `))) sessionStorage.removeItem(name);
  }
}

sessionEnded.addEventListener("ended", () => clearDrafts());

/** The draft of one form at a time. */
export class Draft {
  private name = "";
  private basis = "";
  private left: Left | null = null;

  /** `discarded`: the form begins as if nothing had been written. */
  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly asks: FieldSet,
    private readonly discarded: () => void = () => undefined,
  ) {}

  /** Begin the form of this name with what was left of it, and give what it asks beside its fields. */
  open(name: string, basis: number | string = ""): Record<string, string> {
    this.name = `${MARK}${whose.person ?? ""} ${name}`;
    this.basis = String(basis);
    this.left = JSON.parse(sessionStorage.getItem(this.name) ?? "null") as Left | null;
    this.asks.reset(this.left?.fields);
    return this.left?.beside ?? {};
  }

  get restored(): boolean {
    return this.left !== null;
  }

  keep(fields: Field[], form: HTMLFormElement, beside: Record<string, string> = {}): void {
    const basis = this.left?.basis ?? this.basis;
    const left: Left = { at: centreTime.now(), basis, fields: this.asks.left(fields, form), beside };
    try {
      sessionStorage.setItem(this.name, JSON.stringify(left));
    } catch {
      // Where nothing can be kept it is as it was without drafts.
    }
  }

  /** Sent or given up: nothing is left of it. */
  drop(): void {
    sessionStorage.removeItem(this.name);
    this.left = null;
    this.host.requestUpdate();
  }

  note() {
    const left = this.left;
    if (!left) return nothing;
    const changed = left.basis !== this.basis;
    return html`<p class="note ${changed ? "warn" : ""}" role="status" data-draft>
      ${t("f_draft", clock(left.at, settings.zone, false))} ${changed ? t("f_draft_changed") : nothing}
      <button type="button" class="quiet" @click=${this.discard}>${t("f_discard")}</button>
    </p>`;
  }

  private readonly discard = (): void => {
    this.drop();
    this.asks.reset();
    this.discarded();
    void this.host.updateComplete.then(() => this.host.querySelector<HTMLElement>("form .field :is(input:not([type=hidden]), select, textarea)")?.focus());
  };
}
