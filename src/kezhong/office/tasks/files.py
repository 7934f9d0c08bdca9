"""Files attached to objects of the office: kept once by the hash of their content, beside the database.

A file is on the disk, synced, before the row that names it is committed; a row never names a file that is not there.
What a transaction that failed leaves behind is a file that nothing names, which harms nobody.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError, WorkspaceError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.machines import StateKind
from kezhong.office.models import (
    Application,
    Edition,
    FileStored,
    Inspection,
    Objection,
    Offer,
    Pilot,
    Project,
    Submission,
    Task,
    Verification,
    kind_of,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import machine_of
from kezhong.office.tasks.sniffing import TYPES, kind_of_content, without_position

LIMIT = 20 * 1024 * 1024
#: What files can be attached to, with the permission of whoever attaches.
HOLDERS: Mapping[str, tuple[type[Any], Permission]] = {
    "task": (Task, Permission.HANDLE_TASK),
    "submission": (Submission, Permission.HAND_IN),
    "pilot": (Pilot, Permission.BUILD_PILOT),
    "inspection": (Inspection, Permission.INSPECT_PILOT),
    "project": (Project, Permission.WRITE_PROJECT),
    "verification": (Verification, Permission.VERIFY),
    "objection": (Objection, Permission.OBJECT),
    "offer": (Offer, Permission.WRITE_OFFER),
    "application": (Application, Permission.WRITE_APPLICATION),
}
PURPOSES = ("evidence", "plan", "sheet", "reply", "document")
#: Files of one object.
MOST = 50


def holder(session: OfficeSession, kind: str, object_id: int, *, write: bool) -> Any:
    """The object that files belong to, within the actor's scope.

    Raises
    ------
    InputError
        Nothing can be attached to this kind.
    NotFoundError
        No such object, or out of scope.
    """
    if kind not in HOLDERS:
        raise InputError("tasks.no_files_here", value=kind, expected=", ".join(HOLDERS))
    cls, permission = HOLDERS[kind]
    if not write:
        return session.one(cls, object_id)
    if kind == "task":  # whoever leads it, or issued it
        permission = Permission.HANDLE_TASK if session.actor.may(Permission.HANDLE_TASK) else Permission.WRITE_TASK
    session.actor.require(permission)
    return session.one(cls, object_id, permission)


def store_file(
    session: OfficeSession,
    folder: Path,
    kind: str,
    object_id: int,
    name: str,
    content: bytes,
    *,
    purpose: str = "evidence",
    note: str = "",
) -> FileStored:
    """Attach a file. A photograph loses its position and everything else its camera wrote (see ``sniffing``).

    Parameters
    ----------
    folder
        ``office.files_folder``.

    Raises
    ------
    InputError
        Too large, empty, of no permitted kind, or too many.
    """
    if purpose not in PURPOSES:
        raise InputError("tasks.bad_filter", column="purpose", value=purpose, expected=", ".join(PURPOSES))
    row = holder(session, kind, object_id, write=True)
    if len(content) > LIMIT:
        raise InputError("tasks.file_too_large", value=name, limit=f"{LIMIT // 1024 // 1024} MB")
    if not content:
        raise InputError("tasks.file_empty", value=name)
    tidy = tidy_name(name)
    found = kind_of_content(content, tidy)
    kept = without_position(content, found, tidy)
    have = session.execute(
        select(func.count())
        .select_from(FileStored)
        .where(FileStored.object_kind == kind, FileStored.object_id == object_id)
        .execution_options(through_parent=True)
    ).scalar()
    if (have or 0) >= MOST:
        raise InputError("tasks.too_many", value=(have or 0) + 1, limit=MOST)
    digest = write_content(folder, kept)
    stored = FileStored(
        sha256=digest, name=tidy, media_type=TYPES[found][1], bytes=len(kept), object_kind=kind_of(row),
        object_id=object_id, purpose=purpose, note=note.strip()[:500], person_id=session.actor.person_id,
        area_code=row.area_code, area_path=row.area_path, org_id=row.org_id, org_path=row.org_path,
        department=row.department,
    )  # fmt: skip
    with session.because("file.attach"):
        session.admit(stored, Permission.READ_PROGRAMME)  # under the right by which its holder was found
        session.add(stored)
        session.flush()
    return stored


def write_content(folder: Path, content: bytes) -> str:
    """Keep content under its hash; synced to the disk before this returns. The hash, in hexadecimal.

    Raises
    ------
    WorkspaceError
        The disk is full, or cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    target = content_path(folder, digest)
    try:
        if target.is_file() and target.stat().st_size == len(content):
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        for place in (target.parent, folder):
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as problem:
        raise WorkspaceError("tasks.file_not_written", value=problem.strerror or str(problem)) from problem
    return digest


