"""The machines as a page: Mermaid diagrams and tables, generated from the data.

``python -m kezhong.office.machines.draw docs/state-machines.md`` writes the page; a test fails when it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kezhong.office.machines.load import load_machines, load_vocabulary
from kezhong.office.machines.model import Machine, Relation, StateKind, Transition

_HEAD = """\
# State machines (流程)

Generated from `src/kezhong/office/data/machines`; do not edit:
`python -m kezhong.office.machines.draw docs/state-machines.md`.

Each object of the office is in one state; a step leads to the next. A step takes a permission **and** one of the named
relations of the actor's unit to the object. It is refused while something it *needs* is missing; what it *may* take is
optional. Effects are carried out by the programme's code in the same transaction. Late and overdue are properties
reckoned from the deadline ([calendar.md](calendar.md)), never states.

Kinds of states: *open* (somebody has to act), *paused* (deadlines and lights stand still), *done* (counts as done,
though a measurement may follow), *void* (ended without a result that counts). A final state ◉ is left only by a step
marked ↺ (the work begins anew) or → (the work stays done, its follow-up goes on).
"""
_KINDS = {StateKind.OPEN: "open", StateKind.PAUSED: "paused", StateKind.DONE: "done", StateKind.VOID: "void"}


def diagram(machine: Machine) -> str:
    """A Mermaid state diagram (without the fence); states and steps in Chinese."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.zh}" as {state.id}' for state in machine.states.values()]
    lines.append(f"    [*] --> {machine.initial}")
    for step in machine.transitions.values():
        lines += [f"    {source} --> {step.to} : {step.zh}" for source in step.sources]
    lines += [f"    {state.id} --> [*]" for state in machine.states.values() if state.terminal]
    return "\n".join(lines)


def section(machine: Machine) -> str:
    """One machine's part of the page."""
    states = [
        f"| `{one.id}` | {one.zh} | {one.en} | {_KINDS[one.kind]}{' ◉' if one.terminal else ''} |"
        for one in machine.states.values()
    ]
    relations = [f"`{name}` {machine.relations[name].zh} ({machine.relations[name].en})" for name in _related(machine)]
    return "\n".join(
        [
            f"## {machine.zh} (`{machine.id}`: {machine.en})",
            "",
            f"```mermaid\n{diagram(machine)}\n```",
            "",
            "| state | 状态 | English | kind |",
            "|---|---|---|---|",
            *states,
            "",
            "| step | 步骤 | English | from → to | permission | by | needs (may) | effects |",
            "|---|---|---|---|---|---|---|---|",
            *(_row(step) for step in machine.transitions.values()),
            "",
            "Relations: " + "; ".join(relations) + ".",
            "",
        ]
    )


def page() -> str:
    """The whole page."""
    words = load_vocabulary()
    needs = [f"| `{one.id}` | {one.zh} | {one.en} |" for one in words.needs.values()]
    effects = [f"| `{one.id}` | {one.zh} | {one.en} |" for one in words.effects.values()]
    return "\n".join(
        [
            _HEAD,
            *(section(machine) for machine in load_machines().values()),
            "## Words (词汇)",
            "",
            "| needs | 中文 | English |",
            "|---|---|---|",
            *needs,
            "",
            "| effect | 中文 | English |",
            "|---|---|---|",
            *effects,
            "",
        ]
    )


def _related(machine: Machine) -> list[Relation]:
    return [one for one in Relation if one in machine.relations]


def _row(step: Transition) -> str:
    mark = " ↺" if step.reopens else " →" if step.follows else ""
    needs = ", ".join(step.needs)
    if step.may:
        needs = f"{needs} ({', '.join(step.may)})".strip()
    sources = ", ".join(step.sources)
    by = ", ".join(step.by)
    return (
        f"| `{step.id}`{mark} | {step.zh} | {step.en} | {sources} → {step.to} | `{step.permission}` | {by} "
        f"| {needs or '–'} | {', '.join(step.effects) or '–'} |"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
