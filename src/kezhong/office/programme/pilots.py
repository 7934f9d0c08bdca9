"""Pilots (试点): nomination with the assessment sheet, promises, inspections. Steps go through the machine ``pilot``.

What a step of the machine takes along is handled in :mod:`kezhong.office.programme.effects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.measuring.figures import FigureReader, normal_key
from kezhong.office.models import Area, Person, Pilot, Programme, Promise, Target
from kezhong.office.programme.numbers import next_id, stage_now
from kezhong.office.programme.places import acting_unit, area_of, district_of, place_of, same_place, unit_of
from kezhong.office.programme.sheet import assessment_sheet, chosen_run
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

#: States in which the nominating unit may still change what it nominated.
OPEN_TO_CHANGE = ("nominated", "returned")
#: States in which promises are made or changed: before the building is approved.
PROMISING = ("nominated", "under_review", "returned", "approved", "planning")


@dataclass(frozen=True, slots=True)
class Compared:
    """How many were nominated in a district, and how many the plan asks for there (``None``: it says nothing)."""

    nominated: int
    target: float | None

    @property
    def over(self) -> bool:
        """More than the plan asks for: told, not refused."""
        return self.target is not None and self.nominated > self.target


def nominate(
    session: OfficeSession,
    reader: FigureReader,
    *,
    programme_id: int,
    life_circle: str,
    name: str = "",
    grounds: str = "",
    kind: str = "pilot",
    communities: Iterable[str] | None = None,
    run_id: str | None = None,
    due_on: date | None = None,
    org_id: int | None = None,
) -> tuple[Pilot, Compared]:
    """Nominate a life circle, with the assessment sheet of a run.

    Parameters
    ----------
    communities
        Of the circle; all of them by default.
    run_id
        Run to read the sheet from; by default the one that measures.
    org_id
        Unit that nominates; by default the actor's own that covers the circle.

    Raises
    ------
    PermissionDeniedError
        The circle does not lie within the actor's area.
    ConflictError
        It is a pilot of the programme already.
    InputError
        The area is no life circle, or a community is not in it.
    NotFoundError, DataMissingError
        No such programme, area, unit or run.
    """
    circle = area_of(session, life_circle)
    if circle.level != "life_circle" or circle.valid_to is not None:
        raise InputError("programme.no_life_circle", column="life_circle", value=life_circle)
    programme = session.one(Programme, programme_id)
    members = _members(circle, communities)
    unit = unit_of(session, org_id) if org_id else acting_unit(session, Permission.NOMINATE_PILOT, circle.path)
    if not circle.path.startswith(unit.area_path):
        raise InputError("programme.not_their_circle", column="life_circle", value=circle.name, unit=unit.name)
    _not_twice(session, programme.id, circle)
    run = chosen_run(reader, run_id)
    key = next_id(session, Pilot)
    pilot = Pilot(
        id=key,
        programme_id=programme.id,
        stage_id=stage_now(session, programme.id),
        code=f"SD{key:05d}",
        name=name.strip() or circle.name,
        life_circle=circle.code,
        communities=members,
        kind=kind,
        due_on=due_on,
        due_at=due_at(session, due_on),
        grounds=grounds,
        sheet=assessment_sheet(run, circle, _areas(session, members)),
        nominated_at=clock.now(),
        responsible_id=session.actor.person_id,
        **place_of(unit),
    )
    with session.because("pilot.nominate", grounds):
        session.create(pilot, Permission.NOMINATE_PILOT)
    return pilot, compared(session, pilot)


def refresh_sheet(session: OfficeSession, reader: FigureReader, pilot: Pilot, run_id: str | None = None) -> Pilot:
    """Read the assessment sheet anew, before a decision was taken on it; ``pilot`` was read to be written.

    Raises
    ------
    ConflictError
        The nomination is decided: its sheet stays as it was.
    """
    _require_place(session, pilot, Permission.NOMINATE_PILOT)
    if pilot.state not in OPEN_TO_CHANGE:
        raise ConflictError("programme.sheet_decided", value=pilot.code)
    circle = area_of(session, pilot.life_circle)
    run = chosen_run(reader, run_id)
    with session.because("pilot.sheet", run.id):
        pilot.sheet = assessment_sheet(run, circle, _areas(session, pilot.communities))
    return pilot


def change_pilot(session: OfficeSession, pilot_id: int, version: int, changes: Mapping[str, Any]) -> Pilot:
    """Change what was nominated: ``name``, ``grounds``, ``communities``, ``kind``, ``responsible_id``.

    Raises
    ------
    ConflictError
        The nomination is under review or decided.
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    InputError
        A community is not in the circle.
    """
    pilot = session.one(Pilot, pilot_id, Permission.NOMINATE_PILOT, version=version)
    _require_place(session, pilot, Permission.NOMINATE_PILOT)
    if pilot.state not in OPEN_TO_CHANGE:
        raise ConflictError("programme.nomination_closed", value=pilot.code)
    if changes.get("responsible_id") is not None:
        session.one(Person, changes["responsible_id"])
    with session.because("pilot.change"):
        for name, value in changes.items():
            if name == "communities":
                pilot.communities = _members(area_of(session, pilot.life_circle), value)
            else:
                setattr(pilot, name, value)
    return pilot


def compared(session: OfficeSession, pilot: Pilot) -> Compared:
    """The district's nominations beside what the plan asks for there."""
    district = district_of(session, pilot.area_path)
    path = district.path if district else pilot.area_path
    counted = (
        select(func.count())
        .select_from(Pilot)
        .where(
            Pilot.programme_id == pilot.programme_id,
            Pilot.kind == "pilot",
            Pilot.state != "withdrawn",
            Pilot.area_path.startswith(path, autoescape=True),
        )
        .execution_options(through_parent=True)
    )
    wanted = (
        select(Target.value)
        .where(
            Target.programme_id == pilot.programme_id,
            Target.metric == "pilots_nominated",
            Target.area_path == path,
        )
        .execution_options(through_parent=True)
    )
    return Compared(int(session.execute(counted).scalar_one()), session.execute(wanted).scalars().first())


