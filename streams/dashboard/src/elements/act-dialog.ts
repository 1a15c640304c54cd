import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { BY_VOICE, fieldsOf, FORMS, made, type About } from "../act-forms";
import { sendAct } from "../acting";
import type { Problem } from "../api";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import type { Act, Answer, Delivery, Part, Stands } from "../delivery-types";
import { live } from "../delivery-types";
import { Draft } from "../drafts";
import type { Field, Option } from "../fields";
import { country, zoned } from "../format";
import { countriesOf, learn, placeIn } from "../informed-posts";
import { Page } from "../page";
import { said } from "../said";
import { store, Watch } from "../store";
import { named, t, type Key } from "../texts";
import { FieldSet } from "./field-set";
const ASK_AGAIN_MS = 2_000;
const ASKED_AT_MOST = 10;

export interface Asked {
  act: string;
  delivery: string;
  part?: string | null;
  leg?: number | null;
  alarm?: string | null;
  entry?: string | null;
  item?: string | null;
  byVoice?: boolean;
}

/** A delivery that this person does not see: whoever breaks glass names it himself. */
const UNSEEN: Delivery = {
  delivery: "", version: 0, status: "running", lead: "", request: "", ready: null, parts: [], alarms: [], unconfirmed: [], visibility: { lead: "", agencies: [], members: [] },
};

/** One act: what stands, what is asked for, and what the centre answered. It stays open until the answer is known. */
@customElement("ric-act")
export class ActDialog extends Page {
  protected readonly watch = new Watch(this);
  @state() private about: About | null = null;
  @state() private act = "";
  @state() private voice = false;
  @state() private voiceOnly = false;
  @state() private answer: Answer | null = null;
  @state() private sending = false;
  private sent: Act | null = null;
  private version = 0;
  private opener: HTMLElement | null = null;
  private readonly asks = new FieldSet(this);
  private readonly left = new Draft(this, this.asks, () => {
    this.voice = this.voiceOnly;
  });

  ask(asked: Asked): void {
    const delivery = deliveries.items.get(asked.delivery) ?? (asked.act === "break_glass" ? UNSEEN : undefined);
    if (!delivery) return;
    const parts = delivery.parts.filter(live);
    const part = parts.find((each) => each.part === asked.part) ?? (asked.part === undefined && parts.length === 1 ? parts[0] : undefined) ?? null;
    this.about = { delivery, part, leg: asked.leg ?? null, alarm: asked.alarm ?? null, entry: asked.entry ?? null, item: asked.item ?? null };
    this.voiceOnly = asked.byVoice ?? false;
    this.begin(asked.act);
    this.answer = this.sent = null;
    this.version = delivery.version;
    this.opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    void this.updateComplete.then(() => {
      const dialog = this.dialog;
      dialog.querySelector("form")?.reset();
      dialog.showModal();
      (dialog.querySelector<HTMLElement>("[data-first] select, .field :is(input:not([type=hidden]), select, textarea)") ?? dialog.querySelector<HTMLElement>("button[type=submit]"))?.focus();
    });
  }

  /** This act, with what was left of it: for the same part, leg, alarm and entry alone. */
  private begin(act: string): void {
    const { delivery, ...about } = this.about as About;
    const { voice, leg } = this.left.open(JSON.stringify([act, this.voiceOnly, delivery.delivery, { ...about, part: about.part?.part }]));
    this.act = act;
    this.voice = this.voiceOnly || voice === "true";
    // What there is to pick from comes a moment later; without a line names are typed, and the centre judges them.
    if (["ready", "posts_informed"].includes(act)) void learn(countriesOf(delivery)).then(() => this.requestUpdate(), () => undefined);
    if (leg) this.about = { ...(this.about as About), leg: Number(leg) };
  }

