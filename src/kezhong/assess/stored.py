"""Arrays kept in the city's cache folder, which may be deleted at any time."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kezhong.city.files import write_atomically
from kezhong.errors import WorkspaceError


def read_arrays(file: Path) -> dict[str, Any] | None:
    """A stored table; ``None`` where there is none or it is damaged (the cache may be deleted at any time)."""
    if not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        file.unlink(missing_ok=True)
        return None


def write_arrays(file: Path, arrays: dict[str, Any]) -> None:
    """Store a table in the cache."""

    def save(path: Path) -> None:
        with path.open("wb") as handle:
            np.savez(handle, **arrays)

    # The cache is a convenience: without room for it the search is made anew next time.
    with contextlib.suppress(WorkspaceError):
        write_atomically(file, save)
