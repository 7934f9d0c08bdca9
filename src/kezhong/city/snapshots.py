"""Snapshots: which version of which part of which layer makes *the* city at one moment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kezhong.city.files import write_json, write_text
from kezhong.errors import NotFoundError, WorkspaceError

#: layer → source → content hash
Parts = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable version of a city.

    ``parts`` maps layer → source → content hash; ``assets`` maps a role (e.g. ``basemap``) to a file name in the
    city's ``assets`` folder. The id depends on these two alone, so that the same content has the same id.
    """

    parts: Parts
    assets: dict[str, str] = field(default_factory=dict)
    parent: str | None = None
    created: str = ""
    message: str = ""

    @property
    def id(self) -> str:
        """``s-`` and 16 hexadecimal digits."""
        content = json.dumps([self.parts, self.assets], sort_keys=True, ensure_ascii=False)
        return "s-" + hashlib.blake2b(content.encode(), digest_size=8).hexdigest()

    def hashes(self, layer: str) -> dict[str, str]:
        """Source → content hash of one layer; empty where there is none."""
        return self.parts.get(layer, {})

    def document(self) -> dict[str, Any]:
        """What the snapshot's file holds."""
        return {
            "id": self.id,
            "created": self.created,
            "message": self.message,
            "parent": self.parent,
            "parts": self.parts,
            "assets": self.assets,
        }


def read(folder: Path, snapshot_id: str) -> Snapshot:
    """Read a snapshot and check that it is what its name says."""
    file = folder / f"{snapshot_id}.json"
    if not file.is_file():
        raise NotFoundError("city.no_snapshot", snapshot=snapshot_id, folder=folder.parent)
    try:
        found = json.loads(file.read_text("utf-8"))
        snapshot = Snapshot(found["parts"], found["assets"], found["parent"], found["created"], found["message"])
    except (ValueError, KeyError, TypeError) as problem:
        raise WorkspaceError("city.broken_snapshot", snapshot=snapshot_id, problem=str(problem)) from problem
    if snapshot.id != snapshot_id:
        raise WorkspaceError("city.broken_snapshot", snapshot=snapshot_id, problem="content does not fit its id")
    return snapshot


def write(folder: Path, snapshot: Snapshot) -> None:
    """Write the snapshot's file (a second time is harmless), then let HEAD point to it."""
    file = folder / f"{snapshot.id}.json"
    if not file.exists():
        write_json(file, snapshot.document())
    write_text(folder / "HEAD", snapshot.id + "\n")


def head(folder: Path) -> str | None:
    """Id of the present snapshot; ``None`` where nothing was imported yet.

    Raises
    ------
    WorkspaceError
        ``HEAD`` is there but empty: the city must not pass for one without data.
    """
    file = folder / "HEAD"
    if not file.is_file():
        return None
    found = file.read_text("utf-8", errors="replace").strip()
    if not found:
        raise WorkspaceError("city.broken_snapshot", snapshot="HEAD", problem="empty")
    return found


def history(folder: Path) -> list[Snapshot]:
    """All snapshots, newest first."""
    snapshots = [read(folder, file.stem) for file in folder.glob("s-*.json")]
    return sorted(snapshots, key=lambda snapshot: (snapshot.created, snapshot.id), reverse=True)
