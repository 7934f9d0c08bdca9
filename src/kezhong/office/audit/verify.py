"""Verification of the chain: from its first entry to its head, and against what was written outside the database.

What each finding means is said in :file:`docs/audit.md`. The database is read in one snapshot, so that people go on
working meanwhile; memory does not grow with the number of entries.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from kezhong import messages
from kezhong.errors import InputError
from kezhong.messages import Language
from kezhong.office.audit.anchors import Anchor, AnchorFile, Rollback, read_anchors, second_file, standing
from kezhong.office.audit.keys import trusted
from kezhong.office.audit.walk import BATCH, Walker, entries
from kezhong.office.models.audit import AuditAnchor, AuditHead
from kezhong.office.office import Office
from kezhong.progress import Progress, silent

#: Findings that are listed; more are only counted.
LISTED = 50
#: Digits of a hash that have to be typed back from a printed sheet, at least.
SHEET_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or worth knowing; ``code`` names its text in the message catalogue."""

    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language = "zh") -> str:
        """In words."""
        return messages.text(self.code, self.details, language)

    def todo(self, language: Language = "zh") -> str:
        """What to do about it."""
        return messages.action(self.code, self.details, language)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.

    ``protected`` is the last entry that a *signed* anchor or a printed sheet covers: what lies behind it could be
    rewritten by whoever rules the database, without a trace. ``count`` is the number of findings, of which at most
    :data:`LISTED` are listed.
    """

    entries: int
    seq: int
    hash: str
    findings: tuple[Finding, ...]
    count: int
    warnings: tuple[Finding, ...]
    anchors: int
    signed: int
    protected: int
    protected_at: str | None
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return self.count == 0


class _Findings:
    def __init__(self) -> None:
        self.listed: list[Finding] = []
        self.count = 0

    def add(self, code: str, **details: object) -> None:
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Finding(code, details))


@dataclass
class _Checkpoints:
    """Hashes that the chain must have at given places."""

    expected: dict[int, list[str]]
    sound: int = 0
    rewritten: int = 0

    def check(self, seq: int, digest: bytes, found: _Findings) -> None:
        for wanted in self.expected.pop(seq, ()):
            if digest.hex().startswith(wanted):
                self.sound = seq
            elif not self.rewritten:
                self.rewritten = seq
                found.add("audit.rewritten", good=self.sound, seq=seq)


def verify(
    office: Office,
    *,
    anchors_file: Path | None = None,
    public_keys: Iterable[str] = (),
    sheet: Sequence[tuple[int, str]] = (),
    environ: Mapping[str, str] = os.environ,
    progress: Progress = silent,
) -> Verdict:
    """Recompute the chain and compare it with its head and its anchors.

    Parameters
    ----------
    anchors_file
        Another file than the one in the city folder, e.g. a copy that somebody else keeps.
    public_keys
        Trusted keys in base64, beside those of the environment.
    sheet
        Numbers and hashes typed back from a printed sheet; spaces do not count.

    Raises
    ------
    InputError
        A key or a typed hash is none.
    WorkspaceError
        The file of anchors cannot be read.
    CancelledError
        ``progress`` stopped it.
    """
    began = time.monotonic()
    keys = trusted(public_keys, environ)
    typed = [(seq, _typed(digest)) for seq, digest in sheet]
    found = _Findings()
    file = read_anchors(anchors_file or office.anchors_file)
    anchors = _outside(office, file, None if anchors_file else second_file(office, environ), keys, found)
    standing_, rollbacks = standing(file.anchors)
    live = (*standing_, *anchors[len(file.anchors) :])
    marks: dict[int, list[str]] = {}
    for seq, digest in (*((one.seq, one.hash) for one in live), *typed):
        marks.setdefault(seq, []).append(digest)
    points = _Checkpoints(marks)
    engine = office.database.app_engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        head = connection.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)).first()
        walker = _walk(connection, points, head.seq if head else 0, found, progress)
        if head is None or (head.seq, head.hash) != (walker.seq, walker.hash):
            found.add("audit.head_differs", seq=walker.seq, head=head.seq if head else "–")
        _missing(connection, anchors, file, found)
        connection.rollback()
    beyond = sorted(seq for seq in points.expected if seq > walker.seq)
    if beyond:
        found.add("audit.truncated", seq=walker.seq, anchor=beyond[-1])
    signed = [one for one in anchors if one.is_signed_by(keys)]
    if keys and anchors and not signed:
        found.add("audit.nothing_signed", number=len(anchors))
    good = set(signed)
    covered = [(one.seq, one.at) for one in live if one in good] + [(seq, None) for seq, _ in typed]
    protected, at = max(covered, key=lambda pair: pair[0], default=(0, None))
    return Verdict(
        walker.count, walker.seq, walker.hash.hex(), tuple(found.listed), found.count,
        tuple(_warnings(anchors, rollbacks, keys, walker, protected)), len(anchors), len(signed),
        min(protected, walker.seq), at, time.monotonic() - began,
    )  # fmt: skip


def _walk(connection: Connection, points: _Checkpoints, total: int, found: _Findings, progress: Progress) -> Walker:
    walker = Walker()
    for row in entries(connection):
        for code, details in walker.step(row):
            found.add(code, **details)
        if points.expected:
            points.check(walker.seq, walker.hash, found)
        if walker.count % BATCH == 0:
            progress(min(walker.count / max(total, 1), 1.0), "audit.step_verify")
    return walker


def _outside(
    office: Office, file: AnchorFile, second: Path | None, keys: Mapping[str, bytes], found: _Findings
) -> tuple[Anchor, ...]:
    """The anchors of both files, each file checked for itself."""
    _check_file(office, file, keys, found)
    if second is None:
        return file.anchors
    copy = read_anchors(second)
    _check_file(office, copy, keys, found)
    ours = {one.line for one in file.anchors}
    extra = tuple(one for one in copy.anchors if one.line not in ours)
    if extra:
        found.add("audit.anchor_files_differ", file=file.path, other=copy.path, seq=extra[0].seq)
    return (*file.anchors, *extra)


def _check_file(office: Office, file: AnchorFile, keys: Mapping[str, bytes], found: _Findings) -> None:
    for line in file.broken:
        found.add("audit.anchor_altered", file=file.path, row=line)
    was_signed = False
    for one in file.anchors:
        if one.city != office.config.city_id:
            found.add("audit.anchor_foreign", file=file.path, seq=one.seq, value=one.city)
        elif one.key and one.key not in keys and keys:
            found.add("audit.anchor_unknown_key", file=file.path, seq=one.seq, value=one.key)
        elif one.key in keys and not one.is_signed_by(keys):
            found.add("audit.anchor_bad_signature", file=file.path, seq=one.seq)
        elif was_signed and not one.key:  # whoever has no key would write such ones
            found.add("audit.anchor_unsigned_later", file=file.path, seq=one.seq)
        was_signed = was_signed or bool(one.key)


def _missing(connection: Connection, anchors: Sequence[Anchor], file: AnchorFile, found: _Findings) -> None:
    """Anchors that the database lists and the files do not have, or have otherwise."""
    rows = connection.execute(select(AuditAnchor.seq, AuditAnchor.hash, AuditAnchor.key_id))
    noted = {(row.seq, row.hash.hex(), row.key_id) for row in rows}
    lost = sorted(seq for seq, _, _ in noted - {(one.seq, one.hash, one.key) for one in anchors})
    if lost:
        found.add("audit.anchor_missing", file=file.path, seq=lost[0], last=lost[-1], number=len(lost))


def _warnings(
    anchors: Sequence[Anchor],
    rollbacks: Sequence[Rollback],
    keys: Mapping[str, bytes],
    walker: Walker,
    protected: int,
) -> Iterable[Finding]:
    for one in rollbacks:
        yield Finding("audit.rolled_back", {"seq": one.seq, "known": one.known, "at": one.at})
    if not anchors and walker.count:
        yield Finding("audit.no_anchor")
    elif any(one.key for one in anchors) and not keys:
        yield Finding("audit.unchecked_signatures")
    elif not all(one.key for one in anchors):
        yield Finding("audit.unsigned", {"number": sum(not one.key for one in anchors)})
    if anchors and 0 < protected < walker.seq:
        yield Finding("audit.not_yet_anchored", {"number": walker.seq - protected, "seq": protected})


def _typed(text: str) -> str:
    digits = "".join(text.split()).lower()
    if len(digits) < SHEET_DIGITS or len(digits) > 64 or set(digits) - set("0123456789abcdef"):
        raise InputError("audit.bad_sheet_hash", value=text, expected=SHEET_DIGITS)
    return digits
