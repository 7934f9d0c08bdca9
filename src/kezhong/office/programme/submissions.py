"""Papers that are due (报送): who owes what, handed in edition by edition, and who is missing at a glance.

A submission moves through the machine ``submission``; each handing-in keeps its own files as an :class:`Edition`
(:mod:`kezhong.office.programme.effects`). Late is a property of the first handing-in, never a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Edition, FileStored, Organisation, Programme, Stage, Submission
from kezhong.office.programme.places import acting_unit, place_of, unit_of
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

#: Nothing is expected of the unit any more.
SETTLED = ("received", "waived")
#: The unit owes something now.
OWED = ("due", "returned")


@dataclass(frozen=True, slots=True)
class Kind:
    """All submissions of one code: who has handed in, who is missing."""

    code: str
    name: str
    name_en: str
    kind: str
    due_on: date
    total: int
    handed_in: int
    received: int
    late: int
    missing: tuple[str, ...]  # short names of units that owe it after the deadline
    waiting: tuple[str, ...]  # … whose deadline is still to come
    returned: tuple[str, ...]


def ask_for(
    session: OfficeSession,
    *,
    programme_id: int,
    org_id: int,
    code: str,
    kind: str,
    name: str,
    due_on: date,
    circle: str | None = None,
    stage_id: int | None = None,
    source: str = "",
) -> Submission:
    """Ask a unit for a paper.

    Raises
    ------
    NotFoundError
        No such programme, stage or unit.
    PermissionDeniedError
        The unit is not within the actor's reach.
    InputError
        The stage is of another programme.
    """
    programme = session.one(Programme, programme_id)
    unit = unit_of(session, org_id)
    if stage_id is not None and session.one(Stage, stage_id).programme_id != programme.id:
        raise InputError("programme.other_programme", column="stage_id", value=stage_id)
    row = Submission(
        programme_id=programme.id, stage_id=stage_id, code=code, kind=kind, name=name, circle=circle, due_on=due_on,
        due_at=due_at(session, due_on),
        asked_by_id=acting_unit(session, Permission.REVIEW_SUBMISSION, unit.area_path).id,
        source=source, **place_of(unit),
    )  # fmt: skip
    with session.because("submission.ask"):
        session.create(row, Permission.REVIEW_SUBMISSION)
        session.flush()
    return row


def is_overdue(row: Submission) -> bool:
    """Owed, and the deadline is over."""
    return row.state in OWED and clock.now() >= row.due_at


def editions_of(session: OfficeSession, row: Submission) -> list[Edition]:
    """How it was handed in, oldest first; read through the submission, which was found in scope."""
    return list(
        session.execute(
            select(Edition)
            .where(Edition.submission_id == row.id)
            .order_by(Edition.number)
            .execution_options(through_parent=True)
        ).scalars()
    )


def new_files(session: OfficeSession, row: Submission) -> list[FileStored]:
    """Files attached since the last edition: what the next one will consist of."""
    used = {file for edition in editions_of(session, row) for file in edition.files}
    return [one for one in files_of(session, row) if one.id not in used]


def files_of(session: OfficeSession, row: Any) -> list[FileStored]:
    """Files attached to an object that was found in scope."""
    return list(
        session.execute(
            select(FileStored)
            .where(FileStored.object_kind == row.KIND, FileStored.object_id == row.id)
            .order_by(FileStored.id)
            .execution_options(through_parent=True)
        ).scalars()
    )


def overview(session: OfficeSession, programme_id: int) -> list[Kind]:
    """Each kind of paper with who has handed in and who is missing, within the actor's scope."""
    rows = session.execute(
        select(Submission, Organisation.short_name)
        .join(Organisation, Organisation.id == Submission.org_id)
        .where(Submission.programme_id == programme_id)
        .order_by(Submission.due_on, Submission.code, Organisation.id)
    ).all()
    groups: dict[str, list[tuple[Submission, str]]] = {}
    for row, name in rows:
        groups.setdefault(row.code, []).append((row, name))
    return [_kind(group) for group in groups.values()]


def _kind(group: list[tuple[Submission, str]]) -> Kind:
    first = group[0][0]
    counted = [(row, name) for row, name in group if row.state != "waived"]
    owed = [(row, name) for row, name in counted if row.state == "due"]
    same = len({row.name for row, _ in group}) == 1  # else the page names the kind of paper
    return Kind(
        first.code,
        first.name if same else "",
        first.name_en if same else "",
        first.kind,
        first.due_on,
        len(counted),
        sum(row.handed_in_at is not None for row, _ in counted),
        sum(row.state == "received" for row, _ in counted),
        sum(row.late for row, _ in counted),
        tuple(name for row, name in owed if is_overdue(row)),
        tuple(name for row, name in owed if not is_overdue(row)),
        tuple(name for row, name in counted if row.state == "returned"),
    )
