"""``kezhong import elevation``: heights along the streets, from a digital elevation model (GeoTIFF)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer
from pyproj.exceptions import CRSError

from kezhong.city.crs import projected_crs_for
from kezhong.city.workspace import City, Edit
from kezhong.errors import InputError
from kezhong.intake import heights
from kezhong.intake.report import ImportReport, Note
from kezhong.progress import Progress, silent

if TYPE_CHECKING:
    import geopandas as gpd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Metres in one unit of a height.
UNITS: dict[str, float] = {"m": 1.0, "dm": 0.1, "cm": 0.01, "ft": 0.3048}
#: Up to this share of the streets' length may lie outside the model, or in its gaps, without being asked.
MISSING_SHARE = 0.05
#: Steeper than this is no street …
ABSURD_SLOPE = 0.6
#: … and more than this share of such streets means that the heights are wrong.
ABSURD_SHARE = 0.05
#: Streets shorter than this say nothing about the heights (metres).
_LONG_ENOUGH_M = 20.0
#: No ground lies outside: such values are gaps that the file does not declare (metres).
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
_LONGEST = 40_000_000


@dataclass(frozen=True, eq=False)
class _Model:
    """The part of an elevation model that a city needs, and how to find a place in it."""

    terrain: Floats
    transform: Any
    crs: Any
    cell_m: tuple[float, float]
    undeclared: int  # cells whose value is no height, although the file does not say so


def import_elevation(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    band: int = 1,
    unit: str = "m",
    allow_rejects: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Take the heights along the streets from an elevation model; a second import replaces the first.

    Heights are read at least every 10 m along each street, between the cells' centres (bilinear), from the model
    smoothed by a normal kernel of one cell (5 to 30 m). Bridges and tunnels lie on straight lines between their ends.

    Parameters
    ----------
    file
        GeoTIFF, or any raster the same library reads, with its coordinate system.
    source
        Name of the source; default: the file's name.
    band
        Band with the heights.
    unit
        Unit of the heights: ``m``, ``dm``, ``cm`` or ``ft``.
    allow_rejects
        Take the streets that the model covers, although more than 5 % of their length have no heights.

    Raises
    ------
    DataMissingError
        The city has no streets yet.
    InputError
        Damaged file, no such band, no coordinate system, an unknown unit; the model does not cover the city's streets,
        or has gaps on them; slopes that no city has.
    """
    path = Path(file).expanduser()
    if unit not in UNITS:
        raise InputError("intake.bad_option", option="--unit", value=unit, expected=", ".join(UNITS))
    city.need("street_edges")
    progress(0.0, "intake.step_elevation")
    edges = city.geo("street_edges")
    lines = np.asarray(edges.geometry.array)
    model = _open(path, shapely.total_bounds(lines), band, UNITS[unit])
    crs = city.config.crs or projected_crs_for(*shapely.get_coordinates(lines[:1])[0].tolist())
    found = heights.courses(lines, edges["length_m"].to_numpy(dtype=np.float64), crs)
    progress(0.3, "intake.step_elevation")
    row, column = _places(model, found.lonlat)
    height, inside = heights.bilinear(heights.smooth(model.terrain, model.cell_m), row, column)
    lifted = _lifted(edges)
    near = _in_city(city, lines)
    missing = _check_cover(path.name, found, np.isfinite(height), inside, near & ~lifted, allow=allow_rejects)
    progress(0.6, "intake.step_elevation")
    nodes = pd.Index(pd.unique(pd.concat([edges["from_node"], edges["to_node"]])))
    u, v = (nodes.get_indexer(edges[name]).astype(np.int64) for name in ("from_node", "to_node"))
    height = heights.bridge_gaps(height, found)
    height = heights.straighten(height, found, u, v, lifted, len(nodes))
    # Whole decimetres, as they are kept: what is checked is what is stored.
    height = np.rint(height * 10.0) / 10.0
    shape = heights.profile(height, found)
    _check_slopes(path.name, found.metres, shape, lifted, unit)
    name = source or path.stem
    table = _table(edges, found, height, shape, lifted, name)
    if table.empty:
        raise InputError("intake.dem_outside", file=path.name, value=f"{missing:.1%}")
    with city.edit(f"import elevation {name}: {path.name}") as edit:
        for other in edit.city.sources("street_heights"):
            edit.remove("street_heights", other)
        edit.put("street_heights", name, table)
    progress(1.0, "intake.step_elevation")
    notes = _notes(model, table, len(edges), missing, shape)
    return ImportReport("elevation", name, len(edges), len(table), notes=notes, snapshot_id=city.refresh().snapshot.id)


