"""Buildings, land use, estates and gates from OpenStreetMap, for cities without the bureau's own layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.vocabulary import Datum
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import derive
from kezhong.intake.extent import areas_m2, working_crs
from kezhong.intake.osm_reader import ATTRIBUTION, ShapeMaker, label, metres, object_id
from kezhong.intake.osm_sweep import sweep
from kezhong.intake.osm_walk import GATES
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.storing import settle
from kezhong.progress import Progress, silent, span

Row = dict[str, object]
Reader = Callable[[dict[str, str]], Row | None]

_DWELLINGS = frozenset(
    {"residential", "apartments", "house", "detached", "semidetached_house", "terrace", "dormitory", "bungalow", "farm",
     "cabin", "static_caravan", "semi"}
)  # fmt: skip
#: Land that is waiting for its use.
_PLANNED = frozenset({"construction", "brownfield", "greenfield"})
_WALLED = frozenset({"wall", "fence", "hedge", "city_wall"})
_ACCESS = {"yes": "yes", "permissive": "yes", "public": "yes", "designated": "yes", "private": "residents",
           "residents": "residents", "permit": "residents", "no": "no"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one layer takes from an OpenStreetMap file, and what is said about it."""

    layer: str
    zh: str
    en: str
    id_column: str
    read: Reader  # tags → the layer's own columns; ``None``: no such thing
    notes: Callable[[gpd.GeoDataFrame], list[Note]]
    node_keys: tuple[str, ...] = ()
    area_keys: tuple[str, ...] = ()
    measured: Callable[[City, gpd.GeoDataFrame], gpd.GeoDataFrame] | None = None  # adds what follows from the shapes


