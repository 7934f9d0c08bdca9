"""Stored scenarios: ``scenarios/<id>.json`` holds the edits, ``scenarios/names.json`` who they are.

The edits' files are immutable and named by their content; names are swapped by rename under the city's lock.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kezhong import clock
from kezhong.city.files import explain, write_json
from kezhong.city.scenarios import Scenario
from kezhong.city.workspace import LOCK_SECONDS
from kezhong.errors import ConflictError, InputError, NotFoundError, WorkspaceError

_NAMES = "names.json"
MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Named:
    """A stored scenario's name and origin."""

    id: str
    name: str
    note: str
    created: str
    snapshot: str  # of the city at which it was made
    edits: int


class ScenarioStore:
    """The scenarios of one city folder."""

    def __init__(self, city_folder: Path) -> None:
        self.folder = city_folder / "scenarios"
        self._lock = city_folder / ".lock"

    def all(self) -> list[Named]:
        """All named scenarios, newest first."""
        return sorted(self._names().values(), key=lambda one: (one.created, one.id), reverse=True)

    def named(self, scenario_id: str) -> Named:
        """Name and origin of a scenario.

        Raises
        ------
        NotFoundError
            None of this id.
        """
        found = self._names().get(scenario_id)
        if found is None:
            raise NotFoundError("whatif.no_scenario", value=scenario_id)
        return found

    def get(self, scenario_id: str) -> Scenario:
        """The edits of a scenario, checked against its id.

        Raises
        ------
        NotFoundError
            None of this id.
        WorkspaceError
            Its file is damaged.
        """
        self.named(scenario_id)
        file = self.folder / f"{scenario_id}.json"
        try:
            scenario = Scenario.of(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as problem:
            raise WorkspaceError("whatif.broken_scenario", file=file.name, problem=str(problem)) from problem
        if scenario.id != scenario_id:
            raise WorkspaceError("whatif.broken_scenario", file=file.name, problem=scenario.id)
        return scenario

    def save(self, scenario: Scenario, name: str, *, note: str = "", snapshot: str = "") -> Named:
        """Store a scenario under a name; the same edits again take the new name.

        Raises
        ------
        InputError
            No name, one that is too long, or a scenario without edits.
        ConflictError
            Another scenario bears the name, or the city is busy.
        WorkspaceError
            The disk is full or cannot be written.
        """
        wanted = _checked(name)
        if not scenario.edits:
            raise InputError("whatif.empty_scenario")
        with self._changing() as names:
            _refuse_taken(names, wanted, scenario.id)
            file = self.folder / f"{scenario.id}.json"
            if not file.exists():
                write_json(file, scenario.documents())
            made = Named(scenario.id, wanted, note, clock.stamp(), snapshot, len(scenario.edits))
            names[scenario.id] = made
        return made

    def rename(self, scenario_id: str, name: str, note: str | None = None) -> Named:
        """Give a scenario another name; the note stays where none is given."""
        wanted = _checked(name)
        with self._changing() as names:
            old = names.get(scenario_id)
            if old is None:
                raise NotFoundError("whatif.no_scenario", value=scenario_id)
            _refuse_taken(names, wanted, scenario_id)
            made = Named(old.id, wanted, old.note if note is None else note, old.created, old.snapshot, old.edits)
            names[scenario_id] = made
        return made

    def remove(self, scenario_id: str) -> None:
        """Forget a scenario."""
        with self._changing() as names:
            if names.pop(scenario_id, None) is None:
                raise NotFoundError("whatif.no_scenario", value=scenario_id)
        # The name went first: a reader finds the scenario whole or not at all.
        (self.folder / f"{scenario_id}.json").unlink(missing_ok=True)

    def _names(self) -> dict[str, Named]:
        file = self.folder / _NAMES
        if not file.is_file():
            return {}
        try:
            rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
            found = [Named(**row) for row in rows]
        except (OSError, ValueError, TypeError) as problem:
            raise WorkspaceError("whatif.broken_scenario", file=_NAMES, problem=str(problem)) from problem
        return {one.id: one for one in found}

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Named]]:
        """The names, written back when the block ends well."""
        lock = FileLock(self._lock)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as problem:
            raise ConflictError("city.busy", seconds=LOCK_SECONDS, file=lock.lock_file) from problem
        except OSError as problem:
            raise explain(problem, self.folder) from problem
        try:
            names = self._names()
            yield names
            write_json(self.folder / _NAMES, [asdict(one) for one in names.values()])
        finally:
            lock.release()


def _checked(name: str) -> str:
    found = name.strip()
    if not found or len(found) > MOST_NAME:
        raise InputError("whatif.bad_name", value=name[:MOST_NAME], expected=MOST_NAME)
    return found


def _refuse_taken(names: dict[str, Named], name: str, own: str) -> None:
    if any(one.name == name and one.id != own for one in names.values()):
        raise ConflictError("whatif.name_taken", value=name)
