"""What people found on the ground, and what counts as verified: the one rule for verdicts, list and explanation.

A requirement is **settled** in a community by the verification ledger where

* an element that counts towards it (itself or a substitute) was found there: 确有, or
* every element that counts was looked for in the whole community and there is none: 确无.

Anything less settles nothing: that one named facility is gone does not say that there is no other, and that the
element is missing does not say that its substitute is. In an area of several communities a requirement is verified
where it is settled in all of them, and confirmed absent where it is settled as 确无 in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from kezhong.city.areas import AreaTree
from kezhong.city.vocabulary import Presence
from kezhong.city.workspace import City

Certainty = Literal["high", "medium", "low"]

#: ``facility_ref`` of a statement about a whole community.
WHOLE = "none"


@dataclass(frozen=True, eq=False)
class Ground:
    """The findings of the verification ledger, with the ledgers of departments beside them.

    Attributes
    ----------
    found, absent
        Element → communities in which one was found, in which there is none.
    ledgers
        Elements of which a source other than OpenStreetMap names facilities.
    """

    areas: AreaTree
    found: dict[str, set[str]]
    absent: dict[str, set[str]]
    ledgers: frozenset[str]

    @classmethod
    def of(cls, city: City) -> Ground:
        """Read the ledgers of a city."""
        rows = city.layer("verification")
        present = rows["finding"] == Presence.PRESENT.value
        none = (rows["facility_ref"] == WHOLE) & (rows["finding"] == Presence.CONFIRMED_ABSENT.value)
        services = city.layer("facility_services")
        own = services[~services["facility_id"].str.startswith("osm:").to_numpy(dtype=bool)]
        return cls(
            areas=city.areas,
            found=_communities(rows[present]),
            absent=_communities(rows[none]),
            ledgers=frozenset(own["element"].astype(str)),
        )

    def confirmed_absent(self, elements: Iterable[str]) -> set[str]:
        """Communities in which every one of the elements is 确无."""
        sets = [self.absent.get(element, set()) for element in elements]
        return set.intersection(*sets) if sets else set()

    def settled(self, elements: Iterable[str]) -> set[str]:
        """Communities in which a requirement met by any of the elements is settled, 确有 or 确无."""
        names = tuple(elements)
        return self.confirmed_absent(names).union(*(self.found.get(element, set()) for element in names))

    def is_absent(self, elements: Iterable[str], code: str) -> bool:
        """Whether an area is 确无: in all of its communities, none of the elements."""
        return self._all_in(code, self.confirmed_absent(elements))

    def certainty(self, elements: Iterable[str], code: str) -> Certainty:
        """high: settled on the ground; medium: a department's ledger names an element; low: an open map only."""
        names = tuple(elements)
        if self._all_in(code, self.settled(names)):
            return "high"
        return "medium" if self.ledgers.intersection(names) else "low"

    def _all_in(self, code: str, communities: set[str]) -> bool:
        own = self.areas.communities_in(code) if code in self.areas.level else []
        return bool(own) and communities.issuperset(own)


def _communities(rows: pd.DataFrame) -> dict[str, set[str]]:
    grouped = rows.groupby("element", observed=True, sort=True)["community_code"]
    return {str(element): set(codes.astype(str)) for element, codes in grouped}
