"""What a requirement means in a city: substitutes and their number, conditions, non-inclusion, villages, wording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assess.cities import STEP, Lattice, place, usual
from kezhong.assess import Assessment, assess

CITE = "{document: kezhong, evidence: proposal}"


def _people(lattice: Lattice, i: int, j: int) -> float:
    return lattice.people + (i * 7 + j * 3) % 5


def _with(lattice: Lattice, basis: str, rules: str) -> Assessment:
    """Assess the lattice with further requirements from an overlay."""
    city = lattice.build()
    city.folder.joinpath("overlay.yaml").write_text(
        f"changes:\n- effective: 2020-01-01\n  bases: [{basis}]\n  add:\n{rules}", "utf-8"
    )
    return assess(city, basis)


def test_only_the_built_up_area_is_asked(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "city", types={"C4": "village"})
    lattice.add("pharmacy", 100, 100)
    lattice.add("laundry", 100, 100)
    found = _with(
        lattice, "kezhong-default",
        "  - {id: x.laundry, element: laundry, status: conditional, community_types: [existing, village],\n"
        f"     required_if: {{built_up_only: true}}, threshold: {{value: 700, unit: m, cite: {CITE}}}}}\n",
    )  # fmt: skip
    rows = found.figures
    rows = rows[(rows["requirement_id"] == "x.laundry") & (rows["indicator"] == "coverage")].set_index(
        ["area_code", "variant"]
    )
    # No outline is loaded: the built-up area is what is no village.
    assert rows.loc[("C4", "population"), "status"] == "not_applicable"
    everybody = sum(_people(lattice, i, j) for i in range(21) for j in range(11) if lattice.community(i * STEP) != "C4")
    assert rows.loc[("150000", "population"), "denominator"] == pytest.approx(everybody)


def test_an_upper_level_named_as_a_substitute_counts_neither_in_verdict_nor_explanation(tmp_path: Path) -> None:
    from kezhong.assess.rules import substitutes
    from kezhong.catalogue import load_basis, load_catalogue

    basis, catalogue = load_basis("gb50180-2018"), load_catalogue()
    rule = basis.requirement("gb.cultural_station") or next(
        one for one in basis.requirements if one.element == "cultural_station"
    )
    loose = rule.model_copy(update={"any_of": ("cultural_centre",)})
    assert substitutes(basis, catalogue, loose) == ("cultural_station",)
    open_basis = basis.model_copy(update={"non_inclusive": False})
    assert substitutes(open_basis, catalogue, loose) == ("cultural_station", "cultural_centre")


def test_villages_are_asked_only_what_names_them(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "city", types={"C4": "village"})
    for element in ("wet_market", "pharmacy", "kindergarten", "village_clinic"):
        lattice.add(element, 0, 0)
    found = assess(lattice.build(), "kezhong-default")
    named = {rule.id for rule in found.basis.requirements if "village" in rule.community_types}
    own = found.shortfalls[found.shortfalls["area_code"] == "C4"]
    assert "kz.village_clinic" in set(own["requirement_id"])
    assert set(own["requirement_id"]) <= named
    others = found.shortfalls[found.shortfalls["area_code"].isin(["C1", "C2", "C3"])]
    only = {rule.id for rule in found.basis.requirements if rule.community_types == ("village",)}
    assert not set(others["requirement_id"]) & only


def test_an_upper_level_does_not_replace_a_lower_one_on_the_ground(tmp_path: Path) -> None:
    lattice = usual(tmp_path, types={"C1": "new"})
    lattice.add("cultural_centre", 100, 100)
    lattice.add("cultural_station", 1900, 1000)
    city = lattice.build()
    strict, lenient = assess(city, "gb50180-2018"), assess(city, "kezhong-default")
    spot = place(100, 100)
    told = strict.explain_point(spot.x, spot.y, "cultural_station")
    assert told.facility is None or told.facility["element"] == "cultural_station"
    assert told.status == "falls_short"
    assert all(row["element"] == "cultural_station" for row in told.facilities)
    kind = lenient.explain_point(spot.x, spot.y, "cultural_station")
    assert kind.facility is not None
    assert kind.facility["element"] == "cultural_centre"


def test_new_communities_fall_short_and_existing_ones_are_compared(tmp_path: Path) -> None:
    lattice = usual(tmp_path, types={"C1": "new"})
    lattice.add("cultural_station", 1900, 1000)
    found = assess(lattice.build(), "gb50180-2018")
    rows = found.shortfalls[found.shortfalls["element"] == "cultural_station"].set_index("area_code")
    assert rows.loc["C1", "wording"] == "未达到"
    assert rows.loc["C2", "wording"] == "对照差距"
    compared, new = found.explain("C2", "cultural_station"), found.explain("C1", "cultural_station")
    assert "（对照差距）" in compared.verdict_zh
    assert "(gap by comparison)" in compared.verdict_en
    assert "对照差距" not in new.verdict_zh
    assert set(assess(found.city, "kezhong-default").shortfalls["wording"]) == {"未达到"}


def test_a_figure_carries_the_requirement_that_concerns_its_area(tmp_path: Path) -> None:
    """Two requirements with one threshold, for new and for existing communities; only one of them knows substitutes."""
    lattice = usual(tmp_path, types={"C1": "new"})
    for x in (100.0, 200.0):
        lattice.add("convenience_store", x, 100.0, floor_area_m2=400.0)
    rows = assess(lattice.build(), "wzjz-2020").figures
    rows = rows[(rows["element"] == "supermarket") & (rows["indicator"] == "coverage")]
    rows = rows[rows["variant"] == "population"].set_index("area_code")
    assert rows.loc["C1", "requirement_id"] == "wz.supermarket.new"
    assert rows.loc["C2", "requirement_id"] == "wz.supermarket.existing"
    assert np.isnan(rows.loc["C1", "value"])  # supermarkets are shown nowhere, and shops are no substitute there
    assert rows.loc["C2", "value"] > 0
