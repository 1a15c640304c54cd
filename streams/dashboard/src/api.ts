/** The gateway's HTTP interface (docs/architecture.md), typed. The session is an HttpOnly cookie: no token is ever seen here. */

import { centreTime } from "./centre-time";
import { asWhom, end, whose } from "./whose";
import type { Listed, OneEntry, Post } from "./directory-types";
import type { Plan } from "./plan-types";
import { path, resolved, type Delivery, type Line, type Sent } from "./delivery-types";

export type Tlp = "RED" | "AMBER+STRICT" | "AMBER" | "GREEN" | "CLEAR";
export type Kind = "seizure" | "controlled_delivery" | "intelligence" | "assistance_request" | "laboratory_result";
export type Role = "officer" | "analyst" | "coordinator" | "supervisor" | "steward" | "contributor" | "partner" | "operator";

export interface Me {
  person: string;
  agency: string;
  /** ISO 3166-1 alpha-2; empty where the agency belongs to no state. */
  country: string;
  role: Role;
  /** Whom the ladder of alarms rings as the agency's supervisor. */
  supervises: boolean;
  space: string;
  expires: string;
  exercise: boolean;
}

export interface SummaryPlace {
  name: string | null;
  country: string | null;
  lat: number | null;
  lon: number | null;
  accuracy_m: number | null;
  basis: string | null;
}

export interface SummarySubstance {
  slug: string | null;
  name: string | null;
  group: string | null;
  kg: string | number | null;
  reported: string | null;
}

export interface Summary {
  id: string;
  kind: Kind;
  originator: string;
  report_id: string;
  revision: number;
  title: string | null;
  occurred: string | null;
  place: SummaryPlace | null;
  substances: SummarySubstance[];
  tlp: Tlp;
  received: string;
  withdrawn: boolean;
  findings: number;
}

export interface Problem {
  field: string;
  reason: string;
  mend?: string | null;
  ru?: { reason: string | null; mend: string | null } | null;
}

export interface Page<Item> {
  items: Item[];
  next: string | null;
  total?: number;
}

/** By `originator/report_id`: the id of the report of a seizure for this reader, null where none is here for him. */
export type SeizureReports = Record<string, string | null>;

/** How long a closed delivery is kept: removed from `due` on as its lead said, or reviewed by then. */
export interface Term {
  due: string;
  act: "remove" | "review";
}

export interface Receipt {
  id: string;
  status: "pending" | "accepted" | "duplicate" | "superseded" | "rejected" | "call_us";
  report_id?: string | null;
  originator?: string | null;
  revision?: number | null;
  stands?: number | null;
  problems?: Problem[];
  findings?: Problem[];
  /** Of `call_us`: whom to call. */
  contact?: string | null;
  at?: string | null;
}

export interface Reason {
  reason: string;
  ru?: { reason?: string };
  weight: number;
}

export interface Incident {
  id: string;
  status: "proposed" | "withdrawn";
  score: number;
  reasons: Reason[];
  decided_by?: string;
  /** Whose word is needed before the other agency is told; nobody's where both originators say so. */
  ask_first: string[];
  first: Summary;
  second: Summary;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export interface Location {
  field: string;
  country: string | null;
  name: string | null;
  code: string | null;
  lat: number | null;
  lon: number | null;
  accuracy_m: number | null;
  basis: string;
}

export interface Enrichment {
  reference: string;
  occurred: { start: string; end: string; precision: string };
  place: Location | null;
  locations: Location[];
  countries: string[];
  substances: {
    field: string;
    slug: string;
    name: string;
    group: string;
    control: string[];
    cas: string | null;
    matched_on: string;
    kg: string | null;
    factor: string | null;
    basis: string | null;
  }[];
  identifiers: { field: string; kind: string; value: string; valid: boolean | null }[];
  names: { field: string; name: string; latin: string }[];
  findings: Problem[];
}

/** A revision's own summary; `report` is the whole of it as sent. */
export interface Revision extends Summary {
  disposition: string;
  issued: string | null;
  correction: { reason: string } | null;
  report?: JsonObject | null;
}

/** An embargo of the originator has neither `by` nor `reason`. */
export interface Hold {
  by: string | null;
  reason: string | null;
  until: string | null;
}

export interface Report extends Summary {
  report: JsonObject;
  enrichment: Enrichment | null;
  revisions: Revision[];
  receipts: Receipt[];
  incidents: Incident[];
  hold: Hold | null;
}

export interface DeadLetter {
  id: string;
  stage: string;
  agency: string | null;
  person: string | null;
  problems: Problem[];
  value_bytes: number;
  value_base64?: string | null;
  headers?: [string, string][];
  at: string;
}

export interface HeldReport extends Hold {
  id: string;
  originator: string;
}

export interface SubstanceCount {
  slug: string;
  name: string;
  group: string | null;
  seizures: number;
  kg: string | null;
}

export interface CounterWindow {
  reports: number;
  kinds: Record<string, number>;
  countries: Record<string, number>;
  substances: SubstanceCount[];
}

export type Windows = Record<"24h" | "7d" | "all", CounterWindow>;

export interface Query {
  q?: string;
  substance?: string;
  country?: string;
  agency?: string;
  kind?: string;
  identifier?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: string;
}

/** Somebody in an exercise says: real (schemas/real.py). */
export interface Landmark {
  kind: "town" | "post";
  name: string;
  ru: string;
  country: string;
  lat: number;
  lon: number;
}

export interface RealAlert {
  id: string;
  agency: string;
  person: string;
  exercise: string;
  at: string;
  answered_by?: string | null;
}

/** A refusal in the gateway's words (RFC 9457), or "offline" when nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly problems: Problem[] = [],
    readonly mend = "",
    readonly ru: { detail?: string | null; mend?: string | null } | null = null,
    /** What a stage refused, as it calls it. */
    readonly field = "",
  ) {
    super(detail || title);
  }
}

