import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { api, ApiError, type Problem } from "../api";
import { centreTime } from "../centre-time";
import { entryOf, publishOf, type Written } from "../directory-edit";
import { faultsOf, sections, type About } from "../directory-fields";
import type { Listed } from "../directory-types";
import { changedDesks, differences } from "../directory-words";
import { Draft } from "../drafts";
import { inputOf } from "../fields";
import { zoned } from "../format";
import { Page } from "../page";
import { said } from "../said";
import { store, Watch } from "../store";
import { t } from "../texts";
import { faults } from "./act-dialog";
import { differing } from "./directory-differences";
import { FieldSet, type Complaint } from "./field-set";
import { refusal, whyOf } from "./refusal";

interface Answer {
  /** `unknown`: it may have arrived; sent again it has one effect. */
  is: "taken" | "proposed" | "pending" | "refused" | "unknown";
  said: string[];
}

/** An authority writes its own entry, or that of its post at a crossing: the first one or the next version, beside what changes by it. */
@customElement("ric-directory-entry")
export class DirectoryEntry extends Page {
  protected readonly watch = new Watch(this);
  /** `KG-BRD`, `KG-BRD@Karamyk`; `KG-BRD@` for a crossing that is still to be chosen. */
  @property() chosen = "";
  @state() private about: About | null = null;
  @state() private listed: Listed | null = null;
  @state() private error: ApiError | null = null;
  @state() private draft: Written | null = null;
  @state() private answer: Answer | null = null;
  @state() private sending = false;
  private sent: Record<string, unknown> | null = null;
  private readonly asks = new FieldSet(this);
  private readonly left = new Draft(this, this.asks, () => void this.updateComplete.then(this.changed));

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("chosen")) void this.read();
  }

  override render() {
    const me = store.me;
    if (this.error) return html`<section class="panel">${this.back()} ${refusal(this.error)}</section>`;
    if (me && this.chosen.split("@")[0] !== me.agency) return html`<section class="panel">${this.back()}<p class="note warn" role="alert">${t("dir_not_own", this.chosen.split("@")[0] ?? "")}</p></section>`;
    const about = this.about;
    if (!me || !about) return html`<p class="empty" role="status">${t("loading")}</p>`;
    const done = this.answer?.is === "taken" || this.answer?.is === "proposed";
    const waits = this.listed?.pending && !this.answer;
    return html`<div class="request-page">
      <section class="panel" aria-labelledby="entry-title">
        ${this.back()}
        <h1 id="entry-title" tabindex="-1">${this.heading(about)}</h1>
        ${this.listed?.stale ? html`<p class="note bad" role="note" data-stale>${t("dir_stale_why", said(this.listed, "stale"))}</p>` : nothing}
        ${
          waits
            ? html`<p class="note warn" role="alert">${t("dir_waits_first", this.listed?.pending?.by ?? "")}</p>`
            : html`<p class="hint">${t("dir_form_about")}</p>
                ${me.exercise ? html`<p class="hint">${t("dir_a_exercise")}</p>` : nothing}
                ${this.left.note()}
                <form novalidate @submit=${this.send} @input=${this.typed} @change=${this.typed} @click=${this.clicked}>
                  <fieldset ?disabled=${this.sending || done}>
                    ${sections(about).map(({ title, about: words, fields }) => html`<section class="of"><h2>${t(title)}</h2>${words ? html`<p class="hint">${t(words)}</p>` : nothing}<div class="fields-of">${this.asks.render(fields)}</div></section>`)}
                  </fieldset>
                  ${this.told()}
                  <div class="form-foot stuck">
                    ${
                      done
                        ? html`<a class="button primary" href=${`#/directory/${this.key}`}>${t("dir_to_entry")}</a>`
                        : html`<button type="submit" class="primary" ?disabled=${this.sending}>${t(this.sending ? "a_sending" : this.answer?.is === "unknown" ? "a_again" : about.before ? "dir_save" : "dir_send_first")}</button>`
                    }
                  </div>
                </form>`
        }
      </section>
      <section class="panel plan" aria-labelledby="changes-title" aria-live="polite">
        <h2 id="changes-title">${t("dir_changes")}</h2>
        ${this.changes(about)}
      </section>
    </div>`;
  }

  private back() {
    return html`<a class="back" href="#/directory">← ${t("dir_title")}</a>`;
  }

  private heading({ before, kind, crossing }: About): string {
    const id = this.chosen.replace(/@$/, "");
    if (before) return t("dir_t_edit", id, before.version);
    return kind === "authority" ? t("dir_t_first", id) : t("dir_t_crossing", crossing ? `${id}` : id);
  }

  /** What this version says otherwise, and who else it takes. */
  private changes({ me, before }: About) {
    const entry = this.draft?.entry;
    if (!before) return html`<p class="note">${t("dir_first_two", me.agency, `${me.agency}/${me.person}`)}</p>`;
    if (!entry || this.listed?.pending) return nothing;
    const found = differences(before, entry);
    const desks = changedDesks(before, entry);
    return html`${found.length ? html`<p class="note ${desks.length ? "warn" : ""}" data-takes=${desks.length ? "two" : "one"}>${desks.length ? t("dir_takes_two", desks.join(", "), me.agency, `${me.agency}/${me.person}`) : t("dir_takes_one")}</p>` : nothing}
      ${found.length ? differing(found) : html`<p class="empty">${t("dir_nothing_changed")}</p>`}`;
  }

  private told() {
    const answer = this.answer;
    if (!answer) return nothing;
    const bad = answer.is === "refused" || answer.is === "unknown";
    const good = answer.is === "taken" || answer.is === "proposed";
    return html`<div class="note ${bad ? "bad" : good ? "good" : "warn"}" role=${bad ? "alert" : "status"} data-answer=${answer.is}>
      ${answer.is === "refused" ? html`<p><strong>${t("a_refused")}</strong></p>` : nothing} ${answer.said.map((line) => html`<p><bdi>${line}</bdi></p>`)}
    </div>`;
  }

  private get key(): string {
    const entry = this.draft?.entry;
    return entry?.crossing ? `${entry.authority}@${entry.crossing}` : this.chosen.replace(/@$/, "");
  }

  private readonly changed = (): void => {
    const form = this.querySelector("form");
    if (form && this.about) this.draft = entryOf(this.about, new FormData(form), new Date(centreTime.now()), zoned);
  };

  /** A row that was added or taken away changes the entry too. */
  private readonly clicked = (event: Event): void => {
    if ((event.target as HTMLElement).closest(".add, .drop")) void this.updateComplete.then(this.typed);
  };

  private readonly typed = (): void => {
    const form = this.querySelector("form");
    if (form && this.about) this.left.keep(sections(this.about).flatMap(({ fields }) => fields), form);
    this.changed();
  };

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const about = this.about;
    if (!about || this.sending) return;
    this.changed();
    const draft = this.draft;
    if (!draft) return;
    if (!this.asks.valid(form, [...faultsOf(draft.entry, about), ...draft.duties].map(([field, key, ...values]): Complaint => [placeOf(field, form, draft) ?? field, t(key, ...values)]))) return;
    const fresh = publishOf(draft.entry, about.me, about.before);
    const unsure = this.answer?.is === "unknown" || this.answer?.is === "pending";
    // What was sent without an answer goes again as it was: it has one effect.
    const body = unsure && this.sent && timeless(this.sent) === timeless(fresh) ? this.sent : fresh;
    this.sent = body;
    this.sending = true;
    try {
      const told = await api.editDirectory(body);
      // The list is read from tables that follow.
      if (told.stands) await api.directoryEntry(this.key, { after: told.stands.number }).catch(() => undefined);
      this.answer =
        told.status === "pending"
          ? { is: "pending", said: [t("dir_pending_answer")] }
          : told.stands?.proposal
            ? { is: "proposed", said: [t("dir_sent_proposal"), t("dir_sent_second", about.me.agency, `${about.me.agency}/${about.me.person}`)] }
            : { is: "taken", said: [t("dir_sent")] };
    } catch (error) {
      this.answer = this.refused(error as ApiError, form, draft);
    }
    this.sending = false;
    if (this.answer.is === "taken" || this.answer.is === "proposed") this.left.drop();
    await this.updateComplete;
    if (this.answer.is !== "refused") this.querySelector<HTMLElement>(".form-foot a, .form-foot button")?.focus();
    else if (!form.querySelector(".field-error")) this.querySelector<HTMLElement>("[data-answer]")?.scrollIntoView({ block: "center" });
  };

  /** Each problem at its field with its mend; what has none below. */
  private refused(why: ApiError, form: HTMLFormElement, draft: Written): Answer {
    if (why.status === 0 || why.status >= 500) return { is: "unknown", said: [whyOf(why) === "offline" ? t("unreachable") : whyOf(why), t("a_unknown")] };
    const whole: Problem = { field: why.field, reason: whyOf(why), mend: said(why, "mend") };
    const problems = why.problems.length ? why.problems : [whole];
    const placed = problems.map((one) => ({ words: faults(one), at: placeOf(one.field, form, draft) }));
    this.asks.told(form, placed.flatMap(({ words, at }): Complaint[] => (at ? [[at, words]] : [])));
    const loose = placed.filter(({ at }) => !at).map(({ words }) => words);
    return { is: "refused", said: loose.length ? loose : [t("dir_see_fields")] };
  }

  private async read(): Promise<void> {
    const me = store.me;
    const [authority = "", ...at] = this.chosen.split("@");
    [this.about, this.listed, this.draft, this.answer, this.error, this.sent] = [null, null, null, null, null, null];
    this.asks.reset();
    if (!me || authority !== me.agency) return;
    const crossing = at.join("@");
    try {
      const [{ items }, { items: posts }] = await Promise.all([api.directory(), at.length && !crossing ? api.crossings(me.country) : { items: [] }]);
      const written = new Set(items.map(({ id }) => id));
      this.listed = items.find(({ id }) => id === this.chosen) ?? null;
      this.left.open(`entry ${this.chosen}`, this.listed?.entry?.version ?? 0);
      this.about = { me, kind: at.length ? "crossing" : "authority", before: this.listed?.entry ?? null, crossing, posts: posts.filter(({ name }) => !written.has(`${me.agency}@${name}`)) };
    } catch (error) {
      this.error = error as ApiError;
      return;
    }
    await this.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
    this.changed();
  }
}

const timeless = (edit: Record<string, unknown>): string => JSON.stringify({ ...edit, at: "", entry: { ...(edit["entry"] as object), verified: "" } });

/** The input that the centre's name of a field leads to, or the nearest one around it; null where there is none. */
function placeOf(field: string, form: HTMLFormElement, { entry }: Written): string | null {
  const data = new FormData(form);
  const names = [...form.elements].map((each) => each.getAttribute("name") ?? "").filter(Boolean);
  const desk = /^time_zone of (.+)$/.exec(field)?.[1];
  const index = entry.contacts.findIndex(({ code }) => code === desk);
  let path = desk !== undefined ? (index < 0 ? "gate.time_zone" : `contacts[${String(index)}].time_zone`) : field.replace(/^entry\.((authority|crossing)\.)?/, "");
  path = path.replace(/^gate(?=\.)/, "gate[0]");
  while (path) {
    const name = inputOf(path, data);
    const found = names.find((each) => each === name) ?? names.find((each) => each.startsWith(`${name}.`));
    if (found !== undefined) return found;
    path = path.replace(/(^|\.)[^.[\]]+$|\[\d+\]$/, "");
  }
  return null;
}
