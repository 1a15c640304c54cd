/** The officer's phone: five buttons that work without a line, and never say more than the centre has said. */

import { centreTime } from "../centre-time";
import { stayOn } from "./heed";
import { enter, sweep } from "./line";
import { expire, photos, send } from "./sending";
import { build, render } from "./show";
import { agency, database, parts, phone } from "./state";

async function start(): Promise<void> {
  phone.changed = render;
  build();
  phone.changed();
  await database.open();
  await photos.open();
  const kept = database.kept;
  if (kept) {
    phone.who = { person: kept.person, agency: kept.agency, space: kept.space, word: kept.word ?? null };
    phone.gone = kept.gone;
    phone.asOf = kept.gone ? null : kept.asOf;
    centreTime.assume(kept.skew);
    for (const delivery of kept.boards) phone.boards.set(delivery.delivery, delivery);
    await sweep();
  }
  phone.changed();
  setInterval(() => {
    void expire();
    void sweep();
    phone.changed();
    void stayOn(parts().some(({ part }) => part.controller === agency()));
  }, 1_000);
  addEventListener("online", () => void send());
  void enter();
  await navigator.serviceWorker?.register("/phone-worker.js", { scope: "/phone" }).catch(() => undefined);
}

void start();
