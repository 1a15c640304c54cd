/** What changed between two revisions of a report, field by field. */

import type { Json, JsonObject } from "./api";

export interface Change {
  field: string;
  before: Json | undefined;
  after: Json | undefined;
}

/** Fields that differ in every revision and say nothing. */
const EXPECTED = new Set(["revision", "schema_version"]);

export function changes(before: JsonObject, after: JsonObject): Change[] {
  const found: Change[] = [];
  compare(before, after, "", found);
  return found.filter((change) => !EXPECTED.has(change.field));
}

function compare(before: Json | undefined, after: Json | undefined, field: string, found: Change[]): void {
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[name], after[name], field ? `${field}.${name}` : name, found);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      compare(before[index], after[index], `${field}[${index}]`, found);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    found.push({ field, before, after });
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value on one line or a few: what a person reads, not JSON's punctuation. */
export function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (isObject(value)) {
    return Object.entries(value)
      .filter(([, inner]) => !(inner === null || (Array.isArray(inner) && inner.length === 0)))
      .map(([name, inner]) => `${name}: ${plain(inner)}`)
      .join(" · ");
  }
  return String(value);
}
