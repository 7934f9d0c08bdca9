"""How each element is provided in the invented city; the table is ``kinds.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from kezhong.catalogue import load_catalogue
from kezhong.city.vocabulary import AGE_GROUPS


@dataclass(frozen=True, slots=True)
class Kind:
    """How one element is provided."""

    element: str
    metres: float  # within which everybody shall have one
    ledger: str  # whose ledger it is in
    suffix: str  # of the facilities' names
    target: tuple[str, ...] = ()  # age columns; empty: everybody
    floor: tuple[int, int] = (0, 0)  # m², least and most
    hours: str = ""
    gaps: int = 0  # natural, lesser gaps to leave
    unit: str = ""  # of the capacity
    stands_for: str = ""  # a substitute: it must not close the planted gaps of this element
    served_by: tuple[str, ...] = ()  # elements that serve as well, placed before
    served_within: float = 0.0  # metres within which they do

    @property
    def zh(self) -> str:
        """The catalogue's Chinese name, as the ledgers write it."""
        return load_catalogue().elements[self.element].zh


@cache
def kinds(where: str) -> tuple[Kind, ...]:
    """The kinds of a ``town``, ``village``, ``park`` or ``district``, in the order in which they are placed."""
    text = resources.files(__package__).joinpath("kinds.csv").read_text("utf-8")
    return tuple(_kind(row) for row in csv.DictReader(text.splitlines()) if row["where"] == where)


def _kind(row: dict[str, str]) -> Kind:
    return Kind(
        element=row["element"],
        metres=float(row["metres"]),
        ledger=row["ledger"],
        suffix=row["suffix"],
        target=AGE_GROUPS[row["target"]] if row["target"] else (),
        floor=(int(row["floor_low"]), int(row["floor_high"])),
        hours=row["hours"],
        gaps=int(row["gaps"]),
        unit=row["unit"],
        stands_for=row["stands_for"],
        served_by=tuple(row["served_by"].split()),
        served_within=float(row["served_within"] or 0),
    )
