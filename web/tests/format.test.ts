import { describe, expect, it } from "vitest";
import { DASH, day, metres, minutes, moment, people, percent, ratio, shortName, threshold } from "@/lib/format";

describe("numbers", () => {
  it("never shows a missing value as zero", () => {
    for (const missing of [null, undefined, Number.NaN]) {
      expect([people(missing), percent(missing), metres(missing), minutes(missing)]).toEqual([DASH, DASH, DASH, DASH]);
    }
    expect(people(0)).toBe("0");
  });
  it("groups thousands and keeps at most three figures below 1,000", () => {
    expect(people(1140.4)).toBe("1,140");
    expect(people(266.37)).toBe("266");
    expect(people(3.456)).toBe("3.5");
  });
  it("gives percentages one decimal", () => {
    expect(percent(0.8444)).toBe("84.4%");
    expect(percent(1)).toBe("100.0%");
  });
  it("keeps the unit of a threshold", () => {
    expect(threshold({ value: 500, unit: "m" }, "zh")).toBe("500 米");
    expect(threshold({ value: 5, unit: "min" }, "en")).toBe("5 min");
    expect(threshold(null, "zh")).toBe(DASH);
  });
  it("shows numerator and denominator together or not at all", () => {
    expect(ratio(1140, 2280)).toBe("1,140 / 2,280");
    expect(ratio(null, 5)).toBe(DASH);
  });
});

describe("dates", () => {
  it("are days of the city's zone", () => {
    expect(day("2026-11-22T17:00:00Z", "zh")).toBe("2026年11月23日");
    expect(day("2026-11-23T02:00:00Z", "en")).toBe("23 Nov 2026");
    expect(moment("2026-11-23T02:05:00Z", "zh")).toBe("2026年11月23日 10:05");
    expect(day("no date", "zh")).toBe(DASH);
  });
});

describe("names", () => {
  it("are cut from the left, so that the last part stays", () => {
    expect(shortName("示范市滨江区和平社区", "示范市")).toBe("滨江区和平社区");
    expect(shortName("示范市滨江区凤凰岭街道和平社区", "示范市", 8)).toBe("…凰岭街道和平社区".slice(0, 1) + "岭街道和平社区");
    expect(shortName("示范市", "示范市")).toBe("示范市");
  });
});
