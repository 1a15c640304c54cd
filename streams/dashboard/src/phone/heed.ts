/**
 * An alarm of the officer's own part is felt in the hand, and heard where the officer asks for that: a phone that sounds by itself gives
 * away who watches. Once when it is raised, and at each ring: it cannot be acknowledged here.
 */

import type { Delivery } from "../delivery-types";
import { feels } from "./situation";

const PULSES = [400, 150, 400, 150, 400];
const WANTED = "ric.phone.sound";
const felt = new Set<string>();
let audio: AudioContext | null = null;

export const sound = {
  on: localStorage.getItem(WANTED) === "on",
  /** Pressed: a browser lets a page sound only after that. */
  toggle(): void {
    this.on = !this.on;
    localStorage.setItem(WANTED, this.on ? "on" : "off");
    if (this.on) beep();
  },
};

addEventListener("pointerdown", () => sound.on && void ready().resume());

/** What is new among the alarms that are the agency's own. */
export function heed(boards: Iterable<Delivery>, agency: string): void {
  let fresh = false;
  for (const { delivery, alarms, parts } of boards) {
    for (const alarm of alarms) {
      // What is raised rings a moment later for the first time.
      const key = `${delivery} ${alarm.id} ${alarm.count} ${Math.max(0, alarm.rung)}`;
      if (felt.has(key) || !feels(alarm, parts, agency)) continue;
      felt.add(key);
      fresh = true;
    }
  }
  if (!fresh) return;
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(PULSES);
  if (sound.on) beep();
}

let awake: WakeLockSentinel | undefined;

/** While the load is the officer's own the screen stays on, where the browser can: with it off nothing rings. A page that was hidden asks again. */
export async function stayOn(controls: boolean): Promise<void> {
  if (!controls) void awake?.release();
  else if (awake?.released !== false) awake = await navigator.wakeLock?.request("screen").catch(() => undefined);
}

function ready(): AudioContext {
  return (audio ??= new AudioContext());
}

function beep(): void {
  const context = ready();
  void context.resume();
  PULSES.forEach((ms, index) => {
    if (index % 2) return;
    const tone = new OscillatorNode(context, { type: "square", frequency: 880 });
    // A pulse and its pause are 550 ms.
    const at = context.currentTime + index * 0.275;
    tone.connect(context.destination);
    tone.start(at);
    tone.stop(at + ms / 1000);
  });
}
