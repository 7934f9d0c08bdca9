"""axe finds nothing serious on any page, in either language, also in large type, dark and on a phone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from absence import absent

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "map": "/map",
    "cells": "/map?element={element}&view=cells&area={area_code}",
    "coverage": "/map?element={element}&view=areas",
    "list": "/shortfalls",
    "drawer": "/shortfalls/{shortfall_id}",
    "reach": "/map?element={element}&view=areas&reach={lon},{lat}",
    "hours": "/hours?element=kindergarten",
    "what-if": "/what-if?element=kindergarten",
    "compare": "/what-if/compare?element=kindergarten&second={scenario}",
}
READY = {
    "cells": "[data-verdict]",
    "drawer": "[data-verdict]",
    "list": '[role="grid"]',
    "reach": "[data-reached]",
    "hours": "[data-day]",
    "what-if": "[data-undo]:disabled >> visible=true",
    "compare": "[data-compare-people]",
}
MODES: dict[str, tuple[dict[str, str], int]] = {
    "zh": ({}, 1366),
    "en-large": ({"language": "en", "type": "large"}, 1366),
    "dark": ({"theme": "dark"}, 1920),
    "phone": ({}, 360),
}


def _scenario(context: BrowserContext) -> str:
    """Id of a saved scenario: a facility closed."""
    api = "/api/v1"

    def post(path: str, body: dict[str, object]) -> dict[str, str]:
        answer = context.request.post(f"{api}{path}", data=body, timeout=120_000)
        assert answer.ok, answer.text()
        found: dict[str, str] = answer.json()
        return found

    session = post("/what-if", {})["session"]
    facilities = context.request.get(f"{api}/what-if/{session}/facilities?element=kindergarten").json()["features"]
    post(f"/what-if/{session}/edits", {"kind": "close_facility", "facility": facilities[0]["properties"]["id"]})
    return post(f"/what-if/{session}/save", {"name": "axe"})["id"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious(context: BrowserContext, name: str, mode: str) -> None:
    if not AXE.is_file():
        absent("axe-core is not installed: run `npm ci` in web/")
    preferences, width = MODES[mode]
    context.add_init_script(f"localStorage.setItem('kezhong.preferences', {json.dumps(json.dumps(preferences))})")
    run = context.request.get("/api/v1/runs/resolve").json()["run"]
    row = context.request.get(f"/api/v1/runs/{run}/shortfalls?limit=1").json()["items"][0]
    if name == "compare":
        row["scenario"] = _scenario(context)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 768})
    page.goto(PAGES[name].format(**row))
    expect(page.locator(READY.get(name, ".drawer")).first).to_be_visible(timeout=30_000)
    if name == "what-if":
        expect(page.get_by_role("progressbar")).to_have_count(0, timeout=120_000)
    page.wait_for_timeout(400)  # transitions change colours
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (item["id"], item["help"], [node["html"][:160] for node in item["nodes"][:4]])
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []
