/** Whether a position is only the middle of something large: told by the start of the basis that the reference data gives it. */

import type { Key } from "./texts";

export type Roughness = "country" | "region";

export function roughness(basis: string | null | undefined): Roughness | null {
  if (basis?.startsWith("country")) return "country";
  if (basis?.startsWith("subdivision") || basis?.startsWith("ISO 3166-2")) return "region";
  return null;
}

export function roughKey(rough: Roughness): Key {
  return `rough_${rough}`;
}
