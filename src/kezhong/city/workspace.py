"""A city is a folder.

::

    kezhong.toml                      settings
    layers/<layer>/<hash>.parquet     parts of layers, GeoParquet, immutable
    snapshots/<id>.json, HEAD         which parts make the city; HEAD is swapped by rename under a lock
    assets/                           files that layers carry along (base map)
    runs/<id>/                        results of assessments
    cache/                            may be deleted at any time

A :class:`City` is bound to one snapshot: whoever holds it reads one version of everything.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from kezhong import clock
from kezhong.city import snapshots
from kezhong.city.areas import AreaTree
from kezhong.city.config import FILE, CityConfig, read_config
from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.files import explain, write_atomically
from kezhong.city.schemas import LAYERS, LayerSchema
from kezhong.city.snapshots import Parts, Snapshot
from kezhong.city.tables import conform, content_hash
from kezhong.errors import ConflictError, DataMissingError, WorkspaceError

LOCK_SECONDS = 30.0


class City:
    """One version of one city."""

    def __init__(self, folder: Path, config: CityConfig, snapshot: Snapshot) -> None:
        self.folder = folder
        self.config = config
        self.snapshot = snapshot
        self._tables: dict[str, pd.DataFrame] = {}

    @classmethod
    def create(cls, folder: str | Path, config: CityConfig) -> City:
        """Make a new, empty city folder.

        Raises
        ------
        WorkspaceError
            The folder exists and is not empty, or cannot be written.
        """
        path = Path(folder).expanduser().resolve()
        if path.exists() and any(path.iterdir()):
            raise WorkspaceError("city.exists", folder=path)
        try:
            for name in ("layers", "snapshots", "assets", "runs"):
                (path / name).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise explain(problem, path) from problem
        config.write(path)
        return cls(path, config, Snapshot({}))

    @classmethod
    def open(cls, folder: str | Path, snapshot: str | None = None) -> City:
        """Open a city at ``snapshot`` (default: the present one)."""
        path = Path(folder).expanduser().resolve()
        config = read_config(path)
        wanted = snapshot or snapshots.head(path / "snapshots")
        found = snapshots.read(path / "snapshots", wanted) if wanted else Snapshot({})
        return cls(path, config, found)

    def refresh(self) -> City:
        """The same city at its present snapshot."""
        return City.open(self.folder)

    def history(self) -> list[Snapshot]:
        """All snapshots, newest first."""
        return snapshots.history(self.folder / "snapshots")

    # ---- reading ---------------------------------------------------------------------------------------

    def has(self, layer: str) -> bool:
        """Whether the snapshot holds any part of ``layer``."""
        return bool(self.snapshot.hashes(layer))

    def sources(self, layer: str) -> list[str]:
        """Names of the sources that make up ``layer``."""
        return sorted(self.snapshot.hashes(layer))

    def layer(self, name: str, source: str | None = None) -> pd.DataFrame:
        """A layer (all its parts, or one), as a conformed table; empty where there is none.

        The caller must not change the returned table in place.
        """
        schema = LAYERS[name]
        key = f"{name}/{source or ''}"
        if key not in self._tables:
            hashes = self.snapshot.hashes(name)
            wanted = sorted(hashes) if source is None else [source] if source in hashes else []
            self._tables[key] = _join([self._read(schema, hashes[part]) for part in wanted], schema)
        return self._tables[key]

    def geo(self, name: str, source: str | None = None) -> gpd.GeoDataFrame:
        """:meth:`layer`, for layers with a geometry."""
        return cast("gpd.GeoDataFrame", self.layer(name, source))

    def need(self, name: str) -> pd.DataFrame:
        """:meth:`layer`, or :class:`DataMissingError` where the city has none."""
        if not self.has(name):
            schema = LAYERS[name]
            raise DataMissingError("city.no_layer", layer=name, layer_zh=schema.zh, command=schema.command or name)
        return self.layer(name)

    def asset(self, role: str) -> Path | None:
        """Path of the asset with this role (e.g. ``basemap``), if the snapshot has one."""
        name = self.snapshot.assets.get(role)
        return self.folder / "assets" / name if name else None

    @cached_property
    def areas(self) -> AreaTree:
        """The area tree and the sets beside it."""
        return AreaTree(self.geo("areas"), self.geo("area_sets"), self.layer("area_set_members"), self.config.crs)

    def cache_file(self, name: str) -> Path:
        """Path in the city's cache, whose content may be deleted at any time."""
        folder = self.folder / "cache"
        folder.mkdir(exist_ok=True)
        return folder / name

    def _read(self, schema: LayerSchema, digest: str) -> pd.DataFrame:
        file = self.folder / "layers" / schema.name / f"{digest}.parquet"
        try:
            if schema.geometry is None:
                return pd.read_parquet(file)
            return gpd.read_parquet(file)
        except (OSError, pa.ArrowInvalid, ValueError) as problem:
            raise WorkspaceError(
                "city.broken_snapshot", snapshot=self.snapshot.id, problem=f"{file.name}: {problem}"
            ) from problem

    # ---- writing ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def edit(self, message: str) -> Iterator[Edit]:
        """Change layers; everything put inside the block becomes one new snapshot, or nothing does.

        >>> with city.edit("import streets") as edit:        # doctest: +SKIP
        ...     edit.put("street_edges", "osm", frame)
        >>> city = city.refresh()                            # doctest: +SKIP
        """
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as problem:
            raise ConflictError("city.busy", seconds=LOCK_SECONDS, file=lock.lock_file) from problem
        except OSError as problem:
            raise explain(problem, self.folder) from problem
        try:
            edit = Edit(City.open(self.folder))
            yield edit
            edit.commit(message)
        finally:
            lock.release()

    def configure(self, **changes: object) -> City:
        """Change settings of ``kezhong.toml``; returns the city with them."""
        config = replace(read_config(self.folder), **changes)  # type: ignore[arg-type]
        config.write(self.folder)
        return City(self.folder, config, self.snapshot)