  override render() {
    const about = this.about;
    if (!about) return nothing;
    const form = FORMS[this.act];
    const now = deliveries.items.get(about.delivery.delivery) ?? about.delivery;
    const done = this.answer?.is === "applied";
    return html`<dialog class="act" aria-labelledby="act-title" @close=${this.onClose} @cancel=${this.onCancel}>
      <h2 id="act-title">${this.voiceOnly ? t("v_entry") : named("act", this.act)} · <bdi>${about.delivery.delivery}</bdi>${this.where(about)}</h2>
      ${deliveries.live ? nothing : html`<p class="note bad" role="alert">${t("a_not_live")}</p>`}
      ${this.answer ? nothing : standing(t("a_what_stands"), stood(now.parts.find((part) => part.part === about.part?.part) ?? null, now.status))}
      ${!this.answer && now.version > this.version ? html`<p class="note warn" role="status">${t("a_stood_when_opened")}</p>` : nothing}
      ${this.left.note()}
      <form novalidate @submit=${this.send} @input=${this.typed} @change=${this.typed} @click=${this.clicked}>
        <fieldset ?disabled=${this.sending || done}>
          ${this.voiceOnly ? this.choice() : nothing}
          ${this.asks.render(fieldsOf(this.act, { ...about, voice: this.voice }))}
          ${
            !this.voiceOnly && !form?.neverByVoice && store.may("coordinator", "supervisor")
              ? html`<label class="tick"><input type="checkbox" .checked=${this.voice} @change=${this.onVoice} /> ${t("v_toggle")}</label>`
              : nothing
          }
          ${this.voice ? this.onBehalf() : nothing}
          ${this.asks.render([NOTE])}
        </fieldset>
        ${this.told()}
        <div class="form-foot">
          <button type="button" @click=${this.cancel}>${t(done ? "a_close" : "cancel")}</button>
          ${
            done
              ? nothing
              : html`<button type="submit" class=${form?.loud ? "danger" : "primary"} ?disabled=${this.sending}>
                  ${this.sending ? t("a_sending") : this.answer?.is === "unknown" || this.answer?.is === "pending" ? t("a_again") : named("act", this.act)}
                </button>`
          }
        </div>
      </form>
    </dialog>`;
  }

  private where(about: About) {
    return html`${about.part ? html` · ${t("d_part", about.part.part)}` : nothing}${about.leg ? html` · ${t("d_leg", about.leg)}` : nothing}`;
  }

  private choice() {
    return html`<label data-first
        ><span>${t("v_choose")}</span>
        <select @change=${(event: Event) => this.choose((event.target as HTMLSelectElement).value)}>
          ${BY_VOICE.map((act) => html`<option value=${act} ?selected=${act === this.act}>${named("act", act)}</option>`)}
        </select></label
      >
      ${FORMS[this.act]?.ids && this.about?.part && needsLeg(this.act)
        ? html`<label
            ><span>${t("d_leg", "")}</span>
            <select name="leg" @change=${this.onLeg}>
              ${this.about.part.legs.map(
                (leg) => html`<option value=${leg.number} ?selected=${leg.number === this.about?.leg}>${leg.number} · ${country(leg.plan.country)} · ${leg.plan.authority}</option>`,
              )}
            </select></label
          >`
        : nothing}`;
  }

  private choose(act: string): void {
    this.begin(act);
    this.changed();
    if (this.about && needsLeg(act) && this.about.leg === null) this.about = { ...this.about, leg: this.about.part?.offer?.to ?? this.about.part?.leg ?? null };
  }

  private readonly onLeg = (event: Event): void => {
    if (this.about) this.about = { ...this.about, leg: Number((event.target as HTMLSelectElement).value) };
  };

  private readonly onVoice = (event: Event): void => {
    this.voice = (event.target as HTMLInputElement).checked;
  };

  private onBehalf() {
    return html`<fieldset class="voice">
      <legend>${t("v_title")}</legend>
      <p class="hint">${t("v_about")}</p>
      ${this.asks.render(this.voiceFields())}
    </fieldset>`;
  }

  private voiceFields(): Field[] {
    const agencies = this.about?.delivery.visibility.agencies ?? [];
    return [
      { name: "voice_agency", label: "v_agency", kind: "choice", required: true, value: this.suggested(), options: agencies.map((agency): Option => [agency, agency]) },
      { name: "voice_person", label: "v_person", kind: "name", required: true },
      { name: "voice_means", label: "v_means", kind: "choice", required: true, value: "radio", options: (["radio", "telephone", "in_person"] as const).map((means): Option => [means, t(`v_${means}`)]) },
      { name: "voice_at", label: "f_happened", kind: "time" },
      { name: "voice_code", label: "v_code_word", kind: "check" },
    ];
  }

