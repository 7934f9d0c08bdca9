"""Backing up the office of a city and restoring it: database, evidence and the anchors of the audit together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kezhong.office.audit.anchor_copies import Settled, copy_of, settle, tell_rollback
from kezhong.office.audit.anchors import anchor
from kezhong.office.database.archive import Manifest
from kezhong.office.database.backup import BackupReport, backup
from kezhong.office.database.restore import restore
from kezhong.office.migrations import SEEDED
from kezhong.office.office import Office
from kezhong.office.status import note_backup
from kezhong.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what became of the anchors."""

    manifest: Manifest
    anchors: Settled


def back_up(office: Office, out: Path, *, progress: Progress = silent) -> BackupReport:
    """Anchor the chain, then write everything into ``out`` while people work.

    Raises
    ------
    PermissionDeniedError
        Only the app's address is known (``KEZHONG_DATABASE_OWNER_URL`` is missing).
    WorkspaceError
        The disk is full, or the database refused or broke off; nothing is left behind.
    """
    anchor(office, force=True)
    copy = copy_of(office.anchors_file)
    report = backup(office.database, office.files_folder, out, anchors=copy, progress=progress)
    note_backup(office, report.path, report.size)
    return report


def restore_office(
    office: Office, archive: Path, *, environ: Mapping[str, str] = os.environ, progress: Progress = silent
) -> Restored:
    """Put a backup into an office that is empty.

    Anchors that are there and know more than the backup stay; they then say that the chain was put back.

    Raises
    ------
    InputError, ConflictError, PermissionDeniedError
        As :func:`kezhong.office.database.restore.restore`.
    WorkspaceError
        The database or the city folder refused; nothing was kept.
    """
    settled = Settled()

    def place(manifest: Manifest, copy: bytes | None) -> Callable[[], None]:
        try:
            settle(office, manifest, copy, settled, environ)
        except BaseException:
            settled.take_back()
            raise
        return settled.take_back

    manifest = restore(archive, office.database, office.files_folder, seeded=SEEDED, anchors=place, progress=progress)
    office.forget_root()
    tell_rollback(office, settled, environ)
    return Restored(manifest, settled)
