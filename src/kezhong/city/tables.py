"""Checking a table against its schema, and the hash of its logical content.

The hash covers the typed values sorted by key and the geometries at fixed precision, and no timestamps: the same
content gives the same version of a layer whichever library version wrote the file.
"""

from __future__ import annotations

import hashlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.schemas import Column, LayerSchema
from kezhong.errors import InputError

#: Degrees; about 1 cm. Coordinates are rounded to it so that hashes do not depend on the last bits of a projection.
PRECISION = 1e-7
_PANDAS = {"string": "string", "int64": "Int64", "float64": "float64", "bool": "boolean"}
_FAMILIES = {
    "point": {"Point", "MultiPoint"},
    "line": {"LineString", "MultiLineString"},
    "polygon": {"Polygon", "MultiPolygon"},
}


def conform(frame: pd.DataFrame, schema: LayerSchema) -> pd.DataFrame:
    """Cast ``frame`` to its schema, check every rule and sort it by key.

    Returns a GeoDataFrame in EPSG:4326 where the schema has a geometry, else a DataFrame; columns in the
    schema's order, unknown columns dropped, missing optional columns filled with nulls.

    Raises
    ------
    InputError
        Missing column, wrong value, null in a required column, duplicate key, bad geometry; with the row
        (the ``source_row`` column where there is one, else the position counted from 1).
    """
    out: dict[str, pd.Series] = {}
    for column in schema.columns:
        if column.name not in frame.columns:
            if column.required:
                raise InputError(
                    "city.missing_column",
                    layer=schema.name,
                    column=column.name,
                    meaning=column.en,
                    meaning_zh=column.zh,
                )
            out[column.name] = _nulls(column, len(frame))
        else:
            out[column.name] = _cast(frame[column.name].reset_index(drop=True), column, schema, frame)
    table = pd.DataFrame(out)
    _check_key(table, schema)
    order = table.sort_values(list(schema.key), kind="stable").index
    if schema.geometry is None:
        return table.loc[order].reset_index(drop=True)
    geometry = _geometry(frame, schema)
    table = table.loc[order].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=geometry[order.to_numpy()], crs=GEOGRAPHIC)


