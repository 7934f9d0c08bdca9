"""The plan changed on its page: duties of a circle, a stage, targets; what is refused, and who was quicker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from kezhong.office.programme.edit import change_stage
from office_world import make_world, office_of
from programme_world import make_programme

pytestmark = pytest.mark.browser
CIRCLE = "elderly_care"


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("office") / "city") as office:
        world = make_world(office)
        world.programme = make_programme(world).programme.id
        with serve_office(world, browser) as found:
            yield found


def test_units_are_named_for_a_circle(served: ServedOffice) -> None:
    page = served.page("office", f"/programme?programme={served.world.programme}")
    row = page.locator(f"[data-circle={CIRCLE}]")
    row.get_by_role("button").click()
    form = page.locator("form.frame")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_have_text("请选择单位")
    form.locator("[name=unit]").select_option(label="市商务局")
    form.locator("[data-send]").click()
    expect(form.get_by_role("status")).to_contain_text("已登记")
    page.reload()
    expect(row).to_contain_text("市商务局（配合单位）")
    row.get_by_role("button").click()
    form.get_by_role("button", name="结束市商务局的职责").click()
    expect(form.locator("[data-duty=joint]")).to_have_count(0)
    form.get_by_role("button", name="撤销").click()
    expect(form.locator("[data-duty=joint]")).to_have_count(1)
    form.locator("[name=duty]").select_option("lead")
    expect(form.get_by_text("将在起始日期的前一日结束")).to_be_visible()
    form.locator("[name=unit]").select_option(label="市商务局")
    form.locator("[data-send]").click()
    page.reload()
    expect(row.locator("td").first).to_contain_text("市商务局")


def test_a_stage_is_changed_although_somebody_was_quicker(served: ServedOffice) -> None:
    page = served.page("office", f"/programme?programme={served.world.programme}")
    page.locator("[data-edit-stage='2']").click()
    form = page.locator("form.frame")
    form.locator("[name=name]").fill("试点建设（调整）")
    ends = form.locator("[name=ends_on]").input_value()
    form.locator("[name=ends_on]").fill("1999-12-31")
    expect(form.get_by_role("alert")).to_have_text("不能早于开始日期")  # while typing, in words
    form.locator("[name=ends_on]").fill(ends)
    world = served.world
    with world.office.acting(world.actor("office")) as session:
        from kezhong.office.models import Stage

        stage = session.query(Stage).filter_by(programme_id=world.programme, number=2).one()
        change_stage(session, stage.id, stage.version, {"text": "由他人补充"})
    form.locator("[data-send]").click()
    conflict = form.locator(".conflict")
    expect(conflict).to_contain_text("由他人补充")
    expect(conflict).to_contain_text("试点建设（调整）")
    conflict.get_by_role("button", name="按最新版本再次提交").click()
    expect(form).to_have_count(0)
    page.reload()
    line = page.locator("li", has=page.locator("[data-edit-stage='2']"))
    expect(line).to_contain_text("试点建设（调整）")
    expect(line).to_contain_text("由他人补充")


def test_a_target_is_added_changed_and_removed(served: ServedOffice) -> None:
    page = served.page("office", f"/programme?programme={served.world.programme}")
    page.locator("[data-add-target]").click()
    form = page.locator("form.frame")
    form.locator("[name=metric]").select_option("people_reaching_required")
    form.locator("[name=name]").fill("东岸可达覆盖")
    form.locator("[name=area]").select_option(label="东岸区")
    form.locator("[name=value]").fill("120")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_contain_text("100%")
    form.locator("[name=value]").fill("85")
    form.locator("[data-send]").click()
    expect(form).to_have_count(0)
    page.reload()
    row = page.locator("tr[data-target-id]", has_text="东岸可达覆盖")
    expect(row).to_contain_text("85.0%")
    expect(row).to_contain_text("建议值")
    row.get_by_role("button").click()
    form.locator("[name=value]").fill("90")
    form.locator("[name=reason]").fill("专题会议纪要")
    form.locator("[data-send]").click()
    expect(row).to_contain_text("90.0%")
    row.get_by_role("button").click()
    form.locator("[data-remove]").click()
    expect(row).to_have_count(0)


def test_others_read_and_see_no_buttons(served: ServedOffice) -> None:
    page = served.page("east", f"/programme?programme={served.world.programme}")
    expect(page.locator(f"[data-circle={CIRCLE}]")).to_be_visible()
    for tool in (
        f"[data-circle={CIRCLE}] button",
        "[data-edit-stage]",
        "[data-add-target]",
        "tr[data-target-id] button",
    ):
        expect(page.locator(tool)).to_have_count(0)
