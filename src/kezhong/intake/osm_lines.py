"""Service elements that are lines (greenways, barrier-free routes): ways by their own tags, and routes of many ways.

A route is a relation, and its ways come before it in the file. So the relations are looked at first (they are few and
nothing else is decoded for it); the sweep then keeps the lines of the ways that some route needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.matching import OsmIndex, build_index
from kezhong.catalogue.model import Kind
from kezhong.intake.osm_reader import ShapeMaker, object_id, relations, tags_of

#: What the ways of walking routes carry; without such a key a way is not shown to the collector.
_ROUTE_WAYS = ("highway",)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that may be a service element: its id in the file, its tags, its shape (lon/lat)."""

    name: str
    tags: dict[str, str]
    shape: shapely.Geometry


@dataclass(slots=True)
class LineCollector:
    """Collects lines of the catalogue's elements of kind ``line``."""

    index: OsmIndex
    routes: list[tuple[str, dict[str, str], tuple[int, ...]]]  # id, tags, ways
    node_keys: tuple[str, ...] = ()
    way_keys: tuple[str, ...] = field(init=False)
    area_keys: tuple[str, ...] = ()
    _needed: frozenset[int] = field(init=False)
    _ways: list[tuple[int, str, dict[str, str]]] = field(init=False, default_factory=list)
    _shapes: ShapeMaker = field(init=False, default_factory=ShapeMaker)

    def __post_init__(self) -> None:
        self._needed = frozenset(way for _, _, ways in self.routes for way in ways)
        self.way_keys = (*sorted(self.index.keys), *(_ROUTE_WAYS if self._needed else ()))

    @classmethod
    def of(cls, file: Path) -> LineCollector:
        """A collector that knows the routes of ``file``.

        Raises
        ------
        InputError
            The file cannot be read.
        """
        book = load_catalogue().elements
        index = build_index(element for element in book.values() if element.kind is Kind.LINE)
        routes = []
        for relation in relations(file, keys=tuple(sorted(index.keys))):
            tags = tags_of(relation)
            if index.match(tags, None):
                ways = tuple(member.ref for member in relation.members if member.type == "w")
                routes.append((object_id(relation), tags, ways))
        return cls(index, routes)

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """A node is no line: a crossing with tactile paving is a place on one."""

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """Keep a way that is such an element itself, or part of a route."""
        wanted = thing.id in self._needed or bool(self.index.match(tags, None))
        if wanted and self._shapes.line(thing):
            self._ways.append((thing.id, object_id(thing), tags))

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Surfaces are no lines."""

    def lines(self) -> list[Line]:
        """Ways first, then routes; a route has the parts that are in the file, joined where they meet."""
        if not self._ways:
            return []
        shapes = self._shapes.shapes()
        place = {number: at for at, (number, _, _) in enumerate(self._ways)}
        found = [
            Line(name, tags, shape)
            for (_, name, tags), shape in zip(self._ways, shapes, strict=True)
            if self.index.match(tags, None)
        ]
        for name, tags, ways in self.routes:
            parts = [place[way] for way in dict.fromkeys(ways) if way in place]
            if parts:
                whole = shapely.line_merge(shapely.union_all(np.asarray(shapes[parts], dtype=object)))
                found.append(Line(name, tags, whole))
        return found
