"""Coverage and cells of an invented city against recomputation from first principles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assess.cities import Lattice, covered, place, usual
from kezhong.assess import Assessment, assess
from kezhong.city.workspace import City


@pytest.mark.parametrize(("element", "limit"), [("wet_market", 500.0), ("pharmacy", 300.0), ("primary_school", 500.0)])
def test_coverage_equals_brute_force(found: Assessment, lattice: Lattice, element: str, limit: float) -> None:
    units = covered(lattice, element, limit)
    rows = found.coverage(element, "community", "population").set_index("area_code")
    for code, part in units.groupby("community"):
        assert rows.loc[code, "denominator"] == pytest.approx(part["people"].sum())
        assert rows.loc[code, "numerator"] == pytest.approx(part.loc[part["in"], "people"].sum())
        assert rows.loc[code, "value"] == pytest.approx(part.loc[part["in"], "people"].sum() / part["people"].sum())


def test_cells_equal_brute_force(found: Assessment, lattice: Lattice) -> None:
    units = covered(lattice, "wet_market", 500.0)
    cells = found.cells("wet_market")
    np.testing.assert_allclose(cells["nearest_m"], units["m"], atol=0.11)
    np.testing.assert_allclose(cells["minutes"], cells["nearest_m"] / 66.7, atol=0.01)
    assert set(cells["reason"]) == {"ok"}


def test_numerators_and_denominators_add_up(found: Assessment) -> None:
    rows = found.figures
    rows = rows[(rows["indicator"] == "coverage") & (rows["variant"] == "population")]
    for column in ("numerator", "denominator"):
        table = rows.pivot_table(index="element", columns="area_level", values=column, aggfunc="sum", observed=True)
        for level in ("life_circle", "street", "district", "city"):
            np.testing.assert_allclose(table[level], table["community"])


def test_target_groups(found: Assessment, lattice: Lattice) -> None:
    units = covered(lattice, "kindergarten", 500.0)
    row = found.coverage("kindergarten").set_index("area_code").loc["C2"]
    own = units[units["community"] == "C2"]
    assert row["variant"] == "target_pop"
    assert row["age_group"] == "age_3_5"
    assert row["denominator"] == pytest.approx(lattice.people / 8 * 0 + own["people"].sum() / 8, rel=0.2)


def test_unknown_ages_fall_back_to_everybody(tmp_path: Path) -> None:
    found = assess(usual(tmp_path, ages=False).build(), "kezhong-default")
    rows = found.coverage("kindergarten")
    assert set(rows["variant"]) == {"population"}
    assert set(rows["reason"]) >= {"ages_unknown"}
    assert found.shortfalls["children_affected"].isna().all()
    assert found.shortfalls["elderly_affected"].isna().all()
    assert set(found.shortfalls["target_group"]) == {"all"}


def test_minutes_are_not_metres(city: City) -> None:
    found = assess(city, "tdt1063-2021")
    row = found.coverage("wet_market", variant="population").set_index("area_code").loc["C1"]
    assert row["threshold_unit"] == "min"
    assert row["threshold"] == 10
    assert row["walker"] == "standard"
    metres = found.cells("wet_market").set_index("demand_id")
    own = metres[metres["community_code"] == "C1"]
    assert row["numerator"] == pytest.approx(own.loc[own["nearest_m"] <= 667.0, "people"].sum())
    # No residential land is loaded: the verdict falls back to people and says so.
    assert set(found.coverage("wet_market")["reason"]) >= {"weight_population"}


def test_land_buildings_estates_and_buffer(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    square = place(350, 350).buffer(0.002).envelope
    lattice.landuse.append(
        {"parcel_id": "p1", "use": "R2", "residential": True, "planned": False, "source": "t", "geometry": square}
    )
    lattice.estates += [
        {"estate_id": "e1", "name": "近", "gated": True, "source": "t", "geometry": place(310, 310).buffer(1e-4)},
        {"estate_id": "e2", "name": "远", "gated": True, "source": "t", "geometry": place(310, 310).buffer(2e-4)},
    ]
    # The second estate lies beside the market, but its gate is far away.
    lattice.gates += [
        {"gate_id": "g1", "estate_id": "e1", "source": "t", "geometry": place(320, 300)},
        {"gate_id": "g2", "estate_id": "e2", "source": "t", "geometry": place(300, 1000)},
    ]
    found = assess(lattice.build(), "kezhong-default")
    estates = found.coverage("wet_market", "city", "estate").iloc[0]
    assert (estates["numerator"], estates["denominator"]) == (1.0, 2.0)
    land = found.coverage("wet_market", "city", "land").iloc[0]
    buffer = found.coverage("wet_market", "city", "buffer").iloc[0]
    assert land["denominator"] > 50_000
    assert 0 < land["value"] <= buffer["value"]
    assert buffer["denominator"] == pytest.approx(land["denominator"])


def test_conditional_station_only_where_the_centre_does_not_reach(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.add("community_health_centre", 500, 500)
    lattice.add("community_health_station", 1900, 900)
    found = assess(lattice.build(), "kezhong-default")
    rows = found.figures[
        (found.figures["element"] == "community_health_station") & (found.figures["indicator"] == "coverage")
    ].set_index(["area_code", "variant"])
    cells = found.cells("community_health_centre")
    beyond = cells[(cells["nearest_m"] > 1000.0) & (cells["community_code"] == "C4")]
    assert rows.loc[("C4", "population"), "denominator"] == pytest.approx(beyond["people"].sum())
    assert ("C1", "population") in rows.index
    assert rows.loc[("C1", "population"), "status"] == "not_applicable"
    assert rows.loc[("C1", "population"), "reason"] == "reached_by_upper"
