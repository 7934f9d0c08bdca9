"""The office under load: fifty signed-in people on the demonstration programme, server and load on the same machine.

``python -m benchmarks --only office`` takes the demonstration city with its office (made anew under ``.bench``, or the
one named by ``--city``), fills it to 300 units, 20,000 tasks and a million entries of the chain, serves it with the
ordinary ``kezhong serve`` and lets fifty people work for ``KEZHONG_LOAD_SECONDS`` (300): five seconds of thought
between two requests, nine reads to one write. Afterwards every acknowledged write is looked for, and the chain is
verified.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import text

from benchmarks.measure import Measure
from benchmarks.office_fill import fill
from kezhong.office.audit.verify import verify
from kezhong.office.identity.sessions import start_session
from kezhong.office.office import Office, open_office
from kezhong.server.identity import COOKIE

PEOPLE = 50
THINK_S = 5.0
READS_PER_WRITE = 9
READ_TARGET_MS, WRITE_TARGET_MS = 200.0, 300.0
API = "/api/v1"
#: What people look at, with how often.
READS = (
    ("desk", 2, "/office/desk"),
    ("tasks", 4, "/office/tasks?limit=50"),
    ("tasks late", 2, "/office/tasks?late=true&limit=50"),
    ("tasks of a state", 2, "/office/tasks?state=in_progress&sort=-updated&limit=50"),
    ("tasks by text", 1, "/office/tasks?q=菜市场&limit=50"),
    ("board", 1, "/office/tasks/board"),
    ("task", 5, "/office/tasks/{task}"),
    ("pilots", 1, "/office/pilots"),
    ("projects", 1, "/office/projects"),
    ("submissions", 1, "/office/submissions"),
    ("notices", 2, "/office/notices"),
)


@dataclass
class Record:
    """What was measured: seconds by kind, what went wrong, what was acknowledged."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)
    comments: set[str] = field(default_factory=set)
    conflicts: int = 0


