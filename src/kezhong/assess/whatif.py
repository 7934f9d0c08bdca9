"""What-if: edits of a city one after the other, each answered with what an assessment would then say."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from kezhong.assess.prepare import prepare
from kezhong.assess.study import STANDARD
from kezhong.assess.whatif_change import change, difference
from kezhong.assess.whatif_picture import Picture, picture
from kezhong.assess.whatif_town import Town
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.scenario_checks import Checker, Standing
from kezhong.city.scenarios import Edit, Scenario
from kezhong.city.workspace import City
from kezhong.errors import ConflictError, DataMissingError, InputError
from kezhong.progress import Progress, silent, span


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
        self.begin = picture(self.town.study())
        progress(1.0, "assess.step_figures")


class Session:
    """A list of edits of one city and what follows from it. Not for several threads at once."""

    def __init__(self, engine: Engine, edits: Iterable[Edit] = ()) -> None:
        self.engine = engine
        self._town = engine.town.fork()
        self._standing: list[Standing] = [engine.checker.begin]
        self._pictures: list[Picture] = [engine.begin]
        self._undo: list[Any] = []
        self.scenario = Scenario()
        self.revision = 0
        self.elapsed_ms = 0.0
        self._last: dict[str, Any] | None = None
        for edit in edits:
            self._push(edit)

    @property
    def town(self) -> Town:
        """The city as it now stands."""
        return self._town

    @property
    def picture(self) -> Picture:
        """What an assessment would say of it."""
        return self._pictures[-1]

    def apply(self, edit: Edit, *, replace: bool = False) -> None:
        """Do an edit; with ``replace`` in place of the last one, which stays where the new one is refused."""
        start, before = time.perf_counter(), self.picture
        old = self.scenario.edits[-1] if replace and self.scenario.edits else None
        if old is not None:
            self._pop()
        try:
            self._push(edit)
        except BaseException:
            if old is not None:
                self._push(old)
            raise
        self._noted(start, before)

    def undo(self) -> None:
        """Take the last edit back.

        Raises
        ------
        ConflictError
            There is none.
        """
        if not self.scenario.edits:
            raise ConflictError("whatif.nothing_to_undo")
        start, before = time.perf_counter(), self.picture
        self._pop()
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

    def _push(self, edit: Edit) -> None:
        scenario, standing = self.scenario.then(edit), self._standing[-1].copy()
        self.engine.checker.check(edit, standing)
        touched, undo = self._town.apply(edit)
        try:
            found = picture(self._town.study(), self.picture, touched)
        except BaseException:
            undo()
            raise
        self.scenario = scenario
        self._standing.append(standing)
        self._pictures.append(found)
        self._undo.append(undo)

    def _pop(self) -> None:
        self._undo.pop()()
        self._pictures.pop()
        self._standing.pop()
        self.scenario = self.scenario.undone()


def compare(engine: Engine, first: Scenario, second: Scenario) -> dict[str, Any]:
    """Two scenarios beside one another and the city as it is."""
    one, other = (Session(engine, scenario.edits).picture for scenario in (first, second))
    return difference(engine.begin, one, other, engine.city.areas)


__all__ = ["Engine", "Session", "compare"]
