"""Who uses the server: a lock of the file system that ends with its holder, however that ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kezhong.errors import ConflictError

try:
    import fcntl
except (
    ImportError
):  # pragma: no cover - Windows has no fcntl; the embedded server is refused there before this is needed
    fcntl = None  # type: ignore[assignment]

#: Creating a cluster on a slow disk is the longest that is done under the lock.
LOCK_SECONDS = 120.0


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else starts or stops the server of ``folder`` meanwhile, in this process or in another.

    Raises
    ------
    ConflictError
        Another process held it for longer than ``LOCK_SECONDS``.
    """
    lock = FileLock(folder / "lock", thread_local=False, is_singleton=False)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout as problem:
        raise ConflictError("database.busy", seconds=LOCK_SECONDS, file=lock.lock_file) from problem
    try:
        yield
    finally:
        lock.release()


class Use:
    """One user's share in the server.

    It is a shared ``flock``: the kernel drops it when its process ends, also by ``kill -9``, so the count can never be
    wrong and no list of process ids has to be mended. Call both methods under :func:`alone`.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "users"
        self._handle: int | None = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Give the share back; whether nobody is left who uses the server."""
        if self._handle is None:
            return False
        # Closed, not unlocked: a forked child shares the lock, and unlocking would take it from the child as well.
        os.close(self._handle)
        self._handle = None
        probe = os.open(self._file, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(probe)
        return True
