"""The programme in a browser: set up, a pilot nominated, returned, approved and promised; a paper handed in; a project with
money and a task from a shortfall; the narrow screen and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from office_world import make_world, office_of
from programme_world import add_units, make_programme, step

pytestmark = pytest.mark.browser


@pytest.fixture
def served(pytestconfig: pytest.Config, tmp_path: Path, browser: Browser) -> Iterator[ServedOffice]:
    with (
        office_of(pytestconfig, tmp_path / "city") as office,
        serve_office(make_world(office), browser) as found,
    ):
        yield found


def test_a_programme_is_set_up_and_a_pilot_goes_its_way(served: ServedOffice) -> None:
    add_units(served.world)
    office = served.page("office")
    office.goto("/programme")
    office.get_by_role("button", name="按模板建立方案").click()
    form = office.locator("form.form")
    form.get_by_label("编号").fill("WH")
    form.get_by_role("button", name="建立", exact=True).click()
    expect(form.get_by_role("alert")).to_be_visible()  # the districts are still missing, said in words
    for slot, district in (("海勃湾区", "东岸区"), ("乌达区", "西山区"), ("海南区", "东岸区")):
        form.locator("label.slot", has_text=slot).locator("select").select_option(label=district)
    form.get_by_role("button", name="建立", exact=True).click()
    expect(form.get_by_text("对应了两个位置")).to_be_visible()  # the server's word; what was entered stays
    expect(form.get_by_label("编号")).to_have_value("WH")


def test_pilot_paper_and_promise(served: ServedOffice) -> None:
    plan = make_programme(served.world)
    query = f"?programme={plan.programme.id}"
    east, office = served.page("east"), served.page("office")
    east.goto(f"/pilots{query}")
    east.locator("[data-nominate]").click()
    east.locator("[data-send]").click()
    expect(east.get_by_role("alert")).to_contain_text("生活圈")
    east.locator("select[name=life_circle]").select_option("LC1")
    east.locator("textarea[name=grounds]").fill("老旧小区集中")
    east.locator("[data-send]").click()
    east.wait_for_url(re.compile(r"/pilots/\d+"))
    expect(east.get_by_text("推荐时的体检表")).to_be_visible()
    expect(east.locator("[data-state]")).to_have_text("已推荐")
    address = east.url
    office.goto(address)
    office.locator("[data-step=take_up]").click()
    office.locator("[data-step=return]").click()
    office.locator("[data-need=reason]").fill("请补充居民意见")
    office.locator("[data-confirm]").click()
    expect(office.locator("[data-state]")).to_have_text("退回补正")
    east.reload()
    expect(east.get_by_text("请补充居民意见")).to_be_visible()
    east.locator("[data-step=resubmit]").click()
    east.locator("[data-confirm]").click()
    expect(east.locator("[data-state]")).to_have_text("审核中")
    office.reload()
    office.locator("[data-step=approve]").click()
    expect(office.locator("[data-state]")).to_have_text("已批准")
    office.goto(f"/programme{query}")
    row = office.locator("[data-target=M01]")
    expect(row).to_contain_text("1 个 / 3 个")
    office.goto(f"/submissions{query}")
    expect(office.locator("[data-paper=WP]")).to_contain_text("逾期未报")
    east.goto(f"/submissions{query}")
    east.get_by_role("link", name="和平生活圈建设方案").click()
    east.locator("input[data-file]").set_input_files(
        files=[{"name": "方案.txt", "mimeType": "text/plain", "buffer": "方案".encode()}]
    )
    expect(east.get_by_text("方案.txt").first).to_be_visible()
    east.locator("[data-step=submit]").click()
    east.locator("[data-confirm]").click()
    expect(east.locator("aside [data-state]")).to_have_text("已报送")
    expect(east.get_by_text("第 1 版")).to_be_visible()


def test_an_inspection_sheet_and_the_grade(served: ServedOffice) -> None:
    from kezhong.office.models import Pilot
    from programme_world import nominated

    plan = make_programme(served.world)
    world = served.world
    key = nominated(world, programme_id=plan.programme.id)
    for who, name, fields in (
        ("office", "take_up", {}), ("office", "approve", {}), ("east", "begin_plan", {}),
        ("office", "approve_plan", {"plan": "方案", "due": "2030-12-31"}),
        ("east", "self_check", {"sheet": {"items": [{"item": "甲", "ok": True}]}, "result": "passed"}),
    ):  # fmt: skip
        step(world, who, Pilot, key, name, **fields)
    office = served.page("office")
    office.goto(f"/pilots/{key}/checks")
    office.locator("[data-step=inspect]").click()
    office.locator(".sheet select").first.select_option("true")
    office.locator("select[data-need=result]").select_option("passed")
    office.locator("[data-confirm]").click()
    expect(office.locator("[data-state]")).to_have_text("已检查")
    office.locator("[data-assess]").click()
    expect(office.locator("[data-grade]")).to_have_text("数据不足，不评定")
    expect(office.get_by_text("数据不足，不计入").first).to_be_visible()
    office.locator("[data-step=accept]").click()
    office.locator("input[data-need=grade]").check()
    office.locator("[data-need=result]").fill("同意通过验收")
    office.locator("[data-confirm]").click()
    expect(office.locator("[data-state]")).to_have_text("已验收")


def test_a_project_with_money_and_a_task_from_a_shortfall(served: ServedOffice) -> None:
    plan = make_programme(served.world)
    east = served.page("east")
    east.goto(f"/projects?programme={plan.programme.id}")
    east.locator("[data-add]").click()
    east.locator("input[name=name]").fill("口袋公园")
    east.locator("select[name=area]").select_option("150301001002")
    east.get_by_role("button", name="立项", exact=True).click()
    east.wait_for_url(re.compile(r"/projects/\d+"))
    east.locator("[data-money]").click()
    east.locator("input[name=source]").fill("区财政")
    east.locator("input[name=planned]").fill("256000")
    east.get_by_role("button", name="保存").click()
    expect(east.locator("[data-planned]")).to_have_text("25.6 万元")
    east.goto("/shortfalls")
    east.locator("[role=row], tr", has_text="重庆路").first.click()
    east.locator("[data-open=task]").click()
    east.locator("input[name=due]").fill("2030-11-30")
    east.locator(".open [data-send]").click()
    expect(east.get_by_role("status").filter(has_text="已生成")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/programme", "/pilots", "/pilots?view=board", "/submissions", "/projects", "/projects/sites"]
)
def test_nothing_leaves_a_narrow_screen(served: ServedOffice, path: str) -> None:
    make_programme(served.world)
    page = served.page("office", width=360, height=740)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
