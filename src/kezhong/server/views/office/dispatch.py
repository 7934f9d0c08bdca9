"""Rounds and sheets as they travel."""

from __future__ import annotations

from typing import Any

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.models import DispatchRound, DispatchSheet, Organisation, Programme
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps, course
from kezhong.office.supervision import reviewers, rounds, rows
from kezhong.office.supervision.bulletin import FIGURES
from kezhong.office.supervision.bulletin_workbook import WORDS
from kezhong.office.supervision.checking import check
from kezhong.office.supervision.forms import Form
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.sheets import Preview

_ROW = ("row", "kind", "id", "code", "title", "measure", "due", "progress", "light", "state", "count")


def moment(value: Any) -> str | None:
    """ISO 8601 in UTC."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value is not None else None


def day(value: Any) -> str | None:
    """A day."""
    return value.isoformat() if value is not None else None


def round_out(session: OfficeSession, row: DispatchRound) -> dict[str, Any]:
    """A round."""
    programme = session.get_one(Programme, row.programme_id)
    may = session.actor.may(Permission.SEND_DISPATCH) and row.closed_at is None
    return {
        "id": row.id,
        "version": row.version,
        "kind": "dispatch_round",
        "round_kind": row.kind,
        "period": row.period,
        "period_zh": parse_period(row.period).zh,
        "programme_id": row.programme_id,
        "programme": programme.name,
        "due_on": row.due_on.isoformat(),
        "due_at": moment(row.due_at),
        "due_zh": rounds.in_words(row.due_at, row.due_on),
        "sent_at": moment(row.sent_at),
        "closed_at": moment(row.closed_at),
        "levels": row.levels,
        "note": row.note,
        "allowed": (["close"] if row.kind == "quarterly" else ["remind", "close"]) if may else [],
    }


def round_detail(session: OfficeSession, row: DispatchRound) -> dict[str, Any]:
    """A round with the matrix of its sheets, or its bulletin."""
    standings = [] if row.kind == "quarterly" else rounds.overview(session, row.id)
    open_ = [one for one in standings if one.sheet.state in ("sent", "returned")]
    return {
        **round_out(session, row),
        "counts": {
            "asked": sum(one.sheet.state != "cancelled" for one in standings),
            "filled": sum(one.sheet.state == "filled" for one in standings),
            "accepted": sum(one.sheet.state == "accepted" for one in standings),
            "missing": len(open_),
            "late": sum(one.late for one in standings),
        },
        "sheets": [standing(one) for one in standings],
        "bulletin": _bulletin(session, row),
        "figures": [{"id": name, "zh": WORDS[name][0], "en": WORDS[name][1]} for name in FIGURES],
    }


def _bulletin(session: OfficeSession, row: DispatchRound) -> dict[str, Any] | None:
    """Figures for everybody; the rows behind them only within the caller's scope."""
    if row.content is None:
        return None
    units = {one.id: one for one in session.query(Organisation).filter(Organisation.id.in_(_ids(row.content)))}

    def mine(org_id: int) -> bool:
        unit = units.get(org_id)
        return unit is not None and covers(
            session.actor, Permission.READ_DISPATCH, unit.area_path, unit.path, unit.department
        )

    return {
        **row.content,
        "units": [
            unit if mine(unit["org_id"]) else {**unit, "rows": {name: [] for name in FIGURES}}
            for unit in row.content["units"]
        ],
    }


def _ids(content: dict[str, Any]) -> list[int]:
    return [unit["org_id"] for unit in content["units"]]


def standing(one: rounds.Standing) -> dict[str, Any]:
    """A cell of the matrix."""
    sheet = one.sheet
    return {
        "id": sheet.id,
        "version": sheet.version,
        "org_id": one.unit.id,
        "unit": one.unit.name,
        "level": one.unit.level,
        "state": sheet.state,
        "late": one.late,
        "rows": one.rows,
        "answered": sheet.answered,
        "returns": sheet.returns,
        "due_on": day(sheet.due_on),
        "first_filled_at": moment(sheet.first_filled_at),
        "filled_at": moment(sheet.filled_at),
        "accepted_at": moment(sheet.accepted_at),
    }


def sheet_out(session: OfficeSession, sheet: DispatchSheet) -> dict[str, Any]:
    """A sheet with its rows as sent, as they stand now, and what was filled in."""
    round_ = session.get_one(DispatchRound, sheet.round_id)
    form = rounds.form_of(round_)
    now = rows.live(session, sheet.rows)
    told = []
    if sheet.replies and sheet.state != "accepted":
        told = check(form, sheet.rows, [dict(reply) for reply in sheet.replies], now)
    return {
        "id": sheet.id,
        "version": sheet.version,
        "kind": "dispatch_sheet",
        "round_id": round_.id,
        "round_kind": round_.kind,
        "period": round_.period,
        "period_zh": parse_period(round_.period).zh,
        "programme": session.get_one(Programme, round_.programme_id).name,
        "unit": session.get_one(Organisation, sheet.org_id).name,
        "org_id": sheet.org_id,
        "state": sheet.state,
        "late": rounds.is_late(sheet, clock.now()),
        "returns": sheet.returns,
        "due_on": day(sheet.due_on),
        "due_zh": rounds.in_words(sheet.due_at, sheet.due_on),
        "summary": sheet.summary,
        "problems_text": sheet.problems,
        "filled_at": moment(sheet.filled_at),
        "accepted_at": moment(sheet.accepted_at),
        "columns": columns(form),
        "rows": [_row(row, now.get(row["row"])) for row in sheet.rows],
        "replies": sheet.replies,
        "problems": [problem.told() for problem in told],
        "written": sheet.written,
        "course": [{**step, "at": moment(step["at"])} for step in course(session, sheet)],
        "allowed": [] if round_.closed_at is not None else allowed_steps(session, sheet),
        "taken_over_by": reviewers.taken_over_by(session, sheet),
    }


def columns(form: Form) -> list[dict[str, Any]]:
    """The columns of a form."""
    return [
        {
            "id": column.id,
            "zh": column.zh,
            "en": column.en,
            "kind": column.kind,
            "hint": column.hint,
            "choices": [{"id": one.id, "zh": one.zh, "en": one.en} for one in column.choices],
        }
        for column in form.columns
    ]


def _row(row: dict[str, Any], now: rows.Live | None) -> dict[str, Any]:
    state = now.row if now is not None else None
    return {
        **{name: row.get(name) for name in _ROW},
        "measure": row.get("measure") or "",
        "code": row.get("code") or "",
        "title_en": row.get("title_en"),
        "refs": row.get("refs", []),
        "now_progress": state["progress"] if state else None,
        "now_state": state["state"] if state else None,
        "open": now.open if now is not None else True,
        "changed": bool(now is not None and now.changes),
    }


def preview_out(session: OfficeSession, preview: Preview) -> dict[str, Any]:
    """What a reply would bring about."""
    sheet = preview.sheet
    round_ = session.get_one(DispatchRound, sheet.round_id)
    return {
        "sheet_id": sheet.id,
        "sheet_version": sheet.version,
        "unit": session.get_one(Organisation, sheet.org_id).name,
        "period_zh": parse_period(round_.period).zh,
        "state": sheet.state,
        "ready": preview.ready,
        "same": preview.same,
        "replies": preview.replies,
        "summary": preview.summary,
        "problems_text": preview.problems_text,
        "problems": [problem.told() for problem in preview.problems],
        "changes": preview.changes,
    }
