"""What can be asked of the task list: filters as criteria. Scope comes with the session.

Every view starts from :func:`conditions`, so that list, board, calendar, Gantt, map and export never disagree about
which tasks they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import Area, Task, TaskUnit
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.effects import unfinished
from kezhong.office.typed import Vocabulary, any_of

LIGHTS = ("red", "yellow", "green", "grey")
_TEXT = Task.title + " " + Task.measure + " " + Task.code


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; empty filters ask nothing."""

    programme: int | None = None
    state: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    circle: tuple[str, ...] = ()
    stage: tuple[int, ...] = ()
    unit: tuple[int, ...] = ()  # lead or joint
    area: str = ""
    parent: int | None = None
    due_from: date | None = None
    due_to: date | None = None
    text: str = ""
    mine: bool = False  # assigned to the caller, or led by a unit of theirs
    issued: bool = False  # issued by a unit of theirs
    open: bool = False
    late: bool = False
    returned: bool = False
    escalated: bool = False
    shortfall: bool = False
    top: bool = False  # no parts of others
    ids: tuple[int, ...] = ()

    def told(self) -> dict[str, Any]:
        """What is set, for a cursor's digest and for the head of an export."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value not in (None, (), "", False)}


def check(question: Question) -> None:
    """Refuse words that are none of ours.

    Raises
    ------
    InputError
        A state, a light or a span of dates that cannot be.
    """
    states = get_machine("task").states
    for name, values, known in (("state", question.state, tuple(states)), ("light", question.light, LIGHTS)):
        for value in values:
            if value not in known:
                raise InputError("tasks.bad_filter", column=name, value=value, expected=", ".join(known))
    if question.due_from and question.due_to and question.due_to < question.due_from:
        raise InputError(
            "tasks.bad_filter", column="due_to", value=question.due_to, expected=f"≥ {question.due_from}"
        )  # fmt: skip


def conditions(session: OfficeSession, question: Question, *, without: Sequence[str] = ()) -> list[ColumnElement[bool]]:
    """The filters as criteria; ``without`` leaves facets out."""
    found: list[ColumnElement[bool]] = []
    found += [criterion for name, criterion in facet_criteria(question).items() if name not in without]
    if question.programme is not None:
        found.append(Task.programme_id == question.programme)
    if question.ids:
        found.append(Task.id.in_(question.ids))
    if question.parent is not None:
        found.append(Task.parent_id == question.parent)
    if question.area:
        path = session.execute(select(Area.path).where(Area.code == question.area)).scalar()
        found.append(Task.area_path.startswith(path, autoescape=True) if path else Task.id.is_(None))
    if question.due_from:
        found.append(Task.due_on >= question.due_from)
    if question.due_to:
        found.append(Task.due_on <= question.due_to)
    if question.text.strip():
        vocabulary = Vocabulary(session)
        found += [_named(vocabulary, word) for word in question.text.split()[:6]]
    found += _quick(session, question)
    return found


def _named(vocabulary: Vocabulary, word: str) -> ColumnElement[bool]:
    """A word in title, measure or code, or in the name of the lead unit or of an area; pinyin as well."""
    words = [word, *vocabulary.words(word)]
    found = [any_of(_TEXT, words)]
    units: set[int] = set()
    for one in words:
        places = vocabulary.places(one)
        units.update(places.units)
        found += [Task.area_path.startswith(path, autoescape=True) for path in places.areas]
    if units:
        found.append(Task.org_id.in_(sorted(units)))
    return or_(*found)


def facet_criteria(question: Question) -> dict[str, ColumnElement[bool]]:
    found: dict[str, ColumnElement[bool]] = {}
    if question.state:
        found["state"] = Task.state.in_(question.state)
    if question.light:
        found["light"] = Task.light.in_(question.light)
    if question.circle:
        found["circle"] = func.coalesce(Task.circle, "").in_(question.circle)
    if question.stage:
        found["stage"] = Task.stage_id.in_(question.stage)
    if question.unit:
        joint = select(TaskUnit.task_id).where(TaskUnit.organisation_id.in_(question.unit))
        found["unit"] = or_(Task.org_id.in_(question.unit), Task.id.in_(joint))
    return found


def quick_filters(session: OfficeSession) -> dict[str, ColumnElement[bool]]:
    """The quick filters by name."""
    own = sorted(session.actor.organisations)
    person = session.actor.person_id
    return {
        "mine": or_(Task.org_id.in_(own), Task.assignee_id == person if person is not None else Task.id.is_(None)),
        "issued": Task.issuer_id.in_(own),
        "open": Task.state.in_(unfinished()),
        "late": is_late(clock.now()),
        "returned": Task.state == "returned",
        "escalated": and_(Task.escalated_to.is_not(None), Task.state.in_(unfinished())),
        "shortfall": Task.shortfall_id.is_not(None),
        "top": Task.parent_id.is_(None),
    }


def _quick(session: OfficeSession, question: Question) -> list[ColumnElement[bool]]:
    asked = [
        name
        for name in ("mine", "issued", "open", "late", "returned", "escalated", "shortfall", "top")
        if getattr(question, name)
    ]
    if not asked:
        return []
    known = quick_filters(session)
    return [known[name] for name in asked]


def is_late(now: datetime) -> ColumnElement[bool]:
    """Overdue and still the unit's to do: what awaits review is not late, nor what is suspended or not issued."""
    machine = get_machine("task")
    states = [one for one in machine.of_kind(StateKind.OPEN) if one not in ("draft", "reported", "refused")]
    return and_(Task.due_at <= now, Task.state.in_(states))
