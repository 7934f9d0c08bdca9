"""The in-process job runner: one worker thread, jobs one after the other.

A thread, not a process: the long work (network kernels, array operations) releases the interpreter lock, a job shares
the city's prepared network and tables with the endpoints that read them afterwards, and a started process would first
spend seconds on imports. What a job leaves behind is written by rename, so a killed server loses the job only.
The interface is what a durable queue will offer too: work is named by kind and key, and a job's state is a value.
"""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from kezhong import clock
from kezhong.errors import CancelledError, ConflictError, KezhongError, NotFoundError
from kezhong.progress import Progress

_log = logging.getLogger("kezhong.jobs")
#: Finished jobs that are remembered; the oldest are forgotten first.
KEEP = 200
#: Jobs that may wait; more is a mistake or an attack.
WAITING = 50


class JobState(StrEnum):
    """A job is in exactly one of these."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobFunction(Protocol):
    """The work. It reports through ``progress``, which raises :class:`CancelledError` once it is to stop."""

    def __call__(self, progress: Progress) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job at one moment; immutable, safe to hand to any thread.

    ``progress`` is a share 0–1, ``step`` a code of the message catalogue, times are ISO 8601 in UTC. ``result`` is
    there when the state is *done*, ``error`` when it is *failed*.
    """

    id: str
    kind: str
    key: str
    parameters: Mapping[str, Any]
    state: JobState
    progress: float = 0.0
    step: str = ""
    result: Mapping[str, Any] | None = None
    error: KezhongError | None = None
    created: str = ""
    started: str | None = None
    finished: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass
class Job:
    """A submitted job: ask :meth:`now` for where it stands."""

    _state: JobSnapshot
    _function: JobFunction | None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """The job's id."""
        return self._state.id

    def now(self) -> JobSnapshot:
        """The job as it stands."""
        with self._lock:
            return self._state

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job is over; ``False`` when the time is up first."""
        return self._over.wait(seconds)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked it to stop: it will give no result that another caller could wait for."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask it to stop: at once where it waits, at its next report where it runs; nothing where it is over."""
        self._stop.set()
        with self._lock:
            if self._state.state is JobState.QUEUED:
                self._end(JobState.CANCELLED)

    def report(self, share: float, step: str) -> None:
        """The job's :class:`~kezhong.progress.Progress`: never runs backwards, raises once cancelled."""
        if self._stop.is_set():
            raise CancelledError("jobs.cancelled", job=self.id)
        with self._lock:
            reached = max(self._state.progress, min(max(share, 0.0), 1.0))
            self._state = replace(self._state, progress=reached, step=step)

    def run(self) -> None:
        """Do the work in the calling thread; every outcome becomes a state."""
        with self._lock:
            if self._state.over or self._function is None:
                return
            self._state = replace(self._state, state=JobState.RUNNING, started=clock.stamp())
            function, self._function = self._function, None
        try:
            self.report(0.0, "jobs.starting")
            result = function(self.report)
        except CancelledError:
            self._finish(JobState.CANCELLED)
        except KezhongError as problem:
            self._finish(JobState.FAILED, error=problem)
        except Exception:
            # The log has the trace; the user gets an id that leads to it, and no internals.
            _log.exception("job failed", extra={"job": self.id, "kind": self._state.kind})
            self._finish(JobState.FAILED, error=KezhongError("jobs.failed", job=self.id))
        else:
            self._finish(JobState.DONE, result=result)

    def _finish(self, state: JobState, **changes: Any) -> None:
        with self._lock:
            self._end(state, **changes)

    def _end(self, state: JobState, **changes: Any) -> None:
        share = 1.0 if state is JobState.DONE else self._state.progress
        self._state = replace(self._state, state=state, progress=share, finished=clock.stamp(), **changes)
        self._function = None
        self._over.set()


