"""What people do on a page, each in a few clicks."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def take(where: Page | Locator, step: str, **inputs: str) -> None:
    """Take a step of whatever is open; what it asks for is typed, chosen or ticked."""
    where.locator(f"[data-step='{step}']").click()
    for need, value in inputs.items():
        field = where.locator(f"[data-need='{need}']")
        kind = str(field.evaluate("one => one.type || one.tagName"))
        if kind.startswith("select"):
            field.select_option(value)
        elif kind == "checkbox":
            field.check()
        else:
            field.fill(value)
    if inputs:
        where.locator("[data-confirm]").click()


def open_pilot(page: Page, name: str) -> None:
    """Open a pilot from the list."""
    page.goto("/pilots")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(name)


def open_task(page: Page, words: str, title: str) -> Locator:
    """Find a task by words of the search and open it; its drawer."""
    page.goto(f"/tasks?q={words}")
    page.locator("[role=row]", has_text=title).first.click()
    drawer = page.get_by_role("complementary", name="任务详情")
    expect(drawer.get_by_role("heading", level=2)).to_contain_text(title)
    return drawer


def expect_state(where: Page | Locator, state: str) -> None:
    """The state of what is open."""
    expect(where.locator("span[data-state], .state .k-tag").first).to_have_text(state)
