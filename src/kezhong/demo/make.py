"""``kezhong demo``: the demonstration city in one folder, made once and then found again."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import kezhong
from kezhong import clock
from kezhong.city.files import explain, write_json
from kezhong.city.workspace import City, is_city
from kezhong.demo.build import build_city
from kezhong.demo.generate import SEED, generate_files
from kezhong.errors import WorkspaceError
from kezhong.progress import Progress, silent, span

#: The dates in the city are relative to the day it was made; after so many days it is made anew.
FRESH_DAYS = 7
STAMP = "demo.json"
#: Where the delivered raw files lie within the city folder.
SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class MadeDemo:
    """Where the city is, and whether this call made it."""

    folder: Path
    fresh: bool


def make_demo(out: str | Path, *, progress: Progress = silent) -> MadeDemo:
    """Generate, import and assess the demonstration city in ``out``; the raw files lie in ``out/sources``.

    A city that is there and current is left as it is, and so is one that its user has changed. It appears under its
    name only when it is whole, so a stopped run leaves nothing behind.

    Raises
    ------
    WorkspaceError
        ``out`` holds something else, or cannot be written.
    """
    folder = Path(out).expanduser().resolve()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / STAMP).is_file() or not is_city(folder):
            raise WorkspaceError("city.exists", folder=folder)
        if _is_current(folder):
            return MadeDemo(folder, fresh=False)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as problem:
        raise explain(problem, folder) from problem
    try:
        progress(0.0, "demo.generating")
        files = generate_files(workshop / SOURCES)
        city = build_city(workshop / "city", files, span(progress, 0.15, 1.0))
        write_json(
            city.folder / STAMP,
            {"made": clock.today().isoformat(), "program": _program(), "seed": SEED, "snapshot": city.snapshot.id},
        )
        shutil.move(workshop / SOURCES, city.folder / SOURCES)
        if folder.exists():
            shutil.rmtree(folder)
        city.folder.rename(folder)
    except OSError as problem:
        raise explain(problem, folder) from problem
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return MadeDemo(folder, fresh=True)


def _is_current(folder: Path) -> bool:
    stamp = json.loads((folder / STAMP).read_text("utf-8"))
    if City.open(folder).snapshot.id != stamp["snapshot"]:
        return True  # its user went on with it: never thrown away
    age = clock.today() - date.fromisoformat(stamp["made"])
    return bool(stamp["program"] == _program() and age.days < FRESH_DAYS)


def _program() -> str:
    """Hash of everything that shapes the city: the package's sources and data."""
    digest = hashlib.blake2b(kezhong.__version__.encode(), digest_size=8)
    root = Path(kezhong.__file__).parent
    for room in ("catalogue", "city", "network", "quality", "intake", "assess", "demo"):
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".py", ".yaml", ".toml", ".csv"):
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
