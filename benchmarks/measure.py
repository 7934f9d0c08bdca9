"""One row of the table of measurements, and what it is compared with."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Measure:
    """A measured figure beside a peer's or a target.

    ``target`` is the bound for ``ratio`` where there is a peer, else for ``ours``; ``higher`` says which side is good.
    """

    name: str
    unit: str
    ours: float | None
    peer: float | None
    ratio: float | None
    target: float | None
    higher: bool
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None`` where there is none or the peer is absent."""
        value = self.ratio if self.peer is not None else (None if self.note.startswith("peer absent") else self.ours)
        if self.target is None or value is None:
            return None
        return value >= self.target if self.higher else value <= self.target


def show(measures: list[Measure]) -> str:
    """The table as text."""
    words = {True: "met", False: "NOT MET", None: "–"}
    lines = [f"{'measure':52} {'ours':>11} {'peer':>11} {'ratio':>8} {'target':>8}  result"]
    for item in measures:
        target = "–" if item.target is None else f"{'≥' if item.higher else '≤'} {item.target:g}"
        cells = f"{_cell(item.ours, item.unit):>11} {_cell(item.peer, item.unit):>11} {_cell(item.ratio, '×'):>8}"
        lines.append(f"{item.name:52} {cells} {target:>8}  {words[item.met]}  {item.note}".rstrip())
    return "\n".join(lines)


def write(suite: str, measures: list[Measure], about: dict[str, object]) -> Path:
    """Write the same as JSON beside the other results."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{suite}.json"
    machine = {"machine": platform.machine(), "python": platform.python_version(), **about}
    rows = [{**asdict(item), "met": item.met} for item in measures]
    file.write_text(json.dumps({"about": machine, "measures": rows}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return file


def _cell(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.3g} {unit}"
