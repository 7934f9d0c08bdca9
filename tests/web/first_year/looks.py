"""What axe says of a page, and whether it is wider than its window; a picture of it where one is wanted."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from first_year.town import Town

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"

#: Pages by who looks at them; what shows that they are ready.
PAGES = {
    "home": ("bangong", "/home", "[data-section]"),
    "programme": ("bangong", "/programme", ".parts"),
    "tasks": ("bangong", "/tasks", "[role=row][data-key]"),
    "task": ("bangong", "/tasks?q=T0001", "aside .state"),
    "pilots": ("bangong", "/pilots", "tr[data-pilot]"),
    "pilot": ("bangong", "/pilots", "main [data-tab]"),
    "submissions": ("bangong", "/submissions", "tr[data-paper]"),
    "dispatch": ("bangong", "/dispatch", "tr[data-sheet]"),
    "sheet": ("999902", "/dispatch", "[data-hand-in]"),
    "appraisal": ("bangong", "/appraisal", "tr[data-unit]"),
    "notices": ("qu", "/notices", "[data-notice]"),
    "running": ("guanli", "/running", "dl"),
}
OPENED = {"task": "[role=row][data-key]", "pilot": "tr[data-pilot] a", "sheet": "main .own a"}


def look(page: Page, name: str) -> list[str]:
    """What is wrong with a page; ``KEZHONG_PICTURES`` names a folder that its picture goes to."""
    page.wait_for_timeout(400)  # transitions change colours
    pictures = os.environ.get("KEZHONG_PICTURES")
    if pictures:
        page.screenshot(path=str(Path(pictures) / f"{name}.png"))
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    problems = [
        f"{item['id']}: {node['html'][:160]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"][:4]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        problems.append("wider than the window")
    return problems


def look_at_all(town: Town, width: int) -> dict[str, list[str]]:
    """What is wrong with each page at a width, from the door on."""
    size = {"width": width, "height": 768 if width > 360 else 740}
    visitor = town.visitor("nobody")
    visitor.set_viewport_size(size)
    visitor.goto("/")
    expect(visitor.locator("[data-demo]").first).to_be_visible()
    found = {"sign-in": look(visitor, f"sign-in-{width}")}
    for name, (who, path, ready) in PAGES.items():
        page = town.page(who)
        page.set_viewport_size(size)
        page.goto(path)
        if name in OPENED:
            page.locator(OPENED[name]).first.click()
        expect(page.locator(ready).first).to_be_visible()
        found[name] = look(page, f"{name}-{width}")
    return found
