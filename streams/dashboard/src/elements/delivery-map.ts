import "../map.css";
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { GeoJSONSource, LngLatBounds, Map as LibreMap, Marker, type MapOptions, type StyleSpecification } from "maplibre-gl";
import { call, path } from "../api";
import { centreTime } from "../centre-time";
import { marks, positions, type Mark, type WayPoint } from "../delivery-positions";
import { deliveries } from "../delivery-store";
import { live, type Delivery } from "../delivery-types";
import type { Theme } from "../drawing";
import { age, clock, number, time } from "../format";
import type { Land } from "../geometry";
import { MapPage } from "../map-page";
import { circles, collection, placesStyle, trailLines, wayLines } from "../placing";
import { store, Watch } from "../store";
import { named, t } from "../texts";

const SKEWED_S = 60;
const EARTH_KM = 6371;
/** Some 400 km in sight: closer, a valley has neither a town nor a frontier by which to know it. */
const FARTHEST_IN = 7.7;

/** Where a delivery's parts are, or, without `delivery`, those of every open one: a map, and the same as a table. */
@customElement("ric-delivery-map")
export class DeliveryMap extends MapPage {
  protected readonly source = positions;
  protected readonly watch = new Watch(this, true);
  @property() delivery = "";
  @state() private credential: { device: string; text: string } | null = null;
  private markers = new Map<string, Marker>();
  private way = "";
  private fitted = "";
  /** Whether the whole way is asked for, and not the present leg alone. */
  private whole = false;
  private wasLive = true;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.markers.clear();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const way = this.shown
      .flatMap((delivery) => delivery.parts.flatMap((part) => [part.part, ...part.legs.map(({ number, plan }) => `${number}${plan.entry ? JSON.stringify(plan.entry) : ""}${plan.exit ? JSON.stringify(plan.exit) : ""}`)]))
      .join();
    if (changed.has("delivery")) {
      this.fitted = "";
      this.moved = this.whole = false;
      this.credential = null;
    }
    const back = deliveries.live && !this.wasLive;
    this.wasLive = deliveries.live;
    if (this.delivery ? this.way !== `${this.delivery} ${way}` && this.shown.length : changed.has("delivery")) {
      this.way = `${this.delivery} ${way}`;
      void (this.delivery ? positions.read(this.delivery) : positions.readAll()).catch(() => (this.way = ""));
    } else if (back) positions.again();
  }

  protected override updated(): void {
    this.fill();
  }

  override render() {
    const all = this.all;
    const without = this.delivery ? "pos_title" : "pos_all_title";
    return html`<section class="panel places ${deliveries.live ? "" : "not-current"}" aria-labelledby="places-title">
      <header class="panel-head">
        <h2 id="places-title">${t(without)}</h2>
        <span class="count" data-marks=${all.length}>${number(all.filter(({ at, ended }) => at && !ended).length)}</span>
        ${deliveries.live ? nothing : html`<strong class="chip bad" data-map-live="no">${t("pos_not_live")} · ${t("pos_not_live_since", clock(this.heard), age(centreTime.now() - this.heard))}</strong>`}
        <button type="button" @click=${() => this.fit(true)}>${t("pos_fit")}</button>
      </header>
      ${this.frame(`${t(without)}. ${t("pos_help")}`, "places-frame")}
      <ul class="places-legend" aria-hidden="true">
        <li><i class="key live"></i>${t("pos_legend_live")}</li>
        <li><i class="key stale"></i>${t("pos_legend_stale")}</li>
        <li><i class="key jump"></i>${t("pos_legend_jump")}</li>
        ${
          this.delivery
            ? html`<li><i class="key way"></i>${t("pos_legend_way")}</li>
                <li><i class="key beyond"></i>${t("pos_legend_beyond")}</li>
                <li><i class="key handover"></i>${t("pos_legend_handover")}</li>`
            : nothing
        }
      </ul>
      ${all.length ? this.table(all) : html`<p class="empty">${t("pos_none")}</p>`}
      <p class="small">${t("pos_proves_nothing")} ${t("pos_drawing")}</p>
    </section>`;
  }

  private table(all: Mark[]) {
    return html`<div class="scrolls">
      <table class="places-table">
        <caption class="visually-hidden">${t("pos_help")}</caption>
        <thead>
          <tr>
            <th scope="col">${this.delivery ? t("pos_part") : t("pos_delivery")}</th>
            <th scope="col">${t("pos_source")}</th>
            <th scope="col">${t("pos_state")}</th>
            <th scope="col">${t("pos_when")}</th>
            <th scope="col">${t("pos_where")}</th>
            <th scope="col">${t("pos_accuracy")}</th>
            <th scope="col">${t("pos_movement")}</th>
          </tr>
        </thead>
        <tbody>
          ${all.map((mark) => this.row(mark))}
        </tbody>
      </table>
    </div>`;
  }

  private row(mark: Mark) {
    const { at } = mark;
    const stale = mark.stale || !deliveries.live;
    return html`<tr class=${mark.ended ? "over" : stale ? "stale" : ""} data-mark=${mark.id} data-stale=${stale ? "yes" : "no"}>
      <th scope="row">
        ${this.delivery ? mark.part : html`<a href="#/delivery/${mark.delivery}"><bdi>${mark.delivery}</bdi></a> ${mark.part}`}
      </th>
      <td>${named("source", mark.placed?.kind ?? at?.source ?? "tracker")} <bdi class="small">${mark.label}</bdi> ${this.credentialOf(mark)}</td>
      <td>${this.standing(mark)}</td>
      <td>${at && !at.skew_s ? html`<span class="figure">${stale ? `${t("pos_was")} ` : ""}${t("pos_ago", age(mark.age))}</span> <span class="small">${time(at.captured)}</span>` : "–"}</td>
      <td class="figure">${at ? `${at.lat.toFixed(4)}, ${at.lon.toFixed(4)}` : "–"}</td>
      <td>${at ? (at.accuracy_m ? t("pos_within", number(Math.round(at.accuracy_m))) : t("pos_unknown")) : "–"}</td>
      <td>${movement(mark)}</td>
    </tr>`;
  }

  private standing(mark: Mark): TemplateResult {
    const { placed, at, jump } = mark;
    const words: TemplateResult[] = [];
    if (mark.ended) words.push(html`<span>${t("pos_ended")}</span>`);
    else if (!at && !jump) words.push(html`<span>${t("pos_no_fix")}</span>`);
    else if (placed?.silent) words.push(html`<b class="warn-words">${t("pos_silent")}</b>`);
    else if (mark.stale || !deliveries.live) words.push(html`<b class="warn-words">${t("pos_stale")}</b>`);
    else words.push(html`<span>${t("pos_current")}</span>`);
    if (jump) words.push(html`<b class="bad-words">${t("pos_jump", at ? number(Math.round(kilometres(at, jump))) : "?")}</b>`);
    if (placed?.apart) words.push(html`<b class="bad-words">${t("pos_apart", this.all.find(({ id }) => id === placed.apart)?.label ?? placed.apart)}</b>`);
    if (placed?.straddles && !mark.ended) words.push(html`<span class="small">${t("pos_straddles")}</span>`);
    if (placed && Math.abs(placed.skew_s) >= SKEWED_S) words.push(html`<span class="small">${t("pos_skew", age(Math.abs(placed.skew_s) * 1000))}</span>`);
    const skew = at?.skew_s ?? jump?.skew_s;
    if (skew) words.push(html`<b class="bad-words">${t("d_skew", age(skew * 1000))}</b>`);
    return html`${words.map((word, index) => html`${index ? html` · ` : nothing}${word}`)}`;
  }

  /** For officers of those who placed it or are in control; the centre judges. */
  private credentialOf(mark: Mark) {
    const me = store.me;
    const part = this.shown.flatMap(({ parts }) => parts).find((each) => each.devices?.some(({ id, ended }) => id === mark.id && !ended));
    if (!this.delivery || !me || !part || me.role !== "officer" || part.controller !== me.agency) return nothing;
    if (this.credential?.device === mark.id) {
      return html`<div class="note credential" role="status">
        <code>${this.credential.text}</code>
        <p class="small">${t("pos_credential_is", "/v1/positions")}</p>
        <button type="button" @click=${() => (this.credential = null)}>${t("pos_credential_close")}</button>
      </div>`;
    }
    return html`<button type="button" class="small-button" @click=${() => void this.showCredential(mark.id)}>${t("pos_credential")}</button>`;
  }

  private async showCredential(device: string): Promise<void> {
    try {
      const found = await call<{ credential: string }>(`/v1/deliveries/${path(this.delivery)}/devices/${device}/credential`, { method: "POST" });
      this.credential = { device, text: found.credential };
    } catch (error) {
      this.credential = { device, text: (error as Error).message };
    }
  }

  private get shown(): Delivery[] {
    if (!this.delivery) return deliveries.open();
    const found = deliveries.items.get(this.delivery);
    return found ? [found] : [];
  }

  private get all(): Mark[] {
    const now = centreTime.now();
    return this.shown.flatMap((delivery) => marks(delivery, now)).filter((mark) => this.delivery || !mark.ended);
  }

  private get heard(): number {
    return (deliveries.heard ?? Date.now()) + centreTime.skew;
  }

  protected override get options(): Partial<MapOptions> {
    return {
      maxZoom: 14,
      // A page is scrolled over it.
      cooperativeGestures: true,
      locale: {
        "CooperativeGesturesHandler.WindowsHelpText": t("pos_zoom_keys"),
        "CooperativeGesturesHandler.MacHelpText": t("pos_zoom_command"),
        "CooperativeGesturesHandler.MobileHelpText": t("pos_zoom_fingers"),
      },
    };
  }

  protected override taken(): DOMRect[] {
    return [...this.querySelectorAll(".place-mark .dot, .place-mark .tag, .place-handover .point, .place-handover span, .place-jump, .maplibregl-ctrl")].map((each) => each.getBoundingClientRect());
  }

  protected drawing(theme: Theme, shape: Land, night: boolean): StyleSpecification {
    return placesStyle(theme, shape, night);
  }

  protected onChange(): void {
    this.requestUpdate();
  }

  /** Everything that moves: marks each time, lines and circles with them. */
  protected fill(): void {
    const map = this.map;
    if (!map || this.state !== "ready" || !map.getSource("way")) return;
    const all = this.all;
    const set = (source: string, data: GeoJSON.FeatureCollection): void => void map.getSource<GeoJSONSource>(source)?.setData(data);
    const parts = this.delivery ? this.shown.flatMap(({ parts }) => parts.filter(live)) : [];
    const ways = positions.ways.get(this.delivery) ?? {};
    set("way", collection(parts.flatMap((part) => wayLines(part, ways[part.part] ?? []))));
    set("trails", collection(all.flatMap((mark) => trailLines(this.delivery ? (positions.trails.get(mark.id) ?? []) : [], mark, deliveries.live))));
    set("circles", circles(all, deliveries.live));
    const kept = new Set<string>();
    for (const mark of all) {
      if (mark.at && !mark.ended) this.put(`at ${mark.id}`, [mark.at.lon, mark.at.lat], kept, (element) => this.paint(element, mark));
      if (mark.jump && !mark.ended) this.put(`jump ${mark.id}`, [mark.jump.lon, mark.jump.lat], kept, (element) => paintJump(element, mark));
    }
    for (const part of parts) {
      for (const { leg, exit } of ways[part.part] ?? []) {
        if (!exit) continue;
        const stop = part.hard_stop?.leg === leg && !part.hard_stop.here;
        const last = leg === part.legs.at(-1)?.number;
        if (!last || stop) this.put(`way ${exit.lon} ${exit.lat}`, [exit.lon, exit.lat], kept, (element) => paintHandover(element, exit, stop));
      }
    }
    for (const [key, marker] of this.markers) {
      if (!kept.has(key)) {
        marker.remove();
        this.markers.delete(key);
      }
    }
    this.fit(false);
  }

  private put(key: string, at: [number, number], kept: Set<string>, paint: (element: HTMLElement) => void): void {
    let marker = this.markers.get(key);
    if (!marker) {
      marker = new Marker({ element: document.createElement("div"), opacityWhenCovered: "1", anchor: "center" }).setLngLat(at).addTo(this.map as LibreMap);
      this.markers.set(key, marker);
    }
    marker.setLngLat(at);
    kept.add(key);
    paint(marker.getElement());
  }

  private paint(element: HTMLElement, mark: Mark): void {
    const stale = mark.stale || !deliveries.live;
    element.classList.add("place-mark");
    element.classList.toggle("stale", stale);
    element.classList.toggle("by-hand", mark.placed === null);
    element.dataset["at"] = mark.id;
    const name = this.delivery ? `${t("pos_part")} ${mark.part}` : `${mark.delivery} · ${mark.part}`;
    const label = `${stale ? `${t("pos_was")} ` : ""}${name}`;
    const text = `${named("source", mark.placed?.kind ?? mark.at?.source ?? "")} · ${t("pos_ago", age(mark.age))}`;
    const course = mark.at?.course ?? null;
    // A label beside its point: what is written there must not hide where it is.
    element.innerHTML = '<i class="dot"><i class="heading"></i></i><span class="tag"><b></b><span></span></span>';
    const heading = element.querySelector<HTMLElement>(".heading");
    if (heading) {
      heading.hidden = course === null || stale || !(mark.at?.speed_kmh ?? 1);
      heading.style.rotate = `${course ?? 0}deg`;
    }
    (element.querySelector("b") as HTMLElement).textContent = label;
    (element.querySelector(".tag > span") as HTMLElement).textContent = text;
  }

  /** Show everything: when there is something new to show and nobody has moved the map, or when asked. */
  private fit(asked: boolean): void {
    const map = this.map;
    if (!map || this.state !== "ready") return;
    this.whole ||= asked;
    const points: [number, number][] = [];
    for (const mark of this.all) {
      if (mark.at) points.push([mark.at.lon, mark.at.lat]);
      if (this.delivery) for (const [lon, lat, , jump] of positions.trails.get(mark.id) ?? []) if (!jump) points.push([lon, lat]);
    }
    const ways = (this.delivery && positions.ways.get(this.delivery)) || {};
    for (const part of this.delivery ? this.shown.flatMap(({ parts }) => parts.filter(live)) : []) {
      // The present leg at first: the whole way would make of where it is now a dot.
      for (const { leg, entry, exit } of ways[part.part] ?? []) {
        if (this.whole || leg === part.leg) for (const point of [entry, exit]) if (point) points.push([point.lon, point.lat]);
      }
    }
    const extent = `${this.delivery} ${new Set(points.map(([lon, lat]) => `${Math.round(lon)} ${Math.round(lat)}`)).size}`;
    if (!points.length || (!asked && (this.moved || extent === this.fitted))) return;
    this.fitted = extent;
    if (asked) this.moved = false;
    const bounds = points.reduce((found, point) => found.extend(point), new LngLatBounds(points[0], points[0]));
    map.fitBounds(bounds, { padding: { top: 50, bottom: 50, left: 110, right: this.delivery ? 170 : 230 }, maxZoom: FARTHEST_IN, animate: false });
  }
}

