// How long the phone keeps what was shown, asked of the page's own code; prints what it decides.

import type { Delivery } from "../../../streams/dashboard/src/delivery-types";
import { KEPT_HOURS, KEPT_MS, lapsed, underWay } from "../../../streams/dashboard/src/phone/keeping";

const HEARD = Date.parse("2026-03-18T04:30:00Z");
const AHEAD = 90_000;
const kept = { asOf: HEARD, until: HEARD + 2 * KEPT_MS, skew: AHEAD };
/** By the two clocks, so long after it was heard. */
const after = (centre: number, device = centre): boolean => lapsed(kept, HEARD + centre, HEARD - AHEAD + device);
const board = (status: string, ...phases: string[]): Delivery => ({ status, parts: phases.map((phase) => ({ phase })) }) as unknown as Delivery;

console.log(
  JSON.stringify({
    hours: KEPT_HOURS,
    lapsed: {
      fresh: after(0),
      at_the_limit: after(KEPT_MS),
      past_it: after(KEPT_MS + 1),
      device_slept: after(0, KEPT_MS + 1),
      clock_set_back: after(-KEPT_MS - 1),
      session_over: lapsed({ ...kept, until: HEARD }, HEARD, HEARD - AHEAD),
    },
    under_way: {
      draft: underWay(board("draft", "PLANNED")),
      requested: underWay(board("requested", "PLANNED")),
      running: underWay(board("running", "SECURED", "ACTIVE")),
      all_parts_ended: underWay(board("running", "SECURED", "ABORTED")),
      ended: underWay(board("ended", "SECURED")),
      closed: underWay(board("closed", "ACTIVE")),
    },
  }),
);
