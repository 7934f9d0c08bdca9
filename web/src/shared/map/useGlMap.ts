/** One MapLibre map in a box: worker, tiles, controls, keyboard, theme. What is drawn and what a click means is the caller's. */
import { LngLatBounds, Map as GlMap, NavigationControl, ScaleControl, addProtocol, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import "./gl.css";
import { Protocol } from "pmtiles";
import type { FeatureCollection } from "geojson";
import { onMounted, onUnmounted, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useText } from "@/i18n";
import type { View } from "@/lib/url";
import { effectiveTheme, preferences } from "@/state/preferences";
import { EMPTY } from "./geometry";

export type Bounds = [number, number, number, number];

export interface GlOptions {
  box: Ref<HTMLElement | undefined>;
  style: () => StyleSpecification;
  bounds: () => Bounds | null;
  view?: () => View | null;
  /** Name of the map for screen readers. */
  label: () => string;
  /** Data by source; a source is filled again when its collection is another. */
  sources: () => Record<string, FeatureCollection>;
  controls?: { zoom: boolean; scale: boolean; compass: boolean };
  doubleClickZoom?: boolean;
  /** Listeners, once. */
  made: (gl: GlMap) => void;
  /** The style stands and holds its data; again after a change of theme. */
  styled?: (gl: GlMap) => void;
}

export interface GlHandle {
  map: ShallowRef<GlMap | null>;
  /** This browser draws no map. */
  broken: Ref<boolean>;
  /** Whether the style stands, so that its layers can be asked. */
  ready: () => boolean;
}

/** Make the map when the component is mounted and take it away with it. */
export function useGlMap(options: GlOptions): GlHandle {
  const { t } = useText();
  const map = shallowRef<GlMap | null>(null);
  const broken = ref(false);
  let ready = false;
  const filled = new Map<string, FeatureCollection>();

  function fill(): void {
    const gl = map.value;
    if (!gl || !ready) return;
    for (const [name, data] of Object.entries(options.sources())) {
      if (filled.get(name) === data) continue;
      filled.set(name, data);
      (gl.getSource(name) as GeoJSONSource | undefined)?.setData(data ?? EMPTY);
    }
  }

  onMounted(() => {
    setWorkerUrl(workerUrl);
    addProtocol("pmtiles", new Protocol().tile);
    const view = options.view?.() ?? null;
    const bounds = options.bounds();
    let gl: GlMap;
    try {
      gl = new GlMap({
        container: options.box.value as HTMLElement,
        style: options.style(),
        attributionControl: false,
        keyboard: false,
        dragRotate: false,
        pitchWithRotate: false,
        touchPitch: false,
        doubleClickZoom: options.doubleClickZoom ?? true,
        maxZoom: 19,
        ...(view ? { center: [view.lon, view.lat] as [number, number], zoom: view.zoom } : bounds ? { bounds: new LngLatBounds(bounds), fitBoundsOptions: { padding: 20 } } : {}),
        locale: { "NavigationControl.ZoomIn": t("map.zoomIn"), "NavigationControl.ZoomOut": t("map.zoomOut"), "NavigationControl.ResetBearing": t("map.north"), "Map.Title": options.label() },
      });
    } catch {
      broken.value = true; // No WebGL: what stands beside the map carries the content.
      return;
    }
    map.value = gl;
    gl.touchZoomRotate.disableRotation();
    const { zoom, scale, compass } = options.controls ?? { zoom: true, scale: true, compass: true };
    if (zoom) gl.addControl(new NavigationControl({ showCompass: compass }), "top-left");
    if (scale) gl.addControl(new ScaleControl({ maxWidth: gl.getContainer().clientWidth < 500 ? 70 : 110 }), "bottom-right");
    gl.getCanvas().setAttribute("tabindex", "0");
    gl.getCanvas().setAttribute("role", "application");
    gl.on("style.load", () => {
      ready = true;
      filled.clear();
      fill();
      options.styled?.(gl);
    });
    // Says that everything is painted: a test, and a tool that takes pictures, can wait for it.
    gl.on("idle", () => (gl.getContainer().dataset["idle"] = "true"));
    gl.on("dataloading", () => delete gl.getContainer().dataset["idle"]);
    options.made(gl);
  });
  onUnmounted(() => map.value?.remove());

  watch(() => Object.values(options.sources()), fill);
  watch([() => preferences.theme, () => preferences.type, effectiveTheme], () => {
    ready = false;
    map.value?.setStyle(options.style(), { diff: false });
  });
  return { map, broken, ready: () => ready };
}
