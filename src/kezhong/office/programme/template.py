"""Programme templates as data (``office/data/programmes``): read, checked as a whole, hashed.

A template names no unit of a city. Districts are *slots*, lead units are ids of departments in the catalogue; both are
bound when a programme is set up (:mod:`kezhong.office.programme.create`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from kezhong.errors import InputError, NotFoundError
from kezhong.office.programme.template_checks import problems_of
from kezhong.office.strict_yaml import read_strict

#: Instead of a slot: the whole city.
CITY = "city"
#: Who owes a paper or a task: the office, every district, every lead department.
OFFICE, EACH_SLOT, EACH_LEAD = "office", "each_slot", "each_lead"


@dataclass(frozen=True, slots=True)
class Slot:
    """A district's place in the plan."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage with its dates."""

    number: int
    code: str
    zh: str
    en: str
    starts_on: date
    ends_on: date
    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What is to be reached, for a slot or the city."""

    code: str
    slot: str
    zh: str
    en: str
    kind: str
    metric: str
    value: float
    unit: str
    stage: int
    due_on: date
    clause: str
    comparison: str = "at_least"
    circle: str | None = None
    figure_key: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PaperPlan:
    """A paper that is due from a kind of unit."""

    code: str
    kind: str
    zh: str
    en: str
    by: str
    stage: int
    due_on: date
    clause: str


@dataclass(frozen=True, slots=True)
class ApplicationPlan:
    """An application to the level above."""

    code: str
    level: str
    zh: str
    en: str
    scheme: str
    by: str
    due_on: date
    clause: str


@dataclass(frozen=True, slots=True)
class Measure:
    """主要任务 and 具体措施, with who has part in it; ``circle`` is None for a support measure (保障措施)."""

    code: str
    circle: str | None
    title: str
    measure: str
    by: str
    stage: int
    due_on: date
    clause: str
    joint: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CirclePlan:
    """One of the eight circles with its lead department."""

    circle: str
    lead: str
    clause: str


@dataclass(frozen=True, slots=True)
class Template:
    """A programme as data; ``hash`` is of its content, whatever its layout and comments."""

    id: str
    zh: str
    en: str
    source: str
    text: str
    starts_on: date
    ends_on: date
    slots: tuple[Slot, ...]
    stages: tuple[StagePlan, ...]
    targets: tuple[TargetPlan, ...]
    papers: tuple[PaperPlan, ...]
    applications: tuple[ApplicationPlan, ...]
    circles: tuple[CirclePlan, ...]
    measures: tuple[Measure, ...]
    hash: str

    @property
    def departments(self) -> tuple[str, ...]:
        """Lead departments, in the order of the circles."""
        return tuple(dict.fromkeys(one.lead for one in self.circles))

    @property
    def units(self) -> frozenset[str]:
        """All departments that must have a unit in the city: those that lead, and those that owe something."""
        named = {one.by for one in self.papers} | {one.by for one in self.applications}
        named |= {one.by for one in self.measures}
        slots = {one.id for one in self.slots}
        return frozenset(self.departments) | (named - slots - {OFFICE, EACH_SLOT, EACH_LEAD})


def parse_template(text: str, file: str) -> Template:
    """A template out of its YAML text.

    Parameters
    ----------
    file
        Its name, for messages; its stem must be the template's id.

    Raises
    ------
    InputError
        With everything that is wrong in it: ``machines.unreadable`` (no YAML) or ``programme.bad_template``.
    """
    page = read_strict(text, file)
    problems = problems_of(page, file.removesuffix(".yaml"))
    if problems:
        raise InputError(
            "programme.bad_template",
            file=file,
            count=len(problems),
            problem_zh="；".join(zh for zh, _ in problems),
            problem="; ".join(en for _, en in problems),
        )
    return _build(page)


@cache
def template_ids() -> tuple[str, ...]:
    """Ids of the shipped templates."""
    folder = resources.files("kezhong.office").joinpath("data/programmes")
    return tuple(sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml")))


@cache
def load_template(template_id: str) -> Template:
    """A shipped template, read once.

    Raises
    ------
    NotFoundError
        There is none with this id.
    InputError
        It is wrong.
    """
    if template_id not in template_ids():
        raise NotFoundError("programme.no_template", value=template_id, near=", ".join(template_ids()))
    name = f"{template_id}.yaml"
    text = resources.files("kezhong.office").joinpath("data/programmes", name).read_text("utf-8")
    return parse_template(text, name)


def _build(page: Mapping[str, Any]) -> Template:
    measures = [
        Measure(
            code=f"{number}-{place:02d}",
            circle=circle["circle"],
            title=one["title"],
            measure=one["measure"],
            by=circle["lead"],
            stage=one["stage"],
            due_on=one["due_on"],
            clause=circle["clause"],
            joint=tuple(one.get("joint", ())),
        )
        for number, circle in enumerate(page["circles"], start=1)
        for place, one in enumerate(circle["measures"], start=1)
    ]
    measures += [
        Measure(circle=None, **{**one, "joint": tuple(one.get("joint", ()))}) for one in page.get("guarantees", ())
    ]
    content = json.dumps(page, ensure_ascii=False, sort_keys=True, default=str)
    return Template(
        id=page["id"],
        zh=page["zh"],
        en=page["en"],
        source=page["source"],
        text=page.get("text", ""),
        starts_on=page["starts_on"],
        ends_on=page["ends_on"],
        slots=tuple(Slot(**one) for one in page["slots"]),
        stages=tuple(StagePlan(**one) for one in page["stages"]),
        targets=tuple(
            TargetPlan(**{**one, "value": float(one["value"]), "figure_key": _frozen(one.get("figure_key"))})
            for one in page["targets"]
        ),
        papers=tuple(PaperPlan(**one) for one in page.get("submissions", ())),
        applications=tuple(ApplicationPlan(**one) for one in page.get("applications", ())),
        circles=tuple(CirclePlan(one["circle"], one["lead"], one["clause"]) for one in page["circles"]),
        measures=tuple(measures),
        hash=hashlib.sha256(content.encode()).hexdigest()[:16],
    )


def _frozen(key: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if key is None else MappingProxyType(dict(key))
