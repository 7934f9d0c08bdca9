import { describe, expect, it } from "vitest";
import { cellSquares, extent, labelPoint, neighbour } from "@/shared/map/geometry";

describe("geometry of the map", () => {
  it("puts the label of a multipolygon into its largest part", () => {
    const square = (x: number, size: number) => [[[x, 0], [x + size, 0], [x + size, size], [x, size], [x, 0]]];
    expect(labelPoint({ type: "MultiPolygon", coordinates: [square(0, 1), square(10, 4)] })).toEqual([12, 2]);
    expect(labelPoint(null)).toBeNull();
  });
  it("goes to the neighbour straight ahead", () => {
    const places = [{ code: "e", point: [1, 0.1] as [number, number] }, { code: "ne", point: [0.8, 0.9] as [number, number] }, { code: "w", point: [-1, 0] as [number, number] }];
    expect(neighbour(places, [0, 0], "ArrowRight")?.code).toBe("e");
    expect(neighbour(places, [0, 0], "ArrowLeft")?.code).toBe("w");
    expect(neighbour(places, [0, 0], "ArrowDown")).toBeNull();
  });
  it("makes cells of the stated size and marks those that fail", () => {
    const cells = { element: "x", size_m: 100, small_count: 5, n: 2, lon: [0, 0], lat: [0, 60], m: [100, null], min: [1, null], people: [1, 1], reason: [0, 4], reasons: {}, threshold_m: 300, ratio: null, worst: null };
    const [first, second] = cellSquares(cells, cells.m, "m", 300).features;
    expect(first?.properties).toEqual({ i: 0, c: 0, f: 0 });
    expect(second?.properties).toEqual({ i: 1, c: 5, f: 1 });
    const width = (ring: number[][] | undefined) => (ring?.[1]?.[0] ?? 0) - (ring?.[0]?.[0] ?? 0);
    const equator = width(first?.geometry.coordinates[0] as number[][]);
    expect(equator * 111_320).toBeCloseTo(101, 1);
    expect(width(second?.geometry.coordinates[0] as number[][])).toBeCloseTo(2 * equator, 6);
  });
  it("finds the extent of a line", () => {
    expect(extent({ type: "LineString", coordinates: [[1, 5], [3, 2]] })).toEqual([1, 2, 3, 5]);
  });
});
