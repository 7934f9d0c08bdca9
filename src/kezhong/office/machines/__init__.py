"""State machines of the office's objects, as data (``office/data/machines``), checked when they are loaded."""

from __future__ import annotations

from kezhong.office.machines.load import get_machine, load_machines, load_vocabulary, parse_machine
from kezhong.office.machines.model import Machine, Relation, State, StateKind, Term, Transition
from kezhong.office.machines.step import IllegalStepError

__all__ = [
    "IllegalStepError",
    "Machine",
    "Relation",
    "State",
    "StateKind",
    "Term",
    "Transition",
    "get_machine",
    "load_machines",
    "load_vocabulary",
    "parse_machine",
]
