"""What can be wrong with a programme template; every problem is found at once, as pairs (zh, en) with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from kezhong.catalogue import load_catalogue
from kezhong.city.results import FIGURE_KEY
from kezhong.office.strict_yaml import unknown_keys

Problem = tuple[str, str]
Fields = Mapping[str, Callable[[Any], bool]]


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 500


def _day(value: Any) -> bool:
    return type(value) is date


def _whole(value: Any) -> bool:
    return type(value) is int and value > 0


def _number(value: Any) -> bool:
    return type(value) in (int, float) and value >= 0


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _key(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and value.keys() <= set(FIGURE_KEY)


#: Kind of target → what it may count.
METRICS_OF_KINDS: Mapping[str, tuple[str, ...]] = {
    "count": ("pilots_nominated", "pilots_approved", "circles_accepted"),
    "circle_coverage": ("communities_in_accepted_circles",),
    "access_coverage": ("people_reaching_required",),
    "indicator": ("figure",),
}
_NAMES: Fields = {"zh": _text, "en": _text}
_TOP = frozenset({"id", "zh", "en", "source", "starts_on", "ends_on", "slots", "stages", "targets", "circles"})
_TOP_MAY = frozenset({"text", "submissions", "applications", "guarantees"})
#: Group → (required, optional) fields, each with its test.
_GROUPS: Mapping[str, tuple[Fields, Fields]] = {
    "slots": ({"id": _text, **_NAMES}, {}),
    "stages": (
        {
            "number": _whole,
            "code": _text,
            **_NAMES,
            "starts_on": _day,
            "ends_on": _day,
            "clause": _text,
            "text": _text,
        },
        {},
    ),
    "targets": (
        {
            "code": _text,
            "slot": _text,
            **_NAMES,
            "kind": _one_of(*METRICS_OF_KINDS),
            "metric": _text,
            "value": _number,
            "unit": _text,
            "stage": _whole,
            "due_on": _day,
            "clause": _text,
        },
        {"comparison": _one_of("at_least", "at_most"), "circle": _text, "figure_key": _key},
    ),
    "submissions": (
        {
            "code": _text,
            "kind": _one_of("pilot_list", "implementation_plan", "circle_plan", "work_plan", "other"),
            **_NAMES,
            "by": _text,
            "stage": _whole,
            "due_on": _day,
            "clause": _text,
        },
        {},
    ),
    "applications": (
        {
            "code": _text,
            "level": _one_of("province", "nation"),
            **_NAMES,
            "scheme": _text,
            "by": _text,
            "due_on": _day,
            "clause": _text,
        },
        {},
    ),
    "circles": ({"circle": _text, "lead": _text, "clause": _text, "measures": lambda value: True}, {}),
    "measures": (
        {"title": _text, "measure": _text, "stage": _whole, "due_on": _day},
        {"joint": lambda value: isinstance(value, list)},
    ),
    "guarantees": (
        {
            "code": _text,
            "clause": _text,
            "title": _text,
            "measure": _text,
            "by": _text,
            "stage": _whole,
            "due_on": _day,
        },
        {"joint": lambda value: isinstance(value, list)},
    ),
}


def problems_of(page: Mapping[str, Any], stem: str) -> list[Problem]:
    """All that is wrong with a template's data, in the order of the file."""
    problems = unknown_keys(page, _TOP, _TOP_MAY)
    if problems:
        return problems
    for name, test in {"zh": _text, "en": _text, "source": _text, "starts_on": _day, "ends_on": _day}.items():
        if not test(page[name]):
            problems.append(_bad(name, page[name]))
    if page["id"] != stem:
        problems.append((f"编号“{page['id']}”与文件名不符", f"the id “{page['id']}” is not the file's name"))
    for group in ("slots", "stages", "targets", "submissions", "applications", "circles", "guarantees"):
        if group in page:
            problems += _entries(page[group], group)
    if not problems:
        for circle in page["circles"]:
            problems += _entries(circle["measures"], "measures", f"circles[{circle['circle']}].")
    return problems or list(_between(page))


def _bad(where: str, value: object) -> Problem:
    return f"{where}：值“{value}”不合要求", f"{where}: the value “{value}” is wrong"


