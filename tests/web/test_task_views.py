"""Board, calendar and Gantt chart with more tasks than a screen holds: nothing is cut off, everything can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect
from sqlalchemy import insert

from kezhong.office.models import Organisation, Task
from office_world import make_world, office_of

pytestmark = pytest.mark.browser
TODAY = datetime.now(UTC).date()
LONG = "海勃湾区凤凰岭街道和平社区老旧小区综合整治及无障碍设施、停车与充电设施补齐工程"


@pytest.fixture
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with (
        office_of(pytestconfig, tmp_path_factory.mktemp("views") / "city") as office,
        serve_office(make_world(office), browser) as found,
    ):
        with found.world.office.acting(found.world.office.system("t")) as session:
            unit = session.get_one(Organisation, found.world.org["east"])
            due = TODAY.replace(day=15)
            rows = [
                {
                    "programme_id": found.world.programme, "code": f"K{k:04d}", "title": f"{LONG}第{k}期",
                    "level": unit.level, "issuer_id": found.world.org["office"], "starts_on": TODAY - timedelta(days=20),
                    "due_on": due, "due_at": datetime(due.year, due.month, 15, 16, tzinfo=UTC), "state": "in_progress",
                    "light": "green", "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id,
                    "org_path": unit.path, "version": 1,
                }
                for k in range(230)
            ]  # fmt: skip
            session.connection().execute(insert(Task), rows)
        yield found


def test_more_than_a_screen_holds(served: ServedOffice) -> None:
    page = served.page("office")
    page.goto("/tasks?view=gantt")
    expect(page.get_by_text("第 1–200 项，共 230 项")).to_be_visible()
    expect(page.locator(".gantt [data-task]")).to_have_count(200)
    page.locator("[data-gantt-next]").click()
    expect(page.get_by_text("第 201–230 项，共 230 项")).to_be_visible()
    expect(page.locator(".gantt [data-task]")).to_have_count(30)
    expect(page.locator("[data-gantt-next]")).to_be_disabled()
    first = page.locator(".gantt [data-task]").first
    expect(first).to_contain_text("第200期")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".task h2")).to_contain_text("第200期")
    # The day with 230 deadlines says how many more there are, within its cell.
    page.goto("/tasks?view=calendar")
    more = page.get_by_role("button", name="还有 227 项")
    more.scroll_into_view_if_needed()
    inside, cell = more.bounding_box(), more.locator("xpath=ancestor::*[@role='gridcell']").bounding_box()
    assert inside is not None
    assert cell is not None
    assert inside["y"] + inside["height"] <= cell["y"] + cell["height"]
    # The board leads on to the list of the column.
    page.goto("/tasks?view=board")
    page.get_by_role("button", name="另有 210 项").click()
    expect(page).to_have_url(re.compile("state=in_progress"))
    expect(page.get_by_text("符合条件 230 项")).to_be_visible()


@pytest.mark.parametrize("view", ["board", "calendar", "gantt"])
def test_nothing_leaves_a_narrow_screen(served: ServedOffice, view: str) -> None:
    page = served.page("office", width=360, height=740)
    page.goto(f"/tasks?view={view}")
    expect(page.get_by_text("第0期").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if view == "gantt":  # begins at today
        mark, box = page.locator(".gantt .mark").bounding_box(), page.locator(".gantt .scroll").bounding_box()
        assert mark is not None
        assert box is not None
        assert box["x"] <= mark["x"] <= box["x"] + box["width"]
