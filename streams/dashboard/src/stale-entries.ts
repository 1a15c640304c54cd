/** Entries of the directory that are stale: shown so wherever something rests on one, and to be verified first. */

import { call } from "./api";
import type { Listed } from "./directory-types";

let entries: ReadonlySet<string> = new Set();

/** As of now, by the centre's clock. */
export async function learnStale(): Promise<void> {
  const { items } = await call<{ items: Listed[] }>("/v1/directory?stale=true");
  entries = new Set(items.map(({ id }) => id));
}

export const isStale = (entry: string): boolean => entries.has(entry);
