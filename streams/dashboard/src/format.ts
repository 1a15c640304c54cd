/** Times with their zone, weights, countries: as the reader's language writes them. */

import { html, nothing, type TemplateResult } from "lit";
import { settings } from "./store";
import { t } from "./texts";

const dateFormats = new Map<string, Intl.DateTimeFormat>();

const ALMATY = "Asia/Almaty";
/** A browser's zones are its own: one from before March 2024 has Almaty an hour off, and every browser knows the fixed zone. */
const OFF = !new Intl.DateTimeFormat("en", { timeZone: ALMATY, timeZoneName: "shortOffset" }).format(Date.UTC(2024, 5)).endsWith("+5");

/** Making a format costs a hundred times what using it does, and a page with hundreds of times is drawn every second. */
function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = language + JSON.stringify(options);
  const made = dateFormats.get(name) ?? new Intl.DateTimeFormat(language, OFF && options.timeZone === ALMATY ? { ...options, timeZone: "Etc/GMT-5" } : options);
  dateFormats.set(name, made);
  return made;
}

const reader = (): string => (settings.language === "ru" ? "ru" : "en-GB");

/** The label of a zone at a moment: "UTC+5", "UTC". */
function zoneLabel(at: Date, zone: string): string {
  const parts = dateFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
  return (parts.find((part) => part.type === "timeZoneName")?.value ?? zone).replace(/^(GMT|UTC)(\+0)?/, "UTC");
}

export function clock(at: Date | number, zone: string = settings.zone, seconds = true): string {
  const date = new Date(at);
  const text = dateFormat(reader(), {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hour12: false,
  }).format(date);
  return `${text} ${zoneLabel(date, zone)}`;
}

export function dateAndClock(at: Date | number, zone: string = settings.zone): string {
  const day = dateFormat(reader(), {
    timeZone: zone,
    day: "2-digit",
    month: "short",
    year: "numeric",
  }).format(new Date(at));
  return `${day}, ${clock(at, zone, false)}`;
}

/** Whether both moments are of one day where the reader is. */
export function sameDay(a: Date | number, b: Date | number): boolean {
  const day = dateFormat("en-CA", { timeZone: settings.zone });
  return day.format(a) === day.format(b);
}

/** An instant: the clock alone when it is today, always with its zone; the other zone on hover. */
export function time(value: string | null | undefined): TemplateResult | typeof nothing {
  if (!value) return nothing;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return html`${value}`;
  const other = settings.zone === "UTC" ? "Asia/Almaty" : "UTC";
  const shown = sameDay(at, new Date()) ? clock(at) : dateAndClock(at);
  return html`<time datetime=${value} title=${dateAndClock(at, other)}>${shown}</time>`;
}

/** A moment as exactly as the agency knew it (ISO 8601-2 level 0): a day or a month has no zone and gets none. */
export function moment(value: string | null | undefined): TemplateResult | typeof nothing {
  if (!value) return nothing;
  if (value.includes("T")) return time(value);
  const [year, month, day] = value.split("-").map(Number);
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", year: "numeric" };
  if (month) options.month = "short";
  if (day) options.day = "2-digit";
  const at = new Date(Date.UTC(year ?? 1970, (month ?? 1) - 1, day ?? 1));
  const text = dateFormat(reader(), options).format(at);
  return html`<time datetime=${value} title=${t("as_known")}>${text}</time>`;
}

/** Seconds, minutes, hours since. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} ${t("seconds")}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} ${t("minutes")}`;
  return `${Math.floor(seconds / 3600)} ${t("hours")} ${Math.floor((seconds % 3600) / 60)} ${t("minutes")}`;
}

/** Time left, for a countdown: seconds only in the last ten minutes. */
export function left(ms: number): string {
  const seconds = Math.max(0, Math.floor(Math.abs(ms) / 1000));
  if (seconds < 600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} ${t("minutes")}`;
  if (seconds < 86_400) return age(Math.abs(ms));
  return `${Math.floor(seconds / 86_400)} ${t("d_days")} ${Math.floor((seconds % 86_400) / 3600)} ${t("hours")}`;
}

/** The label of the reader's zone now. */
export const zoneNow = (): string => zoneLabel(new Date(), settings.zone);

/** A local time of the reader's zone, as an input has it ("2026-11-22T12:30"), as an instant; twice, for an offset that changes there. */
export function zoned(local: string): string {
  const wall = Date.parse(`${local}Z`);
  const first = wall - offset(wall);
  return new Date(wall - offset(first)).toISOString();
}

/** An instant as an input of the reader's zone wants it. */
export function localInput(at: number): string {
  return new Date(at + offset(at)).toISOString().slice(0, 16);
}

function offset(at: number): number {
  const name = dateFormat("en", { timeZone: settings.zone, timeZoneName: "longOffset" }).formatToParts(at).find((part) => part.type === "timeZoneName")?.value;
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? "") ?? [];
  return hours ? (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0;
}

export function number(value: number): string {
  return new Intl.NumberFormat(settings.language).format(value);
}

/** A weight in kg, grams below one kilogram: never 0 for something that is there. */
export function kg(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "";
  const weight = Number(value);
  if (!Number.isFinite(weight)) return String(value);
  if (weight > 0 && weight < 1) {
    return `${new Intl.NumberFormat(settings.language, { maximumSignificantDigits: 3 }).format(weight * 1000)} ${t("g")}`;
  }
  return `${new Intl.NumberFormat(settings.language, { maximumFractionDigits: weight < 100 ? 2 : 0 }).format(weight)} ${t("kg")}`;
}

export function country(code: string | null | undefined): string {
  if (!code) return "";
  try {
    return new Intl.DisplayNames([settings.language], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function words(slug: string | null | undefined): string {
  return (slug ?? "").replaceAll("_", " ").replaceAll("-", " ");
}
