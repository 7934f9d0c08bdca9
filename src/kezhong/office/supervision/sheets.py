"""A unit's sheet: read back from a file or filled in in the browser, handed in, returned, accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from secrets import token_hex
from typing import Any

from kezhong import clock
from kezhong.errors import ConflictError, InputError, KezhongError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import DispatchRound, DispatchSheet, Organisation
from kezhong.office.session import OfficeSession
from kezhong.office.steps import InName, allowed_steps, take_step
from kezhong.office.supervision import checking, reviewers, rows
from kezhong.office.supervision.forms import Form
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.problems import Problem, Severity, blocking
from kezhong.office.supervision.progress import write_reply
from kezhong.office.supervision.reading import Stated, open_file, read_rows
from kezhong.office.supervision.rounds import form_of, title_of
from kezhong.office.supervision.seal import digest_of
from kezhong.office.telling.notices import tell_units


@dataclass(frozen=True)
class Preview:
    """What a reply would bring about; nothing is written yet.

    ``replies`` are in the order of the sheet. ``same``: exactly this was handed in already.
    """

    sheet: DispatchSheet
    form: Form
    replies: list[dict[str, Any]]
    summary: str
    problems_text: str
    problems: list[Problem]
    changes: list[dict[str, Any]]
    digest: str
    same: bool

    @property
    def ready(self) -> bool:
        """Whether it can be handed in as it is."""
        return not blocking(self.problems)


def read_sheet(session: OfficeSession, content: bytes, expected: int | None = None) -> Preview:
    """Read a file back and check it; writes nothing.

    Parameters
    ----------
    expected
        The sheet that is open on the page; a file of another one is refused.

    Raises
    ------
    InputError
        It is no workbook of ours, of another unit, another round, or superseded.
    """
    stated = open_file(session.info["secrets"], content)
    sheet = _stated_sheet(session, stated)
    when = parse_period(stated.head["period"])
    if expected is not None and sheet.id != expected:
        raise InputError("dispatch.wrong_sheet", unit=stated.head["unit"], period=when.zh)
    if sheet.nonce != stated.head["nonce"]:
        raise InputError("dispatch.superseded")
    read = read_rows(stated, sheet.rows)
    return _preview(
        session, sheet, stated.form, read.replies, read.whole.get("summary", ""), read.whole.get("problems", ""),
        read.problems,
    )  # fmt: skip


def _stated_sheet(session: OfficeSession, stated: Stated) -> DispatchSheet:
    try:
        return session.one(DispatchSheet, stated.sheet_id, Permission.FILL_DISPATCH)
    except NotFoundError as problem:
        when = parse_period(stated.head["period"])
        raise InputError("dispatch.other_unit", unit=stated.head["unit"], period=when.zh) from problem


def check_replies(
    session: OfficeSession, sheet: DispatchSheet, given: Sequence[Mapping[str, Any]], summary: str, problems_text: str
) -> Preview:
    """The same checks for what was filled in in the browser."""
    form = form_of(session.one(DispatchRound, sheet.round_id))
    replies, problems = checking.tidy(form, sheet.rows, given)
    return _preview(session, sheet, form, replies, summary.strip(), problems_text.strip(), problems)


def _preview(
    session: OfficeSession,
    sheet: DispatchSheet,
    form: Form,
    replies: list[dict[str, Any]],
    summary: str,
    problems_text: str,
    problems: list[Problem],
) -> Preview:
    now = rows.live(session, sheet.rows)
    problems = problems + checking.check(form, sheet.rows, replies, now)
    found = checking.changes(form, sheet.rows, replies, now)
    digest = digest_of([sheet.id, sheet.nonce, replies, summary, problems_text])
    same = bool(sheet.digest) and sheet.digest == digest
    return Preview(sheet, form, replies, summary, problems_text, problems, found, digest, same)


def fill_sheet(
    session: OfficeSession,
    sheet_id: int,
    given: Sequence[Mapping[str, Any]],
    *,
    summary: str = "",
    problems_text: str = "",
    version: int | None = None,
    source: str = "browser",
) -> DispatchSheet:
    """Hand a sheet in. The same content once more changes nothing.

    The office's own is taken over with it where the office has nobody else to do so.

    Raises
    ------
    InputError
        Something has to be mended first; nothing was taken in.
    ConflictError
        Other content was handed in already, or the round is closed.
    """
    sheet = session.one(DispatchSheet, sheet_id, Permission.FILL_DISPATCH, lock=True)
    preview = check_replies(session, sheet, given, summary, problems_text)
    if preview.same and sheet.state in ("filled", "accepted"):
        return sheet
    if sheet.state == "filled":
        raise ConflictError("dispatch.already_filled")
    if sheet.state == "accepted":
        raise ConflictError("dispatch.already_accepted")
    if session.one(DispatchRound, sheet.round_id).closed_at is not None:
        raise ConflictError("dispatch.round_closed")
    wrong = blocking(preview.problems)
    if wrong:
        first = wrong[0].told()
        raise InputError(
            "dispatch.has_errors",
            count=len(wrong),
            first_zh=first["zh"],
            first_en=first["en"],
            problems=[f"{problem.row}|{problem.field}|{problem.code}" for problem in wrong],
        )
    sheet = take_step(session, sheet, "fill", version=version, fields={"sheet": preview.digest, "source": source})
    with session.because("dispatch_sheet.fill"):
        sheet.replies = preview.replies
        sheet.summary, sheet.problems = preview.summary, preview.problems_text
        sheet.digest = preview.digest
        sheet.answered = sum(not checking.is_blank(preview.form, reply) for reply in preview.replies)
        sheet.filled_at = clock.now()
        sheet.first_filled_at = sheet.first_filled_at or sheet.filled_at
        sheet.filled_by = session.actor.person_id
    return _for_the_office(session, sheet) if reviewers.is_of_office(session, sheet) else sheet


def _for_the_office(session: OfficeSession, sheet: DispatchSheet) -> DispatchSheet:
    """The office's own sheet waits for a second person; where there is none it is taken over at once, if it can be."""
    others = reviewers.second_people(session, sheet)
    if others:
        tell_units(
            session, [], "changed", sheet, f"dispatch:{sheet.id}:second:{sheet.version}", others,
            name=_source(session, sheet), step_zh="请复核采纳", step_en="Please review",
        )  # fmt: skip
        return sheet
    form = form_of(session.one(DispatchRound, sheet.round_id))
    told = checking.check(form, sheet.rows, [dict(one) for one in sheet.replies], rows.live(session, sheet.rows))
    mine = any(step["id"] == "accept" for step in allowed_steps(session, sheet))
    # What changed meanwhile has to be decided first, also by one who is alone: then it is accepted by hand.
    return accept_sheet(session, sheet.id) if mine and not _undecided(told, {}) else sheet


