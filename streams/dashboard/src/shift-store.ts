/** The centre's duty, live: what is open, who answers for it, and whether what is shown is what stands. */

import { ApiError, call, type Page } from "./api";
import { centreTime } from "./centre-time";
import { Feed, SILENCE_MS, type FeedEvent, type Link } from "./feed";
import { said } from "./said";

export interface Standing {
  kind: "delivery" | "alarm" | "request";
  responsible: string | null;
  since: string;
  accepted: string | null;
  waiting: string | null;
  rings: number;
  version: number;
  /** Of an alarm in a room that the supervisor is not in, after five minutes: its kind, and who in the room can be asked. */
  alarm?: string;
  ask?: string[];
}

/** What an item is about; which fields there are depends on its kind. */
export interface About {
  delivery?: string;
  status?: string;
  parts?: { part: string; state: string; controller: string | null; territory: string | null }[];
  alarms?: number;
  alarm?: string;
  kind?: string;
  part?: string | null;
  reason?: string;
  ru?: { reason?: string };
  raised?: string;
  count?: number;
  acknowledged?: { by: string; at: string } | null;
  report?: string;
  originator?: string;
  report_id?: string;
  title?: string | null;
  priority?: "routine" | "urgent" | "flash";
  reply_by?: string | null;
  changed?: boolean;
  /** A request that a live delivery's guard keeps in: nothing of what it says, since when it waits, and whom to call. */
  held?: boolean;
  opened?: string;
  call?: string[];
}

export interface Item extends Standing {
  item: string;
  about: About;
  takers: string[];
  changes?: number;
  newest?: string[];
}

export interface OnDuty {
  person: string;
  role: string;
  since: string;
  leaving: string | null;
  alarms?: number;
  fell?: number;
  accepted?: number;
}

export interface ShiftPage {
  me: OnDuty | null;
  officers: OnDuty[];
  items: Item[];
  hidden: Standing[];
  at: string;
}

interface Near {
  leg: number;
  kind: string;
  name: string;
  begins: string | null;
  ends: string | null;
}

/** Two deliveries that come near each other: for supervisors, and who is named in both rooms. */
export interface Conflict {
  conflict: string;
  since: string;
  sides: { delivery: string; plan: number; coordinators: string[] }[];
  near: { first: Near; second: Near }[];
}

/** What the centre answers to an act on one item or on the own duty: why not, and how to mend it, in the reader's language. */
export interface Told {
  ok: boolean;
  words: string;
}

/** The feed is ahead of the database that the page is read from. */
const AGAIN_MS = [0, 400, 1_500, 5_000];
const LIST_EVERY_MS = 60_000;
/** Off its own page the list is asked for: a browser opens six connections to a centre for all tabs together, and each tab has two feeds. */
const ASK_EVERY_MS = 8_000;

class Shift extends EventTarget {
  page: ShiftPage | null = null;
  conflicts: Conflict[] = [];
  link: Link = { state: "connecting", since: Date.now() };
  failure: ApiError | null = null;
  /** When the supervisors were rung last (ms). */
  rangAt = 0;
  private feed: Feed | null = null;
  private started = false;
  private asking = false;
  private askAgain = false;
  private asked = 0;

  /** Keep the list, by asking now and then. */
  start(): void {
    if (this.started) return;
    this.started = true;
    void this.ask();
    setInterval(() => this.feed || void this.ask(), ASK_EVERY_MS);
  }

  /** Hear of every change at once: while its page is open. */
  follow(): void {
    this.start();
    if (this.feed) return;
    this.feed = new Feed("/v1/feeds/shift", (event) => this.receive(event), (link) => this.linked(link));
    this.feed.start();
  }

  unfollow(): void {
    this.feed?.stop();
    this.feed = null;
  }

  retry(): void {
    this.feed?.hurry();
  }

  get live(): boolean {
    return this.link.state === "live" && this.page !== null && Date.now() - this.link.heard <= SILENCE_MS;
  }

  get heard(): number | null {
    return "heard" in this.link ? this.link.heard : null;
  }

  /** Items that nobody answers for, or that have waited until the supervisors were rung. */
  get alone(): Standing[] {
    return [...(this.page?.items ?? []), ...(this.page?.hidden ?? [])].filter((item) => item.responsible === null || item.rings > 0);
  }

  async act(act: string, about: object = {}): Promise<Told> {
    try {
      // The same id again has one effect, so what was not decided in time is sent again.
      const id = crypto.randomUUID();
      for (let attempt = 0; attempt < 4; attempt++) {
        const told = await call<{ status: string }>("/v1/shift/acts?wait=8s", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ id, act, ...about }),
        });
        if (told.status === "applied") return { ok: true, words: "" };
      }
      return { ok: false, words: "" };
    } catch (error) {
      const why = error as ApiError;
      return { ok: false, words: [said(why, "detail") || why.title, said(why, "mend")].filter(Boolean).join(". ") };
    } finally {
      this.again();
    }
  }

  private linked(link: Link): void {
    const before = this.link.state;
    this.link = link;
    if (link.state === "live" && (before !== "live" || link.heard - this.asked > LIST_EVERY_MS)) this.again();
    this.changed();
  }

  private receive(event: FeedEvent): void {
    if (event.type === "shift" && (JSON.parse(event.data) as { rang: boolean }).rang) this.rangAt = Date.now();
    this.again();
  }

  private again(): void {
    for (const later of AGAIN_MS) setTimeout(() => void this.ask(), later);
  }

  private async ask(): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    this.asked = Date.now();
    try {
      [this.page, { items: this.conflicts }] = await Promise.all([call<ShiftPage>("/v1/shift"), call<Page<Conflict>>("/v1/deconfliction")]);
      this.failure = null;
      if (!this.feed) this.link = { state: "live", since: this.asked, heard: Date.now() };
    } catch (error) {
      this.failure = error as ApiError;
    }
    this.asking = false;
    this.changed();
    if (this.askAgain) {
      this.askAgain = false;
      void this.ask();
    }
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

export const shift = new Shift();

/** Milliseconds since an instant, by the centre's clock. */
export const since = (at: string): number => centreTime.now() - Date.parse(at);
