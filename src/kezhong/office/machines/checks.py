"""What can be wrong with a state machine's data; each function returns all it finds, as pairs (zh, en).

First the file's shape and words (:func:`machine_problems`), then, on the machine built from it, its graph
(:func:`graph_problems`): states nobody reaches, dead ends, states without a way to an end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kezhong.office.machines.model import Machine, Relation, StateKind, Term
from kezhong.office.strict_yaml import unknown_keys

Problem = tuple[str, str]

_ID = re.compile(r"[a-z][a-z0-9_]*")
_PERMISSION = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_-]*")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_MACHINE = frozenset({"id", "zh", "en", "initial", "relations", "states", "transitions"})
_STATE = (frozenset({"id", "zh", "en", "kind"}), frozenset({"terminal"}))
_STEP = (
    frozenset({"id", "zh", "en", "from", "to", "permission", "by"}),
    frozenset({"needs", "may", "effects", "reopens", "follows"}),
)
_LISTS = ("from", "by", "needs", "may", "effects")
_FLAGS = ("terminal", "reopens", "follows")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The needs and effects that steps may refer to."""

    needs: Mapping[str, Term]
    effects: Mapping[str, Term]


def machine_problems(page: Mapping[str, Any], stem: str, words: Vocabulary) -> list[Problem]:
    """What is wrong with a machine's file, before its graph is looked at."""
    problems = unknown_keys(page, _MACHINE, frozenset())
    if problems:
        return problems
    problems += list(_word_problems(page, stem))
    if page["id"] != stem:
        problems.append((f"编号“{page['id']}”与文件名不符", f"the id “{page['id']}” is not the file's name"))
    problems += entry_problems(page["states"], "states", *_STATE)
    problems += entry_problems(page["transitions"], "transitions", *_STEP)
    problems += list(_relation_problems(page["relations"]))
    if problems:
        return problems
    return list(_reference_problems(page, words))


def entry_problems(entries: Any, group: str, required: frozenset[str], optional: frozenset[str]) -> list[Problem]:
    """What is wrong with a list of entries: keys, ids, words, types, ids that occur twice."""
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        return [(f"“{group}”应为非空列表", f"“{group}” must be a list with entries")]
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        name = f"{group}[{entry.get('id', number)}]"
        keys = unknown_keys(entry, required, optional)
        found = keys or [*_word_problems(entry, str(entry["id"])), *_type_problems(entry)]
        problems += [(f"{name}：{zh}", f"{name}: {en}") for zh, en in found]
    for key in ("id", "zh", "en") if group == "states" else ("id",):
        problems += _twice((str(one.get(key)) for one in entries), f"{group}.{key}")
    return problems


def graph_problems(machine: Machine) -> list[Problem]:
    """What is wrong with the graph of a machine whose references all lead somewhere."""
    ahead: dict[str, set[str]] = {one: set() for one in machine.states}
    back: dict[str, set[str]] = {one: set() for one in machine.states}
    for step in machine.transitions.values():
        for source in step.sources:
            ahead[source].add(step.to)
            back[step.to].add(source)
    ends = {one.id for one in machine.states.values() if one.terminal}
    unreachable = machine.states.keys() - _reached({machine.initial}, ahead)
    dead = {one for one in machine.states.keys() - ends if not ahead[one] - {one}}
    endless = machine.states.keys() - _reached(ends, back) - dead
    return sorted(
        [
            *((f"状态“{one}”无法到达", f"the state “{one}” is unreachable") for one in unreachable),
            *((f"状态“{one}”没有出路，又不是终止状态", f"“{one}” is a dead end but not terminal") for one in dead),
            *((f"状态“{one}”到不了任何终止状态", f"“{one}” leads to no terminal state") for one in endless),
            *_end_problems(machine, ends),
            *_button_problems(machine),
        ]
    )


