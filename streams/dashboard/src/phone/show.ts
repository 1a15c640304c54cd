/** The page: what stands, the five buttons, and what became of everything that was written. */

import { centreTime } from "../centre-time";
import { placeName } from "../delivery-types";
import { button, el, fill } from "./dom";
import { heed, sound } from "./heed";
import { KEPT_HOURS } from "./keeping";
import type { Photo } from "./photo";
import { settled, type Written } from "./queue";
import { photos } from "./sending";
import { because, checkIn, crossed, dialog, handOver, inPlace, real } from "./sheets";
import { alarmsOf, toBeSeen, type Situation } from "./situation";
import { agency, database, DESK, isLive, name, now, parts, phone } from "./state";
import { clock, span } from "./times";
import { alarmWords, in_, language, LANGUAGES, OFFICIAL, stateWord, w, type Language, type Phrase } from "./words";

const BAD = ["CROSSED_UNACCEPTED", "CONTACT_LOST", "CONTROL_LOST", "STOP_REQUESTED"];

const exercise = el("div", { class: "exercise" });
const me = el("span");
const bell = button("", {}, () => (sound.toggle(), phone.changed()));
const tongues = el("select", { "aria-label": "Язык / Language" });
const unofficial = el("p", { class: "unofficial" });
const line = el("div", { class: "line", role: "status" });
const which = el("select");
const over = el("p", { class: "bad", role: "status" });
const board = el("section", { class: "board" });
const big = el("div", { class: "big", role: "group" });
const camera = el("input", { type: "file" });
const photo = el("label", { class: "photo" }, el("span"), camera);
const mine = el("h2", { id: "mine" });
const list = el("ul", { "aria-labelledby": "mine", "aria-live": "polite" });
const lasting = el("p", { class: "bad" });

const buttons = {
  check: button("", { class: "check" }, () => checkIn()),
  hand: button("", { class: "hand" }, () => handOver()),
  place: button("", { class: "place" }, () => inPlace()),
  crossed: button("", { class: "crossed" }, () => crossed()),
  stop: button("", { class: "halt" }, () => because("stop", "stop_request")),
  alert: button("", { class: "alarm" }, () => because("alert", "alert")),
};

export function build(): void {
  tongues.replaceChildren(...Object.entries(LANGUAGES).map(([code, words]) => el("option", { value: code, lang: code }, words)));
  tongues.value = language.now;
  tongues.addEventListener("change", () => {
    language.set(tongues.value as Language);
    phone.changed();
  });
  which.addEventListener("change", () => {
    phone.chosen = which.value;
    phone.changed();
  });
  big.append(...Object.values(buttons));
  camera.accept = "image/jpeg,image/png";
  camera.addEventListener("change", () => {
    const [taken] = camera.files ?? [];
    const stands = now();
    if (taken && stands && phone.who) void photos.add(name(), stands.delivery.delivery, taken);
    camera.value = "";
  });
  document.body.append(exercise, el("header", {}, me, bell, tongues), unofficial, line, el("main", {}, which, over, board, big, photo, mine, lasting, list), dialog);
}

export function render(): void {
  document.documentElement.lang = language.now;
  const stands = now();
  exercise.hidden = !phone.who?.space.startsWith("exercise");
  fill(exercise, [language.now, phone.who?.space], () => [`${w("exercise")} · ${phone.who?.space ?? ""} `, button(w("real"), {}, real)]);
  fill(me, [name()], () => [name()]);
  fill(bell, [language.now, sound.on], () => [`${w("sound")} ${sound.on ? "✓" : "–"}`]);
  bell.setAttribute("aria-pressed", String(sound.on));
  unofficial.hidden = OFFICIAL.includes(language.now);
  fill(unofficial, language.now, () => [`${w("unofficial")} ${in_("unofficial", "en")}`]);
  renderLine();
  renderBoard(stands);
  renderButtons(stands);
  renderMine();
  heed(phone.boards.values(), agency());
}

