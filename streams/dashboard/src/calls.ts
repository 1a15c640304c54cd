/**
 * The centre asks the agency to call, and says nothing else (decision 0808). Each stays until whoever is signed in has read it: another's
 * reading in the same browser is not theirs. Supervisors hear it; whether an agency has one no token but theirs says, so officers see it.
 */

import { call, type Page, type Receipt } from "./api";
import { store } from "./store";

const ASK_EVERY_MS = 30_000;

class Calls extends EventTarget {
  private all: Receipt[] = [];
  private asked = false;

  /** Once it is known who is signed in. */
  start(): void {
    if (this.asked || !store.may("officer")) return;
    this.asked = true;
    setInterval(() => void this.ask(), ASK_EVERY_MS);
    void this.ask();
  }

  get unread(): Receipt[] {
    const read = new Set(this.read);
    return this.all.filter(({ id }) => !read.has(id));
  }

  /** Read by whoever is signed in. What the centre no longer keeps is forgotten here too. */
  heard(id: string): void {
    const kept = new Set(this.all.map((one) => one.id));
    localStorage.setItem(this.place, JSON.stringify([...this.read.filter((one) => kept.has(one)), id]));
    this.dispatchEvent(new Event("change"));
  }

  private get read(): string[] {
    return JSON.parse(localStorage.getItem(this.place) ?? "[]") as string[];
  }

  private get place(): string {
    return `ric.called ${store.me?.agency ?? ""}/${store.me?.person ?? ""}`;
  }

  /** All that there are: a newer one must not hide an older one. */
  private async ask(): Promise<void> {
    const found: Receipt[] = [];
    let after = "";
    try {
      do {
        const page: Page<Receipt> = await call(`/v1/receipts?status=call_us&limit=200${after && `&after=${encodeURIComponent(after)}`}`);
        found.push(...page.items);
        after = page.next ?? "";
      } while (after);
    } catch {
      return;
    }
    this.all = found;
    this.dispatchEvent(new Event("change"));
  }
}

export const calls = new Calls();
