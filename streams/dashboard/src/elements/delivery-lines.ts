import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { api, type Json, type JsonObject } from "../api";
import { isObject, plain } from "../changes";
import { deliveries } from "../delivery-store";
import type { Informed, Line } from "../delivery-types";
import { age, country, dateAndClock, kg, time } from "../format";
import { nameIn, telling } from "../informed-posts";
import { Page } from "../page";
import { settings, Watch } from "../store";
import { named, t } from "../texts";
import type { Attached } from "../uploads";
import "./attached-files";
import "./room-message";

const SHOWN = 60;
/** An act is shown by its name; of what it said, not its ids. */
const SILENT = new Set(["says", "attachments", "originals", "alarm", "hash", "previous", "request", "ready", "stop", "consent", "strike", "entry", "count", "alarm_kind"]);
/** What an entry of evidence repeats of its line. */
const OF_THE_LINE = ["by", "happened", "received", "act"];
/** Told as milliseconds since 1970. */
const TIMES = new Set(["valid_until", "handover_at", "expires", "until", "h_hour", "embargo_until"]);
const LATE_S = 60;
const BEHIND_MS = 1_500;

/** What happened, the newest first; captured, happened and received are kept apart. */
@customElement("ric-lines")
export class DeliveryLines extends Page {
  protected readonly watch = new Watch(this);
  @property() delivery = "";
  @state() private lines: Line[] = [];
  @state() private shown = SHOWN;
  /** By place in the timeline, what the centre itself said there, in Russian. */
  private ru: Record<string, JsonObject> = {};
  private next = "0";
  private reading = false;
  private more = false;

  override connectedCallback(): void {
    super.connectedCallback();
    deliveries.addEventListener("line", this.onLine);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    deliveries.removeEventListener("line", this.onLine);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("delivery")) return;
    this.lines = [];
    this.ru = {};
    this.next = "0";
    void this.read();
  }

  override render() {
    const lines = [...this.lines].reverse();
    return html`<section class="panel timeline" aria-labelledby="lines-title">
      <header class="panel-head"><h2 id="lines-title">${t("d_timeline")}</h2><span class="count">${lines.length}</span></header>
      <ric-message .delivery=${this.delivery}></ric-message>
      ${lines.length ? nothing : html`<p class="empty">${t("d_timeline_none")}</p>`}
      <ol>
        ${repeat(lines.slice(0, this.shown), orderOf, (line) => this.line(line))}
      </ol>
      ${lines.length > this.shown ? html`<button type="button" @click=${() => (this.shown += SHOWN)}>${t("d_timeline_earlier")}</button>` : nothing}
    </section>`;
  }

  private line(line: Line) {
    const kind = line.kind === "alarm" ? named("alarm", String(line.what["alarm_kind"] ?? "")) : lineName(line.kind);
    const captured = line.captured && Math.abs(Date.parse(line.captured) - Date.parse(line.happened)) > LATE_S * 1000 ? line.captured : null;
    const files = attached(line.what);
    return html`<li class=${line.kind === "alarm" ? "line alarm-line" : "line"} data-kind=${line.kind}>
      <span class="line-when">${time(line.happened)}</span>
      <span>
        <b>${kind}</b>
        ${line.part ? html`<span class="small">${t("d_part", line.part)}${line.leg ? ` · ${t("d_leg", line.leg)}` : ""}</span>` : nothing}
        <span class="small">${line.by ? html`<bdi>${line.by.agency}/${line.by.person}</bdi>` : t(line.kind === "tracked" ? "pos_by_device" : "d_by_clock")}</span>
        ${line.on_behalf_of ? html`<span class="chip warn">${t("d_by_voice", line.on_behalf_of)}</span>` : nothing}
        ${line.late_s > LATE_S ? html`<span class="chip warn">${t("d_late", age(line.late_s * 1000))}</span>` : nothing}
        ${captured ? html`<span class="small">(${time(captured)})</span>` : nothing}
        ${line.what["originals"] ? html`<span class="chip warn">${t("at_asked")}</span>` : nothing}
        ${typeof line.what["says"] === "string" ? html`<bdi class="says">${line.what["says"]}</bdi>` : nothing} ${told({ ...line.what, ...this.russian(line) })}
        ${files.length ? html`<ric-attached .delivery=${this.delivery} .by=${line.by ? `${line.by.agency}/${line.by.person}` : ""} .files=${files}></ric-attached>` : nothing}
      </span>
    </li>`;
  }

  private russian(line: Line): JsonObject {
    return settings.language === "ru" ? (this.ru[String(orderOf(line))] ?? {}) : {};
  }

  private readonly onLine = (event: Event): void => {
    const about = (event as CustomEvent<string | null>).detail;
    if (about === null || about === this.delivery) void this.told();
  };

  /** An event was told of: where the tables are behind the feed it is asked for once more. */
  private async told(): Promise<void> {
    const before = this.lines.length;
    await this.read();
    if (this.lines.length === before) setTimeout(() => void this.read(), BEHIND_MS);
  }

  /** Everything after the newest line that is here; what comes while it is read is read after it. */
  private async read(): Promise<void> {
    this.more = true;
    if (this.reading) return;
    this.reading = true;
    const of = this.delivery;
    try {
      while (this.more && of === this.delivery) {
        this.more = false;
        const page = await api.lines(of, this.next);
        if (of !== this.delivery) break;
        const known = new Set(this.lines.map(orderOf));
        this.ru = { ...this.ru, ...page.ru };
        this.lines = [...this.lines, ...page.items.filter((line) => !known.has(orderOf(line)))];
        const newest = page.items.at(-1);
        if (page.next !== null) this.more = true;
        if (newest) this.next = String(page.next ?? orderOf(newest));
      }
    } catch {
      // The link's state says it; the next event or connection reads again.
    }
    this.reading = false;
    if (of !== this.delivery) void this.read();
  }
}

