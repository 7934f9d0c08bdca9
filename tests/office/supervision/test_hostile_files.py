"""Files from anywhere: nothing in them is believed, and the order of rows does not matter."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import DispatchSheet
from kezhong.office.secrets import derive
from kezhong.office.supervision import rounds, sheets
from kezhong.office.supervision.forms import FORMS, MONTHLY
from kezhong.office.supervision.reading import check_container, open_file, read_rows
from kezhong.office.supervision.values import Written, parse
from kezhong.office.supervision.workbook import Cover, write_sheet
from office_world import World
from supervision_world import NOW, add_task, column, fill_in, opened, saved

KEYS = derive(b"files" * 10)
ROWS = [
    {
        "row": f"T{n}", "kind": "task", "id": n, "version": 1, "code": f"T-{n:02d}", "title": f"任务{n}", "measure": "措施",
        "due": "2022-12-15", "progress": 10, "light": "green", "state": "in_progress",
    }
    for n in range(12)
]  # fmt: skip
COVER = Cover(7, 3, 5, "aa" * 16, "方案", "东区", "2022-11", "2022年11月", "2022-11-30 24:00")


def made() -> bytes:
    return write_sheet(KEYS, MONTHLY, COVER, ROWS, {})


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def code_of(content: bytes) -> str:
    with pytest.raises(InputError) as refused:
        open_file(KEYS, content)
    return refused.value.code


def shuffled(content: bytes, order: list[int]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    rows = [[(cell.value, cell.data_type) for cell in row] for row in page.iter_rows(min_row=7, max_row=6 + len(ROWS))]
    for place, which in enumerate(order):
        for at, (value, kind) in enumerate(rows[which], 1):
            page.cell(7 + place, at).value = value
            page.cell(7 + place, at).data_type = kind
    return saved(book)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(len(ROWS))), st.randoms(use_true_random=False))
def test_any_order_of_rows_says_the_same(order: list[int], chance: random.Random) -> None:
    values = {
        row["code"]: {
            "本期进度(%)": chance.choice([None, 20, "60%", "三成"]),
            "进展情况": chance.choice([None, "好", "=x"]),
        }
        for row in ROWS
    }
    values = {code: {name: f"'{v}" if v == "=x" else v for name, v in of.items()} for code, of in values.items()}
    content = fill_in(made(), values)
    straight = read_rows(open_file(KEYS, content), ROWS)
    mixed = read_rows(open_file(KEYS, shuffled(content, order)), ROWS)
    assert mixed.replies == straight.replies
    assert [(p.code, p.row, p.field) for p in mixed.problems] == [(p.code, p.row, p.field) for p in straight.problems]


def test_rows_added_removed_doubled_and_known_cells_altered() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    page = book.worksheets[0]
    page.cell(7, column(page, "主要任务")).value = "改过的任务"
    page.cell(7, column(page, "上期进度(%)")).value = 99
    page.cell(20, column(page, "主要任务")).value = "新增任务"
    for at in range(1, 17):
        page.cell(21, at).value = page.cell(8, at).value
    page.delete_rows(18)
    read = read_rows(open_file(KEYS, saved(book)), ROWS)
    assert sorted(p.code for p in read.problems) == [
        "dispatch.known_altered", "dispatch.known_altered", "dispatch.row_added", "dispatch.row_missing",
        "dispatch.row_twice",
    ]  # fmt: skip
    assert len(read.replies) == len(ROWS)


def test_the_key_may_be_lost_where_the_code_is_there() -> None:
    book = openpyxl.load_workbook(io.BytesIO(fill_in(made(), {"T-03": {"本期进度(%)": 44}})))
    page = book.worksheets[0]
    page.delete_cols(column(page, "行号"))
    read = read_rows(open_file(KEYS, saved(book)), ROWS)
    assert read.replies[3]["progress"] == 44
    assert read.problems == []


def test_without_heading() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    book.worksheets[0].delete_rows(6)
    stated = open_file(KEYS, saved(book))
    with pytest.raises(InputError, match="表头"):
        read_rows(stated, ROWS)


def test_foreign_and_altered_files() -> None:
    book = openpyxl.Workbook()
    assert code_of(saved(book)) == "dispatch.not_our_file"
    for cell, value in (("B3", "8"), ("B8", "bb" * 16), ("B9", "0" * 64)):
        altered = openpyxl.load_workbook(io.BytesIO(made()))
        altered["_kezhong"][cell].value = value
        assert code_of(saved(altered)) == "dispatch.seal_broken"
    altered = openpyxl.load_workbook(io.BytesIO(made()))
    altered["_kezhong"]["C12"].value = "9"  # the version of a row
    assert code_of(saved(altered)) == "dispatch.seal_broken"
    with pytest.raises(InputError) as other:
        open_file(derive(b"another office" * 5), made())
    assert other.value.code == "dispatch.seal_broken"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\xd0\xcf\x11\xe0" + b"\0" * 600, b"\xff" * 900])
def test_no_workbook(content: bytes) -> None:
    assert code_of(content) == "dispatch.not_workbook"


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_bombs_are_not_unpacked() -> None:
    assert code_of(zipped(**{"xl/worksheets/sheet1.xml": b"\0" * (60 * 1024 * 1024)})) == "dispatch.too_big"
    assert code_of(zipped(**{f"a{n}.xml": b"x" for n in range(300)})) == "dispatch.too_big"
    assert code_of(b"P" * (2 * 1024 * 1024)) == "dispatch.too_big"
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert code_of(zipped(**{"xl/workbook.xml": entity})) == "dispatch.not_workbook"
    assert code_of(zipped(**{"xl/vbaProject.bin": b"x"})) == "dispatch.not_workbook"


def test_a_page_formatted_to_its_last_row_is_read_in_no_time() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    book.worksheets[0].cell(1_000_000, 3).value = "x"
    assert len(open_file(KEYS, saved(book)).grid) <= 5001


def test_bytes_changed_anywhere_are_an_error_of_ours_or_read() -> None:
    chance, content = random.Random(4), made()
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(chance.choice([1, 3, 30])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with contextlib.suppress(InputError):  # anything else is ours and fails
            read_rows(open_file(KEYS, bytes(broken)), ROWS)


def test_a_text_stays_a_text_after_two_round_trips() -> None:
    once = fill_in(made(), {"T-00": {"进展情况": "'=cmd|' /C calc'!A0"}, "T-01": {"进展情况": "'-1"}})
    replies = read_rows(open_file(KEYS, once), ROWS).replies
    again = write_sheet(KEYS, MONTHLY, COVER, ROWS, {reply["row"]: reply for reply in replies})
    assert read_rows(open_file(KEYS, again), ROWS).replies == replies
    assert replies[0]["situation"].startswith("=cmd")
    book = openpyxl.load_workbook(io.BytesIO(again))
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_a_formula_in_a_text_is_said() -> None:
    read = read_rows(open_file(KEYS, fill_in(made(), {"T-00": {"进展情况": "=1+1"}})), ROWS)
    assert [p.code for p in read.problems] == ["dispatch.formula"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("６０％", 60), (" 60 % ", 60), (60, 60), (60.0, 60), (True, "number_wanted"), ("1e2", "number_wanted"),
        (float("nan"), "number_wanted"), (-1, "out_of_range"), ("100.4", "out_of_range"), ("99.5", 100), (1, 1), (0, 0),
        ("", None), (None, None), ("1,00", 100),
    ],
)  # fmt: skip
def test_numbers(value: object, wanted: object) -> None:
    parsed = parse(MONTHLY.column("progress"), Written(value))
    assert (parsed.problem.removeprefix("dispatch.") or parsed.value) == wanted


@pytest.mark.parametrize("value", ["2022-12-31", "2022/12/31", "2022.12.31", "2022年12月31日", "２０２２-12-31"])
def test_days(value: str) -> None:
    assert parse(FORMS["half_year"].column("order_due"), Written(value)).value == "2022-12-31"


def test_no_day() -> None:
    for value in ("2022-02-30", "年底", 45):
        assert parse(FORMS["half_year"].column("order_due"), Written(value)).problem == "dispatch.day_wanted"


def test_a_wrong_nonce_is_superseded(world: World) -> None:
    add_task(world, "east", "E-1")
    ids = opened(world)
    with world.office.acting(world.actor("east")) as session:
        content = rounds.sheet_file(session, session.one(DispatchSheet, ids["east"]))[1]
    with world.office.acting(world.office.system("test")) as session:
        session.get(DispatchSheet, ids["east"]).nonce = "cc" * 16
    with pytest.raises(InputError) as refused, world.office.acting(world.actor("east")) as session:
        sheets.read_sheet(session, content)
    assert refused.value.code == "dispatch.superseded"


def test_a_plain_file_passes() -> None:
    check_container(made())
