/** Files on their way to a delivery's room: tus 1.0.0, piece by piece, each with its checksum. What the centre says is safe is safe. */

import { path } from "./delivery-types";
import { asWhom, end } from "./whose";

const TUS = { "tus-resumable": "1.0.0" };
const FIRST = 64 * 1024;
const SMALLEST = 16 * 1024;
const LARGEST = 1024 * 1024;
const QUICK_MS = 1_500;
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 15_000;
const LOOK_EVERY_MS = 400;
const LATER = new Set([408, 425, 460, 500, 502, 503, 504]);
export const MAX_BYTES = 25 * 1024 * 1024;

export type UploadState = "reading" | "sending" | "waiting" | "paused" | "examining" | "ready" | "refused";

/** As the centre describes it, and as an act names it. */
export interface Attached {
  id: string;
  sha256: string;
  media_type: string;
  bytes: number;
}

export interface Description extends Attached {
  by: string;
  name: string | null;
  state: "open" | "received" | "ready" | "refused";
  code: string | null;
  reason: string | null;
  width: number | null;
  height: number | null;
  thumbnail: boolean;
  scanned: boolean | null;
  content_bytes: number | null;
  original: boolean;
}

/** The centre will not have it. */
class Refused extends Error {
  constructor(
    readonly code: string,
    reason: string,
  ) {
    super(reason);
  }
}

export const placeOf = (delivery: string, id: string): string => `/v1/deliveries/${path(delivery)}/attachments/${id}`;

/** One file. "change" is dispatched whenever something of it changes. */
export class Upload extends EventTarget {
  state: UploadState = "reading";
  /** Bytes that the centre has said are safe. */
  safe = 0;
  attached: Attached | null = null;
  refusal: { code: string; reason: string } | null = null;
  private place = "";
  private piece = FIRST;
  private running = false;
  private stopping: AbortController | null = null;

  constructor(
    readonly delivery: string,
    readonly file: File,
    /** Who sends it (AGENCY/person): with nobody else's session. */
    private readonly by: string | null,
  ) {
    super();
  }

  get size(): number {
    return this.file.size;
  }

  /** Begin, or go on. */
  async start(): Promise<void> {
    if (this.running || this.state === "ready" || this.state === "refused") return;
    this.running = true;
    this.stopping = new AbortController();
    try {
      await this.send(this.stopping.signal);
    } catch (error) {
      if (error instanceof Refused) {
        this.refusal = { code: error.code, reason: error.message };
        this.to("refused");
      }
    }
    this.running = false;
  }

  pause(): void {
    this.to("paused");
    this.stopping?.abort();
  }

  /** Give it up: the centre forgets what it has of it. */
  remove(): void {
    this.stopping?.abort();
    if (this.place) void fetch(this.place, { method: "DELETE", headers: { ...TUS, ...asWhom(this.by) } }).catch(() => undefined);
  }

  private async send(stopped: AbortSignal): Promise<void> {
    if (this.size > MAX_BYTES || this.size === 0) throw new Refused("too_large", "");
    if (!this.place) {
      const sha256 = hex(await crypto.subtle.digest("SHA-256", await this.file.arrayBuffer()));
      const metadata = `sha256 ${btoa(sha256)},filename ${base64(new TextEncoder().encode(this.file.name))}`;
      const began = await this.call(stopped, () => ({
        url: `/v1/deliveries/${path(this.delivery)}/attachments`,
        init: { method: "POST", headers: { ...TUS, "upload-length": String(this.size), "upload-metadata": metadata } },
      }));
      this.place = began.headers.get("location") ?? "";
      this.reached(began);
    } else {
      this.reached(await this.call(stopped, () => ({ url: this.place, init: { method: "HEAD", headers: TUS } })));
    }
    while (this.safe < this.size) await this.sendPiece(stopped);
    this.to("examining");
    await this.examined(stopped);
  }

  private async sendPiece(stopped: AbortSignal): Promise<void> {
    const began = Date.now();
    const answer = await this.call(stopped, async () => {
      const bytes = await this.file.slice(this.safe, this.safe + this.piece).arrayBuffer();
      const checksum = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
      return {
        url: this.place,
        init: {
          method: "PATCH",
          body: bytes,
          headers: { ...TUS, "content-type": "application/offset+octet-stream", "upload-offset": String(this.safe), "upload-checksum": `sha256 ${checksum}` },
        },
      };
    });
    if (Date.now() - began < QUICK_MS) this.piece = Math.min(LARGEST, this.piece * 2);
    this.reached(answer);
  }

  private async examined(stopped: AbortSignal): Promise<void> {
    for (;;) {
      const answer = await this.call(stopped, () => ({ url: this.place, init: {} }));
      const found = (await answer.json()) as Description;
      if (found.state === "refused") throw new Refused(found.code ?? "", found.reason ?? "");
      if (found.state === "ready") {
        this.attached = { id: found.id, sha256: found.sha256, media_type: found.media_type, bytes: found.bytes };
        this.to("ready");
        return;
      }
      await pause(LOOK_EVERY_MS, stopped);
    }
  }

  /** A good answer, or one that says where the upload stands, however long the line is down. Throws Refused, and when stopped. */
  private async call(stopped: AbortSignal, make: () => { url: string; init: RequestInit } | Promise<{ url: string; init: RequestInit }>): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const { url, init } = await make();
      const headers = { ...(init.headers as Record<string, string>), ...asWhom(this.by) };
      let response: Response | null = null;
      try {
        response = await fetch(url, { cache: "no-store", ...init, headers, signal: AbortSignal.any([stopped, AbortSignal.timeout(PATIENCE_MS)]) });
      } catch (error) {
        if (stopped.aborted) throw error;
      }
      if (response && (response.ok || response.status === 409) && (response.ok || response.headers.has("upload-offset"))) {
        if (this.state === "waiting" || this.state === "reading" || this.state === "paused") this.to("sending");
        return response;
      }
      if (response && !LATER.has(response.status)) {
        if (response.status === 401) {
          this.to("waiting");
          end(await response.json().catch(() => null));
          throw new Error("the session is over");
        }
        const problem = (await response.json().catch(() => ({}))) as { detail?: string };
        throw new Refused("", problem.detail ?? String(response.status));
      }
      this.piece = Math.max(SMALLEST, this.piece / 2);
      this.to("waiting");
      await pause(Math.min(500 * 2 ** attempt, LONGEST_PAUSE_MS), stopped);
    }
  }

  private reached(answer: Response): void {
    this.safe = Number(answer.headers.get("upload-offset") ?? 0);
    this.to("sending");
  }

  private to(state: UploadState): void {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** A while, or until the device has a line again. Throws when stopped. */
function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("online", end);
      if (stopped.aborted) reject(new DOMException("stopped", "AbortError"));
      else resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    stopped.addEventListener("abort", end, { once: true });
  });
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
