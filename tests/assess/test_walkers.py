"""What depends on the walker and on the time of day, and what must not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from assess.cities import usual
from kezhong.assess import Assessment, assess
from kezhong.city.workspace import City


def test_the_verdict_in_metres_knows_no_walker(city: City, found: Assessment) -> None:
    slow = assess(city, "kezhong-default", walker="elderly")
    assert slow.run.id != found.run.id
    key = ["area_code", "element", "variant"]
    one, other = (
        a.figures[a.figures["indicator"] == "coverage"].set_index(key)[["value", "status"]] for a in (found, slow)
    )
    pd.testing.assert_frame_equal(one, other)
    assert slow.shortfalls.drop(columns="quality").equals(found.shortfalls.drop(columns="quality"))
    for element in ("wet_market", "pharmacy"):
        slower, faster = (a.cells(element)["minutes"].fillna(np.inf) for a in (slow, found))
        assert (slower >= faster).all()
    lived = [
        a.figures[(a.figures["indicator"] == "lived_access") & (a.figures["threshold"] == 10)].set_index(
            ["area_code", "element"]
        )["value"]
        for a in (found, slow)
    ]
    assert (lived[1] <= lived[0] + 1e-12).all()


def test_a_pushchair_takes_no_steps(tmp_path: Path) -> None:
    # All ways across between columns 10 and 11 are steps: the east is cut off from the west.
    lattice = usual(tmp_path, steps={(10, j) for j in range(11)})
    city = lattice.build()
    walking, rolling = assess(city, walker="standard"), assess(city, walker="stroller_wheelchair")
    west = walking.cells("primary_school")["demand_id"].str[1:3].astype(int) <= 10
    assert walking.cells("primary_school")["minutes"][west].notna().any()
    cells = rolling.cells("primary_school")
    assert cells["minutes"][west].isna().all()
    assert "barred" in set(cells["reason"][west])
    np.testing.assert_array_equal(walking.run.array("nearest_dm")[0], rolling.run.array("nearest_dm")[0])


def test_a_time_window_counts_what_is_open(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    city = lattice.build()
    always, evening = assess(city), assess(city, window="evening")
    one = always.figures[(always.figures["indicator"] == "facilities") & (always.figures["element"] == "kindergarten")]
    two = evening.figures[
        (evening.figures["indicator"] == "facilities") & (evening.figures["element"] == "kindergarten")
    ]
    # One closes at five; the other states no hours and stays in, as unknown.
    assert one["value"].max() == 2
    assert two["value"].max() == 1
