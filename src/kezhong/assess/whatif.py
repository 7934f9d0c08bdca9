"""What-if: edits of a city one after the other, each answered with what an assessment would then say."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kezhong.assess.prepare import prepare
from kezhong.assess.study import STANDARD
from kezhong.assess.whatif_change import change, difference
from kezhong.assess.whatif_picture import Picture, picture
from kezhong.assess.whatif_town import Touched, Town, Undo
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.scenario_checks import Checker, Standing
from kezhong.city.scenarios import Edit, Scenario
from kezhong.city.workspace import City
from kezhong.errors import ConflictError, DataMissingError, InputError
from kezhong.progress import Progress, silent, span

#: Pictures of so many last steps are kept; those below are made again when undoing comes down to them.
KEPT = 16


class Engine:
    """Everything sessions of one city, basis and walker begin with."""

    def __init__(
        self, city: City, basis: str | None = None, walker: str = STANDARD, progress: Progress = silent
    ) -> None:
        """Prepare.

        Raises
        ------
        NotFoundError
            Unknown basis or walker.
        DataMissingError
            The city has no streets.
        InputError
            The basis judges by straight lines.
        """
        self.city = city
        self.basis = load_basis(basis or city.config.basis, city.folder)
        self.walker = load_catalogue().walker(walker).id
        if not city.has("street_edges"):
            raise DataMissingError("assess.no_streets")
        if self.basis.variant == "buffer":
            raise InputError("whatif.buffer_not_followed", value=self.basis.id)
        # The verdict is by metres of the standard walker; minutes of others are not compared.
        study = prepare(city, self.basis, load_catalogue().walker(STANDARD), "any", span(progress, 0.0, 0.7))
        progress(0.7, "assess.step_streets")
        self.town = Town(study)
        self.checker = Checker(city)
        progress(0.9, "assess.step_figures")
        self.begin = picture(self.town)
        progress(1.0, "assess.step_figures")


@dataclass(eq=False)
class _Step:
    """One edit of a session: what it touched, the way back, what then stood, and the picture while it is kept."""

    edit: Edit
    touched: Touched
    undo: Undo
    standing: Standing
    picture: Picture | None = None


class Session:
    """A list of edits of one city and what follows from it. Not for several threads at once."""

    def __init__(self, engine: Engine, edits: Iterable[Edit] = ()) -> None:
        """Begin; edits that are given are evaluated together, when all are done."""
        self.engine = engine
        self._town = engine.town.fork()
        self._steps: list[_Step] = []
        self.scenario = Scenario()
        self.revision = 0
        self.elapsed_ms = 0.0
        self._last: dict[str, Any] | None = None
        touched = Touched()
        for edit in edits:
            touched |= self._push(edit).touched
        if self._steps:
            self._steps[-1].picture = picture(self._town, engine.begin, touched)

    @property
    def town(self) -> Town:
        """The city as it now stands."""
        return self._town

    @property
    def picture(self) -> Picture:
        """What an assessment would say of it."""
        found = self._steps[-1].picture if self._steps else self.engine.begin
        if found is None:
            raise AssertionError("the last step is always evaluated")
        return found

    def apply(self, edit: Edit, *, replace: bool = False) -> None:
        """Do an edit; with ``replace`` in place of the last one, which stays where the new one is refused."""
        start, before = time.perf_counter(), self.picture
        gone = self._pop() if replace and self._steps else None
        n = len(self._steps)
        try:
            self._evaluate(self._push(edit), before, gone)
        except BaseException:
            if len(self._steps) > n:
                self._pop()
            if gone is not None:
                self._push(gone.edit).picture = gone.picture
            raise
        self._noted(start, before)

    def undo(self) -> None:
        """Take the last edit back.

        Raises
        ------
        ConflictError
            There is none.
        """
        if not self._steps:
            raise ConflictError("whatif.nothing_to_undo")
        start, before = time.perf_counter(), self.picture
        gone = self._pop()
        if self._steps and self._steps[-1].picture is None:
            self._steps[-1].picture = picture(self._town, before, gone.touched)
        self._noted(start, before)

    def total(self) -> dict[str, Any]:
        """The difference to the city as it is."""
        return change(self.engine.begin, self.picture, self.engine.city.areas)

    def last(self) -> dict[str, Any] | None:
        """The difference to the state before the last call; ``None`` before the first."""
        return self._last

    def _noted(self, start: float, before: Picture) -> None:
        self._last = change(before, self.picture, self.engine.city.areas)
        self.revision += 1
        self.elapsed_ms = round((time.perf_counter() - start) * 1000.0, 1)

    def _evaluate(self, step: _Step, before: Picture, gone: _Step | None) -> None:
        """Picture the last step: against the one below it, or against what stood before this call."""
        base = self._steps[-2].picture if len(self._steps) > 1 else self.engine.begin
        if base is not None:
            step.picture = picture(self._town, base, step.touched)
        else:
            step.picture = picture(self._town, before, step.touched | (gone.touched if gone else Touched()))
        for old in self._steps[:-KEPT]:
            old.picture = None

    def _push(self, edit: Edit) -> _Step:
        scenario = self.scenario.then(edit)
        standing = (self._steps[-1].standing if self._steps else self.engine.checker.begin).copy()
        self.engine.checker.check(edit, standing)
        step = _Step(edit, *self._town.apply(edit), standing)
        self._steps.append(step)
        self.scenario = scenario
        return step

    def _pop(self) -> _Step:
        step = self._steps.pop()
        step.undo()
        self.scenario = self.scenario.undone()
        return step


def compare(engine: Engine, first: Scenario, second: Scenario) -> dict[str, Any]:
    """Two scenarios beside one another and the city as it is."""
    one, other = (Session(engine, scenario.edits).picture for scenario in (first, second))
    return difference(engine.begin, one, other, engine.city.areas)


__all__ = ["Engine", "Session", "compare"]
