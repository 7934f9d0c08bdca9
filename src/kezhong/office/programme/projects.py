"""Projects (项目) and their money: entered by hand, or opened from a row of the shortfall list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from kezhong.catalogue import load_catalogue
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Area, Money, Pilot, Programme, Project
from kezhong.office.programme.numbers import next_id
from kezhong.office.programme.openings import Opened, read_shortfall
from kezhong.office.programme.places import acting_unit, area_of, place_of, same_place, unit_of
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

#: Kinds of money; words in ``data/words.yaml``.
MONEY_KINDS = (
    "budget", "higher_level", "bond", "social_capital", "loan", "brand_support", "joint_lease", "self_raised",
    "donation",
)  # fmt: skip
#: More than a project of a life circle ever costs; what lies above is a slip of the pen.
MAX_YUAN = 1e11
_WRITE = Permission.WRITE_PROJECT


def create_project(
    session: OfficeSession,
    reader: FigureReader | None = None,
    *,
    programme_id: int,
    name: str = "",
    area_code: str | None = None,
    org_id: int | None = None,
    run_id: str | None = None,
    shortfall_id: str | None = None,
    pilot_id: int | None = None,
    due_on: date | None = None,
    **values: Any,
) -> Project:
    """Propose a project, by hand or from a shortfall of a run, which is copied.

    Parameters
    ----------
    reader, run_id, shortfall_id
        The row it comes of; what it says of area, element and circle is taken over.
    area_code
        Where it lies; needed without a shortfall.
    org_id
        Unit that carries it out; by default the line's unit at the area's district or the city, else the actor's.
    values
        ``circle``, ``element``, ``remedy``, ``starts_on``, ``scale``, ``scale_unit``, ``address``, ``lon``, ``lat``,
        ``operator``, ``expected_people``, ``note``.

    Raises
    ------
    NotFoundError
        No such programme, area, unit, run, shortfall or pilot.
    ConflictError
        A project of the programme was opened from this row already.
    InputError
        Neither name nor shortfall; an unknown circle or element; a pilot of another programme.
    PermissionDeniedError
        The place is not the actor's.
    """
    programme = session.one(Programme, programme_id)
    values = {key: value for key, value in values.items() if value is not None}
    found: Opened | None = None
    if shortfall_id:
        if reader is None or not run_id:
            raise InputError("programme.needs_run", column="run_id", value=run_id)
        found = read_shortfall(session, reader, run_id, shortfall_id)
        _not_twice(session, programme.id, shortfall_id)
        values = {**found.project_values(), **values}
        area_code = area_code or found.area.code
        name = name.strip() or found.title
        org_id = org_id or (found.unit.id if found.unit else None)
    if not name.strip() or not area_code:
        raise InputError("programme.needs_name_and_area", column="area_code" if name.strip() else "name", value="")
    area = area_of(session, area_code)
    unit = unit_of(session, org_id) if org_id else acting_unit(session, _WRITE, area.path)
    _check_words(values)
    _check_pilot(session, programme.id, pilot_id)
    key = next_id(session, Project)
    project = Project(
        id=key, programme_id=programme.id, pilot_id=pilot_id, code=f"XM{key:05d}", name=name.strip(),
        proposed_by_id=acting_unit(session, _WRITE, area.path).id, due_on=due_on, due_at=due_at(session, due_on),
        shortfall_id=shortfall_id, shortfall=found.document if found else None, **values, **place_of(unit, area),
    )  # fmt: skip
    with session.because("project.propose"):
        session.create(project, _WRITE)
        session.flush()
    return project


def change_project(session: OfficeSession, project_id: int, version: int, changes: Mapping[str, Any]) -> Project:
    """Change a project's data; its state moves by steps only.

    Raises
    ------
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    ConflictError
        It was cancelled.
    InputError
        As :func:`create_project`.
    """
    project = session.one(Project, project_id, _WRITE, version=version)
    if project.state == "cancelled":
        raise ConflictError("programme.project_cancelled", value=project.code)
    _check_words(changes)
    if "pilot_id" in changes:
        _check_pilot(session, project.programme_id, changes["pilot_id"])
    with session.because("project.change"):
        for name, value in changes.items():
            setattr(project, name, value)
        if "due_on" in changes:
            project.due_at = due_at(session, project.due_on)
    return project


def _not_twice(session: OfficeSession, programme_id: int, shortfall_id: str) -> None:
    # Past the scope: whose project it is does not matter, and only the code is told.
    have = session.execute(
        select(Project.code)
        .where(Project.programme_id == programme_id, Project.shortfall_id == shortfall_id, Project.state != "cancelled")
        .limit(1)
        .execution_options(through_parent=True)
    ).scalar()
    if have is not None:
        raise ConflictError("programme.opened_already", value=shortfall_id, code_there=have)


def _check_words(values: Mapping[str, Any]) -> None:
    book = load_catalogue()
    if values.get("circle") is not None and values["circle"] not in book.circles:
        raise InputError("programme.unknown_word", column="circle", value=values["circle"])
    if values.get("element") is not None:
        book.element(str(values["element"]))


def _check_pilot(session: OfficeSession, programme_id: int, pilot_id: int | None) -> None:
    if pilot_id is not None and session.one(Pilot, pilot_id).programme_id != programme_id:
        raise InputError("programme.other_programme", column="pilot_id", value=pilot_id)


# money ---------------------------------------------------------------------------------------------------------------


def add_money(session: OfficeSession, project_id: int, values: Mapping[str, Any]) -> Money:
    """A source of money of a project: ``kind``, ``source``, ``planned``, ``paid``, ``document``, ``year``.

    Raises
    ------
    InputError
        An unknown kind, an amount that cannot be, or more paid than planned.
    NotFoundError
        No such project in scope.
    """
    project = session.one(Project, project_id, _WRITE)
    row = Money(project_id=project.id, **values, **same_place(project))
    _check_money(row)
    with session.because("project.money"):
        session.admit(row, _WRITE)
        session.add(row)
        session.flush()
    return row


def change_money(session: OfficeSession, money_id: int, version: int, changes: Mapping[str, Any]) -> Money:
    """Change a source of money. Raises as :func:`add_money`, and ``ChangedMeanwhileError``."""
    row = session.one(Money, money_id, _WRITE, version=version)
    with session.because("project.money"):
        for name, value in changes.items():
            setattr(row, name, value)
        _check_money(row)
    return row


def drop_money(session: OfficeSession, money_id: int, version: int) -> None:
    """Take a source of money away; what was paid of it stays in the audit.

    Raises
    ------
    ConflictError
        Something of it is paid.
    """
    row = session.one(Money, money_id, _WRITE, version=version)
    if row.paid > 0:
        raise ConflictError("programme.money_paid", value=row.source)
    with session.because("project.money"):
        session.delete(row)


def _check_money(row: Money) -> None:
    row.planned, row.paid = round(float(row.planned), 2), round(float(row.paid or 0.0), 2)
    if row.kind not in MONEY_KINDS:
        raise InputError("programme.unknown_word", column="kind", value=row.kind)
    for name, value in (("planned", row.planned), ("paid", row.paid)):
        if not 0 <= value <= MAX_YUAN:
            raise InputError("programme.bad_amount", column=name, value=value)
    if row.paid > row.planned:
        raise InputError("programme.paid_too_much", column="paid", value=row.paid, planned=row.planned)


def money_of(session: OfficeSession, project: Project) -> list[Money]:
    """Money of a project that was found in scope."""
    return list(
        session.execute(
            select(Money)
            .where(Money.project_id == project.id)
            .order_by(Money.id)
            .execution_options(through_parent=True)
        ).scalars()
    )


def money_sums(session: OfficeSession, programme_id: int | None = None, pilot_id: int | None = None) -> dict[str, Any]:
    """Planned and paid, in all, by kind of money and by district, within the actor's scope; cancelled ones left out."""
    base = (
        select(Money.kind, Area.code, func.sum(Money.planned), func.sum(Money.paid), func.count(Project.id.distinct()))
        .select_from(Money)
        .join(Project, Project.id == Money.project_id)
        .outerjoin(Area, Area.code == func.split_part(Money.area_path, "/", 2))
        .where(Project.state != "cancelled")
        .group_by(Money.kind, Area.code)
    )
    if programme_id is not None:
        base = base.where(Project.programme_id == programme_id)
    if pilot_id is not None:
        base = base.where(Project.pilot_id == pilot_id)
    kinds: dict[str, list[float]] = {}
    districts: dict[str, list[float]] = {}
    total = [0.0, 0.0]
    for kind, district, planned, paid, _ in session.execute(base).all():
        for into in (kinds.setdefault(kind, [0.0, 0.0]), districts.setdefault(district or "", [0.0, 0.0]), total):
            into[0] += float(planned)
            into[1] += float(paid)
    return {
        "planned": round(total[0], 2),
        "paid": round(total[1], 2),
        "by_kind": {name: {"planned": round(a, 2), "paid": round(b, 2)} for name, (a, b) in kinds.items()},
        "by_district": {name: {"planned": round(a, 2), "paid": round(b, 2)} for name, (a, b) in districts.items()},
    }


def sums_by_project(session: OfficeSession, project_ids: list[int]) -> dict[int, tuple[float, float]]:
    """Planned and paid of projects that were found in scope."""
    found = session.execute(
        select(Money.project_id, func.sum(Money.planned), func.sum(Money.paid))
        .where(Money.project_id.in_(project_ids))
        .group_by(Money.project_id)
        .execution_options(through_parent=True)
    ).all()
    return {key: (round(float(planned), 2), round(float(paid), 2)) for key, planned, paid in found}
