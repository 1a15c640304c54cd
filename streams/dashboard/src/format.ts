/** Times with their zone, weights, countries: as the reader's language writes them. */

import { html, nothing, type TemplateResult } from "lit";
import { settings } from "./store";
import { t } from "./texts";

/** The label of a zone at a moment: "UTC+5", "UTC". */
function zoneLabel(at: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
  return (parts.find((part) => part.type === "timeZoneName")?.value ?? zone).replace(/^(GMT|UTC)(\+0)?/, "UTC");
}

export function clock(at: Date | number, zone: string = settings.zone, seconds = true): string {
  const date = new Date(at);
  const text = new Intl.DateTimeFormat(settings.language === "ru" ? "ru" : "en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hour12: false,
  }).format(date);
  return `${text} ${zoneLabel(date, zone)}`;
}

export function dateAndClock(at: Date | number, zone: string = settings.zone): string {
  const day = new Intl.DateTimeFormat(settings.language === "ru" ? "ru" : "en-GB", {
    timeZone: zone,
    day: "2-digit",
    month: "short",
    year: "numeric",
  }).format(new Date(at));
  return `${day}, ${clock(at, zone, false)}`;
}

function sameDay(a: Date, b: Date): boolean {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: settings.zone });
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
  const text = new Intl.DateTimeFormat(settings.language === "ru" ? "ru" : "en-GB", options).format(at);
  return html`<time datetime=${value} title=${t("as_known")}>${text}</time>`;
}

/** Seconds, minutes, hours since. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} ${t("seconds")}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} ${t("minutes")}`;
  return `${Math.floor(seconds / 3600)} ${t("hours")} ${Math.floor((seconds % 3600) / 60)} ${t("minutes")}`;
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