  private readonly typed = (event?: Event): void => {
    const [about, form] = [this.about, this.dialog.querySelector("form")];
    // Another act was chosen: nothing is written of it yet.
    if (!about || !form || (event?.target as HTMLElement | null)?.closest("[data-first]")) return;
    const beside = { voice: String(this.voice), ...(this.voiceOnly && about.leg !== null ? { leg: String(about.leg) } : {}) };
    this.left.keep([...fieldsOf(this.act, { ...about, voice: this.voice }), ...(this.voice ? this.voiceFields() : []), NOTE], form, beside);
  };

  private readonly clicked = (event: Event): void => {
    if ((event.target as HTMLElement).closest(".add, .drop")) void this.updateComplete.then(() => this.typed());
  };

  private readonly cancel = (): void => {
    this.left.drop();
    this.dialog.close();
  };

  /** Whose act it is, as the rules have it. */
  private suggested(): string {
    const { part = null, leg = null, delivery } = this.about ?? {};
    const of = FORMS[this.act]?.of;
    const named = part?.legs.find((each) => each.number === leg);
    if (of === "authority") return named?.plan.authority ?? "";
    if (of === "receiver") return (named ?? part?.legs.find((each) => each.number > part.leg))?.plan.controller ?? "";
    if (of === "lead") return delivery?.lead ?? "";
    return part?.controller ?? part?.last_controller ?? "";
  }

  private told() {
    const answer = this.answer;
    if (!answer) return nothing;
    const about = named("act", this.act);
    switch (answer.is) {
      case "applied":
        return html`<p class="note good" role="status">${t(answer.repeated ? "a_repeated" : "a_applied", about)}</p>
          ${answer.stands ? standing(t("a_what_stands"), fromStands(answer.stands)) : nothing}`;
      case "refused":
        return html`<div class="note bad refusal" role="alert">
          <p><strong>${t("a_refused")}:</strong> <bdi>${inWords(answer).reason}</bdi></p>
          ${answer.field ? html`<p>${t("a_field")}: <code>${answer.field}</code></p>` : nothing}
          ${answer.mend ? html`<p>${t("a_mend")}: <bdi>${inWords(answer).mend}</bdi></p>` : nothing}
          ${answer.stands ? standing(t("a_then_stands"), fromStands(answer.stands)) : nothing}
        </div>`;
      case "invalid":
        return html`<div class="note bad refusal" role="alert">
          <p><strong>${t("a_refused")}</strong></p>
          <ul class="problems">
            ${answer.problems.map((problem) => html`<li><code>${problem.field}</code> <bdi>${said(problem, "reason")}</bdi>${problem.mend ? html`<span class="mend">${said(problem, "mend")}</span>` : nothing}</li>`)}
          </ul>
        </div>`;
      case "pending":
        return html`<p class="note warn" role="status">${t("a_pending")}</p>`;
      case "signed_out":
        return nothing;
      default:
        return html`<p class="note warn" role="alert">${t("a_unknown")} ${answer.why}</p>`;
    }
  }

