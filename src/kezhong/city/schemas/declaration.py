"""How a layer is declared: column, type, unit, meaning and null rule; and the columns that many layers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kezhong.city.vocabulary import AGE_COLUMNS

Dtype = Literal["string", "int64", "float64", "bool", "date"]
GeometryKind = Literal["point", "line", "polygon", "any"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer."""

    name: str
    dtype: Dtype
    zh: str
    en: str
    unit: str = ""
    required: bool = False  # no nulls
    values: tuple[str, ...] = ()  # closed vocabulary, for strings
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class LayerSchema:
    """A layer's declaration."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: GeometryKind | None = None
    geometry_required: bool = True
    derived: bool = False
    command: str = ""  # what to call to import it
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({column.name: column for column in self.columns})


def text(name: str, zh: str, en: str, *, required: bool = False, values: tuple[str, ...] = ()) -> Column:
    return Column(name, "string", zh, en, required=required, values=values)


def number(
    name: str,
    zh: str,
    en: str,
    unit: str = "",
    *,
    required: bool = False,
    low: float | None = 0.0,
    high: float | None = None,
) -> Column:
    """A column of numbers, not negative unless ``low`` says otherwise."""
    return Column(name, "float64", zh, en, unit, required=required, minimum=low, maximum=high)


def flag(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    """A column of yes and no."""
    return Column(name, "bool", zh, en, required=required)


def date(name: str, zh: str, en: str) -> Column:
    """A column of days."""
    return Column(name, "date", zh, en)


SOURCE = text("source", "来源", "name of the source this row was imported from", required=True)
AS_OF = date("as_of", "数据日期", "day the source describes")
DATUM = text("source_datum", "原始坐标系", "datum in which the source gave the position, e.g. gcj02, EPSG:4545")
AGES = tuple(number(band, band, f"residents of {band}", "人") for band in AGE_COLUMNS)
