/** What the five buttons ask before something is written. */

import { centreTime } from "../centre-time";
import { asWhom } from "../whose";
import { button, el } from "./dom";
import { write } from "./sending";
import type { Situation } from "./situation";
import { name, now } from "./state";
import { span } from "./times";
import { country, forReaders, w, type Phrase } from "./words";

const REASONS: Phrase[] = ["r_armed", "r_noticed", "r_opened", "r_route", "r_accident", "r_danger", "r_seizure", "r_other"];
const HANDOVER_MINUTES = [15, 30, 60, 120];
const OFFER_LASTS_MS = 3_600_000;
const REAL_AGAIN_MS = 3_000;
/** How the live duty desk is called, in an exercise: kept for when there is no line. */
export const CONTACT = "ric.phone.contact";

export const dialog = el("dialog", { "aria-labelledby": "sheet" });
dialog.addEventListener("close", () => dialog.replaceChildren());

function sheet(title: string, ...children: (Node | string)[]): HTMLHeadingElement {
  const back = button(w("back"), {}, () => dialog.close());
  const heading = el("h2", { id: "sheet" }, title);
  dialog.replaceChildren(el("div", {}, heading, ...children, back));
  dialog.showModal();
  return heading;
}

/** A button of the sheet: what it says is written down at once, and the sheet closes. */
function says(words: string, kind: string, act: () => Parameters<typeof write>[0], expires: number | null = null): HTMLButtonElement {
  return button(words, { class: kind }, () => {
    const fields = act();
    dialog.close();
    void write(fields, expires);
  });
}

/** What it is said of, from when it was asked: whatever comes meanwhile, it is said of nothing else. */
const of = ({ delivery: { delivery }, part: { part } }: Situation): { delivery: string; part: string } => ({ delivery, part });

function asked(value = ""): HTMLInputElement {
  const input = el("input", { value });
  input.required = true;
  input.maxLength = 400;
  return input;
}

const labelled = (phrase: Phrase, input: HTMLElement): HTMLLabelElement => el("label", {}, w(phrase), input);

/** A touch on the heading says the second word with the answer that follows: nothing on the screen or in the phone tells (docs/screens.md). */
export function checkIn(): void {
  const stands = now();
  if (!stands) return;
  let word = 0;
  const answers = (words: string, kind: string, eyes_on: boolean): HTMLButtonElement =>
    button(words, { class: kind }, () => {
      dialog.close();
      void write({ act: "check_in", ...of(stands), eyes_on }, null, word);
    });
  const again = stands.regains.flatMap((code) =>
    (["seals_ok", "seals_broken"] as const).map((seals) =>
      says(`${w("again")}: ${country(code)}. ${w(seals)}`, "yes", () => ({ act: "regained", ...of(stands), country: code, eyes_on: true, seals_intact: seals === "seals_ok" })),
    ),
  );
  const lost = says(w("lost"), "alarm", () => ({ act: "control_lost", ...of(stands) }));
  const answered = again.length ? again : [answers(w("see"), "yes", true), answers(w("not_see"), "", false)];
  sheet(w("check_in"), ...answered, ...(stands.controls ? [lost, held(stands)] : [])).addEventListener("pointerdown", () => (word = 1));
}

/** The answer to a stop, folded away while nobody asks for one. */
function held(stands: Situation): HTMLDetailsElement {
  const place = asked();
  const guard = asked();
  const hold = button(w("hold"), { class: "halt" }, () => {
    if (!place.reportValidity() || !guard.reportValidity()) return;
    dialog.close();
    void write({ act: "held", ...of(stands), place: place.value.trim(), guard: guard.value.trim() }, null);
  });
  const folded = el("details", {}, el("summary", {}, w("hold")), labelled("where", place), labelled("guard", guard), hold);
  folded.open = stands.part.state === "STOP_REQUESTED";
  return folded;
}

export function handOver(): void {
  const stands = now();
  if (!stands?.hand) return;
  if (stands.hand === "offer") {
    const place = asked(stands.place);
    const offers = HANDOVER_MINUTES.map((minutes) =>
      button(w("in_minutes", span(minutes * 60_000)), { class: "hand" }, () => {
        if (!place.reportValidity()) return;
        const at = Date.now() + centreTime.skew + minutes * 60_000;
        dialog.close();
        void write({ act: "offer", ...of(stands), handover_at: new Date(at).toISOString(), expires: new Date(at + OFFER_LASTS_MS).toISOString(), place: place.value.trim() }, null);
      }),
    );
    sheet(w("offer"), labelled("where", place), ...offers);
    return;
  }
  const offer = stands.part.offer;
  // Two borders on nobody knows by himself whether the load has reached the giver's country: whoever stands there says it.
  const soil = el("select", {}, ...stands.soils.map((code) => el("option", { value: code }, country(code))));
  const seals = el("select", { "aria-label": w("seals_unknown") }, ...(["seals_unknown", "seals_ok", "seals_broken"] as const).map((said, index) => el("option", { value: ["", "true", "false"][index] ?? "" }, w(said))));
  sheet(
    w("accept"),
    ...(stands.soils.length ? [labelled("where", soil)] : []),
    seals,
    says(
      `${w("accept")}: ${w("see")}`,
      "yes",
      () => ({
        act: "acceptance",
        ...of(stands),
        leg: stands.leg,
        eyes_on: true,
        ...(offer ? { offer: offer.id } : {}),
        ...(soil.value ? { country: soil.value } : {}),
        ...(seals.value ? { seals_intact: seals.value === "true" } : {}),
      }),
      offer ? Date.parse(offer.expires) : null,
    ),
  );
}

export function inPlace(): void {
  const stands = now();
  if (!stands?.inPlace) return;
  sheet(w("in_place"), says(w("see"), "yes", () => ({ act: "receiver_in_place", ...of(stands), leg: stands.leg, eyes_on: true })));
}

/** The load is seen beyond a border, whether or not anybody has taken it over. */
export function crossed(): void {
  const stands = now();
  if (stands) sheet(`${w("crossed")}. ${w("where")}`, ...stands.across.map((code) => says(country(code), "hand", () => ({ act: "crossed", ...of(stands), country: code }))));
}

/** REAL, NOT EXERCISE: it goes on trying while the sheet is open (decision 0813). */
export function real(): void {
  const told = el("p", { role: "alert" });
  const tell = button(w("real_tell"), { class: "alarm" }, async () => {
    for (tell.disabled = true; tell.isConnected; await new Promise((resolve) => setTimeout(resolve, REAL_AGAIN_MS))) {
      const answer = await fetch("/v1/real", { method: "POST", headers: asWhom(name()) }).catch(() => null);
      told.className = answer?.status === 202 ? "" : "bad";
      told.textContent = answer?.status === 202 ? w("real_reached") : w("real_not", localStorage.getItem(CONTACT) ?? "–");
      if (answer?.status === 202) return tell.remove();
    }
  });
  sheet(w("real"), el("p", {}, w("real_about")), told, tell);
}

/** A stop is for the part that is chosen, an alert for everybody. */
export function because(title: Phrase, act: string): void {
  const stands = now();
  if (!stands) return;
  const { delivery, ...part } = of(stands);
  const whose = act === "alert" ? { delivery } : { delivery, ...part };
  sheet(`${w(title)}. ${w("why")}`, ...REASONS.map((reason) => says(w(reason), "alarm", () => ({ act, ...whose, reason: forReaders(reason) }))));
}
