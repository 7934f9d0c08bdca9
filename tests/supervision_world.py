"""Things to dispatch and to appraise, in the small office."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import openpyxl

from kezhong.office.models import DispatchSheet, Organisation, StepTaken, Submission, Task
from kezhong.office.supervision.reading import open_file
from kezhong.office.supervision.rounds import open_round
from office_world import World

#: A working Friday; rounds of these tests are for November 2022.
NOW = datetime(2022, 11, 25, 2, 0, tzinfo=UTC)
DUE = date(2022, 11, 30)


def place(world: World, session: Any, org: str) -> dict[str, Any]:
    """The scope of a unit's row."""
    unit = session.get(Organisation, world.org[org])
    return {
        "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path,
        "department": unit.department,
    }  # fmt: skip


def add_task(world: World, org: str, code: str, **values: Any) -> int:
    """A task of a unit, in progress unless said otherwise."""
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        due = values.pop("due_on", date(2022, 12, 15))
        fields = {
            "title": f"任务 {code}", "measure": "建设一处便民设施", "level": unit.level, "state": "in_progress",
            "starts_on": date(2022, 3, 1), "due_on": due,
            "due_at": None if due is None else datetime(due.year, due.month, due.day, 16, tzinfo=UTC),
        }  # fmt: skip
        task = Task(programme_id=world.programme, code=code, **{**fields, **values}, **place(world, session, org))
        session.add(task)
        session.flush()
        return task.id


def add_submission(world: World, org: str, code: str, **values: Any) -> int:
    """A paper that is due from a unit."""
    with world.office.acting(world.office.system("test")) as session:
        fields = {
            "name": f"材料 {code}", "kind": "work_plan", "due_on": date(2022, 12, 1),
            "due_at": datetime(2022, 12, 1, 16, tzinfo=UTC), "state": "due",
        }  # fmt: skip
        row = Submission(programme_id=world.programme, code=code, **{**fields, **values}, **place(world, session, org))
        session.add(row)
        session.flush()
        return row.id


def add_step(world: World, kind: str, key: int, transition: str, at: datetime, org: str) -> None:
    """A step that was taken some time."""
    with world.office.acting(world.office.system("test")) as session:
        step = StepTaken(
            object_kind=kind, object_id=key, transition=transition, before="", after="", at=at, reason="",
            **place(world, session, org),
        )  # fmt: skip
        session.add(step)


def opened(world: World, **options: Any) -> dict[str, int]:
    """A monthly round of November 2022: ids of its sheets by unit code."""
    with world.office.acting(world.actor("office")) as session:
        round_ = open_round(session, world.programme, "monthly", "2022-11", DUE, **options)
        by_id = {key: code for code, key in world.org.items()}
        sheets = session.query(DispatchSheet).filter(DispatchSheet.round_id == round_.id)
        return {"round": round_.id, **{by_id[sheet.org_id]: sheet.id for sheet in sheets}}


def column(page: Any, heading: str) -> int:
    """Number of a column by its heading."""
    return next(cell.column for cell in page[6] if cell.value == heading)


def fill_in(content: bytes, values: Mapping[str, Mapping[str, Any]], *, whole: str = "") -> bytes:
    """What somebody at a desk does with a file: values by code and heading."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    code = column(page, "编号")
    for row in range(7, page.max_row + 1):
        for heading, value in values.get(str(page.cell(row, code).value), {}).items():
            cell = page.cell(row, column(page, heading))
            if isinstance(value, tuple):
                cell.value, cell.number_format = value
            elif isinstance(value, str) and value.startswith("'"):
                cell.value = value[1:]
                cell.data_type = "s"
            else:
                cell.value = value
    if whole:
        page.cell(4, 4).value = whole
    return saved(book)


def saved(book: Any) -> bytes:
    """A workbook as bytes."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


__all__ = [
    "DUE", "NOW", "add_step", "add_submission", "add_task", "column", "fill_in", "open_file", "opened", "place", "saved",
]  # fmt: skip
