"""What-if in a browser: a facility is dragged, the figures follow the server's own, a scenario is saved and compared."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

pytestmark = pytest.mark.browser
API = "/api/v1"
ELEMENT = "kindergarten"
ZOOM = 14.5
READY_MS = 120_000


def _json(page: Page, path: str) -> Any:
    answer = page.request.get(f"{API}{path}")
    assert answer.ok, answer.text()
    return answer.json()


def _session(page: Page) -> str:
    page.wait_for_url(re.compile(r"[?&]s="), timeout=READY_MS)
    return parse_qs(urlsplit(page.url).query)["s"][0]


def _state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = _json(page, f"/what-if/{_session(page)}")
    return found


def _shown(number: float | None) -> str:
    """People as the page writes them; hundreds are enough here."""
    if number is None:
        return "–"
    return f"{float(f'{number:.2g}'):g}" if 0 < number < 10 else f"{round(number):,}"


def _open(page: Page, at: tuple[float, float] | None = None) -> None:
    camera = f"&at={ZOOM}/{at[1]:.5f}/{at[0]:.5f}" if at else ""
    page.goto(f"/what-if?element={ELEMENT}{camera}")
    _session(page)
    expect(page.locator("[data-field=facility] option").nth(1)).to_be_attached(timeout=READY_MS)
    expect(page.locator("[data-idle]")).to_be_visible(timeout=60_000)


def _centre(canvas: Locator) -> tuple[float, float]:
    box = canvas.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _agrees(page: Page) -> dict[str, Any]:
    """The page says of people and shortfalls what the server says."""
    expect(page.locator("section.impact")).to_have_attribute("aria-busy", "false")
    state = _state(page)
    for row in state["total"]["people"]:
        line = page.locator(f'section.impact [data-group="{row["group"]}"]')
        for side, sign in (("gain", "+"), ("loss", "−")):
            value = row[side]
            expected = f"{sign}{_shown(value)}" if value else _shown(value)
            expect(line.locator(f"[data-{side}]")).to_have_text(expected)
    before, after = state["total"]["shortfalls"]["total"]
    expect(page.locator("[data-shortfalls]")).to_have_text(f"{before} 条 → {after} 条")
    expect(page.locator("[data-edit]")).to_have_count(len(state["edits"]))
    return state


@pytest.fixture
def facility(page: Page) -> Iterator[dict[str, Any]]:
    """A facility of the element in the middle of the city, as a fresh session knows it."""
    made = page.request.post(
        f"{API}/what-if", data={}, headers={"Idempotency-Key": str(uuid.uuid4())}, timeout=READY_MS
    )
    assert made.ok, made.text()
    session = made.json()["session"]
    features = _json(page, f"/what-if/{session}/facilities?element={ELEMENT}")["features"]
    west, south, east, north = _json(page, "/city")["bounds"]
    middle = ((west + east) / 2, (south + north) / 2)

    def away(feature: dict[str, Any]) -> float:
        lon, lat = feature["geometry"]["coordinates"]
        return float((lon - middle[0]) ** 2 + (lat - middle[1]) ** 2)

    yield min(features, key=away)
    page.request.delete(f"{API}/what-if/{session}")


def test_dragging_reads_the_servers_figures(page: Page, facility: dict[str, Any]) -> None:
    lon, lat = facility["geometry"]["coordinates"]
    sent: list[str] = []
    flying = most = 0

    def begun(request: Request) -> None:
        nonlocal flying, most
        if request.url.partition("?")[0].endswith("/edits"):
            sent.append(request.url)
            flying += 1
            most = max(most, flying)

    def ended(request: Request) -> None:
        nonlocal flying
        flying -= request.url.partition("?")[0].endswith("/edits")

    _open(page, (lon, lat))
    page.on("request", begun)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    x, y = _centre(page.locator("canvas"))
    page.mouse.move(x, y)
    page.mouse.down()
    seen = set()
    for step in range(1, 31):
        page.mouse.move(x + 6 * step, y + 4 * step)
        page.wait_for_timeout(25)
        if page.locator("[data-score-gain]").count():
            seen.add(page.locator("[data-score]").inner_text())
    page.mouse.up()
    expect(page.locator("[data-edit=move_facility]")).to_have_count(1)
    state = _agrees(page)
    edit = state["edits"][0]["edit"]
    assert edit["facility"] == facility["properties"]["id"]
    assert (edit["lon"], edit["lat"]) != pytest.approx((lon, lat), abs=1e-4)
    assert state["total"]["units"] > 0
    # Figures came while the hand moved, one request at a time, and every later one took the place of the first.
    assert len(seen) > 0
    assert most == 1
    assert "replace" not in sent[0]
    assert all("replace=true" in url for url in sent[1:])

    # The same again as one step of its own gives the same figures.
    page.keyboard.press("Control+z")
    expect(page.locator("[data-edit]")).to_have_count(0)
    page.locator("[data-field=facility]").select_option(edit["facility"])
    page.locator("[data-field=lon]").fill(str(edit["lon"]))
    page.locator("[data-field=lat]").fill(str(edit["lat"]))
    page.get_by_role("button", name="移到此坐标").click()
    expect(page.locator("[data-edit]")).to_have_count(1)
    assert _agrees(page)["total"] == state["total"]


def test_scenario_is_saved_undone_and_compared(page: Page, facility: dict[str, Any]) -> None:
    identity = facility["properties"]["id"]
    _open(page)
    page.locator("[data-field=facility]").select_option(identity)
    page.get_by_role("button", name="关闭设施").click()
    expect(page.locator("[data-edit=close_facility]")).to_have_count(1)
    state = _agrees(page)

    # Leaving now would lose it: the page asks, and stays.
    page.get_by_role("navigation").get_by_text("短板").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    name = f"关闭示例 {uuid.uuid4().hex[:6]}"
    page.locator("[data-save]").click()
    page.locator("[data-field=scenario]").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_contain_text(name)
    saved = next(item for item in _json(page, "/scenarios")["items"] if item["name"] == name)
    assert saved["id"] == state["scenario"]

    page.locator("[data-undo]").click()
    expect(page.locator("[data-edit]")).to_have_count(0)
    assert all(not row["gain"] and not row["loss"] for row in _state(page)["total"]["people"])

    page.get_by_role("radio", name="情景库").check()
    page.locator("[data-field=second]").select_option(saved["id"])
    page.locator("[data-compare]").click()
    page.wait_for_url(re.compile("/what-if/compare"))
    question = {"first": None, "second": saved["id"], "basis": state["basis"], "walker": state["walker"]}
    told = page.request.post(f"{API}/scenarios/compare", data=question, timeout=READY_MS).json()
    row = next(item for item in told["difference"]["people"] if item["group"] == "all")
    gain, loss = row["second"]
    text = f"{'+' if gain else ''}{_shown(gain)} / {'−' if loss else ''}{_shown(loss)}"
    expect(page.locator('[data-compare-people] [data-group="all"] [data-second]')).to_have_text(text)
    expect(page.locator('[data-compare-people] [data-group="all"] [data-first]')).to_have_text("0 / 0")

    divider = page.get_by_role("slider")
    half = page.locator(".half.first")
    divider.focus()
    page.keyboard.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "52")
    page.keyboard.press("Home")
    expect(half).to_have_attribute("style", re.compile(r"inset\(0(px)? 100% 0(px)? 0(px)?\)"))
    page.keyboard.press("PageUp")
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow") or 0) > 15

    page.get_by_role("link", name="返回推演").click()
    page.get_by_role("radio", name="情景库").check()
    entry = page.locator(f'[data-scenario="{saved["id"]}"]')
    entry.get_by_role("button", name="删除").click()
    entry.get_by_role("button", name="删除").click()
    expect(entry).to_have_count(0)


def test_map_by_keyboard_alone(page: Page, facility: dict[str, Any]) -> None:
    lon, lat = facility["geometry"]["coordinates"]
    _open(page, (lon, lat))
    page.keyboard.press("Tab")
    page.locator("canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=facility]")).to_have_value(facility["properties"]["id"])
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(page.locator("[data-edit=move_facility]")).to_have_count(1)
    assert _agrees(page)["edits"][0]["edit"]["lon"] > lon
    page.keyboard.press("Control+z")
    expect(page.locator("[data-edit]")).to_have_count(0)


def test_refusal_is_said_in_words_and_changes_nothing(page: Page, facility: dict[str, Any]) -> None:
    _open(page)
    page.locator("[data-field=facility]").select_option(facility["properties"]["id"])
    page.locator("[data-field=lon]").fill("2.35")
    page.locator("[data-field=lat]").fill("48.85")
    page.get_by_role("button", name="移到此坐标").click()
    expect(page.locator("[data-refused]")).to_contain_text("这一步没有生效")
    expect(page.locator("[data-edit]")).to_have_count(0)
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("[data-refused]")).to_have_count(0)


def test_preparation_can_be_cancelled(page: Page) -> None:
    """A preparation that does not end by itself, held back by the test."""
    held: list[Route] = []
    page.route(
        "**/api/v1/what-if", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.goto(f"/what-if?element={ELEMENT}")
    expect(page.get_by_role("heading", name="正在准备推演")).to_be_visible()
    page.get_by_role("button", name="取消准备").click()
    expect(page.get_by_role("heading", name="尚未准备推演")).to_be_visible()
    assert len(held) == 1
    page.unroute("**/api/v1/what-if")
    page.get_by_role("button", name="开始推演").click()
    expect(page.locator("[data-field=facility] option").nth(1)).to_be_attached(timeout=READY_MS)
