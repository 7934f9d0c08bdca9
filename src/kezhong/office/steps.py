"""One step of any state machine of the office: checked, taken, written down, with what follows from it.

::

    row = take_step(session, task, "report", version=7, fields={"reply": "…"})

The machine says which steps lead out of a state, what they need and who may take them. What a *relation* means for a
kind of object, where an input goes and what an effect does is registered by the subject that owns the kind, in a module
``kezhong.office.<subject>.effects``; all of these are imported before the first step.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.office.machines import Machine, Relation, Transition, get_machine, load_vocabulary
from kezhong.office.models import FileStored, Organisation, Person, StepTaken, kind_of
from kezhong.office.session import OfficeSession

_Row = TypeVar("_Row")

#: Machines whose name is not the kind of the row.
_MACHINES = {"dispatch_sheet": "dispatch", "appraisal_score": "appraisal"}


@dataclass(frozen=True, slots=True)
class Step:
    """What an effect and a guard are told: the step, what came with it, and as whom it is taken.

    ``number`` is that of the :class:`StepTaken` it became; 0 for a guard, before anything is written.
    """

    transition: Transition
    before: str
    reason: str
    fields: Mapping[str, Any]
    org_id: int | None
    relation: Relation | None
    number: int = 0


Effect = Callable[[OfficeSession, Any, Step], None]
IsRelated = Callable[[OfficeSession, Any, Grant], bool]


@dataclass
class _Registry:
    effects: dict[tuple[str, str | None], Effect] = field(default_factory=dict)
    guards: dict[str, list[Effect]] = field(default_factory=dict)
    inputs: dict[tuple[str, str | None], Callable[[OfficeSession, Any, Any], None]] = field(default_factory=dict)
    beside: dict[tuple[str, str | None], str] = field(default_factory=dict)
    relations: dict[tuple[str, Relation], IsRelated] = field(default_factory=dict)
    machines: dict[str, Callable[[Any], str]] = field(default_factory=dict)
    listeners: list[Effect] = field(default_factory=list)


_registry = _Registry()


def register_effect(effect: str, does: Effect, kind: str | None = None) -> None:
    """What the effect does, for one kind of object or (without ``kind``) for all that have none of their own."""
    _registry.effects[effect, kind] = does


def register_listener(hears: Effect) -> None:
    """Called after every step of every kind, when its effects are done."""
    _registry.listeners.append(hears)


def register_guard(kind: str, check: Effect) -> None:
    """Called before each step of the kind; raises where the step must not be taken now."""
    _registry.guards.setdefault(kind, []).append(check)


def register_input(
    name: str,
    applies: Callable[[OfficeSession, Any, Any], None],
    kind: str | None = None,
    *,
    beside: str | None = None,
) -> None:
    """Where an input of a step (``due``, ``unit`` …) goes; ``beside`` another, it is taken where that one is."""
    _registry.inputs[name, kind] = applies
    if beside is not None:
        _registry.beside[name, kind] = beside


def register_relation(kind: str, relation: Relation, holds: IsRelated) -> None:
    """What a relation means for the kind, where the general meaning does not fit."""
    _registry.relations[kind, relation] = holds


def register_machine(kind: str, chooses: Callable[[Any], str]) -> None:
    """Which machine a row follows, where its kind has more than one."""
    _registry.machines[kind] = chooses


@cache
def load_effects() -> None:
    """Import every ``kezhong.office.<subject>.effects``, so that all is registered."""
    package = importlib.import_module("kezhong.office")
    for found in pkgutil.iter_modules(package.__path__):
        name = f"kezhong.office.{found.name}.effects"
        if found.ispkg and importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def machine_of(row: Any) -> Machine:
    """The machine that a row follows."""
    load_effects()
    kind = kind_of(row)
    chooses = _registry.machines.get(kind)
    return get_machine(chooses(row) if chooses else _MACHINES.get(kind, kind))


def right_of(transition: Transition) -> Permission:
    """The permission of the roles that a step takes."""
    return Permission(transition.permission)


def take_step(
    session: OfficeSession,
    row: _Row,
    transition_id: str,
    *,
    version: int | None = None,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    by_system: bool = False,
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

    Raises
    ------
    IllegalStepError
        The step does not lead out of the present state; says which do.
    PermissionDeniedError
        The actor is not who may take it.
    InputError
        Something that the step needs is missing, or something comes with it that it does not ask for.
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
    relation, org_id = (Relation.SYSTEM, None) if by_itself else _relation(session, row, step, right)
    if relation is None or relation not in step.by:
        raise _not_yours(machine, step)
    given = {name: value for name, value in (fields or {}).items() if value not in (None, "")}
    if not by_itself:
        _refuse_unasked(row, step, given)
    taken = Step(step, row.state, reason.strip(), given, org_id, relation)  # type: ignore[attr-defined]
    _check_needs(session, row, taken, machine)
    for check in _registry.guards.get(kind_of(row), ()):
        check(session, row, taken)
    with session.because(f"{kind_of(row)}.{step.id}", taken.reason):
        _apply(session, row, taken)
    return row


def _refuse_unasked(row: Any, step: Transition, given: Mapping[str, Any]) -> None:
    """A step changes what it asks for and nothing else: whoever accepts a task does not move its deadline by that."""
    kind = kind_of(row)
    for name in given:
        applies = (name, kind) in _registry.inputs or (name, None) in _registry.inputs
        if applies and _registry.beside.get((name, kind), name) not in (*step.needs, *step.may):
            raise InputError("steps.not_asked", column=name, step_zh=step.zh, step_en=step.en)


def _not_yours(machine: Machine, step: Transition) -> PermissionDeniedError:
    return PermissionDeniedError(
        "steps.not_yours",
        step_zh=step.zh,
        step_en=step.en,
        by_zh="、".join(machine.relations[one].zh for one in step.by),
        by_en=", ".join(machine.relations[one].en for one in step.by),
    )


def _apply(session: OfficeSession, row: Any, taken: Step) -> None:
    step, kind = taken.transition, kind_of(row)
    for name, value in taken.fields.items():
        applies = _registry.inputs.get((name, kind)) or _registry.inputs.get((name, None))
        if applies is not None:
            applies(session, row, value)
    row.state = step.to
    row.updated_at = clock.now()  # also where the state stays: the version must move, since something happened
    session.flush()
    note = StepTaken(
        object_kind=kind, object_id=row.id, transition=step.id, before=taken.before, after=step.to, at=clock.now(),
        person_id=session.actor.person_id, actor_org_id=taken.org_id, reason=taken.reason,
        details=_plain(taken.fields), area_code=row.area_code, area_path=row.area_path, org_id=row.org_id,
        org_path=row.org_path, department=row.department,
    )  # fmt: skip
    # A consequence is written under the right of the step that it follows from.
    _, right = session._admitted.get(id(row), (row, right_of(step)))
    session.admit(note, right)
    session.add(note)
    session.flush()
    taken = replace(taken, number=note.id)
    for name in step.effects:
        does = _registry.effects.get((name, kind)) or _registry.effects.get((name, None))
        if does is not None:
            does(session, row, taken)
    for hears in _registry.listeners:
        hears(session, row, taken)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


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


# relations -----------------------------------------------------------------------------------------------------------


def _relation(
    session: OfficeSession, row: Any, step: Transition, right: Permission
) -> tuple[Relation | None, int | None]:
    """The first of the step's relations in which the actor stands to the row, and the unit for which it holds."""
    for relation in step.by:
        for grant in session.actor.grants_for(right):
            if related(session, row, relation, grant):
                return relation, grant.org_id
    return None, None


