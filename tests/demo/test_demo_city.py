"""The demonstration city, brought in through public intake and assessed: it tells the story it is meant to tell."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from kezhong.assess import Assessment, assess
from kezhong.city.workspace import City
from kezhong.demo import PLANTED, SILENT, build_city, generate_files
from kezhong.demo.build import BASIS
from kezhong.quality import gate


@pytest.fixture(scope="module")
def assessment(demo_city: City) -> Assessment:
    return assess(demo_city, basis=BASIS, walker="standard")


def _short(city: City) -> dict[str, str]:
    return {code: name.removesuffix("社区") for code, name in city.areas.name.items()}


def test_the_first_rows_of_each_circle_are_the_planted_ones(demo_city: City, assessment: Assessment) -> None:
    names = _short(demo_city)
    rows = assessment.shortfalls.sort_values("rank")
    for circle, own in rows.groupby("circle"):
        planted = {(plant.community, plant.element) for plant in PLANTED if plant.circle == circle}
        first = own.head(len(planted))
        found = set(zip(first["area_code"].map(names), first["element"], strict=True))
        assert found == planted, circle
    assert set(rows["circle"]) == {plant.circle for plant in PLANTED}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_plan_holds_for_other_seeds(seed: int, tmp_path: Path) -> None:
    city = build_city(tmp_path / "city", generate_files(tmp_path / "files", seed=seed))
    test_the_first_rows_of_each_circle_are_the_planted_ones(city, assess(city, basis=BASIS, walker="standard"))


def test_planted_shortfalls_stand_out(demo_city: City, assessment: Assessment) -> None:
    names = _short(demo_city)
    rows = assessment.shortfalls
    pairs = list(zip(rows["area_code"].map(names), rows["element"], strict=True))
    planted = np.array([pair in {(plant.community, plant.element) for plant in PLANTED} for pair in pairs])
    assert rows["target_share"][planted].min() > 0.7
    assert rows["target_share"][~planted].max() < 0.5
    assert (rows["target_affected"][planted] > 150).all()
    assert 60 <= len(rows) <= 150


def test_neither_all_red_nor_all_green(demo_city: City, assessment: Assessment) -> None:
    circles = assessment.grades[assessment.grades["area_level"] == "life_circle"]
    counted = Counter(circles["grade"])
    assert sum(counted.values()) == 14
    assert counted["A"] + counted["B"] >= 6
    assert counted["C"] + counted["D"] >= 2
    named = dict(zip(circles["area_code"].map(demo_city.areas.name), circles["grade"], strict=True))
    assert (named["云麓生活圈"], named["炉前生活圈"]) == ("C", "D"), "the tour says so"


def test_the_silent_community_is_data_insufficient_and_no_shortfall(demo_city: City, assessment: Assessment) -> None:
    code = demo_city.areas.find(f"{SILENT}社区")
    assert gate(demo_city).insufficient(code, "wet_market")
    row = assessment.grades.set_index("area_code").loc[code]
    assert row["grade"] == "insufficient"
    assert code not in set(assessment.shortfalls["area_code"])
    people = demo_city.layer("demand").groupby("community_code")["people"].sum()
    assert people[code] > 3000
    insufficient = assessment.grades[assessment.grades["grade"] == "insufficient"]
    assert list(insufficient["area_code"]) == [code]


def test_totals_survive_intake(demo_city: City) -> None:
    demand = demo_city.layer("demand")
    assert demand["people"].sum() == pytest.approx(560_000, rel=0.01)
    assert demand["community_code"].notna().all()
    assert demand["cell_id"].nunique() < 15_000
    assert set(demand["age_basis"]) == {"counted"}
    levels = Counter(demo_city.areas.frame["level"])
    assert levels == {"city": 1, "district": 3, "street": 22, "community": 87}
    assert len(demo_city.areas.circles) == 14
    kinds = Counter(demo_city.areas.community_type.values())
    assert all(kinds[kind] >= 10 for kind in ("new", "existing", "old", "village"))


def test_network_is_whole_and_of_a_citys_size(demo_city: City) -> None:
    edges = demo_city.layer("street_edges")
    assert 10_000 <= len(edges) <= 25_000
    nodes = pd.Index(pd.unique(edges[["from_node", "to_node"]].to_numpy().ravel()))
    pairs = nodes.get_indexer(edges["from_node"]), nodes.get_indexer(edges["to_node"])
    graph = csr_matrix((np.ones(len(edges)), pairs), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=False)
    assert np.bincount(label).max() / len(nodes) > 0.99
    assert edges["bridge"].sum() >= 2
    assert edges["steps"].sum() >= 20


def test_river_and_railway_divide(demo_city: City) -> None:
    """Two bridges over the river between the districts; three passages under the railway through the main one."""
    land = demo_city.geo("landscape")
    rail = shapely.union_all(land.geometry[land["kind"] == "railway"].to_numpy())
    edges = demo_city.geo("street_edges")
    over_rail = edges[edges.geometry.crosses(rail) & edges["tunnel"].astype(bool)]
    assert 3 <= len(over_rail) <= 4
    water = shapely.union_all(land.geometry[land["kind"].isin(["water", "river"])].to_numpy())
    over_river = edges[edges.geometry.intersects(water)]
    assert len(over_river) == 2
    assert over_river["bridge"].all()


def test_sources_are_joined_and_states_kept(demo_city: City) -> None:
    points = demo_city.layer("service_points")
    joined = points["source_refs"].str.contains(" ")
    assert joined.sum() > 400
    assert {"open", "planned", "building", "closed"} <= set(points["status"])
    served = points.groupby("facility_id")["element"].nunique()
    assert (served >= 3).sum() > 20
    reading = points[(points["element"] == "reading_room") & points["facility_id"].str.contains("政法委")]
    assert reading["floor_area_m2"].between(50, 500).all()
    assert reading["hours"].str.contains("21:00").all()
    assert points["grid_code"].notna().mean() > 0.9


def test_gated_estates_send_their_people_through_gates(demo_city: City) -> None:
    exits = demo_city.layer("demand_exits")
    assert exits["demand_id"].nunique() > 1000
    assert exits["extra_m"].between(0, 600).all()


def test_ledgers_in_other_datums_land_where_they_belong(demo_city: City) -> None:
    """Health (GCJ-02, GBK) and care (EPSG:4545) stand as near to a street as the culture ledger (EPSG:4490) does."""
    places = demo_city.geo("facilities").to_crs(demo_city.config.crs)
    streets = demo_city.geo("street_edges").to_crs(demo_city.config.crs)
    tree = shapely.STRtree(streets.geometry.to_numpy())
    for word in ("卫健委", "民政局", "文体"):
        own = places[places["source"].str.contains(word)].geometry.to_numpy()
        _, gap = tree.query_nearest(own, return_distance=True, all_matches=False)
        assert np.median(gap) < 12, word
        assert gap.max() < 60, word


def test_synthetic_is_said(demo_city: City) -> None:
    assert demo_city.config.synthetic
    assert demo_city.config.name == "示范市"
    assert "虚构" in demo_city.config.attribution[0]
