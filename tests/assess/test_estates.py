"""Estates one by one: figures of the four families, by the gates and by who lives inside, against arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from assess.cities import Lattice, place, usual
from kezhong.assess import Assessment, assess
from kezhong.city.results import FIGURE_COLUMNS, FIGURE_KEY
from kezhong.report import export_city

GATES = [(200.0, 200.0), (1100.0, 300.0), (1600.0, 800.0)]


def _estates(lattice: Lattice) -> None:
    """Estates of 100 × 100 m around a crossing each (its people live there), with a gate west of it."""
    for number, (x, y) in enumerate(GATES):
        a, b = place(x + 50, y - 50), place(x + 150, y + 50)
        lattice.estates.append(
            {"estate_id": f"e{number}", "name": f"小区{number}", "gated": True, "residents": 7.0, "source": "t",
             "geometry": box(a.x, a.y, b.x, b.y)}
        )  # fmt: skip
        lattice.gates.append(
            {
                "gate_id": f"g{number}",
                "estate_id": f"e{number}",
                "access": "yes",
                "source": "t",
                "geometry": place(x, y),
            }
        )
        lattice.homes[f"e{number}"] = (x + 50, y - 50, x + 150, y + 50)


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    lattice = usual(tmp_path_factory.mktemp("estates"))
    _estates(lattice)
    lattice.add("convenience_store", 1700, 800, satisfaction=0.5)
    return assess(lattice.build(), "kezhong-default")


def _rows(found: Assessment, **wanted: object) -> pd.DataFrame:
    rows = found.estate_figures
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows.set_index("area_code")


def test_figures_of_estates_by_gates_and_by_people(assessed: Assessment) -> None:
    markets = [(300.0, 300.0), (1600.0, 700.0)]
    metres = [min(abs(x - a) + abs(y - b) for a, b in markets) for x, y in GATES]
    rows = _rows(assessed, element="wet_market", indicator="coverage", variant="estate")
    assert rows["value"].tolist() == [float(m <= 500) for m in metres]
    assert rows["numerator"].tolist() == rows["value"].tolist()
    assert set(rows["denominator"]) == {1.0}
    assert rows["status"].tolist() == ["meets" if m <= 500 else "falls_short" for m in metres]
    assert (rows["unit"].iloc[0], rows["threshold"].iloc[0], rows["requirement_id"].iloc[0]) == (
        "share",
        500,
        "kz.wet_market",
    )
    assert set(rows["basis_hash"]) == {assessed.basis.hash}
    assert set(rows["quality"]) == {assessed.run.manifest["quality"]}
    near = _rows(assessed, element="wet_market", indicator="nearest_m", requirement_id="")
    np.testing.assert_allclose(near["value"], metres, atol=0.2)
    # One demand unit stands in each estate, 100 m east of the gate.
    people = _rows(assessed, element="wet_market", indicator="coverage", variant="population")
    homes = [(x + 100, y) for x, y in GATES]
    inhabitants = [30.0 + (x / 100 * 7 + y / 100 * 3) % 5 for x, y in homes]
    np.testing.assert_allclose(people["denominator"], inhabitants)
    reached = [min(abs(x - a) + abs(y - b) for a, b in markets) <= 500 for x, y in homes]
    np.testing.assert_allclose(people["value"], np.array(reached, dtype=float))


def test_all_four_families_and_unique_keys(assessed: Assessment) -> None:
    rows = assessed.estate_figures
    assert list(rows.columns) == list(FIGURE_COLUMNS)
    assert not rows.duplicated(list(FIGURE_KEY)).any()
    assert set(rows["area_level"]) == {"estate"}
    assert set(rows["area_code"]) == {"e0", "e1", "e2"}
    assert set(rows["family"]) == {"content_scale", "coverage", "efficiency", "quality"}
    standing = _rows(assessed, element="convenience_store", indicator="facilities")
    assert standing["value"].to_dict() == {"e2": 1.0}
    assert _rows(assessed, element="convenience_store", indicator="satisfaction")["value"].to_dict() == {"e2": 0.5}
    assert set(_rows(assessed, element="kindergarten", indicator="access_2sfca").index) <= {"e0", "e1", "e2"}
    minutes = _rows(assessed, element="pharmacy", indicator="minutes")
    assert (minutes["value"] > 0).all()


def test_an_areas_estates_add_up_to_the_area(assessed: Assessment) -> None:
    own = assessed.estate_figures
    own = own[(own["indicator"] == "coverage") & (own["variant"] == "estate")]
    areas = assessed.figures
    areas = areas[(areas["indicator"] == "coverage") & (areas["variant"] == "estate") & (areas["area_level"] == "city")]
    sums = own.groupby(["element", "threshold"], observed=True)[["numerator", "denominator"]].sum()
    checked = areas[areas["denominator"] > 0].set_index(["element", "threshold"])
    for key, row in checked.iterrows():
        assert sums.loc[key, "denominator"] == row["denominator"]
        assert sums.loc[key, "numerator"] == (0.0 if np.isnan(row["numerator"]) else row["numerator"])
    assert len(checked) > 5


def test_statuses_of_estates_are_kept_apart(assessed: Assessment, tmp_path: Path) -> None:
    assert set(assessed.estates("wet_market")["status"]) == {"meets", "falls_short"}
    assert set(assessed.estates("reading_room")["status"]) == {"no_data"}
    assert set(assessed.estates("village_clinic")["status"]) == {"not_applicable"}
    assert set(assessed.estates("elderly_home")["status"]) == {"informative"}  # asked for by the district, no walk
    table = assessed.estates("wet_market").set_index("estate_id")
    assert table["area_code"].tolist() == ["C1", "C3", "C4"]
    assert table["people"].gt(7.0).all()  # by those who live there, not as the ledger states
    # Too few facilities for the gate: nothing is concluded.
    poor = Lattice(tmp_path / "poor")
    poor.add("wet_market", 300, 300)
    _estates(poor)
    found = assess(poor.build(), "kezhong-default")
    assert set(found.estates("wet_market")["status"]) == {"data_insufficient"}


def test_a_city_without_estates_has_none(found: Assessment) -> None:
    assert len(found.estate_figures) == 0
    assert list(found.estate_figures.columns) == list(FIGURE_COLUMNS)
    assert len(found.estates("wet_market")) == 0


def test_figures_of_estates_are_exported(assessed: Assessment, tmp_path: Path) -> None:
    export_city(assessed.city, assessed.run, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "csv" / "estate_figures.csv")
    assert len(table) == len(assessed.estate_figures)
    assert "estate_figures" in (tmp_path / "out" / "data_dictionary.md").read_text("utf-8")
