"""The rules of the appraisal edited on their page: a sum that follows, a document or a proposal, who was quicker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from kezhong.office.supervision import appraisals
from kezhong.office.supervision.own_rules import rules_in_force, set_own_rules
from office_world import make_world, office_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("office") / "city") as office:
        world = make_world(office)
        with office.acting(world.actor("office")) as session:
            key = appraisals.open_appraisal(session, world.programme, "2022").id
        with serve_office(world, browser) as found:
            found.appraisal = key  # type: ignore[attr-defined]
            yield found


def test_points_are_moved_and_hold_for_the_next_appraisal(served: ServedOffice) -> None:
    path = f"/appraisal/{served.appraisal}/rules"  # type: ignore[attr-defined]
    page = served.page("office", path)
    own = page.locator("[data-own-rules]")
    expect(own).to_contain_text("建议值")
    page.locator("[data-edit-rules]").click()
    form = page.locator("form.frame")
    expect(form).to_contain_text("2022年")
    district = form.locator("[data-group=district]")
    expect(district.locator("[data-sum]")).to_have_text("合计 100 分")
    district.locator("[data-item=requests] [data-drop]").click()
    expect(district.locator("[data-sum]")).to_contain_text("合计 90.0 分，应为 100 分（−10.0）")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_contain_text("应为 100 分")
    district.locator("[data-item=task_completion] [data-weight]").fill("50")
    expect(district.locator("[data-sum]")).to_have_text("合计 100 分")
    form.locator("[name=proposal]").select_option(label="由文件规定")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_have_text("请填写文件名称、文号")
    form.locator("[name=document]").fill("乌海办发〔2026〕5 号")
    world = served.world
    with world.office.acting(world.actor("office")) as session:
        rules, version = rules_in_force(session)
        set_own_rules(session, version, {**rules.source, "id": "own", "comment_days": 7})
    form.locator("[data-send]").click()
    conflict = form.locator(".conflict")
    expect(conflict).to_contain_text("公示期")
    conflict.get_by_role("button", name="按最新版本再次提交").click()
    expect(own.get_by_role("status")).to_contain_text("规则已保存")
    page.reload()
    expect(own).to_contain_text("乌海办发〔2026〕5 号")
    expect(own).to_contain_text("公示期 7 个工作日")
    expect(own.get_by_role("row", name="任务完成").first).to_contain_text("50")
    expect(own).not_to_contain_text("建议值")
    under_way = page.locator("section.rules").first
    expect(under_way.get_by_role("row", name="任务完成").first).to_contain_text("40")


def test_units_read_the_rules_and_cannot_edit_them(served: ServedOffice) -> None:
    page = served.page("east", f"/appraisal/{served.appraisal}/rules")  # type: ignore[attr-defined]
    expect(page.locator("[data-own-rules] table").first).to_be_visible()
    expect(page.locator("[data-edit-rules]")).to_have_count(0)
