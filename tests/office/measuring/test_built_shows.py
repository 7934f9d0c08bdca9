"""On the demonstration city: what was built shows in the next run, and only then is the task met."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select

from demo_city import copy_demo_city
from kezhong import clock
from kezhong.city.workspace import City
from kezhong.demo import PLANTED
from kezhong.office.measuring.figures import FigureReader, moment
from kezhong.office.measuring.in_use import SOURCE, facilities_in_use, ledger
from kezhong.office.models import Area, Organisation, Programme, Project, Task
from kezhong.office.office import Office
from kezhong.progress import silent
from kezhong.server.views.office.projects_import import import_and_assess
from office_world import office_of

pytestmark = pytest.mark.slow
#: A village without its clinic: one of the planted shortfalls, and one that a single facility mends.
WANTED = next(one for one in PLANTED if one.element == "village_clinic")


def _task_and_project(office: Office, shortfall: dict[str, object]) -> int:
    """A closed task and a project in use, both opened from the row."""
    with office.acting(office.system("test")) as session:
        area = session.get(Area, shortfall["area_code"])
        assert area is not None
        unit = Organisation(
            code="c", name=area.name, short_name=area.name, kind="community_committee", level="community", path="1/",
            area_code=area.code, area_path=area.path, valid_from=date(2020, 1, 1),
        )  # fmt: skip
        programme = Programme(
            code="P",
            name="方案",
            template="t",
            template_hash="-",
            starts_on=date(2026, 1, 1),
            ends_on=date(2026, 12, 31),
        )
        session.add_all([unit, programme])
        session.flush()
        unit.path = f"{unit.id}/"
        place = {
            "programme_id": programme.id, "area_code": area.code, "area_path": area.path, "org_id": unit.id,
            "org_path": unit.path, "shortfall_id": shortfall["shortfall_id"], "shortfall": shortfall,
        }  # fmt: skip
        task = Task(
            code="T1", title="补设村卫生室", level="community", state="awaiting_measurement", starts_on=date(2026, 1, 1),
            done_at=clock.now() - timedelta(minutes=1), **place,
        )  # fmt: skip
        project = Project(
            code="X1", name="芦草湾村卫生室", element=shortfall["element"], state="in_use", lon=shortfall["lon"],
            lat=shortfall["lat"], **place,
        )  # fmt: skip
        session.add_all([task, project])
        session.flush()
        return task.id


def test_a_planted_shortfall_is_mended(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    folder = copy_demo_city(pytestconfig, tmp_path / "city")
    city = City.open(folder)
    reader = FigureReader(folder)
    before = reader.default()
    assert before is not None
    rows = before.shortfalls
    community = next(code for code, name in city.areas.name.items() if name == WANTED.community)
    mine = rows[(rows["area_code"] == community) & (rows["element"] == WANTED.element)]
    assert len(mine) == 1
    shortfall = {
        str(name): None if pd.isna(value) else value.item() if hasattr(value, "item") else value
        for name, value in mine.iloc[0].items()
    }
    with office_of(pytestconfig, folder) as office:
        task = _task_and_project(office, shortfall)
        with office.acting(office.system("test")) as session:
            found = facilities_in_use(session)
        assert [one.lacks for one in found] == [()]
        result = import_and_assess(office, ledger(found), silent)
        after = reader.run(str(result["run"]))
        assert after.id != before.id
        points = City.open(folder).layer("facilities", SOURCE)
        assert points["facility_id"].tolist() == [f"{SOURCE}:office:project:X1"]
        assert reader.snapshot_made(after.id) > moment(str(before.manifest["created"]))  # type: ignore[operator]
        assert after.shortfall(str(shortfall["shortfall_id"])) is None
        with office.acting(office.system("test")) as session:
            assert session.scalars(select(Task.state).where(Task.id == task)).one() == "measured_met"
        # What was brought in before is replaced, not doubled, and other sources stay as they were.
        others = set(City.open(folder).sources("facilities")) - {SOURCE}
        assert others == set(city.sources("facilities"))
