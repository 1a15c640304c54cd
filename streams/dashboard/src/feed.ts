/**
 * A live feed over server-sent events, read with fetch: EventSource hides the heartbeat comments and the status of a refusal, and both
 * decide what the officer is told. Resumes with Last-Event-ID, so a break leaves no gap unless the server says `gap`.
 */

import { centreTime } from "./centre-time";
import { asWhom, end, whose } from "./whose";

export type Link =
  | { state: "connecting"; since: number }
  | { state: "live"; since: number; heard: number }
  | { state: "reconnecting"; since: number; heard: number | null; offline: boolean }
  | { state: "ended"; heard: number | null };

export interface FeedEvent {
  type: string;
  data: string;
}

/** After this silence what is on the page is called old: two heartbeats of 10 s were missed. */
export const SILENCE_MS = 25_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Feed {
  link: Link = { state: "connecting", since: Date.now() };
  private last: string | null = null;
  private heard: number | null = null;
  private stopped = false;
  private wake: () => void = () => undefined;
  private current: AbortController | null = null;

  constructor(
    private readonly path: string,
    private readonly onEvent: (event: FeedEvent) => void,
    private readonly onLink: (link: Link) => void,
  ) {}

  start(): void {
    addEventListener("online", this.hurry);
    addEventListener("offline", this.drop);
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.drop);
    this.current?.abort();
    this.wake();
  }

  /** Try again now: the machine is online again, or the officer asked. */
  readonly hurry = (): void => this.wake();

  private readonly drop = (): void => this.current?.abort();

  private async run(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!this.stopped) {
      const before = this.heard;
      const status = await this.listen();
      if (this.stopped) return;
      if (status === 401 || status === 403) {
        this.tell({ state: "ended", heard: this.heard });
        return;
      }
      if (this.heard !== before) wait = FIRST_WAIT_MS;
      const since = this.link.state === "reconnecting" ? this.link.since : Date.now();
      this.tell({ state: "reconnecting", since, heard: this.heard, offline: !navigator.onLine });
      await this.pause(wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** One connection, until it ends or falls silent; answers with the HTTP status, 0 when nothing answered. */
  private async listen(): Promise<number> {
    const abort = new AbortController();
    this.current = abort;
    let watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const headers: Record<string, string> = { accept: "text/event-stream", ...asWhom(whose.person) };
      if (this.last !== null) headers["last-event-id"] = this.last;
      const response = await fetch(this.path, { headers, cache: "no-store", signal: abort.signal });
      if (response.status === 401) end(await response.json().catch(() => null));
      if (!response.ok || !response.body) return response.status;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let open = false;
      const parse = parser((event, id) => {
        if (id !== null) this.last = id;
        if (event) this.onEvent(event);
      }, centreTime.heard);
      for (;;) {
        if (!open) this.tell({ state: "live", since: Date.now(), heard: (this.heard = Date.now()) });
        open = true;
        const { done, value } = await reader.read();
        if (done) return response.status;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
        this.heard = Date.now();
        parse(value);
        if (this.link.state === "live") this.tell({ ...this.link, heard: this.heard });
      }
    } catch {
      return 0;
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private tell(link: Link): void {
    this.link = link;
    this.onLink(link);
  }
}

/** A parser of the event stream format (HTML standard, "Interpreting an event stream"); text may be cut anywhere. */
export function parser(
  emit: (event: FeedEvent | null, id: string | null) => void,
  comment: (text: string) => void = () => undefined,
): (chunk: string) => void {
  let rest = "";
  let type = "";
  let data: string[] = [];
  let id: string | null = null;
  const line = (text: string): void => {
    if (text === "") {
      if (data.length || id !== null) emit(data.length ? { type: type || "message", data: data.join("\n") } : null, id);
      type = "";
      data = [];
      id = null;
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return comment(text.slice(1).trim());
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  };
  return (chunk) => {
    rest += chunk;
    // A carriage return at the very end may be half of CRLF: it waits for the next chunk.
    for (let found = /\r\n|\n|\r(?!$)/.exec(rest); found; found = /\r\n|\n|\r(?!$)/.exec(rest)) {
      line(rest.slice(0, found.index));
      rest = rest.slice(found.index + found[0].length);
    }
  };
}
