"""A city without data: every endpoint of the pages gives a designed empty answer or says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import API, BASE, LOCAL, TestClient

from kezhong.city.config import CityConfig
from kezhong.city.workspace import City
from kezhong.intake import new_city
from kezhong.server import create_app, models


def _bare(folder: Path) -> City:
    return City.create(folder, CityConfig(name="空城"))


def _named(folder: Path) -> City:
    return new_city(folder, "空城")


def _template(folder: Path) -> City:
    return new_city(folder, template="wuhai")


@pytest.fixture(params=[_bare, _named, _template], ids=["bare", "new", "template"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, static: Path) -> Iterator[TestClient]:
    """Cities just made: a folder, the root area, a tree without shapes."""
    city: City = request.param(tmp_path / "city")
    app = create_app(city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as found:
        yield found


def test_what_the_pages_ask_first(empty: TestClient) -> None:
    assert empty.get("/").status_code == 200
    assert empty.get("/health/ready").json() == {"status": "ok"}
    city = models.CityInfo.model_validate_json(empty.get(f"{API}/city").content)
    assert city.bounds is None
    assert city.center is None
    assert not city.basemap
    assert city.counts.people == 0
    assert city.counts.facilities == 0
    assert (city.snapshot is None) == (city.snapshots == []) == (city.quality is None)
    if city.quality is not None:
        assert city.quality.insufficient
    for path in ("catalogue", "bases", "session"):
        assert empty.get(f"{API}/{path}").status_code == 200


def test_lists_are_empty(empty: TestClient) -> None:
    assert empty.get(f"{API}/runs").json() == {"items": [], "next_cursor": None}
    assert empty.get(f"{API}/jobs").json() == {"items": [], "next_cursor": None}
    assert empty.get(f"{API}/runs/resolve").json() == {"run": None}
    hits = models.Hits.model_validate_json(empty.get(f"{API}/search?q=a").content).items
    assert {hit.kind for hit in hits} <= {"area", "element"}


@pytest.mark.parametrize(
    "part", ["", "/areas", "/coverage", "/cells?element=*", "/facilities?element=*", "/shortfalls",
             "/shortfalls/export", "/shortfalls/sf-1", "/explain?area=a&element=wet_market",
             "/explain-point?lon=106&lat=39&element=wet_market"],
)  # fmt: skip
def test_there_is_no_run_to_ask(empty: TestClient, part: str) -> None:
    response = empty.get(f"{API}/runs/r-0123456789abcdef{part}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "city.no_run")


def test_there_is_no_base_map(empty: TestClient) -> None:
    response = empty.get(f"{API}/basemap.pmtiles")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "server.no_basemap")


def test_an_assessment_says_what_is_missing(empty: TestClient) -> None:
    sent = empty.post(f"{API}/jobs", json={"kind": "assess"})
    assert sent.status_code == 202
    job = empty.app.state.kezhong.jobs.get(sent.json()["id"])  # type: ignore[attr-defined]
    assert job.wait(60)
    found = models.JobOut.model_validate_json(empty.get(f"{API}/jobs/{job.id}").content)
    assert found.state == "failed"
    assert found.error is not None
    assert found.error.code == "assess.no_streets"
    assert "kezhong import" in found.error.action.zh
