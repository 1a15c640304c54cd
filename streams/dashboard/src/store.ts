/** What the pages share: who is here, the link's state, and the newest reports by id. Elements subscribe with `Watch`. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { deliveries } from "./delivery-store";
import { api, ApiError, type Me, type Summary, type Windows } from "./api";
import { Feed, SILENCE_MS, type FeedEvent, type Link } from "./feed";
import { sessionEnded, whose, type Ended } from "./whose";

export interface FeedRow {
  summary: Summary;
  /** When it came in over the live feed (ms); 0 when it was there from the start. */
  fresh: number;
  /** When it was withdrawn (ms); it is shown struck through for a while, then leaves. */
  gone: number;
}

/** The list is bounded: an old report is found by search, not by scrolling. */
const KEPT = 400;
const FIRST_PAGE = "100";
const STRUCK_MS = 12_000;
const COUNTERS_EVERY_MS = 4_000;
/** To count all takes the database long where there are many: it is given so many times as long to do other work. */
const ALL_RESTS = 50;
/** The feed is ahead of the database, from which counters come: after the last event they are asked for again. */
const COUNTERS_AGAIN_MS = [5_000, 15_000, 45_000];
/** Whose agency may take part in a controlled delivery. */
const IN_DELIVERIES: Me["role"][] = ["officer", "analyst", "coordinator", "supervisor"];

class Store extends EventTarget {
  me: Me | null = null;
  ended = false;
  /** Who has signed in in this browser since. */
  endedBy: string | null = null;
  link: Link = { state: "connecting", since: Date.now() };
  rows = new Map<string, FeedRow>();
  points = new Map<string, Summary>();
  counters: Partial<Windows> = {};
  /** The last time that the server said events were lost and the page asked again (ms). */
  gapAt = 0;
  loaded = false;
  failure: ApiError | null = null;
  now = Date.now();
  private feed: Feed | null = null;
  private caughtUp = false;
  private countersTimer: ReturnType<typeof setTimeout> | null = null;
  private countersAt = 0;
  /** All are counted again no sooner than this. */
  private allAt = 0;
  private countersAgain: ReturnType<typeof setTimeout>[] = [];

