"""What bulletins, checks and appraisals count: the units, and their tasks and papers of a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import CircleDuty, DispatchRound, DispatchSheet, Organisation, StepTaken, Submission, Task
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import work_calendar


@dataclass(frozen=True, slots=True)
class Unit:
    """A district or a department of the city. ``group`` is the part of the rules that is for it."""

    org: Organisation
    group: str  # district, department

    def owns(self, row: Any) -> bool:
        """Whether a row counts for the unit: by area for a district, by organisation for a department."""
        if self.group == "district":
            return bool(row.area_path.startswith(self.org.area_path))
        return bool(row.org_path.startswith(self.org.path))


def units_of(session: OfficeSession, programme_id: int, day: date) -> list[Unit]:
    """Districts, and the city's departments that have a duty in the programme or lead something of it."""
    valid = (Organisation.valid_from <= day) & (Organisation.valid_to.is_(None) | (Organisation.valid_to >= day))
    statement = select(Organisation).where(valid, Organisation.kind.in_(("government", "department")))
    found: list[Unit] = []
    leading = set(
        session.rows(select(CircleDuty.organisation_id).where(CircleDuty.programme_id == programme_id).distinct())
    )
    for cls in (Task, Submission):
        leading |= set(session.rows(select(cls.org_id).where(cls.programme_id == programme_id).distinct()))
    for org in session.execute(statement.order_by(Organisation.code)).scalars():
        if org.kind == "government" and org.level == "district":
            found.append(Unit(org, "district"))
        elif org.kind == "department" and org.level == "city" and org.id in leading:
            found.append(Unit(org, "department"))
    return sorted(found, key=lambda unit: (unit.group != "district", unit.org.code))


@dataclass(frozen=True, slots=True)
class Done:
    """When and how a task was done; ``on`` is when its unit said so: a reviewer's delay is not the unit's."""

    done: bool
    at: datetime | None
    late: bool


class Facts:
    """Tasks, papers and sheets of a programme in a period, read once."""

    def __init__(self, session: OfficeSession, programme_id: int, first: date, last: date) -> None:
        self.session, self.programme_id, self.first, self.last = session, programme_id, first, last
        machine = get_machine("task")
        self.done_states = frozenset(machine.of_kind(StateKind.DONE))
        self._left_out = {*machine.of_kind(StateKind.VOID, StateKind.PAUSED), "draft"}
        calendar = work_calendar(session)
        self.begin, self.end = calendar.deadline(first - timedelta(days=1)), calendar.deadline(last)
        self.tasks = self._tasks()
        self.reported = self._steps("task", "report", last=True)
        self.returned = self._steps("task", "return")
        self.parents = {task.parent_id for task in self.tasks if task.parent_id is not None}

    def _tasks(self) -> list[Task]:
        statement = (
            select(Task)
            .where(Task.programme_id == self.programme_id, Task.due_on.between(self.first, self.last))
            .where(Task.state.not_in(self._left_out))
            .order_by(Task.code, Task.id)
        )
        return self.session.rows(statement)

    def _steps(self, kind: str, transition: str, *, last: bool = False) -> dict[int, Any]:
        what = func.max(StepTaken.at) if last else func.count()
        statement = (
            select(StepTaken.object_id, what)
            .where(StepTaken.object_kind == kind, StepTaken.transition == transition)
            .group_by(StepTaken.object_id)
        )
        if not last:
            statement = statement.where(StepTaken.at >= self.begin, StepTaken.at < self.end)
        return {row[0]: row[1] for row in self.session.execute(statement)}

    def of(self, unit: Unit, *, leaves: bool | None = None) -> list[Task]:
        """The unit's tasks; ``leaves``: without those that were handed down, whose parts are counted instead."""
        leaves = unit.group == "district" if leaves is None else leaves
        return [task for task in self.tasks if unit.owns(task) and not (leaves and task.id in self.parents)]

    def fate(self, task: Task) -> Done:
        """Whether and when a task was done."""
        at = self.reported.get(task.id) or task.done_at
        done = task.state in self.done_states or task.state == "reported"
        late = done and at is not None and task.due_at is not None and at > task.due_at
        return Done(done, at if done else None, late)

    def is_overdue(self, task: Task, now: datetime) -> bool:
        """Open after its deadline."""
        return not self.fate(task).done and task.due_at is not None and task.due_at < now

    def submissions(self, unit: Unit) -> list[Submission]:
        """Papers that were due from the unit in the period; waived ones are none."""
        statement = (
            select(Submission)
            .where(Submission.programme_id == self.programme_id, Submission.due_on.between(self.first, self.last))
            .where(Submission.state != "waived")
            .order_by(Submission.code, Submission.id)
        )
        return [row for row in self.session.rows(statement) if row.org_path.startswith(unit.org.path)]

    def sheets(self, unit: Unit) -> list[tuple[DispatchSheet, DispatchRound]]:
        """Sheets that were due from the unit in the period."""
        statement = (
            select(DispatchSheet, DispatchRound)
            .join(DispatchRound, DispatchRound.id == DispatchSheet.round_id)
            .where(DispatchRound.programme_id == self.programme_id, DispatchRound.kind == "monthly")
            .where(DispatchRound.due_on.between(self.first, self.last), DispatchSheet.org_id == unit.org.id)
            .where(DispatchSheet.state != "cancelled")
            .order_by(DispatchRound.period)
        )
        return [(row[0], row[1]) for row in self.session.execute(statement).all()]

    def first_step(self, kind: str, ids: Iterable[int], transitions: tuple[str, ...]) -> dict[int, datetime]:
        """When one of the transitions was first taken, by object."""
        statement = (
            select(StepTaken.object_id, func.min(StepTaken.at))
            .where(StepTaken.object_kind == kind, StepTaken.object_id.in_(list(ids)))
            .where(StepTaken.transition.in_(transitions))
            .group_by(StepTaken.object_id)
        )
        return {row[0]: row[1] for row in self.session.execute(statement)}

    def times_returned(self, kind: str, ids: Iterable[int]) -> dict[int, int]:
        """How often each object was returned."""
        statement = (
            select(StepTaken.object_id, func.count())
            .where(StepTaken.object_kind == kind, StepTaken.object_id.in_(list(ids)))
            .where(StepTaken.transition == "return")
            .group_by(StepTaken.object_id)
        )
        return {row[0]: row[1] for row in self.session.execute(statement)}
