import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sendAct } from "../acting";
import { call, type ApiError } from "../api";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import { isOpen } from "../delivery-types";
import { size } from "../format-bytes";
import { Page } from "../page";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import { refusalOf } from "./act-dialog";
import { placeOf, type Attached, type Description } from "../uploads";
import { refusal } from "./refusal";

const PICTURED = new Set(["image/jpeg", "image/png", "application/pdf"]);
/** What may be entered with a picture before anybody; the board's own form has the rest. */
const ENTRIES = ["sealed", "seal_changed", "collected", "sampled"];
const KINDS: Record<string, string> = { "image/jpeg": "JPEG", "image/png": "PNG", "application/pdf": "PDF", "video/mp4": "MP4", "audio/mp4": "M4A", "text/plain": "TXT" };

/** Files that a line of the timeline names: small pictures, each of which opens. */
@customElement("ric-attached")
export class AttachedFiles extends Page {
  protected readonly watch = new Watch(this);
  @property() delivery = "";
  @property() by = "";
  @property({ attribute: false }) files: Attached[] = [];
  @state() private open: Attached | null = null;
  @state() private about: Description | null = null;
  @state() private error: ApiError | null = null;
  @state() private asked = "";
  /** Whose small picture does not come. */
  @state() private gone: ReadonlySet<string> = new Set();
  private opener: HTMLElement | null = null;

  override render() {
    return html`<span class="attached">${this.files.map((file) => this.small(file))}</span>${this.open ? this.whole(this.open) : nothing}`;
  }

  private small(file: Attached) {
    const kind = KINDS[file.media_type] ?? file.media_type;
    return html`<button type="button" class="attached-file" data-attachment=${file.id} @click=${() => void this.show(file)}>
      ${
        this.gone.has(file.id)
          ? html`<span class="small">${t("at_gone")}</span>`
          : PICTURED.has(file.media_type)
          ? html`<img src=${`${placeOf(this.delivery, file.id)}/thumbnail`} alt=${t("at_picture", this.by)} loading="lazy" @error=${() => (this.gone = new Set([...this.gone, file.id]))} />`
          : nothing
      }
      <span class="small">${t("at_open", kind)} · ${size(file.bytes)}</span>
    </button>`;
  }

  private whole(file: Attached) {
    const place = placeOf(this.delivery, file.id);
    const about = this.about;
    const lead = store.me?.agency === this.delivery.split("/")[0];
    return html`<dialog class="attachment" aria-label=${t("at_picture", this.by)} @close=${this.onClose}>
      ${this.error ? (this.error.status === 404 ? html`<p class="note warn" role="alert">${t("at_gone")}</p>` : refusal(this.error)) : nothing}
      ${file.media_type.startsWith("image/") ? html`<img class="whole" src=${`${place}/content`} alt=${t("at_picture", this.by)} />` : nothing}
      <p class="small">
        <bdi>${about?.by ?? this.by}</bdi> · ${KINDS[file.media_type] ?? file.media_type} · ${size(file.bytes)}
        ${about ? html` · <span class=${about.scanned ? "chip good" : "chip warn"}>${t(about.scanned ? "at_scanned" : "at_not_scanned")}</span>` : nothing}
      </p>
      <p class="small">${t("at_hash")}: <code class="hash">${file.sha256}</code></p>
      ${about?.original ? html`<p class="small">${t("at_original_about")}</p>` : nothing}
      ${
        about && !about.original && lead && store.may("officer")
          ? html`<form class="ask" @submit=${this.ask}>
              <label><span>${t("at_why")}</span><input name="says" required maxlength="400" autocomplete="off" /></label>
              <button type="submit">${t("at_ask")}</button>
            </form>`
          : nothing
      }
      ${
        about && this.mayEnter()
          ? html`<form class="ask" @submit=${this.enter}>
              <label><span>${t("f_item")}</span><input name="item" required pattern="[A-Za-z0-9][A-Za-z0-9._\\/\\-]{0,63}" maxlength="64" autocomplete="off" /></label>
              <label><span>${t("f_entry")}</span><select name="entry">${ENTRIES.map((entry) => html`<option value=${entry}>${named("entry", entry)}</option>`)}</select></label>
              <button type="submit">${t("at_evidence")}</button>
            </form>`
          : nothing
      }
      <p role="status" class="small">${this.asked}</p>
      <div class="form-foot">
        <a class="button" href=${`${place}/content`} download>${t("at_save")}</a>
        ${about?.original ? html`<a class="button" href=${`${place}/original`} download>${t("at_original")}</a>` : nothing}
        <button type="button" class="primary" @click=${() => this.querySelector("dialog")?.close()}>${t("a_close")}</button>
      </div>
    </dialog>`;
  }

  private async show(file: Attached): Promise<void> {
    this.opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.open = file;
    this.about = this.error = null;
    this.asked = "";
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    await this.describe(file);
  }

  private async describe(file: Attached): Promise<void> {
    try {
      this.about = await call<Description>(placeOf(this.delivery, file.id));
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  /** The lead's request for the original: an act, for all in the room to read. */
  private readonly ask = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const file = this.open;
    if (!file) return;
    const says = String(new FormData(event.target as HTMLFormElement).get("says"));
    if (await this.act({ act: "room", originals: [file.id], says })) await this.describe(file);
  };

  /** The file as evidence of an item: in the item's chain of custody, with the hash of its original. */
  private readonly enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const file = this.open;
    if (!file) return;
    const form = event.target as HTMLFormElement;
    const said = new FormData(form);
    if (await this.act({ act: "evidence", item: String(said.get("item")), entry: String(said.get("entry")), attachments: [file] })) form.reset();
  };

  private mayEnter(): boolean {
    const delivery = deliveries.items.get(this.delivery);
    return delivery !== undefined && isOpen(delivery) && store.may("officer", "coordinator", "supervisor");
  }

  /** Whether it was applied; what the centre said is shown. */
  private async act(fields: { act: string; [field: string]: unknown }): Promise<boolean> {
    const now = new Date(centreTime.now());
    this.asked = t("m_sending");
    const answer = await sendAct({ id: crypto.randomUUID(), delivery: this.delivery, at: now.toISOString(), ...fields }, now);
    const refused = answer.is === "refused" || answer.is === "invalid" ? refusalOf(answer) : null;
    this.asked = answer.is === "applied" ? t("m_sent") : refused !== null ? t("m_refused", refused) : t("m_unknown");
    return answer.is === "applied";
  }

  private readonly onClose = (): void => {
    this.open = null;
    this.opener?.focus();
  };
}
