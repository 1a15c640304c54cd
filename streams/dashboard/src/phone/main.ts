/** The officer's phone: five buttons that work without a line, and never say more than the centre has said. */

import { sendAct } from "../acting";
import { centreTime } from "../centre-time";
import { placeName, resolved, type Act, type Delivery, type Sent } from "../delivery-types";
import { Feed, SILENCE_MS, type FeedEvent, type Link } from "../feed";
import { button, el, fill } from "./dom";
import { Photos, type Photo } from "./photo";
import { Database, expired, next, settled, withAnswer, type Written } from "./queue";
import { choices, situation, type Situation } from "./situation";
import { sealed } from "./word";
import { forReaders, in_, language, LANGUAGES, OFFICIAL, stateWord, w, type Language, type Phrase } from "./words";

const REASONS: Phrase[] = ["r_armed", "r_noticed", "r_opened", "r_route", "r_accident", "r_danger", "r_seizure", "r_other"];
const HANDOVER_MINUTES = [15, 30, 60, 120];
const OFFER_LASTS_MS = 3_600_000;
const ASK_AGAIN_MS = 3_000;
const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 60_000;
const KEEP_EVERY_MS = 5_000;
/** What was told while nobody listened is in the list, which may be a moment behind: it is asked for again, and then now and then. */
const LIST_AGAIN_MS = [2_000, 8_000];
const LIST_EVERY_MS = 60_000;
const BAD = ["CROSSED_UNACCEPTED", "CONTACT_LOST", "CONTROL_LOST", "STOP_REQUESTED"];

const database = new Database();
/** A photograph that the centre has becomes a message like any other. */
const photos = new Photos(
  () => render(),
  async (act, { who, at }) => {
    if (!database.queue.has(act.id)) await database.put({ id: act.id, act, who, at, expires: null, tried: 0, state: "waiting", words: "" });
    void send();
  },
);
const boards = new Map<string, Delivery>();
let who: { person: string; agency: string; space: string; word: string | null } | null = null;
let link: Link = { state: "connecting", since: Date.now() };
let loaded = false;
let signedOut = false;
let asOf: number | null = null;
let chosen = "";
let sending = false;
let wait = FIRST_WAIT_MS;
let retry: ReturnType<typeof setTimeout> | undefined;
let keptAt = 0;
let listedAt = 0;
/** How the live duty desk is called, in an exercise: kept for when there is no line. */
const CONTACT = "ric.phone.contact";

const name = (): string => (who ? `${who.agency}/${who.person}` : "");
const isLive = (): boolean => !signedOut && loaded && link.state === "live" && Date.now() - link.heard <= SILENCE_MS;
const now = (): Situation | null => {
  const all = choices(boards.values(), who?.agency ?? "");
  const choice = all.find(({ key }) => key === chosen) ?? all[0];
  // Once shown it stays, whatever comes: the next press is meant for what is on the screen.
  chosen = choice?.key ?? "";
  return choice ? situation(choice, who?.agency ?? "", database.queue.values(), centreTime.now()) : null;
};

// --- the page -------------------------------------------------------------------------------------------------------------

const exercise = el("div", { class: "exercise" });
const me = el("span");
const tongues = el("select", { "aria-label": "Язык / Language" });
const unofficial = el("p", { class: "unofficial" });
const line = el("div", { class: "line", role: "status" });
const which = el("select");
const board = el("section", { class: "board" });
const big = el("div", { class: "big", role: "group" });
const camera = el("input", { type: "file" });
const photo = el("label", { class: "photo" }, el("span"), camera);
const mine = el("h2", { id: "mine" });
const list = el("ul", { "aria-labelledby": "mine", "aria-live": "polite" });
const lasting = el("p", { class: "bad" });
const dialog = el("dialog", { "aria-labelledby": "sheet" });

const buttons = {
  check: button("", { class: "check" }, () => checkIn()),
  hand: button("", { class: "hand" }, () => handOver()),
  place: button("", { class: "place" }, () => inPlace()),
  stop: button("", { class: "halt" }, () => because("stop", "stop_request")),
  alert: button("", { class: "alarm" }, () => because("alert", "alert")),
};

