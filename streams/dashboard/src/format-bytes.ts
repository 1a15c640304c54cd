/** Sizes of files, as the reader's language writes them. */

import { settings } from "./store";

const UNITS: [number, "megabyte" | "kilobyte"][] = [
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
];

export function size(bytes: number): string {
  const [unit, name] = UNITS.find(([least]) => bytes >= least) ?? [1, "byte"];
  return new Intl.NumberFormat(settings.language === "ru" ? "ru" : "en-GB", { style: "unit", unit: name, maximumFractionDigits: bytes >= 1e6 ? 1 : 0 }).format(bytes / unit);
}
