"""Which processes are servers of a cluster. A process id alone says nothing: it may have passed to a stranger."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PROCESSES = Path("/proc")


def exists(pid: int) -> bool:
    """Whether any process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_server(pid: int, cluster: Path) -> bool:
    """Whether ``pid`` is a PostgreSQL that works in ``cluster``; one that ended and was not yet buried is none."""
    process = PROCESSES / str(pid)
    if (PROCESSES / "self").exists():
        try:
            return (process / "cwd").samefile(cluster) and (process / "comm").read_text("utf-8").strip() == "postgres"
        except OSError:
            return False
    command = ["ps", "-o", "command=", "-p", str(pid)]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return "postgres" in said and str(cluster) in said


def servers(cluster: Path) -> list[int]:
    """All processes of PostgreSQL that work in ``cluster``; none are found where there is no ``/proc``."""
    if not PROCESSES.is_dir():
        return []
    pids = [int(entry.name) for entry in PROCESSES.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if is_server(pid, cluster)]
