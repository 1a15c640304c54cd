import "maplibre-gl/dist/maplibre-gl.css";
import { html, nothing, render } from "lit";
import { customElement, state } from "lit/decorators.js";
import { GeoJSONSource, Map as LibreMap, Marker, NavigationControl, Popup, setWorkerUrl, type MapMouseEvent } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Summary } from "../api";
import { accuracy, CLUSTER_UNTIL, countImage, DARK, isCountImage, LIGHT, points, style, type Theme } from "../drawing";
import { country, number } from "../format";
import { land, MEMBERS, NEIGHBOURS, REGION, type Land } from "../geometry";
import { groupKey, GROUPS } from "../groups";
import { Page } from "../page";
import { roughKey, roughness } from "../roughness";
import { settings, store } from "../store";
import { t } from "../texts";
import { reportRow } from "./report-row";

setWorkerUrl(workerUrl);
const CHOSEN = ["exact", "rough", "clusters"];
const LISTED = 25;
const KEPT_RINGS = 500;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The seizures that this reader may see, on the region's map. */
@customElement("ric-map")
export class RegionMap extends Page {
  @state() private state: "loading" | "ready" | "impossible" = "loading";
  private map: LibreMap | null = null;
  private shape: Land | null = null;
  private names: Marker[] = [];
  private popup: Popup | null = null;
  private drawn = new Map<string, Summary>();
  private scheduled = false;
  /** Whether the officer has moved the map: from then on it is theirs. */
  private moved = false;

  override connectedCallback(): void {
    super.connectedCallback();
    store.addEventListener("change", this.onChange);
    settings.addEventListener("change", this.onSettings);
    dark.addEventListener("change", this.onTheme);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    store.removeEventListener("change", this.onChange);
    settings.removeEventListener("change", this.onSettings);
    dark.removeEventListener("change", this.onTheme);
    this.map?.remove();
    this.map = null;
  }

  protected override firstUpdated(): void {
    void this.draw();
  }

  override render() {
    return html`<section class="panel map-panel" aria-labelledby="map-title">
      <header class="panel-head">
        <h2 id="map-title">${t("map")}</h2>
        <span class="count" data-points=${this.drawn.size}>${number(this.drawn.size)}</span>
      </header>
      <div class="map-frame perishable">
        <div class="map" role="application" aria-label=${`${t("map")}. ${t("member_map")}. ${t("map_help")}`}></div>
        ${this.state === "ready" ? nothing : html`<p class="map-note">${t(this.state === "loading" ? "map_loading" : "map_none")}</p>`}
      </div>
      <details class="legend" open>
        <summary>${t("legend")}</summary>
        <ul>
          ${GROUPS.map((group) => html`<li><span class="swatch group-${group}" aria-hidden="true"></span>${t(groupKey(group))}</li>`)}
          <li><span class="mark exact" aria-hidden="true"></span>${t("legend_exact")}</li>
          <li><span class="mark rough" aria-hidden="true"></span>${t("legend_rough")}</li>
          <li><span class="mark cluster" aria-hidden="true">9</span>${t("legend_cluster")}</li>
          <li>${t("legend_size")}</li>
        </ul>
      </details>
    </section>`;
  }

  private get theme(): Theme {
    return dark.matches ? DARK : LIGHT;
  }

  private async draw(): Promise<void> {
    const container = this.querySelector<HTMLElement>(".map");
    if (!container) return;
    try {
      this.shape = await land();
      this.map = new LibreMap({
        container,
        style: style(this.theme, this.shape),
        bounds: REGION,
        fitBoundsOptions: { padding: 8 },
        minZoom: 1.5,
        maxZoom: 13,
        attributionControl: { compact: true, customAttribution: "Natural Earth" },
        dragRotate: false,
        pitchWithRotate: false,
        renderWorldCopies: false,
      });
    } catch {
      this.state = "impossible";
      return;
    }
    const map = this.map;
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.setMissingStyleImageResolver((id) => {
      if (isCountImage(id)) map.addImage(id, countImage(id, this.theme), { pixelRatio: 2 });
    });
    map.on("load", () => {
      this.state = "ready";
      this.nameCountries();
      this.fill();
    });
    map.on("movestart", (event) => (this.moved ||= "originalEvent" in event && event.originalEvent !== undefined));
    map.on("resize", () => this.moved || map.fitBounds(REGION, { padding: 8, animate: false }));
    map.on("click", (event) => void this.choose(event));
    map.on("mousemove", (event) => {
      const over = this.state === "ready" && map.queryRenderedFeatures(event.point, { layers: CHOSEN }).length > 0;
      map.getCanvas().classList.toggle("pointing", over);
    });
  }

