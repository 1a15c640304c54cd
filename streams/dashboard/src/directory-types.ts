/** The directory of competent authorities (schemas/directory.py), as far as the pages read it. */

import type { JsonObject } from "./api";

export interface Reach {
  kind: string;
  address: string;
}

/** Local times; a closing time that is not after the opening one is the next day's. */
export interface Hours {
  days: string[];
  opens: string;
  closes: string;
}

export interface Officer {
  name: string;
  rank?: string | null;
  reach: Reach[];
}

/** Without hours it answers round the clock. Dates are local. */
export interface Desk {
  code: string;
  desk: string;
  time_zone: string;
  hours: Hours[];
  works_on_holidays: boolean;
  closed_on: string[];
  open_on: string[];
  reach: Reach[];
  named: Officer[];
}

export interface Law {
  controlled_delivery: boolean;
  passages: string[];
  substitution: string[];
  practices: Record<string, string>;
  maximum_hours?: number | null;
  basis?: string | null;
}

export interface Paper {
  kind: string;
  language?: string | null;
  note?: string | null;
}

export interface Entry {
  kind: "authority" | "crossing";
  version: number;
  authority: string;
  country: string;
  name: Record<string, string>;
  contacts: Desk[];
  special_requirements: string[];
  valid_from: string;
  valid_until: string;
  verified: string;
  verified_by?: string;
  exercise: boolean;
  /** Of an authority alone, as far as `reply_desk`. */
  competence?: string;
  languages?: string[];
  law?: Law;
  papers?: Paper[];
  notice?: { hours: number; counted: string; desk: string };
  urgent?: { hours: number; desk: string; written_due_hours: number } | null;
  reply_desk?: string;
  /** Of a crossing alone. */
  crossing?: string;
  gate?: Desk;
  equipment?: string[];
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

/** A post of the gazetteer, on one country's side. */
export interface Post {
  name: string;
  ru: string;
  by: "road" | "rail" | "river" | "sea";
  /** Countries that it leads to, ISO 3166-1 alpha-2. */
  to: string[];
}
