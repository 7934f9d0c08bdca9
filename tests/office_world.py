"""A small office for tests: the small city with its units, one person a role, and a programme to work in.

``make_world(office)`` fills an office that :func:`office_of` opened on a fresh database. Units by code:

====================  ==========================================================
``office``            leading-group office, city
``d-civil``           市民政局 (line civil_affairs), city
``d-commerce``        市商务局 (line commerce), city
``east``, ``west``    the two districts' governments
``east-civil``        the eastern district's civil affairs bureau (same line)
``street-*``          street offices, by street code
``community-*``       communities, by community code
====================  ==========================================================

People by user name: ``office``, ``civil``, ``commerce``, ``east``, ``west``, ``east-civil``, ``street``, ``community``,
``grid``, ``inspector``, ``auditor``, ``admin``, ``analyst``.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

import small_city
from kezhong import clock
from kezhong.city.files import write_json
from kezhong.city.workspace import City
from kezhong.office import migrations
from kezhong.office.access.actor import Actor
from kezhong.office.database import Database
from kezhong.office.identity.rights import actor_for
from kezhong.office.models import Area, Organisation, Person, Post, Programme, RoleGrant, Stage
from kezhong.office.office import Office
from kezhong.office.secrets import derive
from office_database import fresh_database

EAST, WEST = "150301", "150302"


def migrate(database: Database) -> None:
    """Prepare a template for :func:`office_database.fresh_database`: the schema and nothing in it."""
    migrations.upgrade(database.owner_engine, database.app_role)


def migrate_and_fill(database: Database) -> None:
    """Prepare a template that holds the small city's areas and the world of :func:`make_world`."""
    migrate(database)
    with tempfile.TemporaryDirectory() as folder:
        office = _office(database, _copied(Path(folder) / "city"))
        office.sync()
        make_world(office)


@contextlib.contextmanager
def office_of(config: pytest.Config, folder: Path, *, filled: bool = False) -> Iterator[Office]:
    """An office on a database of its own, over a small city in ``folder``; areas are synced.

    There are no units yet, unless ``filled``: then it is a copy of a world, of which :func:`world_of` knows the ids.
    """
    city = City.open(folder) if (folder / "kezhong.toml").exists() else _copied(folder)
    with fresh_database(config, prepare=migrate_and_fill if filled else migrate) as database:
        office = _office(database, city)
        office.folder.mkdir(exist_ok=True)
        write_json(office.folder / "office.json", {"format": 1, "made": clock.stamp()})
        if not filled:
            office.sync()
        yield office


def _office(database: Database, city: City) -> Office:
    return Office(city.folder, city.config, database, derive(b"for tests only" * 4), ExitStack())


@cache
def _original() -> Path:
    """The small city, written once a process."""
    shelf = tempfile.TemporaryDirectory(prefix="kz-small-")
    atexit.register(shelf.cleanup)
    return small_city.make(Path(shelf.name) / "city").city.folder


def _copied(folder: Path) -> City:
    return City.open(shutil.copytree(_original(), folder))


def world_of(office: Office) -> World:
    """The world that a filled office holds."""
    world = World(office)
    with office.database.app_engine.connect() as connection:
        world.org = dict(iter(connection.execute(select(Organisation.code, Organisation.id))))
        world.person = dict(iter(connection.execute(select(Person.username, Person.id))))
        world.programme = connection.execute(select(Programme.id)).scalar_one()
        world.stage = dict(iter(connection.execute(select(Stage.number, Stage.id))))
    return world


