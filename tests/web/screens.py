"""Pictures of every page at three widths, normal, large and dark, in Chinese and English, to be looked at.

``python tests/web/screens.py http://127.0.0.1:8000 FOLDER [PAGE …]``; nothing is compared, a person looks.
``… --readme`` takes only the picture of the README, into ``docs/images``.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path
from typing import Any

from chrome import ARGUMENTS, chromium
from playwright.sync_api import APIRequestContext, sync_playwright

PAGES = {
    "map": "/map",
    "map-circles": "/map?level=life_circle",
    "map-why": "/map?element={element}&view=cells&area={area_code}",
    "map-coverage": "/map?element={element}&view=areas",
    "list": "/shortfalls",
    "list-empty": "/shortfalls?q=没有这样的短板",
    "detail": "/shortfalls/{shortfall_id}",
    "list-filtered": "/shortfalls?circle=convenient_consumption,elderly_care&certainty=medium&area={area_code}",
    "map-reach": "/map?element={element}&view=areas&reach={lon},{lat}",
    "hours": "/hours?element=kindergarten",
    "what-if": "/what-if?element={element}",
    "compare-nothing": "/what-if/compare?element={element}",
    "not-assessed": "/map?{unassessed}",
    "unknown-basis": "/map?basis=no-such-basis",
    "missing": "/nowhere",
}
SIZES = {360: 740, 1366: 768, 1920: 1080}
KINDS: dict[str, dict[str, str]] = {"normal": {}, "large": {"type": "large"}, "dark": {"theme": "dark"}}
SETTLED_MS = 6000
IMAGE = Path(__file__).parents[2] / "docs" / "images" / "map.png"


def main(address: str, folder: Path, names: list[str]) -> None:
    """Take the pictures of the named pages, of all where none is named."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for (width, height), language, kind in product(SIZES.items(), ("zh", "en"), KINDS):
            context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
            chosen = json.dumps(json.dumps({"language": language, **KINDS[kind]}))
            context.add_init_script(f"localStorage.setItem('kezhong.preferences', {chosen})")
            row = _worst(context.request)
            for name in names or PAGES:
                page = context.new_page()
                page.goto(PAGES[name].format(**row))
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(path=folder / f"{name}-{width}-{language}-{kind}.png")
                page.close()
            context.close()
        browser.close()


def readme(address: str) -> None:
    """The map with one explanation open."""
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(PAGES["map-why"].format(**_worst(context.request)))
        page.locator("[data-verdict]").wait_for()
        page.wait_for_timeout(3 * SETTLED_MS)  # the map goes to the route first
        page.screenshot(path=IMAGE)
        browser.close()


def _worst(request: APIRequestContext) -> dict[str, Any]:
    """The first shortfall, and a context in which nothing was assessed."""
    api = "/api/v1"
    run = request.get(f"{api}/runs/resolve").json()["run"]
    row: dict[str, Any] = request.get(f"{api}/runs/{run}/shortfalls?limit=1").json()["items"][0]
    made = {(item["basis"], item["walker"]) for item in request.get(f"{api}/runs").json()["items"]}
    bases = [item["id"] for item in request.get(f"{api}/bases").json()]
    walkers = [item["id"] for item in request.get(f"{api}/catalogue").json()["walkers"]]
    basis, walker = next(pair for pair in product(bases, walkers) if pair not in made)
    return row | {"unassessed": f"basis={basis}&walker={walker}"}


if __name__ == "__main__":
    if sys.argv[2] == "--readme":
        readme(sys.argv[1])
    else:
        main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