def _undecided(problems: Sequence[Problem], decisions: Mapping[str, str]) -> list[Problem]:
    return [p for p in problems if p.severity is Severity.DECIDE and decisions.get(p.row) not in ("take", "skip")]


def accept_sheet(
    session: OfficeSession,
    sheet_id: int,
    decisions: Mapping[str, str] | None = None,
    *,
    version: int | None = None,
) -> DispatchSheet:
    """Take a sheet over: progress goes to its tasks and projects, all of it or nothing.

    A unit's is taken over by the office or the level above, the office's own by another of its people than filled it
    in; by the same only where there is nobody else (:mod:`kezhong.office.supervision.reviewers`).

    Parameters
    ----------
    decisions
        For rows that changed since the sheet went out: ``take`` or ``skip``.

    Raises
    ------
    ConflictError
        A changed row has no decision; the details name them.
    """
    sheet = session.one(DispatchSheet, sheet_id, Permission.REVIEW_DISPATCH, version=version, lock=True)
    if sheet.state == "accepted":
        return sheet
    decisions = decisions or {}
    form = form_of(session.one(DispatchRound, sheet.round_id))
    now = rows.live(session, sheet.rows)
    problems = checking.check(form, sheet.rows, [dict(reply) for reply in sheet.replies], now) if sheet.replies else []
    open_ = _undecided(problems, decisions)
    if open_:
        raise ConflictError("dispatch.undecided", count=len(open_), rows=[problem.row for problem in open_])
    alone = reviewers.is_of_office(session, sheet) and sheet.filled_by == session.actor.person_id
    sheet = take_step(session, sheet, "accept", reason=reviewers.ALONE if alone else "")
    in_name = InName(sheet.org_id, _source(session, sheet))
    written = []
    for row, reply in zip(sheet.rows, sheet.replies, strict=True):
        if checking.is_blank(form, reply):
            continue
        written.append({"row": row["row"], **_write(session, row, reply, now, decisions, in_name)})
    with session.because("dispatch_sheet.accept"):
        sheet.written = written
    return sheet