class Edit:
    """Changes that become one snapshot together. Reads through :attr:`city` see the changes already made."""

    def __init__(self, city: City) -> None:
        self._before = city.snapshot
        self._parent = snapshots.head(city.folder / "snapshots")
        self._parts: Parts = {layer: dict(parts) for layer, parts in city.snapshot.parts.items()}
        self._assets = dict(city.snapshot.assets)
        self.city = city

    def put(self, layer: str, source: str, frame: pd.DataFrame) -> str:
        """Replace the part of ``layer`` that comes from ``source``; returns its content hash."""
        schema = LAYERS[layer]
        table = conform(frame, schema)
        digest = content_hash(table, schema)
        file = self.city.folder / "layers" / layer / f"{digest}.parquet"
        if not file.exists():
            write_atomically(file, lambda path: write_parquet(table, path))
        self._parts.setdefault(layer, {})[source] = digest
        self._changed()
        return digest

    def remove(self, layer: str, source: str) -> None:
        """Drop the part of ``layer`` that comes from ``source``; nothing happens where there is none."""
        self._parts.get(layer, {}).pop(source, None)
        if not self._parts.get(layer):
            self._parts.pop(layer, None)
        self._changed()

    def put_asset(self, role: str, file: Path, name: str) -> None:
        """Take ``file`` into the city's assets as ``name`` (which must change with its content)."""
        target = self.city.folder / "assets" / name
        if not target.exists():
            write_atomically(target, lambda path: shutil.copyfile(file, path))
        self._assets[role] = name
        self._changed()

    def configure(self, **changes: object) -> None:
        """Change settings together with the layers (written at once: settings have no versions)."""
        self.city = self.city.configure(**changes)
        self._changed()

    def commit(self, message: str) -> Snapshot:
        """Write the snapshot and let HEAD point to it; called by :meth:`City.edit`."""
        snapshot = Snapshot(self._parts, self._assets, self._parent, clock.stamp(), message)
        if snapshot.id != self._parent:
            snapshots.write(self.city.folder / "snapshots", snapshot)
        return snapshot

    def _changed(self) -> None:
        parts = {layer: dict(found) for layer, found in self._parts.items()}
        self.city = City(self.city.folder, self.city.config, Snapshot(parts, dict(self._assets), self._before.id))


def is_city(folder: str | Path) -> bool:
    """Whether ``folder`` holds a ``kezhong.toml``."""
    return (Path(folder).expanduser() / FILE).is_file()


def _join(frames: list[pd.DataFrame], schema: LayerSchema) -> pd.DataFrame:
    if len(frames) == 1:
        return frames[0]
    if frames:
        return pd.concat(frames, ignore_index=True)
    empty = pd.DataFrame({column.name: pd.Series(dtype="object") for column in schema.columns})
    if schema.geometry is not None:
        empty = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=GEOGRAPHIC), crs=GEOGRAPHIC)
    return conform(empty, schema)


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a layer's table, with its geometry where it has one."""
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, index=False, compression="zstd", write_covering_bbox=False)
    else:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd")
