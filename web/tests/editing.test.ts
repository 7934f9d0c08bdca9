import { describe, expect, it } from "vitest";
import { ApiError } from "../src/api/client";
import type { Edit, WhatIfState } from "../src/api/whatif";
import { createEditing } from "../src/state/editing";

const at = (lon: number): Edit => ({ kind: "move_facility", facility: "f1", lon, lat: 30 });
const after = (revision: number) => ({ revision }) as WhatIfState;

/** A server whose answers the test lets through one by one. */
function server() {
  const calls: { edit: Edit | "undo"; replace: boolean }[] = [];
  const doors: { open: () => void; refuse: () => void }[] = [];
  let revision = 0;
  const answer = (edit: Edit | "undo", replace: boolean) => {
    calls.push({ edit, replace });
    return new Promise<WhatIfState>((open, refuse) => {
      const body = { code: "whatif.too_far", message: { zh: "太远", en: "too far" }, action: { zh: "", en: "" }, request_id: null };
      doors.push({ open: () => open(after((revision += 1))), refuse: () => refuse(new ApiError(400, body)) });
    });
  };
  const editing = createEditing({ apply: answer, undo: () => answer("undo", false) });
  const settle = () => new Promise((done) => setTimeout(done, 0));
  const next = async (how: "open" | "refuse" = "open") => {
    await settle();
    doors.shift()?.[how]();
    await settle();
  };
  return { calls, editing, next, settle, waiting: () => doors.length };
}

describe("dragging", () => {
  it("keeps one request in flight, passes over positions meanwhile, and replaces its own edit", async () => {
    const { calls, editing, next, settle, waiting } = server();
    for (let lon = 1; lon <= 50; lon += 1) editing.drag(at(lon));
    await settle();
    expect(waiting()).toBe(1);
    await next();
    for (let lon = 51; lon <= 90; lon += 1) editing.drag(at(lon));
    await settle();
    expect(waiting()).toBe(1);
    const dropped = editing.drop(at(99));
    await next();
    await next();
    expect(await dropped).toBe(true);
    expect(calls.map((call) => [(call.edit as { lon: number }).lon, call.replace])).toEqual([[50, false], [90, true], [99, true]]);
    expect(editing.busy.value).toBe(false);
  });

  it("starts a new edit with the next drag", async () => {
    const { calls, editing, next } = server();
    const first = editing.drop(at(1));
    await next();
    await first;
    const second = editing.drop(at(2));
    await next();
    await second;
    expect(calls.map((call) => call.replace)).toEqual([false, false]);
    expect(editing.state.value?.revision).toBe(2);
  });

  it("keeps a drag that begins before the last one is computed apart from it", async () => {
    const { calls, editing, next, settle } = server();
    editing.drag(at(1));
    await settle();
    const first = editing.drop(at(2));
    const second = editing.drop({ kind: "move_facility", facility: "f2", lon: 7, lat: 30 });
    for (let n = 0; n < 3; n += 1) await next();
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(calls.map((call) => [(call.edit as { facility: string }).facility, call.replace])).toEqual([["f1", false], ["f1", true], ["f2", false]]);
  });

  it("does not replace an earlier edit when the first position was refused", async () => {
    const { calls, editing, next } = server();
    editing.drag(at(1));
    await next("refuse");
    expect(editing.error.value?.code).toBe("whatif.too_far");
    const dropped = editing.drop(at(2));
    await next();
    expect(await dropped).toBe(true);
    expect(calls.map((call) => call.replace)).toEqual([false, false]);
    expect(editing.error.value).toBeNull();
  });

  it("says when the place where the hand let go was refused, and keeps the last good state", async () => {
    const { editing, next } = server();
    editing.drag(at(1));
    await next();
    const dropped = editing.drop(at(2));
    await next("refuse");
    expect(await dropped).toBe(false);
    expect(editing.state.value?.revision).toBe(1);
    expect(editing.error.value?.code).toBe("whatif.too_far");
  });
});

describe("order", () => {
  it("sends an undo after what was asked before it", async () => {
    const { calls, editing, next } = server();
    const done = Promise.all([editing.add(at(1)), editing.undo()]);
    await next();
    await next();
    expect(await done).toEqual([true, true]);
    expect(calls.map((call) => (call.edit === "undo" ? "undo" : "edit"))).toEqual(["edit", "undo"]);
  });

  it("lets a later edit through after a refused one", async () => {
    const { editing, next } = server();
    const refused = editing.add(at(1));
    await next("refuse");
    expect(await refused).toBe(false);
    const good = editing.add(at(2));
    await next();
    expect(await good).toBe(true);
  });
});
