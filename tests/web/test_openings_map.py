"""What to open first: the list of the server on the map, and the one that is chosen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
API = "/api/v1"


def _json(page: Page, path: str) -> Any:
    answer = page.request.get(f"{API}{path}", timeout=120_000)
    assert answer.ok, answer.text()
    return answer.json()


def test_the_list_is_the_servers_and_a_row_is_found_on_the_map(page: Page) -> None:
    told = _json(page, "/openings")
    page.goto("/map")
    page.locator("[data-openings]").click()
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    rows = panel.locator("[data-opening]")
    expect(rows).to_have_count(len(told["items"]), timeout=120_000)
    first = told["items"][0]
    expect(rows.first.locator("[data-gain]")).to_have_text(f"{round(first['people']):,}")
    rows.first.click()
    page.wait_for_url(re.compile(re.escape(f"{first['lat']:.5f}")[:6]))
    expect(rows.first).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_text(first["elements"][0]["zh"])).to_be_visible()
    page.reload()
    expect(panel.locator('[aria-pressed="true"]')).to_have_count(1, timeout=120_000)


def test_a_walker_brings_ramps_and_gates(page: Page) -> None:
    told = _json(page, "/openings?walker=wheelchair&kind=missing_ramp")
    assert told["total"] > 0
    page.goto("/map?open=list")
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    expect(panel.locator("[data-opening]").first).to_be_visible(timeout=120_000)
    panel.locator("[data-field=walker]").select_option("wheelchair")
    page.wait_for_url(re.compile("by=wheelchair"))
    panel.locator("[data-field=kind]").select_option("missing_ramp")
    page.wait_for_url(re.compile("okind=missing_ramp"))
    expect(panel.locator("[data-opening]").first).to_have_attribute("data-opening", told["items"][0]["id"])
    panel.get_by_role("button", name="关闭").click()
    expect(panel).to_have_count(0)