def keep_fitting(edit: Edit, before: gpd.GeoDataFrame) -> Note | None:
    """Drop the heights of streets that are gone or run elsewhere now; say how many streets are left without any.

    Parameters
    ----------
    before
        The street edges on which the heights were taken.
    """
    heights_now = edit.city.layer("street_heights")
    if heights_now.empty:
        return None
    edges = edit.city.geo("street_edges")
    old = pd.Series(shapely.to_wkb(np.asarray(before.geometry.array)), index=before["edge_id"].to_numpy(dtype=object))
    new = pd.Series(shapely.to_wkb(np.asarray(edges.geometry.array)), index=edges["edge_id"].to_numpy(dtype=object))
    same = new.index.intersection(old.index)
    same = same[(new[same] == old[same]).to_numpy(dtype=bool)]
    for source, rows in heights_now.groupby("source", sort=True):
        fits = rows["edge_id"].isin(same).to_numpy(dtype=bool)
        if fits.any():
            edit.put("street_heights", str(source), rows[fits].reset_index(drop=True))
        else:
            edit.remove("street_heights", str(source))
    bare = len(edges) - int(edges["edge_id"].isin(same.intersection(heights_now["edge_id"])).sum())
    if not bare:
        return None
    return Note(
        f"{bare:,} 条路段是新增或改线的，没有高程，暂按平路计时；请重新运行 kezhong import elevation",
        f"{bare:,} segments are new or run elsewhere now: they have no heights and are timed as level; "
        "run kezhong import elevation again",
    )


