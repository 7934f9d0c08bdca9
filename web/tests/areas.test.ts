import { describe, expect, it } from "vitest";
import { boundsOf, pictureOf } from "@/office/areas/picture";
import type { MapItem, OutlineCollection } from "@/office/areas/types";

const square = (x: number, size = 1) => ({ type: "Polygon", coordinates: [[[x, 0], [x + size, 0], [x + size, size], [x, size], [x, 0]]] });
const outline = (code: string, geometry: ReturnType<typeof square> | null, parent: string | null = null): OutlineCollection["features"][number] => ({
  type: "Feature", geometry, properties: { code, name: `n${code}`, full_name: code, level: "community", parent },
});
const outlines: OutlineCollection = { type: "FeatureCollection", features: [outline("a", square(0), "s"), outline("b", square(1, 3), "s"), outline("c", square(8)), outline("v", null)] };
const item = (key: string, codes: string[], more: Partial<MapItem> = {}): MapItem => ({ key, title: key, note: "", tone: "brand", codes, point: null, lines: [], ...more });

describe("items on a map of areas", () => {
  it("fills the areas of an item and leaves the others faint", () => {
    const { sources } = pictureOf([item("p", ["a", "b"], { tone: "act" })], [], outlines, null, null);
    expect(sources.areas.features.map((one) => one.properties)).toEqual([{ code: "a", name: "na", key: "p", tone: "act" }, { code: "b", name: "nb", key: "p", tone: "act" }, { code: "c", name: "nc" }]);
  });
  it("gives an area that two claim to the first", () => {
    expect(pictureOf([item("p", ["a"]), item("q", ["a", "c"])], [], outlines, null, null).owner.get("a")?.key).toBe("p");
  });
  it("puts the label at the item's own point, else into its largest area", () => {
    const { places } = pictureOf([item("p", ["a", "b"], { point: [1.2, 0.5] }), item("q", ["c"], { point: [0, 0] })], [], outlines, null, null);
    expect(places.get("p")).toEqual([1.2, 0.5]);
    expect(places.get("q")).toEqual([8.5, 0.5]);
    expect(pictureOf([item("p", ["a", "b"])], [], outlines, null, null).places.get("p")).toEqual([2.5, 1.5]);
  });
  it("draws a dot where there is no outline, and says what can be shown nowhere", () => {
    const { sources, unplaced } = pictureOf([item("p", ["v"], { point: [5, 5] }), item("q", ["v2"])], [], outlines, null, null);
    expect(sources.places.features.map((one) => one.properties?.["key"])).toEqual(["p"]);
    expect(unplaced.map((one) => one.key)).toEqual(["q"]);
  });
  it("outlines the whole where it has a shape, else each part", () => {
    const circles: OutlineCollection = { type: "FeatureCollection", features: [outline("LC", square(0, 4))] };
    const parts = [item("p", ["a", "b"], { whole: "LC" }), item("q", ["c"], { whole: "LC9" })];
    const rims = pictureOf(parts, [], outlines, null, circles).sources.rims.features;
    expect(rims.map((one) => one.properties?.["key"])).toEqual(["p", "q"]);
    expect(pictureOf(parts, [], outlines, null, null).sources.rims.features).toHaveLength(3);
  });
  it("knows what holds some areas", () => {
    expect(boundsOf(outlines, ({ parent }) => parent === "s")).toEqual([0, 0, 4, 3]);
    expect(boundsOf(outlines, ({ code }) => code === "v")).toBeNull();
    expect(boundsOf(null, () => true)).toBeNull();
  });
});
