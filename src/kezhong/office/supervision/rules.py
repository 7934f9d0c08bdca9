"""The rules of an appraisal: data, checked when they are read, kept whole with each appraisal that used them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

from kezhong.errors import InputError, NotFoundError
from kezhong.office.strict_yaml import read_strict, unknown_keys

_NOT_RULES = frozenset({"checks.yaml"})
_Problems = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Item:
    """One item: what it is called, what it weighs, and by which measure it is counted."""

    id: str
    zh: str
    en: str
    weight: Fraction
    measure: str
    full_at: Fraction
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """The items for one kind of unit."""

    id: str
    zh: str
    en: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set; ``source`` is what was read, as it is kept with an appraisal.

    ``document`` prescribes it; ``proposal`` where none does (建议值).
    """

    id: str
    zh: str
    en: str
    proposal: bool
    comment_days: int
    groups: Mapping[str, Group]
    vetoes: Mapping[str, Mapping[str, str]]
    source: Mapping[str, Any]
    document: str = ""


def parse_rules(page: Mapping[str, Any], file: str) -> Rules:
    """Rules out of a mapping, as a file or an appraisal has it.

    Raises
    ------
    InputError
        With every problem found.
    """
    try:
        problems = _problems(page)
    except (TypeError, AttributeError, ValueError, KeyError) as problem:  # a list where a mapping should be …
        problems = [(f"结构不对（{type(problem).__name__}）", f"the structure is wrong ({type(problem).__name__})")]
    if problems:
        words = {"problem_zh": "；".join(zh for zh, _ in problems), "problem_en": "; ".join(en for _, en in problems)}
        raise InputError("appraisal.broken_rules", value=file, **words)
    return Rules(
        page["id"],
        page["zh"],
        page["en"],
        bool(page["proposal"]),
        int(page["comment_days"]),
        {group["id"]: _group(group) for group in page["groups"]},
        {veto["id"]: veto for veto in page["vetoes"]},
        page,
        str(page.get("document", "")).strip(),
    )


def _problems(page: Mapping[str, Any]) -> _Problems:
    wanted = frozenset({"id", "zh", "en", "proposal", "comment_days", "groups", "vetoes"})
    found: _Problems = unknown_keys(page, wanted, frozenset({"document"}))
    if found:
        return found
    for group in page["groups"]:
        found += _group_problems(group)
    for veto in page["vetoes"]:
        found += unknown_keys(veto, frozenset({"id", "zh", "en"}), frozenset())
    if not 0 <= int(page["comment_days"]) <= 100:
        found.append(("公示期应为 0 至 100 个工作日", "the publication takes 0 to 100 working days"))
    return found


def _group_problems(group: Mapping[str, Any]) -> _Problems:
    from kezhong.office.supervision.measures import MEASURES

    problems = unknown_keys(group, frozenset({"id", "zh", "en", "items"}), frozenset())
    if problems or group["id"] not in ("district", "department"):
        return problems or [(f"不认识的分组“{group['id']}”", f"the group “{group['id']}” is unknown")]
    seen: set[str] = set()
    for item in group["items"]:
        wrong = unknown_keys(
            item, frozenset({"id", "zh", "en", "weight", "measure"}), frozenset({"full_at", "parameters"})
        )
        if not wrong:
            wrong = _item_problems(item, seen, MEASURES)
        problems += wrong
    if not problems and not group["items"]:
        problems.append((f"分组“{group['id']}”没有考核项", f"the group “{group['id']}” has no items"))
    return problems


def _item_problems(item: Mapping[str, Any], seen: set[str], measures: Mapping[str, Any]) -> _Problems:
    found: _Problems = []
    name = item["id"]
    if name in seen:
        found.append((f"考核项“{name}”重复", f"the item “{name}” stands twice"))
    seen.add(name)
    known = measures.get(item["measure"])
    if known is None:
        found.append((f"没有计算方法“{item['measure']}”", f"there is no measure “{item['measure']}”"))
    elif extra := sorted(set(item.get("parameters", {})) - set(known.parameters)):
        found.append((f"“{name}”不认识的参数：{extra[0]}", f"“{name}”: unknown parameter {extra[0]}"))
    try:
        weight, full = Fraction(str(item["weight"])), Fraction(str(item.get("full_at", 1)))
        if not (0 < weight <= 1000 and 0 < full <= 1):
            found.append((f"“{name}”的分值或满分线不合理", f"“{name}”: weight or full_at is out of range"))
    except (ValueError, ZeroDivisionError):
        found.append((f"“{name}”的分值不是数字", f"“{name}”: the weight is no number"))
    return found


def _group(group: Mapping[str, Any]) -> Group:
    items = tuple(
        Item(
            item["id"],
            item["zh"],
            item["en"],
            Fraction(str(item["weight"])),
            item["measure"],
            Fraction(str(item.get("full_at", 1))),
            dict(item.get("parameters", {})),
        )
        for item in group["items"]
    )
    return Group(group["id"], group["zh"], group["en"], items)


@cache
def load_rules() -> Mapping[str, Rules]:
    """All rule sets as shipped, by id."""
    folder = resources.files("kezhong.office").joinpath("data/appraisal")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".yaml") and entry.name not in _NOT_RULES:
            rules = parse_rules(read_strict(entry.read_text("utf-8"), entry.name), entry.name)
            found[rules.id] = rules
    return found


def get_rules(rules_id: str) -> Rules:
    """The shipped rules with this id.

    Raises
    ------
    NotFoundError
        There are none.
    """
    found = load_rules().get(rules_id)
    if found is None:
        raise NotFoundError("appraisal.unknown_rules", value=rules_id, near=", ".join(load_rules()))
    return found