@dataclass(slots=True)
class _LayerCollector:
    """Collects the objects of one kind."""

    kind: _Kind
    way_keys: tuple[str, ...] = ()
    node_keys: tuple[str, ...] = field(init=False)
    area_keys: tuple[str, ...] = field(init=False)
    rows: list[Row] = field(default_factory=list)
    shapes: ShapeMaker = field(default_factory=ShapeMaker)

    def __post_init__(self) -> None:
        self.node_keys, self.area_keys = self.kind.node_keys, self.kind.area_keys

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """Take a point."""
        self._take(self.shapes.point, thing, tags)

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """Lines are no part of these layers."""

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Take a surface."""
        self._take(self.shapes.area, thing, tags)

    def _take(self, keep: Callable[[Any], bool], thing: Any, tags: dict[str, str]) -> None:
        row = self.kind.read(tags)
        if row is not None and keep(thing):
            self.rows.append({self.kind.id_column: f"osm:{object_id(thing)}", **row})

    def frame(self) -> gpd.GeoDataFrame:
        """All rows with their shapes."""
        return gpd.GeoDataFrame(pd.DataFrame(self.rows), geometry=self.shapes.shapes(), crs=GEOGRAPHIC)


def import_osm_buildings(
    city: City, file: str | Path, *, source: str | None = None, as_of: str | None = None, progress: Progress = silent
) -> ImportReport:
    """Building footprints; storeys where tagged. Unknown use (``building=yes``) counts as no dwelling.

    Raises
    ------
    InputError
        Unreadable file, or no building in it.
    """
    return _import(_BUILDINGS, city, Path(file), source, as_of, progress)


def import_osm_landuse(
    city: City, file: str | Path, *, source: str | None = None, as_of: str | None = None, progress: Progress = silent
) -> ImportReport:
    """Land use as mapped (present use).

    Raises
    ------
    InputError
        Unreadable file, or no land use in it.
    """
    return _import(_LANDUSE, city, Path(file), source, as_of, progress)


def import_osm_estates(
    city: City, file: str | Path, *, source: str | None = None, as_of: str | None = None, progress: Progress = silent
) -> ImportReport:
    """Named residential areas as estates (小区). Whether they are gated is taken only from tagged walls and fences.

    Raises
    ------
    InputError
        Unreadable file, or no named residential area in it.
    """
    return _import(_ESTATES, city, Path(file), source, as_of, progress)


def import_osm_gates(
    city: City, file: str | Path, *, source: str | None = None, as_of: str | None = None, progress: Progress = silent
) -> ImportReport:
    """Gates on walls and fences; each belongs to the estate on whose edge it stands.

    Raises
    ------
    InputError
        Unreadable file, or no gate in it.
    """
    return _import(_GATES, city, Path(file), source, as_of, progress)


def _import(
    kind: _Kind, city: City, path: Path, source: str | None, as_of: str | None, progress: Progress
) -> ImportReport:
    name = source or "osm"
    collector = _LayerCollector(kind)
    read = sweep(path, [collector], span(progress, 0.0, 0.6))
    if not collector.rows:
        raise InputError("intake_osm.none_of_kind", file=path.name, what_zh=kind.zh, what_en=kind.en)
    frame = collector.frame()
    if kind.measured is not None:
        frame = kind.measured(city, frame)
    frame = frame.assign(source=name, as_of=as_of, source_datum=Datum.WGS84.value)
    with city.edit(f"import {kind.layer} {name}: {path.name}") as edit:
        settle(edit, frame, ATTRIBUTION)
        progress(0.7, "intake_osm.step_writing")
        edit.put(kind.layer, name, frame)
        progress(0.8, "intake_osm.step_deriving")
        derive.refresh(edit, {kind.layer})
    progress(1.0, "intake_osm.step_done")
    notes, snapshot = tuple(kind.notes(frame)), city.refresh().snapshot.id
    return ImportReport(kind.layer, name, read, len(frame), notes=notes, snapshot_id=snapshot)


def _building(tags: dict[str, str]) -> Row | None:
    use = tags.get("building", "no")
    if use in ("no", "demolished", "ruins", "construction", "proposed") or "demolished:building" in tags:
        return None
    floors = metres(tags.get("building:levels"))
    flats = tags.get("building:flats", "")
    return {
        "use": use,
        "residential": use in _DWELLINGS or tags.get("building:use") == "residential",
        "floors": floors if 0 < floors < 200 else np.nan,
        "dwellings": float(flats) if flats.isdigit() else np.nan,
    }


def _landuse(tags: dict[str, str]) -> Row | None:
    use = tags.get("landuse")
    if use is None:
        return None
    return {"use": use, "residential": use == "residential", "planned": use in _PLANNED}


def _estate(tags: dict[str, str]) -> Row | None:
    name = label(tags)
    if tags.get("landuse") != "residential" or name is None:
        return None
    return {"name": name, "gated": True if tags.get("barrier") in _WALLED else None}


def _gate(tags: dict[str, str]) -> Row | None:
    if tags.get("barrier") not in GATES:
        return None
    return {
        "name": label(tags),
        "access": _ACCESS.get(tags.get("foot") or tags.get("access") or ""),
        "hours": tags.get("opening_hours"),
    }


def _floor_area(city: City, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.asarray(frame.geometry.array)
    floors = frame["floors"].to_numpy(dtype=float)
    return frame.assign(floor_area_m2=areas_m2(shapes, working_crs(city, shapes)) * floors)


def _building_notes(frame: gpd.GeoDataFrame) -> list[Note]:
    homes, unknown = int(frame["residential"].sum()), int((frame["use"] == "yes").sum())
    return [
        Note(
            f"其中住宅 {homes:,} 栋；用途未标注的 {unknown:,} 栋不按住宅计",
            f"{homes:,} dwellings; {unknown:,} of unknown use do not count as dwellings",
        )
    ]


def _landuse_notes(frame: gpd.GeoDataFrame) -> list[Note]:
    homes = int(frame["residential"].sum())
    return [Note(f"其中居住用地 {homes:,} 块", f"{homes:,} residential parcels")]


def _estate_notes(frame: gpd.GeoDataFrame) -> list[Note]:
    gated = int(frame["gated"].fillna(value=False).sum())
    return [
        Note(
            f"其中标注了围墙或围栏的 {gated:,} 个；其余是否封闭未知",
            f"{gated:,} have a tagged wall or fence; of the others it is not known",
        )
    ]


def _gate_notes(frame: gpd.GeoDataFrame) -> list[Note]:
    shut = int((frame["access"] == "no").sum())
    return [Note(f"其中标注禁止通行的 {shut:,} 处", f"{shut:,} are tagged as closed to everybody")]


_BUILDINGS = _Kind(
    "buildings", "建筑", "buildings", "building_id", _building, _building_notes,
    area_keys=("building",), measured=_floor_area,
)  # fmt: skip
_LANDUSE = _Kind("landuse", "用地", "land use", "parcel_id", _landuse, _landuse_notes, area_keys=("landuse",))
_ESTATES = _Kind(
    "estates",
    "有名称的居住小区",
    "named residential areas",
    "estate_id",
    _estate,
    _estate_notes,
    area_keys=("landuse",),
)
_GATES = _Kind("gates", "大门", "gates", "gate_id", _gate, _gate_notes, node_keys=("barrier",))
