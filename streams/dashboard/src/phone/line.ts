/** The line to the centre: who is signed in, what stands, and that it is said when neither is known. */

import { centreTime } from "../centre-time";
import { resolved, type Delivery, type Sent } from "../delivery-types";
import { Feed, type FeedEvent, type Link } from "../feed";
import { asWhom, end, sessionEnded, whose, type Ended } from "../whose";
import { lapsed, underWay } from "./keeping";
import { photos, send } from "./sending";
import { CONTACT, dialog } from "./sheets";
import { database, DESK, isLive, name, phone } from "./state";

const LONGEST_WAIT_MS = 60_000;
const KEEP_EVERY_MS = 5_000;
/** What was told while nobody listened is in the list, which may be a moment behind: it is asked for again, and then now and then. */
const LIST_AGAIN_MS = [2_000, 8_000];
const LIST_EVERY_MS = 60_000;

let keptAt = 0;
let listedAt = 0;

function receive(event: FeedEvent): void {
  if (event.type === "delivery") take(resolved(JSON.parse(event.data) as Sent));
  else if (event.type === "withdrawn") over((JSON.parse(event.data) as { delivery: string }).delivery, 0);
  else if (event.type === "gap") void listed();
  void remember(true);
  phone.changed();
}

function take(delivery: Delivery): void {
  // What was asked for or told before the session ended may come after it.
  if (phone.signedOut) return;
  const { delivery: id, version } = delivery;
  if ((phone.boards.get(id)?.version ?? phone.over.get(id) ?? 0) > version) return;
  if (!underWay(delivery)) return over(id, version);
  phone.boards.set(id, delivery);
  phone.over.delete(id);
}

/** Over, or no longer this officer's: it goes at once. */
function over(id: string, version: number): void {
  if (phone.boards.delete(id) || phone.over.has(id)) phone.over.set(id, version);
}

/** What nobody has confirmed for too long is not shown, and goes from the phone; what was written stays. */
export async function sweep(): Promise<void> {
  await database.prune().catch(() => undefined);
  const kept = database.kept;
  if (!kept || kept.gone || isLive() || !lapsed(kept, centreTime.now(), Date.now())) return;
  phone.boards.clear();
  phone.loaded = false;
  phone.asOf = null;
  phone.gone = true;
  phone.changed();
  await database.keep({ ...kept, boards: [], gone: true }).catch(() => undefined);
}

function linked(changed: Link): void {
  const before = phone.link.state;
  phone.link = changed;
  if (phone.link.state === "live") {
    phone.asOf = phone.loaded ? centreTime.now() : phone.asOf;
    if (before !== "live") for (const later of [0, ...LIST_AGAIN_MS]) setTimeout(() => void listed(), later);
    else if (!phone.loaded || Date.now() - listedAt > LIST_EVERY_MS) void listed();
    if (before !== "live") void send();
    void remember(false);
  }
  if (phone.link.state === "ended") void leave(null);
  phone.changed();
}

/** The session is over, or another's: what was shown goes, from the phone too; what was written stays. */
async function leave(to: string | null): Promise<void> {
  phone.signedOut = true;
  phone.other = to ?? phone.other;
  phone.loaded = false;
  phone.asOf = null;
  phone.gone = !phone.other;
  phone.boards.clear();
  phone.over.clear();
  dialog.close();
  phone.changed();
  await database.forget(name()).catch(() => undefined);
  phone.changed();
}

async function listed(): Promise<void> {
  if (phone.signedOut) return;
  try {
    const answer = await fetch("/v1/deliveries?open=true&limit=100", { cache: "no-store", headers: asWhom(whose.person) });
    if (answer.status === 401) return end(await answer.json().catch(() => null));
    if (!answer.ok) return;
    const { items } = (await answer.json()) as { items: Sent[] };
    if (phone.signedOut) return;
    const open = new Set(items.map(({ delivery }) => delivery));
    for (const id of [...phone.boards.keys()]) if (!open.has(id)) over(id, 0);
    for (const item of items) take(resolved(item));
    phone.loaded = true;
    phone.gone = false;
    listedAt = Date.now();
    phone.asOf = centreTime.now();
    await remember(true);
  } catch {
    // The next heartbeat asks again.
  }
  phone.changed();
}

async function remember(changed: boolean): Promise<void> {
  if (!phone.who || !phone.loaded || phone.asOf === null || (!changed && Date.now() - keptAt < KEEP_EVERY_MS)) return;
  keptAt = Date.now();
  await database.keep({ who: name(), ...phone.who, boards: [...phone.boards.values()], asOf: phone.asOf, skew: centreTime.skew, until: phone.until, gone: false }).catch(() => undefined);
}

interface Me {
  person: string;
  agency: string;
  space: string;
  word: string | null;
  expires: string;
  /** How the duty desk is called. */
  desk: string | null;
}

/** The same officer signed in again in another tab: this page's session lasts longer too. */
async function extend(): Promise<void> {
  const me = (await fetch("/v1/me", { headers: asWhom(whose.person) }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null)) as Me | null;
  if (me) phone.until = Date.parse(me.expires);
}

/** Find out who is signed in, and listen for as long as they are. */
export async function enter(): Promise<void> {
  sessionEnded.addEventListener("ended", (event) => void leave((event as Ended).to));
  // What is only in memory would be lost.
  whose.again = () => (phone.signedOut ? database.lasting && photos.lasting && location.reload() : void extend());
  for (let pause = 2_000; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    try {
      const answer = await fetch("/v1/me", { cache: "no-store" });
      centreTime.learn(Date.parse(answer.headers.get("date") ?? ""));
      if (answer.status === 401) return end(null);
      if (answer.ok) {
        const { person, agency, space, word, expires, desk } = (await answer.json()) as Me;
        if (database.kept && database.kept.who !== `${agency}/${person}`) {
          // Another officer's deliveries are not this one's to read.
          phone.boards.clear();
          phone.asOf = null;
          dialog.close();
        }
        phone.who = { person, agency, space, word };
        phone.until = Date.parse(expires);
        if (desk) localStorage.setItem(DESK, desk);
        else localStorage.removeItem(DESK);
        whose.is(name());
        if (space.startsWith("exercise")) {
          const reach = (await fetch("/v1/real").then((of) => of.json()).catch(() => null)) as { contact?: string | null } | null;
          if (reach?.contact) localStorage.setItem(CONTACT, reach.contact);
        }
        break;
      }
    } catch {
      // No line: what was kept is shown.
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      addEventListener("online", () => (clearTimeout(timer), resolve(null)), { once: true });
    });
  }
  new Feed("/v1/feeds/deliveries", receive, linked).start();
  phone.changed();
  void send();
}
