import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { api, ApiError, fetchFile, path } from "../api";
import { deliveries } from "../delivery-store";
import { live, type Delivery, type Line } from "../delivery-types";
import { country, time } from "../format";
import { Page } from "../page";
import { settings, Watch } from "../store";
import { t } from "../texts";
import { whyOf } from "./refusal";

/** A paper that was asked for: its address, and what the reader is told it was. */
interface Asked {
  address: string;
  title: string;
  stale?: boolean;
}

/** Papers of one delivery: forms of each leg, the report, handover acts. Each is asked for with its copy number. */
@customElement("ric-papers")
export class DeliveryPapers extends Page {
  protected readonly watch = new Watch(this);
  @property() delivery = "";
  @state() private lines: Line[] | null = null;
  @state() private busy = "";
  @state() private told: { words: string; bad: boolean } | null = null;
  @state() private stale: Asked | null = null;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("delivery")) this.lines = this.told = this.stale = null;
  }

  override render() {
    const found = deliveries.items.get(this.delivery);
    if (!found) return nothing;
    return html`<details class="papers-of" @toggle=${this.opened}>
      <summary>${t("p_title")}</summary>
      <form novalidate @submit=${(event: Event) => event.preventDefault()}>
        <p class="hint">${t("p_copy_hint")}</p>
        <div class="one-line">
          <label><span>${t("p_copy")}</span><input type="number" name="copy" min="1" max="999" step="1" value="1" required /></label>
          <label><span>${t("p_copies")}</span><input type="number" name="copies" min="1" max="999" step="1" value="1" required /></label>
          <label><span>${t("p_language")}</span><select name="lang">
            ${(["ru", "en"] as const).map((code) => html`<option value=${code} ?selected=${code === settings.language}>${code === "ru" ? "Русский" : "English"}</option>`)}
          </select></label>
        </div>
        ${this.forms(found)} ${this.report()} ${this.handovers()}
      </form>
      ${this.busy ? html`<p class="small" role="status">${t("p_printing")}</p>` : nothing}
      ${this.told ? html`<p class="note ${this.told.bad ? "bad" : "good"}" role=${this.told.bad ? "alert" : "status"}>${this.told.words}</p>` : nothing}
      ${
        this.stale
          ? html`<div class="note warn" role="alert"><p>${t("p_stale")}</p>
              <button type="button" @click=${() => this.stale && void this.fetch({ ...this.stale, stale: true })}>${t("p_stale_anyway")}</button></div>`
          : nothing
      }
    </details>`;
  }

  private forms(found: Delivery) {
    // Parts may go ways of their own: then each form is of one of them.
    const going = found.parts.filter(live);
    const legs = (going.length > 1 ? going : (going.length ? going : found.parts).slice(-1)).flatMap((part) => part.legs.map((leg) => ({ ...leg, part: going.length > 1 ? part.part : "" })));
    return html`<h3>${t("p_forms")}</h3>
      <div class="one-line">
        <label><span>${t("p_leg")}</span><select name="leg">${legs.map(
          (leg) => html`<option value="${leg.number} ${leg.part}">${leg.part ? `${t("d_part", leg.part)} · ` : ""}${leg.number}. ${country(leg.plan.country)} · ${leg.plan.authority}</option>`,
        )}</select></label>
        <label><span>${t("p_form")}</span><select name="form"><option value="request">${t("p_form_request")}</option><option value="reply">${t("p_form_reply")}</option></select></label>
        ${(["pdf", "docx"] as const).map((ending) => html`<button type="button" data-paper=${ending} ?disabled=${this.busy !== ""} @click=${(event: Event) => this.form(event, ending)}>${t(`p_${ending}`)}</button>`)}
      </div>`;
  }

  private report() {
    const base = `/v1/deliveries/${path(this.delivery)}/report`;
    return html`<h3>${t("p_report")}</h3>
      <div class="one-line">
        <button type="button" data-paper="report" ?disabled=${this.busy !== ""} @click=${(event: Event) => this.ask(event, `${base}.pdf`, t("p_report"))}>${t("p_pdf")}</button>
        <a class="button" href="${base}.json" target="_blank" rel="noreferrer">JSON</a>
      </div>`;
  }

  private handovers() {
    const given = (this.lines ?? []).filter((line) => line.act && (line.kind === "acceptance" || (line.kind === "evidence" && line.what["entry"] === "handed_over")));
    const base = `/v1/deliveries/${path(this.delivery)}/handover`;
    const title = (line: Line): string =>
      line.kind === "acceptance"
        ? t("p_handover_load", line.part ?? "", line.leg ?? "", `${line.by?.agency ?? ""}`)
        : t("p_handover_item", String(line.what["item"]), String(line.what["by"] ?? ""), String((line.what["said"] as { to?: string } | undefined)?.to ?? ""));
    return html`<h3>${t("p_handover")}</h3>
      ${this.lines && !given.length ? html`<p class="small">${t("p_handover_none")}</p>` : nothing}
      <ul class="handovers">
        ${given.map((line) => html`<li><button type="button" data-paper="handover" ?disabled=${this.busy !== ""} @click=${(event: Event) => this.ask(event, `${base}/${line.act ?? ""}.pdf`, title(line))}>${t("p_pdf")}</button>
          <bdi>${title(line)}</bdi> <span class="small">${time(line.happened)}</span></li>`)}
      </ul>`;
  }

  private readonly opened = (event: Event): void => {
    if ((event.target as HTMLDetailsElement).open) void this.read();
  };

  /** The timeline, for what was handed over. */
  private async read(): Promise<void> {
    const lines: Line[] = [];
    try {
      for (let after: string | null = "0"; after !== null; ) {
        const page: { items: Line[]; next: number | string | null } = await api.lines(this.delivery, after);
        lines.push(...page.items);
        after = page.next === null ? null : String(page.next);
      }
      this.lines = lines;
    } catch (error) {
      this.told = { words: t("p_failed", whyOf(error as ApiError)), bad: true };
    }
  }

  private form(event: Event, ending: string): void {
    const data = asked(event);
    if (!data) return;
    const [leg = "", part] = (data.get("leg") ?? "").split(" ");
    this.ask(event, `/v1/deliveries/${path(this.delivery)}/forms/${leg}.${ending}?form=${data.get("form") ?? ""}${part ? `&part=${part}` : ""}`, `${t(data.get("form") === "reply" ? "p_form_reply" : "p_form_request")}, ${t("d_leg", leg)}`);
  }

  private ask(event: Event, address: string, title: string): void {
    const data = asked(event);
    if (!data) return;
    const more = new URLSearchParams({ copy: data.get("copy") ?? "1", copies: data.get("copies") ?? "1" });
    if (!address.includes("/handover/")) more.set("lang", data.get("lang") ?? "ru");
    if (!address.includes("/forms/")) more.set("zone", settings.zone);
    void this.fetch({ address: `${address}${address.includes("?") ? "&" : "?"}${more}`, title: t("p_made", title, data.get("copy") ?? "1", data.get("copies") ?? "1") });
  }

  private async fetch({ address, title, stale }: Asked): Promise<void> {
    this.busy = address;
    this.told = this.stale = null;
    try {
      const name = await fetchFile(stale ? `${address}&stale=true` : address);
      this.told = { words: `${title} · ${name}`, bad: false };
    } catch (error) {
      const why = error as ApiError;
      if (why.status === 409 && why.detail.includes("is stale")) this.stale = { address, title };
      else this.told = { words: t("p_failed", whyOf(why)), bad: true };
    }
    this.busy = "";
  }
}

/** What the form says, or null where the copy number is none: the browser then says what it must be. */
function asked(event: Event): Map<string, string> | null {
  const form = (event.target as HTMLElement).closest("form");
  if (!form?.reportValidity()) return null;
  const data = new Map([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  if (Number(data.get("copy")) > Number(data.get("copies"))) data.set("copies", data.get("copy") ?? "1");
  return data;
}
