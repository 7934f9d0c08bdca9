"""The server that comes with the software, one per city, supervised here.

::

    <state>/<city id>/
        lock, users     who starts or stops it, who uses it
        cluster/        PostgreSQL's own folder
        socket/         the only way in; a short folder elsewhere where the path would be too long for a socket
        server.log

The state lies in the user's folder, never in the city folder, which is copied about and put on network shares.

**How long it runs.** It is kept while anybody uses it and stopped by the last who leaves. Users are counted by shared
file locks, which the kernel drops with the process, so ``kill -9`` cannot leave a wrong count. What such a kill leaves
is a server without users: idle, some 30 MB, and the next who comes takes it over and stops it in the end. A watchdog
would be one more process that can die first, so there is none.

**A stale** ``postmaster.pid`` is never believed: a server counts as running when it answers on the socket named there
and says that it serves this very folder. The file is removed only where its process id has passed to a stranger; in
all other cases PostgreSQL judges by itself, for it also checks that no orphan of the old server still writes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from kezhong.errors import ConflictError, InputError, KezhongError, WorkspaceError
from kezhong.office.database.binaries import Programs, programs
from kezhong.office.database.locks import Use, alone
from kezhong.office.database.processes import exists, is_server, servers
from kezhong.office.database.roles import prepare_roles
from kezhong.office.database.settings import ADMIN, CTYPES, LOCALE, write_settings

_log = logging.getLogger(__name__)

#: Bytes of a socket's path with its end (``sun_path``); macOS has four less than Linux.
_SOCKET_BYTES = 103
_SOCKET_NAME = ".s.PGSQL.5432"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOG_BYTES = 4 << 20
#: A new cluster takes 40 MB, its log of transactions up to 512 MB more in time.
_FREE_BYTES = 100 << 20
_CITY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
#: PostgreSQL's words for orphans of a killed server that have not ended yet; they do so by themselves.
_ORPHANS = "shared memory block"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where clusters are kept: ``KEZHONG_STATE``, else ``XDG_STATE_HOME/kezhong``, else ``~/.local/state/kezhong``.

    For root it is ``/var/lib/kezhong``: the server runs as another user, who may not enter root's home.
    """
    if environ.get("KEZHONG_STATE"):
        return Path(environ["KEZHONG_STATE"]).expanduser().resolve()
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]).expanduser().resolve() / "kezhong"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/kezhong")
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()).resolve() / ".local" / "state" / "kezhong"