function build(): void {
  tongues.replaceChildren(...Object.entries(LANGUAGES).map(([code, words]) => el("option", { value: code, lang: code }, words)));
  tongues.value = language.now;
  tongues.addEventListener("change", () => {
    language.set(tongues.value as Language);
    render();
  });
  which.addEventListener("change", () => {
    chosen = which.value;
    render();
  });
  big.append(...Object.values(buttons));
  camera.accept = "image/jpeg,image/png";
  camera.addEventListener("change", () => {
    const [taken] = camera.files ?? [];
    const stands = now();
    if (taken && stands && who) void photos.add(name(), stands.delivery.delivery, taken);
    camera.value = "";
  });
  document.body.append(exercise, el("header", {}, me, tongues), unofficial, line, el("main", {}, which, board, big, photo, mine, lasting, list), dialog);
  dialog.addEventListener("close", () => dialog.replaceChildren());
}

function render(): void {
  document.documentElement.lang = language.now;
  const stands = now();
  exercise.hidden = !who?.space.startsWith("exercise");
  fill(exercise, [language.now, who?.space], () => [`${w("exercise")} · ${who?.space ?? ""} `, button(w("real"), {}, real)]);
  fill(me, [name()], () => [name()]);
  unofficial.hidden = OFFICIAL.includes(language.now);
  fill(unofficial, language.now, () => [`${w("unofficial")} ${in_("unofficial", "en")}`]);
  renderLine();
  renderBoard(stands);
  renderButtons(stands);
  renderMine();
}

function renderLine(): void {
  const live = isLive();
  line.className = `line ${signedOut ? "out" : live ? "up" : "down"}`;
  line.dataset["state"] = signedOut ? "out" : live ? "live" : "down";
  const words = signedOut
    ? w("sign_in")
    : live
      ? w("live")
      : asOf === null
        ? w("never")
        : w("no_line", span(centreTime.now() - asOf), clock(asOf));
  fill(line, words, () => [words]);
}

function renderBoard(stands: Situation | null): void {
  const all = choices(boards.values(), who?.agency ?? "");
  which.hidden = all.length < 2;
  which.setAttribute("aria-label", w("which"));
  fill(which, [all.map(({ key }) => key), stands?.delivery.delivery, stands?.part.part], () => all.map(({ key }) => el("option", { value: key }, key.replace("|", " · "))));
  if (stands) which.value = `${stands.delivery.delivery}|${stands.part.part}`;
  board.className = isLive() ? "board" : "board old";
  if (!stands) {
    const words = w(loaded || asOf !== null ? "none" : "never");
    fill(board, words, () => [el("p", {}, words)]);
    return;
  }
  const { delivery, part } = stands;
  const at = centreTime.now();
  const due = part.clocks.contact_due ? Date.parse(part.clocks.contact_due) - at : null;
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
    offer ? (left > 0 ? `${w("offer_until", span(left))}: ${offer.place}, ${clock(Date.parse(offer.handover_at))}` : w("offer_over")) : null,
    delivery.alarms.length ? w("alarms", delivery.alarms.length) : null,
  ].filter((each) => each !== null);
  fill(board, [language.now, delivery.delivery, part.part, part.state, facts, words], () => [
    el("h1", {}, `${delivery.delivery} · ${part.part}`),
    el("p", { class: `state ${BAD.includes(part.state) ? "bad" : ""}` }, stateWord(part.state)),
    el("dl", {}, ...facts.flatMap(([label, value, kind]) => [el("dt", {}, label), el("dd", { class: kind }, value)])),
    ...words.map((each, index) => el("p", { class: index === words.length - 1 && delivery.alarms.length ? "bad" : "" }, each)),
  ]);
}

function renderButtons(stands: Situation | null): void {
  const possible = who !== null && stands !== null;
  const receives = stands?.hand !== "offer" && (stands?.hand === "accept" || (stands?.leg !== null && !stands?.controls));
  const set = (of: HTMLButtonElement, phrase: Phrase, enabled: boolean): void => {
    of.disabled = !enabled;
    fill(of, [language.now, phrase, enabled], () => [w(phrase), enabled ? null : el("small", {}, w("not_now"))]);
  };
  set(buttons.check, "check_in", possible);
  set(buttons.hand, receives ? "accept" : "offer", possible && stands.hand !== null);
  set(buttons.place, "in_place", possible && stands.inPlace);
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
  fill(list, [language.now, name(), all, far], () => [...taken.map(onItsWay), ...all.map(entry)]);
}