def content_hash(frame: pd.DataFrame, schema: LayerSchema) -> str:
    """Hash of a conformed table's logical content: 32 hexadecimal digits of BLAKE2b."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{schema.name}/1/{len(frame)}".encode())
    for column in schema.columns:
        digest.update(b"\x00" + column.name.encode() + b"\x01" + column.dtype.encode())
        series = frame[column.name]
        missing = series.isna().to_numpy(dtype=bool)
        digest.update(np.packbits(missing).tobytes())
        if column.dtype in ("string", "date"):
            text = series.astype("string").fillna("")
            array = pa.array(text, type=pa.large_string())
            lengths = np.asarray(pa.compute.binary_length(array), dtype="<i8")
            digest.update(lengths.tobytes())
            digest.update("".join(text.tolist()).encode())
        elif column.dtype == "bool":
            digest.update(series.fillna(value=False).to_numpy(dtype="u1").tobytes())
        else:
            values = series.to_numpy(dtype="float64", na_value=np.nan).copy()
            values[missing] = 0.0
            digest.update((values + 0.0).astype("<f8").tobytes())  # + 0.0 makes -0.0 into 0.0
    if schema.geometry is not None:
        shapes = np.asarray(frame.geometry.array)
        for blob in shapely.to_wkb(shapes, byte_order=1, output_dimension=2):
            digest.update(b"\x02" if blob is None else blob)
    return digest.hexdigest()


def _nulls(column: Column, n: int) -> pd.Series:
    if column.dtype == "date":
        return pd.Series([None] * n, dtype="object")
    if column.dtype == "float64":
        return pd.Series(np.full(n, np.nan))
    return pd.Series(pd.array([None] * n, dtype=_PANDAS[column.dtype]))


def _cast(series: pd.Series, column: Column, schema: LayerSchema, frame: pd.DataFrame) -> pd.Series:
    result = _typed(series, column, schema, frame)
    missing = result.isna()
    if column.required and bool(missing.any()):
        row = int(np.flatnonzero(missing.to_numpy())[0])
        raise InputError("city.null_value", layer=schema.name, row=_row(frame, row), column=column.name)
    wrong = np.zeros(len(result), dtype=bool)
    expected = expected_zh = ""
    if column.values:
        expected = expected_zh = " / ".join(column.values)
        wrong |= ~(result.isin(column.values) | missing).to_numpy(dtype=bool)
    if column.dtype in ("float64", "int64"):
        numbers = result.to_numpy(dtype="float64", na_value=np.nan)
        wrong |= np.isinf(numbers)
        expected, expected_zh = "a finite number", "有限的数"
        if column.minimum is not None:
            wrong |= numbers < column.minimum
            expected, expected_zh = f"at least {column.minimum:g}", f"不小于 {column.minimum:g}"
        if column.maximum is not None:
            wrong |= numbers > column.maximum
            expected += f", at most {column.maximum:g}"
            expected_zh += f"、不大于 {column.maximum:g}"
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            "city.bad_value",
            layer=schema.name,
            row=_row(frame, row),
            column=column.name,
            value=str(series.iloc[row]),
            expected=expected,
            expected_zh=expected_zh,
        )
    return result


def _typed(series: pd.Series, column: Column, schema: LayerSchema, frame: pd.DataFrame) -> pd.Series:
    try:
        if column.dtype == "string":
            text = series.astype("string")
            return text.mask(text == "")
        if column.dtype == "date":
            stamps = pd.to_datetime(series, errors="raise")
            return pd.Series([None if pd.isna(stamp) else stamp.date().isoformat() for stamp in stamps], dtype="object")
        if column.dtype == "float64":
            return pd.to_numeric(series).astype("float64")
        return series.astype(_PANDAS[column.dtype])
    except (ValueError, TypeError) as problem:
        row = _first_bad(series, column)
        raise InputError(
            "city.bad_value",
            layer=schema.name,
            row=_row(frame, row),
            column=column.name,
            value=str(series.iloc[row]) if len(series) else "",
            expected=column.dtype,
            expected_zh=column.dtype,
        ) from problem


def _first_bad(series: pd.Series, column: Column) -> int:
    """Position of the first value that cannot be cast; found one by one, since only errors come here."""
    for position in range(len(series)):
        piece = series.iloc[position : position + 1]
        try:
            if column.dtype == "date":
                pd.to_datetime(piece, errors="raise")
            elif column.dtype == "float64":
                pd.to_numeric(piece)
            else:
                piece.astype(_PANDAS[column.dtype])
        except (ValueError, TypeError):
            return position
    return 0


def _row(frame: pd.DataFrame, position: int) -> str:
    if "source_row" in frame.columns:
        value = frame["source_row"].iloc[position]
        if isinstance(value, str) and value:
            return value
    return str(position + 1)


def _check_key(table: pd.DataFrame, schema: LayerSchema) -> None:
    repeated = table.duplicated(list(schema.key), keep="first")
    if not bool(repeated.any()):
        return
    row = int(np.flatnonzero(repeated.to_numpy())[0])
    same = (table[list(schema.key)] == table.loc[row, list(schema.key)]).all(axis=1)
    first = int(np.flatnonzero(same.to_numpy(dtype=bool))[0])
    value = "/".join(str(table.loc[row, name]) for name in schema.key)
    raise InputError(
        "city.duplicate_key",
        layer=schema.name,
        row=_row(table, row),
        first=_row(table, first),
        value=value,
        column="+".join(schema.key),
    )


def _geometry(frame: pd.DataFrame, schema: LayerSchema) -> np.ndarray:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise InputError("city.bad_geometry", layer=schema.name, row="–", problem="no coordinate system / 缺少坐标系")
    shapes = np.asarray(frame.to_crs(GEOGRAPHIC).geometry.array).copy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes[empty] = None
    if schema.geometry_required and empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise InputError("city.bad_geometry", layer=schema.name, row=_row(frame, row), problem="empty / 图形为空")
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        outside = ~empty & ~(
            (bounds[:, 0] >= -180) & (bounds[:, 2] <= 180) & (bounds[:, 1] >= -90) & (bounds[:, 3] <= 90)
        )
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise InputError(
            "city.bad_geometry",
            layer=schema.name,
            row=_row(frame, row),
            problem="coordinates are no longitude/latitude / 坐标超出经纬度范围",
        )
    if schema.geometry == "polygon":
        invalid = ~empty & ~shapely.is_valid(shapes)
        shapes[invalid] = shapely.make_valid(shapes[invalid])
    if schema.geometry in _FAMILIES:
        kinds = np.array(["" if shape is None else shape.geom_type for shape in shapes])
        wrong = ~empty & ~np.isin(kinds, list(_FAMILIES[schema.geometry]))
        if schema.geometry == "polygon" and wrong.any():  # make_valid may leave slivers of lower dimension
            shapes[wrong] = [_polygons_of(shape) for shape in shapes[wrong]]
            wrong &= np.array([shape is None for shape in shapes])
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                "city.bad_geometry",
                layer=schema.name,
                row=_row(frame, row),
                problem=f"{kinds[row]} ≠ {schema.geometry}",
            )
    return np.asarray(_rounded(shapes))


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else None


def _rounded(shapes: np.ndarray) -> np.ndarray:
    """Round coordinates without touching the topology (no vertices are removed)."""
    return shapely.transform(shapes, lambda xy: np.round(xy / PRECISION) * PRECISION)
