/**
 * The centre's clock as this device knows it: countdowns of a delivery never trust the browser's own. Learnt from the heartbeats of a
 * feed and from the `Date` of answers; both are whole seconds, cut off, and late by the line, so the latest of a few is the best.
 */

const SAMPLES = 6;

class CentreTime {
  private ahead: number[] = [];
  private assumed = 0;

  /** The centre said that it is `at` (ms). */
  learn(at: number): void {
    if (!Number.isFinite(at)) return;
    this.ahead.push(at - performance.now());
    if (this.ahead.length > SAMPLES) this.ahead.shift();
  }

  /** A heartbeat's comment: the centre's time. */
  readonly heard = (text: string): void => this.learn(Date.parse(text));

  /** How far the centre was ahead of this device's clock (ms) when it was last heard; for a page that starts without a line. */
  assume(skew: number): void {
    this.assumed = skew;
  }

  /** Whether the centre has been heard since the page was opened. */
  get known(): boolean {
    return this.ahead.length > 0;
  }

  /** Now, by the centre's clock (ms); by this device's while the centre has not been heard. */
  now(): number {
    return this.known ? Math.max(...this.ahead) + performance.now() : Date.now() + this.assumed;
  }

  /** How far the centre is ahead of this device's clock (ms). */
  get skew(): number {
    return this.now() - Date.now();
  }
}

export const centreTime = new CentreTime();
