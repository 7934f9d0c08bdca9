"""Running the office, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kezhong import clock
from kezhong.jobs import Job
from kezhong.office.calendar import WorkCalendar
from kezhong.office.copies import back_up
from kezhong.office.escalation import Level
from kezhong.office.keeping import CalendarYear
from kezhong.office.office import Office
from kezhong.office.status import Status
from kezhong.progress import Progress
from kezhong.server.models.office.running import RemindersIO
from kezhong.server.state import ServerState
from kezhong.server.views.office.audit import anchor_state

BACKUP = "office-backup"


def running(now: Status, calendar: WorkCalendar) -> dict[str, Any]:
    """The state of everything."""
    return {
        "database": {
            "address": now.database, "embedded": now.embedded, "server": now.server, "bytes": now.size,
            "revision": now.revision, "newest": now.newest,
        },
        "people": now.people, "units": now.units, "tasks": now.tasks, "entries": now.entries,
        "anchor": anchor_state(now),
        "backup": dict(now.backup) if now.backup else None,
        "queue": {
            "waiting": now.waiting, "failed": now.failed, "oldest": now.oldest_waiting, "last_round": now.last_round,
        },
        "free_bytes": now.free,
        "holidays_known_until": calendar.known_until,
    }  # fmt: skip


def start_backup(state: ServerState, office: Office) -> Job:
    """Back up into ``office/backups`` of the city folder, in the background."""

    def work(progress: Progress) -> Mapping[str, Any]:
        name = f"office-{clock.now().strftime('%Y%m%d-%H%M%S')}.zip"
        report = back_up(office, office.folder / "backups" / name, progress=progress)
        return {"file": name, "bytes": report.size}

    return state.jobs.submit(BACKUP, work, key=BACKUP)


def calendar_year(found: CalendarYear) -> dict[str, Any]:
    """A year of the working calendar."""
    return {
        "year": found.year,
        "known": found.known,
        "missing": [{"zh": zh, "en": en} for zh, en in found.missing],
        "known_until": found.known_until,
        "days": [
            {"day": day, "kind": entry.kind.value, "name": entry.name, "own": day in found.own}
            for day, entry in found.days.items()
        ],
    }


def reminders(page: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Reminder rules with what may be chosen."""
    rules = [
        {**{name: one[name] for name in ("id", "days", "to", "zh", "en")}, "copy_to": list(one.get("copy", ()))}
        for one in page["rules"]
    ]
    return {**page, "rules": rules, "version": version, "levels": [level.value for level in Level]}


def reminders_in(wanted: RemindersIO) -> dict[str, Any]:
    """The page as the data file has it."""
    return {
        "proposal": wanted.proposal,
        "count": wanted.count,
        "at": wanted.at,
        "rules": [
            {
                "id": one.id, "days": one.days, "to": one.to, "zh": one.zh, "en": one.en,
                **({"copy": one.copy_to} if one.copy_to else {}),
            }
            for one in wanted.rules
        ],
    }  # fmt: skip
