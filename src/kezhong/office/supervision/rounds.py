"""Rounds of dispatch: opening one, its overview, its files, reminding those who have not replied, closing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.calendar import local_day
from kezhong.office.models import DispatchRound, DispatchSheet, Organisation, Programme
from kezhong.office.models.organisation import LEVELS
from kezhong.office.session import OfficeSession
from kezhong.office.supervision import checks, rows
from kezhong.office.supervision.forms import FORMS, Form
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.workbook import Cover, file_name, write_sheet, zip_of
from kezhong.office.telling.deadlines import due_at
from kezhong.office.telling.notices import tell_units

KINDS = ("monthly", "quarterly", "half_year")


def form_of(round_: DispatchRound) -> Form:
    """The form of a round's sheets; a bulletin (quarterly) has none."""
    return FORMS["half_year" if round_.kind == "half_year" else "monthly"]


def open_round(
    session: OfficeSession,
    programme_id: int,
    kind: str,
    period: str,
    due_on: date,
    *,
    levels: Sequence[str] = LEVELS,
    note: str = "",
) -> DispatchRound:
    """Make a round: one sheet for every unit that leads something open; a bulletin asks nobody and is computed.

    Parameters
    ----------
    levels
        Levels of the units that are asked. Tasks of the levels below stay with them: asking fewer is less work at
        the base (基层减负).

    Raises
    ------
    InputError
        The period is none of this kind.
    ConflictError
        There is such a round already, or nobody to ask.
    """
    session.actor.require(Permission.SEND_DISPATCH)
    programme = session.one(Programme, programme_id)
    if kind not in KINDS:
        raise InputError("dispatch.bad_period", value=kind, expected=" / ".join(KINDS))
    when = parse_period(period, kind)
    known = select(DispatchRound.id).where(
        DispatchRound.programme_id == programme_id, DispatchRound.kind == kind, DispatchRound.period == when.text
    )
    if session.execute(known).first() is not None:
        raise ConflictError("dispatch.round_exists", period=when.zh)
    moment = due_at(session, due_on)
    round_ = DispatchRound(
        programme_id=programme.id, kind=kind, period=when.text, due_on=due_on, due_at=moment, sent_at=clock.now(),
        note=note, levels=[level for level in LEVELS if level in levels], starts_on=when.first, ends_on=when.last,
    )  # fmt: skip
    with session.because("dispatch_round.open", note):
        session.create(round_, Permission.SEND_DISPATCH)
        session.flush()
        if kind == "quarterly":
            from kezhong.office.supervision.bulletin import compute

            round_.content = compute(session, programme.id, when.first, when.last)
        else:
            _send(session, round_)
        session.flush()
    return round_


def _send(session: OfficeSession, round_: DispatchRound) -> None:
    if round_.kind == "half_year":
        found = checks.gather(session, round_.programme_id, round_.ends_on or clock.today())
    else:
        found = rows.gather(session, round_.programme_id, round_.levels)
    statement = select(Organisation).where(Organisation.id.in_(found), Organisation.level.in_(round_.levels))
    units = session.execute(statement.order_by(Organisation.path)).scalars().all()
    if not units:
        raise ConflictError("dispatch.no_units")
    for unit in units:
        sheet = DispatchSheet(
            round_id=round_.id, nonce=token_hex(16), rows=found[unit.id], due_on=round_.due_on, due_at=round_.due_at,
            area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            department=unit.department,
        )  # fmt: skip
        session.create(sheet, Permission.SEND_DISPATCH)
        session.flush()
        tell_units(
            session, [unit.id], "changed", sheet, f"dispatch:{sheet.id}:sent",
            name=title_of(round_), step_zh="请填报", step_en="Please fill in",
        )  # fmt: skip


def close_round(session: OfficeSession, round_id: int, version: int | None = None) -> DispatchRound:
    """File a round: nothing can be filled in any more."""
    session.actor.require(Permission.SEND_DISPATCH)
    round_ = session.one(DispatchRound, round_id, Permission.SEND_DISPATCH, version=version)
    if round_.closed_at is None:
        with session.because("dispatch_round.close"):
            round_.closed_at = clock.now()
    return round_


