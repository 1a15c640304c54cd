/**
 * What the officer wrote, kept until the centre has answered, and what the centre said last. An act is kept before it is sent, under the
 * name of whoever wrote it: nobody sends another's act.
 */

import type { Act, Answer, Delivery } from "../delivery-types";
import { KEPT_MS } from "./keeping";

export interface Written {
  id: string;
  act: Act;
  /** agency/person */
  who: string;
  /** By this phone's clock (ms), as in the act. */
  at: number;
  /** Of an acceptance: when its offer expires, by the centre's clock (ms). */
  expires: number | null;
  tried: number;
  state: "waiting" | "pending" | "applied" | "refused" | "expired";
  words: string;
  /** When it was answered, by this phone's clock (ms). */
  told?: number;
}

export interface Kept {
  who: string;
  person: string;
  agency: string;
  space: string;
  /** What check-ins are sealed with. */
  word: string | null;
  boards: Delivery[];
  /** When the boards were heard, by the centre's clock (ms), and how far that was ahead of this phone's. */
  asOf: number;
  skew: number;
  /** When the session ends, by the centre's clock (ms). */
  until: number;
  /** The boards were removed, and it was said. */
  gone: boolean;
}

const URGENT = ["alert", "stop_request", "control_lost"];

export const settled = ({ state }: Written): boolean => state !== "waiting" && state !== "pending";

/** The next to send: what has not been received before what has, an alarm first, then in the order of writing. */
export function next(queue: Iterable<Written>, who: string): Written | undefined {
  const rank = (entry: Written): number => (entry.state === "pending" ? 2 : URGENT.includes(entry.act.act) ? 0 : 1);
  return [...queue].filter((entry) => entry.who === who && !settled(entry)).sort((a, b) => rank(a) - rank(b) || a.at - b.at)[0];
}

/** An acceptance that was never tried ends with its offer. One that was tried may have arrived: only the centre can say. */
export const expired = (entry: Written, now: number): boolean => entry.expires !== null && entry.tried === 0 && entry.state === "waiting" && now >= entry.expires;

/** `english`: the reader reads English; everybody else Russian, where the centre has it. */
export function withAnswer(entry: Written, answer: Answer, english: boolean): Written {
  switch (answer.is) {
    case "applied":
      return { ...entry, state: "applied", words: "" };
    case "refused":
      return { ...entry, state: "refused", words: [(!english && answer.ru?.detail) || answer.reason, (!english && answer.ru?.mend) || answer.mend].filter(Boolean).join(". ") };
    case "invalid":
      return { ...entry, state: "refused", words: answer.problems.map((each) => `${each.field}: ${(!english && each.ru?.reason) || each.reason}`).join("; ") };
    case "pending":
      return { ...entry, state: "pending" };
    default:
      return entry;
  }
}

/** The phone's own database. Where it cannot be had (a private window) memory serves, and `lasting` is false. */
export class Database {
  private database: IDBDatabase | null = null;
  /** Of entries that the phone was too full to keep. */
  private readonly inMemory = new Set<string>();
  readonly queue = new Map<string, Written>();
  kept: Kept | null = null;

  get lasting(): boolean {
    return this.database !== null;
  }

  async open(): Promise<void> {
    try {
      this.database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("ric-phone", 1);
        opening.onupgradeneeded = () => {
          opening.result.createObjectStore("queue", { keyPath: "id" });
          opening.result.createObjectStore("kept");
        };
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error ?? new Error("no database"));
        opening.onblocked = () => reject(new Error("blocked"));
      });
      await this.read();
    } catch {
      this.database = null;
    }
  }

  /** Another tab may have written and sent: what stands in the database stands, but for what this one wrote meanwhile. */
  async read(): Promise<void> {
    if (!this.database) return;
    const store = (name: string): IDBObjectStore => (this.database as IDBDatabase).transaction(name).objectStore(name);
    const before = new Map(this.queue);
    const all = (await done(store("queue").getAll())) as Written[];
    const newer = [...this.queue.values()].filter((entry) => before.get(entry.id) !== entry || this.inMemory.has(entry.id));
    this.queue.clear();
    for (const entry of [...all, ...newer]) this.queue.set(entry.id, entry);
    await this.prune();
    this.kept = ((await done(store("kept").get("last"))) as Kept | undefined) ?? null;
  }

  /** What was answered stays to be read for a while, what was not for as long as it takes. */
  async prune(): Promise<void> {
    for (const entry of this.queue.values()) {
      if (!settled(entry) || Date.now() - (entry.told ?? entry.at) <= KEPT_MS) continue;
      this.queue.delete(entry.id);
      await this.write("queue", (into) => into.delete(entry.id));
    }
  }

  async put(entry: Written): Promise<void> {
    this.queue.set(entry.id, entry);
    this.inMemory.add(entry.id);
    await this.write("queue", (into) => into.put(entry));
    this.inMemory.delete(entry.id);
  }

  async keep(kept: Kept): Promise<void> {
    this.kept = kept;
    await this.write("kept", (into) => into.put(kept, "last"));
  }

  /** What was shown to this officer; another's, who has signed in since, stays. */
  async forget(who: string): Promise<void> {
    this.kept = null;
    await this.write("kept", (into) => {
      const asked = into.get("last") as IDBRequest<Kept | undefined>;
      asked.onsuccess = () => asked.result?.who === who && into.clear();
      return asked;
    });
  }

  private async write(name: string, change: (into: IDBObjectStore) => IDBRequest): Promise<void> {
    if (!this.database) return;
    const transaction = this.database.transaction(name, "readwrite", { durability: "strict" });
    change(transaction.objectStore(name));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    });
  }
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("not read"));
  });
}
