/** The line to the centre: who is signed in, what stands, and that it is said when neither is known. */

import { centreTime } from "../centre-time";
import { resolved, type Delivery, type Sent } from "../delivery-types";
import { Feed, type FeedEvent, type Link } from "../feed";
import { asWhom, end, sessionEnded, whose, type Ended } from "../whose";
import { photos, send } from "./sending";
import { CONTACT, dialog } from "./sheets";
import { database, name, phone } from "./state";

const LONGEST_WAIT_MS = 60_000;
const KEEP_EVERY_MS = 5_000;
/** What was told while nobody listened is in the list, which may be a moment behind: it is asked for again, and then now and then. */
const LIST_AGAIN_MS = [2_000, 8_000];
const LIST_EVERY_MS = 60_000;

let keptAt = 0;
let listedAt = 0;

function receive(event: FeedEvent): void {
  if (event.type === "delivery") take(resolved(JSON.parse(event.data) as Sent));
  else if (event.type === "withdrawn") phone.boards.delete((JSON.parse(event.data) as { delivery: string }).delivery);
  else if (event.type === "gap") void listed();
  void remember(true);
  phone.changed();
}

function take(delivery: Delivery): void {
  const known = phone.boards.get(delivery.delivery);
  if (!known || known.version <= delivery.version) phone.boards.set(delivery.delivery, delivery);
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
  phone.boards.clear();
  dialog.close();
  phone.changed();
  await database.forget(name()).catch(() => undefined);
  phone.changed();
}

async function listed(): Promise<void> {
  if (phone.signedOut) return;
  try {
    const answer = await fetch("/v1/deliveries?open=true&limit=100", { credentials: "same-origin", cache: "no-store", headers: asWhom(whose.person) });
    if (answer.status === 401) return end(await answer.json().catch(() => null));
    if (!answer.ok) return;
    const { items } = (await answer.json()) as { items: Sent[] };
    const open = new Set(items.map(({ delivery }) => delivery));
    for (const id of [...phone.boards.keys()]) if (!open.has(id)) phone.boards.delete(id);
    for (const item of items) take(resolved(item));
    phone.loaded = true;
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
  await database.keep({ who: name(), ...phone.who, boards: [...phone.boards.values()], asOf: phone.asOf, skew: centreTime.skew }).catch(() => undefined);
}

/** Find out who is signed in, and listen for as long as they are. */
export async function enter(): Promise<void> {
  sessionEnded.addEventListener("ended", (event) => void leave((event as Ended).to));
  // What is only in memory would be lost.
  whose.again = () => phone.signedOut && database.lasting && photos.lasting && location.reload();
  for (let pause = 2_000; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    try {
      const answer = await fetch("/v1/me", { credentials: "same-origin", cache: "no-store" });
      centreTime.learn(Date.parse(answer.headers.get("date") ?? ""));
      if (answer.status === 401) return end(null);
      if (answer.ok) {
        const { person, agency, space, word } = (await answer.json()) as { person: string; agency: string; space: string; word: string | null };
        if (database.kept && database.kept.who !== `${agency}/${person}`) {
          // Another officer's deliveries are not this one's to read.
          phone.boards.clear();
          phone.asOf = null;
          dialog.close();
        }
        phone.who = { person, agency, space, word };
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
