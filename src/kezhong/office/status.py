"""How the office stands: database, schema, backup, anchors, queue. What the running page and ``office status`` show."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from kezhong import clock
from kezhong.city.files import write_json
from kezhong.office import migrations
from kezhong.office.audit.anchors import read_anchors, second_file
from kezhong.office.audit.keys import signer
from kezhong.office.database.address import given_address, shown
from kezhong.office.models import AuditEntry, AuditHead, Delivery, Organisation, Person, Task
from kezhong.office.office import Office

_BACKUPS = "backups.json"


@dataclass(frozen=True, slots=True)
class Status:
    """One look; sizes in bytes, times in UTC."""

    database: str
    embedded: bool
    server: str
    size: int
    revision: str
    newest: str
    people: int
    units: int
    tasks: int
    entries: int
    head_at: datetime | None
    anchor_seq: int
    anchor_at: str | None
    anchor_signed: bool
    anchors: int
    second_anchors: int | None
    key: bool
    backup: Mapping[str, Any] | None
    waiting: int
    failed: int
    oldest_waiting: datetime | None
    last_round: datetime | None
    free: int


def status(office: Office, environ: Mapping[str, str] = os.environ) -> Status:
    """How the office stands now."""
    file = read_anchors(office.anchors_file)
    last = file.anchors[-1] if file.anchors else None
    second = second_file(office, environ)
    engine = office.database.app_engine
    with engine.connect() as connection:
        one = connection.scalar
        waiting = select(func.count(), func.min(Delivery.next_try_at)).where(Delivery.state == "waiting")
        queue = connection.execute(waiting).one()
        round_ = select(AuditEntry.at).where(AuditEntry.object_kind == "office", AuditEntry.action == "clock.round")
        return Status(
            database=shown(office.database.address.app_url),
            embedded=given_address(environ) is None,
            server=str(one(text("SHOW server_version"))),
            size=int(one(text("SELECT pg_database_size(current_database())")) or 0),
            revision=migrations.present(engine) or "",
            newest=migrations.newest(),
            people=int(one(select(func.count()).select_from(Person).where(Person.status == "active")) or 0),
            units=int(one(select(func.count()).select_from(Organisation).where(Organisation.valid_to.is_(None))) or 0),
            tasks=int(one(select(func.count()).select_from(Task)) or 0),
            entries=int(one(select(AuditHead.seq)) or 0),
            head_at=one(select(AuditEntry.at).order_by(AuditEntry.seq.desc()).limit(1)),
            anchor_seq=last.seq if last else 0,
            anchor_at=last.at if last else None,
            anchor_signed=bool(last and last.signature),
            anchors=len(file.anchors),
            second_anchors=len(read_anchors(second).anchors) if second else None,
            key=signer(environ) is not None,
            backup=last_backup(office),
            waiting=queue[0],
            failed=int(one(select(func.count()).select_from(Delivery).where(Delivery.state == "failed")) or 0),
            oldest_waiting=queue[1],
            last_round=one(round_.order_by(AuditEntry.seq.desc()).limit(1)),
            free=_free(office.folder),
        )


def note_backup(office: Office, path: Path, size: int) -> None:
    """Remember the last backup beside the office, for the running page; the file itself proves more."""
    write_json(office.folder / _BACKUPS, {"at": clock.stamp(), "file": path.name, "bytes": size})


def last_backup(office: Office) -> Mapping[str, Any] | None:
    """When the last backup was made, and its name and size."""
    try:
        found = json.loads((office.folder / _BACKUPS).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
