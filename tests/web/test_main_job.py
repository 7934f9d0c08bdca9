"""The main job in a browser: open, choose an element, click a community, read why, filter the list, download it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser
API = "/api/v1"


def _json(page: Page, path: str) -> Any:
    answer = page.request.get(f"{API}{path}")
    assert answer.ok, answer.text()
    return answer.json()


def _first_shortfall(page: Page) -> tuple[str, dict[str, Any]]:
    run = _json(page, "/runs/resolve")["run"]
    rows = _json(page, f"/runs/{run}/shortfalls?limit=50")["items"]
    return run, next(row for row in rows if row["area_level"] == "community" and row["lon"] is not None)


def _query(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def test_main_job(page: Page, tmp_path: Path) -> None:
    run, worst = _first_shortfall(page)

    page.goto("/")
    expect(page.get_by_text("合成数据").first).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    page.wait_for_url(re.compile(r"/map\?.*basis="))
    assert {"city", "snapshot", "basis", "walker", "window"} <= set(_query(page))

    page.locator(f'[data-element="{worst["element"]}"]').click()
    page.wait_for_url(re.compile(f"element={worst['element']}"))
    expect(page.locator("details.legend summary")).to_contain_text(worst["element_zh"])

    # Look at the place, and click it on the map itself.
    page.goto(page.url + f"&at=14.5/{worst['lat']}/{worst['lon']}")
    canvas = page.locator("canvas")
    expect(page.get_by_role("grid")).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    page.wait_for_timeout(1000)
    expect(page.locator("[data-idle]")).to_be_visible(timeout=60_000)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile(r"[?&]area="))
    assert _query(page)["area"] == worst["area_code"]

    told = _json(page, f"/runs/{run}/explain?area={worst['area_code']}&element={worst['element']}")
    expect(page.locator("[data-verdict]")).to_have_text(told["verdict_zh"])
    expect(page.locator("[data-evidence]")).to_be_visible()
    expect(page.get_by_role("row", selected=True)).to_have_attribute("data-key", worst["area_code"])

    page.get_by_role("navigation").get_by_text("短板").click()
    page.locator(f'[data-circle="{worst["circle"]}"]').click()
    page.wait_for_url(re.compile(f"circle={worst['circle']}"))
    shown = _json(page, f"/runs/{run}/shortfalls?circle={worst['circle']}&limit=1000")
    expect(page.get_by_text(f"筛选出 {shown['total']:,} 条")).to_be_visible()

    page.locator("[data-export]").click()
    with page.expect_download() as coming:
        page.locator('[data-format="xlsx"]').click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    heading, *rows = openpyxl.load_workbook(file)["数据"].iter_rows(values_only=True)
    key = heading.index("shortfall_id")
    assert [row[key] for row in rows] == [row["shortfall_id"] for row in shown["items"]]


def test_row_opens_a_drawer_with_its_own_address(page: Page) -> None:
    _, worst = _first_shortfall(page)
    page.goto("/shortfalls")
    page.get_by_role("row").filter(has_text=worst["element_zh"]).first.click()
    page.wait_for_url(re.compile(r"/shortfalls/[^?]+"))
    drawer = page.get_by_role("complementary", name="短板详情")
    expect(drawer.locator("[data-verdict]")).to_be_visible()
    page.reload()
    expect(drawer.locator("[data-verdict]")).to_be_visible()
    drawer.get_by_role("link", name="在地图上查看").click()
    page.wait_for_url(re.compile(r"/map\?.*area="))


def test_main_job_by_keyboard_alone(page: Page) -> None:
    run, worst = _first_shortfall(page)
    page.goto("/map")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="搜索")).to_be_focused()
    page.keyboard.type(worst["element_zh"])
    expect(page.locator("#k-hits [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("element="))

    expect(page.get_by_role("grid")).to_be_visible()
    canvas = page.locator("canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]area="))
    area = _query(page)["area"]
    told = _json(page, f"/runs/{run}/explain?area={area}&element={_query(page)['element']}")
    expect(page.locator("[data-verdict]")).to_have_text(told["verdict_zh"])

    page.goto("/shortfalls")
    row = page.locator('[data-index="0"]')
    row.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/shortfalls/[^?]+"))
    page.get_by_role("complementary", name="短板详情").get_by_role("button", name="关闭").focus()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/shortfalls\?"))


def _free_context(page: Page) -> str:
    bases = [basis["id"] for basis in _json(page, "/bases")]
    walkers = [walker["id"] for walker in _json(page, "/catalogue")["walkers"]]
    return next(
        f"basis={basis}&walker={walker}"
        for basis in bases
        for walker in walkers
        if _json(page, f"/runs/resolve?basis={basis}&walker={walker}")["run"] is None
    )


def test_a_job_can_be_cancelled(page: Page) -> None:
    """A job that does not end by itself, answered by the test: the request to cancel is what is looked at."""
    stamp = "2026-11-23T00:00:00Z"
    job: dict[str, Any] = {"id": "j-test", "kind": "assess", "state": "running", "progress": 0.4, "created": stamp}
    job |= {"step": {"zh": "计算中", "en": "computing"}, "result": None, "error": None, "finished": None}
    asked: list[str] = []
    started: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.endswith("/jobs/j-test/cancel"):
            asked.append(route.request.method)
            job.update(state="cancelled", finished=stamp)
        if route.request.method == "POST":
            started.append(route.request.url)
        alone = route.request.method == "POST" or route.request.url.endswith("/j-test")
        route.fulfill(status=202 if alone else 200, json=job if alone else {"items": [job] if started else []})

    context = _free_context(page)
    page.route("**/api/v1/jobs**", answer)
    page.goto(f"/map?{context}")
    page.get_by_role("button", name="开始体检").click()
    page.get_by_role("button", name="取消任务").first.click()
    expect(page.get_by_text("体检已取消，原有结果不受影响。")).to_be_visible()
    expect(page.get_by_role("heading", name="尚未体检")).to_be_visible()
    assert asked == ["POST"]


def test_an_invented_city_is_credited_to_nobody(page: Page) -> None:
    page.goto("/map")
    expect(page.locator(".credit")).to_contain_text("合成数据，不对应任何真实地点")
    expect(page.locator(".credit")).not_to_contain_text("OpenStreetMap")


def test_context_without_a_run_offers_to_start_it(page: Page) -> None:
    page.goto(f"/map?{_free_context(page)}")
    expect(page.get_by_role("heading", name="尚未体检")).to_be_visible()
    page.get_by_role("button", name="开始体检").click()
    expect(page.get_by_role("heading", name="尚未体检")).to_be_hidden(timeout=120_000)
    expect(page.get_by_role("grid")).to_be_visible(timeout=120_000)


def test_failure_says_what_to_do_and_recovers(page: Page) -> None:
    body = {"code": "server.internal", "details": {}, "request_id": "req-00000001"}
    texts = {"message": {"zh": "服务内部出错。", "en": "It failed."}, "action": {"zh": "请重试。", "en": "Try again."}}
    broken = {"error": body | texts}
    page.route("**/shortfalls?*", lambda route: route.fulfill(status=500, json=broken))
    page.goto("/shortfalls")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("服务内部出错。")
    expect(alert).to_contain_text("req-00000001")
    page.unroute("**/shortfalls?*")
    alert.get_by_role("button", name="重试").click()
    expect(page.get_by_role("grid")).to_be_visible()


def test_filters_take_several_values(page: Page) -> None:
    run, _ = _first_shortfall(page)
    facets = _json(page, f"/runs/{run}/shortfalls?limit=1")["facets"]
    circles, departments = ([*facets[name]][:2] for name in ("circle", "department"))
    page.goto("/shortfalls")
    for circle in circles:
        page.locator(f'[data-circle="{circle}"]').click()
    either = sum(facets["circle"][circle] for circle in circles)
    expect(page.get_by_text(f"筛选出 {either:,} 条")).to_be_visible()
    assert _query(page)["circle"].split(",") == circles

    page.get_by_role("button", name="清除筛选").click()
    page.locator('[data-facet="department"]').click()
    for department in departments:
        page.get_by_role("checkbox", name=department).check()
    either = sum(facets["department"][department] for department in departments)
    expect(page.get_by_text(f"筛选出 {either:,} 条")).to_be_visible()
    expect(page.locator('[data-facet="department"]')).to_contain_text("已选 2 项")
    page.reload()
    expect(page.get_by_text(f"筛选出 {either:,} 条")).to_be_visible()


def test_the_interval_is_taken_apart_on_request(page: Page) -> None:
    run, worst = _first_shortfall(page)
    page.goto(f"/map?area={worst['area_code']}&element={worst['element']}")
    told = _json(page, f"/runs/{run}/sensitivity?area={worst['area_code']}&element={worst['element']}")["sensitivity"]
    expect(page.locator("[data-interval]")).to_contain_text(f"{told['low']:.1%}")
    expect(page.locator("[data-sensitivity]")).to_have_count(0)
    page.get_by_text("不确定性从哪里来").click()
    rows = page.locator("[data-sensitivity] tbody tr")
    expect(rows).to_have_count(len(told["sources"]))
    expect(rows.first).to_contain_text(told["sources"][0]["zh"])
    expect(rows.first).to_contain_text("建议值(待核)")
