"""The shipped data: everything the planner's review asks for is true of it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from pydantic import ValidationError

from kezhong.catalogue import (
    AGE_GROUP_IDS,
    COMMUNITY_TYPE_IDS,
    PROPOSAL_ZH,
    Catalogue,
    Evidence,
    clause_text,
    load_catalogue,
    problems,
    validate,
)
from kezhong.catalogue.model import REMEDY_IDS, CircleId, FunctionId, Kind
from kezhong.catalogue.walkers import Crossings, Walker
from kezhong.city.vocabulary import AGE_GROUPS, CommunityType
from kezhong.errors import NotFoundError

PROPOSAL = {"document": "kezhong", "evidence": "proposal"}
BASES = (
    "kezhong-default",
    "gb50180-2018",
    "tdt1062-2021",
    "tdt1063-2021",
    "wzjz-2020",
    "mofcom-2025",
    "city-examination",
)


@pytest.fixture(scope="module")
def book() -> Catalogue:
    return load_catalogue()


def test_nothing_is_wrong(book: Catalogue) -> None:
    assert problems(book) == []
    validate()


def test_the_eight_circles_are_led_as_the_plan_says(book: Catalogue) -> None:
    leads = {circle.zh: book.departments[circle.lead_department].zh for circle in book.circles.values()}
    assert leads == {
        "舒适安居圈": "住房和城乡建设局",
        "便民消费圈": "商务局",
        "社区文化圈": "文体旅游广电局",
        "优教普惠圈": "教育局",
        "养老服务圈": "民政局",
        "健康医疗圈": "卫生健康委员会",
        "城市颜值圈": "城市管理综合执法局",
        "服务响应圈": "党委政法委员会",
    }


def test_social_work_department_exists_since_2023(book: Catalogue) -> None:
    assert book.departments["social_work"].since == "2023"
    assert book.element("community_service_station").responsible_department == "social_work"
    # circle, responsible unit and lead department are three things
    assert book.element("community_service_station").lead_department == "political_legal"


def test_age_groups_and_community_types_are_the_citys() -> None:
    assert set(AGE_GROUP_IDS) == set(AGE_GROUPS)
    assert set(COMMUNITY_TYPE_IDS) == set(CommunityType)


def test_every_draft_element_is_there_with_its_rural_ones(book: Catalogue) -> None:
    assert len(book.elements) >= 116
    assert {"village", "township"} <= {element.level.value for element in book.elements.values()}
    assert all(book.circle(circle).id == circle for circle in CircleId)
    assert {element.circle for element in book.elements.values()} == set(CircleId)


def test_elements_are_whole(book: Catalogue) -> None:
    for element in book.elements.values():
        assert element.zh, element.id
        assert element.en, element.id
        assert (
            re.search(r"[\u4e00-\u9fff]", element.en + element.note_en.replace("诊所", "").replace("中学", "")) is None
        )
        assert element.indicators, element.id
        assert element.remedies, element.id
        assert element.data_from, element.id
        assert set(element.functions) <= set(FunctionId)
        assert list(element.remedies) == sorted(element.remedies, key=REMEDY_IDS.index)
        assert "satisfaction" in element.indicators


def test_indicators_fit_the_kind(book: Catalogue) -> None:
    assert "capacity_gap" in book.element("primary_school").indicators
    assert "capacity_gap" not in book.element("pharmacy").indicators
    assert "coverage" not in book.element("car_parking").indicators
    assert book.element("car_parking").kind is Kind.RATIO
    assert "open_hours_match" in book.element("breakfast_shop").indicators
    # nobody walks to a heat exchanger, and fire engines are outside the walking engine
    assert "coverage" not in book.element("heat_exchange_station").indicators
    assert "coverage" not in book.element("fire_station").indicators


@pytest.mark.parametrize("basis", BASES)
def test_a_figure_called_found_has_its_clause_and_no_other_figure_has_one(book: Catalogue, basis: str) -> None:
    chosen = book.basis(basis)
    cites = [chosen.pass_share_cite, chosen.weights.cite]
    cites += [cite for rule in chosen.requirements for cite in rule.citations]
    for cite in cites:
        assert bool(cite.clause) == (cite.evidence is Evidence.FOUND)
        assert (clause_text(cite) == PROPOSAL_ZH) == (cite.evidence is not Evidence.FOUND)
        assert cite.document in book.documents


@pytest.mark.parametrize("basis", BASES)
def test_the_gate_stays_a_gate(book: Catalogue, basis: str) -> None:
    chosen = book.basis(basis)
    assert 5 <= len(chosen.required) <= 22
    for kind in COMMUNITY_TYPE_IDS:
        here = {rule.element for rule in chosen.requirements_for(kind) if rule.status == "required"}
        assert len(here) <= 20


@pytest.mark.parametrize("basis", BASES)
def test_grades_are_a_ladder(book: Catalogue, basis: str) -> None:
    grades = book.basis(basis).grades
    assert [grade.id for grade in grades] == ["A", "B", "C", "D"]
    assert [grade.max_unmet for grade in grades] == sorted(grade.max_unmet for grade in grades)
    assert grades[-1].min_score == 0


def _figure(book: Catalogue, basis: str, rule_id: str) -> tuple[float, str, Evidence]:
    rule = book.basis(basis).requirement(rule_id)
    assert rule is not None
    assert rule.threshold is not None
    return rule.threshold.value, rule.threshold.unit, rule.threshold.cite.evidence


def test_found_radii_of_tdt1062(book: Catalogue) -> None:
    for element, metres in (
        ("community_health_centre", 1000),
        ("outpatient_clinic", 1000),
        ("community_service_centre", 1000),
        ("primary_school", 500),
        ("wet_market", 500),
        ("pharmacy", 300),
        ("community_health_station", 500),
    ):
        assert _figure(book, "tdt1062-2021", f"td.{element}") == (metres, "m", Evidence.FOUND)


def test_found_radii_of_gb50180_are_only_the_six(book: Catalogue) -> None:
    found = {
        (rule.element, rule.threshold.value)
        for rule in book.basis("gb50180-2018").requirements
        if rule.threshold and rule.threshold.cite.normative
    }
    assert found == {
        ("community_health_centre", 1000),
        ("outpatient_clinic", 1000),
        ("community_service_centre", 1000),
        ("primary_school", 500),
        ("wet_market", 500),
        ("pharmacy", 300),
        ("hairdresser", 300),
        ("laundry", 300),
        ("supermarket", 300),
    }
    scales = [scale for rule in book.basis("gb50180-2018").requirements for scale in rule.scales]
    assert not any(scale.cite.normative for scale in scales)


def test_minutes_stay_minutes(book: Catalogue) -> None:
    minutes = {
        rule.element: rule.threshold.value
        for rule in book.basis("tdt1063-2021").requirements
        if rule.threshold and rule.threshold.unit == "min"
    }
    assert minutes == {
        "community_health_centre": 15,
        "primary_school": 10,
        "junior_middle_school": 15,
        "elderly_day_care": 5,
        "cultural_station": 15,
        "small_sports_ground": 15,
        "wet_market": 10,
        "pocket_park": 5,
    }
    bands = {rule.threshold.value for rule in book.basis("mofcom-2025").requirements if rule.threshold}
    assert bands == {5, 8, 15}
    assert _figure(book, "tdt1063-2021", "te.hospital") == (2000, "m", Evidence.FOUND)
    assert _figure(book, "tdt1063-2021", "te.rail_station") == (800, "m", Evidence.FOUND)


def test_unsourced_figures_are_credited_to_nobody(book: Catalogue) -> None:
    unsourced = {"convenience_store", "breakfast_shop", "childrens_playground", "reading_room", "elderly_canteen"}
    for basis in book.bases.values():
        for rule in basis.requirements:
            if rule.element in unsourced and rule.threshold and rule.threshold.unit == "m":
                assert not rule.threshold.cite.normative, rule.id


def test_figures_without_a_standard_radius_have_none_in_gb(book: Catalogue) -> None:
    for element in (
        "public_toilet",
        "elderly_home",
        "elderly_nursing_home",
        "childrens_playground",
        "convenience_store",
    ):
        rule = book.basis("gb50180-2018").requirement(f"gb.{element}")
        assert rule is not None
        assert rule.threshold is None


def test_beds_count_in_the_district(book: Catalogue) -> None:
    for basis in book.bases.values():
        for rule in basis.requirements:
            if rule.element in ("elderly_home", "elderly_nursing_home"):
                assert rule.in_district
                assert rule.threshold is None


def test_health_station_only_where_the_centre_does_not_reach(book: Catalogue) -> None:
    for basis in ("kezhong-default", "gb50180-2018", "tdt1062-2021"):
        rule = next(rule for rule in book.basis(basis).requirements if rule.element == "community_health_station")
        assert rule.status == "conditional"
        assert rule.required_if is not None
        assert rule.required_if.unless_reached == "community_health_centre"
    assert book.basis("wzjz-2020").requirement("wz.community_health_station") is not None


def test_nursery_is_required_only_by_wzjz(book: Catalogue) -> None:
    requiring = [basis.id for basis in book.bases.values() if "nursery" in basis.required]
    assert requiring == ["wzjz-2020"]


def test_conflicting_sizes_belong_to_their_own_bases(book: Catalogue) -> None:
    gb = book.basis("gb50180-2018").requirement("gb.kindergarten")
    wz = book.basis("wzjz-2020").requirement("wz.kindergarten")
    assert gb is not None
    assert wz is not None
    assert [(scale.minimum, scale.maximum) for scale in gb.scales] == [(3150, 4550), (5240, 7580)]
    assert [(scale.minimum, scale.cite.clause) for scale in wz.scales] == [(2200, "第2项"), (3500, "第2项")]


def test_market_floor_is_one_range_or_the_other(book: Catalogue) -> None:
    rule = book.basis("gb50180-2018").requirement("gb.wet_market")
    assert rule is not None
    assert [(scale.minimum, scale.maximum, scale.choice) for scale in rule.scales] == [
        (750, 1500, "market"),
        (2000, 2500, "market"),
    ]


def test_convenience_stores_replace_a_supermarket_only_in_existing_communities(book: Catalogue) -> None:
    basis = book.basis("wzjz-2020")
    new = [rule for rule in basis.requirements_for("new") if rule.element == "supermarket"]
    old = [rule for rule in basis.requirements_for("old") if rule.element == "supermarket"]
    assert [rule.any_of for rule in new] == [()]
    assert [rule.any_of for rule in old] == [("convenience_store",)]
    assert old[0].any_of_count == {"convenience_store": 2}


def test_parcel_floor_area_is_for_new_building_only(book: Catalogue) -> None:
    basis = book.basis("wzjz-2020")
    assert [len(rule.scales) for rule in basis.requirements_for("new") if rule.element == "parcel_station"] == [1]
    assert [len(rule.scales) for rule in basis.requirements_for("existing") if rule.element == "parcel_station"] == [0]


def test_mofcom_is_circle_two_only(book: Catalogue) -> None:
    for rule in book.basis("mofcom-2025").requirements:
        for element in rule.elements:
            assert book.element(element).circle is CircleId.CONVENIENT_CONSUMPTION


def test_gb_is_for_new_areas_and_does_not_include_upwards(book: Catalogue) -> None:
    basis = book.basis("gb50180-2018")
    assert basis.new_only
    assert basis.non_inclusive
    assert all(not rule.any_of for rule in basis.requirements)
    assert not any(book.basis(other).new_only for other in BASES if other != "gb50180-2018")


def test_default_covers_all_circles_with_reasons(book: Catalogue) -> None:
    basis = book.basis("kezhong-default")
    assert book.document(basis.document).nature == "proposal"
    required = [rule for rule in basis.requirements if rule.status == "required"]
    assert {book.element(rule.element).circle for rule in required} == set(CircleId)
    assert len({rule.element for rule in required if not rule.community_types}) == 20
    for rule in basis.requirements:
        if rule.status in ("required", "conditional"):
            assert rule.reason_zh, rule.id
            assert rule.reason_en, rule.id
    for rule in basis.requirements:
        for cite in rule.citations:
            assert cite.document in ("kezhong", "tdt1062-2021")


def test_no_required_element_of_employment(book: Catalogue) -> None:
    for basis in book.bases.values():
        assert not any(book.element(name).aspect == "employment_guidance" for name in basis.required)


def test_villages_are_asked_only_what_names_them(book: Catalogue) -> None:
    for basis in book.bases.values():
        for rule in basis.requirements:
            assert rule.applies_to("village") == ("village" in rule.community_types)
    village = book.basis("kezhong-default").requirements_for("village")
    assert {rule.element for rule in village if rule.status == "required"} == {
        "village_clinic",
        "village_service_station",
        "convenience_store",
    }
    assert all(rule.threshold is None or rule.threshold.value > 1000 for rule in village)


def test_conditions_on_people_and_unknown_types(book: Catalogue) -> None:
    police = book.basis("gb50180-2018").requirement("gb.police_station")
    assert police is not None
    assert police.applies_to("new", 30_000)
    assert not police.applies_to("new", 24_999)
    assert police.applies_to("new", None)  # people unknown: the limit does not decide
    assert police.applies_to(None, 30_000)  # type unknown: counts as existing
    parking = book.basis("wzjz-2020").requirement("wz.car_parking")
    assert parking is not None
    assert parking.applies_to("new")
    assert not parking.applies_to("old")


def test_examination_reports_counts(book: Catalogue) -> None:
    basis = book.basis("city-examination")
    assert "小学学位缺口数" in basis.examination_counts
    assert len(set(basis.examination_counts)) == len(basis.examination_counts) >= 9
    assert {rule.examination_count for rule in basis.requirements if rule.examination_count} == set(
        basis.examination_counts
    )


def test_circles_of_moved_elements(book: Catalogue) -> None:
    assert book.element("childrens_playground").circle == "comfortable_living"
    assert book.element("household_elderly_adaptation").circle == "elderly_care"
    assert book.element("nursery").circle == "health_medical"
    assert book.element("outdoor_fitness").age_group == "all"
    assert book.element("convenience_store").level == "block"
    assert book.element("parcel_station").level == "block"


def test_walkers(book: Catalogue) -> None:
    assert {walker.id: walker.m_per_min for walker in book.walkers.values()} == {
        "standard": 66.7,
        "adult": 75,
        "older_70": 54,
        "older_80": 48,
        "child_accompanied": 54,
        "child_alone": 60,
        "pram": 60,
        "wheelchair": 48,
    }
    assert [walker.id for walker in book.walkers.values() if walker.avoid_steps] == ["pram", "wheelchair"]
    assert not any(walker.cite.normative for walker in book.walkers.values())
    # What was called otherwise is still found.
    for alias, walker in {"elderly": "older_70", "child": "child_alone", "stroller_wheelchair": "wheelchair"}.items():
        assert book.walker(alias).id == walker
    # The standard walker's pace already contains detours and waits: nothing slows or stops it.
    standard = book.walker("standard")
    assert len(standard.citations) == 1
    assert all(len(walker.citations) > 6 for walker in book.walkers.values() if walker.id != "standard")


@pytest.mark.parametrize(
    "wrong",
    [
        {"m_per_min": 0},
        {"speed": 70},
        {"slope": {"rule": "table", "slopes": [0.1, 0.0], "speeds": [1, 1], "cite": PROPOSAL}},
        {"slope": {"rule": "tobler", "up": 0.08, "cite": PROPOSAL}},
        {"steps": {"closed": True, "up_s": 1.0, "cite": PROPOSAL}},
        {"steps": {"cite": PROPOSAL}},
        {"ground": {"factors": {"loose": 0.9}, "cite": PROPOSAL}},
        {"kerbs": {"closed_from": "high", "cite": PROPOSAL}},
        {"width": {"least_m": 0.9}},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    sound = {"id": "x", "zh": "试", "en": "x", "m_per_min": 60, "cite": PROPOSAL}
    Walker.model_validate(sound)
    with pytest.raises(ValidationError):
        Walker.model_validate(sound | wrong)


def test_a_signal_cannot_be_green_longer_than_its_cycle(book: Catalogue) -> None:
    given = book.crossings.model_dump(mode="json")
    given["roads"]["primary"]["green_s"] = 500
    with pytest.raises(ValidationError):
        Crossings.model_validate(given)


def test_weights_are_a_proposal(book: Catalogue) -> None:
    weights = book.basis("kezhong-default").weights
    assert (weights.content_scale, weights.coverage, weights.efficiency, weights.quality) == (0.30, 0.35, 0.15, 0.20)
    assert weights.cite.evidence is Evidence.PROPOSAL


def test_targets_are_dated_where_they_gate(book: Catalogue) -> None:
    """The 2025 target of nursery places is in no requirement: an undated target gates nothing."""
    for basis in book.bases.values():
        for rule in basis.requirements:
            for scale in rule.scales:
                assert not (rule.element == "nursery" and scale.metric == "capacity" and not scale.due)


def test_lookups_help_with_misspelt_names(book: Catalogue) -> None:
    assert book.element("菜市场或生鲜超市").id == "wet_market"
    with pytest.raises(NotFoundError) as wrong:
        book.element("wet_markt")
    assert wrong.value.code == "catalogue.unknown_element"
    assert "wet_market" in str(wrong.value.details["near"])
    with pytest.raises(NotFoundError) as wrong:
        book.basis("gb50180")
    assert "gb50180-2018" in str(wrong.value.details["near"])
    with pytest.raises(NotFoundError):
        book.walker("runner")
    with pytest.raises(NotFoundError):
        book.circle("九圈")
    assert "菜市场" in str(_near(book, "菜市场"))


def _near(book: Catalogue, name: str) -> object:
    with pytest.raises(NotFoundError) as wrong:
        book.element(name)
    return wrong.value.details["near"]


def test_the_catalogue_cannot_be_changed(book: Catalogue) -> None:
    assert load_catalogue() is book
    with pytest.raises(TypeError):
        book.elements["x"] = book.element("nursery")  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        book.element("nursery").zh = "x"  # type: ignore[misc]


def test_hashes_differ_and_are_stable(book: Catalogue) -> None:
    hashes = [basis.hash for basis in book.bases.values()]
    assert len(set(hashes)) == len(hashes)
    load_catalogue.cache_clear()
    assert [basis.hash for basis in load_catalogue().bases.values()] == hashes


def test_chinese_text_has_chinese_punctuation(book: Catalogue) -> None:
    half = re.compile(r"[\u4e00-\u9fff][,;:?!][\u4e00-\u9fff]|\([^)]*[\u4e00-\u9fff]")
    texts = [text for element in book.elements.values() for text in (element.zh, element.note_zh)]
    for basis in book.bases.values():
        texts += [basis.zh, basis.scope_zh, basis.note_zh]
        texts += [text for rule in basis.requirements for text in (rule.note_zh, rule.reason_zh)]
    assert [text for text in texts if half.search(text)] == []


def test_names_are_unique(book: Catalogue) -> None:
    for language in ("zh", "en"):
        counts = Counter(getattr(element, language) for element in book.elements.values())
        assert [name for name, count in counts.items() if count > 1] == []
