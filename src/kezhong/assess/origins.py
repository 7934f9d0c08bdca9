"""From where people start to what serves them: the nearest of several elements, each in the number it takes.

People, estates, buildings and land, on the network and in a straight line, all follow the one rule of
:meth:`Origins.nearest`, so that the variants of coverage differ in what they weigh and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Lengths = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]

UNREACHED = 0xFFFFFFFF
#: An element, a threshold in decimetres, and how many must lie within it (at least 2).
Several = tuple[str, int, int]


@dataclass(frozen=True, eq=False)
class Origins:
    """Distances from n origins of one kind.

    Attributes
    ----------
    row
        Element → row of ``dm``.
    dm : uint32 (elements, n)
        Decimetres to the nearest, :data:`UNREACHED` where none is within the search bound.
    several
        What was counted, in the order of ``enough``.
    enough : bool (several, n)
        Whether so many lie within the threshold.
    """

    row: Mapping[str, int]
    dm: Lengths
    several: tuple[Several, ...]
    enough: Flags

    def __len__(self) -> int:
        return int(self.dm.shape[1])

    def of(self, element: str, needed: int, limit_dm: int) -> Lengths:
        """Decimetres (n,) to the nearest of an element, unreached where fewer than ``needed`` lie within the limit."""
        number = self.row.get(element)
        if number is None:
            return np.full(len(self), UNREACHED, dtype=np.uint32)
        if needed <= 1:
            return np.asarray(self.dm[number])
        key = (element, limit_dm, needed)
        if key not in self.several:
            return np.full(len(self), UNREACHED, dtype=np.uint32)
        return np.where(self.enough[self.several.index(key)], self.dm[number], UNREACHED).astype(np.uint32)

    def nearest(
        self, elements: Iterable[str], counts: Mapping[str, int], limit_dm: int
    ) -> tuple[Lengths, npt.NDArray[np.int32]]:
        """Nearest of any of the elements that count.

        Parameters
        ----------
        counts
            How many of an element it takes within the limit (:attr:`Requirement.any_of_count`); 1 where not named.
        limit_dm
            The requirement's threshold; −1 where it has none, and then no number is within it.

        Returns
        -------
        decimetres, row : (n,)
            :data:`UNREACHED` and −1 where nothing counts; ties go to the element named first.
        """
        best = np.full(len(self), UNREACHED, dtype=np.uint32)
        which = np.full(len(self), -1, dtype=np.int32)
        for element in elements:
            here = self.of(element, counts.get(element, 1), limit_dm)
            nearer = here < best
            best = np.where(nearer, here, best)
            which = np.where(nearer, np.int32(self.row.get(element, -1)), which)
        return best, which


def enough_counted(
    several: Iterable[Several], row: Mapping[str, int], thresholds_dm: npt.NDArray[Any], counts: npt.NDArray[Any]
) -> Flags:
    """(several, n) from counts (elements, thresholds, n); what was not counted is not enough."""
    found = []
    for element, limit, needed in several:
        at = row.get(element)
        columns = [] if at is None or limit <= 0 else np.flatnonzero(thresholds_dm[at] == limit).tolist()
        enough = counts[at, columns[0]] >= needed if columns else np.zeros(counts.shape[2], dtype=bool)
        found.append(np.asarray(enough))
    return np.stack(found) if found else np.zeros((0, counts.shape[2]), dtype=bool)
