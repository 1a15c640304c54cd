/** What the rooms of the phone's page share: who holds it, what was heard, what was written. */

import { centreTime } from "../centre-time";
import type { Delivery } from "../delivery-types";
import { SILENCE_MS, type Link } from "../feed";
import { Database } from "./queue";
import { choices, situation, type Choice, type Situation } from "./situation";

/** How the duty desk is called stays on the phone when all else goes. */
export const DESK = "ric.phone.desk";

export const database = new Database();

export const phone = {
  who: null as { person: string; agency: string; space: string; word: string | null } | null,
  boards: new Map<string, Delivery>(),
  link: { state: "connecting", since: Date.now() } as Link,
  loaded: false,
  signedOut: false,
  /** Who has signed in in this browser since. */
  other: null as string | null,
  /** When the boards were heard, by the centre's clock (ms). */
  asOf: null as number | null,
  /** When the session ends, by the centre's clock (ms). */
  until: Infinity,
  /** What was kept was removed: too old, or the session is over. */
  gone: false,
  /** What was shown and is no longer open for this officer. */
  over: new Map<string, number>(),
  chosen: "",
  /** Something is to be shown anew. */
  changed: (): void => undefined,
};

export const name = (): string => (phone.who ? `${phone.who.agency}/${phone.who.person}` : "");
export const isLive = (): boolean => !phone.signedOut && phone.loaded && phone.link.state === "live" && Date.now() - phone.link.heard <= SILENCE_MS;

export const agency = (): string => phone.who?.agency ?? "";
export const parts = (): Choice[] => choices(phone.boards.values(), agency());

export function now(): Situation | null {
  const all = parts();
  const choice = all.find(({ key }) => key === phone.chosen) ?? all[0];
  // Once shown it stays, whatever comes: the next press is meant for what is on the screen.
  phone.chosen = choice?.key ?? "";
  return choice ? situation(choice, agency(), database.queue.values(), centreTime.now()) : null;
}
