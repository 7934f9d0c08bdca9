"""The job runner: states, progress, cancelling, keys, closing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.jobs import Job, JobRunner, JobState
from kezhong.progress import Progress


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    """A runner that is closed afterwards."""
    made = JobRunner()
    yield made
    assert made.close()


class Gate:
    """Work that waits until it is let through, reporting all the while."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.calls = 0

    def __call__(self, progress: Progress) -> Mapping[str, Any]:
        self.calls += 1
        self.started.set()
        while not self.go_on.wait(0.005):
            progress(0.5, "jobs.starting")
        return {"run": "r-1"}


def _done(progress: Progress) -> Mapping[str, Any]:
    progress(0.7, "jobs.starting")
    progress(0.3, "jobs.starting")
    return {"run": "r-0"}


def _over(job: Job) -> JobState:
    assert job.wait(10)
    return job.now().state


def test_a_job_runs_and_keeps_its_result(runner: JobRunner) -> None:
    job = runner.submit("assess", _done, key="a", parameters={"basis": "b"})
    assert _over(job) is JobState.DONE
    state = job.now()
    assert state.result == {"run": "r-0"}
    assert state.progress == 1.0
    assert state.parameters == {"basis": "b"}
    assert state.created
    assert state.started
    assert state.finished
    assert runner.get(job.id) is job


def test_progress_never_runs_backwards_and_stays_between_0_and_1(runner: JobRunner) -> None:
    seen: list[float] = []

    def work(progress: Progress) -> Mapping[str, Any]:
        for share in (-1.0, 0.4, 0.2, 7.0):
            progress(share, "jobs.starting")
            seen.append(job.now().progress)
        return {}

    ready = threading.Event()

    def waiting(progress: Progress) -> Mapping[str, Any]:
        ready.wait(10)
        return work(progress)

    job = runner.submit("assess", waiting, key="a")
    ready.set()
    _over(job)
    assert seen == [0.0, 0.4, 0.4, 1.0]


def test_cancel_while_running_ends_at_the_next_report(runner: JobRunner) -> None:
    gate = Gate()
    job = runner.submit("assess", gate, key="a")
    assert gate.started.wait(10)
    assert job.now().state is JobState.RUNNING
    job.cancel()
    assert _over(job) is JobState.CANCELLED
    assert job.now().result is None
    job.cancel()  # a second time changes nothing
    assert job.now().state is JobState.CANCELLED


def test_cancel_while_waiting_never_starts(runner: JobRunner) -> None:
    gate, later = Gate(), Gate()
    first = runner.submit("assess", gate, key="a")
    second = runner.submit("assess", later, key="b")
    assert second.now().state is JobState.QUEUED
    second.cancel()
    gate.go_on.set()
    assert _over(first) is JobState.DONE
    assert _over(second) is JobState.CANCELLED
    assert later.calls == 0


def test_cancel_of_a_finished_job_leaves_its_result(runner: JobRunner) -> None:
    job = runner.submit("assess", _done, key="a")
    _over(job)
    job.cancel()
    assert job.now().state is JobState.DONE


def test_one_job_a_key_at_a_time(runner: JobRunner) -> None:
    gate = Gate()
    first = runner.submit("assess", gate, key="a")
    assert runner.submit("assess", gate, key="a") is first
    gate.go_on.set()
    _over(first)
    assert runner.submit("assess", _done, key="a") is not first
    assert gate.calls == 1


def test_a_job_that_is_being_cancelled_is_not_joined(runner: JobRunner) -> None:
    started, go_on = threading.Event(), threading.Event()

    def deaf(progress: Progress) -> Mapping[str, Any]:
        started.set()
        assert go_on.wait(10)
        return _done(progress)

    first = runner.submit("assess", deaf, key="a")
    assert started.wait(10)
    first.cancel()
    second = runner.submit("assess", _done, key="a")
    assert second is not first
    go_on.set()
    assert _over(first) is JobState.CANCELLED
    assert _over(second) is JobState.DONE


def test_idempotency_key_gives_the_same_job_also_when_over(runner: JobRunner) -> None:
    first = runner.submit("assess", _done, key="a", idempotency_key="k")
    _over(first)
    assert runner.submit("assess", _done, key="a", idempotency_key="k") is first
    assert runner.record("assess", {"run": "r"}, key="a", idempotency_key="k") is first


def test_idempotency_key_of_other_work_is_refused(runner: JobRunner) -> None:
    runner.submit("assess", _done, key="a", idempotency_key="k")
    with pytest.raises(ConflictError, match=r"jobs\.key_reused"):
        runner.submit("assess", _done, key="b", idempotency_key="k")


def test_failure_keeps_the_error_and_the_next_job_runs(runner: JobRunner) -> None:
    def wrong(progress: Progress) -> Mapping[str, Any]:
        raise InputError("city.bad_value", row=7)

    failed = runner.submit("assess", wrong, key="a")
    assert _over(failed) is JobState.FAILED
    assert isinstance(failed.now().error, InputError)
    assert _over(runner.submit("assess", _done, key="b")) is JobState.DONE


def test_an_unexpected_failure_tells_no_internals(runner: JobRunner, caplog: pytest.LogCaptureFixture) -> None:
    def broken(progress: Progress) -> Mapping[str, Any]:
        raise ZeroDivisionError("secret detail")

    with caplog.at_level(logging.ERROR, "kezhong.jobs"):
        job = runner.submit("assess", broken, key="a")
        assert _over(job) is JobState.FAILED
    error = job.now().error
    assert error is not None
    assert error.code == "jobs.failed"
    assert "secret" not in str(error.envelope())
    assert "secret detail" in caplog.text


def test_unknown_job(runner: JobRunner) -> None:
    with pytest.raises(NotFoundError):
        runner.get("j-0")


def test_recorded_jobs_are_done_and_listed_newest_first(runner: JobRunner) -> None:
    first = runner.record("assess", {"run": "r-1"}, key="a")
    second = runner.record("assess", {"run": "r-2"}, key="b")
    assert [job.id for job in runner.all()] == [second.id, first.id]
    assert first.now().state is JobState.DONE


def test_closing_cancels_and_refuses_new_work() -> None:
    runner = JobRunner()
    gate, later = Gate(), Gate()
    running, waiting = runner.submit("assess", gate, key="a"), runner.submit("assess", later, key="b")
    assert gate.started.wait(10)
    assert runner.close(10)
    assert running.now().state is JobState.CANCELLED
    assert waiting.now().state is JobState.CANCELLED
    with pytest.raises(ConflictError, match=r"jobs\.closing"):
        runner.submit("assess", _done, key="c")


def test_too_many_waiting_jobs_are_refused(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kezhong.jobs.runner.WAITING", 2)
    gate = Gate()
    runner.submit("assess", gate, key="0")
    assert gate.started.wait(10)
    for key in ("1", "2"):
        runner.submit("assess", _done, key=key)
    with pytest.raises(ConflictError, match=r"jobs\.too_many"):
        runner.submit("assess", _done, key="3")
    gate.go_on.set()


def test_old_finished_jobs_are_forgotten(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kezhong.jobs.runner.KEEP", 3)
    jobs = [runner.record("assess", {"run": "r"}, key=str(n), idempotency_key=str(n)) for n in range(6)]
    kept = {job.id for job in runner.all()}
    assert jobs[0].id not in kept
    assert jobs[-1].id in kept
    assert len(kept) <= 4
