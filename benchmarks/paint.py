"""First paint of the page in a real browser, from the browser's own performance entries."""

from __future__ import annotations

import os
import shutil
import statistics
from typing import TYPE_CHECKING

from benchmarks.measure import Measure

if TYPE_CHECKING:
    from playwright.sync_api import Page

TARGET_S = 2.0
LOADS = 5
PATIENCE = 1_500
"""Looks at the page, 20 ms apart, until it must have painted."""
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""Software drawing, so that the map is drawn where there is no graphics card."""
NAME = "first contentful paint of the page, empty cache"
_PAINT = "() => performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] ?? null"


def first_paint(base: str) -> Measure:
    """Median over loads, each with an empty cache; without a browser the measure says so and has no figure."""
    path = os.environ.get("KEZHONG_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        return _measure(None, "not measured: no Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return _measure(None, "not measured: Playwright is not installed")
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            for _ in range(LOADS):
                context = browser.new_context(viewport={"width": 1366, "height": 768})
                page = context.new_page()
                page.goto(base)
                times.append(_painted(page))
                context.close()
        finally:
            browser.close()
    return _measure(statistics.median(times), f"{LOADS} loads, slowest {max(times):.2f} s")


def _painted(page: Page) -> float:
    # Asked again and again from here: the page's security policy forbids waiting inside it.
    for _ in range(PATIENCE):
        found = page.evaluate(_PAINT)
        if found is not None:
            return float(found) / 1000
        page.wait_for_timeout(20)
    raise SystemExit("the page paints nothing")


def _measure(seconds: float | None, note: str) -> Measure:
    return Measure(NAME, "s", seconds, None, None, TARGET_S, higher=False, note=note)
