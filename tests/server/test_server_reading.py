"""What the endpoints say of the small city: the same numbers that were put in."""

from __future__ import annotations

import shapely
from callers import API, TestClient
from pydantic import TypeAdapter
from shapely.geometry import shape

import small_city
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.vocabulary import AGE_GROUPS
from kezhong.server import models
from small_city import COMMUNITIES, ELEMENTS, NAMES, SmallCity


def test_city(client: TestClient, small: SmallCity) -> None:
    city = models.CityInfo.model_validate_json(client.get(f"{API}/city").content)
    assert (city.name, city.name_en, city.synthetic, city.basemap) == ("试验市", "Trial City", True, True)
    assert city.counts.areas == {"community": 6, "life_circle": 1, "street": 3, "district": 2, "city": 1}
    assert city.counts.facilities == 6
    assert city.counts.people == small_city.demand()["people"].sum()
    assert city.counts.demand == 24
    assert city.levels == ["community", "life_circle", "street", "district", "city"]
    assert city.bounds == [106.8, 39.6, 106.83, 39.62]
    assert city.snapshot is not None
    assert city.snapshot.id == small.city.snapshot.id
    assert [found.id for found in city.snapshots] == [small.city.snapshot.id]
    assert city.quality is not None
    assert city.quality.insufficient == (city.quality.score < city.quality.threshold)


def test_catalogue_and_bases(client: TestClient) -> None:
    book = load_catalogue()
    found = models.CatalogueOut.model_validate_json(client.get(f"{API}/catalogue").content)
    assert [element.id for element in found.elements] == list(book.elements)
    assert len(found.circles) == 8
    assert {group.id for group in found.age_groups} == set(AGE_GROUPS)
    assert {walker.id for walker in found.walkers} == set(book.walkers)
    bases = TypeAdapter(list[models.BasisOut]).validate_json(client.get(f"{API}/bases").content)
    assert [basis.id for basis in bases] == list(book.bases)
    default = next(basis for basis in bases if basis.id == "kezhong-default")
    assert default.required == list(load_basis("kezhong-default").required)
    for rule in default.requirements:
        assert rule.normative or "建议值" in rule.clause.zh


def test_runs(client: TestClient, small: SmallCity) -> None:
    runs = models.RunList.model_validate_json(client.get(f"{API}/runs").content).items
    assert [run.id for run in runs] == [small.run.id]
    assert models.RunList.model_validate_json(client.get(f"{API}/runs?basis=none").content).items == []
    assert client.get(f"{API}/runs/resolve").json() == {"run": small.run.id}
    assert client.get(f"{API}/runs/resolve?basis=gb50180-2018").json() == {"run": None}
    detail = models.RunDetail.model_validate_json(client.get(f"{API}/runs/{small.run.id}").content)
    assert detail.elements == list(ELEMENTS)
    assert detail.totals.required_met_share == 1 / 3
    assert detail.totals.shortfalls == 12
    assert detail.totals.shortfalls_by_circle == {"convenient_consumption": 6, "inclusive_education": 6}
    assert detail.totals.grades["community"] == {"A": 2, "B": 2, "C": 1, "D": 1}
    assert detail.totals.people == 8000.0


def test_areas(client: TestClient, small: SmallCity) -> None:
    for level, number in (("community", 6), ("life_circle", 1), ("street", 3), ("district", 2), ("city", 1)):
        response = client.get(f"{API}/runs/{small.run.id}/areas?level={level}")
        features = models.AreaCollection.model_validate_json(response.content).features
        assert len(features) == number
    features = client.get(f"{API}/runs/{small.run.id}/areas").json()["features"]
    first = features[0]["properties"]
    assert first["full_name"] == "东岸区滨河街道和平社区"
    assert (first["grade"], first["people"], first["required_met"]) == ("A", 1000.0, 1)
    assert [entry["element"] for entry in first["failing"]] == ["kindergarten", "wet_market"]
    assert first["failing"][1]["gap_zh"] == "超出 120 m"
    assert shape(features[0]["geometry"]).equals(small_city.square(0, 0))
    assert features[5]["geometry"] is None  # the village came without a shape