class JobRunner:
    """Runs jobs in one thread of its own, started with the first job."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._idempotent: dict[str, tuple[str, str]] = {}
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(
        self,
        kind: str,
        function: JobFunction,
        *,
        key: str,
        parameters: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Queue work.

        Parameters
        ----------
        kind
            What is done, e.g. ``assess``.
        key
            What the work is about. While a job of this kind and key waits or runs, it is returned instead of a second,
            unless it is being cancelled.
        parameters
            Shown with the job.
        idempotency_key
            The caller's own key: the same key gives the same job, also after it is over.

        Raises
        ------
        ConflictError
            The runner is closing, too many jobs wait, or the idempotency key was used for other work.
        """
        with self._lock:
            if self._closed:
                raise ConflictError("jobs.closing")
            known = self._known(kind, key, idempotency_key)
            if known is not None:
                return known
            if sum(job.now().state is JobState.QUEUED for job in self._jobs.values()) >= WAITING:
                raise ConflictError("jobs.too_many", value=WAITING)
            job = self._add(kind, key, parameters, idempotency_key, JobState.QUEUED, function)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="kezhong-jobs", daemon=True)
                self._thread.start()
            self._queue.put(job)
            return job

    def record(
        self,
        kind: str,
        result: Mapping[str, Any],
        *,
        key: str,
        parameters: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """A job that is over before it began, because its result was there already."""
        with self._lock:
            known = self._known(kind, key, idempotency_key)
            if known is not None:
                return known
            job = self._add(kind, key, parameters, idempotency_key, JobState.QUEUED, None)
            job._finish(JobState.DONE, result=result, started=job.now().created)
            return job

    def get(self, job_id: str) -> Job:
        """The job with this id, or :class:`NotFoundError`."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise NotFoundError("jobs.unknown", value=job_id)
        return job

    def all(self) -> list[JobSnapshot]:
        """Every job that is remembered, newest first."""
        with self._lock:
            return [job.now() for job in reversed(self._jobs.values())]

    def close(self, seconds: float = 10.0) -> bool:
        """Take no more work, cancel what waits and runs, and wait for the thread; ``True`` when it has ended."""
        with self._lock:
            self._closed = True
            jobs, thread = list(self._jobs.values()), self._thread
        for job in jobs:
            job.cancel()
        if thread is None:
            return True
        self._queue.put(None)
        thread.join(seconds)
        return not thread.is_alive()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            job.run()

    def _known(self, kind: str, key: str, idempotency_key: str | None) -> Job | None:
        work = f"{kind}/{key}"
        if idempotency_key is not None and idempotency_key in self._idempotent:
            meant, job_id = self._idempotent[idempotency_key]
            if meant != work:
                raise ConflictError("jobs.key_reused", value=idempotency_key)
            if job_id in self._jobs:
                return self._jobs[job_id]
        for job in self._jobs.values():
            state = job.now()
            if state.kind == kind and state.key == key and not state.over and not job.stopping:
                if idempotency_key is not None:
                    self._idempotent[idempotency_key] = (work, job.id)
                return job
        return None

    def _add(
        self,
        kind: str,
        key: str,
        parameters: Mapping[str, Any] | None,
        idempotency_key: str | None,
        state: JobState,
        function: JobFunction | None,
    ) -> Job:
        job_id = "j-" + uuid.uuid4().hex[:16]
        first = JobSnapshot(job_id, kind, key, dict(parameters or {}), state, created=clock.stamp())
        job = Job(first, function)
        self._jobs[job_id] = job
        if idempotency_key is not None:
            self._idempotent[idempotency_key] = (f"{kind}/{key}", job_id)
        self._forget()
        return job

    def _forget(self) -> None:
        over = [job_id for job_id, job in self._jobs.items() if job.now().over]
        for job_id in over[: max(0, len(over) - KEEP)]:
            del self._jobs[job_id]
        self._idempotent = {key: meant for key, meant in self._idempotent.items() if meant[1] in self._jobs}
