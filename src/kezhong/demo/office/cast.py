"""Who plays in the demonstration's course, and when: units and people by name, and a script of scenes in time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from kezhong import clock
from kezhong.city.workspace import City
from kezhong.demo.planted import PLANTED, Planted
from kezhong.office.access.actor import Actor
from kezhong.office.calendar import WorkCalendar
from kezhong.office.identity.rights import actor_for
from kezhong.office.measuring.figures import FigureReader, IndexedRun
from kezhong.office.models import Area, Organisation, Person
from kezhong.office.office import Office
from kezhong.office.programme.sheet import chosen_run
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.tasks.files import store_file
from kezhong.progress import Progress

#: The slots of the template and the demonstration's districts.
DISTRICTS: Mapping[str, str] = {"A": "999901", "B": "999902", "C": "999903"}


@dataclass
class Cast:
    """Units and people by code, the moments of the play, and what later scenes have to know of earlier ones.

    ``year`` is that of the programme's second stage, with which the play begins; ``now`` is the real present.
    """

    office: Office
    year: int
    now: datetime
    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)  # by user name; ordinary staff by the unit's code
    programme: int = 0
    known: dict[Any, Any] = field(default_factory=dict)
    _actors: dict[str, Actor] = field(default_factory=dict)

    # time ------------------------------------------------------------------------------------------------------------

    def day(self, month: int, day: int) -> date:
        """The working day on or after a day of the programme's first year; months beyond 12 are of the next."""
        wanted = date(self.year + (month - 1) // 12, (month - 1) % 12 + 1, day)
        return self.calendar.try_due_on(wanted).value

    def later(self, day: date, workdays: int) -> date:
        """So many working days after a day."""
        return self.calendar.try_add_workdays(day, workdays).value

    def moment(self, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
        """A local time of a working day, in UTC."""
        return self.at(self.day(month, day), hour, minute)

    @staticmethod
    def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
        """A local time of a day, in UTC."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(clock.CITY_ZONE)).astimezone(UTC)

    @cached_property
    def calendar(self) -> WorkCalendar:
        """Published working days."""
        return WorkCalendar()

    # acting ----------------------------------------------------------------------------------------------------------

    def actor(self, name: str) -> Actor:
        """Somebody with the rights of the moment at which the clock stands; nobody's rights change during the play."""
        found = self._actors.get(name)
        if found is None:
            with self.office.database.app_engine.connect() as connection:
                found = actor_for(connection, self.people[name], via="demo", origin="127.0.0.1", request_id="demo")
            if found is None:
                msg = f"{name} may not act at {clock.stamp()}"
                raise RuntimeError(msg)
            self._actors[name] = found
        return found

    @contextmanager
    def acting(self, name: str) -> Iterator[OfficeSession]:
        """A unit of work of somebody."""
        with self.office.acting(self.actor(name)) as session:
            yield session

    def step(self, session: OfficeSession, row: Any, name: str, reason: str = "", **fields: Any) -> Any:
        """A step of a row's machine."""
        return take_step(session, row, name, reason=reason, fields=fields)

    def attach(self, session: OfficeSession, row: Any, name: str, content: bytes, purpose: str) -> None:
        """Keep a file with a row."""
        store_file(session, self.office.files_folder, row.KIND, row.id, name, content, purpose=purpose)

    # what the city is ------------------------------------------------------------------------------------------------

    @cached_property
    def city(self) -> City:
        """The city that is measured."""
        return City.open(self.office.city_folder)

    @cached_property
    def reader(self) -> FigureReader:
        """Its runs."""
        return FigureReader(self.office.city_folder)

    @cached_property
    def run(self) -> IndexedRun:
        """The run that measures."""
        return chosen_run(self.reader)

    @cached_property
    def areas(self) -> dict[str, Area]:
        """Areas by code."""
        with self.office.acting(self.office.system("demo")) as session:
            return {area.code: area for area in session.scalars(select(Area))}

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """Units by code."""
        with self.office.acting(self.office.system("demo")) as session:
            return {unit.code: unit for unit in session.scalars(select(Organisation))}

    @cached_property
    def names(self) -> dict[str, str]:
        """What the people are called, by user name."""
        with self.office.acting(self.office.system("demo")) as session:
            found = {one.id: one.name for one in session.scalars(select(Person))}
        return {key: found[number] for key, number in self.people.items()}

    @cached_property
    def code_of(self) -> dict[int, str]:
        """Codes of the units, by id."""
        return {key: code for code, key in self.units.items()}

    def below(self, code: str, level: str) -> list[str]:
        """Codes of the areas of a level below an area, in their order."""
        path = self.areas[code].path
        return sorted(
            area.code for area in self.areas.values() if area.level == level and area.path.startswith(path)
        )  # fmt: skip

    @cached_property
    def shortfalls(self) -> dict[str, tuple[Planted, dict[str, Any]]]:
        """The planted shortfalls by the name of their community, with their row in the run's list."""
        rows = {
            (row["area_code"], row["element"]): row for row in self.run.run.shortfalls.to_dict("records")
        }  # fmt: skip
        codes = {
            area.name.removesuffix("社区"): area.code for area in self.areas.values() if area.level == "community"
        }  # fmt: skip
        found = {}
        for planted in PLANTED:
            row = rows.get((codes.get(planted.community, ""), planted.element))
            if row is not None:
                found[planted.community] = planted, row
        return found


Scene = Callable[[], object]


@dataclass
class Script:
    """Scenes in the order of time; one later than the present is not played."""

    cast: Cast
    _scenes: list[tuple[datetime, int, Scene]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def add(self, moment: datetime, scene: Scene) -> None:
        """Play a scene at a moment; also from within a scene, for what follows from it."""
        heapq.heappush(self._scenes, (moment, next(self._number), scene))

    def play(self, progress: Progress) -> None:
        """Play everything up to the present, with the clock standing at each scene's moment."""
        first = self._scenes[0][0] if self._scenes else self.cast.now
        whole = max((self.cast.now - first) / timedelta(days=1), 1.0)
        while self._scenes and self._scenes[0][0] <= self.cast.now:
            moment, _, scene = heapq.heappop(self._scenes)
            progress(min((moment - first) / timedelta(days=1) / whole, 1.0), "demo.office")
            with clock.frozen(moment):
                scene()
