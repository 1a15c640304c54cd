/** Writing and sending: each act in the name of whoever wrote it, and with nobody else's session (decision 0815). */

import { sendAct } from "../acting";
import { centreTime } from "../centre-time";
import type { Act } from "../delivery-types";
import { Photos } from "./photo";
import { expired, next, settled, withAnswer, type Written } from "./queue";
import { database, name, phone } from "./state";
import { sealed } from "./word";
import { language } from "./words";

const ASK_AGAIN_MS = 3_000;
const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 60_000;

let sending = false;
let wait = FIRST_WAIT_MS;
let retry: ReturnType<typeof setTimeout> | undefined;

/** A photograph that the centre has becomes a message like any other. */
export const photos = new Photos(
  () => phone.changed(),
  async (act, { who, at }) => {
    if (!database.queue.has(act.id)) await database.put({ id: act.id, act, who, at, expires: null, tried: 0, state: "waiting", words: "" });
    void send();
  },
);

/** Keep it first, in the name of whoever is shown, then send it. `word`: of a check-in, 1 under duress. */
export async function write(fields: { act: string; delivery: string; [field: string]: unknown }, expires: number | null, word: number | null = null): Promise<void> {
  if (!phone.who) return;
  const [at, who] = [Date.now(), name()];
  const act = { id: crypto.randomUUID(), at: new Date(at).toISOString(), ...fields } as Act;
  if (word !== null) {
    const hidden = await sealed(phone.who.word, act.id, word);
    // Where it cannot be sealed it is said plainly: that it arrives is worth more.
    Object.assign(act, hidden ? { word: hidden } : { duress: word === 1 });
  }
  try {
    await database.put({ id: act.id, act, who, at, expires, tried: 0, state: "waiting", words: "" });
  } catch {
    // The phone is full: it stays in memory, and is sent like the others.
  }
  phone.changed();
  void send();
}

/** Send what waits, one after the other; an answer settles it, silence leaves it as it is. One tab at a time. */
export async function send(): Promise<void> {
  if (!phone.who || phone.signedOut) return;
  photos.go(name());
  if (sending) return;
  sending = true;
  clearTimeout(retry);
  const again = navigator.locks ? await navigator.locks.request("ric-phone", sendAll) : await sendAll();
  sending = false;
  phone.changed();
  if (again) retry = setTimeout(() => void send(), again);
  // Written while the last answer was being kept.
  else if (next(database.queue.values(), name())) void send();
}

/** How long to wait before trying again; 0: nothing waits. */
async function sendAll(): Promise<number> {
  await database.read().catch(() => undefined);
  for (let found = next(database.queue.values(), name()); found && !phone.signedOut; found = next(database.queue.values(), name())) {
    if (expired(found, centreTime.now())) {
      await keep({ ...found, state: "expired" });
      continue;
    }
    if (!navigator.onLine) return LONGEST_WAIT_MS;
    // Kept as tried before it goes: if the phone dies now, nobody says that it was not sent.
    const tried = { ...found, tried: found.tried + 1 };
    await keep(tried);
    const answer = await sendAct(tried.act, new Date(), tried.who);
    if (answer.is === "signed_out") {
      await keep(found);
      return 0;
    }
    await keep(withAnswer(tried, answer, language.now === "en"));
    if (answer.is === "unknown") return (wait = Math.min(wait * 2, LONGEST_WAIT_MS)) / 2;
    wait = FIRST_WAIT_MS;
    if (answer.is === "pending" && next(database.queue.values(), name())?.state === "pending") return ASK_AGAIN_MS;
  }
  return 0;
}

async function keep(entry: Written): Promise<void> {
  await database.put(settled(entry) ? { ...entry, told: Date.now() } : entry).catch(() => undefined);
  phone.changed();
}

/** An acceptance that waits ends with its offer, with a line or without. */
export async function expire(): Promise<void> {
  for (const each of database.queue.values()) {
    if (!sending && expired(each, centreTime.now())) await keep({ ...each, state: "expired" });
  }
}
