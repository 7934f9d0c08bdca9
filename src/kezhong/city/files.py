"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from kezhong.errors import KezhongError, WorkspaceError


def write_atomically(target: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary path beside ``target``, flush it to disk, then rename it over ``target``.

    Raises
    ------
    WorkspaceError
        Disk full or any other failure of the file system; the temporary file is removed and ``target`` untouched.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    except OSError as problem:
        raise explain(problem, target) from problem
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        _flush(temporary)
        temporary.replace(target)
        _flush(target.parent)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        raise explain(problem, target) from problem
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_atomically(target, lambda path: path.write_text(text, "utf-8"))


def write_json(target: Path, value: object) -> None:
    """Write readable JSON atomically, keys in the given order."""
    write_text(target, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def explain(problem: OSError, target: Path) -> KezhongError:
    """Turn an error of the file system into one that says what to do."""
    if isinstance(problem, KezhongError):
        return problem
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return WorkspaceError("city.disk_full", file=target)
    return WorkspaceError("city.write_failed", file=target, problem=problem.strerror or str(problem))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
