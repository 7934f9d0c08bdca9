"""What an import leaves behind: layers of its source in a new snapshot, rejects, the mapping, a report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC, projected_crs_for
from kezhong.city.workspace import Edit
from kezhong.intake.mapping import remember
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.rows import write_rejects
from kezhong.intake.source import Source
from kezhong.intake.values import absent


def store(
    opened: Source,
    layers: Dict[str, pd.DataFrame],
    *,
    taken: int,
    notes: list[Note] | None = None,
    kept: Callable[[pd.DataFrame], npt.NDArray[np.bool_]] | None = None,
) -> ImportReport:
    """Put the layers into the city as one snapshot, with the derived layers that depend on them.

    A frame without rows removes this source's part. Rejected rows are written out, the mapping is remembered.
    ``kept`` says which rows of the source's present part stay beside the new ones; by default none does.
    """
    from kezhong.intake import derive

    with opened.city.edit(f"import {opened.kind}: {opened.name}") as edit:
        if kept is not None:
            layers = {layer: _beside(edit, layer, opened.name, frame, kept) for layer, frame in layers.items()}
        put_layers(edit, opened.name, layers)
        derive.refresh(edit, set(layers))
    return reported(opened, taken, notes or ())


def reported(opened: Source, taken: int, notes: Iterable[Note]) -> ImportReport:
    """Write the rejected rows out, remember the mapping, and say what became of the source's rows."""
    rejects = write_rejects(opened.rows, opened.city.folder, opened.name) if opened.rows.faults else None
    remember(opened.city.folder, opened.kind, opened.name, opened.mapping)
    return ImportReport(
        kind=opened.kind,
        source=opened.name,
        read=len(opened.rows) + len(opened.rows.table.skipped),
        taken=taken,
        skipped=opened.rows.skipped,
        notes=(*opened.notes, *opened.rows.notes, *notes),
        snapshot_id=opened.city.refresh().snapshot.id,
        rejects=str(rejects) if rejects else None,
    )


def put_layers(edit: Edit, source: str, layers: Dict[str, pd.DataFrame]) -> None:
    """Put frames as the parts of ``source``; choose the city's projected system with the first geometry."""
    for layer, frame in layers.items():
        if isinstance(frame, gpd.GeoDataFrame):
            settle(edit, frame)
        if frame.empty:
            edit.remove(layer, source)
        else:
            edit.put(layer, source, frame)


def _beside(
    edit: Edit, layer: str, source: str, frame: pd.DataFrame, kept: Callable[[pd.DataFrame], npt.NDArray[np.bool_]]
) -> pd.DataFrame:
    """The new rows after those of the present part that stay."""
    if source not in edit.city.sources(layer):
        return frame
    present = edit.city.layer(layer, source)
    staying = present[kept(present)]
    return frame if staying.empty else pd.concat([staying, frame], ignore_index=True)


def settle(edit: Edit, frame: gpd.GeoDataFrame, attribution: str | None = None) -> None:
    """The first geometry decides in which system the city is computed; its origin is named on every output.

    An invented city's files may have the form of an open map, but nobody surveyed them: they are credited to nobody.
    """
    known = edit.city.config
    changes: dict[str, object] = {}
    west, south, east, north = (float(side) for side in frame.total_bounds)
    if not known.crs and np.isfinite([west, south, east, north]).all():
        changes["crs"] = projected_crs_for((west + east) / 2, (south + north) / 2)
    if attribution and not known.synthetic and attribution not in known.attribution:
        changes["attribution"] = (*known.attribution, attribution)
    if changes:
        edit.configure(**changes)


def geo(columns: dict[str, object], shapes: npt.NDArray[np.object_], keep: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """A GeoDataFrame (EPSG:4326) of the kept rows."""
    frame = pd.DataFrame(columns)
    return gpd.GeoDataFrame(frame[keep].reset_index(drop=True), geometry=shapes[keep], crs=GEOGRAPHIC)


def ids_of(opened: Source, which: str = "key", also: tuple[str, ...] = ("name",)) -> npt.NDArray[np.object_]:
    """Ids that are unique in the city: the source's name before each of :func:`keys_of`."""
    return np.array([f"{opened.name}:{key}" for key in keys_of(opened, which, also)], dtype=object)


def keys_of(opened: Source, which: str = "key", also: tuple[str, ...] = ("name",)) -> npt.NDArray[np.object_]:
    """A key for each row that a re-import of the same source gives again: its code, else a digest of what it is.

    Repeated codes are faults; rows that are alike in everything the digest sees are counted up (``-2``, ``-3``).
    """
    codes = opened.rows.texts(which)
    opened.rows.duplicates(codes, which)
    blank = np.flatnonzero(absent(codes))
    if len(blank) == 0:
        return codes
    parts = [opened.rows.texts(name) for name in also]
    wkb = np.array([b""] * len(codes), dtype=object)
    if opened.shapes is not None:
        wkb = shapely.to_wkb(shapely.set_precision(opened.shapes[:], 1e-6, mode="pointwise"), byte_order=1)
    seen: dict[str, int] = {}
    for at in blank.tolist():
        digest = hashlib.blake2b(digest_size=6)
        for part in parts:
            digest.update((part[at] or "").encode() + b"\x00")
        digest.update(wkb[at] or b"")
        key = digest.hexdigest()
        seen[key] = seen.get(key, 0) + 1
        codes[at] = key if seen[key] == 1 else f"{key}-{seen[key]}"
    return codes