def _entries(entries: Any, group: str, prefix: str = "") -> list[Problem]:
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        return [(f"{prefix}{group} 应为非空列表", f"{prefix}{group} must be a list with entries")]
    required, optional = _GROUPS[group]
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        where = f"{prefix}{group}[{number}]"
        keys = unknown_keys(entry, frozenset(required), frozenset(optional))
        problems += [(f"{where}：{zh}", f"{where}: {en}") for zh, en in keys]
        if not keys:
            tests = {**required, **optional}
            problems += [_bad(f"{where}.{name}", value) for name, value in entry.items() if not tests[name](value)]
    return problems


def _between(page: Mapping[str, Any]) -> Iterator[Problem]:
    """References, order of dates, codes written twice."""
    book = load_catalogue()
    slots = [one["id"] for one in page["slots"]]
    stages = {one["number"]: one for one in page["stages"]}
    for name, values in _codes(page, slots).items():
        for value, count in Counter(values).items():
            if count > 1:
                yield f"{name}：“{value}”重复", f"{name}: “{value}” occurs twice"
    if sorted(stages) != list(range(1, len(page["stages"]) + 1)):
        yield "stages：序号应从 1 连续", "stages: numbers must run from 1 without gaps"
    yield from _days(page, stages)
    departments = book.departments
    for place, target in enumerate(page["targets"], start=1):
        where = f"targets[{place}]"
        yield from _known(target["slot"], [*slots, "city"], f"{where}.slot")
        yield from _known(target["metric"], METRICS_OF_KINDS[target["kind"]], f"{where}.metric")
        if target.get("circle") is not None:
            yield from _known(target["circle"], book.circles, f"{where}.circle")
        if target["kind"] == "indicator" and "figure_key" not in target:
            yield f"{where}：缺少 figure_key", f"{where}: figure_key is missing"
    for place, circle in enumerate(page["circles"], start=1):
        yield from _known(circle["circle"], book.circles, f"circles[{place}].circle")
        yield from _known(circle["lead"], departments, f"circles[{place}].lead")
    owners = ["office", "each_slot", "each_lead", *slots, *departments]
    for group in ("submissions", "applications", "guarantees"):
        for place, one in enumerate(page.get(group, ()), start=1):
            yield from _known(one["by"], owners, f"{group}[{place}].by")
    for where, one in _steps(page):
        for unit in one.get("joint", ()):
            yield from _known(unit, departments, f"{where}.joint")


def _codes(page: Mapping[str, Any], slots: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        "slots.id": slots,
        "stages.number": [one["number"] for one in page["stages"]],
        "stages.code": [one["code"] for one in page["stages"]],
        "circles.circle": [one["circle"] for one in page["circles"]],
    }
    for group in ("targets", "submissions", "applications", "guarantees"):
        found[f"{group}.code"] = [one["code"] for one in page.get(group, ())]
    return found


def _days(page: Mapping[str, Any], stages: Mapping[int, Mapping[str, Any]]) -> Iterator[Problem]:
    first, last = page["starts_on"], page["ends_on"]
    if last < first:
        yield "ends_on 早于 starts_on", "ends_on lies before starts_on"
    for number, stage in stages.items():
        if not first <= stage["starts_on"] <= stage["ends_on"] <= last:
            yield f"stages[{number}]：日期不在方案期内或先后颠倒", f"stages[{number}]: its dates leave the programme"
    for where, one in _steps(page):
        if not first <= one["due_on"] <= last:
            yield (
                f"{where}.due_on：{one['due_on']} 不在方案期内",
                f"{where}.due_on: {one['due_on']} leaves the programme",
            )
        if "stage" in one:
            yield from _known(one["stage"], stages, f"{where}.stage")


def _steps(page: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything with a deadline, with its place."""
    for group in ("targets", "submissions", "applications", "guarantees"):
        for place, one in enumerate(page.get(group, ()), start=1):
            yield f"{group}[{place}]", one
    for circle in page["circles"]:
        for place, one in enumerate(circle["measures"], start=1):
            yield f"circles[{circle['circle']}].measures[{place}]", one


def _known(value: object, choice: Iterable[object], where: str) -> Iterator[Problem]:
    known = list(choice)
    if value not in known:
        near = ", ".join(str(one) for one in known)
        yield f"{where}：不认识“{value}”（可用：{near}）", f"{where}: “{value}” is unknown (use one of {near})"