def _open(path: Path, bounds: Floats, band: int, metres: float) -> _Model:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.windows import Window

    if not path.is_file():
        raise InputError("intake_osm.no_file", file=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                if band > raster.count:
                    raise InputError("intake.no_band", file=path.name, value=band, near=raster.count)
                if raster.crs is None:
                    raise InputError("intake.dem_no_crs", file=path.name)
                crs = raster.crs.to_wkt()
                box = _frame(path.name, crs, bounds)
                window = _window(path.name, raster, box)
                data = raster.read(band, window=Window(*window), masked=True)
                transform = raster.window_transform(Window(*window))
    except RasterioError as problem:
        raise InputError("intake.broken_geofile", file=path.name, problem=str(problem)) from problem
    terrain = np.ma.filled(data.astype(np.float64), np.nan) * metres
    with np.errstate(invalid="ignore"):
        strange = (terrain < _LOWEST_M) | (terrain > _HIGHEST_M)
    terrain[strange] = np.nan
    return _Model(terrain, transform, crs, _cell(transform, terrain.shape, crs), int(strange.sum()))


def _frame(file: str, crs: str, bounds: Floats) -> tuple[float, float, float, float]:
    """The streets' frame in the raster's system."""
    try:
        transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        west, south, east, north = transformer.transform_bounds(*bounds.tolist())
    except CRSError as problem:
        raise InputError("intake.dem_no_crs", file=file) from problem
    return west, south, east, north


def _window(file: str, raster: Any, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Column, row, width and height of the cells around the streets, four more on every side for the smoothing."""
    west, south, east, north = box
    corners = np.array([(west, south), (west, north), (east, south), (east, north)])
    columns, rows = (~raster.transform) * (corners[:, 0], corners[:, 1])
    left, right = max(0, math.floor(min(columns)) - 4), min(raster.width, math.ceil(max(columns)) + 4)
    top, bottom = max(0, math.floor(min(rows)) - 4), min(raster.height, math.ceil(max(rows)) + 4)
    if right <= left or bottom <= top:
        raise InputError("intake.dem_outside", file=file, value="100%")
    if (right - left) * (bottom - top) > _LONGEST:
        raise InputError("intake.dem_too_fine", file=file, value=f"{right - left} × {bottom - top}")
    return left, top, right - left, bottom - top


def _cell(transform: Any, shape: tuple[int, ...], crs: str) -> tuple[float, float]:
    """Height and width of a cell in metres, at the middle of the part read."""
    to_lonlat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    row, column = shape[0] / 2, shape[1] / 2
    x, y = zip(*(transform * at for at in ((column, row), (column + 1, row), (column, row + 1))), strict=True)
    lon, lat = to_lonlat.transform(x, y)
    radius = 6_371_000.0 * math.pi / 180.0
    east = radius * math.cos(math.radians(lat[0]))
    width = math.hypot((lon[1] - lon[0]) * east, (lat[1] - lat[0]) * radius)
    height = math.hypot((lon[2] - lon[0]) * east, (lat[2] - lat[0]) * radius)
    return max(height, 0.01), max(width, 0.01)


def _places(model: _Model, lonlat: Floats) -> tuple[Floats, Floats]:
    x, y = Transformer.from_crs("EPSG:4326", model.crs, always_xy=True).transform(lonlat[:, 0], lonlat[:, 1])
    columns, rows = (~model.transform) * (np.asarray(x), np.asarray(y))
    return np.asarray(rows, dtype=np.float64), np.asarray(columns, dtype=np.float64)


def _lifted(edges: gpd.GeoDataFrame) -> Flags:
    """Bridges, tunnels, and what lies on another layer than the ground."""
    lifted = edges["bridge"].fillna(value=False).to_numpy(dtype=bool) | edges["tunnel"].fillna(value=False).to_numpy(
        dtype=bool
    )
    if "layer" in edges:
        lifted |= edges["layer"].fillna(0).to_numpy(dtype=np.float64) != 0
    return np.asarray(lifted, dtype=bool)


def _in_city(city: City, lines: npt.NDArray[np.object_]) -> Flags:
    """Streets that touch the frame of the city's areas; all of them where no area has a geometry."""
    shapes = np.asarray(city.areas.frame.geometry.array)
    shapes = shapes[~shapely.is_missing(shapes)]
    if not len(shapes):
        return np.ones(len(lines), dtype=bool)
    return np.asarray(shapely.intersects(shapely.box(*shapely.total_bounds(shapes)), lines), dtype=bool)


def _check_cover(
    file: str, found: heights.Courses, known: Flags, inside: Flags, counted: Flags, *, allow: bool
) -> float:
    """Share of the streets' length without heights; refused beyond 5 % unless it is allowed."""
    street = found.street
    points = np.maximum(np.bincount(street, minlength=len(found.metres)), 1)
    weight = (found.metres / points * counted)[street]
    whole = weight.sum()
    if whole <= 0:
        return 0.0
    outside = float(weight[~inside].sum() / whole)
    gaps = float(weight[inside & ~known].sum() / whole)
    if outside + gaps >= 1.0 or (not allow and outside > MISSING_SHARE):
        code = "intake.dem_outside" if outside >= gaps else "intake.dem_gaps"
        raise InputError(code, file=file, value=f"{max(outside, gaps):.1%}")
    if not allow and gaps > MISSING_SHARE:
        raise InputError("intake.dem_gaps", file=file, value=f"{gaps:.1%}")
    return outside + gaps


def _check_slopes(file: str, metres: Floats, shape: heights.Profile, lifted: Flags, unit: str) -> None:
    judged = (metres >= _LONG_ENOUGH_M) & ~lifted & np.isfinite(shape.steepest)
    if not judged.any():
        return
    share = float((shape.steepest[judged] > ABSURD_SLOPE).mean())
    if share > ABSURD_SHARE:
        raise InputError("intake.dem_absurd", file=file, value=f"{share:.1%}", limit=f"{ABSURD_SLOPE:.0%}", unit=unit)


def _table(
    edges: gpd.GeoDataFrame, found: heights.Courses, height: Floats, shape: heights.Profile, lifted: Flags, name: str
) -> pd.DataFrame:
    known = np.isfinite(height)
    size = np.diff(found.ptr)
    whole = np.bincount(found.street[known], minlength=len(size)) == size
    text = np.char.mod("%d", np.rint(np.where(known, height, 0.0) * 10.0).astype(np.int64))
    words = text.tolist()
    bounds = found.ptr.tolist()
    joined = [" ".join(words[first:last]) for first, last in pairwise(bounds)]
    table = pd.DataFrame(
        {
            "edge_id": edges["edge_id"].to_numpy(dtype=object),
            "heights_dm": np.array(joined, dtype=object),
            "rise_m": np.round(shape.rise, 1),
            "fall_m": np.round(shape.fall, 1),
            "steepest_pct": np.round(shape.steepest * 100.0, 1),
            "straightened": lifted,
            "source": name,
        }
    )
    return table[whole].reset_index(drop=True)


def _notes(
    model: _Model, table: pd.DataFrame, n_edges: int, missing: float, shape: heights.Profile
) -> tuple[Note, ...]:
    cell = math.sqrt(model.cell_m[0] * model.cell_m[1])
    sigma = min(max(max(model.cell_m), heights.SMOOTH_M[0]), heights.SMOOTH_M[1])
    steep = float((shape.steepest[np.isfinite(shape.steepest)] > 1 / 12).mean())
    notes = [
        Note(
            f"高程栅格约 {cell:.0f} m 一格，平滑标准差 {sigma:.0f} m，沿路每 {heights.STEP_M:.0f} m 以内取一点；"
            f"桥梁、隧道 {int(table['straightened'].sum()):,} 段按两端高程内插",
            f"cells of about {cell:.0f} m, smoothed by {sigma:.0f} m, a height at least every {heights.STEP_M:.0f} m; "
            f"{int(table['straightened'].sum()):,} bridges and tunnels lie straight between their ends",
        ),
        Note(
            f"最陡处超过 1:12 的路段占 {steep:.1%}",
            f"{steep:.1%} of the segments are somewhere steeper than 1 in 12",
        ),
    ]
    if model.undeclared:
        notes.append(
            Note(
                f"有 {model.undeclared:,} 个像元的值不可能是高程，按无数据处理",
                f"{model.undeclared:,} cells hold values that are no heights; they count as gaps",
            )
        )
    if len(table) < n_edges or missing > 0:
        notes.append(
            Note(
                f"{n_edges - len(table):,} 条路段没有高程，按平路计时",
                f"{n_edges - len(table):,} segments have no heights and are timed as level",
            )
        )
    return tuple(notes)
