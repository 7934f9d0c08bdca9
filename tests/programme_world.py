"""What the Wuhai template needs beside the small office: a third district and the other lead departments."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kezhong.catalogue import load_catalogue
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, Organisation, RoleGrant
from kezhong.office.programme import Created, create_programme
from office_world import EAST, WEST, World

SOUTH = "150303"
BINDINGS = {"A": EAST, "B": WEST, "C": SOUTH}


def add_units(world: World) -> None:
    """A third district with its government, and every lead department of the city that is not there yet."""
    with world.office.acting(world.office.system("test")) as session:
        root = session.get(Area, "150300")
        south = Area(
            code=SOUTH, name="南坡区", level="district", parent_code=root.code, path=f"{root.path}{SOUTH}/",
            full_name="试验市南坡区",
        )  # fmt: skip
        session.add(south)
        session.flush()
        book = load_catalogue()
        wanted = [("south", "南坡区", "government", south, None)]
        wanted += [
            (f"d-{name}", f"市{book.departments[name].zh}", "department", root, name)
            for name in dict.fromkeys(circle.lead_department for circle in book.circles.values())
            if name not in ("civil_affairs", "commerce")
        ]
        for code, name, kind, area, department in wanted:
            unit = Organisation(
                code=code, name=name, short_name=name, kind=kind, level=area.level, department=department, path="",
                area_code=area.code, area_path=area.path, valid_from=date(2020, 1, 1),
            )  # fmt: skip
            session.add(unit)
            session.flush()
            unit.path = f"{unit.id}/"
            world.org[code] = unit.id


def since_ever(world: World) -> None:
    """Let everybody's roles hold from 2020 on, for tests that go back in time."""
    with world.office.acting(world.office.system("test")) as session:
        for grant in session.query(RoleGrant):
            grant.valid_from = datetime(2020, 1, 1, tzinfo=UTC)


def make_programme(world: World, code: str = "WH", **options: int) -> Created:
    """Set up the shipped programme; the office does it."""
    if "south" not in world.org:
        add_units(world)
    assert Permission.WRITE_PROGRAMME in world.actor("office").permissions
    with world.office.acting(world.actor("office")) as session:
        return create_programme(session, "wuhai-2022-2024", code, "一刻钟社区生活圈", BINDINGS, **options)


def attach(world: World, who: str, kind: str, key: int, name: str = "方案.txt", purpose: str = "plan") -> int:
    """Attach a small text file to an object."""
    from kezhong.office.tasks.files import store_file

    with world.office.acting(world.actor(who)) as session:
        content = f"{name} {key}".encode()
        return store_file(session, world.office.files_folder, kind, key, name, content, purpose=purpose).id


def nominated(world: World, who: str = "east", **options: object) -> int:
    """The one life circle of the small city, nominated by its district."""
    from kezhong.office.measuring.figures import FigureReader
    from kezhong.office.programme.pilots import nominate

    with world.office.acting(world.actor(who)) as session:
        values = {"programme_id": world.programme, "life_circle": "LC1", "grounds": "老旧小区集中", **options}
        pilot, _ = nominate(session, FigureReader(world.office.city_folder), **values)  # type: ignore[arg-type]
        return pilot.id


def step(world: World, who: str, cls: type, key: int, name: str, reason: str = "", **fields: object) -> None:
    """Somebody takes a step."""
    from kezhong.office.steps import take_step

    with world.office.acting(world.actor(who)) as session:
        take_step(session, session.one(cls, key), name, reason=reason, fields=fields)
