"""Which column means what: recognised names, and a mapping that a city remembers for each of its sources.

A mapping is a TOML file::

    datum = "gcj02"
    sheet = "2024年"
    element = "kindergarten"

    [columns]
    name = "园所名称"
    capacity = "核定学位"

    [constants]
    status = "open"

    [values.status]
    "在营" = "open"

    [[services]]                      # one row, several elements
    element = "reading_room"
    when = "图书室"                    # column that says yes, or holds a number above zero
    floor_area_m2 = "图书室面积"        # a column, or floor_area_share = 0.2
    hours = "图书室开放时间"
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from kezhong.city.files import write_text
from kezhong.errors import InputError
from kezhong.intake.columns import Fields, plain

_KEYS = frozenset({"datum", "sheet", "element", "columns", "constants", "values", "services", "age_shares"})
_SERVICE_KEYS = frozenset(
    {
        "element",
        "when",
        "floor_area_m2",
        "floor_area_share",
        "capacity",
        "capacity_share",
        "capacity_unit",
        "used",
        "hours",
        "grade",
    }
)


@dataclass(slots=True)
class Mapping:
    """A column mapping; empty by default. ``origin`` names the file it was read from, for messages."""

    datum: str | None = None
    sheet: str | None = None
    element: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    services: list[dict[str, Any]] = field(default_factory=list)
    age_shares: dict[str, float] = field(default_factory=dict)
    origin: str = ""

    def document(self) -> dict[str, Any]:
        """As it is written to TOML; empty parts left out."""
        found = {name: getattr(self, name) for name in sorted(_KEYS)}
        return {name: value for name, value in found.items() if value}


#: A mapping, its TOML file, or nothing: then the remembered one.
MappingLike = Mapping | str | Path | None


def read_mapping(file: str | Path) -> Mapping:
    """Read a mapping.

    Raises
    ------
    InputError
        No such file, no TOML, or an unknown key.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError("intake.no_file", file=path)
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError("intake.broken_mapping", file=path.name, problem=str(problem)) from problem
    unknown = sorted(set(values) - _KEYS)
    for service in values.get("services", []):
        unknown += sorted(set(service) - _SERVICE_KEYS)
        if "element" not in service:
            raise InputError("intake.broken_mapping", file=path.name, problem="[[services]] 缺少 / lacks element")
    if unknown:
        raise InputError(
            "intake.broken_mapping", file=path.name, problem=f"{', '.join(unknown)} ∉ {', '.join(sorted(_KEYS))}"
        )
    if not all(isinstance(value, str) for value in values.get("columns", {}).values()):
        raise InputError(
            "intake.broken_mapping", file=path.name, problem="[columns]: 列名应为文字 / names must be text"
        )
    return Mapping(**values, origin=path.name)


def remembered_file(folder: Path, kind: str, source: str) -> Path:
    """Where a city keeps the mapping of a source."""
    safe = re.sub(r"[^\w.\-]", "_", source)
    if safe != source:  # two sources must not share a file
        safe += "-" + hashlib.blake2b(source.encode(), digest_size=3).hexdigest()
    return folder / "mappings" / f"{kind}-{safe}.toml"


def remember(folder: Path, kind: str, source: str, mapping: Mapping) -> None:
    """Keep the mapping for the next import of this source."""
    head = f"# {source}: 列对应关系，下次导入同一来源时沿用 / column mapping, used again for this source\n"
    write_text(remembered_file(folder, kind, source), head + tomli_w.dumps(mapping.document()))


def recall(folder: Path, kind: str, source: str) -> Mapping:
    """The remembered mapping, or an empty one."""
    file = remembered_file(folder, kind, source)
    return read_mapping(file) if file.is_file() else Mapping()


def chosen_mapping(folder: Path, kind: str, source: str, mapping: MappingLike) -> Mapping:
    """The mapping that the user gives, read if it is a file; else the remembered one."""
    if isinstance(mapping, Mapping):
        return mapping
    return recall(folder, kind, source) if mapping is None else read_mapping(mapping)


def with_columns(mapping: MappingLike, stated: dict[str, str | None]) -> MappingLike:
    """A mapping with columns named by options on top of it."""
    named = {which: column for which, column in stated.items() if column is not None}
    if not named:
        return mapping
    base = mapping if isinstance(mapping, Mapping) else read_mapping(mapping) if mapping is not None else Mapping()
    return replace(base, columns={**base.columns, **named}, origin=base.origin or "--…-column")


def recognise(columns: Sequence[str], fields: Fields) -> dict[str, str]:
    """Match column names to fields by their synonyms; each column serves one field.

    Of grouped headings (``规模/建筑面积``) the whole name is tried, then its last part, then its first.
    """
    lookup: dict[str, list[str]] = {}
    for name in columns:
        parts = name.split("/")
        for form in dict.fromkeys((name, parts[-1], parts[0])):
            lookup.setdefault(plain(form), []).append(name)
    found: dict[str, str] = {}
    rank: list[tuple[int, str, str]] = []
    for which, synonyms in fields.items():
        for place, synonym in enumerate(synonyms):
            rank += [(place, which, name) for name in lookup.get(plain(synonym), ())]
    taken: set[str] = set()
    for _, which, name in sorted(rank, key=lambda entry: (entry[0], list(fields).index(entry[1]))):
        if which not in found and name not in taken:
            found[which] = name
            taken.add(name)
    return found


def resolve(columns: Sequence[str], fields: Fields, mapping: Mapping, file: str) -> dict[str, str]:
    """Field → column of the file: what the mapping says, then what is recognised.

    Raises
    ------
    InputError
        The mapping names a field that does not exist, or a column the file does not have.
    """
    chosen: dict[str, str] = {}
    normal = {plain(name): name for name in reversed(columns)}
    for which, name in mapping.columns.items():
        if which not in fields:
            near = difflib.get_close_matches(which, list(fields), n=5, cutoff=0.3)
            raise InputError(
                "intake.unknown_field", file=mapping.origin, value=which, near=", ".join(near or list(fields))
            )
        if name in columns:
            chosen[which] = name
        elif plain(name) in normal:
            chosen[which] = normal[plain(name)]
        else:
            near = difflib.get_close_matches(name, list(columns), n=5, cutoff=0.3)
            raise InputError(
                "intake.no_column", file=file, column=name, near="、".join(near) or "、".join(list(columns)[:12])
            )
    rest = [name for name in columns if name not in chosen.values()]
    found = recognise(rest, {which: names for which, names in fields.items() if which not in chosen})
    return {**found, **chosen}