/** A photograph that the centre does not have whole, and how much of it is safe there. */
function onItsWay(of: Photo): HTMLLIElement {
  const upload = photos.uploads.get(of.id);
  const refused = upload?.state === "refused";
  const made = el(
    "li",
    { class: refused ? "refused" : "waiting" },
    el("b", {}, `${w("photo")} · ${of.delivery}`),
    el("span", { class: "word" }, of.who !== name() ? w("q_other", of.who) : w(refused ? "q_refused" : "q_waiting")),
    el("small", {}, ` · ${Math.floor((upload?.safe ?? 0) / 1000)} / ${Math.ceil(of.file.size / 1000)} kB · ${w("written", clock(of.at + centreTime.skew))}`),
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
    el("b", {}, `${w(BUTTON_OF[of.act.act] ?? "check_in")} · ${of.act.delivery}`),
    el("span", { class: "word" }, of.who !== name() && !settled(of) ? w("q_other", of.who) : w(told[of.state])),
    el("small", {}, ` · ${w("written", clock(of.at + centreTime.skew))}`),
    of.words ? el("p", {}, of.words) : null,
  );
  made.dataset["act"] = of.act.act;
  made.dataset["state"] = of.state;
  return made;
}

const BUTTON_OF: Record<string, Phrase> = {
  check_in: "check_in",
  offer: "offer",
  acceptance: "accept",
  receiver_in_place: "in_place",
  stop_request: "stop",
  alert: "alert",
  room: "photo",
};

// --- what the buttons ask ---------------------------------------------------------------------------------------------------

function sheet(title: string, ...children: (Node | string)[]): HTMLHeadingElement {
  const back = button(w("back"), {}, () => dialog.close());
  const heading = el("h2", { id: "sheet" }, title);
  dialog.replaceChildren(el("form", {}, heading, ...children, back));
  dialog.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
  dialog.showModal();
  return heading;
}

/** A button of the sheet: what it says is written down at once, and the sheet closes. */
function says(words: string, kind: string, act: () => Record<string, unknown>, expires: number | null = null): HTMLButtonElement {
  return button(words, { class: kind }, () => {
    const fields = act();
    dialog.close();
    void write(fields, expires);
  });
}

/** A touch on the heading says the second word with the answer that follows: nothing on the screen or in the phone tells (docs/screens.md). */
function checkIn(): void {
  const part = now()?.part.part;
  let word = 0;
  const answers = (words: string, kind: string, eyes_on: boolean): HTMLButtonElement =>
    button(words, { class: kind }, () => {
      dialog.close();
      void write({ act: "check_in", part, eyes_on }, null, word);
    });
  sheet(w("check_in"), answers(w("see"), "yes", true), answers(w("not_see"), "", false)).addEventListener("pointerdown", () => (word = 1));
}

function handOver(): void {
  const stands = now();
  if (!stands?.hand) return;
  const part = stands.part.part;
  if (stands.hand === "offer") {
    const place = el("input", { name: "place", value: stands.place, "aria-label": w("where") });
    place.required = true;
    place.maxLength = 400;
    const offers = HANDOVER_MINUTES.map((minutes) =>
      button(w("in_minutes", span(minutes * 60_000)), { class: "hand" }, () => {
        if (!place.reportValidity()) return;
        const at = Date.now() + centreTime.skew + minutes * 60_000;
        dialog.close();
        void write({ act: "offer", part, handover_at: new Date(at).toISOString(), expires: new Date(at + OFFER_LASTS_MS).toISOString(), place: place.value.trim() }, null);
      }),
    );
    sheet(w("offer"), el("label", {}, w("where"), place), ...offers);
    return;
  }
  const offer = stands.part.offer;
  const seals = el("select", { "aria-label": w("seals_unknown") });
  seals.append(el("option", { value: "" }, w("seals_unknown")), el("option", { value: "true" }, w("seals_ok")), el("option", { value: "false" }, w("seals_broken")));
  sheet(
    w("accept"),
    seals,
    says(
      `${w("accept")}: ${w("see")}`,
      "yes",
      () => ({
        act: "acceptance",
        part,
        leg: stands.leg,
        eyes_on: true,
        ...(offer ? { offer: offer.id } : {}),
        ...(seals.value ? { seals_intact: seals.value === "true" } : {}),
      }),
      offer ? Date.parse(offer.expires) : null,
    ),
  );
}

