"""The rules by which the city appraises from now on: its own, or those shipped as a proposal.

An appraisal keeps the whole rule set it was opened with (:mod:`.rules`). A change made here is therefore never a change
of an appraisal under way: it holds for those that are opened afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Appraisal, Setting
from kezhong.office.session import ChangedMeanwhileError, OfficeSession
from kezhong.office.supervision.rules import Rules, get_rules, parse_rules

SETTING = "appraisal_rules"
SHIPPED = "default-2022"
#: An appraisal is out of a hundred points.
FULL = 100


def rules_in_force(session: OfficeSession) -> tuple[Rules, int]:
    """The rules for the next appraisal, and their version: 0 where the shipped ones hold."""
    row = session.execute(select(Setting).where(Setting.key == SETTING)).scalar_one_or_none()
    return (get_rules(SHIPPED), 0) if row is None else (parse_rules(row.value, SETTING), row.version)


def in_use(session: OfficeSession) -> list[Appraisal]:
    """Appraisals under way, which go on by the rules they were opened with; the newest first."""
    return session.rows(select(Appraisal).where(Appraisal.state != "final").order_by(Appraisal.id.desc()))


def set_own_rules(session: OfficeSession, version: int, page: Mapping[str, Any], reason: str = "") -> Rules:
    """Put the city's own rules in force for appraisals opened from now on; ``version`` 0 where the shipped ones hold.

    Raises
    ------
    InputError
        The rules are wrong, the points of a group are not a hundred, or neither a document prescribes them nor are they
        marked as a proposal.
    ChangedMeanwhileError
        Somebody else changed them.
    """
    session.actor.require(Permission.WRITE_APPRAISAL)
    rules = parse_rules(page, SETTING)
    for group in rules.groups.values():
        total = sum((item.weight for item in group.items), Fraction(0))
        if total != FULL:
            raise InputError("appraisal.not_a_hundred", column="groups", value=float(total), name=group.zh)
    if not rules.proposal and not rules.document:
        raise InputError("appraisal.no_document", column="document", value=rules.document)
    row = session.execute(select(Setting).where(Setting.key == SETTING).with_for_update()).scalar_one_or_none()
    current = row.version if row is not None else 0
    if current != version:
        raise ChangedMeanwhileError(
            "office.changed_meanwhile", kind="setting", value=SETTING, yours=version, current=current
        )
    with session.because("appraisal.rules", reason):
        if row is None:
            session.create(Setting(key=SETTING, value=dict(page)), Permission.WRITE_APPRAISAL)
        else:
            row.value = dict(page)
        session.flush()
    return rules
