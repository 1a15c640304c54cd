import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sendAct } from "../acting";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import { isOpen, type Act, type Answer } from "../delivery-types";
import { size } from "../format-bytes";
import { Page } from "../page";
import { store, Watch } from "../store";
import { named, t } from "../texts";
import { refusalOf } from "./act-dialog";
import { Upload } from "../uploads";
import { whose } from "../whose";

const MOST = 10;
const ASK_AGAIN_MS = 2_000;
const TAKEN = "image/jpeg,image/png,application/pdf,video/mp4,audio/mp4,text/plain";

/** What is said in the room, with files: they are on their way while the officer still writes, and go on where the line broke. */
@customElement("ric-message")
export class RoomMessage extends Page {
  protected readonly watch = new Watch(this);
  @property() delivery = "";
  @state() private uploads: Upload[] = [];
  @state() private over = false;
  @state() private sending = false;
  @state() private answer: Answer | null = null;
  /** What was sent without an answer goes again as it was. */
  private sent: Act | null = null;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("delivery") && changed.get("delivery") !== undefined) this.clear();
  }

  override render() {
    const delivery = deliveries.items.get(this.delivery);
    if (!delivery || !isOpen(delivery) || !store.may("officer", "coordinator", "supervisor")) return nothing;
    const underway = this.uploads.some((upload) => upload.state !== "ready" && upload.state !== "refused");
    return html`<form
      class=${this.over ? "message over" : "message"}
      aria-label=${t("m_title")}
      @submit=${this.send}
      @paste=${this.onPaste}
      @dragover=${this.onDragOver}
      @dragleave=${() => (this.over = false)}
      @drop=${this.onDrop}
    >
      <label><span class="small">${t("m_says")}</span><textarea name="says" rows="2" maxlength="2000" ?disabled=${this.sending} @input=${this.changed}></textarea></label>
      ${this.uploads.length ? html`<ul class="uploads">${this.uploads.map((upload) => this.row(upload))}</ul>` : nothing}
      <div class="message-foot">
        <label class="attach"
          ><input type="file" multiple accept=${TAKEN} ?disabled=${this.sending} @change=${this.onChosen} /><span class="button">${t("m_attach")}</span></label
        >
        <span class="small">${t("m_drop")}</span>
        <button type="submit" class="primary" ?disabled=${this.sending || underway}>${t(this.sending ? "m_sending" : "m_send")}</button>
      </div>
      <p class="small" role="status">${underway ? t("m_waits") : nothing}${this.told()}</p>
    </form>`;
  }

  private row(upload: Upload) {
    const { name } = upload.file;
    const words = this.words(upload);
    return html`<li data-upload=${upload.state}>
      <bdi>${name}</bdi>
      <progress max=${upload.size} .value=${upload.safe} aria-label=${t("u_progress", name)}></progress>
      <span class=${upload.state === "refused" ? "bad-words" : "small"}>${words}</span>
      ${
        upload.state === "paused"
          ? html`<button type="button" aria-label=${t("u_resume", name)} @click=${() => void upload.start()}>▶</button>`
          : upload.state === "sending" || upload.state === "waiting"
            ? html`<button type="button" aria-label=${t("u_pause", name)} @click=${() => upload.pause()}>❚❚</button>`
            : nothing
      }
      <button type="button" aria-label=${t("u_remove", name)} ?disabled=${this.sending} @click=${() => this.withdraw(upload)}>✕</button>
    </li>`;
  }

  private words(upload: Upload): string {
    const far = [size(upload.safe), size(upload.size)];
    switch (upload.state) {
      case "sending":
        return t("u_sending", ...far);
      case "waiting":
        return t("u_waiting", ...far);
      case "paused":
        return t("u_paused", ...far);
      case "refused":
        return t("u_refused", upload.refusal?.code ? named("x", upload.refusal.code) : (upload.refusal?.reason ?? ""));
      default:
        return t(`u_${upload.state}`);
    }
  }

  private told() {
    switch (this.answer?.is) {
      case undefined:
        return nothing;
      case "applied":
        return t("m_sent");
      case "refused":
        return html`<strong class="bad-words">${t("m_refused", refusalOf(this.answer))}</strong>`;
      case "invalid":
        return html`<strong class="bad-words">${t("m_refused", refusalOf(this.answer))}</strong>`;
      default:
        return html`<strong class="bad-words">${t("m_unknown")}</strong>`;
    }
  }

  private add(files: Iterable<File>): void {
    for (const file of files) {
      if (this.uploads.length >= MOST) break;
      const upload = new Upload(this.delivery, file, whose.person);
      upload.addEventListener("change", () => this.requestUpdate());
      this.uploads = [...this.uploads, upload];
      void upload.start();
    }
    this.changed();
  }

  private withdraw(upload: Upload): void {
    upload.remove();
    this.uploads = this.uploads.filter((each) => each !== upload);
    this.changed();
  }

  private clear(): void {
    for (const upload of this.uploads) upload.pause();
    this.uploads = [];
    this.changed();
    this.querySelector("form")?.reset();
  }

  /** Another content is another act. */
  private readonly changed = (): void => {
    this.sent = this.answer = null;
  };

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.add(input.files ?? []);
    input.value = "";
  };

  private readonly onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  };

  private readonly onDragOver = (event: DragEvent): void => {
    event.preventDefault();
    this.over = true;
  };

  private readonly onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.over = false;
    this.add(event.dataTransfer?.files ?? []);
  };

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const says = String(new FormData(event.target as HTMLFormElement).get("says") ?? "").trim();
    const attachments = this.uploads.flatMap(({ attached }) => (attached ? [attached] : []));
    if (this.sending || (!says && !attachments.length)) return;
    this.sent ??= {
      id: crypto.randomUUID(),
      delivery: this.delivery,
      act: "room",
      at: new Date(centreTime.now()).toISOString(),
      ...(says ? { says } : {}),
      ...(attachments.length ? { attachments } : {}),
    };
    this.sending = true;
    for (let asked = 0; asked < MOST; asked++) {
      this.answer = await sendAct(this.sent, new Date(centreTime.now()));
      if (this.answer.is !== "pending") break;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    this.sending = false;
    if (this.answer?.is === "applied") {
      this.uploads = [];
      this.sent = null;
      this.querySelector("form")?.reset();
    }
  };
}
