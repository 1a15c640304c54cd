/**
 * What is heard: at three in the morning an alarm that is only shown reaches nobody (decision 0815). One tab of a browser sounds. A mute
 * names what it silences and when it ends, so nothing newer is ever silenced by it.
 */

import { whose } from "./whose";

/** 1: an alarm. 2: the supervisors are rung. 3: nobody is in control, or somebody is in danger. */
export type Level = 1 | 2 | 3;

/** Something that is heard until it is over. What makes it louder or new again is in `key`. */
export interface Cause {
  key: string;
  level: Level;
}

interface Mute {
  keys: string[];
  until: number;
}

export const MUTE_MINUTES = 5;
/** Which alone stands for danger or a load that nobody controls. */
export const GRAVE: ReadonlySet<string> = new Set(["alert", "duress", "control_lost", "crossed_unaccepted", "guard_match"]);

/** The tones of one round (Hz), how long each lasts and the round (s), and how loud it is: the worse, the quicker and the louder. */
const PATTERNS: Record<Level, { tones: number[]; each: number; round: number; gain: number }> = {
  1: { tones: [660, 880], each: 0.35, round: 4, gain: 0.35 },
  2: { tones: [880, 1175, 880], each: 0.22, round: 1.6, gain: 0.65 },
  3: { tones: [988, 1397, 988, 1397], each: 0.14, round: 0.7, gain: 1 },
};

class Sound extends EventTarget {
  /** What sounds in this tab now; 0: silence. */
  level: Level | 0 = 0;
  /** What is due, muted or not, here or in another tab. */
  causes: Cause[] = [];
  /** Another tab of this browser can be heard. */
  elsewhere = false;
  private context: AudioContext | null = null;
  private playing: AudioBufferSourceNode | null = null;
  private asked = false;
  private release: (() => void) | null = null;

  /** A browser lets a page sound once somebody has touched it: any touch will do. */
  start(): void {
    if (this.context) return;
    this.context = new AudioContext();
    this.context.onstatechange = () => this.settle();
    for (const touch of ["click", "keyup"]) addEventListener(touch, () => this.running || void this.context?.resume(), true);
  }

  get running(): boolean {
    return this.context?.state === "running";
  }

  /** Asked for by name: it is heard at once that it works. */
  async on(): Promise<void> {
    await this.context?.resume();
    this.play(1, false);
  }

  /** What is due now. */
  tell(causes: Cause[]): void {
    this.causes = causes;
    this.settle();
  }

  get muted(): Mute | null {
    const mute = JSON.parse(localStorage.getItem(this.place) ?? "null") as Mute | null;
    return mute && mute.until > Date.now() ? mute : null;
  }

  /** What is due now, and nothing that comes after. */
  mute(): void {
    const mute: Mute = { keys: this.causes.map(({ key }) => key), until: Date.now() + MUTE_MINUTES * 60_000 };
    localStorage.setItem(this.place, JSON.stringify(mute));
    this.settle();
  }

  /** The loudest that is due and not muted. */
  get due(): Level | 0 {
    const muted = new Set(this.muted?.keys);
    return this.causes.reduce<Level | 0>((most, { key, level }) => (muted.has(key) || level <= most ? most : level), 0);
  }

  /** Of this person's tabs: another's, still open, must not keep it. */
  private get lock(): string {
    return `ric-sound ${whose.person ?? ""}`;
  }

  private get place(): string {
    return `ric.mute ${whose.person ?? ""}`;
  }

  private settle(): void {
    if (this.running) this.ask();
    else this.look();
    const level = this.running && this.release ? this.due : 0;
    if (level !== this.level) {
      this.playing?.stop();
      this.playing = level ? this.play(level, true) : null;
      this.level = level;
    }
    this.dispatchEvent(new Event("change"));
  }

  private play(level: Level, loop: boolean): AudioBufferSourceNode | null {
    if (!this.context) return null;
    const { tones, each, round, gain } = PATTERNS[level];
    const rate = this.context.sampleRate;
    const buffer = new AudioBuffer({ length: Math.round(round * rate), sampleRate: rate });
    const samples = buffer.getChannelData(0);
    for (let at = 0; at < tones.length * each * rate; at++) {
      const into = (at / rate) % each;
      // Each tone swells and falls, or it would click.
      samples[at] = Math.sin(2 * Math.PI * (tones[Math.floor(at / rate / each)] ?? 0) * into) * gain * Math.min(1, into / 0.02, (each - into) / 0.02);
    }
    // A loop needs no timer, which a browser slows down in a tab that nobody looks at.
    const source = new AudioBufferSourceNode(this.context, { buffer, loop });
    source.connect(this.context.destination);
    source.start();
    return source;
  }

  /** One tab sounds: whoever holds the lock. Where there are no locks (no TLS) all do. */
  private ask(): void {
    this.elsewhere = false;
    if (this.asked) return;
    this.asked = true;
    if (!navigator.locks) this.release = () => undefined;
    else {
      void navigator.locks.request(this.lock, () => {
        const held = new Promise<void>((resolve) => (this.release = resolve));
        if (this.running) this.settle();
        else this.yield();
        return held;
      });
    }
  }

  /** This tab is not heard: another may be. */
  private look(): void {
    if (this.release) this.yield();
    void navigator.locks?.query().then(({ held }) => (this.elsewhere = held?.some(({ name }) => name === this.lock) ?? false));
  }

  private yield(): void {
    this.release?.();
    this.release = null;
    this.asked = false;
  }
}

export const sound = new Sound();
