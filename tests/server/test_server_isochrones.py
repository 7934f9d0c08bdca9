"""``GET /isochrones``: a feature collection that is kept, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from callers import API, BASE, LOCAL, TestClient
from shapely.geometry import shape

from assess.cities import STEP, Lattice, place
from kezhong.server import create_app
from kezhong.server.models import ErrorEnvelope, IsochronesOut

HERE = place(10 * STEP, 5 * STEP)
AT = f"{API}/isochrones?lon={HERE.x}&lat={HERE.y}"


@pytest.fixture(scope="module")
def lattice(tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[TestClient]:
    city = Lattice(tmp_path_factory.mktemp("iso") / "city").build()
    app = create_app(city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as client:
        yield client


def test_areas_of_a_point(lattice: TestClient) -> None:
    response = lattice.get(f"{AT}&streets=true&cells=true")
    assert response.status_code == 200, response.text
    body = IsochronesOut.model_validate_json(response.content)
    assert (body.thresholds, body.unit, body.walker) == ([5.0, 10.0, 15.0], "min", None)
    areas = [one for one in body.features if one.properties.kind == "area"]
    assert [one.properties.threshold for one in areas] == [15.0, 10.0, 5.0]
    large, middle, small = (shape(one.geometry) for one in areas)
    # Outlines are simplified by a quarter of a metre, each by itself.
    assert middle.difference(large).area < 1e-8
    assert small.difference(middle).area < 1e-8
    assert small.covers(shapely.Point(HERE.x, HERE.y))
    assert len(body.features) == 6
    assert areas[0].properties.people > areas[1].properties.people > areas[2].properties.people > 0
    (point,) = body.points
    assert not point.stuck
    assert point.cells is not None
    assert {one.state for one in body.barriers} == {"no_data"}
    again = lattice.get(f"{AT}&streets=true&cells=true", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_walker_hour_and_metres(lattice: TestClient) -> None:
    old = IsochronesOut.model_validate_json(lattice.get(f"{AT}&minutes=10&walker=older_80&hour=44").content)
    usual = IsochronesOut.model_validate_json(lattice.get(f"{AT}&minutes=10").content)
    assert (old.walker, old.hour, old.dark) == ("older_80", 44, True)
    assert old.switches
    assert old.features[0].properties.people < usual.features[0].properties.people
    metres = IsochronesOut.model_validate_json(lattice.get(f"{AT}&metres=100").content)
    assert metres.features[0].properties.streets_m == 400.0


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        (f"{API}/isochrones?lon=0&lat=0", 422, "isochrones.off_map"),
        (f"{API}/isochrones?lon=0", 422, "server.invalid_request"),
        (f"{API}/isochrones?lon=nan&lat=0", 422, "server.invalid_request"),
        (f"{API}/isochrones?lon=0&lat=89", 422, "server.invalid_request"),
        (f"{AT}&minutes=61", 422, "isochrones.bad_threshold"),
        (f"{AT}&minutes=five", 422, "isochrones.bad_list"),
        (f"{AT}&minutes=5&metres=100", 422, "isochrones.bad_unit"),
        (f"{AT}&metres=100&walker=pram", 422, "isochrones.bad_unit"),
        (f"{AT}&night=true", 422, "isochrones.moment_without_walker"),
        (f"{AT}&walker=nobody", 404, "catalogue.unknown_walker"),
        (f"{AT}&walker=pram&hour=192", 422, "server.invalid_request"),
    ],
)
def test_bad_questions(lattice: TestClient, query: str, status: int, code: str) -> None:
    response = lattice.get(query)
    assert response.status_code == status, response.text
    assert ErrorEnvelope.model_validate_json(response.content).error.code == code


def test_a_city_without_streets(client: TestClient) -> None:
    response = client.get(AT)
    assert ErrorEnvelope.model_validate_json(response.content).error.code == "assess.no_streets"
