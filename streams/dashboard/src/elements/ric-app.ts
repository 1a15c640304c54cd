import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { api } from "../api";
import iconUrl from "../icon.svg";
import { clearDrafts } from "../drafts";
import { clock } from "../format";
import { Page } from "../page";
import { settings, store, Watch } from "../store";
import { named, t, type Key } from "../texts";
import { whose } from "../whose";
import "./call-us";
import "./counter-strip";
import "./dead-letters";
import "./delivery-alarms";
import "./delivery-board";
import "./delivery-list";
import "./directory-entry";
import "./directory-page";
import "./hold-list";
import "./incident-list";
import "./link-state";
import "./live-feed";
import "./real-call";
import "./report-page";
import "./request-page";
import { refusal } from "./refusal";
import "./search-page";
import "./session-ended";
import "./shift-page";
import "./sound-bar";

/** The frame: who, where, when, whether it is live; and the page that the address names. */
@customElement("ric-app")
export class App extends Page {
  protected readonly watch = new Watch(this, true);
  @state() private route = location.hash;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", this.onRoute);
    addEventListener("keydown", this.onKey);
    // The map is most of the code: the rest does not wait for it.
    void import("./region-map");
    void import("./delivery-map");
    // What another person left in this tab goes; where nobody is signed in, everything.
    void store.start().then(() => clearDrafts(whose.person));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.onRoute);
    removeEventListener("keydown", this.onKey);
  }

  override render() {
    if (store.ended) return html`<ric-session-ended></ric-session-ended><ric-sound></ric-sound>`;
    const me = store.me;
    const page = this.route.replace(/^#\/?/, "").split(/[/?]/)[0] ?? "";
    const exercise = me !== null && me.space.startsWith("exercise");
    return html`
      <a class="skip" href="#content" @click=${skip}>${t("skip")}</a>
      ${exercise ? html`<div class="exercise-banner"><span>${t("space_exercise")} · ${me.space}</span> <ric-real-call></ric-real-call></div>` : nothing}
      <header class="bar">
        <a class="brand" href="#/" aria-label="ric"><img src=${iconUrl} alt="" width="28" height="28" /><b>ric</b></a>
        <nav>
          ${this.tab("", "now", page)} ${store.coordinates ? this.tab("deliveries", "deliveries", page) : nothing} ${this.tab("search", "search", page)}
          ${store.may("coordinator", "supervisor") ? this.tab("shift", "shift", page) : nothing}
          ${store.may("coordinator", "supervisor") ? this.tab("incidents", "incidents", page) : nothing} ${this.tab("letters", "dead_letters", page)}
          ${store.may("officer", "analyst", "coordinator", "supervisor", "steward") ? this.tab("directory", "dir_tab", page) : nothing}
          ${store.may("coordinator", "supervisor", "steward") ? this.tab("holds", "holds", page) : nothing}
        </nav>
        <ric-link></ric-link>
        <div class="who">
          ${
            me
              ? html`${exercise ? nothing : html`<span class="chip space">${t("space", me.space)}</span>`}
                  <span class="me"><bdi>${me.person}</bdi> · <bdi>${me.agency}</bdi> · ${named("role", me.role)}</span>`
              : nothing
          }
          <button type="button" class="quiet clock" title=${t("zone_switch", other())} aria-label=${t("zone_switch", other())} @click=${switchZone}>
            ${clock(store.now, settings.zone, false)}
          </button>
          <button type="button" class="quiet" lang=${settings.language === "ru" ? "en" : "ru"} @click=${switchLanguage}>${t("language")}</button>
          <button type="button" class="quiet" @click=${signOut}>${t("sign_out")}</button>
        </div>
      </header>
      <ric-stale></ric-stale>
      <ric-real-alerts></ric-real-alerts>
      <ric-call-us></ric-call-us>
      <ric-alarm-bar></ric-alarm-bar>
      <ric-shift-bar></ric-shift-bar>
      <ric-sound></ric-sound>
      <main id="content" tabindex="-1" class=${page === "" ? "now" : ["deliveries", "delivery", "request", "directory-entry"].includes(page) ? "one wide" : "one"}>
        ${store.failure ? refusal(store.failure) : nothing} ${me ? this.page(page) : html`<p class="empty" role="status">${t("loading")}</p>`}
      </main>
    `;
  }

  private page(page: string) {
    const rest = (): string => decodeURIComponent(this.route.split("/").slice(2).join("/"));
    if (page === "search") return html`<ric-search></ric-search>`;
    if (page === "incidents") return html`<ric-incidents></ric-incidents>`;
    if (page === "letters") return html`<ric-letters></ric-letters>`;
    if (page === "shift") return html`<ric-shift></ric-shift>`;
    if (page === "holds") return html`<ric-holds></ric-holds>`;
    if (page === "deliveries") return html`<ric-deliveries></ric-deliveries>`;
    if (page === "directory") return html`<ric-directory .chosen=${rest()}></ric-directory>`;
    if (page === "directory-entry") return html`<ric-directory-entry .chosen=${rest()}></ric-directory-entry>`;
    if (page === "request") return html`<ric-request .delivery=${rest()}></ric-request>`;
    if (page === "delivery") return html`<ric-delivery .delivery=${rest()}></ric-delivery>`;
    if (page === "report") return html`<ric-report .report=${decodeURIComponent(this.route.split("/")[2] ?? "")}></ric-report>`;
    return html`<ric-counters></ric-counters><ric-map></ric-map><ric-feed></ric-feed>`;
  }

  private tab(name: string, key: Key, page: string) {
    return html`<a href="#/${name}" aria-current=${page === name ? "page" : nothing}>${t(key)}</a>`;
  }

  private readonly onRoute = (): void => {
    this.route = location.hash;
    scrollTo(0, 0);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>("ric-search [name=q]");
    if (field) field.focus();
    else location.hash = "#/search";
  };
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#content")?.focus();
}

function other(): string {
  return settings.zone === "UTC" ? "Asia/Almaty" : "UTC";
}

function switchZone(): void {
  settings.set({ zone: settings.zone === "UTC" ? "Asia/Almaty" : "UTC" });
}

function switchLanguage(): void {
  settings.set({ language: settings.language === "ru" ? "en" : "ru" });
}

async function signOut(): Promise<void> {
  clearDrafts();
  await api.signOut().catch(() => undefined);
  location.reload();
}
