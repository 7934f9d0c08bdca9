"""The common shape of an import: a table or GIS file whose every row becomes one shape of one layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.city.workspace import City
from kezhong.intake.columns import fields_of
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading
from kezhong.intake.osm_reader import is_osm
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.source import Family, Source
from kezhong.intake.storing import geo, store

Shapes = npt.NDArray[np.object_]
#: Columns of the layer, a value a row, from an opened source and its shapes (lon/lat).
Columns = Callable[[Source, Shapes], dict[str, object]]
Notes = Callable[[gpd.GeoDataFrame], list[Note]]


class OsmImport(Protocol):
    """The same kind of thing out of an OpenStreetMap file."""

    def __call__(
        self, city: City, file: str | Path, *, source: str | None = None, as_of: str | None = None
    ) -> ImportReport:
        """Import it."""


def no_notes(frame: gpd.GeoDataFrame) -> list[Note]:
    """Nothing to say about the rows."""
    return []


def import_shapes(
    city: City,
    layer: str,
    file: str | Path,
    how: Reading,
    columns: Columns,
    *,
    family: Family = "polygon",
    notes: Notes = no_notes,
    from_osm: OsmImport | None = None,
) -> ImportReport:
    """Open a file, let ``columns`` read what is the kind's own, and put the good rows into the city.

    Parameters
    ----------
    layer
        The layer, which is also the kind whose spellings of columns are known.
    columns
        Called once; the columns every layer has (source, day, datum) are added.
    family
        Which shapes the layer takes.
    notes
        What to say about the rows taken.
    from_osm
        Reader for files that are OpenStreetMap's.

    Raises
    ------
    InputError
        An unreadable file or the first bad row; nothing is taken in then.
    """
    if from_osm is not None and is_osm(file):
        return from_osm(city, file, source=how.get("source"), as_of=how.get("as_of"))
    opened = open_source(city, layer, file, fields_of(layer), how, geometry="required")
    shapes = opened.require_shapes(family)
    table = {**columns(opened, shapes), **opened.common()}
    frame = geo(table, shapes, opened.settle())
    return store(opened, {layer: frame}, taken=len(frame), notes=notes(frame))