  async start(): Promise<void> {
    sessionEnded.addEventListener("ended", (event) => this.end((event as Ended).to));
    whose.again = () => this.ended && location.reload();
    setInterval(() => this.tick(), 1000);
    document.addEventListener("visibilitychange", () => this.tick());
    for (;;) {
      try {
        this.me = await api.me();
        break;
      } catch (error) {
        if (this.ended) return;
        this.failure = error as ApiError;
        this.changed();
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
    whose.is(`${this.me.agency}/${this.me.person}`);
    this.failure = null;
    this.changed();
    this.feed = new Feed("/v1/feeds/all", (event) => this.receive(event), (link) => this.linked(link));
    this.feed.start();
    if (this.may(...IN_DELIVERIES)) {
      deliveries.addEventListener("change", () => this.changed());
      deliveries.start(this.may("coordinator", "supervisor"));
    }
  }

  /** Whether what is on the page may be old: nothing heard for `SILENCE_MS`. */
  get stale(): boolean {
    if (this.link.state === "connecting") return this.now - this.link.since > SILENCE_MS;
    if (this.link.state === "ended") return true;
    return this.now - (this.link.heard ?? this.link.since) > SILENCE_MS;
  }

  /** The newest first, withdrawn ones included while they are struck through. */
  list(): FeedRow[] {
    return [...this.rows.values()].sort((a, b) => b.summary.received.localeCompare(a.summary.received));
  }

  retry(): void {
    this.feed?.hurry();
    deliveries.retry();
  }

  get coordinates(): boolean {
    return this.may(...IN_DELIVERIES);
  }

  may(...roles: Me["role"][]): boolean {
    return this.me !== null && roles.includes(this.me.role);
  }

  /** The feed is opened before the query, and asked again at the first heartbeat, so nothing falls between the two. */
  private linked(link: Link): void {
    const before = this.link;
    this.link = link;
    if (link.state === "live" && before.state !== "live" && !this.loaded) void this.load();
    else if (link.state === "live" && before.state === "live" && this.loaded && !this.caughtUp && link.heard - link.since > 3000) {
      this.caughtUp = true;
      void this.load();
    } else if (link.state === "live" && before.state === "reconnecting") this.refreshCounters();
    if (link.state === "ended") this.end();
    this.changed();
  }

  private async load(): Promise<void> {
    try {
      const [page, points] = await Promise.all([api.search({ limit: FIRST_PAGE }), api.points()]);
      for (const summary of page.items) this.keep(summary, false);
      for (const feature of points.features) this.plot(feature.properties);
      this.loaded = true;
      this.failure = null;
    } catch (error) {
      this.failure = error as ApiError;
      // The next heartbeat asks again.
      this.caughtUp = false;
      if (!this.loaded) setTimeout(() => this.link.state === "live" && !this.loaded && void this.load(), 2000);
    }
    this.refreshCounters();
    this.trim();
    this.changed();
  }

  private receive(event: FeedEvent): void {
    if (event.type === "gap") {
      this.gapAt = Date.now();
      this.rows.clear();
      this.points.clear();
      void this.load();
    } else if (event.type === "withdrawn") {
      this.withdraw((JSON.parse(event.data) as { id: string }).id);
    } else if (event.type === "report") {
      const summary = JSON.parse(event.data) as Summary;
      if (summary.withdrawn) this.withdraw(summary.id);
      else {
        this.keep(summary, true);
        this.plot(summary);
      }
    } else if (event.type === "incident") {
      this.dispatchEvent(new Event("incident"));
    }
    this.refreshCounters();
    this.countersAgain.forEach(clearTimeout);
    this.countersAgain = COUNTERS_AGAIN_MS.map((wait) => setTimeout(() => this.refreshCounters(), wait));
    this.trim();
    this.changed();
  }

  private keep(summary: Summary, live: boolean): void {
    if (summary.withdrawn) return;
    const known = this.rows.get(summary.id);
    if (known && (known.summary.revision > summary.revision || (!live && known.gone))) return;
    this.rows.set(summary.id, { summary, fresh: live ? Date.now() : (known?.fresh ?? 0), gone: 0 });
  }

  private plot(summary: Summary): void {
    const known = this.points.get(summary.id);
    if (summary.withdrawn || summary.kind !== "seizure" || summary.place?.lat == null || summary.place.lon == null) return;
    if (!known || known.revision <= summary.revision) this.points.set(summary.id, summary);
  }

  private withdraw(id: string): void {
    this.points.delete(id);
    this.dispatchEvent(new CustomEvent<string>("gone", { detail: id }));
    const row = this.rows.get(id);
    if (!row) return;
    this.rows.set(id, { ...row, gone: Date.now() });
    setTimeout(() => {
      if (this.rows.get(id)?.gone) this.rows.delete(id);
      this.changed();
    }, STRUCK_MS);
  }

  private trim(): void {
    if (this.rows.size <= KEPT) return;
    for (const row of this.list().slice(KEPT)) this.rows.delete(row.summary.id);
  }

  /** At most one request each few seconds, however fast reports arrive, and all are counted less often where that takes long. */
  private refreshCounters(): void {
    if (this.countersTimer) return;
    const wait = Math.max(0, this.countersAt + COUNTERS_EVERY_MS - Date.now());
    this.countersTimer = setTimeout(async () => {
      this.countersAt = Date.now();
      await this.count(["24h", "7d"]);
      const began = Date.now();
      if (began >= this.allAt) {
        await this.count(["all"]);
        this.allAt = Date.now() + ALL_RESTS * (Date.now() - began);
      } else this.countersAgain.push(setTimeout(() => this.refreshCounters(), this.allAt - began));
      this.countersTimer = null;
    }, wait);
  }

  private async count(windows: (keyof Windows)[]): Promise<void> {
    try {
      const counted = await api.counters(windows);
      if (!this.ended) this.counters = { ...this.counters, ...counted };
    } catch {
      // The link's state says it: a counter that could not be asked for stays, greyed with the rest.
    }
    this.changed();
  }

  private end(by: string | null = null): void {
    if (this.ended) return;
    this.ended = true;
    this.endedBy = by;
    this.countersAgain.forEach(clearTimeout);
    this.feed?.stop();
    deliveries.stop();
    this.rows.clear();
    this.points.clear();
    this.counters = {};
    this.changed();
  }

  private tick(): void {
    this.now = Date.now();
    document.documentElement.dataset["link"] = this.stale ? "stale" : this.link.state;
    this.dispatchEvent(new Event("tick"));
  }

  private changed(): void {
    this.now = Date.now();
    document.documentElement.dataset["link"] = this.stale ? "stale" : this.link.state;
    this.dispatchEvent(new Event("change"));
  }
}

export const store = new Store();

/** Renders its element again when the store changes; with `tick`, also every second. */
export class Watch implements ReactiveController {
  private readonly update = (): void => this.host.requestUpdate();

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly tick = false,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    store.addEventListener("change", this.update);
    settings.addEventListener("change", this.update);
    if (this.tick) store.addEventListener("tick", this.update);
  }

  hostDisconnected(): void {
    store.removeEventListener("change", this.update);
    settings.removeEventListener("change", this.update);
    store.removeEventListener("tick", this.update);
  }
}

export type Language = "en" | "ru";

/** What the reader chose; kept in this browser only. */
class Settings extends EventTarget {
  language: Language = remembered("language") === "ru" || (!remembered("language") && navigator.language.startsWith("ru")) ? "ru" : "en";
  zone: "Asia/Almaty" | "UTC" = remembered("zone") === "UTC" ? "UTC" : "Asia/Almaty";

  set(change: Partial<Pick<Settings, "language" | "zone">>): void {
    Object.assign(this, change);
    for (const [name, value] of Object.entries(change)) localStorage.setItem(`ric.${name}`, value);
    document.documentElement.lang = this.language;
    this.dispatchEvent(new Event("change"));
  }
}

function remembered(name: string): string | null {
  return localStorage.getItem(`ric.${name}`);
}

export const settings = new Settings();
document.documentElement.lang = settings.language;
