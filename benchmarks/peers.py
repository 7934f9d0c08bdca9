"""The peers' own environments, made when they are first needed, so that their dependencies never meet ours.

``python -m benchmarks.peers`` makes them all. The versions are those of the optional group ``oracle``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".make" / "peers"
#: What is imported to see whether an environment is whole. Of cityseer only the compiled engine is used: without what
#: it draws, downloads and fits models with, its environment takes 0.1 GB instead of 0.8 GB.
IMPORTS = {"pandana": "pandana", "cityseer": "cityseer.rustalgos", "pyvalhalla": "valhalla"}
ALONE = {"cityseer": ("numpy",)}
#: Peers whose wheels need another Python than this project's: names of interpreters that are tried.
PYTHONS = {"pyvalhalla": ("python3.14", "python3.13", "python3.12")}


class PeerAbsentError(Exception):
    """The peer's environment is not there and was not to be made, or cannot be made."""


def peer_python(peer: str, *, make: bool = True) -> str:
    """Interpreter that has the peer: ``KEZHONG_<PEER>_PYTHON`` where set, else ``.make/peers/<peer>``.

    Raises
    ------
    PeerAbsentError
        It cannot be made; or it is absent and ``make`` is false; or the variable is set and empty, which asks to go
        without the peer.
    """
    variable = f"KEZHONG_{peer.upper()}_PYTHON"
    given = os.environ.get(variable)
    if given == "":
        raise PeerAbsentError(f"{variable} is empty")
    if given:
        return given
    folder = FOLDER / peer
    python = folder / "bin" / "python"
    if _imports(python, peer):
        return str(python)
    if not make:
        raise PeerAbsentError(f"{peer} is not installed: python -m benchmarks.peers")
    pin = _pin(peer)
    print(f"setting up {pin} in {folder.relative_to(ROOT)} (once)", file=sys.stderr, flush=True)
    _make(folder, [pin, *ALONE.get(peer, ())], with_dependencies=peer not in ALONE)
    if not _imports(python, peer):
        raise PeerAbsentError(f"{pin} was installed but cannot be imported")
    return str(python)


def _make(folder: Path, packages: list[str], *, with_dependencies: bool) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([_python_for(folder.name), "-m", "venv", str(folder)], check=True)
    options = ["--quiet", "--disable-pip-version-check", *([] if with_dependencies else ["--no-deps"])]
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", *options, *packages]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise PeerAbsentError(f"{' '.join(packages)} cannot be installed here:\n{done.stderr}")


def _python_for(peer: str) -> str:
    """The interpreter that the peer's environment is made with."""
    wanted = PYTHONS.get(peer)
    if wanted is None or f"python{sys.version_info.major}.{sys.version_info.minor}" in wanted:
        return sys.executable
    for name in wanted:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import venv"], check=False, capture_output=True).returncode == 0:
            return found
    raise PeerAbsentError(f"{peer} needs one of {', '.join(wanted)}")


def _pin(peer: str) -> str:
    """The requirement of the optional group ``oracle``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(next(line for line in project["optional-dependencies"]["oracle"] if line.startswith(peer)))


def _imports(python: Path, peer: str) -> bool:
    if not python.is_file():
        return False
    return (
        subprocess.run([str(python), "-c", f"import {IMPORTS[peer]}"], check=False, capture_output=True).returncode == 0
    )


if __name__ == "__main__":
    for name in IMPORTS:
        try:
            print(peer_python(name))
        except PeerAbsentError as absent:
            print(f"{name}: {absent}", file=sys.stderr)
