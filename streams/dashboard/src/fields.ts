/** Fields of forms: how each is asked for, and how what was written becomes JSON. A row of a table has an id of its own in the form. */

import type { Key } from "./texts";

export type FieldKind =
  | "line" | "lines" | "text" | "list" | "time" | "whole" | "number" | "kg" | "country" | "agency" | "person" | "name" | "language" | "part" | "code" | "ref"
  | "yes" | "check" | "choice" | "truth" | "ticks" | "rows" | "hash" | "date" | "opens" | "closes" | "zone";

export type Option = [value: string, text: string];
/** What a field or a row begins with; times are instants, RFC 3339. */
export type Initial = { [name: string]: string | string[] | Initial[] | undefined };

export interface Field {
  name: string;
  label: Key;
  kind: FieldKind;
  required?: boolean;
  value?: string | string[];
  max?: number;
  min?: number;
  hint?: Key;
  /** Of a choice or of ticks; of a line what may be picked. */
  options?: Option[];
  /** Of rows: what one row asks for, how many there are at first, at least and at most. */
  of?: Field[];
  rows?: Initial[];
  least?: number;
  most?: number;
  add?: Key;
  /** May be left out for now, not for ever. */
  needed?: boolean;
  /** Shown, not to be changed. */
  fixed?: boolean;
  /** Seldom needed: folded away. */
  more?: boolean;
  /** Asked for only while the choice beside it has that value. */
  only?: [choice: string, value: string];
}

/** What an input must look like, as the schemas have it. */
export const PATTERNS: Partial<Record<FieldKind, string>> = {
  country: "[A-Za-z]{2}",
  agency: "[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}",
  person: "[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}/[a-z0-9][a-z0-9._@\\-]{0,63}",
  name: "[a-z0-9][a-z0-9._@\\-]{0,63}",
  language: "[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}",
  /** As schemas.bounds.Code, and the part of one after its slash. */
  code: "[A-Za-z0-9][A-Za-z0-9._\\/\\-]{0,63}",
  ref: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,49}",
  part: "[A-Z][A-Z0-9]{0,11}",
  hash: "[0-9a-f]{64}",
  /** As schemas.directory.Clock: a day ends at 24:00 and begins at 00:00. */
  opens: "([01][0-9]|2[0-3]):[0-5][0-9]",
  closes: "([01][0-9]|2[0-3]):[0-5][0-9]|24:00",
  zone: "[A-Za-z][A-Za-z0-9_+\\-]*(\\/[A-Za-z0-9_+\\-]+)*",
};

/**
 * The JSON of these fields. What is empty is left out. `zoned` turns a local time into an instant. `begun`: rows that are not yet filled are
 * there too; without them it is what can be asked about while somebody writes.
 */
export function written(fields: Field[], form: FormData, zoned: (local: string) => string, begun = true, prefix = ""): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of fields) {
    const value = read(field, form, zoned, begun, prefix + field.name);
    if (value !== undefined) put(body, field.name.split("."), value);
  }
  return body;
}

function read(field: Field, form: FormData, zoned: (local: string) => string, begun: boolean, name: string): unknown {
  const text = String(form.get(name) ?? "").trim();
  switch (field.kind) {
    case "check":
    case "yes":
      return form.has(name);
    case "ticks": {
      const all = form.getAll(name).map(String);
      return all.length || field.required ? all : undefined;
    }
    case "rows": {
      const full = (row: FormDataEntryValue): boolean => (field.of ?? []).every((each) => !each.required || String(form.get(`${name}.${String(row)}.${each.name}`) ?? "").trim() !== "");
      const all = form.getAll(name).filter((row) => begun || full(row)).map((row) => written(field.of ?? [], form, zoned, begun, `${name}.${String(row)}.`));
      return all.length || field.required ? all : undefined;
    }
    case "truth":
      return text === "" ? undefined : text === "true";
    case "lines":
    case "list": {
      const all = text.split(field.kind === "lines" ? "\n" : /[\n,;]/).map((each) => each.trim()).filter(Boolean);
      return all.length ? all : undefined;
    }
    case "kg":
      return text === "" ? undefined : inKilograms(text, String(form.get(`${name}.unit`) ?? "kg"));
    case "number":
    case "whole":
      return text === "" ? undefined : Number(text);
    case "time":
      return text === "" ? undefined : zoned(text);
    case "country":
      return text === "" ? undefined : text.toUpperCase();
    default:
      return text === "" ? undefined : text;
  }
}

/** A decimal in kg or g as kilograms, digit by digit: a binary fraction would not be what was weighed. */
export function inKilograms(text: string, unit: string): string {
  if (unit !== "g") return text;
  const [whole = "", fraction = ""] = text.split(".");
  const digits = whole.padStart(4, "0");
  const tail = `${digits.slice(-3)}${fraction}`.replace(/0+$/, "");
  return `${digits.slice(0, -3).replace(/^0+(?=\d)/, "")}${tail ? `.${tail}` : ""}`;
}

/** What these fields begin with, from JSON as the centre keeps it. */
export function filled(fields: Field[], json: Record<string, unknown>): Initial {
  const begun: Initial = {};
  for (const field of fields) {
    const value = field.name.split(".").reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined | null)?.[step], json);
    if (value === undefined || value === null) continue;
    if (field.kind === "rows") begun[field.name] = (value as Record<string, unknown>[]).map((row) => filled(field.of ?? [], row));
    else if (field.kind === "ticks") begun[field.name] = (value as unknown[]).map(String);
    else begun[field.name] = Array.isArray(value) ? value.join(field.kind === "lines" ? "\n" : ", ") : String(value);
  }
  return begun;
}

export function put(into: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (name === undefined) return;
  if (!rest.length) into[name] = value;
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value);
}

/** The input that the centre's `into[0].goods[1].kg` names, by the rows of this form. */
export function inputOf(field: string, form: FormData): string {
  let name = "";
  for (const [, step, index] of field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (step !== undefined) name += name ? `.${step}` : step;
    else name += `.${String(form.getAll(name)[Number(index)] ?? index)}`;
  }
  return name;
}
