"""Recognising elements in OpenStreetMap and Amap records."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.catalogue import load_catalogue, match_amap, match_osm, osm_keys

OSM = [
    ({"shop": "convenience"}, None, {"convenience_store"}),
    ({"shop": "supermarket"}, None, {"supermarket"}),
    ({"shop": "supermarket", "name": "永辉生鲜超市"}, None, {"supermarket", "wet_market"}),
    ({"amenity": "marketplace", "name": "海北菜市场"}, None, {"wet_market"}),
    ({"amenity": "marketplace", "name": "建材批发市场"}, None, set()),
    ({"shop": "greengrocer"}, None, {"fresh_grocery_shop"}),
    ({"amenity": "fast_food"}, None, {"mass_catering"}),
    ({"amenity": "fast_food", "name": "老王早餐"}, None, {"mass_catering", "breakfast_shop"}),
    ({"shop": "hairdresser"}, None, {"hairdresser"}),
    ({"shop": "beauty"}, None, set()),
    ({"amenity": "post_office"}, None, {"post_office"}),
    ({"amenity": "parcel_locker"}, None, {"parcel_station"}),
    ({"amenity": "library"}, None, {"reading_room"}),
    ({"amenity": "public_bookcase"}, None, set()),
    ({"amenity": "community_centre"}, None, {"cultural_station"}),
    ({"amenity": "community_centre", "name": "和平社区居委会"}, None, {"community_service_station"}),
    ({"amenity": "community_centre", "name": "海勃湾区文化活动中心"}, None, {"cultural_centre"}),
    ({"amenity": "community_centre", "name": "滨河党群服务中心"}, None, {"party_service_centre"}),
    ({"amenity": "school", "name": "乌海市第一小学"}, None, {"primary_school"}),
    ({"amenity": "school", "isced:level": "1"}, None, {"primary_school"}),
    ({"amenity": "school", "isced:level": "1;2"}, None, {"primary_school", "junior_middle_school"}),
    ({"amenity": "school", "name": "滨河九年一贯制学校"}, None, {"primary_school", "junior_middle_school"}),
    ({"amenity": "school", "name": "第二中学"}, None, {"junior_middle_school"}),
    ({"amenity": "school", "name": "第一高级中学"}, None, set()),
    ({"amenity": "school", "name": "机电职业中学"}, None, set()),
    ({"amenity": "school", "name": "I.E.S. Guanarteme"}, None, {"junior_middle_school"}),
    ({"amenity": "school", "name": "Rhythm and Series"}, None, set()),
    ({"amenity": "school", "name": "C.E.I.P. Gran Canaria"}, None, {"primary_school"}),
    ({"leisure": "playground"}, None, {"childrens_playground"}),
    ({"leisure": "playground", "access": "customers"}, None, set()),
    ({"amenity": "childcare"}, None, {"nursery"}),
    ({"amenity": "childcare", "name": "阳光晚托班"}, None, {"after_school_care"}),
    ({"amenity": "kindergarten", "name": "第三幼儿园"}, None, {"kindergarten"}),
    (
        {"amenity": "social_facility", "social_facility": "nursing_home", "social_facility:for": "senior"},
        None,
        {"elderly_nursing_home"},
    ),
    ({"social_facility": "nursing_home", "social_facility:for": "senior"}, None, set()),  # amenity is missing
    ({"amenity": "social_facility", "social_facility": "nursing_home", "social_facility:for": "child"}, None, set()),
    (
        {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "senior"},
        None,
        {"elderly_day_care", "elderly_service_station"},
    ),
    ({"amenity": "social_facility", "social_facility": "soup_kitchen"}, None, set()),
    ({"amenity": "canteen", "name": "工厂食堂"}, None, set()),
    ({"amenity": "canteen", "name": "长者食堂"}, None, {"elderly_canteen"}),
    ({"amenity": "clinic", "name": "新华社区卫生服务中心"}, None, {"community_health_centre"}),
    ({"healthcare": "centre", "name": "Centro Médico"}, None, set()),
    ({"amenity": "doctors"}, None, set()),
    ({"amenity": "clinic", "name": "海馨卫生服务站"}, None, {"community_health_station"}),
    ({"amenity": "clinic", "name": "张氏诊所"}, None, set()),
    ({"amenity": "toilets"}, None, {"public_toilet"}),
    ({"amenity": "toilets", "access": "customers"}, None, set()),
    ({"amenity": "toilets", "access": "private"}, None, set()),
    ({"highway": "bus_stop"}, None, {"bus_stop"}),
    ({"public_transport": "platform", "bus": "yes"}, None, {"bus_stop"}),
    ({"public_transport": "platform", "train": "yes"}, None, set()),
    ({"emergency": "assembly_point"}, None, set()),
    ({"emergency:social_facility": "shelter", "amenity": "school"}, None, {"emergency_shelter"}),
    ({"amenity": "waste_basket"}, None, set()),
    ({"amenity": "waste_disposal"}, None, {"waste_collection_point"}),
    ({"amenity": "pharmacy", "healthcare": "pharmacy"}, None, {"pharmacy"}),
    ({"leisure": "pitch", "sport": "basketball"}, 420.0, {"small_sports_ground"}),
    ({"leisure": "pitch", "sport": "basketball"}, None, {"small_sports_ground"}),
    ({"leisure": "pitch", "sport": "table_tennis"}, 30.0, set()),
    ({"leisure": "pitch"}, 1310.0, {"medium_sports_ground"}),
    ({"leisure": "pitch", "sport": "soccer"}, 7000.0, {"large_sports_ground"}),
    ({"leisure": "park"}, 800.0, {"pocket_park"}),
    ({"leisure": "park"}, 4000.0, {"residential_park_5"}),
    ({"leisure": "park"}, 10_000.0, {"residential_park_10"}),
    ({"leisure": "park"}, 50_000.0, {"residential_park_15"}),
    ({"leisure": "park"}, None, set()),
    ({"leisure": "garden", "access": "private"}, 900.0, set()),
    ({"building": "yes", "name": "和平小学"}, None, set()),
    ({}, None, set()),
]


@pytest.mark.parametrize(
    ("tags", "area", "expected"), OSM, ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:60]
)
def test_osm(tags: dict[str, str], area: float | None, expected: set[str]) -> None:
    assert set(match_osm(tags, area)) == expected


def test_every_rule_is_found_through_the_index() -> None:
    """An object made of a rule's own conditions must be recognised: the index misses no rule."""
    for element in load_catalogue().elements.values():
        for rule in element.osm:
            tags = {key: "yes" if value == "*" else value.split("|")[0] for key, value in rule.all.items()}
            if rule.name_contains:
                tags["name"] = f"甲 {rule.name_contains[0]} 乙"
            low, high = rule.area_m2
            area = None if low is None and high is None else low if low is not None else (high or 1.0) / 2
            assert element.id in match_osm(tags, area), (element.id, tags)
            assert set(rule.all) & osm_keys()


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*sorted(osm_keys()), "name", "access", "building"]), st.text(max_size=12)),
    st.one_of(st.none(), st.floats(min_value=0, max_value=1e7)),
)
def test_any_tags_give_known_elements_each_once_in_order(tags: dict[str, str], area: float | None) -> None:
    found = match_osm(tags, area)
    order = list(load_catalogue().elements)
    assert list(found) == sorted(set(found), key=order.index)


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=1e6, allow_nan=False))
def test_one_pitch_is_one_size(area: float) -> None:
    sizes = set(match_osm({"leisure": "pitch"}, area))
    assert len(sizes) == 1


