"""Dispatch and appraisal in the browser: a sheet out, filled in, read back and accepted; a score, its rows, an appeal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from kezhong import clock
from kezhong.office.supervision import appraisals
from office_world import make_world, office_of
from supervision_world import add_step, add_task, fill_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("office") / "city") as office:
        world = make_world(office)
        year = clock.today().year
        for org in ("east", "west", "d-civil"):
            add_task(world, org, f"{org}-1", title="新增社区食堂", progress=20, due_on=date(year, 12, 31))
            add_task(world, org, f"{org}-2", title="建设口袋公园", due_on=date(year, 12, 31))
        key = add_task(world, "east", "east-9", state="closed", due_on=date(2022, 6, 30))
        add_step(world, "task", key, "report", datetime(2022, 6, 1, tzinfo=UTC), "east")
        with serve_office(world, browser) as found:
            yield found


def test_a_round_goes_out_comes_back_and_is_accepted(served: ServedOffice, tmp_path: Path) -> None:
    office, east = served.page("office"), served.page("east")
    office.goto("/dispatch")
    office.locator("[data-new-round]").click()
    office.get_by_label("截止日期").fill(f"{clock.today().year}-12-31")
    office.locator("[data-open-round]").click()
    expect(office.locator("tr[data-sheet]")).to_have_count(3)
    with office.expect_download() as packed:
        office.locator("[data-download-all]").click()
    assert packed.value.suggested_filename.endswith(".zip")

    east.goto("/dispatch")
    east.get_by_role("link", name="打开本单位的表").click()
    with east.expect_download() as got:
        east.locator("[data-download]").click()
    content = Path(got.value.path()).read_bytes()
    wrong = tmp_path / "填错.xlsx"
    wrong.write_bytes(fill_in(content, {"east-1": {"本期进度(%)": "六成"}}))
    east.locator("input[data-upload]").set_input_files(wrong)
    expect(east.locator("[data-read]")).to_contain_text("1 处需要更正")
    expect(east.locator('[data-row] [data-field="progress"]').first).to_have_value("六成")
    filled = tmp_path / "填好.xlsx"
    filled.write_bytes(
        fill_in(content, {"east-1": {"本期进度(%)": "６０％", "进展情况": "主体完工"}, "east-2": {"本期进度(%)": 10}})
    )
    east.locator("input[data-upload]").set_input_files(filled)
    expect(east.locator("[data-read]")).to_contain_text("2 行有填报内容")
    expect(east.locator('[data-row] [data-field="progress"]').first).to_have_value("60")
    # Nothing is lost by a reload: the draft is kept in the browser.
    east.locator('[data-field="summary"]').fill("总体顺利")
    expect(east.get_by_text("草稿已于")).to_be_visible()
    east.reload()
    expect(east.locator('[data-field="summary"]')).to_have_value("总体顺利")
    # Going back needs a reason, said beside the field.
    progress = east.locator('[data-row] [data-field="progress"]').first
    progress.fill("5")
    east.locator("[data-hand-in]").click()
    expect(east.get_by_text("低于上期 20%")).to_be_visible()
    east.locator('[data-field="reason"]').fill("返工")
    east.locator("[data-hand-in]").click()
    expect(east.get_by_text("已填报", exact=True)).to_be_visible()

    office.reload()
    office.get_by_role("link", name="东岸区", exact=True).click()
    office.locator('[data-step="accept"]').click()
    expect(office.get_by_text("已采纳").first).to_be_visible()
    expect(office.get_by_text("已写入")).to_have_count(2)
    for page in (office, east):
        page.context.close()


def test_scores_their_rows_and_an_appeal(served: ServedOffice) -> None:
    world = served.world
    with world.office.acting(world.actor("office")) as session:
        key = appraisals.open_appraisal(session, world.programme, "2022").id
    office, east = served.page("office"), served.page("east")
    east.goto(f"/appraisal/{key}")
    expect(east.get_by_text("结果尚未公示")).to_be_visible()
    office.goto(f"/appraisal/{key}")
    office.locator("[data-compute]").click()
    expect(office.get_by_text("已重新计分")).to_be_visible()
    office.locator("[data-publish]").click()
    office.locator("[data-confirm-publish]").click()
    expect(office.get_by_text("公示中").first).to_be_visible()
    with office.expect_download() as got:
        office.locator("[data-download]").click()
    file = got.value.path()
    office.locator("input[data-compare]").set_input_files(
        {
            "name": "得分表.xlsx",
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "buffer": Path(file).read_bytes(),
        }
    )
    expect(office.locator("[data-compared]")).to_contain_text("全部相同")

    east.reload()
    east.locator("button[data-score]").first.click()
    expect(east.locator("[data-formula]")).to_contain_text("实评权重")
    expect(east.locator(".drawer .rows")).to_contain_text("east-9")
    east.locator("[data-appeal-text]").fill("应计入")
    east.locator("[data-file-appeal]").click()
    expect(east.get_by_text("申诉处理中").first).to_be_visible()
    office.goto(f"/appraisal/{key}/appeals")
    office.locator('[data-step="take_up"]').click()
    office.locator('[data-need="due"]').fill(f"{clock.today().year}-12-31")
    office.locator("[data-confirm]").click()
    office.locator('[data-step="dismiss"]').click()
    office.locator('[data-need="reason"]').fill("依据充分")
    office.locator("[data-confirm]").click()
    expect(office.get_by_text("不成立").first).to_be_visible()
    for page in (office, east):
        page.context.close()


def test_a_final_score_is_corrected_for_all_to_see(served: ServedOffice) -> None:
    world = served.world
    with world.office.acting(world.actor("office")) as session:
        key = appraisals.open_appraisal(session, world.programme, "2022H1").id
        appraisals.compute(session, key)
        appraisals.publish(session, key, clock.today() - timedelta(days=7))
        appraisals.finalise(session, key)
    office, west = served.page("office"), served.page("west")
    office.goto(f"/appraisal/{key}")
    office.locator("button[data-score]").first.click()
    office.locator("[data-correct]").click()
    office.locator("[data-correct-share]").fill("85.5")
    expect(office.locator("[data-correct-now]")).to_be_disabled()  # not without a reason
    office.locator("[data-correct-reason]").fill("核查〔2023〕7号")
    office.locator("[data-correct-now]").click()
    drawer = office.locator(".drawer [data-correction]")
    expect(drawer).to_contain_text("定稿后更正")
    expect(drawer).to_contain_text("核查〔2023〕7号")
    expect(drawer).to_contain_text("office员")
    expect(drawer.locator("tbody tr").first).to_contain_text("85.5%")
    expect(office.get_by_text("已更正").first).to_be_visible()
    west.goto(f"/appraisal/{key}")
    shown = west.locator("[data-corrections] [data-correction]")
    expect(shown).to_contain_text("东岸区")
    expect(shown).to_contain_text("核查〔2023〕7号")
    expect(shown).not_to_contain_text("office员")
    for page in (office, west):
        page.context.close()