class EmbeddedServer:
    """The server of one city, used from :meth:`start` to :meth:`stop`.

    Parameters
    ----------
    state
        The folder of all clusters, see :func:`state_folder`.
    city_id
        ``city_id`` of ``kezhong.toml``.
    durable
        False only for tests: a power cut may then destroy the cluster.
    """

    def __init__(self, state: Path, city_id: str, *, durable: bool = True) -> None:
        if not _CITY_ID.fullmatch(city_id):
            raise InputError("database.bad_city_id", value=city_id)
        self._state = state
        self.folder = state / city_id
        self.cluster = self.folder / "cluster"
        self.log = self.folder / "server.log"
        self._durable = durable
        self._programs: Programs | None = None
        self._use: Use | None = None
        self._socket: Path | None = None

    @property
    def socket(self) -> Path:
        """The folder of the socket, for ``host=`` of a connection."""
        if self._socket is None:
            raise WorkspaceError("database.not_started", folder=self.folder)
        return self._socket

    def start(self) -> None:
        """Take over the running server or start it, creating cluster, roles and database where they are missing.

        Raises
        ------
        WorkspaceError
            Disk full, folder not usable, cluster of another version of PostgreSQL, or the server does not start.
        ConflictError
            Another process is starting or stopping it and does not get on.
        """
        self._prepare_folder()
        with alone(self.folder):
            use = Use(self.folder)
            try:
                self._bring_up()
                with self._admin() as connection:
                    prepare_roles(connection, self._admin)
            except BaseException:
                if use.leave():
                    self._shut_down()
                raise
            self._use = use

    def revive(self) -> None:
        """Start the server again where it has died while in use; nothing happens where it answers or was left."""
        if self._use is None:
            return
        with alone(self.folder):
            self._bring_up()

    def stop(self) -> None:
        """Leave; the last who leaves stops the server."""
        if self._use is None:
            return
        with alone(self.folder):
            last = self._use.leave()
            self._use = None
            if last:
                self._shut_down()

    def in_use(self) -> bool:
        """Whether anybody uses it at this moment."""
        with alone(self.folder) if (self.folder / "users").is_file() else contextlib.nullcontext():
            return (self.folder / "users").is_file() and not Use(self.folder).leave()

    def remove(self) -> None:
        """Delete the cluster with all that is in it; nothing happens where there is none.

        Raises
        ------
        ConflictError
            Somebody uses it.
        """
        if not self.folder.is_dir():
            return
        self._prepare_folder()
        with alone(self.folder):
            if not Use(self.folder).leave():
                raise ConflictError("database.in_use", folder=self.folder)
            self._shut_down()  # one that was left without users by a killed process
            shutil.rmtree(self.folder)

    # ---- folders ---------------------------------------------------------------------------------------

    def _prepare_folder(self) -> None:
        try:
            for folder in (*reversed(self.folder.parents), self.folder):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)
                    # root's are enterable, not readable: the server's own user passes through
                    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as problem:
            raise _explain(problem, self.folder) from problem
        self._programs = programs(self._state)
        if not self._programs.can_reach(self.folder):
            raise WorkspaceError("database.state_unreachable", folder=self.folder, value=self._programs.account.name)

    def _own(self, path: Path) -> None:
        account = self._need().account
        path.chmod(0o700)
        if account.foreign:
            os.chown(path, account.uid, account.gid)

    def _need(self) -> Programs:
        if self._programs is None:
            raise WorkspaceError("database.not_started", folder=self.folder)
        return self._programs

    # ---- up --------------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        """Called under the lock."""
        if self._take_over():
            return
        try:
            if (self.cluster / "PG_VERSION").is_file():
                self._check_version()
            else:
                self._create()
            self._remove_strange_pid()
            self._launch()
        except OSError as problem:
            if isinstance(problem, KezhongError):
                raise
            raise _explain(problem, self.folder) from problem

    def _take_over(self) -> bool:
        """Whether a server runs on this cluster; waits for one that is just starting or stopping."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            lines = self._pid_lines()
            if len(lines) >= 5 and self._answers(Path(lines[4])):
                return True
            if not lines or not is_server(int(lines[0]), self.cluster):
                return False
            time.sleep(0.05)  # starting, stopping or recovering
        raise WorkspaceError("database.start_failed", file=self.log, problem="postmaster.pid: no answer")

    def _answers(self, socket: Path) -> bool:
        """Asked before the process is looked for: a server in another container is not to be seen, but may answer."""
        self._socket = socket
        try:
            with self._admin() as connection:
                found = connection.execute("SHOW data_directory").fetchone()
            return found is not None and Path(found[0]).samefile(self.cluster)
        except (psycopg.OperationalError, OSError):
            return False

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text("utf-8").strip()
        known = self._need().major
        if found != str(known):
            raise WorkspaceError("database.other_version", found=found, known=known, folder=self.cluster)
        account = self._need().account
        if self.cluster.stat().st_uid != account.uid:
            raise WorkspaceError("database.other_owner", folder=self.cluster, value=account.name)

    def _create(self) -> None:
        if self.cluster.exists() and any(self.cluster.iterdir()):
            raise WorkspaceError("database.broken_cluster", folder=self.cluster)
        free = shutil.disk_usage(self.folder).free
        if free < _FREE_BYTES:
            raise WorkspaceError("database.disk_full", folder=self.folder, problem=f"{free >> 20} MB")
        for left in self.folder.glob(".new-*"):  # a creation that was killed
            shutil.rmtree(left)
        home = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            self._own(home)
            self._initdb(home / "cluster")
            if self.cluster.exists():
                self.cluster.rmdir()
            (home / "cluster").rename(self.cluster)
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _initdb(self, target: Path) -> None:
        fixed = ["-D", str(target), "-U", ADMIN, "--auth-local=peer", "--auth-host=reject", "--lc-messages=C", *LOCALE]
        if not self._durable:
            fixed.append("--no-sync")
        said = ""
        for ctype in CTYPES:
            arguments = [*fixed, f"--lc-ctype={ctype}", "--no-instructions"]
            code, said = self._need().run("initdb", arguments, target.parent, _START_SECONDS)
            if code == 0:
                return
            if "invalid locale name" not in said:
                break
        raise _failure(said, self.folder, self.log)

    def _remove_strange_pid(self) -> None:
        file = self.cluster / "postmaster.pid"
        lines = self._pid_lines()
        if not file.exists() or (lines and (not exists(int(lines[0])) or is_server(int(lines[0]), self.cluster))):
            return
        # PostgreSQL would refuse to start for this file: its process is a stranger, or a power cut left it empty.
        # Without it, it cannot tell whether orphans of the dead server still write, so that is waited for here.
        until = time.monotonic() + _START_SECONDS
        while servers(self.cluster):
            if time.monotonic() > until:
                raise WorkspaceError("database.start_failed", file=self.log, problem=_ORPHANS)
            time.sleep(0.05)
        _log.info("%s names no server of this folder and is removed", file)
        file.unlink(missing_ok=True)

    def _launch(self) -> None:
        account = self._need().account
        self._socket = self._make_socket_folder()
        write_settings(self.cluster, self._socket, _own_name(account.foreign, account.name), durable=self._durable)
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            self._own(self.cluster / name)
        self._turn_log()
        until = time.monotonic() + _START_SECONDS
        while True:
            begin = self.log.stat().st_size
            arguments = [
                "start",
                "-w",
                "-t",
                f"{_START_SECONDS:.0f}",
                "-s",
                "-D",
                str(self.cluster),
                "-l",
                str(self.log),
            ]
            code, output = self._need().run("pg_ctl", arguments, self.cluster, _START_SECONDS + 30)
            if code == 0:
                return
            with self.log.open("rb") as log:
                log.seek(begin)
                said = log.read().decode("utf-8", "replace") + output
            if _ORPHANS not in said or time.monotonic() > until:
                raise _failure(said, self.folder, self.log)
            time.sleep(0.2)

    def _make_socket_folder(self) -> Path:
        if self._socket is not None and self._socket.parent != self.folder:
            shutil.rmtree(self._socket, ignore_errors=True)
        folder = self.folder / "socket"
        if len(os.fsencode(folder / _SOCKET_NAME)) > _SOCKET_BYTES or "," in str(folder):  # a comma separates hosts
            # made by mkdtemp, so that nobody else can have made it before us
            folder = Path(tempfile.mkdtemp(prefix="kezhong-", dir=_short_folder()))
        folder.mkdir(exist_ok=True)
        self._own(folder)
        for left in folder.glob(f"{_SOCKET_NAME}*"):  # it names a process id too, which may be a stranger's by now
            left.unlink()
        return folder

    def _turn_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch()
        self._own(self.log)
        self.log.chmod(0o600)

    # ---- down ------------------------------------------------------------------------------------------

    def _shut_down(self) -> None:
        lines = self._pid_lines()
        if lines and is_server(int(lines[0]), self.cluster):
            self._tell_to_stop()
        if self._socket is not None and self._socket.parent != self.folder:
            shutil.rmtree(self._socket, ignore_errors=True)
        self._socket = None

    def _tell_to_stop(self) -> None:
        arguments = ["stop", "-w", "-m", "fast", "-t", f"{_STOP_SECONDS:.0f}", "-s", "-D", str(self.cluster)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            code, said = self._need().run("pg_ctl", arguments, self.cluster, _STOP_SECONDS + 30)
            if code != 0:
                _log.warning("the server of %s was not stopped: %s", self.folder, said.strip())

    # ---- looking ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _admin(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            host=str(self.socket), dbname=database, user=ADMIN, connect_timeout=5, autocommit=True
        ) as connection:
            yield connection

    def _pid_lines(self) -> list[str]:
        """``postmaster.pid``: process, folder, start, port, folder of the socket, …; empty where it makes no sense."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        return [line.strip() for line in lines] if lines and lines[0].strip().isdecimal() else []


def _own_name(foreign: bool, account: str) -> str:
    """The name under which we knock at the socket: root, where the server has a user of its own."""
    return "root" if foreign else account


def _short_folder() -> str | None:
    """A folder for a socket whose usual path is too long; the system's temporary one may be too long as well."""
    found = tempfile.gettempdir()
    return found if len(os.fsencode(found)) <= 60 else "/tmp"  # noqa: S108 - mkdtemp makes an unguessable 0700 folder there


def _explain(problem: OSError, folder: Path) -> KezhongError:
    said = problem.strerror or str(problem)
    return _failure(said, folder, folder / "server.log", "database.state_unusable")


def _failure(said: str, folder: Path, log: Path, code: str = "database.start_failed") -> KezhongError:
    """What the server said before it gave up, as an error that says what to do."""
    low = said.lower()
    if any(words in low for words in ("no space left", "disk quota", "file too large")):
        return WorkspaceError("database.disk_full", folder=folder, problem="")
    lines = [line for line in said.splitlines() if re.search(r"FATAL|PANIC|error:", line)] or said.splitlines()[-3:]
    return WorkspaceError(code, folder=folder, file=log, problem=" / ".join(line.strip() for line in lines[-3:]))