def test_a_life_circle_without_a_shape_has_that_of_its_communities(client: TestClient, small: SmallCity) -> None:
    feature = client.get(f"{API}/runs/{small.run.id}/areas?level=life_circle").json()["features"][0]
    members = shapely.union_all([small_city.square(0, 1), small_city.square(1, 0), small_city.square(1, 1)])
    assert shape(feature["geometry"]).symmetric_difference(members).area < 1e-12


def test_coverage(client: TestClient, small: SmallCity) -> None:
    response = client.get(f"{API}/runs/{small.run.id}/coverage?element=kindergarten")
    found = models.Coverage.model_validate_json(response.content)
    assert [row.area_code for row in found.rows] == list(COMMUNITIES)
    row = found.rows[2]
    assert (row.value, row.numerator, row.denominator, row.status) == (0.4, 40.0, 100.0, "falls_short")
    assert row.reason == "too_far"
    assert row.variants["population"].value == 0.2
    assert (row.nearest_m_mean, row.minutes_mean) == (300.0, 4.5)
    assert found.requirement is not None
    assert found.requirement.element == "kindergarten"
    every = models.Coverage.model_validate_json(client.get(f"{API}/runs/{small.run.id}/coverage").content)
    assert every.rows[0].value == 1 / 3
    assert every.requirement is None


def test_cells_gather_units_by_people(client: TestClient, small: SmallCity) -> None:
    body = client.get(f"{API}/runs/{small.run.id}/cells?element=wet_market").content
    cells = models.Cells.model_validate_json(body)
    units = small_city.demand()
    assert cells.n == units["cell_id"].nunique() == 18
    for column in (cells.lon, cells.lat, cells.m, cells.min, cells.people, cells.reason):
        assert len(column) == cells.n
    names = sorted(units["cell_id"].unique())
    place = names.index(units.set_index("demand_id").loc["d00", "cell_id"])
    # units d00 and d03 (100 people each) share the cell: 100.0 m and 250.0 m
    assert cells.m[place] == 175.0
    assert cells.people[place] == 200.0
    small_place = names.index(units.set_index("demand_id").loc["d01", "cell_id"])
    assert cells.people[small_place] is None  # two people: guarded
    assert cells.small_count == 5
    assert abs(cells.lon[place] - 106.802) < 0.001


def test_cells_without_a_value_say_why(client: TestClient, small: SmallCity) -> None:
    cells = client.get(f"{API}/runs/{small.run.id}/cells?element=kindergarten").json()
    units = small_city.demand()
    names = sorted(units["cell_id"].unique())
    place = names.index(units.iloc[5]["cell_id"])
    assert cells["m"][place] is None
    assert cells["min"][place] is None
    assert cells["reasons"][str(cells["reason"][place])]["zh"] == "搜索范围内没有设施"
    assert sum(value is None for value in cells["m"]) == 1


