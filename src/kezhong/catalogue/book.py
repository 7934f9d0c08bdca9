"""The catalogue as one immutable object: lookups that help with a misspelt name, and comparisons of bases."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from kezhong.catalogue.matching import OsmIndex, build_index
from kezhong.catalogue.model import (
    Basis,
    Circle,
    Citation,
    Department,
    Document,
    Element,
    Indicator,
    Level,
    Named,
    Remedy,
    Requirement,
    Walker,
)
from kezhong.catalogue.walkers import Crossings
from kezhong.errors import NotFoundError

_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class Catalogue:
    """Everything the catalogue holds, by id, in the data files' order."""

    circles: Mapping[str, Circle]
    aspects: Mapping[str, Named]
    tiers: Mapping[str, Named]
    levels: Mapping[str, Level]
    departments: Mapping[str, Department]
    documents: Mapping[str, Document]
    walkers: Mapping[str, Walker]
    crossings: Crossings
    indicators: Mapping[str, Indicator]
    remedies: Mapping[str, Remedy]
    elements: Mapping[str, Element]
    bases: Mapping[str, Basis]

    def element(self, element_id: str) -> Element:
        """The element with this id or Chinese name, or :class:`NotFoundError` with similar ones."""
        return _find(self.elements, element_id, "catalogue.unknown_element", self._element_names)

    def basis(self, basis_id: str) -> Basis:
        """The basis as shipped, without any overlay, or :class:`NotFoundError`."""
        return _find(self.bases, basis_id, "catalogue.unknown_basis", {})

    def circle(self, circle_id: str) -> Circle:
        """The circle with this id or Chinese name, or :class:`NotFoundError`."""
        return _find(
            self.circles, circle_id, "catalogue.unknown_circle", {one.zh: one.id for one in self.circles.values()}
        )

    def walker(self, walker_id: str) -> Walker:
        """The walker with this id, or an earlier one or the Chinese name of it, or :class:`NotFoundError`."""
        return _find(self.walkers, walker_id, "catalogue.unknown_walker", self._walker_names)

    def document(self, document_id: str, basis: Basis | None = None) -> Document:
        """A document of the catalogue, or of the basis's overlay."""
        for own in basis.documents if basis else ():
            if own.id == document_id:
                return own
        return _find(self.documents, document_id, "catalogue.unknown_document", {})

    def department_name(self, department_id: str, language: str = "zh") -> str:
        """Name of a department in a language."""
        department = self.departments[department_id]
        return department.zh if language == "zh" else department.en

    @cached_property
    def osm_index(self) -> OsmIndex:
        """Index of the elements' OSM tags."""
        return build_index(self.elements.values())

    @cached_property
    def _walker_names(self) -> dict[str, str]:
        return {name: walker.id for walker in self.walkers.values() for name in (*walker.aliases, walker.zh)}

    @cached_property
    def _element_names(self) -> dict[str, str]:
        return {element.zh: element.id for element in self.elements.values()}


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One basis's figure for an element. Rows of several bases stand side by side; they are never merged."""

    basis: str
    requirement: str
    status: str
    item: str  # threshold, or the scale's metric and what it is counted by
    value: float | None
    maximum: float | None
    unit: str
    cite: Citation | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How two bases differ in one requirement; ``None``: the basis has no such requirement."""

    element: str
    community_types: tuple[str, ...]
    before: Requirement | None
    after: Requirement | None
    fields: tuple[str, ...]  # what differs; empty where one side is absent


def conflict_rows(catalogue: Catalogue, element_id: str) -> list[ConflictRow]:
    """Every figure that any basis states for an element (or for it as a substitute)."""
    element = catalogue.element(element_id)
    rows: list[ConflictRow] = []
    for basis in catalogue.bases.values():
        for rule in basis.requirements:
            if rule.element != element.id:
                continue
            figures = [
                ConflictRow(
                    basis.id,
                    rule.id,
                    rule.status,
                    f"{scale.metric}/{scale.per}",
                    scale.minimum,
                    scale.maximum,
                    scale.unit,
                    scale.cite,
                )
                for scale in rule.scales
            ]
            if rule.threshold:
                limit = rule.threshold
                figures.insert(
                    0,
                    ConflictRow(basis.id, rule.id, rule.status, "threshold", limit.value, None, limit.unit, limit.cite),
                )
            rows += figures or [ConflictRow(basis.id, rule.id, rule.status, "item", None, None, "", rule.cite)]
    return rows


def disagree(rows: list[ConflictRow]) -> bool:
    """Whether two bases state different figures for the same item in the same unit."""
    stated: dict[tuple[str, str], dict[str, set[tuple[float, float | None]]]] = {}
    for row in rows:
        if row.value is not None:
            by_basis = stated.setdefault((row.item, row.unit), {})
            by_basis.setdefault(row.basis, set()).add((row.value, row.maximum))
    return any(len({frozenset(values) for values in by_basis.values()}) > 1 for by_basis in stated.values())


def basis_differences(before: Basis, after: Basis) -> list[Difference]:
    """Requirements that one basis has and the other has not, or has otherwise; in the first one's order."""
    left, right = _by_scope(before), _by_scope(after)
    rows: list[Difference] = []
    for scope in [*left, *(scope for scope in right if scope not in left)]:
        mine, theirs = left.get(scope), right.get(scope)
        fields: tuple[str, ...] = ()
        if mine and theirs:
            ours, others = _content(mine), _content(theirs)
            fields = tuple(name for name in ours if ours[name] != others[name])
            if not fields:
                continue
        rows.append(Difference(scope[0], scope[1], mine, theirs, fields))
    return rows


def _by_scope(basis: Basis) -> dict[tuple[str, tuple[str, ...]], Requirement]:
    return {(rule.element, tuple(sorted(rule.community_types))): rule for rule in basis.requirements}


def _content(rule: Requirement) -> dict[str, object]:
    """What a requirement says, without its id and its reasons."""
    values = rule.model_dump(mode="json")
    for name in ("id", "element", "community_types", "reason_zh", "reason_en", "note_zh", "note_en"):
        values.pop(name)
    return values


def _find(entries: Mapping[str, _Entry], wanted: str, code: str, names: Mapping[str, str]) -> _Entry:
    found = entries.get(wanted) or entries.get(names.get(wanted, ""))
    if found is None:
        known = [*entries, *names]
        near = [name for name in known if wanted and wanted in name][:5]
        near = near or difflib.get_close_matches(wanted, known, n=5, cutoff=0.4)
        raise NotFoundError(code, value=wanted, near=", ".join(near) or ", ".join(list(entries)[:8]))
    return found
