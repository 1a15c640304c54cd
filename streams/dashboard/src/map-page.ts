/** The base of the elements with a map of the region: its outlines and names, by day and by night, from the first look to the last. */

import "maplibre-gl/dist/maplibre-gl.css";
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { Map as LibreMap, NavigationControl, ScaleControl, setWorkerUrl, type MapOptions, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { DARK, LIGHT, type Theme } from "./drawing";
import { land, REGION, type Land } from "./geometry";
import { MapNames } from "./map-names";
import { Page } from "./page";
import { settings } from "./store";
import { t } from "./texts";

setWorkerUrl(workerUrl);
const dark = matchMedia("(prefers-color-scheme: dark)");

export abstract class MapPage extends Page {
  @state() protected state: "loading" | "ready" | "impossible" = "loading";
  protected map: LibreMap | null = null;
  /** Whether the officer has moved the map: from then on it is theirs. */
  protected moved = false;
  private shape: Land | null = null;
  private names: MapNames | null = null;

  /** What says when there is something new to draw. */
  protected abstract readonly source: EventTarget;
  protected abstract onChange(): void;
  protected abstract drawing(theme: Theme, shape: Land, night: boolean): StyleSpecification;
  /** Put everything that is known onto the map. It is asked for again after the drawing was laid anew, without what was on it. */
  protected abstract fill(): void;

  /** What this map is given besides. */
  protected get options(): Partial<MapOptions> {
    return {};
  }

  /** What names of towns and posts must leave free, where this map has them. */
  protected taken?(): DOMRect[];

  /** The map is made; nothing is drawn yet. */
  protected begun(_map: LibreMap): void {}

  override connectedCallback(): void {
    super.connectedCallback();
    this.source.addEventListener("change", this.told);
    settings.addEventListener("change", this.onSettings);
    dark.addEventListener("change", this.onTheme);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.source.removeEventListener("change", this.told);
    settings.removeEventListener("change", this.onSettings);
    dark.removeEventListener("change", this.onTheme);
    this.map?.remove();
    this.map = this.names = null;
  }

  protected override firstUpdated(): void {
    void this.draw();
  }

  protected get theme(): Theme {
    return dark.matches ? DARK : LIGHT;
  }

  protected frame(label: string, kind: string): TemplateResult {
    return html`<div class="map-frame ${kind}">
      <div class="map" role="application" aria-label=${label}></div>
      ${this.state === "ready" ? nothing : html`<p class="map-note">${t(this.state === "loading" ? "map_loading" : "map_none")}</p>`}
    </div>`;
  }

  private async draw(): Promise<void> {
    const container = this.querySelector<HTMLElement>(".map");
    if (!container) return;
    try {
      this.shape = await land();
      // Whoever asked may have left meanwhile.
      if (!this.isConnected) return;
      this.map = new LibreMap({
        container,
        style: this.drawing(this.theme, this.shape, dark.matches),
        bounds: REGION,
        fitBoundsOptions: { padding: 8 },
        minZoom: 1.5,
        maxZoom: 13,
        attributionControl: { compact: true, customAttribution: "Natural Earth" },
        dragRotate: false,
        pitchWithRotate: false,
        renderWorldCopies: false,
        ...this.options,
      });
    } catch {
      this.state = "impossible";
      return;
    }
    const map = this.map;
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    map.on("load", () => {
      this.state = "ready";
      this.names = new MapNames(map, this.taken?.bind(this) ?? null);
      void this.names.write();
      this.fill();
    });
    map.on("movestart", (event) => (this.moved ||= "originalEvent" in event && event.originalEvent !== undefined));
    this.begun(map);
  }

  private readonly told = (): void => this.onChange();

  private readonly onSettings = (): void => {
    if (this.state === "ready") void this.names?.write();
    this.requestUpdate();
  };

  private readonly onTheme = (): void => {
    if (!this.map || !this.shape) return;
    this.map.setStyle(this.drawing(this.theme, this.shape, dark.matches), { diff: false });
    this.map.once("styledata", () => this.fill());
  };
}