def _end_problems(machine: Machine, ends: set[str]) -> Iterator[Problem]:
    """Terminal states are of a finished kind, others are not void, and are left only by marked steps."""
    for state in machine.states.values():
        if state.terminal and state.kind not in {StateKind.DONE, StateKind.VOID}:
            yield f"终止状态“{state.id}”不能是“{state.kind}”", f"the terminal state “{state.id}” cannot be {state.kind}"
        if not state.terminal and state.kind is StateKind.VOID:
            yield f"状态“{state.id}”为 void 却未终止", f"the state “{state.id}” is void but not terminal"
    for step in machine.transitions.values():
        marked = step.reopens + step.follows
        leaving = [source in ends for source in step.sources]
        if marked > 1 or (any(leaving) and not marked):
            yield (
                f"步骤“{step.id}”离开终止状态，应标明 reopens 或 follows 之一",
                f"the step “{step.id}” leaves a terminal state and needs one of reopens, follows",
            )
        if marked and not all(leaving):
            yield (
                f"步骤“{step.id}”并不离开终止状态，不应标 reopens 或 follows",
                f"the step “{step.id}” leaves no terminal state and must not be marked reopens or follows",
            )
        if step.reopens and step.to in ends:
            yield f"步骤“{step.id}”重启后又终止", f"the step “{step.id}” reopens into a terminal state"


def _button_problems(machine: Machine) -> list[Problem]:
    """Two buttons of one state never bear the same words."""
    problems: list[Problem] = []
    for state in machine.states:
        steps = machine.allowed(state)
        problems += _twice((one.zh for one in steps), f"{state}.zh")
        problems += _twice((one.en for one in steps), f"{state}.en")
    return problems


def _word_problems(entry: Mapping[str, Any], name: str) -> Iterator[Problem]:
    if not _ID.fullmatch(name):
        yield f"编号“{name}”不合规则", f"“{name}” is no id"
    zh, en = entry["zh"], entry["en"]
    if not isinstance(zh, str) or not _CJK.search(zh):
        yield "中文名称为空", "there are no Chinese words"
    if not isinstance(en, str) or not en.strip() or _CJK.search(en):
        yield "英文名称为空", "there are no English words"


def _type_problems(entry: Mapping[str, Any]) -> Iterator[Problem]:
    for key in _LISTS:
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            yield f"“{key}”应为编号列表", f"“{key}” must be a list of ids"
        elif key in {"from", "by"} and key in entry and not value:
            yield f"“{key}”不能为空", f"“{key}” must not be empty"
        else:
            yield from _twice(value, key)
    for key in _FLAGS:
        if not isinstance(entry.get(key, False), bool):
            yield f"“{key}”应为 true 或 false", f"“{key}” must be true or false"
    if "kind" in entry and entry["kind"] not in list(StateKind):
        yield f"不认识的类别“{entry['kind']}”", f"the kind “{entry['kind']}” is unknown"
    if "permission" in entry and not _PERMISSION.fullmatch(str(entry["permission"])):
        yield f"权限“{entry['permission']}”应写作 对象:动作", f"“{entry['permission']}” must be object:action"


def _relation_problems(relations: Any) -> Iterator[Problem]:
    if not isinstance(relations, dict) or not relations:
        yield "“relations”应为非空映射", "“relations” must be a mapping with entries"
        return
    for name, words in relations.items():
        if name not in list(Relation) or not isinstance(words, dict) or words.keys() != {"zh", "en"}:
            yield f"关系“{name}”有误", f"the relation “{name}” is wrong"
        else:
            yield from _word_problems(words, str(name))


def _reference_problems(page: Mapping[str, Any], words: Vocabulary) -> Iterator[Problem]:
    states = {one["id"] for one in page["states"]}
    relations = set(page["relations"])
    yield from _unknown([page["initial"]], states, "initial")
    used: set[str] = set()
    for step in page["transitions"]:
        name = step["id"]
        yield from _unknown([*step["from"], step["to"]], states, name)
        yield from _unknown(step["by"], relations, name)
        yield from _unknown([*step.get("needs", ()), *step.get("may", ())], words.needs, name)
        yield from _unknown(step.get("effects", ()), words.effects, name)
        yield from _twice([*step.get("needs", ()), *step.get("may", ())], f"{name}.needs+may")
        used.update(step["by"])
    for relation in sorted(relations - used):
        yield f"关系“{relation}”无处使用", f"the relation “{relation}” is used nowhere"


def _unknown(names: Iterable[object], known: Iterable[str], where: str) -> Iterator[Problem]:
    choice = set(known)
    for name in names:
        if not isinstance(name, str) or name not in choice:
            yield f"{where}：不认识“{name}”", f"{where}: “{name}” is unknown"


def _twice(values: Iterable[str] | Sequence[str], where: str) -> list[Problem]:
    return [
        (f"{where}：“{value}”重复", f"{where}: “{value}” occurs twice")
        for value, count in Counter(values).items()
        if count > 1
    ]


def _reached(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        for state in edges[waiting.pop()] - found:
            found.add(state)
            waiting.append(state)
    return found