def rounds(
    session: OfficeSession, programme_id: int | None, kind: str | None, limit: int, after: int | None
) -> list[DispatchRound]:
    """Rounds, newest first."""
    statement = select(DispatchRound).order_by(DispatchRound.id.desc()).limit(limit)
    if programme_id is not None:
        statement = statement.where(DispatchRound.programme_id == programme_id)
    if kind is not None:
        statement = statement.where(DispatchRound.kind == kind)
    if after is not None:
        statement = statement.where(DispatchRound.id < after)
    return session.rows(statement)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one sheet stands in its round; ``rows`` counts what it asks for."""

    sheet: DispatchSheet
    unit: Organisation
    late: bool
    rows: int


def is_late(sheet: DispatchSheet, now: datetime) -> bool:
    """Whether it first came, or has not come, after its deadline."""
    if sheet.due_at is None or sheet.state == "cancelled":
        return False
    return (sheet.first_filled_at or now) > sheet.due_at


def overview(session: OfficeSession, round_id: int, *, whole: bool = False) -> list[Standing]:
    """The sheets of a round within the actor's scope, by unit; what stands in them only where it is asked for."""
    statement = (
        select(DispatchSheet, Organisation, func.jsonb_array_length(DispatchSheet.rows))
        .join(Organisation, Organisation.id == DispatchSheet.org_id)
        .where(DispatchSheet.round_id == round_id)
        .order_by(func.length(Organisation.area_path), Organisation.code)
    )
    if not whole:
        heavy = (DispatchSheet.rows, DispatchSheet.replies, DispatchSheet.written)
        statement = statement.options(*(defer(column) for column in heavy))
    now = clock.now()
    return [Standing(sheet, unit, is_late(sheet, now), rows) for sheet, unit, rows in session.execute(statement).all()]


def remind(session: OfficeSession, round_id: int) -> list[str]:
    """Tell the contacts of the units whose sheet is missing, once a day; says which units."""
    session.actor.require(Permission.SEND_DISPATCH)
    round_ = session.one(DispatchRound, round_id, Permission.SEND_DISPATCH)
    names = []
    for standing in overview(session, round_id):
        if standing.sheet.state in ("sent", "returned"):
            names.append(standing.unit.name)
            key = f"dispatch:{standing.sheet.id}:remind:{clock.today().isoformat()}"
            tell_units(session, [standing.unit.id], "reminded", standing.sheet, key, name=title_of(round_))
    session.audit.note("dispatch_round.remind", "dispatch_round", round_id, units=len(names))
    return names


def title_of(round_: DispatchRound) -> str:
    """What the sheets of a round are called."""
    return f"{parse_period(round_.period).zh}{form_of(round_).title}"


def sheet_file(session: OfficeSession, sheet: DispatchSheet, number: int | None = None) -> tuple[str, bytes]:
    """Name and content of a sheet's workbook, with what was filled in so far."""
    round_ = session.one(DispatchRound, sheet.round_id)
    programme = session.one(Programme, round_.programme_id)
    unit = session.one(Organisation, sheet.org_id)
    return _file(session, programme, round_, sheet, unit, number)


def _file(
    session: OfficeSession,
    programme: Programme,
    round_: DispatchRound,
    sheet: DispatchSheet,
    unit: Organisation,
    number: int | None,
) -> tuple[str, bytes]:
    form, when = form_of(round_), parse_period(round_.period)
    cover = Cover(
        sheet.id, round_.id, unit.id, sheet.nonce, programme.name, unit.name, round_.period, when.zh,
        in_words(sheet.due_at, sheet.due_on), summary=sheet.summary, problems=sheet.problems,
    )  # fmt: skip
    replies = {reply["row"]: reply for reply in sheet.replies}
    content = write_sheet(session.info["secrets"], form, cover, sheet.rows, replies)
    return file_name(unit.short_name, round_.period, form, number), content


def round_files(session: OfficeSession, round_id: int) -> tuple[str, bytes]:
    """All sheets of a round within the actor's scope, in one .zip."""
    round_ = session.one(DispatchRound, round_id)
    programme = session.one(Programme, round_.programme_id)
    standings = overview(session, round_id, whole=True)
    if not standings:
        raise ConflictError("dispatch.no_units")
    files = [
        _file(session, programme, round_, standing.sheet, standing.unit, number)
        for number, standing in enumerate(standings, 1)
        if standing.sheet.state != "cancelled"
    ]
    return f"{title_of(round_)}.zip", zip_of(files)


def in_words(moment: datetime | None, day: date | None) -> str:
    """A deadline as people write it: the local day with which it really ends."""
    if moment is None:
        return _day(day)
    # The moment is the beginning of the next day.
    last = local_day(moment, clock.CITY_ZONE)
    return f"{date.fromordinal(last.toordinal() - 1).isoformat()} 24:00"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "–"
