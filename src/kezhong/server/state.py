"""What the application holds between requests: the city at HEAD, opened runs, prepared bodies, the job runner."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request

from kezhong.city import snapshots
from kezhong.city.config import FILE
from kezhong.city.results import Run, RunStore
from kezhong.city.workspace import City
from kezhong.errors import NotFoundError
from kezhong.jobs import JobRunner
from kezhong.server.etag import BodyCache
from kezhong.server.opened import Opened
from kezhong.server.whatif_sessions import WhatIfSessions

if TYPE_CHECKING:
    from kezhong.assess import Assessment

_T = TypeVar("_T")


class ServerState:
    """One city folder, seen by many requests.

    Reads never lock one another out for long: a request takes the :class:`City` or :class:`Run` it needs, both
    immutable, and works on that even when HEAD moves meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = City.open(folder).folder
        self.runs_folder = RunStore(self.folder)
        self.jobs = JobRunner()
        self.bodies = BodyCache()
        self.whatif = WhatIfSessions()
        #: What jobs have answered that is no run; of a few questions, for as long as the server runs.
        self.answers = Opened(16)
        self._cities = Opened()
        self._runs = Opened(64)
        self._views = Opened(24)
        self._assessments = Opened(3)

    def city(self) -> City:
        """The city as it is now; reopened when HEAD or the settings changed."""
        return self.city_at(snapshots.head(self.folder / "snapshots"))

    def city_at(self, snapshot: str | None) -> City:
        """The city at a snapshot (``None``: a city without any)."""
        try:
            settings = (self.folder / FILE).stat().st_mtime_ns
        except OSError:
            return City.open(self.folder, snapshot)  # which says what is wrong with the folder
        return self._cities.get((snapshot, settings), lambda: City.open(self.folder, snapshot))

    def run(self, run_id: str) -> Run:
        """The run with this id, or :class:`NotFoundError`; read anew when it was computed again."""
        stamp = self._stamp(run_id)
        if stamp is None:
            return self.runs_folder.get(run_id)
        return self._runs.get((run_id, stamp), lambda: self.runs_folder.get(run_id))

    def run_key(self, run: Run) -> tuple[Hashable, ...]:
        """What identifies the run's content: its id and when it was written."""
        return (run.id, self._stamp(run.id))

    def runs(self) -> list[Run]:
        """All runs, newest first; one that is being replaced this moment is left out."""
        found = []
        for path in self.runs_folder.folder.glob("r-*/manifest.json"):
            with contextlib.suppress(NotFoundError):
                found.append(self.run(path.parent.name))
        return sorted(found, key=lambda run: (str(run.manifest["created"]), run.id), reverse=True)

    def city_of(self, run: Run) -> City:
        """The city at the snapshot the run was made from."""
        return self.city_at(str(run.manifest["snapshot"]))

    def view(self, run: Run, name: Hashable, make: Callable[[], _T]) -> _T:
        """Something made from a run (an index, a table) that is kept for the next request."""
        return self.keep((name, *self.run_key(run)), make)

    def keep(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Something made once under ``key`` and kept for the next request."""
        return self._views.get(key, make)

    def assessment(self, run: Run) -> Assessment:
        """The run with its city, as the assess room explains it."""
        from kezhong.assess import open_assessment

        return self._assessments.get(self.run_key(run), lambda: open_assessment(self.city_of(run), run.id))

    def _stamp(self, run_id: str) -> int | None:
        if not run_id.startswith("r-") or not run_id[2:].isalnum():
            return None
        file = self.runs_folder.folder / run_id / "manifest.json"
        try:
            return file.stat().st_mtime_ns
        except OSError:
            return None


async def _state(request: Request) -> ServerState:
    state: ServerState = request.app.state.kezhong
    return state


State = Annotated[ServerState, Depends(_state)]
