/** The controlled deliveries that this person may see, live: newest version by id, and whether it is live at all. */

import { api, ApiError, type RealAlert } from "./api";
import { Feed, SILENCE_MS, type FeedEvent, type Link } from "./feed";
import { centreTime } from "./centre-time";
import { clocks } from "./delivery-clocks";
import { positions, type Placed } from "./delivery-positions";
import { shift } from "./shift-store";
import { isOpen, resolved, type Alarm, type Delivery, type Ring, type Sent } from "./delivery-types";

/** The list is asked again now and then: what no event told of would else stay wrong. */
const LIST_EVERY_MS = 60_000;
/** After a break it is asked more than once: it may be a moment behind what was told while nobody listened. */
const LIST_AGAIN_MS = [2_000, 8_000];

class Deliveries extends EventTarget {
  items = new Map<string, Delivery>();
  /** What was said in exercises to be real, by id: the duty desk's alone. */
  real = new Map<string, RealAlert>();
  private onDuty = false;
  /** Alarms that rang this reader past the room (an agency's supervisor), the newest ring of each. */
  past = new Map<string, Ring>();
  link: Link = { state: "connecting", since: Date.now() };
  loaded = false;
  /** Not for this role, or not here. */
  refused = false;
  failure: ApiError | null = null;
  private feed: Feed | null = null;
  private listedAt = 0;
  private listing = false;

  /** `onDuty`: of the centre's desk. */
  start(onDuty: boolean): void {
    if (this.feed) return;
    this.onDuty = onDuty;
    this.feed = new Feed("/v1/feeds/deliveries", (event) => this.receive(event), (link) => this.linked(link));
    this.feed.start();
  }

  stop(): void {
    this.feed?.stop();
    this.items.clear();
    positions.forget(null);
    this.real.clear();
    this.past.clear();
    this.changed();
  }

  /** Read: it comes again when it rings again. */
  noted(ring: Ring): void {
    this.past.delete(`${ring.delivery} ${ring.alarm}`);
    this.changed();
  }

  tellReal(alert: RealAlert): void {
    if (this.real.get(alert.id)?.answered_by) return;
    this.real.set(alert.id, alert);
    this.changed();
  }

  retry(): void {
    this.feed?.hurry();
  }

  /** Whether what is shown is what stands, as far as anybody can tell. */
  get live(): boolean {
    return this.link.state === "live" && this.loaded && Date.now() - this.link.heard <= SILENCE_MS;
  }

  /** When something was last heard (ms, this device's clock). */
  get heard(): number | null {
    return "heard" in this.link ? this.link.heard : null;
  }

  /** Open ones, and closed ones of which an alarm still is; those with alarms first, then those whose clocks run out first. */
  open(): Delivery[] {
    const loud = (delivery: Delivery): number => (delivery.alarms.length ? 1 : 0);
    const now = centreTime.now();
    const due = (delivery: Delivery): number => clocks(delivery, now)[0]?.due ?? Infinity;
    return [...this.items.values()].filter((each) => isOpen(each) || each.alarms.length).sort((a, b) => loud(b) - loud(a) || due(a) - due(b) || a.delivery.localeCompare(b.delivery));
  }

  alarms(): { delivery: Delivery; alarm: Alarm }[] {
    return this.open().flatMap((delivery) => delivery.alarms.map((alarm) => ({ delivery, alarm })));
  }

  keep(delivery: Delivery): void {
    const known = this.items.get(delivery.delivery);
    // Of two alike the one that came last: what only some may see does not count in the version.
    if (known && known.version > delivery.version) return;
    this.items.set(delivery.delivery, delivery);
    this.changed();
  }

  private linked(link: Link): void {
    if (link.state === "live" && this.link.state !== "live") for (const later of LIST_AGAIN_MS) setTimeout(() => this.link.state === "live" && void this.list(), later);
    this.link = link;
    if (link.state === "ended") this.refused = true;
    if (link.state === "live" && (!this.loaded || link.heard - this.listedAt > LIST_EVERY_MS)) void this.list();
    this.changed();
  }

  private receive(event: FeedEvent): void {
    if (event.type === "delivery") this.keep(resolved(JSON.parse(event.data) as Sent));
    else if (event.type === "delivery-event") this.dispatchEvent(new CustomEvent("line", { detail: (JSON.parse(event.data) as { delivery: string }).delivery }));
    else if (event.type === "position") positions.receive(JSON.parse(event.data) as Placed);
    else if (event.type === "withdrawn") {
      const { delivery } = JSON.parse(event.data) as { delivery: string };
      this.items.delete(delivery);
      positions.forget(delivery);
      this.changed();
    } else if (event.type === "ring") {
      const ring = JSON.parse(event.data) as Ring;
      if (!this.items.has(ring.delivery)) {
        this.past.set(`${ring.delivery} ${ring.alarm}`, ring);
        // To whoever is to ask the room it is not shown; else it is a closed one, which is in no list.
        if (!ring.ask) void this.look(ring.delivery);
      }
      this.changed();
    } else if (event.type === "real") {
      this.tellReal(JSON.parse(event.data) as RealAlert);
    } else if (event.type === "gap") {
      this.loaded = false;
      this.dispatchEvent(new CustomEvent("line", { detail: null }));
      void this.list();
      positions.again();
    }
  }

  private async list(): Promise<void> {
    if (this.listing) return;
    this.listing = true;
    const before = new Set(this.open().map((delivery) => delivery.delivery));
    try {
      let after: string | undefined;
      do {
        const page = await api.deliveries(true, after);
        for (const delivery of page.items) {
          before.delete(delivery.delivery);
          this.keep(delivery);
        }
        after = page.next ?? undefined;
      } while (after);
      for (const gone of before) {
        const known = this.items.get(gone);
        if (known && !isOpen(known)) await this.look(gone);
        else this.items.delete(gone);
      }
      // What the desk answers for and the list does not have was closed with an alarm that the lead does not know of.
      for (const { about } of shift.page?.items ?? []) if (about.delivery && !this.items.has(about.delivery)) await this.look(about.delivery);
      if (this.onDuty) for (const alert of (await api.realAlerts().catch(() => ({ items: [] }))).items) this.tellReal(alert);
      this.loaded = true;
      this.failure = null;
      this.listedAt = Date.now();
    } catch (error) {
      this.failure = error as ApiError;
      if (this.failure.status === 403) this.refused = true;
    }
    this.listing = false;
    this.changed();
  }

  /** Ask for one that the list does not have: closed, and an alarm of it may be open. */
  private async look(id: string): Promise<void> {
    try {
      this.keep((await api.delivery(id)).delivery);
    } catch (error) {
      if ((error as ApiError).status === 404) this.items.delete(id);
    }
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

export const deliveries = new Deliveries();