function paintJump(element: HTMLElement, mark: Mark): void {
  element.className = `${element.className.includes("maplibregl-marker") ? "maplibregl-marker maplibregl-marker-anchor-center " : ""}place-jump`;
  element.textContent = "✕";
  element.title = mark.at && mark.jump ? t("pos_jump", number(Math.round(kilometres(mark.at, mark.jump)))) : "";
}

function paintHandover(element: HTMLElement, at: WayPoint, stop: boolean): void {
  element.classList.add("place-handover");
  element.classList.toggle("is-stop", stop);
  element.innerHTML = '<i class="point"></i><span></span>';
  (element.querySelector("span") as HTMLElement).textContent = stop ? `${t("pos_hard_stop")} · ${at.name}` : at.name;
}

function movement({ at }: Mark): string {
  if (!at) return "–";
  const words: string[] = [];
  if (at.speed_kmh !== null && at.speed_kmh !== undefined) words.push(t("pos_speed", Math.round(at.speed_kmh)));
  if (at.course !== null && at.course !== undefined) words.push(t("pos_course", Math.round(at.course)));
  if (at.battery_percent !== null && at.battery_percent !== undefined) words.push(t("pos_battery", at.battery_percent));
  return words.join(" · ") || "–";
}

interface Point {
  lat: number;
  lon: number;
}

function kilometres(one: Point, other: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [a, b] = [radians(one.lat), radians(other.lat)];
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(radians(other.lon - one.lon) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}
