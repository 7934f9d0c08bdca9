"""The durable queue and its worker: timed work runs, a killed worker's job is taken up again, a failure is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pytest
from sqlalchemy import text

from kezhong.office.office import Office
from kezhong.office.telling import queue
from kezhong.office.telling.queue import QueueWorker, queue_app, retry_stalled
from kezhong.office.telling.queue_schema import install_queue

T = TypeVar("T")


def in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine where no loop runs: a browser's of another test may run in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(60)


def until(found: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found():
            return True
        time.sleep(0.05)
    return found()


def jobs(office: Office) -> list[tuple[str, str]]:
    with office.database.app_engine.connect() as connection:
        rows = connection.execute(text("SELECT task_name, status::text FROM queue.procrastinate_jobs ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


def test_the_worker_runs_what_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr(queue, "deliver", ran.append)
    worker = QueueWorker(office)
    worker.start()
    try:
        assert until(lambda: worker.problem is None)

        async def ask() -> None:
            app = queue_app(office)
            async with app.open_async():
                await app.configure_task("kezhong.deliver").defer_async(timestamp=0)

        in_a_thread(ask())
        assert until(lambda: ran == [office] or len(ran) > 0)
        assert until(lambda: ("kezhong.deliver", "todo") not in jobs(office))
    finally:
        worker.stop()
    assert worker.problem == "stopped"


def test_a_killed_workers_job_is_taken_up_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr(queue, "clock_round", lambda one: ran.append(one) or queue_done())
    with office.database.app_engine.begin() as connection:  # as kill -9 leaves it
        connection.execute(text("SET LOCAL search_path TO queue"))
        worker_id = connection.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 min') RETURNING id")
        ).scalar()
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
                " VALUES ('default', 'kezhong.round', 'round', '{\"timestamp\": 0}', 'doing', :worker)"
            ),
            {"worker": worker_id},
        )
    assert jobs(office) == [("kezhong.round", "doing")]
    worker = QueueWorker(office)
    worker.start()
    try:
        assert until(lambda: len(ran) > 0)
    finally:
        worker.stop()


def queue_done() -> object:
    from kezhong.office.telling.round import Round

    return Round()


def test_nothing_to_take_up(office: Office) -> None:
    async def look() -> int:
        app = queue_app(office)
        async with app.open_async():
            return await retry_stalled(app)

    assert in_a_thread(look()) == 0


def test_a_queue_that_cannot_start_says_so_and_starts_later(office: Office) -> None:
    with office.database.owner_engine.begin() as connection:
        connection.execute(text("DROP SCHEMA queue CASCADE"))
    worker = QueueWorker(office)
    worker.start()
    try:
        assert until(lambda: worker.problem not in (None, "starting"))
        with office.database.owner_engine.begin() as connection:
            install_queue(connection, office.database.app_role)
            install_queue(connection, office.database.app_role)  # again does nothing
        assert until(lambda: worker.problem is None, 30)
    finally:
        worker.stop()


def test_the_app_role_cannot_change_the_queues_tables(office: Office) -> None:
    with office.database.app_engine.connect() as connection, pytest.raises(Exception) as problem:
        connection.execute(text("DROP TABLE queue.procrastinate_events"))
    assert isinstance(problem.value.__cause__, psycopg.errors.InsufficientPrivilege)
