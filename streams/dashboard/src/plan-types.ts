/** The consent plan (streams/planning/findings.py), as far as the page reads it; `ru`: the same texts in Russian. */

export interface PlanFinding {
  severity: "blocking" | "action" | "info";
  topic: string;
  legs: number[];
  text: string;
  why: string;
  ru?: { text?: string; why?: string };
}

export interface PlanLatest {
  at: string;
  zone: string;
  text: string;
  late_by_minutes: number | null;
  why: string;
  ru?: { why?: string };
}

export interface PlanAsk {
  authority: string;
  name: Record<string, string>;
  competence: "consents" | "is_informed";
  own: boolean;
  source: { entry: string; version: number; stale: string | null };
  desk: string;
  reach: { kind: string; address: string }[];
  languages: string[];
  open_now: boolean;
  opens: string | null;
  latest: PlanLatest | null;
  urgent: PlanLatest | null;
  written_due_hours: number | null;
  missing: { kind: string; language: string | null; why: string }[];
}

export interface PlanLeg {
  number: number;
  country: string;
  passage: string;
  enters: string | null;
  leaves: string | null;
  asks: PlanAsk[];
  findings: PlanFinding[];
}

export interface Plan {
  delivery_ref: string;
  exercise: boolean;
  now: string;
  calendar: string;
  clear: boolean;
  legs: PlanLeg[];
  conflicts: PlanFinding[];
  hard_stop: { after_leg: number; place: string; at: string | null; why: string; ru?: { place?: string; why?: string } } | null;
  alternatives: { kind: string; for_leg: number; countries: string[]; text: string; why: string; sources: PlanAsk["source"][]; ru?: { text?: string; why?: string } }[];
}
