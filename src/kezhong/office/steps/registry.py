"""What the subjects of the office register for their kinds of object: effects, guards, inputs, relations, machines."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kezhong.errors import InputError
from kezhong.office.access.actor import Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Machine, Relation, Transition, get_machine
from kezhong.office.models import kind_of
from kezhong.office.session import OfficeSession

#: Machines whose name is not the kind of the row.
_MACHINES = {"dispatch_sheet": "dispatch", "appraisal_score": "appraisal"}


@dataclass(frozen=True, slots=True)
class InName:
    """In the name of which unit somebody else passes its word on, and where it stands: a sheet, a letter.

    ``source`` is put before the reason of the step, so that the course and the audit say where the word was taken from.
    """

    org_id: int
    source: str

    def reason(self, own: str = "") -> str:
        """The source, with what was said beside it."""
        return "；".join(part for part in (self.source, own.strip()) if part)


@dataclass(frozen=True, slots=True)
class Step:
    """What an effect and a guard are told: the step, what came with it, and as whom it is taken.

    ``org_id`` is the unit that takes it; ``passed_on_by`` the one whose staff passed its word on, if any. ``number``
    is that of the :class:`StepTaken` it became; 0 for a guard, before anything is written.
    """

    transition: Transition
    before: str
    reason: str
    fields: Mapping[str, Any]
    org_id: int | None
    relation: Relation | None
    passed_on_by: int | None = None
    number: int = 0


Effect = Callable[[OfficeSession, Any, Step], None]
IsRelated = Callable[[OfficeSession, Any, Grant], bool]
Input = Callable[[OfficeSession, Any, Any], None]

_effects: dict[tuple[str, str | None], Effect] = {}
_guards: dict[str, list[Effect]] = {}
_inputs: dict[tuple[str, str | None], Input] = {}
_beside: dict[tuple[str, str | None], str] = {}
_relations: dict[tuple[str, Relation], IsRelated] = {}
_machines: dict[str, Callable[[Any], str]] = {}
_listeners: list[Effect] = []


def register_effect(effect: str, does: Effect, kind: str | None = None) -> None:
    """What the effect does, for one kind of object or (without ``kind``) for all that have none of their own."""
    _effects[effect, kind] = does


def register_listener(hears: Effect) -> None:
    """Called after every step of every kind, when its effects are done."""
    _listeners.append(hears)


def register_guard(kind: str, check: Effect) -> None:
    """Called before each step of the kind; raises where the step must not be taken now."""
    _guards.setdefault(kind, []).append(check)


def register_input(name: str, applies: Input, kind: str | None = None, *, beside: str | None = None) -> None:
    """Where an input of a step (``due``, ``unit`` …) goes; ``beside`` another, it is taken where that one is."""
    _inputs[name, kind] = applies
    if beside is not None:
        _beside[name, kind] = beside


def register_relation(kind: str, relation: Relation, holds: IsRelated) -> None:
    """What a relation means for the kind, where the general meaning does not fit."""
    _relations[kind, relation] = holds


def register_machine(kind: str, chooses: Callable[[Any], str]) -> None:
    """Which machine a row follows, where its kind has more than one."""
    _machines[kind] = chooses


def own_relation(kind: str, relation: Relation) -> IsRelated | None:
    """What the relation means for the kind, where it has a meaning of its own."""
    return _relations.get((kind, relation))


def check_guards(session: OfficeSession, row: Any, taken: Step) -> None:
    """Ask all guards of the row's kind; the first that minds raises."""
    for check in _guards.get(kind_of(row), ()):
        check(session, row, taken)


def refuse_unasked(kind: str, step: Transition, fields: Mapping[str, Any]) -> None:
    """A step changes what it asks for and nothing else: whoever accepts a task does not move its deadline by that.

    Raises
    ------
    InputError
        With the first input that the step does not ask for.
    """
    for name in fields:
        applies = (name, kind) in _inputs or (name, None) in _inputs
        if applies and _beside.get((name, kind), name) not in (*step.needs, *step.may):
            raise InputError("steps.not_asked", column=name, step_zh=step.zh, step_en=step.en)


def apply_inputs(session: OfficeSession, row: Any, fields: Mapping[str, Any]) -> None:
    """Put what came with a step where it belongs; what has no place stays in the course."""
    kind = kind_of(row)
    for name, value in fields.items():
        applies = _inputs.get((name, kind)) or _inputs.get((name, None))
        if applies is not None:
            applies(session, row, value)


def follow_up(session: OfficeSession, row: Any, taken: Step) -> None:
    """Bring about what the step has as effects, in their order, then tell all listeners."""
    kind = kind_of(row)
    for name in taken.transition.effects:
        does = _effects.get((name, kind)) or _effects.get((name, None))
        if does is not None:
            does(session, row, taken)
    for hears in _listeners:
        hears(session, row, taken)


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
    chooses = _machines.get(kind)
    return get_machine(chooses(row) if chooses else _MACHINES.get(kind, kind))


def right_of(transition: Transition) -> Permission:
    """The permission of the roles that a step takes."""
    return Permission(transition.permission)
