"""Whether an edit fits the city and what the scenario has done to it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, singledispatchmethod

import numpy as np
import pandas as pd
import shapely

from kezhong.catalogue import load_catalogue
from kezhong.catalogue.model import Kind
from kezhong.city.crs import to_projected
from kezhong.city.scenarios import (
    ADDED,
    AddFacility,
    ChangePeople,
    CloseEdge,
    CloseFacility,
    CloseGate,
    Edit,
    LonLat,
    MoveFacility,
    OpenEdge,
    OpenGate,
    OpenLink,
    ResizeFacility,
)
from kezhong.city.vocabulary import FacilityStatus
from kezhong.city.workspace import City
from kezhong.errors import InputError, NotFoundError

#: A link is at most so long (metres): beyond it is a street to be surveyed, not one to be drawn.
LONGEST_LINK_M = 1000.0
#: Where the city has no outline a place may lie so far outside all that is known of it (metres).
MARGIN_M = 500.0
#: Elements that stand somewhere.
_STANDING = (Kind.POINT, Kind.AREA, Kind.LINE)


@dataclass
class Standing:
    """What there is at one point of the scenario."""

    services: dict[str, set[str]]  # facility → elements it serves now
    ever: dict[str, set[str]]  # the same, with what was closed
    added: int = 0
    edges: set[str] = field(default_factory=set)  # closed
    nodes: set[str] = field(default_factory=set)

    def copy(self) -> Standing:
        """An independent copy."""
        return Standing(
            # The sets within are replaced, never changed.
            dict(self.services),
            dict(self.ever),
            self.added,
            set(self.edges),
            set(self.nodes),
        )


class Checker:
    """Checks edits one after the other.

    Every check either raises and changes nothing, or notes in ``standing`` what the edit does.
    """

    def __init__(self, city: City) -> None:
        self.city = city

    @cached_property
    def begin(self) -> Standing:
        """What there is in the city as it is: facilities in use."""
        points = self.city.layer("service_points")
        points = points[(points["status"] == FacilityStatus.OPEN.value).to_numpy(dtype=bool)]
        found: dict[str, set[str]] = {}
        for name, element in zip(points["facility_id"].astype(str), points["element"].astype(str), strict=True):
            found.setdefault(name, set()).add(element)
        return Standing(found, {name: set(own) for name, own in found.items()})

    @cached_property
    def _edges(self) -> frozenset[str]:
        return frozenset(self.city.layer("street_edges")["edge_id"].astype(str))

    @cached_property
    def _nodes(self) -> frozenset[str]:
        return frozenset(self.city.layer("street_nodes")["node_id"].astype(str))

    @cached_property
    def _units(self) -> pd.Index:
        return pd.Index(self.city.layer("demand")["demand_id"].astype(str))

    @cached_property
    def _outline(self) -> shapely.Geometry:
        """The city's outline; where it has none, what is known of it with a margin."""
        areas = self.city.areas
        shape = areas.frame.loc[areas.frame["code"] == areas.root].geometry if areas.root else None
        if shape is not None and len(shape) and shape.iloc[0] is not None:
            outline: shapely.Geometry = shape.iloc[0]
        else:
            boxes = [self.city.geo(name).total_bounds for name in ("areas", "street_nodes", "demand")]
            known = np.array([box for box in boxes if not np.isnan(box).any()]).reshape(-1, 4)
            if not len(known):
                return shapely.box(-180, -90, 180, 90)
            lat = MARGIN_M / 111_000.0
            lon = lat / max(0.1, float(np.cos(np.radians(known[:, 1].mean()))))
            outline = shapely.box(
                known[:, 0].min() - lon, known[:, 1].min() - lat, known[:, 2].max() + lon, known[:, 3].max() + lat
            )
        shapely.prepare(outline)
        return outline

    @singledispatchmethod
    def check(self, edit: Edit, standing: Standing) -> None:
        """Check one edit.

        Raises
        ------
        NotFoundError
            An element, facility, segment, node, area or demand unit that the city does not have.
        InputError
            It is gone already, stands open already, lies outside the city, is too long, or says nothing.
        """
        raise TypeError(type(edit).__name__)

    @check.register
    def _add(self, edit: AddFacility, standing: Standing) -> None:
        book = load_catalogue().elements
        for name in edit.elements:
            if name not in book:
                raise NotFoundError("whatif.unknown_element", value=name)
            if book[name].kind not in _STANDING:
                raise InputError("whatif.stands_nowhere", value=name, zh=book[name].zh, en=book[name].en)
        if len(set(edit.elements)) != len(edit.elements):
            raise InputError("whatif.element_twice", value=", ".join(edit.elements))
        if len(edit.elements) > 1 and edit.capacity is not None:
            raise InputError("whatif.capacity_of_which", value=edit.capacity, expected=", ".join(edit.elements))
        self._inside((edit.lon, edit.lat))
        standing.added += 1
        name = f"{ADDED}{standing.added}"
        standing.services[name] = set(edit.elements)
        standing.ever[name] = set(edit.elements)

    @check.register
    def _move(self, edit: MoveFacility, standing: Standing) -> None:
        self._services(edit.facility, None, standing)
        self._inside((edit.lon, edit.lat))

    @check.register
    def _close(self, edit: CloseFacility, standing: Standing) -> None:
        gone = self._services(edit.facility, edit.element, standing)
        standing.services[edit.facility] = standing.services[edit.facility] - gone

    @check.register
    def _resize(self, edit: ResizeFacility, standing: Standing) -> None:
        found = self._services(edit.facility, edit.element, standing)
        if len(found) > 1:
            raise InputError("whatif.capacity_of_which", value=edit.capacity, expected=", ".join(sorted(found)))

    @check.register
    def _link(self, edit: OpenLink, standing: Standing) -> None:
        course = [edit.begin, *edit.via, edit.end]
        for place in course:
            self._inside(place)
        metres = to_projected(np.array(course, dtype=np.float64), self.city.config.crs)
        length = float(np.hypot(*np.diff(metres, axis=0).T).sum())
        if length > LONGEST_LINK_M:
            raise InputError("whatif.link_too_long", value=round(length), expected=round(LONGEST_LINK_M))
        if edit.begin == edit.end and not edit.via:
            raise InputError("whatif.link_without_length")

    @check.register
    def _close_edge(self, edit: CloseEdge, standing: Standing) -> None:
        self._known(edit.edge, self._edges, "edge")
        if edit.edge in standing.edges:
            raise InputError("whatif.closed_already", value=edit.edge)
        standing.edges.add(edit.edge)

    @check.register
    def _open_edge(self, edit: OpenEdge, standing: Standing) -> None:
        self._known(edit.edge, self._edges, "edge")
        if edit.edge not in standing.edges:
            raise InputError("whatif.open_already", value=edit.edge)
        standing.edges.remove(edit.edge)

    @check.register
    def _close_gate(self, edit: CloseGate, standing: Standing) -> None:
        self._known(edit.node, self._nodes, "node")
        if edit.node in standing.nodes:
            raise InputError("whatif.closed_already", value=edit.node)
        standing.nodes.add(edit.node)

    @check.register
    def _open_gate(self, edit: OpenGate, standing: Standing) -> None:
        self._known(edit.node, self._nodes, "node")
        if edit.node not in standing.nodes:
            raise InputError("whatif.open_already", value=edit.node)
        standing.nodes.remove(edit.node)

    @check.register
    def _people(self, edit: ChangePeople, standing: Standing) -> None:
        if (edit.area is None) == (not edit.demand):
            raise InputError("whatif.people_where")
        if edit.factor is None and not edit.ages:
            raise InputError("whatif.people_by_what")
        areas = self.city.areas
        if edit.area is not None and edit.area not in areas.level and edit.area not in areas.circle_members:
            raise NotFoundError("whatif.unknown_area", value=edit.area)
        if edit.demand:
            missing = self._units.get_indexer(pd.Index(edit.demand)) < 0
            if missing.any():
                raise NotFoundError("whatif.unknown_unit", value=edit.demand[int(np.argmax(missing))])

    def _services(self, facility: str, element: str | None, standing: Standing) -> set[str]:
        """What is meant of a facility: one of its services, or all of them."""
        if facility not in standing.ever:
            raise NotFoundError("whatif.unknown_facility", value=facility)
        own = standing.services[facility]
        if element is None:
            if not own:
                raise InputError("whatif.gone", value=facility)
            return set(own)
        if element not in standing.ever[facility]:
            raise NotFoundError("whatif.not_served", value=facility, element=element)
        if element not in own:
            raise InputError("whatif.gone", value=f"{facility} {element}")
        return {element}

    def _inside(self, place: LonLat) -> None:
        if not shapely.intersects_xy(self._outline, *place):
            raise InputError("whatif.outside", value=f"{place[0]}, {place[1]}")

    def _known(self, name: str, names: frozenset[str], what: str) -> None:
        if name not in names:
            raise NotFoundError("whatif.unknown_edge" if what == "edge" else "whatif.unknown_node", value=name)
