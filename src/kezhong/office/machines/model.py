"""State machines as data: which states an object of the office has, and which steps lead from one to the next.

A machine knows no object, no person and no database. It says which step is possible, which permission and which
relation to the object it takes, what must be handed in with it, and which effects the programme's code then executes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from kezhong.errors import InputError, NotFoundError
from kezhong.office.machines.step import IllegalStepError


class StateKind(StrEnum):
    """How a state counts in lists, lights and appraisal."""

    OPEN = "open"  # somebody has to do something
    PAUSED = "paused"  # 暂缓: deadlines and lights stand still
    DONE = "done"  # 办结: the work counts as done, though a measurement may follow
    VOID = "void"  # ended without a result that counts: withdrawn, waived, refused


class Relation(StrEnum):
    """What the actor's unit must be to the object; each machine says what the relation means for it."""

    LEAD = "lead"  # 牵头(承办)单位: the one who has to do it
    JOINT = "joint"  # 配合单位
    SUPERIOR = "superior"  # the level above the lead unit
    CREATOR = "creator"  # who issued or entered it
    OFFICE = "office"  # 领导小组办公室
    SYSTEM = "system"  # the software itself, never a person's button


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the vocabulary: a need, an effect or a relation, with what it means."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class State:
    """One state of a machine."""

    id: str
    zh: str
    en: str
    kind: StateKind
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: the words on its button, where it leads, who may take it and what it takes along.

    ``by`` lists relations of which one suffices. ``needs`` must be handed in with the step, ``may`` can be. A step
    that leaves a terminal state is marked: with ``reopens`` the work begins anew, with ``follows`` the work stays
    done and only its follow-up goes on (a re-measurement, a correction).
    """

    id: str
    zh: str
    en: str
    sources: tuple[str, ...]
    to: str
    permission: str
    by: tuple[Relation, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    reopens: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine; build it with :func:`kezhong.office.machines.load.parse_machine`, which checks it."""

    id: str
    zh: str
    en: str
    initial: str
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    relations: Mapping[Relation, Term] = field(default_factory=lambda: MappingProxyType({}))

    def state(self, state: str) -> State:
        """The state with this id.

        Raises
        ------
        NotFoundError
            The machine has no such state.
        """
        found = self.states.get(state)
        if found is None:
            raise NotFoundError(
                "machines.unknown_state",
                machine_zh=self.zh,
                machine_en=self.en,
                value=state,
                expected=", ".join(self.states),
            )
        return found

    def transition(self, transition: str) -> Transition:
        """The step with this id.

        Raises
        ------
        InputError
            The machine has no such step.
        """
        found = self.transitions.get(transition)
        if found is None:
            raise InputError(
                "machines.unknown_step",
                machine_zh=self.zh,
                machine_en=self.en,
                value=transition,
                expected=", ".join(self.transitions),
            )
        return found

    def allowed(self, state: str) -> tuple[Transition, ...]:
        """The steps that lead out of ``state``, in the order of the data file (the order of the buttons).

        Raises
        ------
        NotFoundError
            The machine has no such state.
        """
        known = self.state(state).id
        return tuple(one for one in self.transitions.values() if known in one.sources)

    def step(self, state: str, transition: str) -> Transition:
        """The step ``transition`` out of ``state``; its ``to`` is the state reached.

        Permission, relation and what the step needs are not looked at here: the caller checks them.

        Raises
        ------
        IllegalStepError
            The step does not lead out of this state; the error lists those that do.
        InputError
            The machine has no such step.
        NotFoundError
            The machine has no such state.
        """
        here, wanted = self.state(state), self.transition(transition)
        if here.id not in wanted.sources:
            raise IllegalStepError(self, here, wanted)
        return wanted

    def of_kind(self, *kinds: StateKind) -> tuple[str, ...]:
        """Ids of the states of these kinds, for queries such as "everything that is open"."""
        return tuple(one.id for one in self.states.values() if one.kind in kinds)

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every permission that a step of this machine takes, sorted."""
        return tuple(sorted({one.permission for one in self.transitions.values()}))