def related(session: OfficeSession, row: Any, relation: Relation, grant: Grant) -> bool:
    """Whether a grant's unit stands in this relation to the row."""
    own = _registry.relations.get((kind_of(row), relation))
    if own is not None:
        return own(session, row, grant)
    if relation is Relation.LEAD:
        return bool(grant.org_id == row.org_id)
    if relation is Relation.SUPERIOR:
        return is_superior(row, grant)
    if relation is Relation.CREATOR:
        if hasattr(row, "issuer_id"):
            return bool(grant.org_id == row.issuer_id) if row.issuer_id else is_office(session, row, grant)
        return bool(grant.org_id == row.org_id)
    return relation is Relation.OFFICE and is_office(session, row, grant)


def is_superior(row: Any, grant: Grant) -> bool:
    """Whether the grant's unit stands above the row's: in the tree of units, over its area, or in its line."""
    if row.org_path.startswith(grant.org_path) and row.org_path != grant.org_path:
        return True
    if not row.area_path.startswith(grant.area_path) or row.area_path == grant.area_path:
        return False
    if grant.reach is Reach.AREA:
        return True
    return bool(grant.reach is Reach.LINE and grant.department and grant.department == row.department)


def is_office(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """Whether the grant is one of the leading-group office, over the row's area."""
    return grant.org_id in _offices(session) and bool(row.area_path.startswith(grant.area_path))


def _offices(session: OfficeSession) -> frozenset[int]:
    """Which of the actor's units are a leading-group office; kept with the actor, who lives for one request."""
    actor: Actor = session.actor
    found: frozenset[int] | None = actor._cache.get("offices")
    if found is None:
        kinds = select(Organisation.id).where(
            Organisation.id.in_(actor.organisations), Organisation.kind.in_(("office", "leading_group"))
        )
        found = frozenset(session.execute(kinds).scalars())
        actor._cache["offices"] = found
    return found


# what the wire shows -------------------------------------------------------------------------------------------------


def allowed_steps(session: OfficeSession, row: Any) -> list[dict[str, Any]]:
    """The steps the actor may take now: ``id``, ``zh``, ``en``, ``to``, ``needs``, ``may``, in the order of buttons."""
    machine = machine_of(row)
    found = []
    for step in machine.allowed(row.state):
        if _relation(session, row, step, right_of(step))[0] is not None:
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


def course(session: OfficeSession, row: Any, limit: int = 200) -> list[dict[str, Any]]:
    """The steps that were taken, oldest first, in words and with who took them.

    Read through the row, which the caller found in scope: who acted on it may be named to whoever may see it.
    """
    machine = machine_of(row)
    person, unit, step = Person.__table__, Organisation.__table__, StepTaken.__table__
    statement = (
        select(step, person.c.name.label("person_name"), unit.c.short_name.label("unit_name"))
        .outerjoin(person, person.c.id == step.c.person_id)
        .outerjoin(unit, unit.c.id == step.c.actor_org_id)
        .where(step.c.object_kind == kind_of(row), step.c.object_id == row.id)
        .order_by(step.c.at.desc(), step.c.id.desc())
        .limit(limit)
    )
    rows: Sequence[Any] = session.execute(statement).all()
    return [_told(machine, one) for one in reversed(rows)]


def _told(machine: Machine, one: Any) -> dict[str, Any]:
    step = machine.transitions.get(one.transition)
    before, after = machine.states.get(one.before), machine.states.get(one.after)
    return {
        "id": one.id,
        "transition": one.transition,
        # What the clock's round notes is no step of the machine; it brings its words along.
        "zh": step.zh if step else one.details.get("zh", one.transition),
        "en": step.en if step else one.details.get("en", one.transition),
        "before": one.before,
        "before_zh": before.zh if before else one.before,
        "before_en": before.en if before else one.before,
        "after": one.after,
        "after_zh": after.zh if after else one.after,
        "after_en": after.en if after else one.after,
        "at": one.at,
        "person": one.person_name,
        "unit": one.unit_name,
        "reason": one.reason,
        "details": one.details,
    }


# inputs and effects that mean the same for every kind ----------------------------------------------------------------


def as_date(value: Any) -> date:
    """A day, also where it comes as text of the wire.

    Raises
    ------
    InputError
        It is none.
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise InputError("steps.bad_date", column="due", value=value, expected="2026-06-30") from problem


def _set_due(session: OfficeSession, row: Any, value: Any) -> None:
    if not hasattr(row, "due_on"):
        return
    day = as_date(value)
    if not 2000 <= day.year <= 2100:
        raise InputError("steps.bad_date", column="due", value=value, expected="2026-06-30")
    row.due_on = day
    if hasattr(row, "due_at"):
        from kezhong.office.telling.deadlines import due_at

        row.due_at = due_at(session, row.due_on)


def _set_done(session: OfficeSession, row: Any, step: Step) -> None:
    if hasattr(row, "done_at"):
        row.done_at = clock.now()


def _clear_done(session: OfficeSession, row: Any, step: Step) -> None:
    if hasattr(row, "done_at"):
        row.done_at = None


register_input("due", _set_due)
register_effect("set_done", _set_done)
register_effect("clear_done", _clear_done)
register_machine("objection", lambda row: "appeal" if row.object_kind.startswith("appraisal") else "objection")
