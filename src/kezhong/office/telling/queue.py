"""Timed and background work on the same PostgreSQL: a durable queue, and the worker inside ``kezhong serve``.

The queue has a schema of its own (``queue``), installed by the owner role with the migrations
(:func:`kezhong.office.telling.queue_schema.install_queue`). What is in it may be lost without harm: deliveries,
reminders and lights live in tables of the office, and every round starts from those.

The worker runs in a thread with an event loop of its own. When it stops or cannot start, it is started again with
growing pauses, :func:`QueueWorker.problem` says why, and the readiness check of the server tells it.
"""

from __future__ import annotations

import asyncio
import logging
import threading

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException
from sqlalchemy import URL

from kezhong.errors import KezhongError
from kezhong.office.office import Office
from kezhong.office.telling.delivering import deliver
from kezhong.office.telling.queue_schema import SCHEMA
from kezhong.office.telling.round import clock_round

_log = logging.getLogger("kezhong.office.queue")
#: A job whose worker gave no sign for so long belongs to a killed process and is taken up again.
STALLED_SECONDS = 60.0
_PAUSES = (1.0, 5.0, 30.0, 60.0)


def queue_app(office: Office) -> procrastinate.App:
    """The queue of an office, with its tasks: the clock's round every ten minutes, deliveries every minute."""
    app = procrastinate.App(connector=_connector(office.database.address.app_url))

    @app.periodic(cron="*/10 * * * *", periodic_id="round")
    @app.task(name="kezhong.round", queueing_lock="round", lock="round", pass_context=False)
    def run_round(timestamp: int) -> None:
        done = clock_round(office)
        _log.info("clock's round", extra={"lights": done.lights, "reminders": done.reminders + done.escalations})

    @app.periodic(cron="* * * * *", periodic_id="deliver")
    @app.task(name="kezhong.deliver", queueing_lock="deliver", lock="deliver", pass_context=False)
    def run_deliver(timestamp: int) -> None:
        deliver(office)

    @app.periodic(cron="*/2 * * * *", periodic_id="stalled")
    @app.task(name="kezhong.stalled", queueing_lock="stalled", pass_context=False)
    async def run_stalled(timestamp: int) -> None:
        await retry_stalled(app)
        await app.job_manager.delete_old_jobs(nb_hours=48, include_failed=True)

    return app


async def retry_stalled(app: procrastinate.App, seconds: float = STALLED_SECONDS) -> int:
    """Take up again what a killed worker left in the state *doing*; how many jobs."""
    found = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        await app.job_manager.retry_job(job)
        found += 1
    if found:
        _log.warning("jobs of a killed worker are taken up again", extra={"jobs": found})
    return found


def _connector(url: URL) -> procrastinate.PsycopgConnector:
    given = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    options = f"-c search_path={SCHEMA} -c timezone=UTC -c lock_timeout=5s"
    values = {
        "host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database,
        **given, "application_name": "kezhong-queue", "connect_timeout": 10, "options": options,
    }  # fmt: skip
    arguments = {name: value for name, value in values.items() if value is not None}
    return procrastinate.PsycopgConnector(
        kwargs=arguments, min_size=1, max_size=3, timeout=15, reconnect_timeout=20
    )  # fmt: skip


class QueueWorker:
    """The worker of an office, in a thread of its own; ``start`` and ``stop`` it once."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._asked_to_stop = threading.Event()
        self._problem: str | None = "starting"

    @property
    def problem(self) -> str | None:
        """Why it does not run at the moment; ``None``: it runs."""
        return self._problem

    def start(self) -> None:
        """Begin in the background."""
        self._thread = threading.Thread(target=self._run, name="kezhong-queue", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 15.0) -> None:
        """Let jobs that run come to their end, and stop."""
        self._asked_to_stop.set()
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tries = 0
        while not self._asked_to_stop.is_set():
            try:
                await self._work()
                tries = 0
                self._problem = "stopped"
            except (ProcrastinateException, psycopg.Error, OSError, KezhongError, TimeoutError) as problem:
                self._problem = f"{type(problem).__name__}: {problem}".splitlines()[0][:200]
                _log.exception("the queue stopped; it is started again")
            if self._asked_to_stop.is_set():
                return
            pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
            tries += 1
            try:
                await asyncio.wait_for(self._stop.wait(), pause)
            except TimeoutError:
                continue

    async def _work(self) -> None:
        app = queue_app(self._office)
        async with app.open_async():
            await retry_stalled(app)
            worker = asyncio.create_task(
                app.run_worker_async(
                    name="kezhong", concurrency=2, install_signal_handlers=False, fetch_job_polling_interval=10.0,
                    shutdown_graceful_timeout=10.0, delete_jobs="successful",
                )
            )  # fmt: skip
            stop = self._stop or asyncio.Event()
            asked = asyncio.create_task(stop.wait())
            self._problem = None
            await asyncio.wait({worker, asked}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            if not worker.done():
                worker.cancel()  # which procrastinate takes as the wish to stop gracefully
            await asyncio.gather(worker, return_exceptions=stop.is_set())
