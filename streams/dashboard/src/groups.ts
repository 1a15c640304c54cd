/** Substance groups: one colour and one shape of word each, the same on the map, in the legend and in lists. */

import type { Summary } from "./api";
import type { Key } from "./texts";

export type Group = "opioids" | "cannabis" | "cocaine" | "stimulants" | "new" | "medicines" | "precursors" | "other";

/** Told apart also with the common colour-vision deficiencies (after Okabe and Ito's palette). */
export const COLOURS: Record<Group, string> = {
  opioids: "#d55e00",
  cannabis: "#009e73",
  cocaine: "#56b4e9",
  stimulants: "#cc79a7",
  new: "#8a63d2",
  medicines: "#0072b2",
  precursors: "#e6a700",
  other: "#8a8f98",
};

export const GROUPS = Object.keys(COLOURS) as Group[];

/** The first words of the reference data's groups (streams/reference/data/substances.tsv). */
const BY_PREFIX: [string, Group][] = [
  ["opi", "opioids"],
  ["cannabis", "cannabis"],
  ["cocaine", "cocaine"],
  ["ats", "stimulants"],
  ["nps", "new"],
  ["sedatives", "medicines"],
  ["medicines", "medicines"],
  ["precursors", "precursors"],
];

export function groupOf(name: string | null | undefined): Group {
  return BY_PREFIX.find(([prefix]) => name?.startsWith(prefix))?.[1] ?? "other";
}

/** The group of a report: that of its heaviest substance. */
export function mainGroup(summary: Pick<Summary, "substances">): Group {
  const heaviest = [...summary.substances].sort((a, b) => Number(b.kg ?? 0) - Number(a.kg ?? 0))[0];
  return groupOf(heaviest?.group);
}

export function totalKg(summary: Pick<Summary, "substances">): number | null {
  const known = summary.substances.filter((substance) => substance.kg !== null && substance.kg !== undefined);
  return known.length ? known.reduce((sum, substance) => sum + Number(substance.kg), 0) : null;
}

export function groupKey(group: Group): Key {
  return `group_${group}`;
}
