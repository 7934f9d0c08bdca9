"""Anchors: heads of the chain, signed and written where the database cannot reach.

One JSON object a line, only ever appended. Each line carries the digest of the line before, so that none can be taken
out of the middle; what is cut off at the end shows against the list in the database, the second file, and the printed
sheets. A line that a crash or a full disk left half-written was never acknowledged and is taken away by the next one.

Numbers only grow, with one exception: an anchor of a *lower* number than the one before it says that the database was
put back to that entry (an older backup was restored). The anchors beyond it stay in the file and count no longer
(:func:`standing`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from kezhong import clock
from kezhong.city.files import explain
from kezhong.errors import ConflictError
from kezhong.office.audit.chain import canonical
from kezhong.office.audit.keys import is_signed, signer
from kezhong.office.models.audit import AuditAnchor, AuditHead
from kezhong.office.office import Office

_log = logging.getLogger("kezhong.audit")
#: A second place, best on another machine: a file, or a folder in which a file of the city's name is kept.
SECOND_VARIABLE = "KEZHONG_AUDIT_ANCHORS"
EVERY = timedelta(hours=1)
#: Number of the lock under which one process writes at a time.
_LOCK = 0x6B7A616E
_FIELDS = ("city", "seq", "at", "hash", "after", "key", "signature")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the chain as it was written outside.

    ``after`` is the digest of the line before it; ``key`` and ``signature`` are empty where no key was set.
    """

    city: str
    seq: int
    at: str
    hash: str
    after: str
    key: str = ""
    signature: str = ""

    @property
    def content(self) -> bytes:
        """What is signed: everything but the signature."""
        return canonical({name: getattr(self, name) for name in _FIELDS[:-1]}).encode()

    @property
    def line(self) -> bytes:
        """As it stands in the file."""
        return canonical(asdict(self)).encode()

    def is_signed_by(self, keys: Mapping[str, bytes]) -> bool:
        """Whether one of the trusted keys signed it."""
        public = keys.get(self.key)
        return public is not None and is_signed(public, self.signature, self.content)


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """What a file holds. ``broken`` are numbers of lines that cannot be read or do not follow the one before."""

    path: Path
    exists: bool
    anchors: tuple[Anchor, ...]
    broken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rollback:
    """The chain was put back to entry ``seq`` at ``at``, while anchors knew it up to ``known``."""

    seq: int
    known: int
    at: str


def standing(anchors: Sequence[Anchor]) -> tuple[tuple[Anchor, ...], tuple[Rollback, ...]]:
    """The anchors that the chain must fit, and the times it was put back, in the order of the file."""
    left: list[Anchor] = []
    back: list[Rollback] = []
    for one in anchors:
        known = left[-1].seq if left else 0
        if one.seq < known:
            back.append(Rollback(one.seq, known, one.at))
        while left and left[-1].seq > one.seq:
            left.pop()
        left.append(one)
    return tuple(left), tuple(back)


def read_anchors(path: Path) -> AnchorFile:
    """Read a file of anchors; one that is not there is empty.

    Raises
    ------
    WorkspaceError
        The system refuses it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return AnchorFile(path, exists=False, anchors=(), broken=())
    except OSError as problem:
        raise explain(problem, path) from problem
    lines = content.split(b"\n")[:-1]  # the last piece is empty, or half a line
    found: list[Anchor] = []
    broken: list[int] = []
    before = ""
    for number, line in enumerate(lines, 1):
        anchor = parse_anchor(line)
        if anchor is None or anchor.line != line or anchor.after != before:
            broken.append(number)
        if anchor is not None:
            found.append(anchor)
        before = _digest(line)
    return AnchorFile(path, exists=True, anchors=tuple(found), broken=tuple(broken))


def second_file(office: Office, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The second file, where one is wanted."""
    given = environ.get(SECOND_VARIABLE, "").strip()
    if not given:
        return None
    path = Path(given).expanduser()
    return path / f"{office.config.city_id}.jsonl" if path.is_dir() else path


def anchor(office: Office, *, force: bool = False, environ: Mapping[str, str] = os.environ) -> Anchor | None:
    """Write the head of the chain outside the database, where it has moved and the last anchor is an hour old.

    Parameters
    ----------
    force
        Do not wait for the hour.

    Returns
    -------
    Anchor or None
        ``None`` where there is nothing new, or not yet time.

    Raises
    ------
    WorkspaceError
        The file in the city folder cannot be written (disk full). A failing *second* file is only logged; it catches
        up next time.
    InputError
        ``KEZHONG_AUDIT_KEY`` is no key.
    """
    return _written(office, environ, lambda last, seq, now, signed: _is_wanted(last, seq, now, force, signed))


