import { describe, expect, it } from "vitest";
import { BREAKS, classLabels, classOf, fails, thresholdPosition, UNREACHED } from "@/lib/classes";

describe("classes", () => {
  it("put an edge into the nearer class", () => {
    expect([0, 300, 300.1, 500, 800, 1000, 1001].map((value) => classOf(value, "m"))).toEqual([0, 0, 1, 1, 2, 3, 4]);
    expect([1, 0.95, 0.9, 0.8, 0.6, 0.4, 0.1].map((value) => classOf(value, "share"))).toEqual([0, 0, 1, 1, 2, 3, 4]);
  });
  it("keep unreached apart from far", () => {
    expect(classOf(null, "m")).toBe(UNREACHED);
    expect(classOf(Number.NaN, "min")).toBe(UNREACHED);
  });
  it("name all five classes in both languages", () => {
    expect(classLabels("m", "zh")).toEqual(["≤ 300 米", "300–500 米", "500–800 米", "800–1000 米", "> 1000 米"]);
    expect(classLabels("share", "en")[0]).toBe("≥ 95%");
  });
  it("fail only against a threshold", () => {
    expect(fails(501, 500)).toBe(true);
    expect(fails(500, 500)).toBe(false);
    expect(fails(null, 500)).toBe(true);
    expect(fails(null, null)).toBe(false);
  });
});

describe("threshold on the legend", () => {
  it("lies on the class's edge for every edge", () => {
    for (const measure of ["m", "min", "share", "ratio"] as const) {
      BREAKS[measure].forEach((edge, index) => expect(thresholdPosition(edge, measure)).toBeCloseTo((index + 1) / 5, 10));
    }
  });
  it("lies between the edges otherwise, and never outside", () => {
    expect(thresholdPosition(400, "m")).toBeCloseTo(0.3, 10);
    expect(thresholdPosition(99_999, "m")).toBe(1);
    expect(thresholdPosition(0.9, "share")).toBeGreaterThan(0.2);
  });
});
