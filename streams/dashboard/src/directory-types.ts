/** The directory of competent authorities (schemas/directory.py), as far as the pages read it. */

import type { JsonObject } from "./api";

export interface Reach {
  kind: string;
  address: string;
}

export interface Desk {
  code: string;
  desk: string;
  time_zone: string;
  hours: { days: string[]; opens: string; closes: string }[];
  reach: Reach[];
  named: { name: string; rank?: string | null; reach: Reach[] }[];
  [more: string]: unknown;
}

export interface Entry {
  kind: "authority" | "crossing";
  version: number;
  authority: string;
  country: string;
  name: Record<string, string>;
  contacts: Desk[];
  gate?: Desk;
  crossing?: string;
  special_requirements: string[];
  valid_from: string;
  valid_until: string;
  verified: string;
  verified_by?: string;
  exercise: boolean;
  competence?: string;
  languages?: string[];
  law?: { controlled_delivery: boolean; passages: string[]; substitution: string[]; practices: Record<string, string>; maximum_hours?: number | null; basis?: string | null };
  papers?: { kind: string; language?: string | null; note?: string | null }[];
  notice?: { hours: number; counted: string; desk: string };
  urgent?: { hours: number; desk: string; written_due_hours: number } | null;
  reply_desk?: string;
  equipment?: string[];
  [more: string]: unknown;
}

export interface Listed {
  id: string;
  number: number;
  entry: Entry | null;
  /** Why it is not to be relied on now. */
  stale: string | null;
  ru?: { stale?: string };
  changed: string | null;
  reach_changed: string | null;
  /** A proposal that awaits its second person; `by` and `entry` only for the authority's own. */
  pending: { since: string; by?: string; entry?: Entry } | null;
}

export interface Change {
  number: number;
  act: string;
  at: string;
  version: number | null;
  entry: Entry | null;
  by?: string | null;
  proposed?: Entry | null;
  call_backs?: JsonObject[];
  reason?: string | null;
}

export interface OneEntry extends Listed {
  history: Change[];
  next: number | null;
  at: string;
}
