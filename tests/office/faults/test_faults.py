"""Kills, a full disk, a restart under load: what was acknowledged stays, and the chain is whole."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from faults_world import own_office
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kezhong.errors import KezhongError
from kezhong.office.access.permissions import Permission
from kezhong.office.audit.anchors import anchor
from kezhong.office.audit.verify import verify
from kezhong.office.database import EmbeddedServer
from kezhong.office.models import CalendarDay, Organisation, Task, TaskUnit
from kezhong.office.office import Office
from kezhong.office.session import ChangedMeanwhileError
from office_world import World

HERE = Path(__file__).resolve().parent
KILLS = 100


def acknowledged(file: Path) -> dict[int, tuple[int, str, int]]:
    """The newest acknowledged state of each task. A line that was cut off was never told to anybody."""
    found: dict[int, tuple[int, str, int]] = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        key, version, note, progress = line.split(" ")
        found[int(key)] = (int(version), note, int(progress))
    return found


def check(office: Office, told: dict[int, tuple[int, str, int]]) -> int:
    """Nothing told is lost, nothing is half-done, the chain is whole; how many tasks there are."""
    with office.acting(office.system("test")) as session:
        rows = {row.id: row for row in session.scalars(select(Task))}
        units = set(session.scalars(select(TaskUnit.task_id)))
    lost = [key for key, (version, _, _) in told.items() if key not in rows or rows[key].version < version]
    assert lost == []
    for key, (version, note, progress) in told.items():
        if rows[key].version == version:
            assert (rows[key].progress_note, rows[key].progress) == (note, progress)
    assert {key for key, row in rows.items() if row.title == "写入中断试验"} <= units  # task and unit came together
    verdict = verify(office, environ={})
    assert verdict.whole, [one.text() for one in verdict.findings]
    return len(rows)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_kills_during_writes(own: tuple[EmbeddedServer, World], tmp_path: Path) -> None:
    server, world = own
    office = world.office
    file = tmp_path / "acknowledged"
    url = f"postgresql+psycopg://{office.database.address.app_url.username}@/kezhong?host={server.socket}"
    chance = random.Random(4)
    start = time.monotonic()
    command = [sys.executable, str(HERE / "writer.py"), str(office.city_folder), url, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as zygote:
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        assert zygote.stdout.readline() == "ready\n"
        for seed in range(KILLS):
            zygote.stdin.write(f"{seed}\n")
            zygote.stdin.flush()
            child = int(zygote.stdout.readline())
            before = file.stat().st_size if file.exists() else 0
            until = time.monotonic() + 20
            while (file.stat().st_size if file.exists() else 0) == before and time.monotonic() < until:
                time.sleep(0.005)  # it writes now
            time.sleep(chance.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
            assert zygote.stdout.readline() == "gone\n"
            if seed % 10 == 9:
                check(office, acknowledged(file))
        zygote.stdin.close()
    told = acknowledged(file)
    tasks = check(office, told)
    lines = len(file.read_text("utf-8").splitlines())
    assert len(told) >= KILLS
    print(f"{KILLS} kills in {time.monotonic() - start:.0f} s: {lines} writes acknowledged, {tasks} tasks, none lost")  # noqa: T201


@contextlib.contextmanager
def load(world: World, writers: int = 4) -> Iterator[tuple[list[str], list[str], threading.Event]]:
    """Writers in threads that go on after every error, as people do; codes acknowledged and kinds of errors met."""
    office, told, met, stop = world.office, [], [], threading.Event()
    with office.acting(office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        place = {"area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path}

    def work(number: int) -> None:
        k = 0
        while not stop.is_set():
            k += 1
            code = f"{number}-{k}"
            try:
                with office.acting(office.system("load")) as session:
                    session.add(
                        Task(
                            programme_id=world.programme,
                            code=code,
                            title="负载",
                            level="district",
                            starts_on=date(2022, 3, 1),
                            **place,
                        )
                    )
                told.append(code)
            except (DBAPIError, KezhongError) as problem:
                met.append(type(problem).__name__)
                time.sleep(0.05)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield told, met, stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def settled(world: World, told: list[str]) -> None:
    with world.office.acting(world.office.system("test")) as session:
        there = set(session.scalars(select(Task.code)))
    assert set(told) - there == set()
    verdict = verify(world.office, environ={})
    assert verdict.whole, [one.text() for one in verdict.findings]


def wait_for(told: list[str], more: int, seconds: float = 60) -> None:
    wanted, until = len(told) + more, time.monotonic() + seconds
    while len(told) < wanted:
        assert time.monotonic() < until, "writing does not go on"
        time.sleep(0.02)


@pytest.mark.slow
def test_postgresql_is_killed_under_load(own: tuple[EmbeddedServer, World]) -> None:
    server, world = own
    gaps = []
    with load(world) as (told, met, _):
        for _ in range(3):
            wait_for(told, 40)
            pid = int((server.cluster / "postmaster.pid").read_text("utf-8").splitlines()[0])
            os.kill(pid, signal.SIGKILL)
            start = time.monotonic()
            wait_for(told, 5)
            gaps.append(time.monotonic() - start)
    settled(world, told)
    again = max(gaps)
    print(f"3 kills of PostgreSQL: {len(told)} writes kept, {len(met)} refused, again after {again:.1f} s at most")  # noqa: T201


@pytest.mark.slow
def test_postgresql_is_restarted_under_load(own: tuple[EmbeddedServer, World]) -> None:
    server, world = own
    with load(world) as (told, met, _):
        for _ in range(3):
            wait_for(told, 40)
            pid = int((server.cluster / "postmaster.pid").read_text("utf-8").splitlines()[0])
            os.kill(pid, signal.SIGINT)  # a fast shutdown, as pg_ctl and systemd do it
            wait_for(told, 5)
    settled(world, told)
    print(f"3 restarts: {len(told)} writes kept, {len(met)} refused")  # noqa: T201


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a small file system")
    folder = Path(tempfile.mkdtemp(prefix="kz-disk-"))
    folder.chmod(0o711)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False
    ).returncode:
        folder.rmdir()
        pytest.skip("mount is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    """The server cannot write: a clear error, nothing half-done, and it works again when there is room."""
    with small_disk(260) as disk:
        state = disk / "state"
        state.mkdir(mode=0o711)
        with own_office(state, tmp_path / "city") as (_, world):
            office = world.office
            kept: list[str] = []

            def write(code: str, size: int) -> None:
                with office.acting(office.system("test")) as session:
                    unit = session.get(Organisation, world.org["east"])
                    session.add(
                        Task(
                            programme_id=world.programme, code=code, title="满盘", level="district", starts_on=date(2022, 3, 1),
                            measure=random.Random(code).randbytes(size // 2).hex(), area_code=unit.area_code,
                            area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
                        )
                    )  # fmt: skip
                kept.append(code)

            write("first", 100)
            ballast = disk / "ballast"
            free = shutil.disk_usage(disk).free
            with ballast.open("wb") as stream:
                stream.write(b"x" * max(free - (2 << 20), 0))
            refused: list[BaseException] = []
            for k in range(200):
                try:
                    write(f"full-{k}", 200_000)
                except (DBAPIError, KezhongError) as problem:
                    refused.append(problem)
                    break
            assert refused, "the disk never got full"
            said = str(refused[0])
            assert "No space left" in said or "disk" in said.lower() or isinstance(refused[0], DBAPIError)
            ballast.unlink()
            until = time.monotonic() + 60
            while True:  # a server that could not write its log stops; it is started again by the next who comes
                try:
                    write("again", 100)
                    break
                except (DBAPIError, KezhongError):
                    assert time.monotonic() < until
                    time.sleep(0.3)
            settled(world, kept)
            with office.acting(office.system("test")) as session:
                assert set(session.scalars(select(Task.code))) == set(kept)
            print(f"full disk: {len(kept)} writes kept, then {type(refused[0]).__name__}; works again with room")  # noqa: T201


@pytest.mark.slow
def test_a_full_disk_for_the_anchors(world: World) -> None:
    """The city folder is full: the anchor is refused whole, the file stays sound, and it goes on with room."""
    office = world.office
    with small_disk(1) as disk:
        office.city_folder = disk
        office.folder.mkdir()
        assert anchor(office, force=True, environ={}) is not None
        with contextlib.suppress(OSError), (disk / "ballast").open("wb") as stream:
            stream.write(b"x" * (2 << 20))
        with office.acting(office.system("test")) as session:
            session.add(CalendarDay(day=date(2030, 1, 1), kind="holiday", name=""))
        size = office.anchors_file.stat().st_size
        refused = None
        for k in range(40):  # the last page of the file has room for some lines
            with office.acting(office.system("test")) as session:
                session.add(CalendarDay(day=date(2030, 2, 1) + timedelta(days=k), kind="holiday", name=""))
            try:
                anchor(office, force=True, environ={})
                size = office.anchors_file.stat().st_size
            except KezhongError as problem:
                refused = problem
                break
        assert refused is not None
        assert refused.code == "city.disk_full"
        assert office.anchors_file.stat().st_size == size
        assert verify(office, environ={}).whole
        (disk / "ballast").unlink()
        assert anchor(office, force=True, environ={}) is not None
        assert verify(office, environ={}).whole


def test_two_people_edit_one_row(world: World) -> None:
    """The second is told the version that is there now; the first one's change stays."""
    office = world.office
    with office.acting(office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        task = Task(
            programme_id=world.programme, code="T", title="一", level="district", starts_on=date(2022, 3, 1), area_code=unit.area_code,
            area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
        )  # fmt: skip
        session.add(task)
        session.flush()
        key = task.id
    both = threading.Barrier(2)
    results: list[str] = []

    def edit(title: str) -> None:
        try:
            with office.acting(world.actor("east")) as session:
                session.one(Task, key, Permission.WRITE_TASK, version=1).title = title
                both.wait(10)
            results.append(title)
        except ChangedMeanwhileError:
            results.append("told")

    threads = [threading.Thread(target=edit, args=(title,)) for title in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results)[-1:] != ["told", "told"]
    assert results.count("told") == 1
    with office.acting(office.system("test")) as session:
        row = session.get(Task, key)
        assert (row.title, row.version) == (next(one for one in results if one != "told"), 2)
    assert verify(office, environ={}).whole


def test_a_connection_that_breaks_before_the_commit_keeps_nothing(world: World) -> None:
    office = world.office
    before = verify(office, environ={}).seq

    def broken() -> None:
        with office.acting(office.system("test")) as session:
            session.add(CalendarDay(day=date(2030, 1, 1), kind="holiday", name=""))
            session.flush()
            own = session.connection().execute(text("SELECT pg_backend_pid()")).scalar()
            with office.database.app_engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})

    with pytest.raises(DBAPIError):
        broken()
    verdict = verify(office, environ={})
    assert verdict.whole
    assert verdict.seq == before
