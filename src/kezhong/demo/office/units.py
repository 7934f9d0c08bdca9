"""Units of the demonstration city: leading group, office, departments, districts, streets, communities, grid teams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kezhong.catalogue import load_catalogue

#: Departments that a district has, too; the others exist at city level only.
DISTRICT_LINES = (
    "housing", "commerce", "culture", "education", "civil_affairs", "health", "urban_management", "political_legal",
    "natural_resources", "development_reform", "market_regulation", "human_resources",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit to be made; ``parent`` is the code of the unit above."""

    code: str
    name: str
    short_name: str
    kind: str
    area_code: str
    parent: str | None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An area as the planner of units sees it."""

    code: str
    name: str
    level: str
    parent_code: str | None


def planned_units(places: list[Place], city_name: str) -> list[PlannedUnit]:
    """All units of a city with these areas, parents before children."""
    return list(_units(places, city_name))


def _units(places: list[Place], city_name: str) -> Iterator[PlannedUnit]:
    root = next(place for place in places if place.level == "city")
    lines = [line for line in load_catalogue().departments.values() if line.until is None]
    group = "市推进一刻钟社区生活圈建设领导小组"
    yield PlannedUnit("group", group, "市领导小组", "leading_group", root.code, None)
    yield PlannedUnit("office", f"{group}办公室", "市专班办", "office", root.code, "group")
    for line in lines:
        name, short = _named(city_name, line.zh), _named("市", line.zh)
        yield PlannedUnit(f"city-{line.id}", name, short, "department", root.code, None, line.id)
    for district in (place for place in places if place.level == "district"):
        key = district.code
        yield PlannedUnit(key, f"{district.name}人民政府", district.name, "government", district.code, None)
        for line in lines:
            if line.id in DISTRICT_LINES:
                name = _named(district.name, line.zh)
                yield PlannedUnit(f"{key}-{line.id}", name, name, "department", district.code, key, line.id)
    for street in (place for place in places if place.level == "street"):
        kind = "人民政府" if street.name.endswith(("镇", "乡")) else "办事处"
        yield PlannedUnit(
            street.code, f"{street.name}{kind}", street.name, "street_office", street.code, street.parent_code
        )
    for area in (place for place in places if place.level == "community"):
        kind = "村民委员会" if area.name.endswith("村") else "居民委员会"
        yield PlannedUnit(
            area.code, f"{area.name}{kind}", area.name, "community_committee", area.code, area.parent_code
        )
        yield PlannedUnit(
            f"{area.code}-grid", f"{area.name}网格服务团队", f"{area.name}网格", "grid_team", area.code, area.code
        )


def _named(place: str, line: str) -> str:
    """示范市民政局; a line of the party committee is 示范市委政法委员会."""
    return f"{place}委{line.removeprefix('党委')}" if line.startswith("党委") else f"{place}{line}"
