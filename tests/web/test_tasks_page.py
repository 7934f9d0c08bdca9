"""The task pages in a browser: a unit's way through a task, two people at once, the views, the import, the keyboard."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from office_served import ServedOffice, serve_office
from openpyxl import Workbook
from playwright.sync_api import Browser, Locator, Page, expect

from kezhong.office.models import Organisation, Task, TaskDependency, TaskUnit
from kezhong.office.telling.round import clock_round
from office_world import World, make_world, office_of
from tasks_world import make_task

pytestmark = pytest.mark.browser
TODAY = datetime.now(UTC).date()


def fill(world: World) -> None:
    """Tasks in every state and light."""
    words = (
        ("新建标准化菜市场", "在和平社区新建标准化菜市场一处，面积不少于 1200 平方米，配套冷链和检测室"),
        ("改造社区卫生服务站", "改造卫生服务站，增设康复室和老年人体检室，实现家庭医生签约全覆盖"),
        ("建设日间照料中心", "利用闲置用房建设日间照料中心，设床位 20 张"),
        ("打造社区书房", "每个社区至少建设一处书房，全年开放"),
        ("提升幼儿园普惠率", "扩建公办幼儿园，普惠率达到 90%"),
    )
    circles = ("convenient_consumption", "health_medical", "elderly_care", "community_culture", "inclusive_education")
    states = ("in_progress", "issued", "accepted", "reported", "returned", "closed", "suspended")
    units = ("east", "west", "d-civil", "d-commerce", "community-150301001001", "east-civil")
    made = []
    for k in range(42):
        title, measure = words[k % 5]
        made.append(
            make_task(
                world,
                units[k % 6],
                f"T{k + 1:04d}",
                title=title,
                measure=measure,
                circle=circles[k % 5],
                number=str(k + 1),
                state=states[k % 7],
                progress=(k * 13) % 101,
                starts_on=TODAY - timedelta(days=90 + k),
                due=TODAY + timedelta(days=(k * 7) % 120 - 25),
                stage_id=world.stage[1 + k % 4],
                issued_at=datetime.now(UTC) - timedelta(days=60),
            )
        )
    with world.office.acting(world.office.system("t")) as session:
        session.add(TaskUnit(task_id=made[0], organisation_id=world.org["d-commerce"], duty="joint"))
        session.add(TaskDependency(task_id=made[7], needs_id=made[2]))
        assert session.get(Organisation, world.org["east"]) is not None
    clock_round(world.office)


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedOffice]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("tasks") / "city") as office:
        world = make_world(office)
        fill(world)
        with serve_office(world, browser) as found:
            yield found


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("KEZHONG_PICTURES")
    if folder:
        page.wait_for_timeout(400)
        page.screenshot(path=f"{folder}/{name}.png")


def test_the_list_and_its_views(served: ServedOffice) -> None:
    page = served.page("office")
    page.goto("/tasks")
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.get_by_text("共 42 项")).to_be_visible()
    picture(page, "list")
    page.locator("[data-quick=late]").click()
    expect(page).to_have_url(re.compile("late=1"))
    expect(page.get_by_text("符合条件")).to_be_visible()
    page.locator("[data-quick=late]").click()
    for view in ("board", "calendar", "gantt", "map"):
        page.locator(f"[data-view={view}]").click()
        page.wait_for_timeout(900)
        picture(page, view)
    page.locator("[data-view=list]").click()
    page.get_by_placeholder("搜索任务、措施、编号").fill("书房")
    expect(page.get_by_text("符合条件 8 项")).to_be_visible()
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    assert download.value.suggested_filename.startswith("任务清单")


def test_units_are_found_by_their_initials(served: ServedOffice) -> None:
    page = served.page("office")
    page.goto("/organisation")
    tree = page.locator("main")
    expect(tree.get_by_text("东岸区", exact=True).first).to_be_visible()
    page.get_by_placeholder("单位名称、拼音或编码").fill("xsq")
    expect(tree.get_by_text("东岸区", exact=True)).to_have_count(0)
    expect(tree.get_by_text("西山区", exact=True).first).to_be_visible()


def test_a_unit_handles_its_task(served: ServedOffice) -> None:
    task = make_task(
        served.world, "east", "X1", title="整治背街小巷", measure="整治 12 条背街小巷", due=TODAY + timedelta(days=30)
    )
    office = served.page("office")
    office.goto(f"/tasks/{task}")
    office.locator("[data-step=issue]").click()
    expect(office.locator(".task .k-tag.brand").first).to_have_text("已下达")
    east = served.page("east")
    east.goto("/notices")
    expect(east.get_by_text("新任务待签收").first).to_be_visible()
    picture(east, "notices")
    east.locator("[data-notice=assigned]").first.click()
    east.locator("[data-step=accept]").click()
    east.locator("[data-step=start]").click()
    expect(east.locator(".task .k-tag.brand").first).to_have_text("办理中")
    east.get_by_label("进度（%）").fill("60")
    east.get_by_label("进展情况（选填）").fill("已整治 7 条")
    east.locator("[data-progress]").click()
    expect(east.get_by_text("填报进度 60%")).to_be_visible()
    picture(east, "drawer")
    east.locator("[data-step=report]").click()
    east.locator("[data-confirm]").click()
    expect(east.get_by_text("请填写办理情况")).to_be_visible()  # in words, before anything is sent
    east.locator("[data-need=reply]").fill("12 条全部整治完毕")
    picture(east, "step")
    east.locator("[data-confirm]").click()
    expect(east.locator(".task .k-tag.brand").first).to_have_text("申请销号")


def test_two_people_and_nothing_is_lost(served: ServedOffice) -> None:
    task = make_task(served.world, "east", "X2", title="两人同改", due=TODAY + timedelta(days=30))
    page = served.page("office")
    page.goto(f"/tasks/{task}")
    page.get_by_role("button", name="修改", exact=True).click()
    page.locator(".edit textarea").nth(1).fill("我写的措施")
    with served.world.office.acting(served.world.office.system("t")) as session:  # somebody else is quicker
        session.one(Task, task).title = "两人同改（已更新）"
    page.locator("[data-save]").click()
    expect(page.get_by_text("已有更新的版本")).to_be_visible()
    expect(page.locator(".conflict")).to_contain_text("我写的措施")
    expect(page.locator(".conflict")).to_contain_text("两人同改（已更新）")
    picture(page, "conflict")
    page.get_by_role("button", name="按最新版本再次提交").click()
    expect(page.locator(".conflict")).to_have_count(0)
    with served.world.office.acting(served.world.office.system("t")) as session:
        row = session.one(Task, task)
        assert (row.title, row.measure) == ("两人同改（已更新）", "我写的措施")


def test_a_ledger_is_taken_in(served: ServedOffice, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("试验市任务台账",),
        ("序号", "主要任务", "具体措施", "责任单位", "完成时限"),
        (1, "台账任务甲", "措施一", "市民政厅、市商务局", "2030年6月底"),
        (2, "台账任务乙", "措施二", "市商务局", "长期坚持"),
    ):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    file = tmp_path / "台账.xlsx"
    file.write_bytes(out.getvalue())
    page = served.page("office")
    page.goto("/tasks")
    page.locator("[data-import]").click()
    page.locator("[data-file]").set_input_files(file)
    expect(page.get_by_text("错误 1 处")).to_be_visible()
    expect(page.locator("[data-write]")).to_be_disabled()
    picture(page, "import")
    page.get_by_label("市民政厅").select_option(label="市民政局")
    page.get_by_role("button", name="按所选单位重新核对").click()
    expect(page.locator("[data-write]")).to_be_enabled()
    page.locator("[data-write]").click()
    expect(page.get_by_text("已导入 2 项")).to_be_visible()


def test_by_keyboard_and_on_a_telephone(served: ServedOffice) -> None:
    page = served.page("east")
    page.goto("/tasks")
    page.get_by_role("grid").wait_for()
    page.locator("[role=row][tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading = page.locator(".task h2")
    expect(heading).to_be_focused()  # the focus goes into what was opened …
    expect(page.locator(".task .state")).to_be_visible()
    page.locator(".task .body").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".task")).to_have_count(0)
    expect(page.locator("[role=row][data-index='1']")).to_be_focused()  # … and back to where it came from
    small = served.page("community", width=360, height=740)
    small.goto("/tasks")
    small.get_by_role("grid").wait_for()
    assert small.evaluate("document.documentElement.scrollWidth") <= 360
    picture(small, "narrow")
    small.locator("[role=row][data-index]").first.click()
    expect(small.locator(".task h2")).to_be_visible()
    picture(small, "narrow-task")
    expect(small.locator(".task .state")).to_be_visible()
    dialog = small.get_by_role("dialog", name="任务详情")
    first, last = _stops(dialog)
    last.focus()
    small.keyboard.press("Tab")
    expect(first).to_be_focused()  # over the window it keeps the focus
    small.keyboard.press("Shift+Tab")
    expect(last).to_be_focused()
    assert small.evaluate("document.documentElement.scrollWidth") <= 360


def _stops(box: Locator) -> tuple[Locator, Locator]:
    """The first and the last place in a box where Tab stops."""
    stops = box.locator(
        "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']"
    )
    seen = stops.and_(box.locator(":not([tabindex='-1'])")).filter(visible=True)
    return seen.first, seen.last
