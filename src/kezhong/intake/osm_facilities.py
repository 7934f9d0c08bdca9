"""``kezhong import facilities CITY city.osm.pbf``: places of the catalogue's elements, by their tags.

One object may serve several elements (a community centre with a library). Objects that are planned, being built or
disused keep that state; demolished ones are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.model import Element, Kind
from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.vocabulary import Datum, FacilityStatus
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import derive
from kezhong.intake.extent import areas_m2, working_crs
from kezhong.intake.osm_lines import LineCollector
from kezhong.intake.osm_reader import ATTRIBUTION, ShapeMaker, label, metres, object_id
from kezhong.intake.osm_sweep import sweep
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.storing import settle
from kezhong.progress import Progress, silent, span

#: Lifecycle prefixes of OSM keys and the state they stand for.
_PREFIXES: dict[str, FacilityStatus] = {
    "disused:": FacilityStatus.CLOSED,
    "abandoned:": FacilityStatus.CLOSED,
    "construction:": FacilityStatus.BUILDING,
    "proposed:": FacilityStatus.PLANNED,
    "planned:": FacilityStatus.PLANNED,
}
#: Kinds of element that are places or lines on the map; the others are statistics.
_KINDS = frozenset({Kind.POINT, Kind.AREA, Kind.LINE})
_ADDRESS = ("addr:province", "addr:city", "addr:district", "addr:subdistrict", "addr:street", "addr:housenumber")
_PLACES = {"beds": ("beds", "capacity:beds", "capacity"), "places": ("capacity", "capacity:persons")}


@dataclass(slots=True)
class FacilityCollector:
    """Collects objects that one of the wanted elements may recognise."""

    keys: tuple[str, ...]
    shapes: ShapeMaker = field(default_factory=ShapeMaker)
    found: list[tuple[str, FacilityStatus, dict[str, str]]] = field(default_factory=list)
    newest: date | None = None
    node_keys: tuple[str, ...] = field(init=False)
    way_keys: tuple[str, ...] = ()
    area_keys: tuple[str, ...] = field(init=False)
    _known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.node_keys = self.area_keys = (*self.keys, *(prefix + key for prefix in _PREFIXES for key in self.keys))
        self._known = frozenset(self.keys)

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """Keep a place mapped as a point."""
        status, plain = state(tags, self._known)
        if status is not None and self.shapes.point(thing):
            self._keep(thing, status, plain)

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """Open ways are no places; lines have a collector of their own."""

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Keep a place mapped as a surface."""
        status, plain = state(tags, self._known)
        if status is not None and self.shapes.area(thing):
            self._keep(thing, status, plain)

    def _keep(self, thing: Any, status: FacilityStatus, tags: dict[str, str]) -> None:
        self.found.append((object_id(thing), status, tags))
        day = thing.timestamp.date()
        if day.year > 2003 and (self.newest is None or day > self.newest):
            self.newest = day