def _write(
    session: OfficeSession,
    row: Mapping[str, Any],
    reply: Mapping[str, Any],
    now: Mapping[str, rows.Live],
    decisions: Mapping[str, str],
    in_name: InName,
) -> dict[str, Any]:
    live = now.get(row["row"])
    if live is not None and not live.open:
        return {"outcome": "not_open"}
    if live is not None and live.changes and decisions.get(row["row"]) == "skip":
        return {"outcome": "skipped", "changes": list(live.changes)}
    if row["kind"] == "check":
        return {"outcome": "text_only"}
    try:
        return write_reply(session, row, reply, in_name)
    except KezhongError as problem:
        raise ConflictError(
            "dispatch.row_refused",
            row=row.get("code") or row["row"],
            problem_zh=problem.message("zh"),
            problem_en=problem.message("en"),
        ) from problem


def _source(session: OfficeSession, sheet: DispatchSheet) -> str:
    round_ = session.one(DispatchRound, sheet.round_id)
    unit = session.one(Organisation, sheet.org_id)
    return f"{unit.short_name}{title_of(round_)}"


def return_sheet(
    session: OfficeSession, sheet_id: int, reason: str, *, due: date | None = None, version: int | None = None
) -> DispatchSheet:
    """Give a sheet back to its unit; what it filled in stays in it.

    One that was accepted is reopened: its rows are made anew, since its own acceptance changed them, and the file
    that went out before is superseded.
    """
    sheet = session.one(DispatchSheet, sheet_id, Permission.REVIEW_DISPATCH)
    again = sheet.state == "accepted"
    sheet = take_step(
        session, sheet, "reopen" if again else "return", version=version, reason=reason, fields={"due": due}
    )
    if again:
        with session.because("dispatch_sheet.reopen", reason):
            _renew(session, sheet)
    return sheet


def _renew(session: OfficeSession, sheet: DispatchSheet) -> None:
    """The rows as they stand now, those that were answered kept, under a new nonce."""
    round_ = session.one(DispatchRound, sheet.round_id)
    sheet.nonce = token_hex(16)
    if round_.kind != "monthly":
        return
    fresh = {row["row"]: row for row in rows.refresh(session, round_.programme_id, sheet.org_id)}
    now = rows.live(session, sheet.rows)
    kept: list[dict[str, Any]] = []
    for row in sheet.rows:
        live = now.get(row["row"])
        known = live.row if live is not None and live.row else row
        kept.append(fresh.pop(row["row"], known))
    kept += list(fresh.values())
    answers = {reply["row"]: reply for reply in sheet.replies}
    form = form_of(round_)
    sheet.rows = kept
    sheet.replies = [answers.get(row["row"]) or checking.blank_reply(form, row["row"]) for row in kept]


def cancel_sheet(session: OfficeSession, sheet_id: int, reason: str, *, version: int | None = None) -> DispatchSheet:
    """Ask a unit no longer: it was merged, or leads nothing any more."""
    sheet = session.one(DispatchSheet, sheet_id, Permission.SEND_DISPATCH)
    return take_step(session, sheet, "cancel", version=version, reason=reason)
