"""Submissions as the wire shows them."""

from __future__ import annotations

from typing import Any

from kezhong.office.access.permissions import Permission
from kezhong.office.models import Submission
from kezhong.office.programme.submissions import OWED, editions_of, files_of, is_overdue
from kezhong.office.session import OfficeSession
from kezhong.office.steps import course
from kezhong.office.telling.deadlines import shifted
from kezhong.server.views.office.pilots import file_item, people_names
from kezhong.server.views.office.programme import Names, head


def submission_items(session: OfficeSession, rows: list[Submission]) -> list[dict[str, Any]]:
    """Lines of the list."""
    names = Names(session, rows)
    return [_item(session, row, names) for row in rows]


def _item(session: OfficeSession, row: Submission, names: Names) -> dict[str, Any]:
    return {
        **head(session, row, names),
        "programme_id": row.programme_id,
        "stage_id": row.stage_id,
        "code": row.code,
        "submission_kind": row.kind,
        "name": row.name,
        "name_en": row.name_en,
        "circle": row.circle,
        "pilot_id": row.pilot_id,
        "due_on": row.due_on,
        "due_at": row.due_at,
        "shifted": shifted(session, row.due_on),
        "light": row.light,
        "overdue": is_overdue(row),
        "late": row.late,
        "handed_in_at": row.handed_in_at,
        "done_at": row.done_at,
        "edition": row.edition,
        "source": row.source,
    }


def submission_detail(session: OfficeSession, row: Submission) -> dict[str, Any]:
    """A submission with its editions, newest first, and the files that the next one will consist of."""
    names = Names(session, [row], [row.asked_by_id])
    editions = editions_of(session, row)
    people = people_names(session, [one.person_id for one in editions])
    files = {one.id: one for one in files_of(session, row)}
    used = {key for one in editions for key in one.files}
    asked = names.unit(row.asked_by_id)
    return {
        **_item(session, row, names),
        "note": row.note,
        "asked_by": asked["name"] if asked else None,
        "editions": [
            {
                "number": one.number,
                "handed_in_at": one.handed_in_at,
                "late": one.late,
                "person": people.get(one.person_id) if one.person_id else None,
                "reply": one.reply,
                "verdict": one.verdict,
                "reason": one.reason,
                "files": [file_item(files[key]) for key in one.files if key in files],
            }
            for one in reversed(editions)
        ],
        "new_files": [file_item(one) for key, one in files.items() if key not in used],
        "may_attach": row.state in OWED and session.actor.may(Permission.HAND_IN),
        "course": course(session, row),
    }