function renderLine(): void {
  const live = isLive();
  line.className = `line ${phone.signedOut ? "out" : live ? "up" : "down"}`;
  line.dataset["state"] = phone.signedOut ? "out" : live ? "live" : "down";
  const words = phone.signedOut
    ? phone.other
      ? w("other_in", phone.other)
      : `${w("sign_in")} ${w("kept")}`
    : live
      ? w("live")
      : phone.asOf === null
        ? w("never")
        : w("no_line", span(centreTime.now() - phone.asOf), clock(phone.asOf));
  // What is only in memory would be lost with the page.
  const anew = phone.other !== null && database.lasting && photos.lasting;
  const desk = live ? null : localStorage.getItem(DESK);
  fill(line, [words, anew, desk], () => [words, desk ? reached(desk) : null, anew ? button(w("open_as", phone.other ?? ""), {}, () => location.reload()) : null]);
}

/** The desk's telephone; what is more than a number is only read. */
const reached = (desk: string): HTMLElement => el("a", /^[+\d ()-]+$/.test(desk) ? { href: `tel:${desk.replace(/[^+\d]/g, "")}` } : {}, w("desk", desk));

function renderBoard(stands: Situation | null): void {
  const all = parts();
  which.hidden = all.length < 2;
  which.setAttribute("aria-label", w("which"));
  fill(which, [all.map(({ key }) => key), stands?.delivery.delivery, stands?.part.part], () => all.map(({ key }) => el("option", { value: key }, key.replace("|", " · "))));
  if (stands) which.value = `${stands.delivery.delivery}|${stands.part.part}`;
  over.hidden = !phone.over.size;
  fill(over, [language.now, ...phone.over.keys()], () => [w("over", [...phone.over.keys()].join(", "))]);
  board.className = isLive() ? "board" : "board old";
  if (!stands) {
    const words = phone.gone ? `${w("removed", KEPT_HOURS)} ${w("kept")}` : w(phone.loaded || phone.asOf !== null ? "none" : "never");
    fill(board, words, () => [el("p", {}, words)]);
    return;
  }
  const { delivery, part } = stands;
  const at = centreTime.now();
  const due = part.clocks.contact_due ? Date.parse(part.clocks.contact_due) - at : null;
  const unseen = toBeSeen(part);
  const stop = part.hard_stop;
  const offer = part.offer;
  const left = offer ? Date.parse(offer.expires) - at : 0;
  const facts: [string, string, string][] = [
    [w("controller"), part.controller ? (stands.controls ? `${w("you")} (${part.controller})` : part.controller) : w("nobody"), part.controller ? "" : "bad"],
    [w("territory"), part.territory ?? "–", ""],
  ];
  if (stop) facts.push([w("hard_stop"), stop.here ? "!" : placeName(stop.exit) || stop.country, "bad"]);
  const words = [
    due === null || !stands.controls ? null : due > 0 ? w("word_due", span(due)) : w("overdue", span(-due)),
    unseen === null || !stands.controls ? null : w("see_due", span(Math.max(0, unseen - at))),
    offer ? (left > 0 ? `${w("offer_until", span(left))}: ${offer.place}, ${clock(Date.parse(offer.handover_at))}` : w("offer_over")) : null,
  ].filter((each) => each !== null);
  const alarms = alarmsOf(delivery, part).map(alarmWords);
  fill(board, [language.now, delivery.delivery, part.part, part.state, facts, words, alarms], () => [
    el("h1", {}, `${delivery.delivery} · ${part.part}`),
    el("p", { class: `state ${BAD.includes(part.state) ? "bad" : ""}` }, stateWord(part.state)),
    el("dl", {}, ...facts.flatMap(([label, value, kind]) => [el("dt", {}, label), el("dd", { class: kind }, value)])),
    ...words.map((each) => el("p", {}, each)),
    ...[...(alarms.length ? [w("alarms", alarms.length)] : []), ...alarms].map((each) => el("p", { class: "bad" }, each)),
  ]);
}