@settings(deadline=None)
@given(st.floats(min_value=400, max_value=1e7, allow_nan=False))
def test_one_park_is_one_size(area: float) -> None:
    assert len(match_osm({"leisure": "park"}, area)) == 1


def test_a_hundred_thousand_objects_take_less_than_a_second() -> None:
    plain = {"building": "yes", "addr:street": "滨河路", "height": "9"}
    objects = [plain, {"shop": "convenience", "name": "好邻居"}, {"amenity": "school", "name": "一小"}, plain] * 25_000
    match_osm({"shop": "convenience"})
    best = min(_timed(objects) for _ in range(3))
    assert best < 1.0


def _timed(objects: list[dict[str, str]]) -> float:
    start = time.perf_counter()
    for tags in objects:
        match_osm(tags)
    return time.perf_counter() - start


AMAP = [
    ("060200", "7-ELEVEn", {"convenience_store"}),
    ("060705", "老李蔬菜", {"fresh_grocery_shop"}),
    ("", "海北农贸市场", {"wet_market"}),
    ("060703", "海鲜批发市场", set()),
    ("090601", "大参林药房(滨河店)", {"pharmacy"}),
    ("", "宠物药房", {"pet_service"}),
    ("141203", "第一小学", {"primary_school"}),
    ("141203", "第一小学家长学校", set()),
    ("", "好孩子口腔（药店旁店）", set()),  # brackets carry branch names
    ("141202", "高级中学", set()),
    ("090102", "新华社区卫生服务中心", {"community_health_centre"}),
    ("", "新华社区卫生服务站", {"community_health_station"}),
    ("150700", "人民路(公交站)", {"bus_stop"}),
    ("200300", "公共厕所", {"public_toilet"}),
    ("160100|160106", "工商银行", {"bank_branch"}),
    ("", "", set()),
]


@pytest.mark.parametrize(("code", "name", "expected"), AMAP)
def test_amap(code: str, name: str, expected: set[str]) -> None:
    assert set(match_amap(code, name)) == expected
