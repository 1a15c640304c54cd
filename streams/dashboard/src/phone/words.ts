/** The phone's words, from one table: every phrase in every language, in the order of LANGUAGES, a bar between them (phrases.json). */

import type { Alarm } from "../delivery-types";
import phrases from "./phrases.json";

export type Phrase = keyof typeof phrases;
export const LANGUAGES = { ru: "Русский", en: "English", az: "Azərbaycanca", kk: "Қазақша", ky: "Кыргызча", tg: "Тоҷикӣ", tk: "Türkmençe", uz: "O‘zbekcha" };
export type Language = keyof typeof LANGUAGES;
const ORDER = Object.keys(LANGUAGES);

/** All others were not checked by the member states. */
export const OFFICIAL: Language[] = ["ru", "en"];

const CHOSEN = "ric.phone.language";

export const language = {
  now: wanted(),
  set(chosen: Language): void {
    this.now = chosen;
    localStorage.setItem(CHOSEN, chosen);
  },
};

export function w(phrase: Phrase, ...values: (string | number)[]): string {
  return in_(phrase, language.now, ...values);
}

export function in_(phrase: Phrase, of: Language, ...values: (string | number)[]): string {
  return (phrases[phrase].split("|")[ORDER.indexOf(of)] ?? "").replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}

/** For those who read it: Russian first in this region, and English. */
export const forReaders = (phrase: Phrase): string => `${in_(phrase, "ru")} / ${in_(phrase, "en")}`;

/** What an alarm is and why: in English to whoever reads that, to everybody else in Russian, where the centre has it. */
export function alarmWords({ kind, reason, ru, count }: Alarm): string {
  const words = language.now === "en" ? null : ru;
  return `${words?.kind ?? kind.replaceAll("_", " ")}${count > 1 ? ` ×${count}` : ""}: ${words?.reason ?? reason}`;
}

/** A country's name in the phone's language, where the browser knows it. */
export function country(code: string): string {
  return new Intl.DisplayNames([language.now], { type: "region" }).of(code) ?? code;
}

export const stateWord = (state: string): string => (`s_${state}` in phrases ? w(`s_${state}` as Phrase) : state);

function wanted(): Language {
  const known = (code: string | null | undefined): code is Language => Boolean(code) && (code as string) in LANGUAGES;
  const chosen = localStorage.getItem(CHOSEN);
  if (known(chosen)) return chosen;
  return navigator.languages.map((each) => each.slice(0, 2)).find(known) ?? "ru";
}
