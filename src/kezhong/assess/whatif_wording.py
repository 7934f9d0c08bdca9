"""Edits of a scenario in words, for screens and for the terminal."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from kezhong.catalogue import load_catalogue
from kezhong.city.scenarios import (
    AddFacility,
    ChangePeople,
    CloseEdge,
    CloseFacility,
    CloseGate,
    Edit,
    MoveFacility,
    OpenEdge,
    OpenGate,
    OpenLink,
    ResizeFacility,
    Scenario,
    document_of,
)
from kezhong.city.workspace import City

_LINKS = {"street": ("街道", "street"), "crossing": ("过街通道", "crossing"), "bridge": ("桥", "bridge")}


def edits(city: City, scenario: Scenario) -> list[dict[str, Any]]:
    """Edits, numbered and named."""
    words = _Words(city, scenario)
    return [
        {
            "n": position + 1,
            "edit": document_of(edit),
            "facility": scenario.added_id(position) or getattr(edit, "facility", None),
            "label": words.label(edit),
        }
        for position, edit in enumerate(scenario.edits)
    ]


class _Words:
    """Names of what edits concern."""

    def __init__(self, city: City, scenario: Scenario) -> None:
        self.city, self.book = city, load_catalogue()
        self.added = {
            scenario.added_id(position): edit
            for position, edit in enumerate(scenario.edits)
            if isinstance(edit, AddFacility)
        }

    def label(self, edit: Edit) -> dict[str, str]:
        """One line in both languages."""
        zh, en = self._texts(edit)
        return {"zh": zh, "en": en}

    def _texts(self, edit: Edit) -> tuple[str, str]:
        if isinstance(edit, AddFacility):
            zh, en = self._elements(edit.elements)
            return f"新增{zh}", f"add {en}"
        if isinstance(edit, MoveFacility | CloseFacility | ResizeFacility):
            zh, en = self._facility(edit.facility)
            if isinstance(edit, MoveFacility):
                return f"移动“{zh}”", f"move “{en}”"
            if isinstance(edit, CloseFacility):
                return f"关闭“{zh}”", f"close “{en}”"
            return f"“{zh}”规模调整为 {edit.capacity:g}", f"resize “{en}” to {edit.capacity:g}"
        if isinstance(edit, OpenLink):
            zh, en = _LINKS[edit.link]
            return f"打通{zh}", f"open a {en}"
        if isinstance(edit, CloseEdge | OpenEdge):
            name = self._street(edit.edge)
            return (f"封闭“{name}”", f"close “{name}”") if isinstance(edit, CloseEdge) else (
                f"恢复“{name}”", f"reopen “{name}”"
            )  # fmt: skip
        if isinstance(edit, CloseGate | OpenGate):
            shut = isinstance(edit, CloseGate)
            return (f"关闭出入口 {edit.node}", f"close gate {edit.node}") if shut else (
                f"打开出入口 {edit.node}", f"reopen gate {edit.node}"
            )  # fmt: skip
        return self._people(edit)

    def _people(self, edit: ChangePeople) -> tuple[str, str]:
        where = self.city.areas.full_name(edit.area) if edit.area in self.city.areas.level else str(edit.area)
        if edit.area is None:
            where = f"{len(edit.demand)} 个人口单元"
        if edit.factor is not None:
            return f"{where}人口 × {edit.factor:g}", f"people of {where} × {edit.factor:g}"
        return f"{where}分年龄调整人口", f"people of {where} by age"

    def _elements(self, names: tuple[str, ...]) -> tuple[str, str]:
        found = [self.book.element(name) for name in names]
        return "、".join(one.zh for one in found), ", ".join(one.en for one in found)

    def _facility(self, facility: str) -> tuple[str, str]:
        added = self.added.get(facility)
        if added is not None:
            zh, en = self._elements(added.elements)
            return (added.name, added.name) if added.name else (f"新增{zh}", f"new {en}")
        name, element = _names(self.city)[0].get(facility, (facility, ""))
        return (name, name) if name else self._elements((element,))

    def _street(self, edge: str) -> str:
        return _names(self.city)[1].get(edge) or edge


#: Facility → its name and an element it serves; segment → its name.
_Names = tuple[dict[str, tuple[str, str]], dict[str, str]]
_NAMES: WeakKeyDictionary[City, _Names] = WeakKeyDictionary()


def _names(city: City) -> _Names:
    """What facilities and segments of a city are called, ``""`` for no name; gathered once."""
    if city not in _NAMES:
        points, edges = city.layer("service_points"), city.layer("street_edges")
        # Of a facility with several services the first row counts: it is written last.
        rows = zip(
            *(points[name].to_numpy(dtype=object)[::-1] for name in ("facility_id", "name", "element")), strict=True
        )
        streets = zip(*(edges[name].to_numpy(dtype=object) for name in ("edge_id", "name")), strict=True)
        _NAMES[city] = (
            {str(facility): (_text(name) or "", str(element)) for facility, name, element in rows},
            {str(edge): _text(name) or "" for edge, name in streets},
        )
    return _NAMES[city]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
