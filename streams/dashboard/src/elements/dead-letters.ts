import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { api, type ApiError, type DeadLetter } from "../api";
import { number, time } from "../format";
import { Page } from "../page";
import { Watch } from "../store";
import { t } from "../texts";
import { problems } from "./as-found";
import "./handling-label";
import { refusal } from "./refusal";

/** What could not be processed: why, which field, how to mend it, and the bytes as they came. */
@customElement("ric-letters")
export class DeadLetters extends Page {
  protected readonly watch = new Watch(this);
  @state() private items: DeadLetter[] | null = null;
  @state() private next: string | null = null;
  @state() private opened = new Map<string, DeadLetter>();
  @state() private error: ApiError | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override render() {
    return html`<section class="panel" aria-labelledby="letters-title">
      <header class="panel-head"><h1 id="letters-title">${t("dead_letters")}</h1></header>
      <p class="hint">${t("letters_about")}</p>
      ${this.error ? refusal(this.error) : nothing} ${this.items?.length === 0 ? html`<p class="empty">${t("no_letters")}</p>` : nothing}
      <ul class="rows letters">
        ${this.items?.map((letter) => this.letter(letter))}
      </ul>
      ${this.next ? html`<button type="button" @click=${() => void this.load(this.next ?? undefined)}>${t("more")}</button>` : nothing}
    </section>`;
  }

  private letter(letter: DeadLetter) {
    const whole = this.opened.get(letter.id);
    return html`<li class="row" data-letter=${letter.id}>
      <div class="row-head">
        <ric-handling .tlp=${"RED"}></ric-handling>
        <bdi class="originator">${letter.agency ?? "—"}</bdi>
        <bdi>${letter.person ?? ""}</bdi>
        <span class="chip">${letter.stage}</span>
        <span class="received">${time(letter.at)}</span>
      </div>
      ${problems(letter.problems)}
      <details @toggle=${(event: Event) => (event.target as HTMLDetailsElement).open && void this.open(letter.id)}>
        <summary>${t("show_original")} <small>${t("bytes", number(letter.value_bytes))}</small></summary>
        ${whole ? original(whole) : html`<p>${t("loading")}</p>`}
      </details>
    </li>`;
  }

  private async open(id: string): Promise<void> {
    if (this.opened.has(id)) return;
    try {
      this.opened = new Map(this.opened).set(id, await api.letter(id));
    } catch (error) {
      this.error = error as ApiError;
    }
  }

  private async load(after?: string): Promise<void> {
    try {
      const page = await api.rejected(after);
      this.items = after ? [...(this.items ?? []), ...page.items] : page.items;
      this.next = page.next;
      this.error = null;
    } catch (error) {
      this.error = error as ApiError;
    }
  }
}

function original(letter: DeadLetter) {
  const bytes = Uint8Array.from(atob(letter.value_base64 ?? ""), (character) => character.charCodeAt(0));
  let text: string | null = null;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Shown as hex below.
  }
  return html`${text === null ? html`<p class="note">${t("not_utf8")}</p>` : html`<pre class="bytes" tabindex="0" aria-label=${t("original")}><bdi>${indented(text)}</bdi></pre>`}
    <details>
      <summary>${t("as_hex")}</summary>
      <pre class="bytes" tabindex="0">${hex(bytes)}</pre>
    </details>`;
}

/** Broken JSON stays as it came. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const HEX_BYTES = 4096;

function hex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, HEX_BYTES); at += 16) {
    const line = [...bytes.subarray(at, at + 16)];
    const text = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${line.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ${text}`);
  }
  if (bytes.length > HEX_BYTES) lines.push("…");
  return lines.join("\n");
}
