"""What a requirement means in a city: substitutes and their number, conditions, non-inclusion, villages, wording."""

from __future__ import annotations

from pathlib import Path

import pytest

from assess.cities import STEP, Lattice
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