def content_path(folder: Path, digest: str) -> Path:
    """Where the content with this hash lies."""
    return folder / digest[:2] / digest


def read_file(session: OfficeSession, folder: Path, file_id: int) -> tuple[FileStored, Path]:
    """A file whose holder the actor may see, and where its content lies.

    Raises
    ------
    NotFoundError
        No such file, or its holder is out of scope.
    WorkspaceError
        The content is gone from the disk.
    """
    stored = _stored(session, file_id)
    holder(session, stored.object_kind, stored.object_id, write=False)
    path = content_path(folder, stored.sha256)
    if not path.is_file():
        raise WorkspaceError("tasks.file_gone", value=stored.name)
    return stored, path


def remove_file(session: OfficeSession, file_id: int) -> None:
    """Take an attachment away; its content stays for those that share it, and in the backups.

    Raises
    ------
    ConflictError
        It was handed in with an edition, or what it belongs to is finished: what was decided keeps its grounds.
    PermissionDeniedError
        It is of somebody else, and the holder is not the actor's: whoever has part in it attaches, and takes away what
        is their own.
    """
    stored = _stored(session, file_id)
    row = holder(session, stored.object_kind, stored.object_id, write=True)
    own = stored.person_id is not None and stored.person_id == session.actor.person_id
    right = session._admitted[id(row)][1]
    if not own and not covers(session.actor, right, row.area_path, row.org_path, row.department):
        raise PermissionDeniedError("tasks.not_your_file", value=stored.name)
    handed_in = select(Edition.id).where(Edition.files.contains([file_id])).execution_options(through_parent=True)
    if session.execute(handed_in.limit(1)).first() is not None:
        raise ConflictError("tasks.file_handed_in", value=stored.name)
    if hasattr(row, "state") and machine_of(row).state(row.state).kind in (StateKind.DONE, StateKind.VOID):
        raise ConflictError("tasks.file_decided", value=stored.name)
    with session.because("file.remove"):
        session.admit(stored, Permission.READ_PROGRAMME)
        session.delete(stored)
        session.flush()


def _stored(session: OfficeSession, file_id: int) -> FileStored:
    statement = select(FileStored).where(FileStored.id == file_id).execution_options(through_parent=True)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFoundError("office.no_such", kind="file", value=file_id)
    return found


def files_of(session: OfficeSession, kind: str, object_id: int) -> list[FileStored]:
    """Files of an object that was found in scope, oldest first."""
    statement = (
        select(FileStored)
        .where(FileStored.object_kind == kind, FileStored.object_id == object_id)
        .order_by(FileStored.id)
        .execution_options(through_parent=True)
    )
    return list(session.scalars(statement))


def tidy_name(name: str) -> str:
    """A file's name without path, control characters and direction marks, not longer than 120."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
    kept = kept.strip(" .") or "file"
    stem, dot, extension = kept.rpartition(".")
    return (
        f"{stem[: 119 - len(extension)]}.{extension}" if dot and len(kept) > 120 and len(extension) < 10 else kept[:120]
    )
