"""Changing a programme that is under way: its text, stages, targets, duties, and the city's rules for grading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, CircleDuty, Measurement, Programme, Setting, Stage, Target
from kezhong.office.programme.places import acting_unit, place_of, unit_for_line, unit_of
from kezhong.office.programme.rules import SETTING, parse_rules
from kezhong.office.programme.template_checks import METRICS_OF_KINDS
from kezhong.office.session import ChangedMeanwhileError, OfficeSession

_RIGHT = Permission.WRITE_PROGRAMME


def change_programme(session: OfficeSession, programme_id: int, version: int, changes: Mapping[str, Any]) -> Programme:
    """Change ``name``, ``text``, ``document`` or ``state``. Raises as :meth:`OfficeSession.one`."""
    programme = session.one(Programme, programme_id, _RIGHT, version=version)
    with session.because("plan.change"):
        for name, value in changes.items():
            setattr(programme, name, value)
    return programme


def change_stage(
    session: OfficeSession, stage_id: int, version: int, changes: Mapping[str, Any], reason: str = ""
) -> Stage:
    """Change a stage's names, text or dates; ``reason`` goes into the audit.

    Raises
    ------
    InputError
        The dates leave the programme, or are the wrong way round.
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    """
    stage = session.one(Stage, stage_id, _RIGHT, version=version)
    programme = session.one(Programme, stage.programme_id)
    first, last = changes.get("starts_on", stage.starts_on), changes.get("ends_on", stage.ends_on)
    if not programme.starts_on <= first <= last <= programme.ends_on:
        raise InputError("programme.bad_dates", column="starts_on", value=f"{first} – {last}", name=stage.name)
    with session.because("plan.stage", reason):
        for name, value in changes.items():
            setattr(stage, name, value)
    return stage


def add_target(session: OfficeSession, programme_id: int, area_code: str | None, values: Mapping[str, Any]) -> Target:
    """A target beside those of the template; for the city, or for a district.

    Raises
    ------
    InputError
        No such area, a stage of another programme, or a metric that this kind of target does not have.
    NotFoundError
        No such programme.
    """
    programme = session.one(Programme, programme_id)
    metrics = METRICS_OF_KINDS[values["kind"]]
    if values["metric"] not in metrics:
        raise InputError("programme.unknown_word", column="metric", value=values["metric"], expected=", ".join(metrics))
    wanted = select(Area).where(Area.level == "city", Area.valid_to.is_(None))
    if area_code:
        wanted = select(Area).where(Area.code == area_code, Area.level.in_(("city", "district")))
    area = session.execute(wanted).scalars().first()
    unit = unit_for_line(session, None, area.path) if area is not None else None
    if area is None:
        raise InputError("programme.unknown_word", column="area_code", value=area_code)
    if unit is None or unit.area_code != area.code:
        unit = acting_unit(session, _RIGHT)
    if values.get("stage_id") is not None and session.one(Stage, values["stage_id"]).programme_id != programme.id:
        raise InputError("programme.other_programme", column="stage_id", value=values["stage_id"])
    row = Target(programme_id=programme.id, **dict(values), **place_of(unit, area))
    with session.because("plan.target"):
        session.create(row, _RIGHT)
        session.flush()
    return row


def change_target(
    session: OfficeSession, target_id: int, version: int, changes: Mapping[str, Any], reason: str = ""
) -> Target:
    """Change names, ``value``, ``comparison``, ``due_on`` or ``source``; the audit keeps what it was, and why."""
    row = session.one(Target, target_id, _RIGHT, version=version)
    with session.because("plan.target", reason):
        for name, value in changes.items():
            setattr(row, name, value)
    return row


def remove_target(session: OfficeSession, target_id: int, version: int) -> None:
    """Take away a target that was added by hand and has not been measured: one entered by mistake.

    Raises
    ------
    ConflictError
        It is the plan's own, or has been measured: what was promised is not made to vanish.
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    """
    row = session.one(Target, target_id, _RIGHT, version=version, lock=True)
    if row.code:
        raise ConflictError("programme.target_of_plan", value=row.name)
    measured = select(Measurement.id).where(Measurement.target_id == row.id).limit(1)
    if session.execute(measured.execution_options(through_parent=True)).scalar() is not None:
        raise ConflictError("programme.target_measured", value=row.name)
    with session.because("plan.target"):
        session.delete(row)


def add_duty(
    session: OfficeSession, programme_id: int, *, circle: str, org_id: int, duty: str, valid_from: date | None = None
) -> CircleDuty:
    """A lead, responsible or joint unit of a circle; a new lead ends the one before.

    A unit whose same duty ended the day before goes on with it.

    Raises
    ------
    InputError
        No such circle.
    ConflictError
        The unit has this duty already.
    NotFoundError
        No such programme or unit.
    """
    session.actor.require(_RIGHT)
    programme = session.one(Programme, programme_id)
    unit = unit_of(session, org_id)
    if circle not in load_catalogue().circles:
        raise InputError("programme.unknown_word", column="circle", value=circle)
    first = valid_from or max(programme.starts_on, clock.today())
    held = select(CircleDuty).where(
        CircleDuty.programme_id == programme.id,
        CircleDuty.circle == circle,
        CircleDuty.valid_to.is_(None) | (CircleDuty.valid_to >= first - timedelta(days=1)),
    )
    row: CircleDuty | None = None
    with session.because("plan.duty"):
        for one in session.execute(held).scalars():
            if one.organisation_id == unit.id and one.duty == duty:
                if one.valid_to is None:
                    raise ConflictError("programme.duty_held", value=unit.name)
                one.valid_to, row = None, one  # it goes on without a gap
            elif duty == "lead" and one.duty == "lead" and one.valid_to is None:
                _give_way(session, one, first)
        if row is None:
            row = session.create(
                CircleDuty(
                    programme_id=programme.id, circle=circle, organisation_id=unit.id, duty=duty, valid_from=first
                ),
                _RIGHT,
            )
        session.flush()
    return row


def _give_way(session: OfficeSession, lead: CircleDuty, first: date) -> None:
    """End a lead the day before another begins; one that would only have begun then never led."""
    if lead.valid_from >= first:
        session.delete(lead)
    else:
        lead.valid_to = first - timedelta(days=1)


def end_duty(session: OfficeSession, duty_id: int) -> None:
    """End a duty today, or take away one that begins today or later; a circle never loses its only lead this way.

    Raises
    ------
    ConflictError
        It is the lead: name another one instead.
    NotFoundError
        No such duty.
    """
    row = session.one(CircleDuty, duty_id, _RIGHT)
    if row.duty == "lead":
        raise ConflictError("programme.lead_stays", value=row.circle)
    today = clock.today()
    with session.because("plan.duty"):
        if row.valid_from >= today:
            session.delete(row)
        else:
            row.valid_to = today if row.valid_to is None else min(row.valid_to, today)


def set_rules(session: OfficeSession, version: int, page: Mapping[str, Any]) -> Setting:
    """Put the city's own rules for grading in force; ``version`` 0 where the shipped ones were.

    Raises
    ------
    InputError
        ``programme.bad_rules`` with everything that is wrong.
    ChangedMeanwhileError
        Somebody else changed them.
    """
    session.actor.require(_RIGHT)
    parse_rules(page, SETTING)
    row = session.execute(select(Setting).where(Setting.key == SETTING).with_for_update()).scalar_one_or_none()
    current = row.version if row is not None else 0
    if current != version:
        raise ChangedMeanwhileError(
            "office.changed_meanwhile", kind="setting", value=SETTING, yours=version, current=current
        )
    with session.because("plan.rules"):
        if row is None:
            row = session.create(Setting(key=SETTING, value=dict(page)), _RIGHT)
        else:
            row.value = dict(page)
        session.flush()
    return row