def test_cells_of_all_elements_show_the_worst(client: TestClient, small: SmallCity) -> None:
    cells = models.Cells.model_validate_json(client.get(f"{API}/runs/{small.run.id}/cells?element=*").content)
    assert cells.ratio is not None
    assert cells.worst is not None
    units = small_city.demand()
    names = sorted(units["cell_id"].unique())
    limits = {rule.element: rule.threshold.value for rule in load_basis("kezhong-default").requirements_for("old")
              if rule.threshold and rule.element in ELEMENTS}  # fmt: skip
    unit = 10  # a unit of the third community (old), alone in its cell
    metres = {"wet_market": (unit * 500 + 1000) / 10, "kindergarten": 400.0, "public_toilet": unit * 10.0}
    ratios = {name: metres[name] / limit for name, limit in limits.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    place = names.index(units.iloc[unit]["cell_id"])
    assert cells.worst[place] == worst
    assert cells.ratio[place] == round(ratios[worst], 3)
    assert cells.m[place] == metres[worst]


def test_facilities(client: TestClient, small: SmallCity) -> None:
    response = client.get(f"{API}/runs/{small.run.id}/facilities?element=kindergarten")
    found = models.FacilityCollection.model_validate_json(response.content).features
    assert len(found) == 2
    assert found[0].properties.capacity == 120.0
    assert found[0].properties.name is None
    assert len(client.get(f"{API}/runs/{small.run.id}/facilities?element=*").json()["features"]) == 6
    assert client.get(f"{API}/runs/{small.run.id}/facilities?element=nursery").json()["features"] == []


def test_session_and_health(client: TestClient) -> None:
    session = models.Session.model_validate_json(client.get(f"{API}/session").content)
    assert session.principal == "local-analyst"
    assert "jobs:run" in session.permissions
    for path in ("/health/live", "/health/ready", f"{API}/health/live"):
        assert client.get(path).json() == {"status": "ok"}


def test_search(client: TestClient, small: SmallCity) -> None:
    def ids(text: str, **more: object) -> list[str]:
        response = client.get(f"{API}/search", params={"q": text, **more})
        return [hit.id for hit in models.Hits.model_validate_json(response.content).items]

    assert ids("和平社区")[0] == COMMUNITIES[0]
    assert ids("hepingshequ")[0] == COMMUNITIES[0]
    assert ids("hpsq")[0] == COMMUNITIES[0]
    assert ids("HP")[:1] == [COMMUNITIES[0]] or "LC1" in ids("HP")
    assert ids("150301002002")[0] == COMMUNITIES[3]
    assert ids("chongqing")[0] == COMMUNITIES[3]  # 重 read as in 重庆
    assert ids("kindergarten")[0] == "kindergarten"
    assert ids("幼儿园")[0] == "kindergarten"
    assert "ledger:wet_market-0" in ids("和平菜")
    assert ids("东岸")[0] == "150301"
    assert ids("  ") == []
    assert ids("zzzzqq") == []
    assert len(ids("社区", limit=3)) == 3
    assert not [key for key in ids("矿山社区 ") if key.startswith("sf-")]
    assert [key for key in ids("矿山社区 ", run=small.run.id) if key.startswith("sf-")]


def test_names_of_communities_are_found_by_any_part(client: TestClient) -> None:
    for code, name in zip(COMMUNITIES, NAMES, strict=True):
        for text in (name, name[:2], code):
            hits = client.get(f"{API}/search", params={"q": text, "limit": 50}).json()["items"]
            assert code in [hit["id"] for hit in hits]


def test_explanations(client: TestClient, small: SmallCity) -> None:
    base = f"{API}/runs/{small.run.id}"
    response = client.get(f"{base}/explain", params={"area": COMMUNITIES[0], "element": "wet_market"})
    found = models.Explanation.model_validate_json(response.content)
    assert (found.area.code, found.element.id) == (COMMUNITIES[0], "wet_market")
    assert "和平社区" in found.verdict_zh
    assert found.shortfall_id == f"sf-wet_market-{COMMUNITIES[0]}"
    assert found.versions["snapshot"] == small.city.snapshot.id
    by_name = client.get(f"{base}/explain", params={"area": NAMES[0], "element": "wet_market"})
    assert by_name.json()["area"]["code"] == COMMUNITIES[0]
    point = {"lon": small_city.WEST + 0.0021, "lat": small_city.SOUTH + 0.005, "element": "kindergarten"}
    nearest = models.Explanation.model_validate_json(client.get(f"{base}/explain-point", params=point).content)
    assert nearest.unit is not None
    assert nearest.unit.demand_id in ("d00", "d03")
    assert nearest.area.code == COMMUNITIES[0]
    assert client.get(f"{base}/explain?area=none&element=wet_market").status_code == 404
    assert client.get(f"{base}/explain?area={COMMUNITIES[0]}&element=none").status_code == 404
