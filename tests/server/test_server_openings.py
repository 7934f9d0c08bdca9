"""``GET /openings``: the rows of the assess room, filtered, kept, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import API, BASE, LOCAL, TestClient
from shapely.geometry import shape

from assess.test_openings import road_city
from kezhong.assess.openings import openings_of
from kezhong.city.workspace import City
from kezhong.server import create_app
from kezhong.server.models import ErrorEnvelope, OpeningsOut


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return road_city(tmp_path_factory.mktemp("openings") / "city")


@pytest.fixture(scope="module")
def caller(city: City, static: Path) -> Iterator[TestClient]:
    app = create_app(city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as client:
        yield client


def told(caller: TestClient, query: str = "") -> OpeningsOut:
    answer = caller.get(f"{API}/openings{query}")
    assert answer.status_code == 200, answer.text
    return OpeningsOut.model_validate_json(answer.content)


def test_rows_are_those_of_the_assess_room(caller: TestClient, city: City) -> None:
    page, table = told(caller), openings_of(city).table
    assert page.total == len(table) > 0
    assert [row.id for row in page.items] == table["id"].tolist()
    assert [row.rank for row in page.items] == list(range(1, len(table) + 1))
    for row, people in zip(page.items, table["people"], strict=True):
        assert row.people == pytest.approx(people, abs=0.051)
        assert shape(row.geometry).distance(shape({"type": "Point", "coordinates": (row.lon, row.lat)})) < 1e-4
        assert row.elements[0].people == max(one.people for one in row.elements)
        assert row.untested == ["landscape", "buildings"]
    assert {one.id: one.state for one in page.kinds}["closed_gate"] == "no_data"
    assert {one.id: one.state for one in page.kinds}["missing_ramp"] == "no_walker"


def test_filters(caller: TestClient) -> None:
    whole = told(caller)
    assert told(caller, "?kind=closed_gate").total == 0
    parts = [told(caller, f"?area={code}") for code in ("C1", "C2", "C3", "C4")]
    assert sum(part.total for part in parts) == whole.total
    assert all(row.area_code == "C3" for row in parts[2].items)
    assert len(told(caller, "?limit=1").items) == 1
    assert {one.id for row in told(caller, "?element=kindergarten").items for one in row.elements} == {"kindergarten"}
    assert told(caller, "?walker=wheelchair").walker == "wheelchair"
    assert told(caller, "?element=police_station").reason == "no_requirement"


def test_kept_and_unchanged(caller: TestClient) -> None:
    first = caller.get(f"{API}/openings")
    assert caller.get(f"{API}/openings", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?walker=none", 404, "catalogue.unknown_walker"),
        ("?element=none", 404, "catalogue.unknown_element"),
        ("?basis=none", 404, "catalogue.unknown_basis"),
        ("?area=none", 404, "city.unknown_area"),
        ("?kind=door", 422, "server.invalid_request"),
        ("?limit=0", 422, "server.invalid_request"),
    ],
)
def test_refused(caller: TestClient, query: str, status: int, code: str) -> None:
    answer = caller.get(f"{API}/openings{query}")
    assert answer.status_code == status
    assert ErrorEnvelope.model_validate_json(answer.content).error.code == code
