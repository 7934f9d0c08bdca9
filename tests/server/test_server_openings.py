"""Openings: the job that ranks them, its progress and cancelling; ``GET /openings``: its rows, filtered, and refusals."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callers import API, BASE, LOCAL, TestClient
from shapely.geometry import shape

from assess.test_openings import road_city
from kezhong.assess import openings as room
from kezhong.assess.openings import openings_of
from kezhong.assess.openings_kinds import dead_ends
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.server import create_app
from kezhong.server.models import ErrorEnvelope, JobOut, OpeningsOut


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return road_city(tmp_path_factory.mktemp("openings") / "city")


@pytest.fixture(scope="module")
def caller(city: City, static: Path) -> Iterator[TestClient]:
    app = create_app(city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def fresh(city: City, static: Path) -> Iterator[TestClient]:
    """An application that was asked nothing yet."""
    app = create_app(city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as client:
        yield client


class Held:
    """Dead ends are not looked at before they are let go: a moment in the middle of the computation."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.problem: Exception | None = None

    def __call__(self, *asked: Any) -> Any:
        self.reached.set()
        assert self.go_on.wait(60)
        if self.problem:
            raise self.problem
        return dead_ends(*asked)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    found = Held()
    monkeypatch.setattr(room, "dead_ends", found)
    yield found
    found.go_on.set()


def start(caller: TestClient, status: int = 202, **asked: str | None) -> JobOut:
    answer = caller.post(f"{API}/jobs", json={"kind": "openings", **asked})
    assert answer.status_code == status, answer.text
    return JobOut.model_validate_json(answer.content)


def job(caller: TestClient, job_id: str) -> JobOut:
    return JobOut.model_validate_json(caller.get(f"{API}/jobs/{job_id}").content)


def ended(caller: TestClient, begun: JobOut) -> JobOut:
    for _ in range(6000):
        found = job(caller, begun.id)
        if found.state not in ("queued", "running"):
            return found
        time.sleep(0.01)
    pytest.fail("the job does not end")


def ranked(caller: TestClient, **asked: str | None) -> JobOut:
    answer = caller.post(f"{API}/jobs", json={"kind": "openings", **asked})
    done = ended(caller, JobOut.model_validate_json(answer.content))
    assert done.state == "done", done.error
    return done


def refused(caller: TestClient, query: str = "") -> str:
    answer = caller.get(f"{API}/openings{query}")
    assert answer.status_code == 404, answer.text
    return ErrorEnvelope.model_validate_json(answer.content).error.code


def told(caller: TestClient, query: str = "") -> OpeningsOut:
    answer = caller.get(f"{API}/openings{query}")
    assert answer.status_code == 200, answer.text
    return OpeningsOut.model_validate_json(answer.content)


def test_rows_are_those_of_the_assess_room(caller: TestClient, city: City) -> None:
    done = ranked(caller)
    page, table = told(caller), openings_of(city).table
    assert done.result is not None
    assert done.result.openings == page.total
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
    for asked in ({}, {"element": "kindergarten"}, {"walker": "wheelchair"}, {"element": "police_station"}):
        ranked(caller, **asked)
    whole = told(caller)
    assert told(caller, "?kind=closed_gate").total == 0
    parts = [told(caller, f"?area={code}") for code in ("C1", "C2", "C3", "C4")]
    assert sum(part.total for part in parts) == whole.total
    assert all(row.area_code == "C3" for row in parts[2].items)
    assert len(told(caller, "?limit=1").items) == 1
    assert {one.id for row in told(caller, "?element=kindergarten").items for one in row.elements} == {"kindergarten"}
    assert told(caller, "?walker=wheelchair").walker == "wheelchair"
    assert told(caller, "?element=police_station").reason == "no_requirement"


def test_kept_and_unchanged(caller: TestClient, city: City) -> None:
    ranked(caller)
    again = start(caller, 200)
    assert (again.state, again.progress) == ("done", 1.0)
    assert again.parameters == {
        "basis": city.config.basis, "walker": None, "element": None, "snapshot": city.snapshot.id
    }  # fmt: skip
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


def test_nothing_is_computed_in_a_reading(fresh: TestClient) -> None:
    assert refused(fresh) == "server.openings_not_computed"
    ranked(fresh, element="kindergarten")
    assert told(fresh, "?element=kindergarten").total > 0
    assert refused(fresh) == "server.openings_not_computed"
    assert refused(fresh, "?walker=wheelchair&element=kindergarten") == "server.openings_not_computed"
    answer = fresh.get(f"{API}/openings").json()["error"]
    assert "/api/v1/jobs" in answer["action"]["zh"]
    assert "/api/v1/jobs" in answer["action"]["en"]


def test_progress_and_one_job_a_question(fresh: TestClient, held: Held) -> None:
    begun = start(fresh)
    assert held.reached.wait(60)
    running = job(fresh, begun.id)
    assert (running.kind, running.state, running.result) == ("openings", "running", None)
    assert 0.3 < running.progress < 0.6
    assert running.step.zh != running.step.en
    assert "." not in running.step.en
    assert start(fresh).id == begun.id
    assert start(fresh, walker="wheelchair").id != begun.id
    assert refused(fresh) == "server.openings_not_computed"
    held.go_on.set()
    assert ended(fresh, begun).state == "done"


def test_cancelled_in_the_middle_nothing_is_kept(fresh: TestClient, held: Held, city: City) -> None:
    begun = start(fresh)
    assert held.reached.wait(60)
    assert fresh.post(f"{API}/jobs/{begun.id}/cancel").status_code == 200
    after = start(fresh)  # a job that is being cancelled is not waited for
    assert after.id != begun.id
    held.go_on.set()
    first = ended(fresh, begun)
    assert (first.state, first.result, first.error) == ("cancelled", None, None)
    assert ended(fresh, after).state == "done"
    assert [row.id for row in told(fresh).items] == openings_of(city).table["id"].tolist()


def test_cancelled_and_not_asked_again(fresh: TestClient, held: Held) -> None:
    begun = start(fresh)
    assert held.reached.wait(60)
    fresh.post(f"{API}/jobs/{begun.id}/cancel")
    held.go_on.set()
    assert ended(fresh, begun).state == "cancelled"
    assert refused(fresh) == "server.openings_not_computed"


def test_a_failure_is_explained(fresh: TestClient, held: Held) -> None:
    held.problem = DataMissingError("assess.no_streets")
    held.go_on.set()
    failed = ended(fresh, start(fresh))
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.code == "assess.no_streets"
    assert refused(fresh) == "server.openings_not_computed"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"walker": "none"}, 404, "catalogue.unknown_walker"),
        ({"element": "none"}, 404, "catalogue.unknown_element"),
        ({"basis": "none"}, 404, "catalogue.unknown_basis"),
        ({"force": True}, 422, "server.invalid_request"),
        ({"walker": 7}, 422, "server.invalid_request"),
    ],
)
def test_a_job_that_cannot_be(caller: TestClient, asked: dict[str, Any], status: int, code: str) -> None:
    answer = caller.post(f"{API}/jobs", json={"kind": "openings", **asked})
    assert answer.status_code == status
    error = ErrorEnvelope.model_validate_json(answer.content).error
    assert error.code == code
    assert error.details.get("field", "") in ("", *asked)  # the field as the caller wrote it
