"""GeoPackage, Shapefile and GeoJSON, with Chinese attribute tables that lost their code page."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from kezhong.errors import InputError
from kezhong.intake.tables import Table


def read_geofile(path: Path, layer: str | None = None) -> Table:
    """Read a vector file into a table with shapes.

    Raises
    ------
    InputError
        Damaged, several layers and none named, or no features.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL grumbles at what fails below anyway
            layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
            spatial = [name for name, kind in layers if kind is not None]
            names = spatial or [name for name, _ in layers]
            if layer is None and len(names) != 1:
                raise InputError("intake.choose_layer", file=path.name, near="、".join(names) or "–")
            if layer is not None and layer not in [name for name, _ in layers]:
                raise InputError("intake.no_sheet", file=path.name, value=layer, near="、".join(names))
            frame = gpd.read_file(path, layer=layer or names[0], encoding=_encoding(path), fid_as_index=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, UnicodeDecodeError) as problem:
        raise InputError("intake.broken_geofile", file=path.name, problem=str(problem)) from problem
    except pyogrio.errors.FeatureError as problem:
        raise InputError("intake.broken_geofile", file=path.name, problem=str(problem)) from problem
    if frame.empty:
        raise InputError("intake.no_rows", file=path.name)
    # GeoJSON and Shapefile number features from 0, GeoPackage has a primary key that GIS programs show.
    labels = frame.index.astype("int64").to_numpy() + (0 if path.suffix.lower() == ".gpkg" else 1)
    table = Table(path, pd.DataFrame(frame).reset_index(drop=True), labels.astype(str).astype(object))
    if isinstance(frame, gpd.GeoDataFrame):
        table.frame = table.frame.drop(columns=frame.geometry.name)
        table.shapes = np.asarray(frame.geometry.array)
        table.crs = frame.crs
        if path.suffix.lower() in (".geojson", ".json") and frame.crs is None:
            table.crs = "EPSG:4326"  # RFC 7946
    return table


def _encoding(path: Path) -> str | None:
    """Code page of a Shapefile without ``.cpg``: UTF-8 where its table is valid UTF-8, else GB18030."""
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists():
        return None
    table = path.with_suffix(".dbf")
    if not table.is_file():
        return None
    raw = table.read_bytes()
    if len(raw) < 32:
        return None
    names = b"".join(raw[at : at + 11].split(b"\x00")[0] for at in range(32, struct.unpack("<H", raw[8:10])[0] - 1, 32))
    try:
        (names + raw[struct.unpack("<H", raw[8:10])[0] :]).decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"
