"""Pictures of every page at three widths, in light and large type, in Chinese and English, to be looked at.

``python tests/web/screens.py http://127.0.0.1:8000 FOLDER``; nothing is compared, a person looks.
``… --readme`` takes only the picture of the README, into ``docs/images``.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path

from chrome import ARGUMENTS, chromium
from playwright.sync_api import sync_playwright

PAGES = {
    "map": "/map",
    "map-circles": "/map?level=life_circle",
    "map-why": "/map?element={element}&view=cells&area={area_code}",
    "map-coverage": "/map?element={element}&view=areas",
    "list": "/shortfalls",
    "list-empty": "/shortfalls?q=没有这样的短板",
    "detail": "/shortfalls/{shortfall_id}",
    "not-assessed": "/map?basis=no-such-basis",
    "missing": "/nowhere",
}
SIZES = {360: 740, 1366: 768, 1920: 1080}
SETTLED_MS = 4000
IMAGE = Path(__file__).parents[2] / "docs" / "images" / "map.png"


def main(address: str, folder: Path) -> None:
    """Take all the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for (width, height), language, kind in product(SIZES.items(), ("zh", "en"), ("normal", "large")):
            context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
            chosen = json.dumps(json.dumps({"language": language, "type": kind}))
            context.add_init_script(f"localStorage.setItem('kezhong.preferences', {chosen})")
            run = context.request.get("/api/v1/runs/resolve").json()["run"]
            row = context.request.get(f"/api/v1/runs/{run}/shortfalls?limit=1").json()["items"][0]
            for name, path in PAGES.items():
                page = context.new_page()
                page.goto(path.format(**row))
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
        context = browser.new_context(base_url=address, viewport={"width": 1366, "height": SIZES[1366]})
        run = context.request.get("/api/v1/runs/resolve").json()["run"]
        row = context.request.get(f"/api/v1/runs/{run}/shortfalls?limit=1").json()["items"][0]
        page = context.new_page()
        page.goto(PAGES["map-why"].format(**row))
        page.locator("[data-verdict]").wait_for()
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=IMAGE)
        browser.close()


if __name__ == "__main__":
    if sys.argv[2] == "--readme":
        readme(sys.argv[1])
    else:
        main(sys.argv[1], Path(sys.argv[2]))
