"""``kezhong import streets``: the walkable network, the landscape and the base map, from OSM or from line layers."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import derive, elevation
from kezhong.intake.basemap import BasemapCollector, asset_name
from kezhong.intake.landscape import LandscapeCollector
from kezhong.intake.line_layers import read_lines
from kezhong.intake.mapping import Mapping, MappingLike, chosen_mapping, remember
from kezhong.intake.osm_reader import ATTRIBUTION, is_osm, source_name
from kezhong.intake.osm_streets import StreetCollector
from kezhong.intake.osm_sweep import sweep
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.storing import settle
from kezhong.progress import Progress, silent, span

#: Streets farther than this outside the frame of the city's areas are left out: nobody of the city walks there.
MARGIN_M = 3000.0


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a file gave."""

    edges: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    read: int
    notes: list[Note]
    landscape: gpd.GeoDataFrame | None = None
    basemap: Path | None = None
    attribution: str | None = None
    mapping: Mapping | None = None


def import_streets(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Take in the walkable street network; a second import of the same source replaces it.

    Parameters
    ----------
    file
        OpenStreetMap (``.osm.pbf``, ``.osm``, ``.osm.gz``), which also fills ``landscape`` and the base map, or a
        line layer (``.gpkg``, ``.shp``, ``.geojson``).
    source
        Name of the source; default ``osm``, for line layers the file's name.
    mapping
        Line layers: a mapping or its TOML file, with ``[columns]`` such as ``name = "路名"``. Without it the source's
        last one is used again, and the usual Chinese and English column names are recognised.
    datum
        Line layers: the datum, where the file does not carry it.

    Raises
    ------
    InputError
        Unreadable, damaged or foreign file; no walkable street in it; it lies outside the city's areas.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError("intake_osm.no_file", file=path)
    name = source or source_name(path)
    with tempfile.TemporaryDirectory() as folder:
        reading = span(progress, 0.0, 0.7)
        if is_osm(path):
            loaded = _from_osm(path, Path(folder), reading)
        else:
            loaded = _from_lines(path, chosen_mapping(city.folder, "streets", name, mapping), datum, reading)
        edges, nodes = _within(city, loaded.edges, loaded.nodes, path.name)
        before = city.geo("street_edges") if city.has("street_heights") else None
        with city.edit(f"import streets {name}: {path.name}") as edit:
            settle(edit, edges, loaded.attribution)
            progress(0.75, "intake_osm.step_writing")
            edit.put("street_edges", name, edges.assign(source=name))
            edit.put("street_nodes", name, nodes.assign(source=name))
            if loaded.landscape is not None and len(loaded.landscape):
                edit.put("landscape", name, loaded.landscape.assign(source=name))
            if loaded.basemap is not None:
                edit.put_asset("basemap", loaded.basemap, asset_name(loaded.basemap))
            progress(0.85, "intake_osm.step_deriving")
            derive.refresh(edit, {"street_edges", "street_nodes"})
            without_heights = None if before is None else elevation.keep_fitting(edit, before)
            others = [other for other in edit.city.sources("street_edges") if other != name]
    if loaded.mapping is not None:
        remember(city.folder, "streets", name, loaded.mapping)
    progress(1.0, "intake_osm.step_done")
    notes = [*loaded.notes, *_summary(edges, nodes, len(loaded.edges) - len(edges), others)]
    if without_heights is not None:
        notes.append(without_heights)
    snapshot = city.refresh().snapshot.id
    return ImportReport("streets", name, loaded.read, len(edges), notes=tuple(notes), snapshot_id=snapshot)


def _from_osm(path: Path, folder: Path, progress: Progress) -> _Loaded:
    streets, landscape, tiles = StreetCollector(), LandscapeCollector(), BasemapCollector()
    sweep(path, [streets, landscape, tiles], span(progress, 0.0, 0.6))
    if not streets.ways:
        raise InputError("intake_osm.no_streets", file=path.name, ways=streets.highways_seen)
    progress(0.6, "intake_osm.step_network")
    found = streets.frames()
    if found.edges.empty:
        raise InputError("intake_osm.no_streets", file=path.name, ways=streets.highways_seen)
    notes = []
    if found.cut_ways:
        notes.append(
            Note(
                f"有 {found.cut_ways} 条道路的部分节点不在文件中（裁剪边缘），已截到文件边缘为止",
                f"{found.cut_ways} ways have nodes outside the file (clipped); they end where the file ends",
            )
        )
    if found.doubled or found.pointless:
        notes.append(
            Note(
                f"重复 {found.doubled:,} 段（两条道路画了同一段），各计一次；长度为零 {found.pointless:,} 段，"
                "仅连接同一位置的两个节点，已保留",
                f"{found.doubled:,} stretches mapped by two ways, taken once; {found.pointless:,} without length, "
                "kept, since they join two nodes at one place",
            )
        )
    progress(0.75, "intake_osm.step_basemap")
    basemap: Path | None = None
    try:
        basemap = tiles.write(folder / "basemap.pmtiles")
    except InputError as problem:  # the network does not need the picture; the user is told
        notes.append(Note(problem.message("zh"), problem.message("en")))
    return _Loaded(found.edges, found.nodes, streets.highways_seen, notes, landscape.frame(), basemap, ATTRIBUTION)


def _from_lines(path: Path, mapping: Mapping, datum: str | None, progress: Progress) -> _Loaded:
    lines = read_lines(path, mapping, datum, progress)
    return _Loaded(lines.edges, lines.nodes, lines.read, lines.notes, mapping=lines.mapping)


def _within(
    city: City, edges: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, file: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Leave out what lies far outside the city's areas, if it has any."""
    shapes = np.asarray(city.areas.frame.geometry.array)
    shapes = shapes[~shapely.is_missing(shapes)]
    if len(shapes) == 0:
        return edges, nodes
    west, south, east, north = shapely.total_bounds(shapes)
    dy = MARGIN_M / 111_000
    dx = dy / max(np.cos(np.radians((south + north) / 2)), 0.05)
    bounds = shapely.bounds(np.asarray(edges.geometry.array))
    near = (
        (bounds[:, 2] >= west - dx)
        & (bounds[:, 0] <= east + dx)
        & (bounds[:, 3] >= south - dy)
        & (bounds[:, 1] <= north + dy)
    )
    if not near.any():
        data = shapely.total_bounds(np.asarray(edges.geometry.array))
        raise InputError("intake_osm.outside", file=file, data=_frame(data), city=_frame((west, south, east, north)))
    if near.all():
        return edges, nodes
    kept = edges[near].reset_index(drop=True)
    used = nodes["node_id"].isin(kept["from_node"]) | nodes["node_id"].isin(kept["to_node"])
    return kept, nodes[used].reset_index(drop=True)


def _frame(bounds: tuple[float, float, float, float] | np.ndarray) -> str:
    west, south, east, north = (float(value) for value in bounds)
    return f"{west:.3f}–{east:.3f}°E, {south:.3f}–{north:.3f}°N"


def _summary(edges: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, far: int, others: list[str]) -> list[Note]:
    km = float(edges["length_m"].sum()) / 1000
    kinds = nodes["kind"].value_counts()
    gates, barriers, crossings = (int(kinds.get(kind, 0)) for kind in ("gate", "barrier", "crossing"))
    steps = int(edges["steps"].astype(bool).sum())
    notes = [
        Note(
            f"步行路段 {len(edges):,} 条，合计 {km:,.0f} 公里；台阶 {steps:,} 段，过街 {crossings:,} 处，"
            f"大门 {gates:,} 处，障碍 {barriers:,} 处",
            f"{len(edges):,} walkable segments, {km:,.0f} km; {steps:,} with steps, {crossings:,} crossings, "
            f"{gates:,} gates, {barriers:,} barriers",
        )
    ]
    if far:
        notes.append(
            Note(
                f"有 {far:,} 条路段距城市范围 3 公里以上，未导入",
                f"{far:,} segments lie more than 3 km outside the city's areas and were left out",
            )
        )
    if others:
        notes.append(
            Note(
                f"城市中另有来源为 {'、'.join(others)} 的路网；不同来源的路网只在节点重合处相连",
                f"the city also has streets from {', '.join(others)}; they are joined only where they share nodes",
            )
        )
    return notes