function renderButtons(stands: Situation | null): void {
  const possible = phone.who !== null && stands !== null;
  const receives = stands?.hand !== "offer" && (stands?.hand === "accept" || (stands?.leg !== null && !stands?.controls));
  const set = (of: HTMLButtonElement, phrase: Phrase, enabled: boolean): void => {
    of.disabled = !enabled;
    fill(of, [language.now, phrase, enabled], () => [w(phrase), enabled ? null : el("small", {}, w("not_now"))]);
  };
  set(buttons.check, "check_in", possible);
  set(buttons.hand, receives ? "accept" : "offer", possible && stands.hand !== null);
  set(buttons.place, "in_place", possible && stands.inPlace);
  set(buttons.crossed, "crossed", possible);
  buttons.crossed.hidden = !stands?.across.length;
  set(buttons.stop, "stop", possible);
  set(buttons.alert, "alert", possible);
  camera.disabled = !possible;
  fill(photo.firstElementChild as Element, language.now, () => [w("photo")]);
}

function renderMine(): void {
  const all = [...database.queue.values()].sort((a, b) => b.at - a.at);
  const taken = [...photos.all.values()];
  const open = all.filter((entry) => !settled(entry)).length + taken.length;
  mine.hidden = !all.length && !taken.length;
  fill(mine, [language.now, open], () => [open ? `${w("mine")} (${open})` : w("mine")]);
  lasting.hidden = (database.lasting && photos.lasting) || !open;
  fill(lasting, language.now, () => [w("q_lost")]);
  const far = taken.map(({ id }) => [id, photos.uploads.get(id)?.safe, photos.uploads.get(id)?.state]);
  fill(list, [language.now, name(), phone.other, all, far, ...[...all, ...taken].map(age)], () => [...taken.map(onItsWay), ...all.map(entry)]);
}

const another = ({ who }: { who: string }): boolean => who !== name() || phone.other !== null;

/** In whole hours: the list is read out anew when it says something else. */
function age({ at }: { at: number }): string {
  const hours = Math.floor((Date.now() - at) / 3_600_000);
  return hours < 1 ? "" : `, ${w("ago", `${hours} ${w("h")}`)}`;
}

/** A photograph that the centre does not have whole, and how much of it is safe there. */
function onItsWay(of: Photo): HTMLLIElement {
  const upload = photos.uploads.get(of.id);
  const refused = upload?.state === "refused";
  const made = el(
    "li",
    { class: refused ? "refused" : "waiting" },
    el("b", {}, `${w("photo")} · ${of.delivery}`),
    el("span", { class: "word" }, another(of) ? w("q_other", of.who) : w(refused ? "q_refused" : "q_waiting")),
    el("small", {}, ` · ${Math.floor((upload?.safe ?? 0) / 1000)} / ${Math.ceil(of.file.size / 1000)} kB · ${w("written", clock(of.at + centreTime.skew))}${age(of)}`),
    refused ? el("p", {}, upload.refusal?.reason ?? "") : null,
    refused ? button("✕", {}, () => void photos.remove(of.id)) : null,
  );
  made.dataset["act"] = "photo";
  made.dataset["state"] = refused ? "refused" : "waiting";
  return made;
}

function entry(of: Written): HTMLLIElement {
  const told: Record<Written["state"], Phrase> = {
    waiting: of.tried ? "q_unsure" : "q_waiting",
    pending: "q_pending",
    applied: "q_applied",
    refused: "q_refused",
    expired: "q_expired",
  };
  const made = el(
    "li",
    { class: of.state },
    el("b", {}, `${w(BUTTON_OF[of.act.act] ?? (of.act.act as Phrase))} · ${of.act.delivery}`),
    el("span", { class: "word" }, another(of) && !settled(of) ? w("q_other", of.who) : w(told[of.state])),
    el("small", {}, ` · ${w("written", clock(of.at + centreTime.skew))}${settled(of) ? "" : age(of)}`),
    of.words ? el("p", {}, of.words) : null,
  );
  made.dataset["act"] = of.act.act;
  made.dataset["state"] = of.state;
  return made;
}

/** An act is called as its button is; most have one of their own name. */
const BUTTON_OF: Record<string, Phrase> = {
  acceptance: "accept",
  receiver_in_place: "in_place",
  stop_request: "stop",
  control_lost: "lost",
  regained: "again",
  held: "hold",
  room: "photo",
};