  /** Names are page elements in the reader's language. */
  private nameCountries(): void {
    for (const marker of this.names) marker.remove();
    const places = [...Object.values(MEMBERS).map((place) => ({ ...place, member: true })), ...NEIGHBOURS.map((place) => ({ ...place, member: false }))];
    this.names = places.map(({ code, at, member }) => {
      const element = document.createElement("span");
      element.className = member ? "country member" : "country";
      element.textContent = country(code);
      return new Marker({ element, opacityWhenCovered: "1" }).setLngLat(at).addTo(this.map as LibreMap);
    });
  }

  private readonly onChange = (): void => {
    if (this.scheduled || this.state !== "ready") return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.fill();
    });
  };

  private readonly onSettings = (): void => {
    if (this.state === "ready") this.nameCountries();
    this.requestUpdate();
  };

  private readonly onTheme = (): void => {
    if (!this.map || !this.shape) return;
    this.map.setStyle(style(this.theme, this.shape), { diff: false });
    this.drawn = new Map();
    this.map.once("styledata", () => this.fill());
  };

  /** New points reach the map in one go, and only when something on it changed. */
  private fill(): void {
    const source = this.map?.getSource<GeoJSONSource>("seizures");
    if (!source) return;
    const same = store.points.size === this.drawn.size && [...store.points].every(([id, summary]) => this.drawn.get(id) === summary);
    if (same && this.drawn.size) return;
    this.drawn = new Map(store.points);
    this.forgetImages();
    source.setData(points(this.drawn.values()));
    this.requestUpdate();
  }

  /** Rings are drawn as they are needed; the many of a long shift are thrown away before the points are drawn anew. */
  private forgetImages(): void {
    const rings = this.map?.listImages().filter(isCountImage) ?? [];
    if (rings.length > KEPT_RINGS) for (const ring of rings) this.map?.removeImage(ring);
  }

  private async choose(event: MapMouseEvent): Promise<void> {
    const map = this.map;
    if (!map || this.state !== "ready") return;
    const found = map.queryRenderedFeatures(event.point, { layers: CHOSEN });
    const first = found[0];
    if (!first) {
      this.popup?.remove();
      return;
    }
    const at = (first.geometry as GeoJSON.Point).coordinates as [number, number];
    const cluster = found.find((feature) => feature.layer.id === "clusters");
    if (cluster) {
      const source = map.getSource<GeoJSONSource>("seizures");
      const id = Number(cluster.properties["cluster_id"]);
      const zoom = (await source?.getClusterExpansionZoom(id)) ?? CLUSTER_UNTIL;
      if (zoom <= CLUSTER_UNTIL) {
        this.moved = true;
        map.easeTo({ center: at, zoom: zoom + 0.3, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
        return;
      }
      const leaves = (await source?.getClusterLeaves(id, LISTED, 0)) ?? [];
      this.show(at, leaves.map((leaf) => String(leaf.properties?.["id"])), Number(cluster.properties["point_count"]));
      return;
    }
    const ids = [...new Set(found.map((feature) => String(feature.properties["id"])))];
    this.show(at, ids.slice(0, LISTED), ids.length);
  }

  private show(at: [number, number], ids: string[], total: number): void {
    const summaries = ids.map((id) => this.drawn.get(id)).filter((summary): summary is Summary => summary !== undefined);
    const content = document.createElement("div");
    render(
      html`<div class="popup">
        ${total > 1 ? html`<h3>${t("at_this_place", total)}</h3>` : nothing}
        ${summaries.map(
          (summary) => html`<article class="row">
            ${reportRow(summary)}
            <p class="honest">${honest(summary)}</p>
            <a class="button" href="#/report/${encodeURIComponent(summary.id)}">${t("open_report")}</a>
          </article>`,
        )}
      </div>`,
      content,
    );
    this.popup?.remove();
    this.popup = new Popup({ maxWidth: "340px" }).setLngLat(at).setDOMContent(content).addTo(this.map as LibreMap);
    const one = summaries.length === 1 ? (summaries[0] ?? null) : null;
    this.map?.getSource<GeoJSONSource>("accuracy")?.setData(accuracy(one));
    this.popup.on("close", () => this.map?.getSource<GeoJSONSource>("accuracy")?.setData(accuracy(null)));
  }
}

/** How far the point on the map may be from the place. */
function honest(summary: Summary): string {
  const rough = roughness(summary.place?.basis);
  if (rough) return t(roughKey(rough));
  const metres = summary.place?.accuracy_m;
  return metres && metres >= 100 ? t("accuracy", number(Math.round(metres / 100) / 10)) : "";
}
