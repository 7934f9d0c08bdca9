"""Population rasters (GeoTIFF): cells with people, as points where cells are fine and as squares where they are not."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from kezhong.city.crs import projected_crs_for, to_projected
from kezhong.errors import InputError
from kezhong.intake.datum import file_datum, shapes_to_wgs84
from kezhong.intake.report import row_details

#: Cells up to this size count as places; larger ones are spread like any polygon.
FINE_CELL_M = 150.0


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells with people: ``keys`` (``r12c7``), people, shapes in WGS 84, datum, and the cells' size in metres."""

    keys: npt.NDArray[np.object_]
    people: npt.NDArray[np.float64]
    shapes: npt.NDArray[np.object_]
    datum: str
    size_m: float
    read: int


def read_raster(path: Path, datum: str | None, frame: shapely.Geometry | None, band: int = 1) -> Cells:
    """Read the populated cells of a raster that lie in ``frame`` (lon/lat; everything where ``None``).

    Raises
    ------
    InputError
        Damaged, no such band, no coordinate system, negative people, or nothing in the frame.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
    from rasterio.windows import Window, from_bounds

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                if band > raster.count:
                    raise InputError("intake.no_band", file=path.name, value=band, near=raster.count)
                tag = file_datum(raster.crs, datum, path.name)
                window = Window(0, 0, raster.width, raster.height)
                if frame is not None and raster.crs is not None:
                    bounds = _bounds_in(shapely.buffer(frame, 0.02), raster.crs)
                    window = from_bounds(*bounds, transform=raster.transform)
                    window = _clip(window, raster.width, raster.height, path)
                data = raster.read(band, window=window, masked=True)
                transform = raster.window_transform(window)
    except RasterioIOError as problem:
        raise InputError("intake.broken_geofile", file=path.name, problem=str(problem)) from problem
    except RasterioError as problem:
        raise InputError("intake.broken_geofile", file=path.name, problem=str(problem)) from problem
    people = np.ma.filled(data.astype(np.float64), np.nan)
    people[people <= -200] = np.nan  # GHS-POP marks "no data" with -200, and not all copies declare it
    if (people < 0).any():
        row, column = (int(found[0]) for found in np.nonzero(people < 0))
        raise InputError(
            "intake.out_of_bounds",
            file=path.name,
            **row_details(row + int(window.row_off) + 1),
            column=column + int(window.col_off) + 1,
            value=people[row, column],
            low=0,
            high="",
        )
    rows, columns = np.nonzero(people > 0)
    if len(rows) == 0:
        raise InputError("intake.no_rows", file=path.name)
    corners = []
    for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1)):
        x, y = transform * (columns + dx, rows + dy)
        corners.append(np.column_stack([x, y]))
    squares = shapes_to_wgs84(np.asarray(shapely.polygons(np.stack(corners, axis=1))), tag)
    middle = shapely.get_coordinates(shapely.centroid(squares[:1]))[0]
    local = to_projected(shapely.get_coordinates(squares[0]), projected_crs_for(float(middle[0]), float(middle[1])))
    size = float(np.sqrt(shapely.area(shapely.polygons(local))))
    shapes = np.asarray(shapely.centroid(squares)) if size <= FINE_CELL_M else squares
    offset_row, offset_column = int(window.row_off), int(window.col_off)
    keys = np.array(
        [
            f"r{row + offset_row}c{column + offset_column}"
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ],
        dtype=object,
    )
    return Cells(keys, people[rows, columns], shapes, tag, size, int(people.size))


def _bounds_in(frame: shapely.Geometry, crs: object) -> tuple[float, float, float, float]:
    transformer = Transformer.from_crs("EPSG:4326", str(crs), always_xy=True)
    found: tuple[float, float, float, float] = transformer.transform_bounds(*shapely.bounds(frame))
    return found


def _clip(window: Any, width: int, height: int, path: Path) -> Any:
    """Whole cells of ``window`` that the raster has."""
    from rasterio.windows import Window

    low_row, low_column = max(0, math.floor(window.row_off)), max(0, math.floor(window.col_off))
    high_row = min(height, math.ceil(window.row_off + window.height))
    high_column = min(width, math.ceil(window.col_off + window.width))
    if high_row <= low_row or high_column <= low_column:
        raise InputError("intake.raster_outside", file=path.name)
    return Window(low_column, low_row, high_column - low_column, high_row - low_row)
