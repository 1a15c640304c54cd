/** Words for times. */

import { w } from "./words";

export function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? `<1 ${w("min")}` : minutes < 60 ? `${minutes} ${w("min")}` : `${Math.floor(minutes / 60)} ${w("h")} ${minutes % 60} ${w("min")}`;
}

/** In the phone's own zone, which is named. */
export function clock(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZoneName: "shortOffset" }).format(at).replace(/GMT(\+0$)?|UTC\+0$/, "UTC");
}
