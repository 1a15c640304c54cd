/** For how long what was shown stays on the phone: one that is lost tells who follows what, and an old board misleads. */

import { live, type Delivery } from "../delivery-types";

/** Of boards since the centre last confirmed them, and of what was written since it was answered. What is unsent has no limit. */
export const KEPT_HOURS = 6;
export const KEPT_MS = KEPT_HOURS * 3_600_000;

/** When it was heard and when the session ends, by the centre's clock (ms); how far that was ahead of this phone's. */
interface Heard {
  asOf: number;
  until: number;
  skew: number;
}

/** `centre`, `device`: now, by the two clocks. Where one was set by more than the limit, either way, nobody knows the age: then it goes too. */
export const lapsed = ({ asOf, until, skew }: Heard, centre: number, device: number): boolean =>
  centre >= until || [centre, device + skew].some((now) => Math.abs(now - asOf) > KEPT_MS);

/** Whether there is anything for an officer on the road: drafts and what is over are neither shown nor kept. */
export const underWay = ({ status, parts }: Delivery): boolean => ["requested", "declared", "ready", "running"].includes(status) && parts.some(live);