function inPlace(): void {
  const stands = now();
  if (!stands?.inPlace) return;
  sheet(w("in_place"), says(w("see"), "yes", () => ({ act: "receiver_in_place", part: stands.part.part, leg: stands.leg, eyes_on: true })));
}

/** REAL, NOT EXERCISE: it goes on trying while the sheet is open (decision 0813). */
function real(): void {
  const told = el("p", { role: "alert" });
  const tell = button(w("real_tell"), { class: "alarm" }, async () => {
    for (tell.disabled = true; tell.isConnected; await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))) {
      const answer = await fetch("/v1/real", { method: "POST", credentials: "same-origin" }).catch(() => null);
      told.className = answer?.status === 202 ? "" : "bad";
      told.textContent = answer?.status === 202 ? w("real_reached") : w("real_not", localStorage.getItem(CONTACT) ?? "–");
      if (answer?.status === 202) return tell.remove();
    }
  });
  sheet(w("real"), el("p", {}, w("real_about")), told, tell);
}

/** A stop is for the part that is chosen, an alert for everybody. */
function because(title: Phrase, act: string): void {
  const part = act === "alert" ? {} : { part: now()?.part.part };
  sheet(`${w(title)}. ${w("why")}`, ...REASONS.map((reason) => says(w(reason), "alarm", () => ({ act, ...part, reason: forReaders(reason) }))));
}

// --- writing and sending ------------------------------------------------------------------------------------------------------

async function write(fields: Record<string, unknown>, expires: number | null, word: number | null = null): Promise<void> {
  const stands = now();
  if (!stands || !who) return;
  const at = Date.now();
  const act = { id: crypto.randomUUID(), delivery: stands.delivery.delivery, at: new Date(at).toISOString(), ...fields } as Act;
  if (word !== null) {
    const hidden = await sealed(who.word, act.id, word);
    // Where it cannot be sealed it is said plainly: that it arrives is worth more.
    Object.assign(act, hidden ? { word: hidden } : { duress: word === 1 });
  }
  try {
    await database.put({ id: act.id, act, who: name(), at, expires, tried: 0, state: "waiting", words: "" });
  } catch {
    // The phone is full: it stays in memory, and is sent like the others.
  }
  render();
  void send();
}

/** Send what waits, one after the other; an answer settles it, silence leaves it as it is. One tab at a time. */
async function send(): Promise<void> {
  if (!who) return;
  photos.go(name());
  if (sending) return;
  sending = true;
  clearTimeout(retry);
  const again = navigator.locks ? await navigator.locks.request("ric-phone", sendAll) : await sendAll();
  sending = false;
  render();
  if (again) retry = setTimeout(() => void send(), again);
}

/** How long to wait before trying again; 0: nothing waits. */
async function sendAll(): Promise<number> {
  await database.read().catch(() => undefined);
  for (let found = next(database.queue.values(), name()); found && !signedOut; found = next(database.queue.values(), name())) {
    if (expired(found, centreTime.now())) {
      await keep({ ...found, state: "expired" });
      continue;
    }
    if (!navigator.onLine) return LONGEST_WAIT_MS;
    // Kept as tried before it goes: if the phone dies now, nobody says that it was not sent.
    const tried = { ...found, tried: found.tried + 1 };
    await keep(tried);
    const answer = await sendAct(tried.act, new Date());
    if (answer.is === "signed_out") {
      await keep(found);
      await leave();
      return 0;
    }
    await keep(withAnswer(tried, answer, language.now === "en"));
    if (answer.is === "unknown") return (wait = Math.min(wait * 2, LONGEST_WAIT_MS)) / 2;
    wait = FIRST_WAIT_MS;
    if (answer.is === "pending" && next(database.queue.values(), name())?.state === "pending") return ASK_AGAIN_MS;
  }
  return 0;
}

async function keep(entry: Written): Promise<void> {
  await database.put(entry).catch(() => undefined);
  render();
}

/** An acceptance that waits ends with its offer, with a line or without. */
async function expire(): Promise<void> {
  for (const each of database.queue.values()) {
    if (!sending && expired(each, centreTime.now())) await keep({ ...each, state: "expired" });
  }
}

// --- the line -----------------------------------------------------------------------------------------------------------------

