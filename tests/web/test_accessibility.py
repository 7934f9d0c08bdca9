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
}
MODES: dict[str, tuple[dict[str, str], int]] = {
    "zh": ({}, 1366),
    "en-large": ({"language": "en", "type": "large"}, 1366),
    "dark": ({"theme": "dark"}, 1920),
    "phone": ({}, 360),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious(context: BrowserContext, name: str, mode: str) -> None:
    if not AXE.is_file():
        absent("axe-core is not installed: run `npm ci` in web/")
    preferences, width = MODES[mode]
    context.add_init_script(f"localStorage.setItem('kezhong.preferences', {json.dumps(json.dumps(preferences))})")
    run = context.request.get("/api/v1/runs/resolve").json()["run"]
    row = context.request.get(f"/api/v1/runs/{run}/shortfalls?limit=1").json()["items"][0]
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 768})
    page.goto(PAGES[name].format(**row))
    ready = "[data-verdict]" if name in ("cells", "drawer") else ".drawer" if name != "list" else '[role="grid"]'
    expect(page.locator(ready).first).to_be_visible(timeout=30_000)
    page.wait_for_timeout(400)  # transitions change colours
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (item["id"], item["help"], [node["html"][:160] for node in item["nodes"][:4]])
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []
