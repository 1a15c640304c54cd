/** Sending an act, and reading the answer. The same act may be sent again and again: it has one effect. */

import type { Problem } from "./api";
import type { Act, Answer, Stands } from "./delivery-types";
import { centreTime } from "./centre-time";
import { asWhom, end, whose } from "./whose";

const PATIENCE_MS = 30_000;

/** A refusal's words in Russian, as far as the centre has them. */
type Words = { detail: string | null; mend: string | null };

interface Told {
  status?: string | number;
  title?: string;
  detail?: string;
  reason?: string;
  field?: string | null;
  mend?: string | null;
  ru?: Words | null;
  version?: number | null;
  stands?: Stands | null;
  problems?: Problem[];
  /** What was answered the first time, when the act had been received before. */
  first?: string;
}

/**
 * `sent` is put here, by the clock that `at` was read from: the centre tells the act's age by the two. `by`: who wrote it (AGENCY/person),
 * without whose session it is not taken.
 */
export async function sendAct(act: Act, sent: Date, by: string | null = whose.person): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch("/v1/deliveries/acts", {
      method: "POST",
     
      cache: "no-store",
      headers: { "content-type": "application/json", ...asWhom(by) },
      body: JSON.stringify({ ...act, sent: sent.toISOString() }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return { is: "unknown", why: "" };
  }
  centreTime.learn(Date.parse(response.headers.get("date") ?? ""));
  const told = (await response.json().catch(() => null)) as Told | null;
  if (response.status === 401) {
    end(told);
    return { is: "signed_out" };
  }
  if (response.status === 202) return { is: "pending" };
  if (response.ok && told?.first === "refused") return refused(told);
  if (response.ok && told) {
    return { is: "applied", repeated: told.status === "repeated", version: told.version ?? null, stands: told.stands ?? null };
  }
  if (response.status === 422 && told) {
    return { is: "invalid", problems: told.problems ?? [{ field: told.field ?? "", reason: told.detail ?? told.title ?? "", mend: told.mend ?? null }] };
  }
  if (told && response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429) return refused(told);
  return { is: "unknown", why: told?.detail ?? told?.title ?? String(response.status) };
}

function refused({ reason, detail, title, field = null, mend = null, ru = null, stands = null }: Told): Answer {
  return { is: "refused", reason: reason ?? detail ?? title ?? "", field, mend, ru, stands };
}
