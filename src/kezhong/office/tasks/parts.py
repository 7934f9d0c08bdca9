"""Decomposition (分解) and dependencies: tasks handed down to lower units, and tasks that wait for one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Organisation, Task, TaskDependency, TaskUnit
from kezhong.office.session import OfficeSession
from kezhong.office.telling.lighting import relight

#: Levels of decomposition: city, district, street, community – and one to spare.
DEEPEST = 6
#: Parts in these states do not count towards the whole.
_VOID = ("withdrawn",)


def roll_up(session: OfficeSession, task_id: int | None) -> None:
    """Progress of a task as the weighted mean of its parts, upwards to the top; what was set by hand stays.

    A consequence of a part's progress, not an edit of the whole: the version does not move, nobody's form gets stale.
    """
    table: Any = Task.__table__
    for _ in range(DEEPEST):
        if task_id is None:
            return
        connection = session.connection()
        whole = connection.execute(
            select(table.c.parent_id, table.c.progress, table.c.progress_by_hand).where(table.c.id == task_id)
        ).one()
        weight = func.sum(table.c.weight)
        mean = connection.execute(
            select(func.round(func.sum(table.c.progress * table.c.weight) / func.nullif(weight, 0))).where(
                table.c.parent_id == task_id, table.c.state.not_in(_VOID)
            )
        ).scalar()
        if mean is None or whole.progress_by_hand or int(mean) == whole.progress:
            return  # it stays as it is, and so does all above it
        connection.execute(table.update().where(table.c.id == task_id).values(progress=int(mean)))
        known = session.identity_map.get(session.identity_key(Task, task_id))
        if known is not None:
            session.refresh(known, ["progress"])
            relight(session, known)
        task_id = whole.parent_id


def check_parent(session: OfficeSession, parent: Task, unit: Organisation) -> None:
    """A part goes to a unit at the same level or below, within the area or the line of the whole.

    Raises
    ------
    InputError
        It would go upwards or elsewhere.
    """
    order = ("city", "district", "street", "community")
    if order.index(unit.level) < order.index(parent.level):
        raise InputError("tasks.upwards", column="unit", value=unit.name)
    joint = session.scalars(select(TaskUnit.organisation_id).where(TaskUnit.task_id == parent.id)).all()
    inside = unit.area_path.startswith(parent.area_path) or unit.id in joint or unit.path.startswith(parent.org_path)
    if not inside:
        raise InputError("tasks.elsewhere", column="unit", value=unit.name)
    depth, above = 1, parent.parent_id
    while above is not None:
        depth += 1
        above = (
            session.connection()
            .execute(select(Task.__table__.c.parent_id).where(Task.__table__.c.id == above))
            .scalar()
        )
    if depth >= DEEPEST:
        raise InputError("tasks.too_deep", value=depth + 1, limit=DEEPEST)


def parts_of(session: OfficeSession, task_id: int, limit: int = 500) -> list[Task]:
    """Direct parts, in the order of their codes; seen with the whole."""
    statement = select(Task).where(Task.parent_id == task_id).order_by(Task.code, Task.id).limit(limit)
    return list(session.scalars(statement.execution_options(through_parent=True)))


def needs_of(session: OfficeSession, task_id: int) -> tuple[list[Task], list[Task]]:
    """What a task needs before it can be finished, and what waits for it."""
    needs = select(Task).join(TaskDependency, TaskDependency.needs_id == Task.id)
    waits = select(Task).join(TaskDependency, TaskDependency.task_id == Task.id)
    options = {"through_parent": True}
    return (
        list(session.scalars(needs.where(TaskDependency.task_id == task_id).execution_options(**options))),
        list(session.scalars(waits.where(TaskDependency.needs_id == task_id).execution_options(**options))),
    )


_REACHES = text(
    """
    WITH RECURSIVE ahead(id) AS (
        SELECT needs_id FROM task_dependency WHERE task_id = :start
        UNION
        SELECT d.needs_id FROM task_dependency d JOIN ahead ON d.task_id = ahead.id
    )
    SELECT EXISTS (SELECT 1 FROM ahead WHERE id = :wanted)
    """
)


def set_needs(session: OfficeSession, task_id: int, version: int, needs: Sequence[int]) -> Task:
    """Say what a task needs; all of it at once.

    Raises
    ------
    ConflictError
        Two tasks would wait for one another, directly or around corners.
    InputError
        A task would wait for its own part or whole, or for itself.
    PermissionDeniedError
        The actor's unit did not issue it: a unit does not free itself of what it has to wait for.
    """
    from kezhong.office.tasks.handling import may_edit, refuse_finished

    row = session.one(Task, task_id, Permission.WRITE_TASK, version=version, lock=True)
    if not may_edit(session, row):
        raise PermissionDeniedError("tasks.not_issuer")
    refuse_finished(row)
    # One at a time: two circles could otherwise be closed by two people at once.
    session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": 0x6B7A6465})
    wanted = dict.fromkeys(needs)
    have = {
        one.needs_id: one for one in session.scalars(select(TaskDependency).where(TaskDependency.task_id == task_id))
    }
    with session.because("task.needs"):
        for gone in have.keys() - wanted.keys():
            session.delete(have[gone])
        for needed in wanted.keys() - have.keys():
            other = session.one(Task, needed)
            _check_need(session, row, other)
            session.add(TaskDependency(task_id=task_id, needs_id=needed))
            session.flush()
        row.updated_at = clock.now()
    return row


def _check_need(session: OfficeSession, row: Task, other: Task) -> None:
    if other.id == row.id:
        raise InputError("tasks.needs_itself", column="needs", value=row.code)
    if other.programme_id != row.programme_id:
        raise InputError("tasks.other_programme", column="needs", value=other.code)
    if session.execute(_REACHES, {"start": other.id, "wanted": row.id}).scalar():
        raise ConflictError("tasks.circle", value=row.code, other=other.code)
    for one, two in ((row, other), (other, row)):
        above: Any = one.parent_id
        while above is not None:
            if above == two.id:
                raise InputError("tasks.needs_family", column="needs", value=other.code)
            table = Task.__table__
            above = session.connection().execute(select(table.c.parent_id).where(table.c.id == above)).scalar()
