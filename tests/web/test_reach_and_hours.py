"""The walking area of a clicked point, and coverage by hour, as the server computes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
API = "/api/v1"


def _json(page: Page, path: str) -> Any:
    answer = page.request.get(f"{API}{path}")
    assert answer.ok, answer.text()
    return answer.json()


def test_click_shows_who_is_reached(page: Page) -> None:
    page.goto("/map")
    expect(page.locator("[data-idle]")).to_be_visible(timeout=60_000)
    page.locator("[data-reach]").click()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile(r"reach=\d"))
    lon, lat = parse_qs(urlsplit(page.url).query)["reach"][0].split(",")
    for walker in ("standard", "wheelchair"):
        page.locator("[data-field=walker]").select_option(walker)
        told = _json(page, f"/isochrones?lon={lon}&lat={lat}&minutes=5,10,15&walker={walker}")
        facts = [item["properties"] for item in told["features"]]
        for fact in facts:
            row = page.locator(f'[data-minutes="{fact["threshold"]:.0f}"] [data-reached]')
            expect(row).to_have_text(f"{round(fact['people']):,}")
        people = [fact["people"] for fact in sorted(facts, key=lambda item: item["threshold"])]
        assert people == sorted(people)
    page.get_by_role("complementary", name="步行圈").get_by_role("button", name="关闭").click()
    expect(page.get_by_role("complementary", name="步行圈")).to_have_count(0)


def test_hours_show_the_servers_shares(page: Page) -> None:
    told = _json(page, "/hours?element=kindergarten")
    page.goto("/hours?element=kindergarten")
    shares = told["items"][0]["surely"]
    for number, day in enumerate(told["days"]):
        cells = page.locator(f'[data-day="{day["id"]}"] td')
        expect(cells).to_have_count(24)
        texts = cells.all_inner_texts()
        assert [int(text) for text in texts] == pytest.approx([s * 100 for s in shares[24 * number :][:24]], abs=0.51)
    page.get_by_text("可能开放").click()
    page.wait_for_url(re.compile("certainty=possibly"))
    page.get_by_role("checkbox", name="含错峰开放").check()
    page.wait_for_url(re.compile("offpeak=1"))
    expect(page.get_by_text("推演", exact=True)).to_be_visible()
