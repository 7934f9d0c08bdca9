"""What steps of dispatch sheets, appraisals and appeals bring about; see :mod:`kezhong.office.steps`."""

from __future__ import annotations

from typing import Any

from kezhong import clock
from kezhong.office.access.actor import Grant
from kezhong.office.machines import Relation
from kezhong.office.session import OfficeSession
from kezhong.office.steps import (
    Step,
    is_office,
    is_superior,
    register_effect,
    register_guard,
    register_machine,
    register_relation,
)
from kezhong.office.supervision.reviewers import (
    is_leading_group,
    is_of_office,
    may_take_over_own,
    refuse_own_decision,
    was_reviewed_again,
)


def _fills(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """The unit itself, or whoever stands above it and types in what came on paper or by message."""
    return grant.org_id == row.org_id or is_superior(row, grant) or is_office(session, row, grant)


def _reviews(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """The office, or the level above the unit; never the unit itself, save the office: there a second person."""
    if is_of_office(session, row):
        return is_office(session, row, grant) and may_take_over_own(session, row)
    if grant.org_id == row.org_id:
        return False
    return is_office(session, row, grant) or is_superior(row, grant)


def _returned(session: OfficeSession, row: Any, step: Step) -> None:
    row.returns += 1
    row.accepted_at = None


def _accepted(session: OfficeSession, row: Any, step: Step) -> None:
    row.accepted_at = clock.now()


def _decided(session: OfficeSession, row: Any, step: Step) -> None:
    row.decided_at = clock.now()
    row.decision = step.reason or row.decision


def _apply_correction(session: OfficeSession, row: Any, step: Step) -> None:
    from kezhong.office.supervision.appeals import correct_score

    if row.object_kind.startswith("appraisal"):
        correct_score(session, row, step)
    row.decided_at = clock.now()


def _settle(session: OfficeSession, row: Any, step: Step) -> None:
    from kezhong.office.supervision.appeals import settle_unit

    settle_unit(session, row, step)


def _decides(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """The office decides an appeal in the first place; one that is reviewed again is no longer its own."""
    if not is_office(session, row, grant):
        return False
    return not row.object_kind.startswith("appraisal") or not was_reviewed_again(session, row)


def _stands_above(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """Of an appeal: the leading group, whose office reviewed it. The office stands above the unit, not above itself."""
    if not row.object_kind.startswith("appraisal"):
        return is_superior(row, grant)
    return is_leading_group(session, grant.org_id) and bool(row.area_path.startswith(grant.area_path))


def _not_ones_own_decision(session: OfficeSession, row: Any, step: Step) -> None:
    if step.transition.id == "review_again" and row.object_kind.startswith("appraisal"):
        refuse_own_decision(session, row)


def _review_again(session: OfficeSession, row: Any, step: Step) -> None:
    from kezhong.office.supervision.appeals import review_again

    review_again(session, row, step)


register_relation("dispatch_sheet", Relation.LEAD, _fills)
register_relation("dispatch_sheet", Relation.OFFICE, _reviews)
register_effect("restart_reminders", _returned, "dispatch_sheet")
register_effect("set_done", _accepted, "dispatch_sheet")
register_machine("appraisal_unit", lambda row: "appraisal")
register_effect("apply_correction", _apply_correction, "objection")
register_effect("settle_appraisal", _settle, "objection")
register_effect("reopen_appraisal", _review_again, "objection")
register_relation("objection", Relation.OFFICE, _decides)
register_relation("objection", Relation.SUPERIOR, _stands_above)
register_guard("objection", _not_ones_own_decision)