@dataclass
class World:
    """The filled office: ids by code, and actors by user name."""

    office: Office
    org: dict[str, int] = field(default_factory=dict)
    person: dict[str, int] = field(default_factory=dict)
    programme: int = 0
    stage: dict[int, int] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The person with the rights of this moment."""
        with self.office.database.app_engine.connect() as connection:
            found = actor_for(connection, self.person[name], origin="127.0.0.1", request_id="test")
        assert found is not None
        return found


def make_world(office: Office) -> World:
    """Fill an office."""
    world = World(office)
    with office.acting(office.system("test")) as session:
        areas = {area.code: area for area in session.query(Area)}
        root = next(area for area in areas.values() if area.level == "city")

        def unit(
            code: str, name: str, kind: str, area: Area, parent: str | None, department: str | None = None
        ) -> None:
            row = Organisation(
                code=code, name=name, short_name=name, kind=kind, level=area.level, department=department,
                parent_id=world.org.get(parent or ""), path="", area_code=area.code, area_path=area.path,
                valid_from=date(2020, 1, 1),
            )  # fmt: skip
            session.add(row)
            session.flush()
            above = session.get(Organisation, row.parent_id).path if row.parent_id else ""
            row.path = f"{above}{row.id}/"
            session.flush()
            world.org[code] = row.id

        # The office is no parent of the departments: who sees all does so by area, not by the tree of units.
        unit("office", "市领导小组办公室", "office", root, None)
        unit("d-civil", "市民政局", "department", root, None, "civil_affairs")
        unit("d-commerce", "市商务局", "department", root, None, "commerce")
        for code, key in ((EAST, "east"), (WEST, "west")):
            unit(key, areas[code].name, "government", areas[code], None)
        unit("east-civil", f"{areas[EAST].name}民政局", "department", areas[EAST], "east", "civil_affairs")
        for area in sorted(areas.values(), key=lambda each: each.code):
            if area.level == "street":
                unit(
                    f"street-{area.code}",
                    f"{area.name}办事处",
                    "street_office",
                    area,
                    "east" if area.code.startswith(EAST) else "west",
                )
        for area in sorted(areas.values(), key=lambda each: each.code):
            if area.level == "community":
                unit(f"community-{area.code}", area.name, "community_committee", area, f"street-{area.parent_code}")

        first = small_city.COMMUNITIES[0]
        for name, role, org in (
            ("office", "office", "office"), ("civil", "department", "d-civil"), ("commerce", "department", "d-commerce"),
            ("east", "district", "east"), ("west", "district", "west"), ("east-civil", "department", "east-civil"),
            ("street", "street", f"street-{areas[first].parent_code}"), ("community", "community", f"community-{first}"),
            ("grid", "grid_member", f"community-{first}"), ("inspector", "inspector", "office"), ("auditor", "auditor", "office"),
            ("admin", "administrator", "office"), ("analyst", "analyst", "office"),
        ):  # fmt: skip
            row = session.get(Organisation, world.org[org])
            place = {
                "area_code": row.area_code,
                "area_path": row.area_path,
                "org_id": row.id,
                "org_path": row.path,
                "department": row.department,
            }
            person = Person(
                name=f"{name}员",
                username=name,
                phone="13800000000",
                email=f"{name}@example.org",
                digest_key=secrets.token_bytes(32),
                **place,
            )
            session.add(person)
            session.flush()
            session.add(
                Post(
                    person_id=person.id,
                    organisation_id=row.id,
                    title="工作人员",
                    is_contact=True,
                    valid_from=date(2020, 1, 1),
                )
            )
            # From a fixed day: the world is copied, and tests let the clock stand in other years.
            session.add(RoleGrant(person_id=person.id, role=role, valid_from=datetime(2020, 1, 1, tzinfo=UTC), **place))
            world.person[name] = person.id
        programme = Programme(
            code="P1",
            name="试验方案",
            template="test",
            template_hash="-",
            starts_on=date(2022, 3, 1),
            ends_on=date(2024, 12, 31),
        )
        session.add(programme)
        session.flush()
        world.programme = programme.id
        for number, (start, end) in enumerate(
            (
                (date(2022, 3, 1), date(2022, 3, 31)),
                (date(2022, 3, 1), date(2022, 12, 31)),
                (date(2023, 1, 1), date(2023, 12, 31)),
                (date(2024, 1, 1), date(2024, 12, 31)),
            ),
            1,
        ):
            stage = Stage(
                programme_id=programme.id,
                number=number,
                code=f"S{number}",
                name=f"第{number}阶段",
                starts_on=start,
                ends_on=end,
            )
            session.add(stage)
            session.flush()
            world.stage[number] = stage.id
    return world
