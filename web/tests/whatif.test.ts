import { describe, expect, it } from "vitest";
import type { AreaCollection } from "../src/api/types";
import type { Change, ChangedCells, Near, PlacedFacilities, PlacedLinks } from "../src/api/whatif";
import { areaFeatures, areaLabels, cellFeatures, draftFeatures, facilityFeatures, finest, inOrder, lineMetres, linkFeatures, nearFeatures, newGrades } from "../src/pages/whatif/picture";

const square = { type: "Polygon", coordinates: [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]] };
const areas = {
  type: "FeatureCollection",
  features: [
    { type: "Feature", geometry: square, properties: { code: "a", name: "甲社区", grade: "B", people: 10 } },
    { type: "Feature", geometry: square, properties: { code: "b", name: "乙社区", grade: "insufficient", people: 20 } },
    { type: "Feature", geometry: null, properties: { code: "c", name: "丙村", grade: "D", people: 5 } },
  ],
} as unknown as AreaCollection;
const change = { areas: [{ code: "a", grade: ["B", "A"] }, { code: "b", grade: ["insufficient", "insufficient"] }] } as unknown as Change;

describe("areas", () => {
  it("draws the grade they now have and marks those that changed", () => {
    const drawn = areaFeatures(areas, newGrades(change), "b").features.map((item) => item.properties);
    expect(drawn).toEqual([
      { code: "a", changed: 1, chosen: 0, c: 0 },
      { code: "b", changed: 0, chosen: 1 },
    ]);
  });

  it("names both grades where they differ", () => {
    const texts = areaLabels(areas, newGrades(change)).features.map((item) => item.properties?.["text"]);
    expect(texts).toEqual(["甲社区\nB → A", "乙社区"]);
  });

  it("takes the finest level a city has", () => {
    expect(finest(["city", "street"])).toBe("street");
    expect(finest(undefined)).toBe("community");
  });
});

describe("facilities", () => {
  const placed = {
    type: "FeatureCollection",
    features: [
      { type: "Feature", geometry: { type: "Point", coordinates: [1, 1] }, properties: { id: "x", element: "e", name: "甲", capacity: 1, state: "open" } },
      { type: "Feature", geometry: { type: "Point", coordinates: [2, 2] }, properties: { id: "y", element: "e", name: null, capacity: null, state: "closed" } },
    ],
  } as unknown as PlacedFacilities;

  it("shows the one in the hand where the hand is", () => {
    const [first, second] = facilityFeatures(placed.features, "y", { id: "x", at: [9, 9] }).features;
    expect(first?.geometry).toEqual({ type: "Point", coordinates: [9, 9] });
    expect(first?.properties).toMatchObject({ state: "moved", chosen: 0 });
    expect(second?.properties).toMatchObject({ state: "closed", chosen: 1, name: "" });
  });
});

describe("the rest of the picture", () => {
  it("keeps the sign of a changed place", () => {
    const cells = { element: "e", n: 3, lon: [1, 2, 3], lat: [1, 2, 3], people: [null, 5, 6], before_m: [], after_m: [], state: [1, -1, 0] } as ChangedCells;
    expect(cellFeatures(cells).features.map((item) => item.properties?.["s"])).toEqual([1, -1, 0]);
    expect(cellFeatures(null).features).toEqual([]);
  });

  it("tells closed from opened", () => {
    const links = { type: "FeatureCollection", features: [{ type: "Feature", properties: { edit: 1, kind: "open_link" }, geometry: { type: "LineString", coordinates: [] } }, { type: "Feature", properties: { edit: 2, kind: "close_gate" }, geometry: { type: "Point", coordinates: [0, 0] } }] } as PlacedLinks;
    expect(linkFeatures(links).features.map((item) => item.properties?.["closed"])).toEqual([0, 1]);
  });

  it("draws a link towards the pointer and marks what is pointed at", () => {
    expect(draftFeatures([[0, 0]], [1, 1], null).features.map((item) => item.geometry.type)).toEqual(["LineString", "Point"]);
    expect(draftFeatures([], [1, 1], null).features).toEqual([]);
    const near = { edges: [{ id: "7", geometry: { type: "LineString", coordinates: [] } }], nodes: [{ id: "7", lon: 0, lat: 0 }] } as unknown as Near;
    expect(nearFeatures(near, "n7").features.map((item) => item.properties?.["marked"])).toEqual([0, 1]);
  });

  it("measures a degree of latitude and orders people", () => {
    expect(lineMetres([[0, 0], [0, 1]])).toBeCloseTo(111_195, -1);
    expect(inOrder([{ group: "age_0_2" }, { group: "elderly" }, { group: "all" }]).map((row) => row.group)).toEqual(["all", "elderly", "age_0_2"]);
  });
});
