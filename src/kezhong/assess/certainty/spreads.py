"""How far each input may be off: the shipped table and a city's own."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from kezhong.city.vocabulary import AgeBasis
from kezhong.errors import InputError

FILE = "certainty.toml"
MAX_SAMPLES, MIN_SAMPLES = 2_000, 20

_METHODS = ("as_given", "raster_cell", "dasymetric_buildings", "dasymetric_landuse", "area_weighted")
#: Table → its keys and the largest value that makes sense.
_TABLES: dict[str, tuple[tuple[str, ...], float]] = {
    "length": (("all",), 0.5),
    "speed": (("all",), 0.5),
    "snapping": (_METHODS, 1_000.0),
    "population": (_METHODS, 2.0),
    "ages": (tuple(basis.value for basis in AgeBasis), 2.0),
    "phantom": (("verified", "ledger", "open_map"), 0.9),
    "missing": (("settled", "ledger", "open_map"), 5.0),
}


@dataclass(frozen=True, slots=True)
class Spreads:
    """One value for each input and source of data; all 建议值(待核).

    ``length``, ``speed``, ``population``, ``ages``: relative standard deviations. ``snapping``: metres. ``phantom``:
    probability that a facility is not there. ``missing``: unknown facilities as a share of the known.
    """

    samples: int
    length: dict[str, float]
    speed: dict[str, float]
    snapping: dict[str, float]
    population: dict[str, float]
    ages: dict[str, float]
    phantom: dict[str, float]
    missing: dict[str, float]

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of the content."""
        content = repr([(field.name, getattr(self, field.name)) for field in fields(self)])
        return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


@cache
def shipped() -> Spreads:
    """The table that comes with the software."""
    page = tomllib.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    return Spreads(samples=page.pop("samples"), **{name: dict(sorted(page[name].items())) for name in _TABLES})


def load_spreads(folder: Path | None = None) -> Spreads:
    """The spreads of a city: the shipped ones with the city's ``certainty.toml`` laid over them.

    Raises
    ------
    InputError
        A file that is no TOML; an unknown table or key; a value out of its range.
    """
    file = None if folder is None else Path(folder) / FILE
    base = shipped()
    if file is None or not file.is_file():
        return base
    try:
        page = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError("certainty.not_toml", file=file, detail=problem) from problem
    samples = page.pop("samples", base.samples)
    if isinstance(samples, bool) or not isinstance(samples, int) or not MIN_SAMPLES <= samples <= MAX_SAMPLES:
        expected = f"{MIN_SAMPLES}–{MAX_SAMPLES}"
        raise InputError("certainty.bad_value", file=file, column="samples", value=samples, expected=expected)
    if unknown := sorted(set(page) - set(_TABLES)):
        raise InputError("certainty.unknown_name", file=file, value=unknown[0], expected=", ".join(_TABLES))
    return Spreads(samples=samples, **{name: _laid_over(file, name, page.get(name, {}), base) for name in _TABLES})


def _laid_over(file: Path, name: str, given: Any, base: Spreads) -> dict[str, float]:
    keys, most = _TABLES[name]
    if not isinstance(given, dict):
        raise InputError("certainty.bad_value", file=file, column=name, value=given, expected=f"[{name}]")
    if unknown := sorted(set(given) - set(keys)):
        raise InputError("certainty.unknown_name", file=file, value=f"{name}.{unknown[0]}", expected=", ".join(keys))
    for key, value in given.items():
        # NaN compares with nothing, so the test is that the value lies inside, not that it lies outside.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= most:
            column, expected = f"{name}.{key}", f"0–{most:g}"
            raise InputError("certainty.bad_value", file=file, column=column, value=value, expected=expected)
    own = {key: float(value) for key, value in given.items()}
    return dict(sorted({**getattr(base, name), **own}.items()))
