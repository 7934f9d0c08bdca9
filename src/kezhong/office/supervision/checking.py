"""The same checks for a file that was read back and for the form in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kezhong.office.supervision import rows as row_of
from kezhong.office.supervision.forms import Form
from kezhong.office.supervision.problems import Problem, Severity
from kezhong.office.supervision.rows import Live
from kezhong.office.supervision.values import Written, parse

#: Fields of a reply that are no columns.
_OWN = ("row", "decision")


def blank_reply(form: Form, key: str) -> dict[str, Any]:
    """A reply that says nothing."""
    return {"row": key, **{column.id: "" if column.kind == "text" else None for column in form.filled}}


def is_blank(form: Form, reply: Mapping[str, Any]) -> bool:
    """Whether nothing was filled in."""
    return all(reply.get(column.id) in (None, "") for column in form.filled)


def tidy(
    form: Form, sent: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Replies from the browser in the order of the sheet, one a row, each value as its column wants it."""
    problems: list[Problem] = []
    known = {row["row"] for row in sent}
    by_key: dict[str, Mapping[str, Any]] = {}
    for reply in given:
        key = str(reply.get("row", ""))
        if key not in known:
            problems.append(Problem("dispatch.row_unknown", Severity.ERROR, row=key, value=key))
        by_key[key] = reply
    replies = []
    for row in sent:
        reply = blank_reply(form, row["row"])
        found = by_key.get(row["row"], {})
        for column in form.filled:
            parsed = parse(column, Written(found.get(column.id)))
            if parsed.problem:
                problems.append(_of_value(parsed.problem, row, column.id, found.get(column.id), place=column.zh))
                reply[column.id] = str(found.get(column.id))[:80]
            else:
                reply[column.id] = parsed.value
        replies.append(reply)
    return replies, problems


def _of_value(code: str, row: Mapping[str, Any], field: str, value: Any, place: str) -> Problem:
    place = f"{row.get('code') or row['row']} {place}"
    return Problem(code, Severity.ERROR, row=row["row"], field=field, value=str(value)[:80], place=place)


def check(
    form: Form, sent: Sequence[Mapping[str, Any]], replies: Sequence[dict[str, Any]], now: Mapping[str, Live]
) -> list[Problem]:
    """What is wrong with replies that are well-formed, and which rows changed meanwhile."""
    problems: list[Problem] = []
    for row, reply in zip(sent, replies, strict=True):
        if is_blank(form, reply):
            continue
        if row["kind"] == "check":
            problems += _finding(row, reply)
            continue
        if row["kind"] == "submission":
            problems += _only_text(form, row, reply)
        else:
            problems += _progress(row, reply)
        problems += _meanwhile(row, now.get(row["row"]))
    return problems


def _progress(row: Mapping[str, Any], reply: dict[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    key, progress, last = row["row"], reply["progress"], row.get("progress") or 0
    if reply["done"] == "yes":
        if progress is None:
            progress = reply["progress"] = 100
        if progress != 100:
            found.append(Problem("dispatch.done_not_full", Severity.ERROR, key, "progress", value=str(progress)))
        if not reply["situation"]:
            found.append(Problem("dispatch.done_without_text", Severity.ERROR, key, "situation"))
    elif progress == 100:
        found.append(Problem("dispatch.full_not_done", Severity.WARNING, key, "done"))
    if isinstance(progress, int) and progress < last and not reply["reason"]:
        found.append(
            Problem("dispatch.progress_back", Severity.ERROR, key, "reason", "", str(progress), {"last": last})
        )
    return found


def _only_text(form: Form, row: Mapping[str, Any], reply: dict[str, Any]) -> list[Problem]:
    found = []
    for field in ("progress", "done", "reason"):
        if reply.get(field) not in (None, ""):
            column = form.column(field)
            details = {"kind": "报送材料"}
            place = f"{row['code']} {column.zh}"
            found.append(Problem("dispatch.not_for_row", Severity.WARNING, row["row"], field, place, details=details))
            reply[field] = "" if column.kind == "text" else None
    return found


def _finding(row: Mapping[str, Any], reply: dict[str, Any]) -> list[Problem]:
    if reply["finding"] == "not" and not (reply["situation"] and reply["order"]):
        return [Problem("dispatch.finding_without_text", Severity.ERROR, row["row"], "order")]
    return []


def _meanwhile(row: Mapping[str, Any], now: Live | None) -> list[Problem]:
    if now is None:
        return []
    key = row["row"]
    if now.row is None:
        return [Problem("dispatch.gone_meanwhile", Severity.WARNING, key)]
    if not now.open:
        state = row_of.machine_of_kind(row["kind"]).state(now.row["state"])
        details = {"state_zh": state.zh, "state_en": state.en}
        return [Problem("dispatch.closed_meanwhile", Severity.WARNING, key, details=details)]
    if now.changes:
        words = row_of.in_words(row["kind"], now.changes)
        return [Problem("dispatch.changed_meanwhile", Severity.DECIDE, key, details=words)]
    return []


def changes(
    form: Form, sent: Sequence[Mapping[str, Any]], replies: Sequence[Mapping[str, Any]], now: Mapping[str, Live]
) -> list[dict[str, Any]]:
    """What would be written: one entry for each row that says something."""
    found = []
    for row, reply in zip(sent, replies, strict=True):
        if is_blank(form, reply):
            continue
        live = now.get(row["row"])
        found.append(
            {
                "row": row["row"],
                "kind": row["kind"],
                "code": row.get("code", ""),
                "title": row.get("title", ""),
                "before": row.get("progress"),
                "now": live.row["progress"] if live is not None and live.row else None,
                "after": reply.get("progress"),
                "done": reply.get("done") == "yes",
                "open": live is None or live.open,
                "conflict": bool(live is not None and live.open and live.changes),
            }
        )
    return found