def anchor_rollback(office: Office, environ: Mapping[str, str] = os.environ) -> Rollback | None:
    """Say in the anchors that the database was put back to an older state, where they know more than it does.

    Nothing is taken away: the file keeps what it knew, the new line says from where on the chain goes another way, and
    every verification tells it. ``None`` where the anchors know no more than the database.

    Raises
    ------
    WorkspaceError, InputError
        As :func:`anchor`.
    """
    known = 0

    def is_wanted(last: Anchor | None, seq: int, _now: datetime, _signed: bool) -> bool:
        nonlocal known
        known = last.seq if last else 0
        return seq < known

    made = _written(office, environ, is_wanted)
    return None if made is None else Rollback(made.seq, known, made.at)


def _written(
    office: Office, environ: Mapping[str, str], is_wanted: Callable[[Anchor | None, int, datetime, bool], bool]
) -> Anchor | None:
    """Append the head where ``is_wanted(last anchor, head's number, now, whether there is a key)``."""
    key = signer(environ)
    with office.database.app_engine.begin() as connection:
        # A lock of the database, not of a file: it works on a full disk, between machines, and ends with its holder.
        try:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        except OperationalError as problem:
            raise ConflictError("audit.anchors_busy", file=office.anchors_file) from problem
        have = read_anchors(office.anchors_file)
        seq, digest = _head(connection)
        now = clock.now()
        last = have.anchors[-1] if have.anchors else None
        if not is_wanted(last, seq, now, key is not None):
            return None
        made = Anchor(
            office.config.city_id, seq, now.isoformat(timespec="seconds"), digest.hex(),
            _last_digest(office.anchors_file), key.key_id if key else "",
        )  # fmt: skip
        if key is not None:
            made = replace(made, signature=key.sign(made.content))
        append_lines(office.anchors_file, [made.line])
        connection.execute(
            insert(AuditAnchor)
            .values(seq=seq, at=now, hash=digest, signature=made.signature, key_id=made.key)
            .on_conflict_do_nothing()
        )
        second = second_file(office, environ)
        if second is not None:
            _follow(office.anchors_file, second)
    return made


def anchor_quietly(office: Office, environ: Mapping[str, str] = os.environ) -> None:
    """:func:`anchor` where nothing may fail any more: at the end of a process. What goes wrong is logged."""
    try:
        anchor(office, environ=environ)
    except Exception as problem:
        _log.warning("the head of the chain was not anchored: %s", type(problem).__name__)


def _head(connection: Connection) -> tuple[int, bytes]:
    row = connection.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)).one()
    return row.seq, row.hash


def _is_wanted(last: Anchor | None, seq: int, now: datetime, force: bool, first_signed: bool) -> bool:
    if last is None:
        return seq > 0
    if seq <= last.seq:
        return force and first_signed and not last.key  # the key was set after this head was written unsigned
    # A clock that was set back must not stop the anchors until it has caught up.
    return force or abs(now - datetime.fromisoformat(last.at)) >= EVERY


def append_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Add whole lines and flush them to the disk; half a line at the end, left by a crash, goes first.

    Raises
    ------
    WorkspaceError
        The file cannot be written; it is as before.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            whole = _whole_bytes(path)
            if whole != os.fstat(handle).st_size:
                os.ftruncate(handle, whole)
            content = b"".join(line + b"\n" for line in lines)
            try:
                written = os.write(handle, content)
                if written != len(content):
                    written += os.write(handle, content[written:])  # says why, where the disk is full
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, whole)
                raise
        finally:
            os.close(handle)
    except OSError as problem:
        raise explain(problem, path) from problem


def _whole_bytes(path: Path) -> int:
    content = path.read_bytes()
    return content.rfind(b"\n") + 1


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file of anchors as they are; none where it is not there.

    Raises
    ------
    WorkspaceError
        The system refuses it.
    """
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise explain(problem, path) from problem


def _last_digest(path: Path) -> str:
    lines = whole_lines(path)
    return _digest(lines[-1]) if lines else ""


def _follow(first: Path, second: Path) -> None:
    """Bring the second file to where the first is; one that went another way is left for verification to find."""
    try:
        ours = first.read_bytes().split(b"\n")[:-1]
        theirs = second.read_bytes().split(b"\n")[:-1] if second.exists() else []
        if ours[: len(theirs)] != theirs:
            _log.warning("%s is no beginning of %s and is left as it is", second, first)
            return
        if len(ours) > len(theirs):
            append_lines(second, ours[len(theirs) :])
    except OSError as problem:
        _log.warning("the second file of anchors was not written: %s", problem)


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def parse_anchor(line: bytes) -> Anchor | None:
    """The anchor of a line; ``None`` where it is none."""
    try:
        values: Any = json.loads(line)
        if not isinstance(values, dict) or set(values) != set(_FIELDS):
            return None
        if not isinstance(values["seq"], int) or len(bytes.fromhex(values["hash"])) != 32:
            return None
        if not all(isinstance(values[name], str) for name in _FIELDS if name != "seq"):
            return None
        if datetime.fromisoformat(values["at"]).tzinfo is None:
            return None
        return Anchor(**values)
    except (ValueError, TypeError):
        return None
