"""Runs with written figures, targets, pilots and closed tasks, in the world of :mod:`office_world`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

import small_city
from kezhong import clock
from kezhong.assess import run_key
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.results import FIGURE_COLUMNS, RunStore
from kezhong.city.workspace import City
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Area, Organisation, Pilot, Promise, Target
from office_world import EAST, World
from tasks_world import make_task

BASIS = "kezhong-default"
ELEMENT = "wet_market"
FIRST = small_city.COMMUNITIES[0]
CLOSED = datetime(2026, 11, 25, 3, tzinfo=UTC)
LATER = datetime(2026, 12, 2, 3, tzinfo=UTC)


def figure(area: str, indicator: str, value: float, **more: Any) -> dict[str, Any]:
    """A row of figures; what is not said is empty."""
    row: dict[str, Any] = {name: np.nan if kind == "float64" else "" for name, (kind, _) in FIGURE_COLUMNS.items()}
    row |= {
        "area_code": area, "area_level": "community", "element": ELEMENT, "family": "coverage", "age_group": "all",
        "walker": "metres", "window": "any", "basis_hash": load_basis(BASIS).hash, "indicator": indicator,
        "value": value, "unit": "share", "status": "informative", "quality": 87.0,
    }  # fmt: skip
    return row | more


def verdict(area: str, status: str, requirement: str | None = None) -> dict[str, Any]:
    """The row that says whether the requirement of :data:`ELEMENT` is met."""
    wanted = requirement or small_city.requirement_of(ELEMENT)
    value = {"meets": 1.0, "falls_short": 0.0}.get(status, np.nan)
    return figure(
        area,
        "requirement_met",
        value,
        family="grade",
        variant=wanted,
        requirement_id=wanted,
        status=status,
        unit="flag",
    )


def shortfall_row(area: str = FIRST) -> dict[str, Any]:
    """The row of the small city's list, as a task keeps it."""
    rows = small_city.shortfalls()
    row = rows[rows["shortfall_id"] == f"sf-{ELEMENT}-{area}"].iloc[0]
    plain = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    return {name: value.item() if hasattr(value, "item") else value for name, value in plain.items()}


def next_run(
    world: World,
    figures: Iterable[dict[str, Any]],
    *,
    still: Iterable[str] = (),
    when: datetime = LATER,
    mark: str = "a",
) -> str:
    """A new snapshot at ``when``, and a run on it with these figures, whose list holds only the shortfalls ``still``."""
    folder = world.office.city_folder
    with clock.frozen(when):
        with City.open(folder).edit(f"change {mark}") as edit:
            (folder / f"{mark}.txt").write_text(f"{mark} {when}", "utf-8")
            edit.put_asset("note", folder / f"{mark}.txt", f"note-{mark}-{int(when.timestamp())}.txt")
        city = City.open(folder)
        key = run_key(city, load_basis(BASIS), load_catalogue().walker("standard"))
        listed = small_city.shortfalls()
        listed = listed[listed["shortfall_id"].isin(list(still))].reset_index(drop=True)
        frame = pd.DataFrame(list(figures), columns=list(FIGURE_COLUMNS))
        RunStore(folder).write(
            key,
            {"created": clock.stamp(), "quality": 87.0, "insufficient": False, "cell_elements": []},
            {"figures": frame, "shortfalls": listed, "grades": small_city.grades(),
             "demand": pd.DataFrame({"demand_id": small_city.demand()["demand_id"]})},
            {},
            [],
        )  # fmt: skip
    return key.run_id


def reader(world: World) -> FigureReader:
    """Of the world's city."""
    return FigureReader(world.office.city_folder)


def make_target(
    world: World, kind: str, value: float, *, area: str = "150300", org: str = "office", **more: Any
) -> int:
    """A target; its id."""
    with world.office.acting(world.office.system("test")) as session:
        place, unit = session.get(Area, area), session.get(Organisation, world.org[org])
        assert place is not None
        assert unit is not None
        values: dict[str, Any] = {
            "programme_id": world.programme, "name": f"{kind} {area}", "kind": kind, "metric": "", "value": value,
            "unit": "share", "due_on": date(2026, 12, 31), "source": "建议值", "area_code": area, "area_path": place.path,
            "org_id": unit.id, "org_path": unit.path, "department": None,
        }  # fmt: skip
        row = Target(**(values | more))
        session.add(row)
        session.flush()
        return row.id


def make_pilot(world: World, code: str, state: str, *, district: str = "east", circle: str = "LC1", **more: Any) -> int:
    """A pilot of a district; its id."""
    with world.office.acting(world.office.system("test")) as session:
        unit, place = session.get(Organisation, world.org[district]), session.get(Area, circle)
        assert unit is not None
        assert place is not None
        values: dict[str, Any] = {
            "programme_id": world.programme, "code": code, "name": f"{code}试点", "life_circle": circle,
            "communities": list(place.members), "state": state, "area_code": unit.area_code, "area_path": unit.area_path,
            "org_id": unit.id, "org_path": unit.path, "department": None,
        }  # fmt: skip
        row = Pilot(**(values | more))
        session.add(row)
        session.flush()
        return row.id


def make_promise(world: World, pilot: int, key: dict[str, Any], promised: float, **more: Any) -> int:
    """A promise of a pilot; its id."""
    with world.office.acting(world.office.system("test")) as session:
        row = session.get(Pilot, pilot)
        assert row is not None
        place = {name: getattr(row, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}
        values: dict[str, Any] = {
            "pilot_id": pilot,
            "figure_key": key,
            "name": "菜市场覆盖",
            "unit": "share",
            "before": 0.2,
        }
        made = Promise(promised=promised, **(values | more), **place)
        session.add(made)
        session.flush()
        return made.id


def awaiting_task(world: World, code: str = "T1", *, org: str = "east", area: str = FIRST, **more: Any) -> int:
    """A task of a unit that came of a shortfall of a community, closed and awaiting its measurement."""
    with world.office.acting(world.office.system("test")) as session:
        place = session.get(Area, area)
        assert place is not None
    values: dict[str, Any] = {
        "state": "awaiting_measurement", "done_at": CLOSED, "shortfall_id": f"sf-{ELEMENT}-{area}",
        "shortfall": shortfall_row(area), "area_code": area, "area_path": place.path,
    }  # fmt: skip
    return make_task(world, org, code, **(values | more))


__all__ = [
    "CLOSED", "EAST", "ELEMENT", "FIRST", "LATER", "awaiting_task", "figure", "make_pilot", "make_promise", "make_target",
    "next_run", "reader", "shortfall_row", "verdict",
]  # fmt: skip
