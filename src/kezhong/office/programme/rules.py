"""Rule sets that grade: read, checked, applied to values. What the values are is found elsewhere.

A grade is the highest of which every threshold is reached by the items that are known. An item without sufficient
data (数据不足, 无数据) is left out, and says so: it never counts against anyone. With too few items known there is no
grade at all, which is something else than a low one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError
from kezhong.office.models import Setting
from kezhong.office.session import OfficeSession
from kezhong.office.strict_yaml import read_strict, unknown_keys

#: Key of the office's own rules in :class:`Setting`; where there are none, the shipped ones count.
SETTING = "pilot_rules"
#: What a grade is called where the data do not suffice for one.
NOT_GRADED = "not_graded"
#: Items that the office finds itself, for the pilot's rules; those of the commerce scheme are entered.
PILOT_ITEMS = ("required_met", "tasks_done", "promises_kept", "inspection_passed", "satisfaction")
COMMERCE_ITEMS = ("basic_formats", "quality_formats", "satisfaction", "chain_rate")

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """What is looked at."""

    id: str
    zh: str
    en: str
    unit: str = "share"


@dataclass(frozen=True, slots=True)
class GradeRule:
    """A grade with the least value of each item."""

    id: str
    zh: str
    en: str
    at_least: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Items and grades, best first."""

    id: str
    zh: str
    en: str
    evidence: str
    known_min: int
    items: tuple[Item, ...]
    grades: tuple[GradeRule, ...]
    hash: str
    circle: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What was found for an item: a value, or why there is none; ``rows`` name what it was made of."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    status: str = "known"  # known, no_data, data_insufficient
    rows: tuple[Any, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """The outcome: a grade, ``not_graded`` (data do not suffice) or ``None`` (no grade is reached)."""

    grade: str | None
    document: dict[str, Any] = field(default_factory=dict)


def rule_sets(session: OfficeSession | None = None) -> dict[str, RuleSet]:
    """The rules in force, by name (``pilot``, ``commerce``): the city's own, else the shipped ones."""
    if session is not None:
        own = session.execute(select(Setting.value).where(Setting.key == SETTING)).scalar()
        if own is not None:
            return parse_rules(own, SETTING)
    return _shipped()


@cache
def shipped_document() -> dict[str, Any]:
    """The shipped rules, as data."""
    text = resources.files("kezhong.office").joinpath("data/pilot_rules.yaml").read_text("utf-8")
    return read_strict(text, "pilot_rules.yaml")


@cache
def _shipped() -> dict[str, RuleSet]:
    return parse_rules(shipped_document(), "pilot_rules.yaml")


def parse_rules(page: Mapping[str, Any], file: str) -> dict[str, RuleSet]:
    """Rule sets out of data.

    Raises
    ------
    InputError
        ``programme.bad_rules``, with everything that is wrong.
    """
    problems = unknown_keys(page, frozenset({"pilot", "commerce"}), frozenset())
    for name, known in (("pilot", PILOT_ITEMS), ("commerce", COMMERCE_ITEMS)):
        if not problems or name in page:
            problems += [(f"{name}：{zh}", f"{name}: {en}") for zh, en in _problems(page.get(name), known)]
    if problems:
        raise InputError(
            "programme.bad_rules",
            file=file,
            count=len(problems),
            problem_zh="；".join(zh for zh, _ in problems),
            problem="; ".join(en for _, en in problems),
        )
    return {name: _build(page[name]) for name in ("pilot", "commerce")}


def apply_rules(rules: RuleSet, values: Mapping[str, Value]) -> Graded:
    """Grade values; every item is in the outcome with its value, its rows and the threshold that decided."""
    known = {name: value for name, value in values.items() if value.value is not None and value.status == "known"}
    grade: str | None
    if len(known) < rules.known_min:
        grade = NOT_GRADED
    else:
        reached = (
            rule.id
            for rule in rules.grades
            if all(_reaches(known, name, least) for name, least in rule.at_least.items())
        )
        grade = next(reached, None)
    return Graded(
        grade,
        {
            "rules": rules.id,
            "hash": rules.hash,
            "zh": rules.zh,
            "en": rules.en,
            "evidence": rules.evidence,
            "known": len(known),
            "known_min": rules.known_min,
            "grade": grade,
            "grades": [
                {"id": rule.id, "zh": rule.zh, "en": rule.en, "at_least": dict(rule.at_least)} for rule in rules.grades
            ],
            "items": [_told(rules, item, values.get(item.id, Value(None, status="no_data"))) for item in rules.items],
        },
    )


def _reaches(known: Mapping[str, Value], name: str, least: float) -> bool:
    found = known.get(name)
    # Not known: left out. The tolerance keeps 0.9 of 0.9 from failing in its last binary digit.
    return found is None or found.value is None or found.value >= least - 1e-9


def _told(rules: RuleSet, item: Item, value: Value) -> dict[str, Any]:
    reached = None
    if value.value is not None and value.status == "known":
        fits = [rule.id for rule in rules.grades if value.value >= rule.at_least.get(item.id, 0) - 1e-9]
        reached = fits[0] if fits else ""
    return {
        "id": item.id,
        "zh": item.zh,
        "en": item.en,
        "unit": item.unit,
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "status": value.status,
        "source": value.source,
        "rows": list(value.rows),
        "reaches": reached,
    }


def _build(page: Mapping[str, Any]) -> RuleSet:
    text = json.dumps(page, sort_keys=True, ensure_ascii=False)
    return RuleSet(
        id=page["id"],
        zh=page["zh"],
        en=page["en"],
        evidence=page["evidence"],
        known_min=page["known_min"],
        items=tuple(Item(**one) for one in page["items"]),
        grades=tuple(
            GradeRule(one["id"], one["zh"], one["en"], {k: float(v) for k, v in one["at_least"].items()})
            for one in page["grades"]
        ),
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
        circle=page.get("circle"),
    )


def _problems(page: Any, items: tuple[str, ...]) -> list[Problem]:
    if not isinstance(page, dict):
        return [("应为映射", "must be a mapping")]
    required = frozenset({"id", "zh", "en", "evidence", "known_min", "items", "grades"})
    problems = unknown_keys(page, required, frozenset({"circle"}))
    if problems:
        return problems
    if not isinstance(page["known_min"], int) or not 1 <= page["known_min"] <= len(items):
        problems.append((f"known_min 应为 1 至 {len(items)}", f"known_min must be 1 to {len(items)}"))
    if page["evidence"] not in ("found", "proposal"):
        problems.append(("evidence 应为 found 或 proposal", "evidence must be found or proposal"))
    if page.get("circle") is not None and page["circle"] not in load_catalogue().circles:
        problems.append((f"不认识圈“{page['circle']}”", f"the circle “{page['circle']}” is unknown"))
    problems += _entry_problems(page["items"], "items", frozenset({"id", "zh", "en"}), frozenset({"unit"}))
    problems += _entry_problems(page["grades"], "grades", frozenset({"id", "zh", "en", "at_least"}), frozenset())
    if problems:
        return problems
    named = [one["id"] for one in page["items"]]
    problems += [(f"不认识项目“{one}”", f"the item “{one}” is unknown") for one in named if one not in items]
    return problems + _threshold_problems(page["grades"], named)


def _entry_problems(entries: Any, group: str, required: frozenset[str], optional: frozenset[str]) -> list[Problem]:
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        return [(f"{group} 应为非空列表", f"{group} must be a list with entries")]
    problems = [
        (f"{group}[{number}]：{zh}", f"{group}[{number}]: {en}")
        for number, one in enumerate(entries, start=1)
        for zh, en in unknown_keys(one, required, optional)
    ]
    ids = [str(one.get("id")) for one in entries]
    return problems + [
        (f"{group}：“{one}”重复", f"{group}: “{one}” occurs twice") for one in {*ids} if ids.count(one) > 1
    ]


def _threshold_problems(grades: list[dict[str, Any]], items: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    for one in grades:
        if one["id"] == NOT_GRADED:
            problems.append((f"等级不能叫“{NOT_GRADED}”", f"no grade may be called “{NOT_GRADED}”"))
        least_of = one["at_least"] if isinstance(one["at_least"], dict) else {"at_least": one["at_least"]}
        for name, least in least_of.items():
            if name not in items or type(least) not in (int, float) or least < 0:
                problems.append((f"{one['id']}.{name}：值“{least}”不对", f"{one['id']}.{name}: “{least}” is wrong"))
    if problems:
        return problems
    for better, worse in pairwise(grades):
        for name, least in worse["at_least"].items():
            if better["at_least"].get(name, 0) < least:
                zh, en = (
                    f"{better['id']} 的 {name} 低于 {worse['id']}",
                    f"{name} of {better['id']} is below {worse['id']}",
                )
                problems.append((zh, en))
    return problems
