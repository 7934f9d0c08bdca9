"""A city's ledger taken in: header, merged cells, dates and units as officials write them; all of it or nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from kezhong.errors import InputError
from kezhong.office.models import Organisation, StepTaken, Task, TaskUnit
from kezhong.office.tasks import exporting, listing
from kezhong.office.tasks.importing import Plan, plan_import, write_import
from kezhong.office.tasks.ledger_dates import Deadline, read_deadline
from kezhong.office.tasks.ledger_file import read_ledger
from kezhong.office.tasks.ledger_units import split_units
from kezhong.office.tasks.questions import Question
from office_world import World

HEADER = ("序号", "主要任务", "具体措施", "责任单位", "完成时限")
ROWS: Sequence[Sequence[Any]] = (
    (1, "提升便民服务", "新建标准化菜市场", "市商务局、和平区人民政府", "2023年6月底"),
    ("", "", "改造早餐店 20 家", "商务局", "2023年12月"),
    (2, "完善养老服务", "建设日间照料中心", "市民政局；市商务局", "长期坚持"),
)


def sheet(rows: Sequence[Sequence[Any]] = ROWS, *, merge: Sequence[str] = (), header: Sequence[str] = HEADER) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["乌海市一刻钟社区生活圈建设任务清单"])
    page.append(["填报单位：领导小组办公室"])
    page.merge_cells("A1:E1")
    page.append(list(header))
    for row in rows:
        page.append(list(row))
    for span in merge:
        page.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plan(world: World, content: bytes, name: str = "台账.xlsx", who: str = "office", **more: Any) -> Plan:
    with world.office.acting(world.actor(who)) as session:
        return plan_import(session, name, content, programme_id=world.programme, year=2023, **more)


def write(world: World, content: bytes, *, issue: bool = False, **more: Any) -> int:
    with world.office.acting(world.actor("office")) as session:
        found = plan_import(session, "台账.xlsx", content, programme_id=world.programme, year=2023, **more)
        return len(write_import(session, found, programme_id=world.programme, source="台账.xlsx", issue=issue))


def tasks(world: World) -> list[tuple[str, str, str, date | None, str]]:
    with world.office.acting(world.office.system("t")) as session:
        rows = session.execute(
            select(Task.number, Task.title, Organisation.code, Task.due_on, Task.state)
            .join(Organisation, Organisation.id == Task.org_id)
            .order_by(Task.id)
        )
        return [tuple(row) for row in rows]


def east_name(world: World) -> str:
    with world.office.acting(world.office.system("t")) as session:
        unit = session.get(Organisation, world.org["east"])
        assert unit is not None
        return unit.name


def test_the_citys_columns(world: World) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][3] = f"市商务局、{east_name(world)}人民政府"
    content = sheet(rows, merge=("A4:A5", "B4:B5"))
    found = plan(world, content)
    assert [one.code for one in found.problems if one.grave] == []
    assert found.counts() == {"new": 3, "update": 0, "same": 0, "finished": 0}
    assert tasks(world) == []  # shown, not written
    assert write(world, content) == 3
    assert tasks(world) == [
        ("1", "提升便民服务", "d-commerce", date(2023, 6, 30), "draft"),
        ("1", "提升便民服务", "d-commerce", date(2023, 12, 31), "draft"),
        ("2", "完善养老服务", "d-civil", None, "draft"),
    ]
    with world.office.acting(world.office.system("t")) as session:
        joint = set(session.scalars(select(TaskUnit.organisation_id)))
        assert joint == {world.org["east"], world.org["d-commerce"]}


def test_taken_in_again_it_changes_and_does_not_double(world: World) -> None:
    write(world, sheet([*ROWS[1:2], *ROWS[2:]][1:]))
    before = tasks(world)
    assert plan(world, sheet([ROWS[2]])).counts()["same"] == 1
    changed = [(2, "完善养老服务", "建设日间照料中心", "市民政局", "2024年3月底")]
    assert plan(world, sheet(changed)).counts()["update"] == 1
    assert write(world, sheet(changed)) == 0
    assert len(tasks(world)) == len(before) == 1
    assert tasks(world)[0][3] == date(2024, 3, 31)
    with world.office.acting(world.office.system("t")) as session:
        assert session.scalars(select(TaskUnit)).all() == []  # the joint unit is gone


def test_several_measures_of_a_task_keep_their_own(world: World) -> None:
    first = [(1, "任务甲", "措施一", "市民政局", "2023年6月"), (1, "任务甲", "措施二", "市民政局", "2023年6月")]
    write(world, sheet(first))
    second = [(1, "任务甲", "措施零", "市民政局", "2023年5月"), *first]
    found = plan(world, sheet(second))
    assert [(row.measure, row.outcome) for row in found.rows] == [
        ("措施零", "new"),
        ("措施一", "same"),
        ("措施二", "same"),
    ]


def test_what_is_wrong_is_told_with_its_place(world: World) -> None:
    rows = [
        (1, "任务甲", "措施", "市民政厅", "2023年6月底"),
        (2, "任务乙", "措施", "市商务局", "尽快"),
        (3, "", "措施", "市商务局", "6月底前"),
        (4, "任务丁", "措施", "", ""),
    ]
    found = plan(world, sheet(rows))
    told = {(one.row, one.column, one.code) for one in found.problems}
    assert {
        (4, "责任单位", "tasks.ledger_unit"), (5, "完成时限", "tasks.ledger_due"), (6, "title", "tasks.ledger_no_title"),
        (6, "完成时限", "tasks.ledger_year"), (7, "责任单位", "tasks.ledger_no_unit"), (7, "完成时限", "tasks.ledger_no_due"),
    } == {(row, "title" if code.endswith("no_title") else column, code) for row, column, code in told}  # fmt: skip
    unit = next(one for one in found.problems if one.code == "tasks.ledger_unit")
    assert "市民政局" in unit.texts()["todo_zh"]  # what it may have meant
    with pytest.raises(InputError) as problem:
        write(world, sheet(rows))
    assert problem.value.details["count"] == 4
    assert tasks(world) == []  # nothing of it
    rows = [(1, "任务甲", "措施", "市民政厅", "2023年6月底")]
    assert write(world, sheet(rows), units={"市民政厅": world.org["d-civil"]}) == 1


def test_a_district_cannot_import_for_others(world: World) -> None:
    found = plan(world, sheet([(1, "任务甲", "措施", "市民政局", "2023年6月底")]), who="east")
    assert [one.code for one in found.problems] == ["tasks.ledger_scope"]


def test_a_failure_halfway_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from kezhong.office.tasks import importing

    made = importing.make_task
    calls = []

    def fail(*given: Any) -> Task:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError
        return made(*given)

    monkeypatch.setattr(importing, "make_task", fail)
    with pytest.raises(RuntimeError):
        write(world, sheet([(k, f"任务{k}", "", "市民政局", "2023年6月") for k in range(5)]))
    assert tasks(world) == []


def test_issued_at_once(world: World) -> None:
    write(world, sheet([ROWS[2], (9, "任务九", "", "市商务局", "2030年6月")]), issue=True)
    assert [row[4] for row in tasks(world)] == ["draft", "issued"]  # without a deadline it stays a draft
    with world.office.acting(world.office.system("t")) as session:
        assert session.scalar(select(func.count()).select_from(StepTaken)) == 1


def test_csv_in_an_old_encoding(world: World) -> None:
    text = "任务清单,,,,\n序号,主要任务,具体措施,责任单位,完成时限\n1,任务甲,措施,市民政局,2023-06-30\n合计,,,,\n"
    found = plan(world, text.encode("gb18030"), "台账.csv")
    assert found.counts()["new"] == 1
    assert found.ledger.skipped == [(4, "合计")]


def test_headings_of_groups_name_the_circle(world: World) -> None:
    rows = [("二、便民消费圈",), (1, "任务甲", "措施", "市民政局", "2023年6月")]
    found = plan(world, sheet(rows))
    assert found.rows[0].circle == "convenient_consumption"
    assert len(found.rows) == 1


def test_more_columns(world: World) -> None:
    header = (*HEADER, "圈层", "牵头单位", "配合单位", "进展情况")
    rows = [
        (1, "任务甲", "", "市商务局", "2023年6月", "养老服务圈", "市民政局", "各区", "已完成30%"),
        (2, "任务乙", "", "市商务局", "2023年6月", "未来圈", "", "", 0.45),
    ]
    found = plan(world, sheet(rows, header=header))
    assert found.rows[0].lead == world.org["d-civil"]
    assert set(found.rows[0].joint) == {world.org["d-commerce"], world.org["east"], world.org["west"]}
    assert (found.rows[0].circle, found.rows[0].progress) == ("elderly_care", 30)
    assert found.rows[1].progress == 45
    assert [one.code for one in found.problems if one.grave] == ["tasks.ledger_circle"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 broken", "tasks.ledger_kind"), ("a.xls", b"\xd0\xcf\x11\xe0", "tasks.ledger_kind"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "tasks.ledger_no_header"), ("a.csv", b"", "tasks.ledger_no_header"),
        ("a.csv", "序号,主要任务,责任单位\n".encode(), "tasks.ledger_empty"), ("a.csv", b"\xff\xff\xff", "tasks.ledger_kind"),
    ],
)  # fmt: skip
def test_what_is_no_ledger(name: str, content: bytes, code: str) -> None:
    with pytest.raises(InputError) as problem:
        read_ledger(name, content)
    assert problem.value.code == code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023年6月底", "2023-06-30"), ("2023年12月", "2023-12-31"), ("2023-06-30", "2023-06-30"), ("6月底前", "2022-06-30"),
        ("2023年6月30日前", "2023-06-30"), ("2023.6.30", "2023-06-30"), ("年底前", "2022-12-31"), ("2024年2月", "2024-02-29"),
        ("2023年第二季度", "2023-06-30"), ("上半年", "2022-06-30"), ("2023年3月-12月", "2023-12-31"), (45107, "2023-06-30"),
        ("2022年3月至2023年6月底", "2023-06-30"), ("2023年6月中旬", "2023-06-20"), ("３月31日前报", "2022-03-31"),
        ("2023年6月，长期坚持", "2023-06-30"),
    ],
)  # fmt: skip
def test_deadlines(text: Any, day: str) -> None:
    found = read_deadline(text, 2022)
    assert found is not None
    assert found.day == date.fromisoformat(day)


def test_deadlines_that_are_none() -> None:
    assert read_deadline("长期坚持", 2022) == Deadline(None, endless=True)
    assert read_deadline("", 2022) == Deadline(None)
    for text in ("尽快", "2023年2月30日", "2023年13月", "第五季度", "99999999"):
        assert read_deadline(text, 2022) is None


def test_units_in_a_cell() -> None:
    assert split_units("市民政局、市商务局,海勃湾区；海南区/乌达区\n 市教育局 ") == [
        "市民政局", "市商务局", "海勃湾区", "海南区", "乌达区", "市教育局",
    ]  # fmt: skip


def test_the_export_is_what_is_shown_and_can_be_read_back(world: World) -> None:
    write(world, sheet([ROWS[2], (7, "+1+1", "@x", "市商务局", "2023年6月底")]))
    with world.office.acting(world.actor("office")) as session:
        rows = listing.all_rows(session, Question(), "code")
        content = exporting.workbook(rows, city="试验市", programme="试验方案", filters=["红灯"], total=len(rows))
    page = load_workbook(io.BytesIO(content)).active
    assert page is not None
    assert [page.cell(4, k).value for k in range(1, 6)] == list(HEADER)
    assert "红灯" in str(page["A3"].value)
    assert (page["B6"].value, page["B6"].data_type) == ("+1+1", "s")  # no formula
    assert page["E6"].value.date() == date(2023, 6, 30)
    again = plan(world, content, "导出.xlsx")
    assert again.errors == 0
    assert [row.outcome for row in again.rows] == ["same", "same"]
