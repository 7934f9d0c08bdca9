"""Units as a ledger names them: several in a cell, short, with or without the city's name, by an older name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from kezhong.office.models import Area, Organisation, OrganisationVersion
from kezhong.office.session import OfficeSession

_SPLIT = re.compile(r"[、,，;；/／\n\r]+")
_SPACE = re.compile(r"[\s\u3000]+")
_BRACKETS = str.maketrans({"（": "(", "）": ")"})
#: Words that mean all units of a kind.
_GROUPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(各|三|全市各)区(人民)?(政府)?(\(.*\))?$"), "government"),
    (re.compile(r"^(各|全市各)(街道|镇|街道\(镇\)|镇\(街道\)|镇街|街镇)(办事处|办)?$"), "street_office"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: units, or none and what it could have meant."""

    name: str
    units: tuple[int, ...] = ()
    near: tuple[int, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it names several at once (各区)."""
        return len(self.units) > 1


@dataclass
class UnitNames:
    """All names by which units are known."""

    by_name: dict[str, set[int]] = field(default_factory=dict)
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    short: dict[int, str] = field(default_factory=dict)
    chosen: Mapping[str, int] = field(default_factory=dict)

    def find(self, text: str) -> Named:
        """What one name stands for; a choice made by the person comes first."""
        name = tidy(text)
        if name in self.chosen:
            return Named(text, (self.chosen[name],))
        for pattern, kind in _GROUPS:
            if pattern.match(name):
                return Named(text, self.groups.get(kind, ()))
        found = self.by_name.get(name, set())
        if len(found) == 1:
            return Named(text, tuple(found))
        if found:
            return Named(text, (), tuple(sorted(found))[:5])
        return Named(text, (), self._near(name))

    def _near(self, name: str) -> tuple[int, ...]:
        holding = [
            known for known in self.by_name if len(name) >= 2 and (name in known or (len(known) >= 3 and known in name))
        ]
        close = difflib.get_close_matches(name, self.by_name, n=6, cutoff=0.6)
        ranked = sorted({*holding, *close}, key=lambda known: -difflib.SequenceMatcher(None, name, known).ratio())
        found = dict.fromkeys(unit for known in ranked for unit in sorted(self.by_name[known]))
        return tuple(found)[:5]


def tidy(text: str) -> str:
    """A name without spaces, with one kind of brackets."""
    return _SPACE.sub("", text).translate(_BRACKETS).strip("。.：:")


def split_units(text: str) -> list[str]:
    """The names in a cell."""
    return [part for part in (tidy(one) for one in _SPLIT.split(text)) if part]


def unit_names(session: OfficeSession, chosen: Mapping[str, int] | None = None) -> UnitNames:
    """The names of all units in force, also those they had before; a dissolved one's names lead to its successor."""
    names = UnitNames(chosen={tidy(name): unit for name, unit in (chosen or {}).items()})
    units = {row.id: row for row in session.scalars(select(Organisation))}
    cities = [area.name for area in session.scalars(select(Area).where(Area.level == "city"))]
    groups: dict[str, list[int]] = {}
    for row in units.values():
        now = _in_force(units, row)
        if now is None:
            continue
        if now is row:
            names.short[row.id] = row.short_name
            if (row.kind, row.level) in (("government", "district"), ("street_office", "street")):
                groups.setdefault(row.kind, []).append(row.id)
        for name in _variants((row.name, row.short_name, row.code), cities, row.level):
            names.by_name.setdefault(name, set()).add(now.id)
    for version in session.execute(select(OrganisationVersion.organisation_id, OrganisationVersion.name)):
        now = _in_force(units, units.get(version.organisation_id))
        if now is not None:
            names.by_name.setdefault(tidy(version.name), set()).add(now.id)
    names.groups = {kind: tuple(sorted(found)) for kind, found in groups.items()}
    return names


def _in_force(units: Mapping[int, Organisation], row: Organisation | None) -> Organisation | None:
    for _ in range(6):
        if row is None or row.valid_to is None:
            return row
        row = units.get(row.successor_id or 0)
    return None


def _variants(given: Iterable[str], cities: Iterable[str], level: str) -> set[str]:
    """Forms of a name: 试验市民政局, 市民政局, 民政局 are one unit of the city."""
    found = {tidy(name) for name in given if name}
    for name in tuple(found):
        for city in cities:
            if name.startswith(city):
                rest = name.removeprefix(city)
                found |= {rest, f"市{rest}"}
        if level == "city" and name.startswith("市") and len(name) > 3:
            found.add(name.removeprefix("市"))
        if name.endswith("人民政府") and len(name) > 5:
            found |= {name.removesuffix("人民政府"), name.removesuffix("人民政府") + "政府"}
        elif level == "district" and name.endswith("区"):
            found |= {name + "人民政府", name + "政府"}
    return {name for name in found if len(name) >= 2}
