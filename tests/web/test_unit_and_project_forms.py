"""A unit split with what goes there chosen on the page; a project's fields; an offer that goes into a project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from kezhong.office.models import Organisation, Task
from kezhong.office.programme.community import register_offer
from kezhong.office.programme.projects import change_project, create_project
from office_world import make_world, office_of
from supervision_world import add_task

pytestmark = pytest.mark.browser
COMMUNITY = "150301001002"


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("office") / "city") as office:
        world = make_world(office)
        add_task(world, "d-commerce", "C-1", title="新增便民网点")
        add_task(world, "d-commerce", "C-2", title="改造农贸市场")
        with serve_office(world, browser) as found:
            yield found


def test_a_task_goes_to_the_unit_that_is_split_off(served: ServedOffice) -> None:
    world = served.world
    page = served.page("office", f"/organisation/{world.org['d-commerce']}")
    page.get_by_role("button", name="分设").click()
    form = page.locator("form", has=page.locator("[data-pick=tasks]"))
    form.get_by_label("新增便民网点").check()
    form.get_by_role("button", name="确认变更").click()
    expect(form.get_by_role("alert")).to_be_visible()  # code and name are missing; what was chosen stays
    expect(form.get_by_label("新增便民网点")).to_be_checked()
    form.get_by_label("分设单位编码").fill("d-market")
    form.get_by_label("分设单位名称").fill("市场发展中心")
    form.get_by_role("button", name="确认变更").click()
    expect(form).to_have_count(0)
    page.goto("/tasks")
    expect(page.locator("tr, [role=row]", has_text="新增便民网点")).to_contain_text("市场发展中心")
    with world.office.acting(world.office.system("test")) as session:
        units = {unit.id: unit.code for unit in session.query(Organisation)}
        assert {task.title: units[task.org_id] for task in session.query(Task)} == {
            "新增便民网点": "d-market", "改造农贸市场": "d-commerce",
        }  # fmt: skip


def test_a_project_is_filled_in_and_takes_an_offer(served: ServedOffice) -> None:
    world = served.world
    with world.office.acting(world.actor("east")) as session:
        key = create_project(session, programme_id=world.programme, name="口袋公园", area_code=COMMUNITY).id
        offer = register_offer(
            session, area_code=COMMUNITY, from_kind="firm", from_name="某物业公司", kind="room", text="提供活动用房"
        ).id
    page = served.page("east", f"/projects/{key}")
    page.locator("[data-edit-project]").click()
    form = page.locator("form.frame")
    form.locator("[name=progress]").fill("140")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_contain_text("100")
    form.locator("[name=progress]").fill("40")
    form.locator("[name=scale]").fill("1200")
    form.locator("[name=scale_unit]").fill("平方米")
    form.locator("[name=operator]").fill("东岸区城投")
    with world.office.acting(world.actor("east")) as session:
        change_project(session, key, 1, {"address": "人民路 8 号"})
    form.locator("[data-send]").click()
    expect(form.locator(".conflict")).to_contain_text("人民路 8 号")
    form.get_by_role("button", name="按最新版本再次提交").click()
    expect(form).to_have_count(0)
    page.reload()
    facts = page.locator("dl.k-facts")
    for text in ("40%", "1,200 平方米", "东岸区城投", "人民路 8 号"):
        expect(facts).to_contain_text(text)
    page.goto(f"/projects/offers/{offer}")
    page.locator("select[name=project]").select_option(str(key))
    page.locator("[data-link]").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.goto(f"/projects/{key}")
    expect(page.get_by_text("提供活动用房")).to_be_visible()
