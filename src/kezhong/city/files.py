"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kezhong.errors import KezhongError, WorkspaceError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PIECE = 1 << 18
#: At most so many bytes are written to find out whether a disk is full.
_PROBED = 1 << 26


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
    if problem.errno in _FULL:
        return WorkspaceError("city.disk_full", file=target)
    return WorkspaceError("city.write_failed", file=target, problem=problem.strerror or str(problem))


@contextmanager
def foreign_writer(target: Path) -> Iterator[None]:
    """Write ``target`` through a library that does not pass on why the system refused (GDAL, the tiler).

    Raises
    ------
    WorkspaceError
        The disk is full, found out by writing beside ``target``. Any other failure is passed on as it is.
    """
    try:
        yield
    except KezhongError:
        raise
    except Exception as problem:
        if _is_full(target, str(problem)):
            raise WorkspaceError("city.disk_full", file=target) from problem
        raise


def _is_full(target: Path, said: str) -> bool:
    """Whether a file of the target's size and a little more can no longer be written beside it."""
    if any(words in said.lower() for words in ("disk is full", "no space left", "file too large")):
        return True
    try:
        size = target.stat().st_size if target.exists() else 0
        with tempfile.TemporaryFile(dir=target.parent) as probe:
            for _ in range(min(size, _PROBED) // _PIECE + 2):
                probe.write(bytes(_PIECE))
            probe.flush()
    except OSError as problem:
        return problem.errno in _FULL
    return False


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
