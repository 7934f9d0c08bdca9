"""What is opened from a row of the shortfall list (短板清单): a project or a task, with the row as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Area, Organisation, Pilot, Programme, Task, TaskUnit
from kezhong.office.programme.numbers import next_id, stage_now
from kezhong.office.programme.places import acting_unit, area_of, place_of, unit_for_line, unit_of
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

#: How a shortfall names the government of the area's district.
_GOVERNMENT = ("区政府", "区人民政府", "旗县区政府", "属地政府")


@dataclass(frozen=True, slots=True)
class Opened:
    """A shortfall as it was, with where it lies and whose it is."""

    document: dict[str, Any]
    area: Area
    unit: Organisation | None  # 责任单位: the line's unit at the area's district, else at the city
    lead: Organisation | None  # 牵头单位

    @property
    def title(self) -> str:
        """What a task or a project is called if nobody says otherwise."""
        return f"{self.area.name}补齐{self.document['element_zh']}"

    @property
    def measure(self) -> str:
        """The gap and the kinds of remedy, in words."""
        names = {one.id: one.zh for one in load_catalogue().remedies.values()}
        remedies = "、".join(names.get(one, one) for one in str(self.document.get("remedies") or "").split(";") if one)
        gap = str(self.document.get("gap_zh") or "")
        return f"{gap}；可选方式：{remedies}" if remedies else gap

    def project_values(self) -> dict[str, Any]:
        """What a project takes over."""
        row = self.document
        return {
            "circle": row["circle"],
            "element": row["element"],
            "remedy": (str(row.get("remedies") or "").split(";") or [""])[0] or None,
            "lon": row.get("lon"),
            "lat": row.get("lat"),
            "expected_people": row.get("people_affected"),
        }


def read_shortfall(session: OfficeSession, reader: FigureReader, run_id: str, shortfall_id: str) -> Opened:
    """A row of a run's list, by its id.

    Raises
    ------
    NotFoundError
        No such run, row, or area in the office.
    """
    row = reader.run(run_id).shortfall(shortfall_id)
    if row is None:
        raise NotFoundError("programme.no_shortfall", value=shortfall_id, run=run_id)
    area = area_of(session, str(row["area_code"]))
    unit = _unit(session, row.get("responsible_department"), area) or _unit(session, row.get("lead_department"), area)
    lead = _unit(session, row.get("lead_department"), area)
    return Opened({**row, "run_id": run_id, "taken_at": clock.stamp()}, area, unit, lead)


def open_task(
    session: OfficeSession,
    reader: FigureReader,
    shortfall_id: str,
    *,
    programme_id: int,
    run_id: str,
    due_on: date | None = None,
    org_id: int | None = None,
    title: str = "",
    measure: str = "",
    pilot_id: int | None = None,
) -> Task:
    """A draft task from a shortfall; its lead is the responsible department's unit, the lead department joins in.

    Raises
    ------
    ConflictError
        A task of the programme is open for this row.
    InputError
        No unit of that line: name one.
    NotFoundError, PermissionDeniedError
        As usual.
    """
    programme = session.one(Programme, programme_id)
    found = read_shortfall(session, reader, run_id, shortfall_id)
    _no_open_task(session, programme.id, shortfall_id)
    unit = unit_of(session, org_id) if org_id else found.unit
    if unit is None:
        names = f"{found.document.get('responsible_department')}、{found.document.get('lead_department')}"
        raise InputError("programme.no_line_unit", column="org_id", value=names)
    if pilot_id is not None and session.one(Pilot, pilot_id).programme_id != programme.id:
        raise InputError("programme.other_programme", column="pilot_id", value=pilot_id)
    task = Task(
        programme_id=programme.id, stage_id=stage_now(session, programme.id), code=f"DB{next_id(session, Task):06d}",
        circle=found.document["circle"], title=title.strip() or found.title, measure=measure.strip() or found.measure,
        level=unit.level, issuer_id=acting_unit(session, Permission.WRITE_TASK, found.area.path).id,
        starts_on=clock.today(), due_on=due_on, due_at=due_at(session, due_on), shortfall_id=shortfall_id,
        shortfall=found.document, source="短板清单", pilot_id=pilot_id, **place_of(unit, found.area),
    )  # fmt: skip
    if found.lead is not None and found.lead.id != unit.id:
        task.units = [TaskUnit(organisation_id=found.lead.id, duty="joint")]
    with session.because("task.from_shortfall", shortfall_id):
        session.create(task, Permission.WRITE_TASK)
        session.flush()
    return task


def _no_open_task(session: OfficeSession, programme_id: int, shortfall_id: str) -> None:
    gone = get_machine("task").of_kind(StateKind.VOID)
    have = session.execute(
        select(Task.code)
        .where(Task.programme_id == programme_id, Task.shortfall_id == shortfall_id, Task.state.not_in(gone))
        .limit(1)
        .execution_options(through_parent=True)
    ).scalar()
    if have is not None:
        raise ConflictError("programme.opened_already", value=shortfall_id, code_there=have)


def _unit(session: OfficeSession, name: object, area: Area) -> Organisation | None:
    """The unit of a department that a shortfall names in words: 民政局, 市民政局; several are joined by 、."""
    for word in re.split(r"[、;；,，]", str(name or "")):
        if word.strip() in _GOVERNMENT:
            return unit_for_line(session, None, area.path)
        line = _lines().get(re.sub(r"^[市区旗县]", "", word.strip()))
        unit = unit_for_line(session, line, area.path) if line else None
        if unit is not None:
            return unit
    return None


@cache
def _lines() -> dict[str, str]:
    return {one.zh: one.id for one in load_catalogue().departments.values()}