  /** Another content is another act. */
  private changed(): void {
    this.sent = this.answer = null;
  }

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const about = this.about;
    if (!about || this.sending) return;
    const asked = event.target as HTMLFormElement;
    if (!this.asks.valid(asked)) return;
    const form = new FormData(asked);
    const now = new Date(centreTime.now());
    const fresh = made(this.act, { ...about, voice: this.voice }, form, now, zoned);
    const wrong = FORMS[this.act]?.check?.(fresh, about) ?? [];
    if (!this.asks.valid(asked, wrong.map(([name, key, ...values]) => [name, t(key, ...values)]))) return;
    if (this.voice) {
      const at = String(form.get("voice_at") ?? "");
      if (at) fresh.at = zoned(at);
      fresh["by_voice"] = {
        agency: String(form.get("voice_agency")),
        person: String(form.get("voice_person")),
        means: String(form.get("voice_means")),
        code_word_checked: form.has("voice_code"),
      };
    }
    // What was sent without an answer goes again as it was; changed by the officer it is another act.
    const before = this.sent;
    const open = this.answer?.is === "unknown" || this.answer?.is === "pending";
    const said = (act: Act): string => JSON.stringify({ ...act, id: "" }).replaceAll(act.at, "");
    const same = before !== null && open && said(fresh) === said(before);
    await this.deliver(same ? before : fresh);
  };

  private async deliver(act: Act): Promise<void> {
    this.sent = act;
    this.sending = true;
    for (let asked = 0; asked < ASKED_AT_MOST; asked++) {
      this.answer = await sendAct(act, new Date(centreTime.now()));
      if (this.answer.is !== "pending") break;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    this.sending = false;
    if (this.answer?.is === "applied") this.left.drop();
    await this.updateComplete;
    const form = this.dialog.querySelector("form");
    if (form && this.answer?.is === "invalid") this.asks.told(form, this.answer.problems.map((one) => [one.field, faults(one)]));
    if (form && this.answer?.is === "refused" && this.answer.field) this.asks.told(form, [[this.answer.field, inWords(this.answer).reason]]);
    await this.updateComplete;
    (this.dialog.querySelector<HTMLElement>(this.answer?.is === "applied" ? ".form-foot button" : "button[type=submit]"))?.focus();
  }

  /** While it is on its way, only its answer closes it. */
  private readonly onCancel = (event: Event): void => {
    if (this.sending) event.preventDefault();
  };

  private readonly onClose = (): void => {
    this.about = null;
    (this.opener?.isConnected ? this.opener : document.querySelector<HTMLElement>("#content h1"))?.focus();
  };

  private get dialog(): HTMLDialogElement {
    return this.querySelector("dialog") as HTMLDialogElement;
  }
}

const NOTE: Field = { name: "note", label: "f_note", kind: "line", max: 400 };

const needsLeg = (act: string): boolean => ["authority", "receiver"].includes(FORMS[act]?.of ?? "") || act === "conditions_accepted";

type Refused = Extract<Answer, { is: "refused" }>;

/** A refusal in the reader's language, where the centre has it. */
export function inWords({ reason, mend, ru }: Refused): { reason: string; mend: string } {
  return { reason: said({ reason, ru: { reason: ru?.detail } }, "reason"), mend: said({ mend, ru: ru ?? null }, "mend") };
}

/** Why an act was not done, in one line. */
export function refusalOf(answer: Extract<Answer, { is: "refused" | "invalid" }>): string {
  return answer.is === "refused" ? inWords(answer).reason : answer.problems.map((one) => said(one, "reason")).join("; ");
}

/** What is wrong with one field and how to mend it, in one line. */
export const faults = (one: Problem): string => [said(one, "reason"), said(one, "mend")].filter(Boolean).join(". ");

type Fact = [Key, string];

function stood(part: Part | null, status: string): Fact[] {
  const facts: Fact[] = [["a_status", named("status", status)]];
  if (!part) return facts;
  return [...facts, ...fromStands({ ...part, offer: part.offer?.id ?? null, stop: part.hold?.id ?? null })];
}

function fromStands(stands: Stands | Part): Fact[] {
  const facts: Fact[] = [];
  if (stands.state) facts.push(["d_part", `${stands.part ?? ""} · ${named("state", stands.state)}`]);
  if (stands.controller !== undefined) facts.push(["d_controller", stands.controller ?? t("d_nobody")]);
  if (stands.territory) facts.push(["d_territory", country(stands.territory)]);
  if (stands.leg !== undefined) facts.push(["d_leg", String(stands.leg)]);
  const stop = stands.hard_stop;
  if (stop) facts.push(["d_hard_stop", stop.here ? t("d_hard_stop_here") : t("d_hard_stop_at", stop.leg, placeIn(stop.exit, stop.country) || country(stop.country))]);
  if (typeof stands.offer === "string") facts.push(["a_offer", stands.offer.slice(0, 8)]);
  if ("stop" in stands && stands.stop) facts.push(["a_stop", stands.stop.slice(0, 8)]);
  return facts;
}

function standing(title: string, facts: Fact[]) {
  return html`<div class="stands"><h3>${title}</h3>
    <dl class="fields">${facts.map(([label, value]) => html`<dt>${t(label, "").trim()}</dt><dd><bdi>${value}</bdi></dd>`)}</dl></div>`;
}
