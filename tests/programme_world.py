"""What the Wuhai template needs beside the small office: a third district and the other lead departments."""

from __future__ import annotations

from datetime import date

from kezhong.catalogue import load_catalogue
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, Organisation
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


def make_programme(world: World, code: str = "WH", **options: int) -> Created:
    """Set up the shipped programme; the office does it."""
    if "south" not in world.org:
        add_units(world)
    assert Permission.WRITE_PROGRAMME in world.actor("office").permissions
    with world.office.acting(world.actor("office")) as session:
        return create_programme(session, "wuhai-2022-2024", code, "一刻钟社区生活圈", BINDINGS, **options)
