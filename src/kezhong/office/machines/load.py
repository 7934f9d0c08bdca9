"""Reading the state machines of ``office/data/machines``: one YAML file each, named after the machine.

A file is refused as a whole, with everything that is wrong in it (:mod:`kezhong.office.machines.checks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from kezhong.errors import InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines.checks import Vocabulary, entry_problems, graph_problems, machine_problems
from kezhong.office.machines.model import Machine, Relation, State, StateKind, Term, Transition
from kezhong.office.strict_yaml import read_strict, unknown_keys

VOCABULARY = "vocabulary.yaml"
_WORDS = frozenset({"needs", "effects"})
_PERMISSIONS = frozenset(permission.value for permission in Permission)


def parse_vocabulary(text: str, file: str = VOCABULARY) -> Vocabulary:
    """The words for needs and effects.

    Raises
    ------
    InputError
        The file cannot be read, or a word is given twice or not in both languages.
    """
    page = read_strict(text, file)
    problems = unknown_keys(page, _WORDS, frozenset())
    words: dict[str, Mapping[str, Term]] = {}
    for group in sorted(_WORDS & page.keys()):
        entries = page[group] or []
        problems += entry_problems(entries, group, frozenset({"id", "zh", "en"}), frozenset())
        if not problems:
            words[group] = MappingProxyType({one["id"]: Term(one["id"], one["zh"], one["en"]) for one in entries})
    _refuse(problems, file)
    return Vocabulary(words["needs"], words["effects"])


def parse_machine(text: str, file: str, vocabulary: Vocabulary | None = None) -> Machine:
    """One machine out of its YAML text, checked.

    Parameters
    ----------
    text
        The file's content.
    file
        Its name, for messages; its stem must be the machine's id.
    vocabulary
        The words its steps may refer to; those shipped by default.

    Raises
    ------
    InputError
        With every problem found: ``machines.unreadable`` or ``machines.broken``.
    """
    words = vocabulary or load_vocabulary()
    page = read_strict(text, file)
    _refuse(machine_problems(page, file.removesuffix(".yaml"), words), file)
    machine = _build(page)
    _refuse(graph_problems(machine), file)
    return machine


@cache
def load_vocabulary() -> Vocabulary:
    """The words as shipped, read once."""
    return parse_vocabulary(resources.files("kezhong.office").joinpath("data/machines", VOCABULARY).read_text("utf-8"))


@cache
def load_machines() -> Mapping[str, Machine]:
    """All machines as shipped, by id; read and checked once.

    Raises
    ------
    InputError
        A file is wrong, a word of the vocabulary is used nowhere, or a permission names no machine.
    """
    folder = resources.files("kezhong.office").joinpath("data/machines")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    machines = [parse_machine(one.read_text("utf-8"), one.name) for one in files if one.name != VOCABULARY]
    found = {one.id: one for one in machines}
    _refuse(problems_between(found, load_vocabulary()), "machines")
    return MappingProxyType(found)


def get_machine(name: str) -> Machine:
    """The machine with this id.

    Raises
    ------
    NotFoundError
        There is none.
    """
    machines = load_machines()
    if name not in machines:
        raise NotFoundError("machines.unknown_machine", value=name, expected=", ".join(machines))
    return machines[name]


def problems_between(machines: Mapping[str, Machine], words: Vocabulary) -> list[tuple[str, str]]:
    """What is wrong between the files."""
    steps = [(machine, step) for machine in machines.values() for step in machine.transitions.values()]
    used_needs = {need for _, step in steps for need in (*step.needs, *step.may)}
    used_effects = {effect for _, step in steps for effect in step.effects}
    unused = sorted((words.needs.keys() - used_needs) | (words.effects.keys() - used_effects))
    problems = [(f"词汇“{word}”无处使用", f"the word “{word}” is used nowhere") for word in unused]
    for machine, step in steps:
        if step.permission not in _PERMISSIONS:
            problems.append(
                (
                    f"{machine.id}.{step.id} 的权限“{step.permission}”不存在",
                    f"{machine.id}.{step.id}: there is no permission “{step.permission}”",
                )
            )
    return problems


def _build(page: Mapping[str, Any]) -> Machine:
    states = [
        State(one["id"], one["zh"], one["en"], StateKind(one["kind"]), one.get("terminal", False))
        for one in page["states"]
    ]
    transitions = [
        Transition(
            id=one["id"],
            zh=one["zh"],
            en=one["en"],
            sources=tuple(one["from"]),
            to=one["to"],
            permission=one["permission"],
            by=tuple(Relation(name) for name in one["by"]),
            needs=tuple(one.get("needs", ())),
            may=tuple(one.get("may", ())),
            effects=tuple(one.get("effects", ())),
            reopens=one.get("reopens", False),
            follows=one.get("follows", False),
        )
        for one in page["transitions"]
    ]
    relations = {Relation(name): Term(name, one["zh"], one["en"]) for name, one in page["relations"].items()}
    return Machine(
        id=page["id"],
        zh=page["zh"],
        en=page["en"],
        initial=page["initial"],
        states=MappingProxyType({one.id: one for one in states}),
        transitions=MappingProxyType({one.id: one for one in transitions}),
        relations=MappingProxyType(relations),
    )


def _refuse(problems: Iterable[tuple[str, str]], file: str) -> None:
    found = list(problems)
    if found:
        raise InputError(
            "machines.broken",
            file=file,
            problem_zh="；".join(zh for zh, _ in found),
            problem="; ".join(en for _, en in found),
        )
