/** The way of a consignment as a table: one row a leg, in a request, a change of the way and a split. */

import type { Delivery, Leg, Part } from "./delivery-types";
import type { Field, Initial, Option } from "./fields";
import { named } from "./texts";

const PROFILES = ["moving", "guarded_stop", "aircraft", "ferry", "post"];

export function legFields(delivery: Delivery | null, known: Option[] = []): Field[] {
  const agencies = known.length ? known : (delivery?.visibility.agencies ?? []).map((agency): Option => [agency, agency]);
  return [
    { name: "number", label: "f_leg_number", kind: "whole", required: true, max: 60 },
    { name: "country", label: "f_country", kind: "country", required: true },
    { name: "authority", label: "f_authority", kind: "agency", required: true, options: agencies },
    { name: "controller", label: "f_controller", kind: "agency", required: true, options: agencies },
    { name: "entry.crossing", label: "f_entry_crossing", kind: "line" },
    { name: "entry_planned", label: "f_entry_planned", kind: "time" },
    { name: "exit.crossing", label: "f_exit_crossing", kind: "line" },
    { name: "exit_planned", label: "f_exit_planned", kind: "time" },
    { name: "handover_place", label: "f_handover_place", kind: "line" },
    { name: "profile", label: "f_profile", kind: "choice", value: "moving", options: PROFILES.map((profile): Option => [profile, named("profile", profile)]) },
    { name: "contact_minutes", label: "f_contact_minutes", kind: "whole", max: 10_080 },
    { name: "eyes_minutes", label: "f_eyes_minutes", kind: "whole", max: 10_080 },
  ];
}

export function legRow({ plan, number }: Leg): Initial {
  const minutes = (name: string): string => String((plan as unknown as Record<string, unknown>)[name] ?? "");
  return {
    number: String(number),
    country: plan.country,
    authority: plan.authority,
    controller: plan.controller,
    "entry.crossing": plan.entry?.crossing ?? "",
    entry_planned: plan.entry_planned ?? "",
    "exit.crossing": plan.exit?.crossing ?? "",
    exit_planned: plan.exit_planned ?? "",
    handover_place: plan.handover_place ?? "",
    profile: plan.profile ?? "moving",
    contact_minutes: minutes("contact_minutes"),
    eyes_minutes: minutes("eyes_minutes"),
  };
}

/** The legs in order of their numbers; of those that stand, what the table does not show stays as it is: a consent is for exactly that. */
export function merged(legs: unknown, part: Part | null): unknown {
  if (!Array.isArray(legs)) return undefined;
  return (legs as Record<string, unknown>[])
    .map((leg) => {
      const stands = part?.legs.find(({ number }) => number === leg["number"])?.plan as Record<string, unknown> | undefined;
      if (!stands || stands["country"] !== leg["country"]) return { ...leg };
      const kept: Record<string, unknown> = { ...stands, ...leg };
      for (const side of ["entry", "exit"]) {
        const before = stands[side] as { crossing?: string } | undefined;
        const now = leg[side] as { crossing?: string } | undefined;
        if (before && before.crossing === now?.crossing) kept[side] = before;
        else if (now === undefined) delete kept[side];
      }
      if (stands["authority"] !== leg["authority"]) delete kept["written_due_hours"];
      if (leg["profile"] === "moving" && stands["profile"] === undefined) delete kept["profile"];
      for (const name of ["entry_planned", "exit_planned", "handover_place", "contact_minutes", "eyes_minutes"]) if (leg[name] === undefined) delete kept[name];
      return kept;
    })
    .sort((a, b) => Number(a["number"]) - Number(b["number"]));
}

/** The way from where the part is: the present leg only where the officer changed it. */
export function onward(legs: unknown, part: Part | null): unknown {
  const plan = part?.legs.find(({ number }) => number === part.leg)?.plan as Record<string, unknown> | undefined;
  if (!plan || !Array.isArray(legs)) return legs;
  // The page shows whole minutes.
  const shown = (name: string, value: unknown): string =>
    name.endsWith("_planned") && typeof value === "string" ? String(Math.floor(Date.parse(value) / 60_000)) : JSON.stringify(value ?? null);
  const asItStands = (leg: Record<string, unknown>): boolean =>
    [...new Set([...Object.keys(plan), ...Object.keys(leg)])].every((name) => shown(name, leg[name]) === shown(name, plan[name]));
  return (legs as Record<string, unknown>[]).filter((leg) => leg["number"] !== part?.leg || !asItStands(leg));
}