const orderOf = (line: Line): number => line.seq ?? line.number ?? 0;

export function lineName(kind: string): string {
  const words = named("line", kind);
  return words === kind.replaceAll("_", " ") ? named("act", kind) : words;
}

/** Files that the line names, itself or in its entry of evidence. */
function attached(what: JsonObject): Attached[] {
  const within = isObject(what["said"]) ? what["said"]["attachments"] : undefined;
  return ((what["attachments"] ?? within ?? []) as unknown) as Attached[];
}

function told({ said, ...of }: JsonObject) {
  // What an entry of evidence says is told beside what it is.
  const what: JsonObject = isObject(said) ? { ...without(of, OF_THE_LINE), ...said, custody: named("entry", String(of["entry"])) } : of;
  const kept = Object.entries(what).filter(([name, value]) => !SILENT.has(name) && value !== null && !(Array.isArray(value) && !value.length));
  if (!kept.length) return nothing;
  return html`<span class="said"><bdi>${kept.map(([name, value]) => (name === "reason" ? String(value) : `${named("said", name)}: ${shown(name, value)}`)).join(" · ")}</bdi></span>`;
}

const without = (of: JsonObject, names: string[]): JsonObject => Object.fromEntries(Object.entries(of).filter(([name]) => !names.includes(name)));

const isWeight = (value: Json | undefined): value is JsonObject => isObject(value) && "kg" in value;
const weight = (one: JsonObject): string => `${kg(Number(one["kg"]))} ± ${kg(Number(one["uncertainty_kg"] ?? 0))}`;

const loads = (load: JsonObject): string =>
  Object.entries(load)
    .map(([substance, one]) => (isWeight(one) ? `${substance} ${weight(one)}` : substance))
    .join("; ");

function shown(name: string, value: Json): string {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "number" && TIMES.has(name)) return dateAndClock(value);
  if (name === "country" && typeof value === "string") return country(value);
  if (name === "state") return named("consent", String(value));
  if (name === "deconfliction") return named("deconfliction", String(value));
  if (name === "terms" && Array.isArray(value)) return value.map((each) => named("term", String(each))).join(", ");
  if (name === "difference_mg" && isObject(value)) return Object.entries(value).map(([substance, off]) => `${substance} ${kg(Number(off) / 1e6)}`).join("; ") || t("a_none");
  if (name === "taken" && isObject(value)) return `${String(value["substance"])} ${weight(value)}`;
  if (isObject(value) && Object.values(value).some(isWeight)) return loads(value);
  if (name === "into" && isObject(value)) return Object.entries(value).map(([part, load]) => `${part}: ${isObject(load) ? loads(load) : ""}`).join("; ");
  if (name === "informed_posts" && Array.isArray(value)) return (value as unknown as Informed[]).map((one) => `${nameIn(one)}: ${telling(one)}`).join("; ") || t("a_none");
  if (name === "reasons" && Array.isArray(value)) return value.map((each) => named("why", String(each))).join(", ");
  if (name === "position" && isObject(value)) {
    const accuracy = typeof value["accuracy_m"] === "number" ? t("d_accuracy", Math.round(value["accuracy_m"])) : t("d_no_accuracy");
    const jump = value["jump"] ? ` · ${t("d_jump")}` : "";
    const skew = typeof value["skew_s"] === "number" ? ` · ${t("d_skew", age(value["skew_s"] * 1000))}` : "";
    return `${Number(value["lat"]).toFixed(4)}, ${Number(value["lon"]).toFixed(4)} · ${named("source", String(value["source"]))} · ${accuracy}${skew}${jump}`;
  }
  return plain(value);
}
