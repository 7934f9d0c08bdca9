"""实测 in the browser: two coverages side by side, the community's answer, an objection and its decision, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from office_served import serve_office
from playwright.sync_api import Browser, Page, expect

from kezhong.office.measuring.after import measure
from kezhong.office.models import Setting
from measuring_world import (
    EAST,
    ELEMENT,
    FIRST,
    awaiting_task,
    figure,
    make_pilot,
    make_promise,
    make_target,
    next_run,
    reader,
    verdict,
)
from office_world import World, make_world, office_of

pytestmark = pytest.mark.browser
AT = {"variant": "population", "threshold": 500.0, "threshold_unit": "m"}
KEY = {"area_code": FIRST, "element": ELEMENT, "indicator": "coverage", **AT}
STILL = f"sf-{ELEMENT}-{FIRST}"
Open = Callable[..., Page]


def fill(world: World) -> None:
    """Targets of all kinds, a task whose shortfall stands, one that met, one without data."""
    second, third = "150301001002", "150301002001"
    make_target(world, "circle_coverage", 1.0, name="城区一刻钟社区生活圈全覆盖", source="三·第四阶段")
    make_target(
        world, "access_coverage", 0.55, area=EAST, org="east", figure_key=KEY, name="步行 500 米有菜市场的居民比例"
    )
    make_target(world, "indicator", 0.5, area=EAST, org="east", figure_key={**KEY, "variant": "land"}, name="用地覆盖")
    make_target(world, "access_coverage", 0.8, area=EAST, org="east", name="可达覆盖（待绑定）")
    make_target(
        world, "count", 2, metric="circles_accepted", area=EAST, org="east", unit="个", name="打造一刻钟社区生活圈"
    )
    pilot = make_pilot(world, "P1", "accepted")
    make_promise(world, pilot, KEY, 0.5)
    awaiting_task(world, "R-01", title="补设菜市场")
    awaiting_task(world, "R-02", title="改造滨河菜市场", area=second)
    awaiting_task(world, "R-03", title="长青生鲜超市", area=third)
    run = next_run(
        world,
        [
            figure(FIRST, "coverage", 0.6, low=0.48, high=0.7, numerator=684.0, denominator=1140.0, **AT),
            verdict(FIRST, "falls_short"),
            verdict(second, "meets"),
            verdict(third, "data_insufficient"),
        ],
        still=[STILL],
    )
    with world.office.acting(world.office.system("test")) as session:
        session.add(Setting(key="measuring", value={"objection_workdays": 0}))
        measure(session, reader(world), run)


@pytest.fixture
def world(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[World]:
    with office_of(pytestconfig, tmp_path / "city") as office:
        filled = make_world(office)
        fill(filled)
        yield filled


@pytest.fixture
def sign_in(browser: Browser, world: World) -> Iterator[Open]:
    """A page of a person who has signed in."""
    with serve_office(world, browser) as served:
        yield served.page


def test_targets_keep_the_two_coverages_apart(sign_in: Open) -> None:
    page = sign_in("office")
    page.goto("/measurement")
    expect(page.get_by_text("两者含义不同，不相加、不互换。")).to_be_visible()
    circle, access = page.locator("[data-kind=circle_coverage]"), page.locator("[data-kind=access_coverage]")
    expect(circle).to_contain_text("60.0%")
    expect(circle).to_contain_text("3 / 5 社区")
    expect(access).to_contain_text("684 / 1,140 人")
    expect(access).to_contain_text("不确定（区间跨目标值）")
    expect(access).to_contain_text("尚未绑定指标")
    why = access.get_by_role("link", name="为什么（地图说明）").first
    assert f"area={FIRST}" in str(why.get_attribute("href"))
    assert f"element={ELEMENT}" in str(why.get_attribute("href"))
    circle.get_by_role("button").first.press("Enter")
    panel = page.get_by_role("complementary", name="目标")
    expect(panel).to_contain_text("尚未纳入的城区社区（2）")
    expect(panel).to_contain_text("和平社区")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_target_is_bound_to_a_figure(sign_in: Open) -> None:
    page = sign_in("office")
    page.goto("/measurement")
    page.get_by_role("button", name="可达覆盖（待绑定）").click()
    page.locator("[data-bind]").click()
    form = page.locator("form.bind")
    form.get_by_label("查找区域").fill("和平")
    form.get_by_role("combobox").first.select_option(FIRST)
    form.get_by_label("服务要素").select_option(ELEMENT)
    form.get_by_label("可选指标").select_option(index=1)
    form.get_by_role("button", name="保存").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("complementary", name="目标")).to_contain_text("未达到目标")


def test_the_community_answers_and_a_district_objects(sign_in: Open) -> None:
    page = sign_in("community", width=360, height=740)
    page.goto("/measurement/sheets")
    page.locator("[data-sheet]").first.click()
    panel = page.get_by_role("complementary", name="核验单")
    expect(panel).to_contain_text("请到现场看一看")
    panel.locator("[data-sign]").click()
    expect(panel.get_by_role("alert")).to_contain_text("请选择一项")
    panel.get_by_text("尚未建成投用").click()
    panel.get_by_role("textbox").fill("未见开工")
    page.reload()  # the draft is kept
    expect(panel.get_by_role("textbox")).to_have_value("未见开工")
    panel.locator("[data-sign]").click()
    expect(panel).to_contain_text("核验结果")
    east = sign_in("east")
    east.goto("/measurement/sheets")
    east.locator("[data-sheet]").first.click()
    east.locator("[data-open-objection]").click()
    east.locator("[data-object]").fill("11月已投用")
    east.locator("[data-file]").click()
    expect(east.get_by_role("complementary", name="核验单")).to_contain_text("有异议")
    office = sign_in("office")
    office.goto("/measurement/objections")
    office.locator("[data-objection]").first.click()
    office.locator("[data-step=take_up]").click()
    office.locator("[data-need=due]").fill("2027-01-29")
    office.locator("[data-confirm]").click()
    office.locator("[data-step=dismiss]").click()
    office.locator("[data-need=reason]").fill("现场未营业")
    office.locator("[data-confirm]").click()
    expect(office.get_by_role("complementary", name="异议")).to_contain_text("不成立")
    office.goto("/measurement/sheets")
    office.locator("[data-sheet]").first.click()
    office.locator("[data-confirm-sheet]").click()
    expect(office.get_by_role("complementary", name="核验单")).to_contain_text("已确认")
    office.goto("/measurement/tasks?state=measured_not_met")
    expect(office.locator("[data-task]")).to_contain_text("实测未达标")


def test_what_the_data_cannot_show_is_no_finding(sign_in: Open) -> None:
    page = sign_in("office")
    page.goto("/measurement/tasks")
    row = page.locator("[data-task]", has_text="R-03")
    expect(row).to_contain_text("数据不足")
    row.get_by_role("button", name="不作评判并结束").click()
    row.get_by_label("理由").fill("没有数据来源")
    row.locator("form").get_by_role("button").click()
    expect(row).to_be_hidden()
    page.locator("[data-state=closed_unmeasured]").click()
    expect(page.locator("[data-task]")).to_have_count(1)
    expect(page.locator("[data-task]")).to_contain_text("R-03")
    page.locator("[data-state=measured_met]").click()
    expect(page.locator("[data-task]", has_text="R-02")).to_be_visible()
    page.locator("[data-measure]").click()
    expect(page.get_by_text("已复测")).to_be_visible()


def test_nothing_overflows_on_a_narrow_screen(sign_in: Open) -> None:
    page = sign_in("office", width=360, height=740)
    for tab in ("targets", "tasks", "sheets", "objections", "in-use"):
        page.goto(f"/measurement/{tab}")
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, tab