export async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, { cache: "no-store", ...init, headers: { ...asWhom(whose.person), ...(init.headers as Record<string, string>) } });
  } catch {
    throw new ApiError(0, "offline", "");
  }
  centreTime.learn(Date.parse(response.headers.get("date") ?? ""));
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; problems?: Problem[]; mend?: string | null; ru?: ApiError["ru"]; field?: string | null };
    if (response.status === 401) end(problem);
    throw new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? "", problem.problems ?? [], problem.mend ?? "", problem.ru ?? null, problem.field ?? "");
  }
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

function withQuery(path: string, query: object): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

function post(path: string, body: object): Promise<unknown> {
  return call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** Fetch a paper and hand it to the browser under the name that the centre gave it. Returns the name. Raises ApiError. */
export async function fetchFile(address: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(address, { cache: "no-store", headers: asWhom(whose.person) });
  } catch {
    throw new ApiError(0, "offline", "");
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; ru?: ApiError["ru"] };
    if (response.status === 401) end(problem);
    throw new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? "", [], "", problem.ru ?? null);
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "paper";
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await response.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}

export { path };

export const api = {
  me: () => call<Me>("/v1/me"),
  search: (query: Query, signal?: AbortSignal) => call<Page<Summary>>(withQuery("/v1/search", query), signal ? { signal } : {}),
  report: (id: string) => call<Report>(`/v1/reports/${encodeURIComponent(id)}`),
  counters: (windows: (keyof Windows)[]) => call<Partial<Windows>>(`/v1/counters?${new URLSearchParams(windows.map((window) => ["window", window]))}`),
  points: () => call<GeoJSON.FeatureCollection<GeoJSON.Point, Summary>>("/v1/map"),
  incidents: () => call<Page<Incident>>("/v1/incidents"),
  rejected: (after?: string) => call<Page<DeadLetter>>(withQuery("/v1/rejected", { after })),
  letter: (id: string) => call<DeadLetter>(`/v1/rejected/${encodeURIComponent(id)}`),
  holds: () => call<Page<HeldReport>>("/v1/holds"),
  hold: (id: string, reason: string) => post(`/v1/reports/${encodeURIComponent(id)}/hold`, { reason }),
  release: (id: string, reason: string) => post(`/v1/reports/${encodeURIComponent(id)}/release`, { reason }),
  deliveries: (open: boolean, after?: string) => call<Page<Sent>>(withQuery("/v1/deliveries", { open: String(open), limit: "100", after })).then(({ items, next }): Page<Delivery> => ({ items: items.map(resolved), next })),
  delivery: (id: string) =>
    call<{ delivery: Sent; form: { form: JsonObject } | null; retention: Term | null; seizure_reports: SeizureReports }>(`/v1/deliveries/${path(id)}`).then(({ delivery, form, retention, seizure_reports }) => ({ delivery: resolved(delivery), form, retention, seizure_reports, sent: delivery })),
  lines: (id: string, after: string) => call<{ items: Line[]; next: number | string | null; ru: Record<string, JsonObject> }>(withQuery(`/v1/deliveries/${path(id)}/events`, { after, limit: "100" })),
  plan: (request: JsonObject, consents: JsonObject[]) => post("/v1/plans", { request, consents }) as Promise<Plan>,
  directoryEntry: (id: string, { after = 0, before = 0 } = {}) =>
    call<OneEntry>(withQuery(`/v1/directory/${id.split("@").map(encodeURIComponent).join("@")}`, { ...(after ? { after: String(after) } : {}), ...(before ? { before: String(before) } : {}) })),
  crossings: (country: string) => call<{ items: Post[] }>(withQuery("/v1/crossings", { country })),
  landmarks: () => call<{ items: Landmark[] }>("/v1/landmarks"),
  editDirectory: (edit: object) => post("/v1/directory/edits", edit) as Promise<{ status: string; stands?: { number: number; proposal: object | null } | null }>,
  directory: () => call<{ items: Listed[]; at: string }>("/v1/directory"),
  realReach: () => call<{ line: boolean; contact: string | null }>("/v1/real"),
  real: () => post("/v1/real", {}),
  realAlerts: () => call<{ items: RealAlert[] }>("/v1/real-alerts"),
  realAnswered: (id: string) => post(`/v1/real-alerts/${encodeURIComponent(id)}/answered`, {}) as Promise<RealAlert>,
  signOut: () => post("/sign-out", {}),
};
