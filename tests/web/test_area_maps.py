"""Pilots and tasks on the city's map: shown where they belong, opened by click, by keyboard and from the list beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, Page, expect

from kezhong.city.workspace import City
from kezhong.office.models import Pilot
from office_world import make_world, office_of
from programme_world import make_programme, nominated
from small_city import COMMUNITIES, square
from tasks_world import make_task

pytestmark = pytest.mark.browser
TODAY = datetime.now(UTC).date()
PAST, AHEAD = TODAY - timedelta(days=40), TODAY + timedelta(days=400)


@pytest.fixture
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with (
        office_of(pytestconfig, tmp_path_factory.mktemp("maps") / "city") as office,
        serve_office(make_world(office), browser) as found,
    ):
        yield found


def settled(page: Page) -> None:
    """Until everything that was asked of the map is painted, and a little longer for a journey to end."""
    page.locator("[data-areas-map][data-idle=true]").wait_for(timeout=90_000)
    page.wait_for_timeout(900)
    page.locator("[data-areas-map][data-idle=true]").wait_for(timeout=90_000)


def colour_at(page: Page, x: float, y: float) -> tuple[int, int, int]:
    """Red, green and blue of the map around a place, on average over a square as large as a tile of the patterns."""
    png = page.screenshot(clip={"x": x - 12, "y": y - 12, "width": 24, "height": 24})
    found = page.evaluate(
        """async (bytes) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, image.width, image.height);
          const sum = [0, 0, 0];
          for (let k = 0; k < data.length; k += 4) for (let c = 0; c < 3; c += 1) sum[c] += data[k + c];
          return sum.map((value) => Math.round((value * 4) / data.length));
        }""",
        list(png),
    )
    return tuple(found)


def place_of(page: Page, code: str, whole: tuple[str, ...]) -> tuple[float, float]:
    """Where the middle of a community's square is on the screen, while the map shows all of ``whole`` as it does first.

    A little above the middle, beside the label.
    """
    box = page.locator("[data-areas-map]").bounding_box()
    assert box is not None
    number = COMMUNITIES.index(code)
    shapes = [square(COMMUNITIES.index(one) // 2, COMMUNITIES.index(one) % 2) for one in whole]
    bounds = gpd.GeoSeries(shapes, crs=4326).to_crs(3857).total_bounds
    here = gpd.GeoSeries([square(number // 2, number % 2)], crs=4326).to_crs(3857).total_bounds
    scale = min((box["width"] - 96) / (bounds[2] - bounds[0]), (box["height"] - 96) / (bounds[3] - bounds[1]))
    x = box["x"] + box["width"] / 2 + ((here[0] + here[2]) - (bounds[0] + bounds[2])) / 2 * scale
    y = box["y"] + box["height"] / 2 - ((here[1] + here[3]) - (bounds[1] + bounds[3])) / 2 * scale
    return x, y - (here[3] - here[1]) * scale * 0.3


def test_pilots_lie_where_they_belong(served: ServedOffice) -> None:
    plan = make_programme(served.world)
    key = nominated(served.world, programme_id=plan.programme.id)
    with served.world.office.acting(served.world.office.system("t")) as session:
        pilot = session.get_one(Pilot, key)
        pilot.state, pilot.due_on, pilot.light = "rectifying", PAST, "red"
        members = tuple(pilot.communities)
    address = f"/pilots?programme={plan.programme.id}&view=map"
    page = served.page("office")
    page.goto(address)
    settled(page)
    entry = page.get_by_role("button", name="和平生活圈")
    expect(entry).to_contain_text("整改中")
    expect(entry).to_contain_text("红灯")
    expect(page.get_by_label("图例")).to_contain_text("整改中")
    # Its communities are filled, a neighbour is not.
    inside = [place_of(page, code, members) for code in members]
    tints = [colour_at(page, *at) for at in inside]
    assert all(red > blue + 15 for red, _, blue in tints), tints
    red, _, blue = colour_at(page, *place_of(page, COMMUNITIES[0], members))
    assert abs(red - blue) < 12
    # A click shows what it is, and the way to it.
    page.mouse.click(*inside[0])
    card = page.locator("[data-card]")
    expect(card).to_contain_text("和平生活圈")
    expect(card).to_contain_text(f"{PAST.year}年{PAST.month}月{PAST.day}日")
    expect(card).to_contain_text("红灯")
    expect(entry).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(f"pilot={key}"))
    card.get_by_role("link", name="打开试点").click()
    page.wait_for_url(re.compile(rf"/pilots/{key}\b"))
    # By keyboard alone: the map itself, then the list.
    page.goto(address)
    settled(page)
    page.locator("[data-areas-map] canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-card]")).to_have_count(0)
    entry.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-card]")).to_be_visible()
    page.get_by_role("link", name="打开和平生活圈").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/pilots/{key}\b"))
    # Another district has no pilot and sees none.
    west = served.page("west")
    west.goto(address)
    expect(west.get_by_text("还没有试点")).to_be_visible()


def test_tasks_by_area_level_by_level(served: ServedOffice) -> None:
    world = served.world
    for number in range(3):
        make_task(world, "community-150301001001", f"L{number}", state="in_progress", due=PAST)
    make_task(world, "community-150301001002", "O1", state="in_progress", due=AHEAD)
    make_task(world, "community-150301002001", "C1", state="closed", due=PAST)
    make_task(world, "west", "W1", state="in_progress", due=AHEAD)
    make_task(world, "d-civil", "D1", state="in_progress", due=AHEAD)
    page = served.page("office")
    page.goto("/tasks?view=map")
    settled(page)
    expect(page.get_by_text("未办结 6 项，逾期 3 项，共 7 项")).to_be_visible()
    expect(page.locator("[data-place='150301']")).to_contain_text("东岸区435")
    expect(page.locator("[data-place='150302']")).to_contain_text("西山区101")
    # A click into the district that has something late: red on the map.
    at = place_of(page, COMMUNITIES[0], COMMUNITIES)
    red, green, blue = colour_at(page, *at)
    assert red > max(green, blue) + 15
    red, _, blue = colour_at(page, *place_of(page, COMMUNITIES[5], COMMUNITIES))
    assert blue > red + 15
    page.mouse.click(*at)
    expect(page).to_have_url(re.compile("area=150301(&|$)"))
    expect(page.locator("[data-place='150301001']")).to_contain_text("滨河街道434")
    expect(page.locator("[data-place='150301002']")).to_contain_text("长青街道001")
    # From the list into the street, and to a community's card.
    page.locator("[data-place='150301001'] th button").click()
    settled(page)
    expect(page.locator("[data-place]")).to_have_count(2)
    page.locator("[data-place='150301001001'] th button").click()
    expect(page.locator("[data-card]")).to_contain_text("逾期 3 项")
    # Back up by the trail, and to the list of what is late.
    page.locator("[data-trail='150301']").click()
    expect(page.locator("[data-place='150301001']")).to_be_visible()
    page.get_by_role("button", name="滨河街道：逾期 3 项，查看清单").click()
    expect(page).to_have_url(re.compile("late=1"))
    expect(page.get_by_text("符合条件 3 项")).to_be_visible()
    # The other district sees its own and nothing else.
    west = served.page("west")
    west.goto("/tasks?view=map&area=150300")
    expect(west.locator("[data-place='150302']")).to_be_visible()
    expect(west.locator("[data-place]")).to_have_count(1)
    small = served.page("office", width=360, height=740)
    small.goto("/tasks?view=map")
    settled(small)
    assert small.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_outlines_and_when_it_fails(served: ServedOffice) -> None:
    make_task(served.world, "east", "A1", state="in_progress", due=AHEAD)
    make_task(served.world, "west", "A2", state="in_progress", due=AHEAD)
    page = served.page("office")
    page.route("**/api/v1/city/outlines*", lambda route: route.abort())
    page.goto("/tasks?view=map")
    expect(page.locator("[data-place='150301']")).to_be_visible()  # the list holds
    expect(page.get_by_role("button", name="重试")).to_be_visible()
    page.unroute("**/api/v1/city/outlines*")
    page.get_by_role("button", name="重试").click()
    settled(page)
    city = City.open(served.world.office.city_folder)
    areas = city.geo("areas", "t").copy()
    areas["geometry"] = None
    with city.edit("outlines lost") as edit:
        edit.put("areas", "t", areas)
    page.reload()
    expect(page.get_by_text("还没有区域边界")).to_be_visible()
    expect(page.locator("[data-place='150301']")).to_be_visible()
