import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sendAct } from "../acting";
import { api, ApiError, type JsonObject } from "../api";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import type { Act, Answer } from "../delivery-types";
import { Draft } from "../drafts";
import type { Option } from "../fields";
import { zoned } from "../format";
import type { Plan } from "../plan-types";
import { Page } from "../page";
import { lacking, requestOf, sections, shownAs, suggested, type Known } from "../request-form";
import { said } from "../said";
import { store, Watch } from "../store";
import { t } from "../texts";
import { faults, inWords } from "./act-dialog";
import { consentPlan } from "./consent-plan";
import { FieldSet, type Complaint } from "./field-set";
import { refusal, whyOf } from "./refusal";

/** How long nothing is written before the planner is asked. */
const STILL_MS = 900;

/** The request form, for a new delivery or a draft, with the consent planner's answer beside it. */
@customElement("ric-request")
export class RequestPage extends Page {
  protected readonly watch = new Watch(this);
  /** The draft that is changed; empty: a new delivery. */
  @property() delivery = "";
  @state() private known: Known | null = null;
  @state() private error: ApiError | null = null;
  @state() private plan: Plan | null = null;
  @state() private planError: { words: string; at: string } | null = null;
  @state() private planning = false;
  @state() private answer: Answer | null = null;
  @state() private sending = false;
  @state() private open: string[] = [];
  private sent: Act | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private readonly asks = new FieldSet(this);
  private readonly left = new Draft(this, this.asks, () => this.changed());

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  override render() {
    const me = store.me;
    if (this.error) return html`<section class="panel">${refusal(this.error)}</section>`;
    if (!me || !this.known) return html`<p class="empty" role="status">${t("loading")}</p>`;
    const known = this.known;
    const done = this.answer?.is === "applied";
    return html`<div class="request-page">
      <section class="panel" aria-labelledby="request-title">
        <a class="back" href=${this.delivery ? `#/delivery/${this.delivery}` : "#/deliveries"}>← ${t("deliveries")}</a>
        <h1 id="request-title" tabindex="-1">${this.delivery ? t("r_title_edit", this.delivery) : t("r_title")}</h1>
        <p class="hint">${t("r_about")}</p>
        ${this.left.note()}
        <form novalidate @submit=${this.send} @input=${this.typed} @change=${this.typed} @click=${this.clicked}>
          <fieldset ?disabled=${this.sending || done}>
            ${sections(me, known).map(({ title, fields }) => html`<section class="of"><h2>${t(title)}</h2><div class="fields-of">${this.asks.render(fields)}</div></section>`)}
          </fieldset>
          ${this.told()}
          <div class="form-foot stuck">
            ${this.open.length ? html`<p class="small">${t("r_lacking", this.open.length)}</p>` : nothing}
            ${
              done
                ? html`<a class="button primary" href=${`#/delivery/${this.sent?.delivery ?? ""}`}>${t("r_to_board")}</a>`
                : html`<button type="submit" class="primary" ?disabled=${this.sending}>${t(this.sending ? "a_sending" : this.answer && this.answer.is !== "refused" && this.answer.is !== "invalid" ? "a_again" : "r_send")}</button>`
            }
          </div>
        </form>
      </section>
      <section class="panel plan" aria-labelledby="plan-title" aria-live="polite" aria-busy=${this.planning ? "true" : "false"}>
        <h2 id="plan-title">${t("r_plan")}</h2>
        <p class="hint">${t("r_plan_about")}</p>
        ${this.planError ? html`<p class="note warn">${this.planError.at ? html`<code>${this.planError.at}</code> ` : nothing}${this.planError.words}</p>` : nothing}
        ${this.plan ? consentPlan(this.plan) : this.planError ? nothing : html`<p class="empty">${t("r_plan_none")}</p>`}
      </section>
    </div>`;
  }

  private told() {
    const answer = this.answer;
    if (!answer) return nothing;
    if (answer.is === "applied") return html`<p class="note good" role="status">${t("r_sent", this.sent?.delivery ?? "")}</p>`;
    if (answer.is === "refused")
      return html`<div class="note bad refusal" role="alert"><p><strong>${t("a_refused")}:</strong> <bdi>${inWords(answer).reason}</bdi></p>${answer.mend ? html`<p>${t("a_mend")}: <bdi>${inWords(answer).mend}</bdi></p>` : nothing}</div>`;
    if (answer.is === "invalid")
      return html`<div class="note bad refusal" role="alert"><p><strong>${t("a_refused")}</strong></p>
        <ul class="problems">${answer.problems.map((one) => html`<li><code>${one.field}</code> <bdi>${said(one, "reason")}</bdi>${one.mend ? html` <span class="mend">${said(one, "mend")}</span>` : nothing}</li>`)}</ul></div>`;
    return html`<p class="note warn" role="alert">${t(answer.is === "pending" ? "a_pending" : "a_unknown")}</p>`;
  }

  private readonly changed = (): void => {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), STILL_MS);
  };

  /** A row that was added or taken away changes the plan too. */
  private readonly clicked = (event: Event): void => {
    if ((event.target as HTMLElement).closest(".add, .drop")) void this.updateComplete.then(this.typed);
  };

  private readonly typed = (): void => {
    const form = this.querySelector("form");
    if (form && store.me && this.known) this.left.keep(sections(store.me, this.known).flatMap(({ fields }) => fields), form);
    this.changed();
  };

  private made(begun = true): Act | null {
    const form = this.querySelector("form");
    const me = store.me;
    if (!form || !me || !this.known) return null;
    return requestOf(me, me.exercise, this.known, new FormData(form), new Date(centreTime.now()), zoned, begun);
  }

  /** Ask the planner over the directory as it stands. The newest question alone is answered. */
  private async ask(): Promise<void> {
    const act = this.made(false);
    if (!act) return;
    this.open = lacking(act);
    const legs = (act["plan"] as { legs: { country?: string; authority?: string; controller?: string }[] }).legs;
    if (!legs.length || legs.some(({ country, authority, controller }) => !country || !authority || !controller)) {
      this.planError = { words: t("r_plan_legs"), at: "" };
      return;
    }
    const mine = ++this.asked;
    this.planning = true;
    try {
      const plan = await api.plan(act["form"] as JsonObject, consentsOf(this.delivery));
      if (mine === this.asked) [this.plan, this.planError] = [plan, null];
    } catch (error) {
      const why = error as ApiError;
      const first = why.problems[0];
      if (mine === this.asked) this.planError = first ? { words: faults(first), at: shownAs(first.field.replace(/^request\./, "")) } : { words: whyOf(why), at: "" };
    }
    if (mine === this.asked) this.planning = false;
  }

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    if (this.sending || !this.asks.valid(form)) return;
    const fresh = this.made();
    if (!fresh) return;
    const open = this.answer?.is === "unknown" || this.answer?.is === "pending";
    const said = (act: Act): string => JSON.stringify({ ...act, id: "", at: "" });
    if (!(this.sent && open && said(fresh) === said(this.sent))) this.sent = fresh;
    this.sending = true;
    this.answer = await sendAct(this.sent ?? fresh, new Date(centreTime.now()));
    this.sending = false;
    if (this.answer.is === "applied") this.left.drop();
    await this.updateComplete;
    const complaints: Complaint[] =
      this.answer.is === "invalid" ? this.answer.problems.map((one) => [shownAs(one.field), faults(one)]) : this.answer.is === "refused" && this.answer.field ? [[shownAs(this.answer.field), inWords(this.answer).reason]] : [];
    if (complaints.length) this.asks.told(form, complaints);
    else this.querySelector<HTMLElement>(".form-foot a, .form-foot button")?.focus();
  };

  private async read(): Promise<void> {
    const coordinators = new Set([...deliveries.items.values()].flatMap(({ visibility }) => visibility.members.filter((member) => member.startsWith("CARICC/"))));
    let draft: Known["draft"] = null;
    let version = 0;
    try {
      if (this.delivery) {
        const { delivery, form, sent } = await api.delivery(this.delivery);
        version = delivery.version;
        const part = sent.parts[0];
        const goods = Object.entries(part?.mass ?? {}).map(([substance, load]) => ({ substance, ...load }));
        const legs = (part?.legs ?? []).map(({ plan, number, country, authority, controller }) => ({ ...sent.plans[plan], number, country, authority, controller }));
        const theirs = delivery.visibility.members.filter((member) => member.startsWith("CARICC/"));
        draft = { number: this.delivery.split("/").slice(1).join("/"), form: form?.form ?? {}, plan: { legs, goods, coordinators: theirs } as unknown as JsonObject };
      }
      const { items } = await api.directory();
      const agencies = [...new Map(items.flatMap(({ entry }) => (entry ? [[entry.authority, entry.name["ru"] ?? entry.name["en"] ?? ""] as Option] : [])))];
      this.known = { agencies, coordinators: [...coordinators].sort().slice(0, 1), number: suggested(centreTime.now()), draft };
      this.error = null;
      this.left.open(`request ${this.delivery}`, version);
    } catch (error) {
      this.error = error as ApiError;
      return;
    }
    await this.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
    if (draft || this.left.restored) void this.ask();
  }
}

/** What stands of the consents of a draft that was asked for before. */
function consentsOf(delivery: string): JsonObject[] {
  const part = deliveries.items.get(delivery)?.parts[0];
  return (part?.legs ?? []).map(({ number, consent }) => ({ leg: number, state: consent.state.toLowerCase(), ...(consent.valid_until ? { valid_until: consent.valid_until } : {}) }));
}

