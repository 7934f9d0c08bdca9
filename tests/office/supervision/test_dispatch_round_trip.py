"""Monthly dispatch: out as a workbook, filled in anywhere, read back, accepted into the tasks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import IllegalStepError
from kezhong.office.models import DispatchRound, DispatchSheet, Notice, Project, Task
from kezhong.office.supervision import rounds, sheets
from kezhong.office.supervision.problems import Severity
from office_world import World
from supervision_world import NOW, add_submission, add_task, fill_in, opened, place


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def file_of(world: World, name: str, sheet: int) -> bytes:
    with world.office.acting(world.actor(name)) as session:
        return rounds.sheet_file(session, session.one(DispatchSheet, sheet))[1]


def read(world: World, name: str, content: bytes, expected: int | None = None) -> sheets.Preview:
    with world.office.acting(world.actor(name)) as session:
        return sheets.read_sheet(session, content, expected)


def hand_in(world: World, name: str, content: bytes) -> DispatchSheet:
    with world.office.acting(world.actor(name)) as session:
        preview = sheets.read_sheet(session, content)
        return sheets.fill_sheet(
            session, preview.sheet.id, preview.replies, summary=preview.summary, problems_text=preview.problems_text
        )


def accept(world: World, sheet: int, decisions: dict[str, str] | None = None, name: str = "office") -> DispatchSheet:
    with world.office.acting(world.actor(name)) as session:
        return sheets.accept_sheet(session, sheet, decisions)


def task(world: World, key: int) -> Task:
    with world.office.acting(world.office.system("test")) as session:
        return session.get(Task, key)


def codes(preview: sheets.Preview, severity: Severity | None = None) -> list[str]:
    return [p.code for p in preview.problems if severity is None or p.severity is severity]


def test_one_sheet_a_unit_that_leads_something_open(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "d-civil", "C-1")
    add_task(world, "west", "W-1", state="closed")
    add_task(world, "community-150301001001", "K-1", state="issued")
    add_submission(world, "d-commerce", "B-1")
    found = opened(world)
    assert found.keys() == {"round", "east", "d-civil", "d-commerce", "community-150301001001"}
    with pytest.raises(ConflictError, match="2022年11月"):
        opened(world)


def test_levels_below_can_be_left_in_peace(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "community-150301001001", "K-1")
    assert opened(world, levels=("city", "district")).keys() == {"round", "east"}


def test_only_the_office_sends(world: World) -> None:
    add_task(world, "east", "E-1")
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("east")) as session:
        rounds.open_round(session, world.programme, "monthly", "2022-11", date(2022, 11, 30))


@pytest.mark.parametrize("period", ["2022-13", "2022Q1", "十一月", "2022-11-01", ""])
def test_a_period_of_another_kind_is_refused(world: World, period: str) -> None:
    with pytest.raises(InputError), world.office.acting(world.actor("office")) as session:
        rounds.open_round(session, world.programme, "monthly", period, date(2022, 11, 30))


def test_round_trip(world: World) -> None:
    first = add_task(world, "east", "E-1", progress=20)
    second = add_task(world, "east", "E-2", progress=10)
    third = add_task(world, "east", "E-3", progress=30)
    ids = opened(world)
    content = fill_in(
        file_of(world, "east", ids["east"]),
        {
            "E-1": {
                "本期进度(%)": 60,
                "进展情况": "主体完工",
                "存在问题": "缺资金",
                "下步措施": "申请",
                "需协调事项": "财政",
            },
            "E-2": {"本期进度(%)": 100, "是否完成": "是", "进展情况": "已投入使用"},
        },
        whole="总体顺利",
    )
    preview = read(world, "east", content)
    assert preview.ready
    assert [(c["code"], c["before"], c["after"], c["done"]) for c in preview.changes] == [
        ("E-1", 20, 60, False),
        ("E-2", 10, 100, True),
    ]
    sheet = hand_in(world, "east", content)
    assert (sheet.state, sheet.summary) == ("filled", "总体顺利")
    assert task(world, first).progress == 20  # nothing is taken over before it is accepted
    accepted = accept(world, ids["east"])
    assert accepted.state == "accepted"
    assert (task(world, first).progress, task(world, first).progress_note) == (60, "主体完工")
    assert (task(world, second).progress, task(world, second).state) == (100, "reported")
    assert task(world, third).progress == 30
    assert [row["outcome"] for row in accepted.written] == ["written", "written"]
    # the same file read again changes nothing
    version = accepted.version
    again = read(world, "east", content)
    assert again.same
    assert hand_in(world, "east", content).version == version
    assert accept(world, ids["east"]).version == version


def test_a_unit_does_not_accept_its_own_sheet(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "community-150301001001", "K-1")
    ids = opened(world)
    hand_in(world, "east", fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 5}}))
    with pytest.raises(PermissionDeniedError):
        accept(world, ids["east"], name="east")
    with pytest.raises(NotFoundError):  # at the door it is 403 already
        accept(world, ids["east"], name="civil")
    below = ids["community-150301001001"]
    hand_in(world, "community", fill_in(file_of(world, "community", below), {"K-1": {"本期进度(%)": 5}}))
    assert accept(world, below, name="east").state == "accepted"


def test_other_units_neither_read_nor_fill(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "west", "W-1")
    ids = opened(world)
    east = file_of(world, "east", ids["east"])
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        session.one(DispatchSheet, ids["east"])
    with pytest.raises(InputError) as refused:
        read(world, "west", east)
    assert refused.value.code == "dispatch.other_unit"
    with pytest.raises(InputError) as wrong:
        read(world, "office", east, expected=ids["west"])
    assert wrong.value.code == "dispatch.wrong_sheet"
    with world.office.acting(world.actor("west")) as session:
        assert [standing.unit.id for standing in rounds.overview(session, ids["round"])] == [world.org["west"]]
        name, content = rounds.round_files(session, ids["round"])
        assert name.endswith(".zip")
        assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 1


def test_going_back_asks_for_a_reason(world: World) -> None:
    key = add_task(world, "east", "E-1", progress=70)
    ids = opened(world)
    blank = file_of(world, "east", ids["east"])
    assert codes(read(world, "east", fill_in(blank, {"E-1": {"本期进度(%)": 50}}))) == ["dispatch.progress_back"]
    with pytest.raises(InputError, match="低于上期"):
        hand_in(world, "east", fill_in(blank, {"E-1": {"本期进度(%)": 50}}))
    hand_in(world, "east", fill_in(blank, {"E-1": {"本期进度(%)": 50, "进度回退原因": "返工"}}))
    accept(world, ids["east"])
    assert task(world, key).progress == 50


def test_what_people_write_into_the_number(world: World) -> None:
    for number in range(9):
        add_task(world, "east", f"E-{number}")
    ids = opened(world)
    content = fill_in(
        file_of(world, "east", ids["east"]),
        {
            "E-0": {"本期进度(%)": "６０"},
            "E-1": {"本期进度(%)": "60%"},
            "E-2": {"本期进度(%)": (0.6, "0%")},
            "E-3": {"本期进度(%)": 0.6},
            "E-4": {"本期进度(%)": "约六成"},
            "E-5": {"本期进度(%)": 120},
            "E-6": {"本期进度(%)": "=50+10"},
            "E-7": {"本期进度(%)": 62.5},
            "E-8": {"本期进度(%)": "'=1+1"},
        },
    )
    preview = read(world, "east", content)
    assert [reply["progress"] for reply in preview.replies] == [
        60, 60, 60, 60, "约六成", "120", "=50+10", 63, "=1+1",
    ]  # fmt: skip
    assert codes(preview) == [
        "dispatch.share_read", "dispatch.number_wanted", "dispatch.out_of_range", "dispatch.formula", "dispatch.rounded",
        "dispatch.number_wanted",
    ]  # fmt: skip
    told = preview.problems[1].told()
    assert "约六成" in told["zh"]
    assert told["place"] == "I11"
    with pytest.raises(InputError) as refused:
        hand_in(world, "east", content)
    assert (refused.value.code, refused.value.details["count"]) == ("dispatch.has_errors", 4)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"是否完成": "是", "本期进度(%)": 80, "进展情况": "好"}, "dispatch.done_not_full"),
        ({"是否完成": "是", "本期进度(%)": 100}, "dispatch.done_without_text"),
        ({"是否完成": "差不多", "本期进度(%)": 90}, "dispatch.choice_wanted"),
        ({"本期进度(%)": 100, "进展情况": "好"}, "dispatch.full_not_done"),
    ],
)
def test_done_must_be_whole(world: World, values: dict[str, Any], code: str) -> None:
    add_task(world, "east", "E-1")
    ids = opened(world)
    assert codes(read(world, "east", fill_in(file_of(world, "east", ids["east"]), {"E-1": values}))) == [code]


def test_a_task_that_changed_meanwhile_is_decided_row_by_row(world: World) -> None:
    first, second = add_task(world, "east", "E-1", progress=10), add_task(world, "east", "E-2", progress=10)
    ids = opened(world)
    content = fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 30}, "E-2": {"本期进度(%)": 30}})
    with world.office.acting(world.actor("east")) as session:
        session.one(Task, first, Permission.HANDLE_TASK).progress = 55
        session.one(Task, second, Permission.HANDLE_TASK).progress = 25
    preview = read(world, "east", content)
    assert codes(preview) == ["dispatch.changed_meanwhile"] * 2
    assert "10% → 55%" in preview.problems[0].told()["zh"]
    assert preview.ready
    hand_in(world, "east", content)
    with pytest.raises(ConflictError) as undecided:
        accept(world, ids["east"])
    assert undecided.value.details["rows"] == [f"T{first}", f"T{second}"]
    assert task(world, second).progress == 25
    sheet = accept(world, ids["east"], {f"T{first}": "skip", f"T{second}": "take"})
    assert (task(world, first).progress, task(world, second).progress) == (55, 30)
    assert [row["outcome"] for row in sheet.written] == ["skipped", "written"]
    assert sheet.replies[0]["progress"] == 30  # what was said stays in the sheet


def test_a_light_is_no_conflict(world: World) -> None:
    key = add_task(world, "east", "E-1")
    ids = opened(world)
    with world.office.acting(world.office.system("clock")) as session:
        session.get(Task, key).light = "red"
    assert codes(read(world, "east", fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 3}}))) == []


def test_closed_or_given_away_meanwhile(world: World) -> None:
    closed, given = add_task(world, "east", "E-1"), add_task(world, "east", "E-2")
    ids = opened(world)
    content = fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 9}, "E-2": {"本期进度(%)": 9}})
    with world.office.acting(world.office.system("test")) as session:
        session.get(Task, closed).state = "closed"
        moved = session.get(Task, given)
        for name, value in place(world, session, "west").items():
            setattr(moved, name, value)
    assert codes(read(world, "east", content)) == ["dispatch.closed_meanwhile", "dispatch.gone_meanwhile"]
    hand_in(world, "east", content)
    assert [row["outcome"] for row in accept(world, ids["east"]).written] == ["not_open", "not_open"]
    assert (task(world, closed).progress, task(world, given).progress) == (0, 0)


def test_all_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add_task(world, "east", "E-1")
    add_task(world, "east", "E-2")
    ids = opened(world)
    hand_in(
        world,
        "east",
        fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 30}, "E-2": {"本期进度(%)": 30}}),
    )
    real = sheets.write_reply

    def fails_on_the_second(session: Any, row: Any, reply: Any, in_name: Any) -> Any:
        if row["code"] == "E-2":
            raise InputError("steps.bad_date", column="due", value="x", expected="y")
        return real(session, row, reply, in_name)

    monkeypatch.setattr(sheets, "write_reply", fails_on_the_second)
    with pytest.raises(ConflictError, match="E-2"):
        accept(world, ids["east"])
    assert task(world, first).progress == 0


def test_papers_take_texts_and_projects_progress(world: World) -> None:
    add_submission(world, "east", "B-1")
    with world.office.acting(world.office.system("test")) as session:
        row = Project(
            programme_id=world.programme, code="P-1", name="社区食堂", state="building", **place(world, session, "east")
        )
        session.add(row)
        session.flush()
        project = row.id
    ids = opened(world)
    content = fill_in(
        file_of(world, "east", ids["east"]),
        {"B-1": {"本期进度(%)": 50, "进展情况": "起草中"}, "P-1": {"本期进度(%)": 45}},
    )
    preview = read(world, "east", content)
    assert codes(preview) == ["dispatch.not_for_row"]
    hand_in(world, "east", content)
    assert [row["outcome"] for row in accept(world, ids["east"]).written] == ["text_only", "written"]
    with world.office.acting(world.office.system("test")) as session:
        assert session.get(Project, project).progress == 45


def test_returned_and_handed_in_again(world: World) -> None:
    key = add_task(world, "east", "E-1")
    ids = opened(world)
    blank = file_of(world, "east", ids["east"])
    first = fill_in(blank, {"E-1": {"本期进度(%)": 10}})
    hand_in(world, "east", first)
    with pytest.raises(ConflictError) as other:
        hand_in(world, "east", fill_in(blank, {"E-1": {"本期进度(%)": 20}}))
    assert other.value.code == "dispatch.already_filled"
    with world.office.acting(world.actor("office")) as session:
        sheet = sheets.return_sheet(session, ids["east"], "请补充", due=date(2022, 12, 5))
    assert (sheet.state, sheet.returns, sheet.due_on) == ("returned", 1, date(2022, 12, 5))
    hand_in(world, "east", fill_in(blank, {"E-1": {"本期进度(%)": 20}}))
    accept(world, ids["east"])
    assert task(world, key).progress == 20
    with world.office.acting(world.actor("office")) as session:
        sheets.return_sheet(session, ids["east"], "有误", due=date(2022, 12, 9))
    with pytest.raises(InputError) as superseded:
        read(world, "east", blank)
    assert superseded.value.code == "dispatch.superseded"
    new = fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 40}})
    assert codes(read(world, "east", new)) == []
    hand_in(world, "east", new)
    accept(world, ids["east"])
    assert task(world, key).progress == 40


def test_late_is_by_the_first_reply(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "west", "W-1")
    ids = opened(world)
    hand_in(world, "east", fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 10}}))
    with (
        clock.frozen(datetime(2022, 11, 30, 15, 59, tzinfo=NOW.tzinfo)),
        world.office.acting(world.actor("office")) as session,
    ):
        assert [standing.late for standing in rounds.overview(session, ids["round"])] == [False, False]
    with clock.frozen(NOW + timedelta(days=10)), world.office.acting(world.actor("office")) as session:
        assert [standing.late for standing in rounds.overview(session, ids["round"])] == [False, True]


def test_reminded_once_a_day(world: World) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "west", "W-1")
    ids = opened(world)
    hand_in(world, "east", fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 10}}))
    with world.office.acting(world.actor("office")) as session:
        assert len(rounds.remind(session, ids["round"])) == 1
        rounds.remind(session, ids["round"])
    with world.office.acting(world.office.system("test")) as session:
        told = session.query(Notice).filter(Notice.kind == "reminded")
        assert [notice.person_id for notice in told] == [world.person["west"]]


def test_a_closed_round_takes_nothing(world: World) -> None:
    add_task(world, "east", "E-1")
    ids = opened(world)
    content = fill_in(file_of(world, "east", ids["east"]), {"E-1": {"本期进度(%)": 10}})
    with world.office.acting(world.actor("office")) as session:
        rounds.close_round(session, ids["round"])
    with pytest.raises(ConflictError) as closed:
        hand_in(world, "east", content)
    assert closed.value.code == "dispatch.round_closed"


def test_the_office_types_in_what_came_by_message(world: World) -> None:
    key = add_task(world, "east", "E-1")
    ids = opened(world)
    hand_in(world, "office", fill_in(file_of(world, "office", ids["east"]), {"E-1": {"本期进度(%)": 10}}))
    accept(world, ids["east"])
    assert task(world, key).progress == 10


def test_a_sheet_that_was_not_filled_in_cannot_be_accepted(world: World) -> None:
    add_task(world, "east", "E-1")
    ids = opened(world)
    with pytest.raises(IllegalStepError):
        accept(world, ids["east"])


def test_locked_cells_lists_and_print(world: World) -> None:
    add_task(world, "east", "E-1", title='=HYPERLINK("http://x")', measure="-1+2", due_on=None)
    ids = opened(world)
    book = openpyxl.load_workbook(io.BytesIO(file_of(world, "east", ids["east"])))
    page = book.worksheets[0]
    assert book["_kezhong"].sheet_state == "veryHidden"
    assert page.protection.sheet
    assert page.freeze_panes == "E7"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    title, progress = page["D7"], page["I7"]
    assert (title.data_type, title.value) == ("s", '=HYPERLINK("http://x")')
    assert title.protection.locked
    assert not progress.protection.locked
    assert {rule.type for rule in page.data_validations.dataValidation} == {"whole", "textLength", "list"}
    assert "截止时间：2022-11-30 24:00" in page["A2"].value
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_half_year_checks_rest_on_rows(world: World) -> None:
    add_task(world, "east", "E-1", due_on=date(2022, 9, 1), light="red")
    add_task(world, "east", "E-2", due_on=date(2022, 10, 1), state="closed_unmeasured")
    with world.office.acting(world.actor("office")) as session:
        round_ = rounds.open_round(session, world.programme, "half_year", "2022H2", date(2022, 12, 20))
        sheet = next(
            one.sheet for one in rounds.overview(session, round_.id, whole=True) if one.unit.id == world.org["east"]
        )
        assert [row["code"] for row in sheet.rows] == ["overdue", "red", "insufficient", "residents", "burden"]
        assert sheet.rows[0]["refs"][0]["code"] == "E-1"
        content = rounds.sheet_file(session, sheet)[1]
    filled = fill_half_year(content)
    preview = read(world, "office", filled)
    assert codes(preview) == ["dispatch.finding_without_text"]
    with world.office.acting(world.actor("office")) as session:
        replies = [{**reply, "order": "限期整改"} if reply["finding"] == "not" else reply for reply in preview.replies]
        sheets.fill_sheet(session, sheet.id, replies)
        done = sheets.accept_sheet(session, sheet.id)
    assert done.replies[0] == {
        "row": "C-overdue", "finding": "not", "situation": "未动工", "order": "限期整改", "order_due": "2022-12-31",
    }  # fmt: skip


def fill_half_year(content: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[6]}
    page.cell(7, head["检查结果"]).value = "不符合"
    page.cell(7, head["检查情况"]).value = "未动工"
    page.cell(7, head["整改时限"]).value = "2022.12.31"
    page.cell(8, head["检查结果"]).value = "未检查"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_bulletin_counts_rows_and_ranks_nobody(world: World) -> None:
    add_task(world, "east", "E-1", due_on=date(2022, 11, 1))
    add_task(world, "community-150301001001", "K-1", due_on=date(2022, 11, 1), state="measured_met")
    add_task(world, "d-civil", "C-1", due_on=date(2022, 12, 30))
    with world.office.acting(world.actor("office")) as session:
        round_ = rounds.open_round(session, world.programme, "quarterly", "2022Q4", date(2022, 12, 31))
        assert isinstance(round_, DispatchRound)
        units = {unit["name"]: unit["figures"] for unit in round_.content["units"]}
    east = next(figures for name, figures in units.items() if "东" in name or figures["due"] == 2)
    assert (east["due"], east["done"], east["overdue"], east["measured_met"]) == (2, 1, 1, 1)
    assert units["市民政局"]["due"] == 1


def test_progress_of_a_part_moves_the_whole_and_its_light(world: World) -> None:
    whole = add_task(world, "east", "E-1")
    part = add_task(world, "street-150301001", "K-1", parent_id=whole, state="issued", light="red")
    ids = opened(world)
    sheet = ids["street-150301001"]
    hand_in(world, "street", fill_in(file_of(world, "street", sheet), {"K-1": {"本期进度(%)": 97, "进展情况": "快了"}}))
    accept(world, sheet)
    assert (task(world, part).state, task(world, part).progress) == ("in_progress", 97)
    assert task(world, part).light == "green"
    assert task(world, whole).progress == 97
    east = fill_in(file_of(world, "east", ids["east"]), {"E-1": {"存在问题": "无"}})
    assert codes(read(world, "east", east)) == ["dispatch.changed_meanwhile"]  # though its version did not move


def test_what_waits_for_others_is_not_asked_for(world: World) -> None:
    add_task(world, "east", "E-1", state="reported")
    add_task(world, "east", "E-2", state="refused")
    add_submission(world, "east", "B-1", state="submitted")
    add_task(world, "west", "W-1")
    assert opened(world).keys() == {"round", "west"}
