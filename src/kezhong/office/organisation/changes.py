"""What happens to units: created, renamed, moved, merged, split, dissolved – on a day, by a paper.

A change of today or of an earlier day of this year is made at once; one of a later day is planned, and the clock's
round applies it (:func:`apply_due_changes`). Whatever moves takes all copies of its path along, and whatever ends
gives its open work to its successor, in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, KezhongError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.identity.granting import in_force
from kezhong.office.identity.places import unit_in_force
from kezhong.office.models import (
    Area,
    Organisation,
    OrganisationChange,
    Person,
    RoleGrant,
    Task,
)
from kezhong.office.models.organisation import LEVELS
from kezhong.office.office import Office
from kezhong.office.organisation.checks import (
    check_day,
    check_department,
    check_name,
    check_values,
    children_of,
    require_unit,
)
from kezhong.office.organisation.paths import move_subtree, refresh_org_paths
from kezhong.office.organisation.succession import end_rights, open_work, pass_on
from kezhong.office.organisation.versions import Order, first_version, next_version, version_row
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_ORGANISATION
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
KINDS = (
    "leading_group", "office", "government", "department", "street_office", "community_committee", "grid_team",
    "company", "association",
)  # fmt: skip
CHANGES = ("rename", "move", "merge", "split", "dissolve")


@dataclass(frozen=True, slots=True)
class UnitData:
    """What is entered of a new unit."""

    code: str
    name: str
    short_name: str
    kind: str
    area_code: str
    parent_id: int | None = None
    department: str | None = None


# creating ------------------------------------------------------------------------------------------------------------


def create_unit(session: OfficeSession, data: UnitData, order: Order) -> Organisation:
    """Create a unit.

    Raises
    ------
    InputError
        A value is not as required, or the day is out of range.
    ConflictError
        The code is taken.
    PermissionDeniedError
        Not within the caller's scope.
    """
    check_day(order.effective_on, None)
    area = session.get(Area, data.area_code)
    if area is None or area.level not in LEVELS:
        raise InputError("organisation.no_area", value=data.area_code)
    parent = unit_in_force(session, data.parent_id) if data.parent_id is not None else None
    if parent is not None and not area.path.startswith(parent.area_path):
        raise InputError("organisation.area_outside_parent", value=area.name, parent=parent.name)
    if data.kind not in KINDS:
        raise InputError("organisation.bad_kind", value=data.kind, expected=", ".join(KINDS))
    if not _CODE.match(data.code):
        raise InputError("organisation.bad_code", value=data.code)
    if session.scalar(select(Organisation.id).where(Organisation.code == data.code)) is not None:
        raise ConflictError("organisation.code_taken", value=data.code)
    above = parent.path if parent is not None else ""
    if not covers(session.actor, _WRITE, area.path, above or "-", data.department):
        raise PermissionDeniedError("office.out_of_scope", permission=_WRITE.value)
    name = check_name(data.name)
    unit = Organisation(
        code=data.code,
        name=name,
        short_name=data.short_name.strip() or name,
        kind=data.kind,
        level=area.level,
        department=check_department(data.department),
        parent_id=data.parent_id,
        path="",
        area_code=area.code,
        area_path=area.path,
        valid_from=order.effective_on,
    )
    with session.because("organisation.created", order.note or ""):
        session.create(unit, _WRITE)
        session.flush()
        unit.path = f"{above}{unit.id}/"
        session.add(version_row(unit, "created", order))
    return unit


# changing ------------------------------------------------------------------------------------------------------------


def change_unit(
    session: OfficeSession, org_id: int, version: int | None, change: str, values: Mapping[str, Any], order: Order
) -> OrganisationChange | Organisation:
    """Change a unit now, or plan the change for its day.

    Parameters
    ----------
    change
        One of :data:`CHANGES`.
    values
        ``rename``: name, short_name, department; ``move``: parent_id; ``merge``: into, others; ``split``: parts;
        ``dissolve``: successor.

    Returns
    -------
    Organisation or OrganisationChange
        The unit as it is now, or the planned change.

    Raises
    ------
    InputError, ConflictError, NotFoundError, PermissionDeniedError
        It cannot be done; nothing was.
    """
    unit = session.one(Organisation, org_id, _WRITE, version=version, lock=True)
    unit_in_force(session, org_id)
    require_unit(session, unit)
    check_day(order.effective_on, unit.valid_from)
    if change not in CHANGES:
        raise InputError("organisation.bad_change", value=change, expected=", ".join(CHANGES))
    check_values(session, unit, change, values)
    if order.effective_on > clock.today():
        planned = OrganisationChange(
            change=change,
            organisation_id=org_id,
            values=dict(values),
            effective_on=order.effective_on,
            document=order.document,
            note=order.note,
        )
        with session.because("organisation.planned", order.note or ""):
            session.add(planned)
        return planned
    with session.because(f"organisation.{change}", " ".join(filter(None, (order.document, order.note)))):
        _apply(session, unit, change, values, order)
    session.refresh(unit)
    return unit


def cancel_change(session: OfficeSession, change_id: int, version: int | None = None) -> OrganisationChange:
    """Drop a planned change."""
    planned = session.one(OrganisationChange, change_id, _WRITE, version=version, lock=True)
    require_unit(session, session.get_one(Organisation, planned.organisation_id))
    if planned.state != "planned":
        raise ConflictError("organisation.not_planned", value=planned.state)
    with session.because("organisation.plan-cancelled"):
        planned.state = "cancelled"
    return planned


def apply_due_changes(office: Office) -> int:
    """Apply the planned changes whose day has come; called by the clock's round. How many were applied.

    Each has a transaction of its own. One that cannot be applied any more (its successor was dissolved meanwhile) is
    marked with the reason and left to people.
    """
    applied = 0
    tried: set[int] = set()
    while True:
        try:
            with office.acting(office.system("clock")) as session:
                due = session.scalar(
                    select(OrganisationChange)
                    .where(OrganisationChange.state == "planned", OrganisationChange.effective_on <= clock.today())
                    .where(OrganisationChange.id.not_in(tried))
                    .order_by(OrganisationChange.effective_on, OrganisationChange.id)
                    .limit(1)
                    .with_for_update(skip_locked=True)
                )
                if due is None:
                    return applied
                key = due.id
                tried.add(key)
                unit = session.one(Organisation, due.organisation_id, lock=True)
                unit_in_force(session, unit.id)
                check_values(session, unit, due.change, due.values)
                order = Order(due.effective_on, due.document, due.note)
                with session.because(f"organisation.{due.change}", " ".join(filter(None, (due.document, due.note)))):
                    due.state, due.applied_at = "applied", clock.now()
                    session.flush()
                    _apply(session, unit, due.change, due.values, order)
            applied += 1
        except KezhongError as problem:
            with office.acting(office.system("clock")) as session:
                failed = session.get_one(OrganisationChange, key)
                failed.state, failed.problem = "failed", problem.code


# the changes themselves ----------------------------------------------------------------------------------------------


def _apply(session: OfficeSession, unit: Organisation, change: str, values: Mapping[str, Any], order: Order) -> None:
    first_version(session, unit)
    if change == "rename":
        _rename(session, unit, values, order)
    elif change == "move":
        _move(session, unit, values.get("parent_id"), order)
    elif change == "split":
        _split(session, unit, values["parts"], order)
    elif change == "merge":
        into = unit_in_force(session, values["into"])
        for each in [unit, *(session.get_one(Organisation, other) for other in values.get("others") or ())]:
            _end_into(session, each, into, "merged", order)
        first_version(session, into)
        next_version(session, into, "merged", order)
    else:
        successor = values.get("successor")
        if successor is None:
            _dissolve(session, unit, order)
        else:
            _end_into(session, unit, unit_in_force(session, successor), "dissolved", order)


def _rename(session: OfficeSession, unit: Organisation, values: Mapping[str, Any], order: Order) -> None:
    department = unit.department
    unit.name = check_name(values["name"])
    unit.short_name = str(values.get("short_name") or "").strip() or unit.name
    if "department" in values:
        unit.department = check_department(values["department"])
    next_version(session, unit, "renamed", order)
    if unit.department != department:
        refresh_org_paths(session, unit.path)


def _move(session: OfficeSession, unit: Organisation, parent_id: int | None, order: Order) -> None:
    parent = unit_in_force(session, parent_id) if parent_id is not None else None
    unit.parent_id = parent_id
    next_version(session, unit, "moved", order)
    move_subtree(session, unit, f"{parent.path if parent else ''}{unit.id}/")


def _end_into(session: OfficeSession, unit: Organisation, into: Organisation, change: str, order: Order) -> None:
    """End a unit; its open work, people and sub-units go to ``into``, below which it hangs from now on."""
    first_version(session, unit)
    pass_on(session, unit, into)
    for child in children_of(session, unit):
        child.parent_id = into.id
        move_subtree(session, child, f"{into.path}{child.id}/")
    unit.parent_id = into.id
    unit.successor_id = into.id
    unit.valid_to = order.effective_on - timedelta(days=1)
    next_version(session, unit, change, order, ends=True)
    move_subtree(session, unit, f"{into.path}{unit.id}/")


def _dissolve(session: OfficeSession, unit: Organisation, order: Order) -> None:
    work = open_work(session, unit.id)
    if work.get("person"):
        raise ConflictError("organisation.has_people", value=unit.name, people=work["person"])
    left = {kind: count for kind, count in work.items() if kind not in ("role_grant", "delegation")}
    children = len(children_of(session, unit))
    if left or children:
        counts = {**left, **({"organisation": children} if children else {})}
        raise ConflictError(
            "organisation.open_work", value=unit.name, work=", ".join(f"{kind} {n}" for kind, n in counts.items())
        )
    end_rights(session, unit.id)
    unit.valid_to = order.effective_on - timedelta(days=1)
    next_version(session, unit, "dissolved", order, ends=True)


def _split(session: OfficeSession, unit: Organisation, parts: list[dict[str, Any]], order: Order) -> None:
    for part in parts:
        made = create_unit(
            session,
            UnitData(
                code=str(part["code"]),
                name=str(part["name"]),
                short_name=str(part.get("short_name") or ""),
                kind=unit.kind,
                area_code=unit.area_code,
                parent_id=unit.parent_id,
                department=part.get("department"),
            ),
            order,
        )
        people = set(part.get("people") or ())
        grants = select(RoleGrant.id).where(RoleGrant.org_id == unit.id, RoleGrant.person_id.in_(people), in_force())
        held = set(session.scalars(grants.execution_options(through_parent=True)))
        pass_on(session, unit, made, only={Task: set(part.get("tasks") or ()), Person: people, RoleGrant: held})
    next_version(session, unit, "split", order)