function receive(event: FeedEvent): void {
  if (event.type === "delivery") take(resolved(JSON.parse(event.data) as Sent));
  else if (event.type === "withdrawn") boards.delete((JSON.parse(event.data) as { delivery: string }).delivery);
  else if (event.type === "gap") void listed();
  void remember(true);
  render();
}

function take(delivery: Delivery): void {
  const known = boards.get(delivery.delivery);
  if (!known || known.version <= delivery.version) boards.set(delivery.delivery, delivery);
}

function linked(changed: Link): void {
  const before = link.state;
  link = changed;
  if (link.state === "live") {
    asOf = loaded ? centreTime.now() : asOf;
    if (before !== "live") for (const later of [0, ...LIST_AGAIN_MS]) setTimeout(() => void listed(), later);
    else if (!loaded || Date.now() - listedAt > LIST_EVERY_MS) void listed();
    if (before !== "live") void send();
    void remember(false);
  }
  if (link.state === "ended") void leave();
  render();
}

/** The session is over: what was shown goes, from the phone too; what was written stays. */
async function leave(): Promise<void> {
  signedOut = true;
  loaded = false;
  asOf = null;
  boards.clear();
  await database.forget().catch(() => undefined);
  render();
}

async function listed(): Promise<void> {
  if (signedOut) return;
  try {
    const answer = await fetch("/v1/deliveries?open=true&limit=100", { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 401) return await leave();
    if (!answer.ok) return;
    const { items } = (await answer.json()) as { items: Sent[] };
    const open = new Set(items.map(({ delivery }) => delivery));
    for (const id of [...boards.keys()]) if (!open.has(id)) boards.delete(id);
    for (const item of items) take(resolved(item));
    loaded = true;
    listedAt = Date.now();
    asOf = centreTime.now();
    await remember(true);
  } catch {
    // The next heartbeat asks again.
  }
  render();
}

async function remember(changed: boolean): Promise<void> {
  if (!who || !loaded || asOf === null || (!changed && Date.now() - keptAt < KEEP_EVERY_MS)) return;
  keptAt = Date.now();
  await database.keep({ who: name(), ...who, boards: [...boards.values()], asOf, skew: centreTime.skew }).catch(() => undefined);
}

async function enter(): Promise<void> {
  for (let pause = 2_000; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    try {
      const answer = await fetch("/v1/me", { credentials: "same-origin", cache: "no-store" });
      centreTime.learn(Date.parse(answer.headers.get("date") ?? ""));
      if (answer.status === 401) return await leave();
      if (answer.ok) {
        const { person, agency, space, word } = (await answer.json()) as { person: string; agency: string; space: string; word: string | null };
        if (database.kept && database.kept.who !== `${agency}/${person}`) {
          // Another officer's deliveries are not this one's to read.
          boards.clear();
          asOf = null;
        }
        who = { person, agency, space, word };
        if (space.startsWith("exercise")) {
          const reach = (await fetch("/v1/real").then((of) => of.json()).catch(() => null)) as { contact?: string | null } | null;
          if (reach?.contact) localStorage.setItem(CONTACT, reach.contact);
        }
        break;
      }
    } catch {
      // No line: what was kept is shown.
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      addEventListener("online", () => (clearTimeout(timer), resolve(null)), { once: true });
    });
  }
  new Feed("/v1/feeds/deliveries", receive, linked).start();
  render();
  void send();
}

// --- words for times ------------------------------------------------------------------------------------------------------------

function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? `<1 ${w("min")}` : minutes < 60 ? `${minutes} ${w("min")}` : `${Math.floor(minutes / 60)} ${w("h")} ${minutes % 60} ${w("min")}`;
}

/** In the phone's own zone, which is named. */
function clock(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZoneName: "shortOffset" }).format(at).replace(/GMT(\+0$)?|UTC\+0$/, "UTC");
}

async function start(): Promise<void> {
  build();
  render();
  await database.open();
  await photos.open();
  const kept = database.kept;
  if (kept) {
    who = { person: kept.person, agency: kept.agency, space: kept.space, word: kept.word ?? null };
    asOf = kept.asOf;
    centreTime.assume(kept.skew);
    for (const delivery of kept.boards) boards.set(delivery.delivery, delivery);
  }
  render();
  setInterval(() => {
    void expire();
    render();
  }, 1_000);
  addEventListener("online", () => void send());
  void enter();
  await navigator.serviceWorker?.register("/phone-worker.js", { scope: "/phone" }).catch(() => undefined);
}

void start();
