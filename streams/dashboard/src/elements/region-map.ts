import { html, nothing, render } from "lit";
import { customElement } from "lit/decorators.js";
import { GeoJSONSource, Map as LibreMap, Popup, type MapMouseEvent, type StyleSpecification } from "maplibre-gl";
import type { Summary } from "../api";
import { accuracy, CLUSTER_UNTIL, countImage, isCountImage, points, style, type Theme } from "../drawing";
import { number } from "../format";
import { REGION, type Land } from "../geometry";
import { groupKey, GROUPS } from "../groups";
import { MapPage } from "../map-page";
import { roughKey, roughness } from "../roughness";
import { store } from "../store";
import { t } from "../texts";
import { reportRow } from "./report-row";

const CHOSEN = ["exact", "rough", "clusters"];
const LISTED = 25;
const KEPT_RINGS = 500;
/** So many points the gateway tells of at most. */
const TOLD = 1000;

/** The seizures that this reader may see, on the region's map. */
@customElement("ric-map")
export class RegionMap extends MapPage {
  protected readonly source = store;
  private popup: Popup | null = null;
  private drawn = new Map<string, Summary>();
  private scheduled = false;

  override render() {
    return html`<section class="panel map-panel" aria-labelledby="map-title">
      <header class="panel-head">
        <h2 id="map-title">${t("map")}</h2>
        <span class="count" data-points=${this.drawn.size}>${this.state === "ready" ? this.count : nothing}</span>
      </header>
      ${this.frame(`${t("map")}. ${t("member_map")}. ${t("map_help")}`, "perishable")}
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

  /** A map of as many as are ever told is one of the newest, and says so. */
  private get count(): string {
    const drawn = number(this.drawn.size);
    return this.drawn.size < TOLD ? drawn : t("newest_points", drawn);
  }

  protected drawing(theme: Theme, shape: Land): StyleSpecification {
    // What was drawn is gone with the drawing before.
    this.drawn = new Map();
    return style(theme, shape);
  }

  protected override begun(map: LibreMap): void {
    map.setMissingStyleImageResolver((id) => {
      if (isCountImage(id)) map.addImage(id, countImage(id, this.theme), { pixelRatio: 2 });
    });
    map.on("resize", () => this.moved || map.fitBounds(REGION, { padding: 8, animate: false }));
    map.on("click", (event) => void this.choose(event));
    map.on("mousemove", (event) => {
      const over = this.state === "ready" && map.queryRenderedFeatures(event.point, { layers: CHOSEN }).length > 0;
      map.getCanvas().classList.toggle("pointing", over);
    });
  }

  protected onChange(): void {
    if (this.scheduled || this.state !== "ready") return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.fill();
    });
  }

  /** New points reach the map in one go, and only when something on it changed. */
  protected fill(): void {
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