# promises ------------------------------------------------------------------------------------------------------------


def promise(
    session: OfficeSession,
    reader: FigureReader,
    pilot_id: int,
    *,
    figure_key: Mapping[str, Any],
    name: str,
    promised: float,
    comparison: str = "at_least",
) -> Promise:
    """What the pilot's plan promises of one figure; what it is before is read from the sheet's run.

    Raises
    ------
    ConflictError
        The building was approved: promises stand.
    InputError
        The key is none, or its area is not the pilot's.
    """
    pilot = session.one(Pilot, pilot_id, Permission.BUILD_PILOT)
    _require_place(session, pilot, Permission.BUILD_PILOT)
    _may_promise(pilot)
    key = normal_key(figure_key)
    if key["area_code"] not in {pilot.life_circle, *pilot.communities}:
        raise InputError("programme.not_in_circle", column="area_code", value=key["area_code"], circle=pilot.name)
    run = chosen_run(reader, str(pilot.sheet.get("run", {}).get("id") or "") or None)
    figure = run.figure(key)
    row = Promise(
        pilot_id=pilot.id, figure_key=key, name=name, unit=figure.unit, before=figure.value,
        before_run=run.id if figure.known else None, promised=promised, comparison=comparison, **same_place(pilot),
    )  # fmt: skip
    with session.because("pilot.promise"):
        session.admit(row, Permission.BUILD_PILOT)
        session.add(row)
    return row


def change_promise(session: OfficeSession, promise_id: int, version: int, changes: Mapping[str, Any]) -> Promise:
    """Change ``promised``, ``comparison`` or ``name``, before the building was approved. Raises as :func:`promise`."""
    row = session.one(Promise, promise_id, Permission.BUILD_PILOT, version=version)
    _may_promise(session.one(Pilot, row.pilot_id))
    with session.because("pilot.promise"):
        for name, value in changes.items():
            setattr(row, name, value)
    return row


def drop_promise(session: OfficeSession, promise_id: int, version: int) -> None:
    """Take a promise back, before the building was approved. Raises as :func:`promise`."""
    row = session.one(Promise, promise_id, Permission.BUILD_PILOT, version=version)
    _may_promise(session.one(Pilot, row.pilot_id))
    with session.because("pilot.promise"):
        session.delete(row)


def _require_place(session: OfficeSession, pilot: Pilot, permission: Permission) -> None:
    """Refuse units that have part in a circle which crosses into their area: the nomination and its promises are those
    of the unit that leads it."""
    if not covers(session.actor, permission, pilot.area_path, pilot.org_path, pilot.department):
        raise PermissionDeniedError("office.out_of_scope", permission=permission.value)


def _may_promise(pilot: Pilot) -> None:
    if pilot.state not in PROMISING:
        raise ConflictError("programme.promises_stand", value=pilot.code)


# within --------------------------------------------------------------------------------------------------------------


def _members(circle: Area, communities: Iterable[str] | None) -> list[str]:
    wanted = list(dict.fromkeys(communities)) if communities is not None else list(circle.members)
    for code in wanted:
        if code not in circle.members:
            raise InputError("programme.not_in_circle", column="communities", value=code, circle=circle.name)
    if not wanted:
        raise InputError("programme.no_communities", column="communities", value=circle.name)
    return wanted


def _areas(session: OfficeSession, codes: Iterable[str]) -> list[Area]:
    found = {one.code: one for one in session.execute(select(Area).where(Area.code.in_(list(codes)))).scalars()}
    return [found[code] for code in codes if code in found]


def _not_twice(session: OfficeSession, programme_id: int, circle: Area) -> None:
    # Looked for past the scope: whose it is does not matter, and only the code is told.
    have = session.execute(
        select(Pilot.code)
        .where(
            Pilot.programme_id == programme_id,
            Pilot.life_circle == circle.code,
            Pilot.state.not_in(("withdrawn", "declined")),
        )
        .execution_options(through_parent=True)
    ).scalar()
    if have is not None:
        raise ConflictError("programme.nominated_already", value=circle.name, code_there=have)
