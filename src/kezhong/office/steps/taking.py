"""Taking a step: right, relation, inputs, guards, the change itself, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.machines import Machine, Relation, Transition, load_vocabulary
from kezhong.office.models import FileStored, kind_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps.course import note_course
from kezhong.office.steps.registry import (
    InName,
    Step,
    apply_inputs,
    check_guards,
    follow_up,
    machine_of,
    refuse_unasked,
    right_of,
)
from kezhong.office.steps.relations import relation_of_actor, relation_of_unit, unit_acting

_Row = TypeVar("_Row")


def take_step(
    session: OfficeSession,
    row: _Row,
    transition_id: str,
    *,
    version: int | None = None,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    by_system: bool = False,
    in_name: InName | None = None,
) -> _Row:
    """Take a step of the row's state machine.

    Parameters
    ----------
    row
        Any row of an object with a state; it is read anew, and locked, under the step's permission.
    version
        What the caller last saw; ``None`` does not look.
    reason, fields
        What comes with the step: ``reply``, ``due`` (date), ``unit`` (id of an organisation), ``result`` …
    by_system
        A consequence of another step or of a measurement, not a person's decision: only for steps that are open to
        the relation *system*.
    in_name
        The unit whose word the actor passes on. The actor needs the step's permission over the row, the unit stands
        in the relation; the course names the unit and who passed it on. Whether the actor may speak for the unit is
        for the calling service to see to: it holds something that the unit handed in.

    Raises
    ------
    IllegalStepError
        The step does not lead out of the present state; says which do.
    PermissionDeniedError
        The actor (or the unit in whose name it is) is not who may take it.
    InputError
        Something that the step needs is missing.
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    """
    machine = machine_of(row)
    wanted = machine.transition(transition_id)
    right = right_of(wanted)
    by_itself = by_system or session.actor.everything
    if not by_itself:
        try:
            row = session.one(type(row), row.id, right, version=version, lock=True)  # type: ignore[attr-defined,type-var]
        except NotFoundError as problem:  # the caller may see it, since it has the row, but not do this with it
            raise _not_yours(machine, wanted) from problem
    step = machine.step(row.state, transition_id)  # type: ignore[attr-defined]
    relation, org_id = _as_whom(session, row, step, in_name, by_itself=by_itself)
    if relation is None or relation not in step.by:
        raise _not_yours(machine, step)
    given = {name: value for name, value in (fields or {}).items() if value not in (None, "")}
    if not by_itself:
        refuse_unasked(kind_of(row), step, given)
    said = in_name.reason(reason) if in_name else reason.strip()
    passed_on = unit_acting(session, right, in_name.org_id) if in_name else None
    taken = Step(step, row.state, said, given, org_id, relation, passed_on)  # type: ignore[attr-defined]
    _check_needs(session, row, taken, machine)
    check_guards(session, row, taken)
    with session.because(f"{kind_of(row)}.{step.id}", taken.reason):
        _apply(session, row, taken)
    return row


def _as_whom(
    session: OfficeSession, row: Any, step: Transition, in_name: InName | None, *, by_itself: bool
) -> tuple[Relation | None, int | None]:
    if in_name is not None:
        return relation_of_unit(session, row, step, in_name.org_id), in_name.org_id
    if by_itself:
        return Relation.SYSTEM, None
    return relation_of_actor(session, row, step, right_of(step))


def _apply(session: OfficeSession, row: Any, taken: Step) -> None:
    step = taken.transition
    apply_inputs(session, row, taken.fields)
    row.state = step.to
    row.updated_at = clock.now()  # also where the state stays: the version must move, since something happened
    session.flush()
    # A consequence is written under the right of the step that it follows from.
    note = note_course(
        session, row, step.id, org_id=taken.org_id, otherwise=right_of(step), before=taken.before,
        reason=taken.reason, details=taken.fields, passed_on_by=taken.passed_on_by,
    )  # fmt: skip
    follow_up(session, row, replace(taken, number=note.id))


def _not_yours(machine: Machine, step: Transition) -> PermissionDeniedError:
    return PermissionDeniedError(
        "steps.not_yours",
        step_zh=step.zh,
        step_en=step.en,
        by_zh="、".join(machine.relations[one].zh for one in step.by),
        by_en=", ".join(machine.relations[one].en for one in step.by),
    )


def _check_needs(session: OfficeSession, row: Any, taken: Step, machine: Machine) -> None:
    words = load_vocabulary().needs
    missing = [need for need in taken.transition.needs if not _has(session, row, taken, need, machine)]
    if missing:
        raise InputError(
            "steps.missing_input",
            step_zh=taken.transition.zh,
            step_en=taken.transition.en,
            column=", ".join(missing),
            missing=missing,
            missing_zh="、".join(words[one].zh for one in missing),
            missing_en=", ".join(words[one].en for one in missing),
        )


def _has(session: OfficeSession, row: Any, taken: Step, need: str, machine: Machine) -> bool:
    if need == "reason":
        return bool(taken.reason)
    if need in taken.fields:
        return True
    if taken.before == machine.initial and need == "due":
        return getattr(row, "due_on", None) is not None
    if taken.before == machine.initial and need == "unit":
        return True  # the scope's organisation
    if need in ("document", "evidence", "plan", "sheet"):
        found = session.execute(
            select(FileStored.id)
            .where(FileStored.object_kind == kind_of(row), FileStored.object_id == row.id)
            .limit(1)
            .execution_options(through_parent=True)
        )
        return found.first() is not None
    return False


def allowed_steps(session: OfficeSession, row: Any) -> list[dict[str, Any]]:
    """The steps the actor may take now: ``id``, ``zh``, ``en``, ``to``, ``needs``, ``may``, in the order of buttons."""
    machine = machine_of(row)
    found = []
    for step in machine.allowed(row.state):
        if relation_of_actor(session, row, step, right_of(step))[0] is not None:
            needs = [need for need in step.needs if not (need == "unit" and row.state == machine.initial)]
            given = needs and row.state == machine.initial and getattr(row, "due_on", None) is not None
            found.append(
                {
                    "id": step.id,
                    "zh": step.zh,
                    "en": step.en,
                    "to": step.to,
                    "needs": [need for need in needs if not (given and need == "due")],
                    "may": list(step.may),
                }
            )
    return found
