"""Where compiled kernels are kept, set once before anything is compiled.

Numba looks only at the file of a kernel when it decides whether a cached version still fits; a change in a function
that the kernel *calls* from another file goes unnoticed. The cache folder is therefore named by a hash of all sources
of this package, of Numba's version and of the processor.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding  # type: ignore[import-untyped]
import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.binding.get_host_cpu_name()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    chosen = os.environ.get("KEZHONG_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kezhong"
    folder = base / "numba" / _fingerprint()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        # A home that cannot be written (a container, a service account) costs a compilation, never the work itself.
        folder = Path(tempfile.gettempdir()) / f"kezhong-{getpass.getuser()}" / "numba" / folder.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


CACHE = _cache_folder()
setattr(numba.config, "CACHE_DIR", str(CACHE))  # noqa: B010  # the module creates its attributes at run time


def kernel(function: Function) -> Function:
    """Compile ``function`` with Numba: cached on disk, without the interpreter's lock, C semantics of division."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
