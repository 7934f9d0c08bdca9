"""``kezhong demo``: the demonstration city in one folder, made once and then found again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import kezhong
from kezhong import clock
from kezhong.city.files import explain, write_json
from kezhong.city.workspace import City, is_city
from kezhong.demo.build import build_city
from kezhong.demo.generate import SEED, generate_files
from kezhong.errors import ConflictError, KezhongError, WorkspaceError
from kezhong.progress import Progress, silent, span

#: The dates in the city are relative to the day it was made; after so many days it is made anew.
FRESH_DAYS = 7
STAMP = "demo.json"
#: Where the delivered raw files lie within the city folder.
SOURCES = "sources"
#: Share of the work that the city itself is.
_CITY = 0.7
_ROOMS = ("catalogue", "city", "network", "quality", "intake", "assess", "demo")
_OFFICE_ROOMS = ("office", "demo/office")


@dataclass(frozen=True, slots=True)
class MadeDemo:
    """Where the city is, and whether this call made it."""

    folder: Path
    fresh: bool


def make_demo(
    out: str | Path,
    *,
    office: bool = False,
    progress: Progress = silent,
    environ: Mapping[str, str] = os.environ,
) -> MadeDemo:
    """Generate, import and assess the demonstration city in ``out``; the raw files lie in ``out/sources``.

    A city that is there and current is left as it is, and so is one that its user has changed. It appears under its
    name only when it is whole, so a stopped run leaves nothing behind, neither a folder nor a database.

    Parameters
    ----------
    office
        With its office and the programme under way up to today.

    Raises
    ------
    WorkspaceError
        ``out`` holds something else, or cannot be written; or there is no PostgreSQL for the office.
    ConflictError
        The city that would be made anew is being served.
    """
    folder = Path(out).expanduser().resolve()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / STAMP).is_file() or not is_city(folder):
            raise WorkspaceError("city.exists", folder=folder)
        if _is_current(folder, environ, office=office):
            return MadeDemo(folder, fresh=False)
        _require_unused(folder, environ)
    if office:
        _require_database(environ)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as problem:
        raise explain(problem, folder) from problem
    try:
        _make(workshop, folder, progress, environ, office=office)
    except BaseException as problem:
        if office:
            _take_back(workshop / "city", environ)
        if isinstance(problem, OSError) and not isinstance(problem, KezhongError):
            raise explain(problem, folder) from problem
        raise
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return MadeDemo(folder, fresh=True)


def _make(workshop: Path, folder: Path, progress: Progress, environ: Mapping[str, str], *, office: bool) -> None:
    city_part = span(progress, 0.0, _CITY if office else 1.0)
    city_part(0.0, "demo.generating")
    files = generate_files(workshop / SOURCES)
    city = build_city(workshop / "city", files, span(city_part, 0.15, 1.0))
    stamp: dict[str, Any] = {
        "made": clock.today().isoformat(),
        "program": _program(_ROOMS, but="demo/office"),
        "seed": SEED,
        "snapshot": city.snapshot.id,
    }
    if office:
        from kezhong.demo.office import build_office
        from kezhong.office.removal import head_of_chain

        build_office(city.folder, span(progress, _CITY, 1.0), environ=environ)
        stamp["office"] = {"program": _program(_OFFICE_ROOMS), "seq": head_of_chain(city.folder, environ=environ)}
    write_json(city.folder / STAMP, stamp)
    shutil.move(workshop / SOURCES, city.folder / SOURCES)
    if folder.exists():
        _clear(folder, environ)
    city.folder.rename(folder)


def _is_current(folder: Path, environ: Mapping[str, str], *, office: bool) -> bool:
    stamp = json.loads((folder / STAMP).read_text("utf-8"))
    if City.open(folder).snapshot.id != stamp["snapshot"]:
        return True  # its user went on with it: never thrown away
    age = clock.today() - date.fromisoformat(stamp["made"])
    made = stamp.get("office")
    current = stamp["program"] == _program(_ROOMS, but="demo/office") and age.days < FRESH_DAYS
    if office:
        current = current and made is not None and made["program"] == _program(_OFFICE_ROOMS)
    return bool(current) or (made is not None and _worked_in(folder, made["seq"], environ))


def _worked_in(folder: Path, since: int, environ: Mapping[str, str]) -> bool:
    """Whether people went on with the programme; an office that cannot be opened any more holds nobody up."""
    from kezhong.office.removal import in_use, worked_in

    if in_use(folder, environ=environ):
        return False  # told by name before anything of it is touched
    try:
        return worked_in(folder, since, environ=environ)
    except KezhongError:
        return False


def _require_database(environ: Mapping[str, str]) -> None:
    """Nothing is generated where the office could not be opened in the end."""
    from kezhong.office.database.address import given_address
    from kezhong.office.database.binaries import programs
    from kezhong.office.database.embedded import state_folder

    if given_address(environ) is None:
        programs(state_folder(environ))


def _require_unused(folder: Path, environ: Mapping[str, str]) -> None:
    from kezhong.office.office import has_office
    from kezhong.office.removal import in_use

    if has_office(folder) and in_use(folder, environ=environ):
        raise ConflictError("demo.office_in_use", folder=folder)


def _clear(folder: Path, environ: Mapping[str, str]) -> None:
    """Make room for the new city: the old one goes with its office's database."""
    from kezhong.office.office import has_office
    from kezhong.office.removal import remove_office

    if has_office(folder):
        remove_office(folder, environ=environ)
    shutil.rmtree(folder)


def _take_back(city: Path, environ: Mapping[str, str]) -> None:
    """The database of a city that was not finished."""
    from kezhong.office.removal import remove_office

    with contextlib.suppress(KezhongError, OSError):
        remove_office(city, environ=environ)


def _program(rooms: tuple[str, ...], but: str = "") -> str:
    """Hash of everything that shapes the city: the package's sources and data."""
    digest = hashlib.blake2b(kezhong.__version__.encode(), digest_size=8)
    root = Path(kezhong.__file__).parent
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in (".py", ".yaml", ".toml", ".csv") and not (but and name.startswith(f"{but}/")):
                digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()