def run(city_folder: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Prepare, serve, load, check."""
    seconds = float(os.environ.get("KEZHONG_LOAD_SECONDS", "300"))
    folder = city_folder or _demo()
    with open_office(folder) as office:
        fill(office.database)
        tokens = _sign_in(office)
        record = _load(folder, tokens, seconds)
        lost = _lost(office, record)
        begun = time.perf_counter()
        verdict = verify(office)
        checked = time.perf_counter() - begun
        rows = _counts(office)
    reads = [value for kind, values in record.took.items() if not kind.startswith("write") for value in values]
    writes = [value for kind, values in record.took.items() if kind.startswith("write") for value in values]
    measures = [
        _late("p95 of all reads", reads, READ_TARGET_MS),
        _late("p95 of all writes", writes, WRITE_TARGET_MS),
        Measure("errors", "", float(len(record.problems)), None, None, 0.0, higher=False),
        Measure("acknowledged writes lost", "", float(lost), None, None, 0.0, higher=False),
        Measure("chain whole (0 yes, 1 no)", "", float(not verdict.whole), None, None, 0.0, higher=False),
        Measure(
            "chain verified in", "s", checked, None, None, None, higher=False, note=f"{rows['audit_entry']} entries"
        ),
    ]
    measures += [_late(f"p95 {kind}", values, None) for kind, values in sorted(record.took.items())]
    about = {
        "people": PEOPLE,
        "seconds": seconds,
        "requests": len(reads) + len(writes),
        "conflicts": record.conflicts,
        **rows,
    }
    for problem in record.problems[:5]:
        print("problem:", problem)
    return measures, about


def _demo() -> Path:
    from kezhong.demo import make_demo

    folder = Path(".bench") / "office-city"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    return make_demo(folder, office=True).folder


def _sign_in(office: Office) -> list[tuple[str, list[int]]]:
    """A session and some tasks in sight for each of the people: all roles, most of them at the base."""
    with office.database.app_engine.connect() as connection:
        people = connection.execute(
            text(
                "SELECT DISTINCT ON (p.id) p.id, g.org_path FROM person p JOIN role_grant g ON g.person_id = p.id"
                " WHERE p.status = 'active' AND g.role IN ('office', 'department', 'district', 'street', 'community')"
                " ORDER BY p.id"
            )
        ).all()
        chosen = random.Random(3).sample(list(people), PEOPLE)
        found = []
        for person in chosen:
            tasks = connection.execute(
                text("SELECT id FROM task WHERE org_path = :path ORDER BY id DESC LIMIT 40"),  # their own to report on
                {"path": person.org_path},
            ).scalars()
            token = start_session(office, person.id, "password", origin="127.0.0.1", user_agent="load")
            found.append((token, list(tasks)))
    return found


def _load(folder: Path, tokens: list[tuple[str, list[int]]], seconds: float) -> Record:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [sys.executable, "-m", "kezhong", "serve", str(folder), "--port", str(port)]
    with (Path(".bench") / "serve.log").open("wb") as log:
        server = subprocess.Popen(arguments, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(base)
            return asyncio.run(_people(base, tokens, seconds))
        finally:
            server.terminate()
            server.wait(30)


def _wait(base: str) -> None:
    for _ in range(600):
        try:
            httpx.get(f"{base}/health/ready", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the server did not become ready")


async def _people(base: str, tokens: list[tuple[str, list[int]]], seconds: float) -> Record:
    record = Record()
    end = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number, (token, tasks) in enumerate(tokens):
            group.create_task(_person(base, token, tasks, end, random.Random(number), record))
    return record


async def _person(base: str, token: str, tasks: list[int], end: float, rng: random.Random, record: Record) -> None:
    async with httpx.AsyncClient(base_url=base, cookies={COOKIE: token}, timeout=60) as client:
        await asyncio.sleep(rng.uniform(0, THINK_S))
        while time.monotonic() < end:
            if rng.randrange(READS_PER_WRITE + 1) == 0 and tasks:
                await _write(client, rng, tasks, record)
            else:
                await _read(client, rng, tasks, record)
            await asyncio.sleep(rng.uniform(0.5, 1.5) * THINK_S)


async def _read(client: httpx.AsyncClient, rng: random.Random, tasks: list[int], record: Record) -> None:
    kind, _, path = rng.choices(READS, [weight for _, weight, _ in READS])[0]
    if "{task}" in path:
        if not tasks:
            return
        path = path.format(task=rng.choice(tasks))
    await _ask(client, "GET", path, kind, record)


async def _write(client: httpx.AsyncClient, rng: random.Random, tasks: list[int], record: Record) -> None:
    """A remark, or a task's progress from the version that was just read; a conflict is an answer, not an error."""
    task = rng.choice(tasks)
    if rng.random() < 0.5:
        words = f"压力测试留言 {rng.getrandbits(60):x}"
        body = {"text": words}
        path = f"/office/comments?kind=task&object_id={task}"
        answer = await _ask(client, "POST", path, "write comment", record, body, rng)
        if answer is not None:
            record.comments.add(words)
        return
    seen = await _ask(client, "GET", f"/office/tasks/{task}", "task", record)
    if seen is None or seen.json().get("state") not in ("accepted", "in_progress", "returned"):
        return
    body = {"progress": rng.randint(0, 99), "note": "压力测试"}
    headers = {"If-Match": seen.headers["etag"]}
    await _ask(client, "POST", f"/office/tasks/{task}/progress", "write progress", record, body, rng, headers)


async def _ask(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    kind: str,
    record: Record,
    body: Any = None,
    rng: random.Random | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response | None:
    sent = dict(headers or {})
    if rng is not None:
        sent["Idempotency-Key"] = f"{rng.getrandbits(80):x}"
    begun = time.perf_counter()
    try:
        answer = await client.request(method, API + path, json=body, headers=sent)
    except httpx.HTTPError as problem:
        record.problems.append(f"{method} {path}: {problem!r}")
        return None
    record.took[kind].append(time.perf_counter() - begun)
    if answer.status_code == 412:
        record.conflicts += 1
        return None
    if answer.is_error:
        record.problems.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return None
    return answer


def _lost(office: Office, record: Record) -> int:
    with office.database.app_engine.connect() as connection:
        have = set(connection.execute(text("SELECT text FROM comment WHERE text LIKE '压力测试留言%'")).scalars())
    return len(record.comments - have)


def _counts(office: Office) -> dict[str, int]:
    with office.database.app_engine.connect() as connection:
        return {
            name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())  # noqa: S608
            for name in ("organisation", "task", "audit_entry")
        }


def _late(name: str, values: list[float], target: float | None) -> Measure:
    if not values:
        return Measure(name, "ms", None, None, None, target, higher=False, note="nothing measured")
    middle, late, worst = np.percentile(np.array(values) * 1e3, (50, 95, 100))
    note = f"n {len(values)}, p50 {middle:.0f} ms, max {worst:.0f} ms"
    return Measure(name, "ms", float(late), None, None, target, higher=False, note=note)