def import_osm_facilities(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    element: str | None = None,
    as_of: str | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Take in every place that the catalogue's tags recognise; a second import of the same source replaces it.

    Parameters
    ----------
    source
        Name of the source, default ``osm``.
    element
        Only this service element.
    as_of
        Day the file describes; default: of the newest object taken.

    Raises
    ------
    InputError
        Unreadable, damaged or foreign file, or no place of the catalogue in it.
    """
    path = Path(file).expanduser()
    name = source or "osm"
    elements = _wanted(element)
    collector = FacilityCollector(tuple(sorted(load_catalogue().osm_index.keys)))
    lines = LineCollector.of(path)
    read = sweep(path, [collector, lines], span(progress, 0.0, 0.5))
    progress(0.5, "intake_osm.step_matching")
    facilities, services = _tables(_objects(city, collector, lines), elements, path.name)
    if facilities.empty:
        raise InputError("intake_osm.no_facilities", file=path.name, read=read)
    day = as_of or (collector.newest.isoformat() if collector.newest else None)
    facilities = facilities.assign(source=name, as_of=day, source_datum=Datum.WGS84.value)
    with city.edit(f"import facilities {name}: {path.name}") as edit:
        settle(edit, facilities, ATTRIBUTION)
        progress(0.7, "intake_osm.step_writing")
        edit.put("facilities", name, facilities)
        edit.put("facility_services", name, services.assign(source=name))
        progress(0.8, "intake_osm.step_deriving")
        derive.refresh(edit, {"facilities", "facility_services"})
    progress(1.0, "intake_osm.step_done")
    notes = tuple(_notes(facilities, services, elements))
    return ImportReport("facilities", name, read, len(facilities), notes=notes, snapshot_id=city.refresh().snapshot.id)


def state(tags: dict[str, str], keys: frozenset[str]) -> tuple[FacilityStatus | None, dict[str, str]]:
    """State of an object's life and its tags without lifecycle prefixes; ``None``: nothing the keys would recognise."""
    if not keys.isdisjoint(tags):
        return _present_state(tags), tags
    for prefix, status in _PREFIXES.items():
        plain = {key.removeprefix(prefix): value for key, value in tags.items() if key.startswith(prefix)}
        if not keys.isdisjoint(plain):
            return status, {**tags, **plain}
    return None, tags


def _present_state(tags: Mapping[str, str]) -> FacilityStatus:
    if tags.get("construction") not in (None, "no") or tags.get("building") == "construction":
        return FacilityStatus.BUILDING
    closed = (
        tags.get("disused") == "yes"
        or tags.get("abandoned") == "yes"
        or tags.get("opening_hours") in ("closed", "off")
        or tags.get("operational_status") in ("closed", "closed_permanently", "out_of_service")
    )
    return FacilityStatus.CLOSED if closed else FacilityStatus.OPEN


def _wanted(element: str | None) -> dict[str, Element]:
    book = load_catalogue()
    chosen: Iterable[Element] = [book.element(element)] if element else book.elements.values()
    return {entry.id: entry for entry in chosen if entry.kind in _KINDS}


@dataclass(frozen=True, slots=True)
class _Object:
    """A place or line of the file, before it is known what it serves."""

    name: str
    status: FacilityStatus
    tags: Mapping[str, str]
    shape: shapely.Geometry
    area_m2: float | None  # of surfaces
    is_line: bool = False


def _objects(city: City, collector: FacilityCollector, lines: LineCollector) -> list[_Object]:
    """Everything collected, places first; a way that is a place and a line keeps its id as a place."""
    shapes = collector.shapes.shapes()
    surface = shapely.get_dimensions(shapes) == 2 if len(shapes) else np.empty(0, dtype=bool)
    area = areas_m2(shapes, working_crs(city, shapes)) if len(shapes) else np.empty(0)
    found = [
        _Object(name, status, tags, shapes[at], float(area[at]) if surface[at] else None)
        for at, (name, status, tags) in enumerate(collector.found)
    ]
    known = {place.name for place in found}
    for line in lines.lines():
        name = f"{line.name}-line" if line.name in known else line.name
        found.append(_Object(name, _present_state(line.tags), line.tags, line.shape, None, is_line=True))
    return found


def _tables(
    objects: list[_Object], elements: Mapping[str, Element], file: str
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    index = load_catalogue().osm_index
    rows: list[dict[str, object]] = []
    services: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for thing in objects:
        matched = [
            elements[found]
            for found in index.match(thing.tags, thing.area_m2)
            if found in elements and (elements[found].kind is Kind.LINE) == thing.is_line
        ]
        if matched:
            shapes.append(thing.shape)
            rows.append(_facility(thing.name, thing.status, thing.tags, thing.area_m2, file))
            services += [_service(thing.name, element, thing.tags) for element in matched]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=GEOGRAPHIC)
    return frame, pd.DataFrame(services)


def _facility(
    name: str, status: FacilityStatus, tags: Mapping[str, str], size: float | None, file: str
) -> dict[str, object]:
    is_building = tags.get("building", "no") != "no"
    levels = metres(tags.get("building:levels"))
    return {
        "facility_id": f"osm:{name}",
        "name": label(tags),
        "address": tags.get("addr:full") or " ".join(tags[key] for key in _ADDRESS if key in tags) or None,
        "status": status.value,
        "operator": tags.get("operator"),
        # A building's outline is its footprint; anything else is a site.
        "floor_area_m2": size * levels if is_building and size and levels > 0 else np.nan,
        "site_area_m2": size if size is not None and not is_building else np.nan,
        "hours": tags.get("opening_hours"),
        "wheelchair": tags.get("wheelchair"),
        "source_row": f"{file} {name}",
    }


def _service(name: str, element: Element, tags: Mapping[str, str]) -> dict[str, object]:
    unit = element.capacity_unit
    keys = _PLACES.get(unit, ("capacity",)) if unit else ()
    capacity = next((value for key in keys if (value := _whole(tags.get(key))) is not None), None)
    return {
        "facility_id": f"osm:{name}",
        "element": element.id,
        "capacity": np.nan if capacity is None else capacity,
        "capacity_unit": unit if capacity is not None else None,
        "hours": tags.get("opening_hours"),
        "matched_by": _telling(element, tags),
    }


def _whole(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d{1,6}\s*", text) else None


def _telling(element: Element, tags: Mapping[str, str]) -> str:
    """The tags by which the element was recognised, as people write them."""
    best: list[str] = []
    for rule in element.osm:
        hit = [f"{key}={tags[key]}" for key in rule.all if key in tags]
        if len(hit) == len(rule.all) and (not best or len(hit) > len(best)):
            best = hit
    return "; ".join(best) or "osm"


def _notes(facilities: gpd.GeoDataFrame, services: pd.DataFrame, elements: Mapping[str, Element]) -> list[Note]:
    counts = Counter(services["element"])
    top = counts.most_common(8)
    zh = "、".join(f"{elements[element].zh} {count}" for element, count in top)
    en = ", ".join(f"{elements[element].en} {count}" for element, count in top)
    unnamed = int(facilities["name"].isna().sum())
    notes = [
        Note(
            f"识别出 {len(facilities):,} 处设施、{len(counts)} 类服务要素：{zh}……",
            f"{len(facilities):,} facilities of {len(counts)} service elements: {en} …",
        ),
        Note(
            "开源地图只能证明“有”，不能证明“无”；未识别到的要素记为未检出，需用核实台账确认",
            "OpenStreetMap shows what is there, never what is not: elements not found count as not detected "
            "until the verification ledger settles them",
        ),
    ]
    if unnamed:
        notes.append(Note(f"其中 {unnamed:,} 处没有名称", f"{unnamed:,} of them have no name"))
    state_counts = facilities["status"].value_counts()
    closed = int(state_counts.drop(FacilityStatus.OPEN.value, errors="ignore").sum())
    if closed:
        notes.append(
            Note(
                f"其中 {closed:,} 处规划中、在建或已停用，不计入现状服务",
                f"{closed:,} of them are planned, being built or disused and serve nobody now",
            )
        )
    return notes
