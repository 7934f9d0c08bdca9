import { describe, expect, it } from "vitest";
import { contextOf, formatView, many, one, parseView, patched } from "@/lib/url";

describe("state in the address", () => {
  it("removes keys that are empty and keeps the others", () => {
    expect(patched({ basis: "a", element: "market", q: "x" }, { q: "", element: null, level: "street" })).toEqual({ basis: "a", level: "street" });
  });
  it("takes only the context along to another page", () => {
    expect(contextOf({ basis: "a", walker: "elderly", element: "market", at: "1/2/3" })).toEqual({ basis: "a", walker: "elderly" });
  });
  it("reads one and many", () => {
    expect(one({ a: ["1", "2"] }, "a")).toBe("1");
    expect(one({}, "a")).toBe("");
    expect(many({ a: "x,,y" }, "a")).toEqual(["x", "y"]);
  });
  it("brings a camera there and back, and refuses nonsense", () => {
    const view = { zoom: 12.5, lat: 39.6532, lon: 106.8123 };
    expect(parseView(formatView(view))).toEqual(view);
    for (const text of ["", "a/b/c", "12/95/10", "1/2", "99/1/1"]) expect(parseView(text)).toBeNull();
  });
});
