"""People who reach everything required: the access coverage of a programme, against an intersection by hand."""

from __future__ import annotations

import numpy as np
import pytest

from assess.cities import Lattice, covered
from kezhong.assess import Assessment

#: The elements of the lattice that the basis requires within walking distance, with the metres it asks for.
REQUIRED = {"wet_market": 500.0, "pharmacy": 300.0, "kindergarten": 300.0, "primary_school": 500.0}


def test_complete_access_is_the_intersection(found: Assessment, lattice: Lattice) -> None:
    parts = {element: covered(lattice, element, limit) for element, limit in REQUIRED.items()}
    units = parts["wet_market"]
    everything = np.logical_and.reduce([part["in"] for part in parts.values()])
    rows = found.figures
    rows = rows[(rows["indicator"] == "complete_access") & (rows["area_level"] == "community")].set_index("area_code")
    asked = _asked(found)
    assert asked == set(REQUIRED), "the test speaks of what the basis asks for here"
    for code, part in units.assign(all=everything).groupby("community"):
        assert rows.loc[code, "denominator"] == pytest.approx(part["people"].sum())
        assert rows.loc[code, "numerator"] == pytest.approx(part.loc[part["all"], "people"].sum())
    assert set(rows["status"]) == {"informative"}


def test_nobody_reaches_everything_and_nothing(found: Assessment) -> None:
    rows = found.figures[found.figures["element"] == "*"].set_index(["indicator", "area_code"])
    complete, blind = rows.loc["complete_access", "value"], rows.loc["blind_spot", "value"]
    assert ((complete + blind.reindex(complete.index)) <= 1 + 1e-9).all()
    single = found.figures[(found.figures["indicator"] == "coverage") & (found.figures["variant"] == "population")]
    least = single[single["element"].isin(REQUIRED)].groupby("area_code")["value"].min()
    assert (complete.reindex(least.index).dropna() <= least + 1e-9).all()


def _asked(found: Assessment) -> set[str]:
    """Elements with a binding walking requirement that are found somewhere in the city."""
    rows = found.figures
    tested = rows[(rows["indicator"] == "coverage") & (rows["walker"] == "metres") & (rows["numerator"] > 0)]
    return set(tested["element"]) & set(found.basis.required)
