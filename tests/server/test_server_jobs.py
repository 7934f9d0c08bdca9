"""Jobs over HTTP: start, follow, cancel, idempotency; and that the endpoints stay quick meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from callers import API, TestClient

import small_city
from kezhong.errors import InputError
from kezhong.progress import Progress
from kezhong.server import models
from small_city import SmallCity


class Assess:
    """Stands in for the assessment: waits while reporting, then writes a run with known numbers."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()
        self.calls: list[dict[str, Any]] = []
        self.problem: Exception | None = None

    def __call__(self, city: Any, *, progress: Progress, **asked: Any) -> Any:
        self.calls.append(asked)
        self.started.set()
        while not self.go_on.wait(0.005):
            progress(0.42, "assess.step_reach")
        if self.problem:
            raise self.problem
        return SimpleNamespace(run=small_city.write_run(city, asked["basis"], asked["walker"]))


@pytest.fixture
def assess(monkeypatch: pytest.MonkeyPatch) -> Iterator[Assess]:
    """The stand-in, let go at the end."""
    import kezhong.assess as room

    stand_in = Assess()
    monkeypatch.setattr(room, "assess", stand_in, raising=False)
    yield stand_in
    stand_in.go_on.set()


def _job(client: TestClient, job_id: str) -> models.JobOut:
    return models.JobOut.model_validate_json(client.get(f"{API}/jobs/{job_id}").content)


def _wait(client: TestClient, job_id: str) -> models.JobOut:
    for _ in range(1000):
        job = _job(client, job_id)
        if job.state not in ("queued", "running"):
            return job
        time.sleep(0.01)
    pytest.fail("the job does not end")


def _start(client: TestClient, status: int = 202, headers: dict[str, str] | None = None, **asked: Any) -> models.JobOut:
    response = client.post(f"{API}/jobs", json={"kind": "assess", **asked}, headers=headers)
    assert response.status_code == status, response.text
    return models.JobOut.model_validate_json(response.content)


def test_a_job_is_followed_to_its_run(own_client: TestClient, assess: Assess) -> None:
    job = _start(own_client, basis="gb50180-2018", walker="elderly")
    assert assess.started.wait(10)
    time.sleep(0.05)
    running = _job(own_client, job.id)
    assert (running.state, running.progress, running.result) == ("running", 0.42, None)
    assert running.step.zh != running.step.en
    assert "." not in running.step.en
    assess.go_on.set()
    done = _wait(own_client, job.id)
    assert (done.state, done.progress) == ("done", 1.0)
    assert done.result is not None
    resolved = own_client.get(f"{API}/runs/resolve?basis=gb50180-2018&walker=elderly").json()
    assert resolved == {"run": done.result.run}
    assert assess.calls == [{"basis": "gb50180-2018", "walker": "older_70", "force": False}]
    listed = models.JobList.model_validate_json(own_client.get(f"{API}/jobs").content)
    assert [entry.id for entry in listed.items] == [job.id]


def test_a_run_that_exists_is_given_at_once_unless_forced(
    own_city: SmallCity, own_client: TestClient, assess: Assess
) -> None:
    job = _start(own_client, 200)
    assert job.state == "done"
    assert job.result is not None
    assert job.result.run == own_city.run.id
    assert assess.calls == []
    assess.go_on.set()
    forced = _wait(own_client, _start(own_client, 202, force=True).id)
    assert forced.state == "done"
    assert len(assess.calls) == 1


def test_cancel_a_running_job(own_client: TestClient, assess: Assess) -> None:
    job = _start(own_client, basis="gb50180-2018")
    assert assess.started.wait(10)
    assert own_client.post(f"{API}/jobs/{job.id}/cancel").status_code == 200
    ended = _wait(own_client, job.id)
    assert (ended.state, ended.result, ended.error) == ("cancelled", None, None)
    assert own_client.get(f"{API}/runs/resolve?basis=gb50180-2018").json() == {"run": None}
    assert own_client.post(f"{API}/jobs/{job.id}/cancel").json()["state"] == "cancelled"


def test_idempotency_key(own_client: TestClient, assess: Assess) -> None:
    headers = {"Idempotency-Key": "one"}
    first = _start(own_client, headers=headers, basis="gb50180-2018")
    assert _start(own_client, headers=headers, basis="gb50180-2018").id == first.id
    assert _start(own_client, basis="gb50180-2018").id == first.id  # one job a key at a time
    other = own_client.post(f"{API}/jobs", json={"kind": "assess", "basis": "wzjz-2020"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "jobs.key_reused"
    assess.go_on.set()
    _wait(own_client, first.id)
    assert _start(own_client, 200, headers=headers, basis="gb50180-2018").id == first.id


def test_a_failed_job_says_what_to_do(own_client: TestClient, assess: Assess) -> None:
    assess.problem = InputError("city.bad_value", layer="demand", row="7", column="people", value="x", expected="y")
    assess.go_on.set()
    job = _wait(own_client, _start(own_client, basis="gb50180-2018").id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "city.bad_value"
    assert job.error.details["row"] == "7"


@pytest.mark.parametrize("asked", [{"basis": "nonsense"}, {"walker": "nonsense"}])
def test_unknown_basis_or_walker(own_client: TestClient, assess: Assess, asked: dict[str, str]) -> None:
    assert own_client.post(f"{API}/jobs", json={"kind": "assess", **asked}).status_code == 404
    assert assess.calls == []


def test_stopping_the_server_cancels(own_city: SmallCity, assess: Assess, static: Any) -> None:
    from callers import BASE, LOCAL

    from kezhong.server import create_app

    app = create_app(own_city.city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL) as client:
        job = _start(client, basis="gb50180-2018")
        assert assess.started.wait(10)
    assert app.state.kezhong.jobs.get(job.id).now().state == "cancelled"


def test_endpoints_stay_quick_while_a_job_computes(
    own_city: SmallCity, own_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job holds the interpreter as table work does; the endpoints must get their turn."""
    import kezhong.assess as room

    stop = threading.Event()

    def busy(city: Any, *, progress: Progress, **asked: Any) -> Any:
        while not stop.is_set():
            sum(number * number for number in range(2000))
            progress(0.5, "assess.step_reach")
        return SimpleNamespace(run=own_city.run)

    monkeypatch.setattr(room, "assess", busy, raising=False)
    path = f"{API}/runs/{own_city.run.id}/shortfalls"
    own_client.get(path)
    job = _start(own_client, basis="gb50180-2018")
    times = []
    for _ in range(40):
        begun = time.perf_counter()
        assert own_client.get(path).status_code == 200
        times.append(time.perf_counter() - begun)
    stop.set()
    assert _wait(own_client, job.id).state == "done"
    assert sorted(times)[len(times) // 2] < 0.25  # generous: the machine may be shared
