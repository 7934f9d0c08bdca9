"""The first year of the plan of Wuhai, played in the browser by the people of the demonstration city.

Districts nominate, the office approves five pilots, plans come in, tasks go down four levels, evidence comes up, one is
returned, one is late and escalates, a pilot is accepted, appraisal and monthly sheet go out as ``.xlsx`` and are read
back. Each test is a chapter and begins where the one before it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from first_year.acts import (
    attach_plan,
    check,
    expect_state,
    hand_down,
    hand_in,
    many,
    new_task,
    nominate,
    open_pilot,
    open_round,
    open_task,
    promise,
    set_up,
    survey,
    take,
    told,
)  # fmt: skip
from first_year.files import scores_shown, scores_written
from first_year.looks import AXE, look_at_all
from first_year.story import (
    CHECKED,
    DUTY,
    EVIDENCE,
    LATE,
    NOMINATED,
    PILOT,
    PLAN,
    PROGRAMME,
    RETURNED,
    WORK,
)
from first_year.town import DISTRICTS, YEAR, Town, open_town
from playwright.sync_api import Browser, expect

from absence import absent
from supervision_world import fill_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("first-year")]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def town(pytestconfig: pytest.Config, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(pytestconfig, browser, tmp_path_factory.mktemp("first-year")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def chapter(request: pytest.FixtureRequest, town: Town) -> Iterator[None]:
    """A chapter after one that failed has nothing to begin with."""
    if town.broken:
        pytest.skip("an earlier chapter failed")
    before = request.session.testsfailed
    yield
    town.broken = request.session.testsfailed > before


def test_the_office_signs_in_and_sets_up_the_programme(town: Town) -> None:
    town.on(2, 25, 9)
    page = town.visitor("bangong")
    page.goto("/")
    expect(page.get_by_role("heading", name="示范市")).to_be_visible()
    page.locator(f"[data-demo='{town.cast.people['bangong']}']").click()
    town.is_in("bangong")
    expect(page.get_by_text("暂无在办事项")).to_be_visible()

    page.goto("/programme")
    set_up(page.locator("form"), PROGRAMME, DISTRICTS)
    expect(page.get_by_role("heading", name=PROGRAMME)).to_be_visible()
    expect(page.locator("tr", has_text="打造试点").first).to_contain_text("0 个 / 5 个")


def test_districts_nominate_and_the_office_approves_five(town: Town) -> None:
    town.on(3, 8)
    for name, circle, grounds in NOMINATED:
        nominate(town.page(name, "/pilots"), circle, grounds)
    town.on(3, 14)
    office = town.page("bangong", "/pilots")
    expect(office.locator("tr[data-pilot]")).to_have_count(5)
    for _, circle, _ in NOMINATED:
        open_pilot(office, town.circle(circle))
        take(office, "take_up")
        expect_state(office, "审核中")
    town.on(3, 25)
    office = town.page("bangong")
    for _, circle, _ in NOMINATED:
        open_pilot(office, town.circle(circle))
        take(office, "approve")
        expect_state(office, "已批准")
    office.goto("/programme")
    expect(office.locator("tr", has_text="打造试点").first).to_contain_text("5 个 / 5 个")
    # A district sees its own pilots, not the neighbour's.
    neighbour = town.page("999902", "/pilots")
    expect(neighbour.locator("tr[data-pilot]")).to_have_count(1)
    expect(neighbour.locator("tr[data-pilot]")).to_contain_text("已批准")


def test_plans_come_in_and_one_goes_back(town: Town) -> None:
    for day, name in ((28, "qu"), (29, "999902"), (31, "999903")):
        town.on(3, day, 15)
        page = town.page(name)
        hand_in(page, PLAN, f"{town.unit(name)}{PLAN}")
        expect_state(page.get_by_role("complementary"), "已报送")
    town.on(4, 2)
    office = town.page("bangong", "/submissions")
    # Who is missing is seen at a glance: eight departments have handed in nothing, nor has anybody a second paper.
    expect(office.locator("[data-paper=IP]")).to_contain_text("已报 3 / 3")
    expect(office.locator("[data-paper=CP]")).to_contain_text("逾期未报")
    for name in ("qu", "999902", "999903"):
        office.goto("/submissions?state=submitted")
        office.locator("tr[data-paper]", has_text=town.unit(name)).first.get_by_role("link").click()
        panel = office.get_by_role("complementary")
        expect(panel.get_by_text(f"{town.unit(name)}{PLAN}.docx").first).to_be_visible()
        if name == "999903":
            take(panel, "return", reason="资金来源未落实到项目，缺逐月节点", due=str(town.cast.day(4, 8)))
            expect_state(panel, "退回修改")
        else:
            take(panel, "receive")
            expect_state(panel, "已收讫")
    town.on(4, 7)
    page = town.page("999903", "/home")
    expect(page.get_by_text(PLAN).first).to_be_visible()
    page.goto("/submissions")
    page.get_by_role("link", name=PLAN, exact=True).click()
    expect(page.get_by_role("complementary")).to_contain_text("资金来源未落实到项目，缺逐月节点")
    hand_in(page, PLAN, f"{town.unit('999903')}{PLAN}（修订）", "resubmit")
    expect_state(page.get_by_role("complementary"), "已重报")
    hand_in(page, "一刻钟社区生活圈建设规划", "建设规划")
    expect(page.get_by_role("complementary")).to_contain_text("逾期报送")
    town.on(4, 8)
    office = town.page("bangong", "/submissions?state=resubmitted")
    office.locator("tr[data-paper] a").first.click()
    take(office.get_by_role("complementary"), "receive")
    expect_state(office.get_by_role("complementary"), "已收讫")
    expect(office.get_by_role("complementary")).to_contain_text("第 2 版")


def test_a_task_goes_down_four_levels(town: Town) -> None:
    town.on(4, 11)
    office = town.page("bangong")
    many(office, DUTY, "issue", 3)
    expect(office.locator("[role=row]", has_text="已下达")).to_have_count(3)
    for step in ("accept", "start"):
        many(town.page("qu"), DUTY, step, 1)
    drawer = open_task(office, "2-01", WORK)
    take(drawer, "issue")
    expect_state(drawer, "已下达")
    day = town.cast.day
    for name, unit, due in (
        ("shangwu", town.unit("qu"), day(11, 30)), ("qu", town.unit("jiedao"), day(9, 30)), ("jiedao", town.unit("shequ"), day(6, 30)),
    ):  # fmt: skip
        page = town.page(name)
        drawer = open_task(page, "2-01", WORK if name == "shangwu" else f"{town.unit(name)}商业网点摸底与补缺")
        hand_down(drawer, unit, f"{unit}商业网点摸底与补缺", str(due))
    page = town.page("shequ", "/home")
    expect(page.locator("[data-section=to_do]")).to_contain_text(f"{town.unit('shequ')}商业网点摸底与补缺")
    drawer = open_task(page, "2-01", "商业网点摸底与补缺")
    take(drawer, "accept")
    take(drawer, "start")
    expect_state(drawer, "办理中")
    expect(drawer).to_contain_text("上级任务")


def test_evidence_comes_up_and_one_is_returned(town: Town) -> None:
    part = f"{town.unit('shequ')}商业网点摸底与补缺"
    town.on(6, 10)
    community = town.page("shequ")
    drawer = open_task(community, "2-01", part)
    drawer.locator("input[type=file]").set_input_files(
        {"name": EVIDENCE, "mimeType": "text/csv", "buffer": "网点,类别\n便民超市,商业\n".encode()}
    )
    expect(drawer.get_by_role("link", name=EVIDENCE)).to_be_visible()
    drawer.get_by_label("进度（%）").fill("100")
    drawer.get_by_label("进展情况").fill("已逐户核对")
    drawer.locator("[data-progress]").click()
    expect(drawer.get_by_role("heading", name="进度 100%")).to_be_visible()
    take(drawer, "report", reply="网点底数已逐户核对，缺项已列入清单")
    expect_state(drawer, "申请销号")

    town.on(6, 13)
    street = town.page("jiedao", "/home")
    street.locator("[data-section=to_review] a", has_text=part).click()
    drawer = street.get_by_role("complementary", name="任务详情")
    with street.expect_download() as got:
        drawer.get_by_role("link", name=EVIDENCE).click()
    assert "便民超市" in got.value.path().read_text("utf-8")
    take(drawer, "return", reason=RETURNED)
    expect_state(drawer, "退回")

    town.on(6, 14)
    community = town.page("shequ", "/home")
    returned = community.locator("[data-section=returned]")
    expect(returned).to_contain_text(part)
    returned.locator("li a", has_text=part).click()
    drawer = community.get_by_role("complementary", name="任务详情")
    expect(drawer.get_by_text(RETURNED)).to_be_visible()
    take(drawer, "rework")
    take(drawer, "report", reply="已补充营业时间")
    expect_state(drawer, "申请销号")
    town.on(6, 15)
    for name, below, reply in (
        ("jiedao", "shequ", "辖区网点底数已核清"),
        ("qu", "jiedao", "全区网点布局已优化"),
        ("shangwu", "qu", "全市网点布局已优化"),
    ):
        page = town.page(name)
        drawer = open_task(page, "2-01", f"{town.unit(below)}商业网点摸底与补缺")
        take(drawer, "approve", reply="同意销号")
        expect_state(drawer, "已销号")
        own = WORK if name == "shangwu" else f"{town.unit(name)}商业网点摸底与补缺"
        drawer = open_task(page, "2-01", own)
        expect(drawer.get_by_role("heading", name="进度 100%")).to_be_visible()
        take(drawer, "report", reply=reply)
        expect_state(drawer, "申请销号")
    drawer = open_task(town.page("bangong"), "2-01", WORK)
    take(drawer, "approve", reply="同意销号")
    expect_state(drawer, "已销号")


def test_a_late_task_turns_red_and_escalates(town: Town) -> None:
    town.on(6, 16)
    drawer = new_task(town.page("jiedao", "/tasks"), LATE, town.unit("shequ"), str(town.cast.day(6, 30)))
    take(drawer, "issue")
    expect_state(drawer, "已下达")
    drawer = open_task(town.page("shequ"), LATE, LATE)
    take(drawer, "accept")
    take(drawer, "start")
    expect_state(drawer, "办理中")

    # One working day after the deadline the level above is told, after five the district, after ten the office.
    for days, name in ((1, "jiedao"), (5, "qu"), (10, "bangong")):
        town.on_day(town.cast.later(date(YEAR, 6, 30), days), 9, 30)
        administrator = town.page("guanli", "/running")
        administrator.get_by_role("button", name="立即执行定时任务").click()
        expect(administrator.get_by_text("亮灯更新").first).to_be_visible()
        told(town.page(name), LATE)
    office = town.page("bangong", "/tasks?light=red&quick=late")
    row = office.locator("[role=row]", has_text=LATE)
    expect(row).to_contain_text("红灯")
    drawer = open_task(office, LATE, LATE)
    expect(drawer).to_contain_text("已报市办公室")
    community = town.page("shequ", "/home")
    expect(community.locator("[data-section=late]")).to_contain_text(LATE)


def test_a_pilot_is_built_inspected_and_accepted(town: Town) -> None:
    name = town.circle(PILOT)
    town.on(7, 18)
    district = town.page("qu")
    open_pilot(district, name)
    take(district, "begin_plan")
    expect_state(district, "编制方案")
    district.locator("[data-tab=plan]").click()
    attach_plan(district, "石榴园建设方案")
    promise(district, "cultural_station", "97")

    town.on(7, 20)
    office = town.page("bangong")
    open_pilot(office, name)
    take(office, "approve_plan", plan="见所附《建设方案》", due=str(town.cast.day(11, 30)))
    expect_state(office, "建设中")
    town.on(9, 5)
    district = town.page("qu")
    open_pilot(district, name)
    check(district, "self_check", by_hand=CHECKED[:1])
    expect_state(district, "已自查")
    town.on(10, 10)
    inspector = town.page("ducha")
    open_pilot(inspector, name)
    check(inspector, "inspect", by_hand=CHECKED)
    expect_state(inspector, "已检查")

    town.on(11, 15)
    office = town.page("bangong")
    office.goto("/appraisal")
    office.locator("[data-new]").click()
    office.get_by_label("考核期").fill(str(YEAR))
    office.get_by_role("button", name="建立", exact=True).click()
    office.get_by_role("link", name="居民满意度").click()
    survey(office, name, asked=400, satisfied=372)

    open_pilot(office, name)
    office.locator("[data-tab=checks]").click()
    office.locator("[data-assess]").click()
    expect(office.locator("[data-grade]")).to_have_text("优秀")
    # What is not measured yet (the promise) and what no task is linked to count neither for nor against.
    expect(office.locator("main tr", has_text="承诺兑现率")).to_contain_text("无数据")
    take(office, "accept", result="样板作用明显，同意验收", grade="excellent")
    expect_state(office, "已验收")
    office.goto("/pilots")
    row = office.locator("tr[data-pilot]", has_text=name)
    expect(row).to_contain_text("已验收")
    expect(row).to_contain_text("优秀")
    office.goto("/programme")
    expect(office.locator("tr", has_text="打造一刻钟社区生活圈").first).to_contain_text("1 个")


def test_the_monthly_sheet_goes_out_and_comes_back_as_a_workbook(town: Town, tmp_path: Path) -> None:
    town.on(11, 16)
    office = town.page("bangong", "/dispatch")
    open_round(office, f"{YEAR}-11", str(town.cast.day(11, 25)))
    expect(office.locator("tr[data-sheet]")).to_have_count(len(DISTRICTS) + 8)  # and the lead departments

    district = town.page("qu", "/dispatch")
    district.get_by_role("link", name="打开本单位的表").click()
    with district.expect_download() as got:
        district.locator("[data-download]").click()
    assert got.value.suggested_filename.endswith(".xlsx")
    filled = tmp_path / "填好.xlsx"
    answers = {"G2-1": {"本期进度(%)": 70, "进展情况": "分工已细化到街道，五个节点完成三个"}}
    filled.write_bytes(fill_in(got.value.path().read_bytes(), answers))
    district.locator("input[data-upload]").set_input_files(filled)
    expect(district.locator("[data-read]")).to_contain_text("1 行有填报内容")
    row = district.locator("[data-row]", has_text="G2-1")
    expect(row.locator("[data-field=progress]")).to_have_value("70")
    expect(row).to_contain_text("上期 0%")
    district.locator("[data-hand-in]").click()
    expect(district.get_by_text("已填报").first).to_be_visible()

    town.on(11, 25)
    office = town.page("bangong", "/dispatch")
    office.locator("tr[data-sheet]", has_text=town.unit("qu")).get_by_role("link").click()
    take(office, "accept")
    expect(office.get_by_text("已采纳").first).to_be_visible()
    drawer = open_task(office, "G2-1", DUTY)
    expect(drawer.get_by_role("heading", name="进度 70%")).to_be_visible()
    expect(drawer).to_contain_text("五个节点完成三个")


def test_the_appraisal_goes_out_as_a_workbook_and_is_read_back(town: Town) -> None:
    town.on(12, 30)
    office = town.page("bangong", "/appraisal")
    office.locator("[data-compute]").click()
    expect(office.get_by_text("已重新计分")).to_be_visible()
    shown = scores_shown(office)
    assert len(shown) >= 3
    with office.expect_download() as got:
        office.locator("main [data-download]").click()
    assert got.value.suggested_filename.endswith(".xlsx")
    content = got.value.path().read_bytes()
    assert scores_written(content) == shown
    # And the office's own reading of the file says the same.
    office.locator("input[data-compare]").set_input_files({"name": "得分表.xlsx", "mimeType": XLSX, "buffer": content})
    expect(office.locator("[data-compared]")).to_contain_text("全部相同")


def test_what_was_done_is_in_an_unbroken_chain(town: Town) -> None:
    page = town.page("guanli", "/running")
    page.get_by_role("button", name="核验审计链").click()
    expect(page.get_by_text("审计链完整").first).to_be_visible()
    assert town.problems == []


@pytest.mark.parametrize("width", [1366, 360])
def test_nobody_is_shut_out(town: Town, width: int) -> None:
    """axe finds nothing serious, and nothing is wider than the page, on a notebook and on a phone."""
    if not AXE.is_file():
        absent("axe-core is not installed: run `npm ci` in web/")
    found = look_at_all(town, width)
    assert {name: problems for name, problems in found.items() if problems} == {}
