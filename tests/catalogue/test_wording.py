"""Requirements and citations in words, and the comparison of bases."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.catalogue import (
    PROPOSAL_EN,
    PROPOSAL_ZH,
    Citation,
    Evidence,
    Requirement,
    Scale,
    Threshold,
    clause_text,
    conflicts,
    diff,
    disagree,
    load_catalogue,
    problems,
    requirement_text,
    source_text,
)
from kezhong.catalogue.checks import basis_problems
from kezhong.catalogue.wording import scale_text, threshold_text

OWN = Citation(document="kezhong", evidence=Evidence.PROPOSAL)


def _rule(basis: str, rule_id: str) -> Requirement:
    rule = load_catalogue().basis(basis).requirement(rule_id)
    assert rule is not None
    return rule


def test_sentences() -> None:
    assert requirement_text(_rule("tdt1062-2021", "td.wet_market")) == "应配菜市场或生鲜超市，步行距离不超过 500 m"
    assert (
        requirement_text(_rule("tdt1062-2021", "td.community_health_station"))
        == "社区卫生服务中心难以覆盖处：按条件应配社区卫生服务站，步行距离不超过 500 m，每处建筑面积不少于 120 m²"
    )
    assert (
        requirement_text(_rule("wzjz-2020", "wz.supermarket.existing"))
        == "既有社区、老旧社区：应配综合超市或2 处便利店，步行 10 分钟内可达，每处建筑面积不少于 300 m²"
    )
    assert "或" in requirement_text(_rule("gb50180-2018", "gb.wet_market"))
    assert "750–1500 m²" in requirement_text(_rule("gb50180-2018", "gb.wet_market"))
    assert requirement_text(_rule("kezhong-default", "kz.bus_stop"), "en") == "required: bus stop, within 500 m on foot"
    assert "在全区范围内统筹" in requirement_text(_rule("kezhong-default", "kz.elderly_home"))
    assert "人口不少于 25000 人" in requirement_text(_rule("gb50180-2018", "gb.police_station"))
    assert "from 25000 people" in requirement_text(_rule("gb50180-2018", "gb.police_station"), "en")


def test_every_requirement_has_a_sentence_in_both_languages() -> None:
    book = load_catalogue()
    for basis in book.bases.values():
        for rule in basis.requirements:
            zh, en = requirement_text(rule), requirement_text(rule, "en")
            assert book.elements[rule.element].zh in zh
            assert all(ord(letter) < 0x3000 for letter in en), en
            if rule.threshold:
                assert ("分钟内可达" in zh) == (rule.threshold.unit == "min")


def test_clauses() -> None:
    assert clause_text(_rule("tdt1062-2021", "td.wet_market").threshold.cite) == "TD/T 1062-2021 附录A"  # type: ignore[union-attr]
    assert clause_text(None) == PROPOSAL_ZH
    assert clause_text(OWN, "en") == PROPOSAL_EN
    memory = _rule("gb50180-2018", "gb.kindergarten").threshold
    assert memory is not None
    assert clause_text(memory.cite) == PROPOSAL_ZH  # never as a national standard
    assert source_text(memory.cite) == "《城市居住区规划设计标准》（GB 50180-2018）（专业记忆，待核）"
    assert "GB 50180-2018" in source_text(memory.cite, "en")


@settings(deadline=None)
@given(
    value=st.floats(min_value=0.1, max_value=5000, allow_nan=False),
    unit=st.sampled_from(["m", "min"]),
)
def test_thresholds_keep_their_unit(value: float, unit: str) -> None:
    threshold = Threshold(value=value, unit=unit, cite=OWN)  # type: ignore[arg-type]
    zh, en = threshold_text(threshold), threshold_text(threshold, "en")
    assert f"{value:g}" in zh
    assert f"{value:g}" in en
    assert ("分钟" in zh) == (unit == "min")


def test_scales_in_words() -> None:
    def scale(**values: object) -> Scale:
        return Scale.model_validate({"cite": OWN, **values})

    assert (
        scale_text(scale(metric="capacity", minimum=4.5, per="1000_people", unit="places")) == "每千人不少于 4.5 个名额"
    )
    assert scale_text(scale(metric="ratio", minimum=1, per="area", unit="share")) == "台账比率不少于 100%"
    assert scale_text(scale(metric="site_area_m2", minimum=0.5, per="person", unit="m²")) == "人均用地面积不少于 0.5 m²"
    assert (
        scale_text(scale(metric="floor_area_m2", minimum=30, per="100_households", unit="m²"), "en")
        == "floor area at least 30 m² per 100 households"
    )


def test_conflicts_are_shown_and_not_merged() -> None:
    rows = conflicts("community_health_station")
    metres = {row.basis: row.value for row in rows if row.item == "threshold" and row.unit == "m"}
    assert metres == {"kezhong-default": 500, "gb50180-2018": 300, "tdt1062-2021": 500}
    assert disagree(rows)
    market = [row for row in conflicts("wet_market") if row.item == "threshold"]
    assert {(row.basis, row.value, row.unit) for row in market} == {
        ("kezhong-default", 500, "m"),
        ("gb50180-2018", 500, "m"),
        ("tdt1062-2021", 500, "m"),
        ("tdt1063-2021", 10, "min"),
        ("mofcom-2025", 8, "min"),
    }
    assert disagree(conflicts("wet_market"))  # 10 and 8 minutes
    assert disagree(conflicts("kindergarten"))
    assert not disagree(conflicts("bus_stop"))  # both 500 m
    assert not disagree([])


def test_alternatives_within_one_basis_are_no_conflict() -> None:
    rows = [row for row in conflicts("wet_market") if row.basis == "gb50180-2018"]
    assert len({(row.item, row.value) for row in rows}) > 1
    assert not disagree(rows)


def test_diff_of_two_bases() -> None:
    rows = diff("gb50180-2018", "tdt1062-2021")
    found = {row.element: row for row in rows}
    assert found["community_health_station"].fields == ("threshold", "scales")
    assert found["bus_stop"].after is None
    assert diff("wzjz-2020", "wzjz-2020") == []
    back = {row.element for row in diff("tdt1062-2021", "gb50180-2018")}
    assert back == set(found)


def _with(basis_id: str, **changes: object) -> list[str]:
    book = load_catalogue()
    return basis_problems(book, book.basis(basis_id).model_copy(update=changes))


def test_checks_find_what_is_wrong() -> None:
    basis = load_catalogue().basis("kezhong-default")
    first = basis.requirements[0]
    rest = basis.requirements[1:]
    weights = basis.weights.model_copy(update={"coverage": 0.9})
    found = Citation(document="tdt1062-2021", evidence=Evidence.FOUND)
    for changes, part in (
        ({"document": "hearsay"}, "unknown document"),
        ({"weights": weights}, "add up to 1"),
        ({"pass_share": 80.0}, "no share"),
        ({"grades": tuple(reversed(basis.grades))}, "best to the worst"),
        ({"requirements": (first, first, *rest)}, "occurs 2 times"),
        ({"requirements": (first.model_copy(update={"element": "moon"}), *rest)}, "unknown element"),
        ({"requirements": (first.model_copy(update={"any_of": (first.element,)}), *rest)}, "own substitute"),
        ({"requirements": (first.model_copy(update={"any_of_count": {"nursery": 2}}), *rest)}, "any_of_count"),
        ({"requirements": (first.model_copy(update={"community_types": ("ruin",)}), *rest)}, "community type"),
        ({"requirements": (first.model_copy(update={"in_district": True}), *rest)}, "no radius"),
        ({"requirements": (first.model_copy(update={"threshold": None}), *rest)}, "could be tested"),
        ({"requirements": (first.model_copy(update={"cite": found}), *rest)}, "without its clause"),
        ({"requirements": (first.model_copy(update={"pass_share": 2.0}), *rest)}, "no share"),
        ({"requirements": (first.model_copy(update={"element": "car_parking"}), *rest)}, "no walking threshold"),
        ({"examination_counts": ("缺口",)}, "examination counts"),
    ):
        assert any(part in text for text in _with("kezhong-default", **changes)), part
    park = _rule("gb50180-2018", "gb.residential_park_10").model_copy(update={"any_of": ("residential_park_15",)})
    assert any("cannot replace" in text for text in _with("gb50180-2018", requirements=(park,)))
    lonely = _rule("gb50180-2018", "gb.community_health_station")
    assert any("no threshold" in text for text in _with("gb50180-2018", requirements=(lonely,)))


def test_checks_find_wrong_elements() -> None:
    book = load_catalogue()
    nursery = book.element("nursery")
    for changes, part in (
        ({"lead_department": "nobody"}, "unknown department"),
        ({"responsible_department": "banking_insurance"}, "ended in 2023"),
        ({"age_group": "age_0_3"}, "age group"),
        ({"capacity_unit": "chairs"}, "capacity unit"),
        ({"remedies": ("new", "share")}, "least building first"),
        ({"remedies": ()}, "unknown remedy"),
        ({"indicators": ("ratio",)}, "does not apply"),
        ({"indicators": ("beauty",)}, "unknown indicator"),
        ({"also_circles": (nursery.circle,)}, "also_circles"),
        ({"data_from": ("ledger",)}, "does not come from OSM"),
        ({"functions": ()}, "no function"),
    ):
        changed = dict(book.elements) | {"nursery": nursery.model_copy(update=changes)}
        assert any(part in text for text in problems(replace(book, elements=changed))), part


def test_status_and_condition_belong_together() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Requirement(id="x", element="nursery", status="conditional")


@pytest.mark.slow
def test_loading_is_fast_in_a_fresh_process() -> None:
    code = (
        "import time, kezhong.catalogue as k; t = time.perf_counter(); k.load_catalogue(); "
        "print(time.perf_counter() - t)"
    )
    best = min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) for _ in range(3)
    )
    assert best < 0.15
