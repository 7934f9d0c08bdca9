"""A source that is being read: its rows under examination, where they lie, and what every layer keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.mapping import Mapping
from kezhong.intake.report import Note
from kezhong.intake.rows import Rows

#: Kinds of shapes a layer takes.
Family = Literal["point", "polygon", "any"]


@dataclass(slots=True)
class Source:
    """An opened source: rows under examination, shapes in WGS 84 (or ``None``), and the datum they came in."""

    city: City
    kind: str
    name: str
    rows: Rows
    mapping: Mapping
    shapes: npt.NDArray[np.object_] | None = None
    datum: npt.NDArray[np.object_] | None = None
    as_of: str | None = None
    allow_rejects: bool = False
    notes: list[Note] = field(default_factory=list)

    def common(self) -> dict[str, object]:
        """Columns that every layer has: ``source``, ``as_of``, ``source_datum`` and ``source_row`` for messages."""
        rows = self.rows
        days = rows.dates("as_of")
        if self.as_of is not None:
            days = np.array([self.as_of if day is None else day for day in days], dtype=object)
        return {
            "source": np.full(len(rows), self.name, dtype=object),
            "as_of": days,
            "source_datum": self.datum if self.datum is not None else np.full(len(rows), None, dtype=object),
            "source_row": np.array([f"{rows.file}:{label}" for label in rows.table.labels], dtype=object),
        }

    def require_shapes(self, family: Family) -> npt.NDArray[np.object_]:
        """The shapes, which must be of ``point`` or ``polygon`` kind (``any`` for both)."""
        if self.shapes is None:
            raise InputError("intake.no_geometry", file=self.rows.file, columns="、".join(self.rows.table.columns[:12]))
        kinds = shapely.get_type_id(self.shapes)
        fits = {"point": (0, 4), "polygon": (3, 6), "any": tuple(range(8))}[family]
        self.rows.reject((kinds >= 0) & ~np.isin(kinds, fits), "intake.wrong_geometry", None, expected=family)
        return self.shapes

    def settle(self) -> npt.NDArray[np.bool_]:
        """Which rows are good.

        Raises
        ------
        InputError
            The first fault, unless bad rows may be left out; or nothing is left.
        """
        return self.rows.settle(self.allow_rejects)
