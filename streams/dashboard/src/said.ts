/** What the centre says in words of its own: in English, and beside it, under `ru`, the same fields in Russian as far as it has them. */

import { settings } from "./store";

type Text = string | null | undefined;

export type InBoth<Fields extends string> = Partial<Record<Fields, Text>> & { ru?: Partial<Record<Fields, Text>> | null };

/** One of its texts, for this reader. */
export function said<Field extends string>(of: InBoth<Field>, field: Field): string {
  return (settings.language === "ru" && of.ru?.[field]) || (of[field] ?? "");
}

/** Which language that text is in, for whoever reads it out. */
export const tongue = <Field extends string>(of: InBoth<Field>, field: Field): string => (settings.language === "ru" && of.ru?.[field] ? "ru" : "en");
