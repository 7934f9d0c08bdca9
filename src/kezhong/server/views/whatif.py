"""Bodies of the what-if: a session's state, what changed on the map, what a click can open or close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from kezhong.assess.whatif_wording import edits as listed
from kezhong.catalogue import load_catalogue
from kezhong.city.crs import to_projected
from kezhong.city.scenario_store import Named
from kezhong.city.scenarios import (
    CloseEdge,
    CloseGate,
    OpenLink,
    Scenario,
)
from kezhong.city.workspace import City
from kezhong.server.views.cells import SMALL_COUNT
from kezhong.server.whatif_sessions import OpenSession

if TYPE_CHECKING:
    from kezhong.assess.whatif import Session

Body = dict[str, Any]
#: More would hide one another.
_MOST_NEAR = 20


def state(opened: OpenSession) -> Body:
    """A session on the wire (:class:`kezhong.server.models.WhatIfState`)."""
    session = opened.session
    engine, scenario = session.engine, session.scenario
    return {
        "session": opened.id,
        "snapshot": engine.city.snapshot.id,
        "basis": engine.basis.id,
        "walker": engine.walker,
        "revision": session.revision,
        "scenario": scenario.id if scenario.edits else None,
        "edits": listed(engine.city, scenario),
        "elapsed_ms": session.elapsed_ms,
        "total": session.total(),
        "last": session.last(),
    }


def line(opened: OpenSession) -> Body:
    """A session in the list of sessions."""
    session = opened.session
    return {
        "session": opened.id,
        "snapshot": session.engine.city.snapshot.id,
        "basis": session.engine.basis.id,
        "walker": session.engine.walker,
        "revision": session.revision,
        "edits": len(session.scenario.edits),
        "created": opened.created,
    }


def scenario_body(named: Named, city: City | None = None, scenario: Scenario | None = None) -> Body:
    """A stored scenario, with its edits where they are given."""
    rows = listed(city, scenario) if city is not None and scenario is not None else None
    return {
        "id": named.id, "name": named.name, "note": named.note, "created": named.created, "edits": named.edits,
        "snapshot": named.snapshot, "list": rows,
    }  # fmt: skip


def cells(session: Session, element: str) -> Body:
    """Demand units from which an element is nearer or farther than in the city as it is.

    Raises
    ------
    NotFoundError
        The catalogue has no such element.
    """
    load_catalogue().element(element)
    before, after = session.engine.begin, session.picture
    old, new = before.near(element), after.near(element)
    sign = np.zeros(len(old), dtype=np.int64)
    for past, now in zip(before.rules, after.rules, strict=True):
        if past.element.id == element and now.by_walking:
            sign[now.applies & now.covered & ~past.covered] = 1
            sign[past.applies & past.covered & ~now.covered] = -1
    at = np.flatnonzero((old != new) | (sign != 0))
    points = np.asarray(session.engine.city.geo("demand").geometry.array)[at]
    people = after.units.people[at]
    return {
        "element": element,
        "n": len(at),
        "lon": np.round(shapely.get_x(points), 6).tolist(),
        "lat": np.round(shapely.get_y(points), 6).tolist(),
        "people": np.where((people > 0) & (people < SMALL_COUNT), np.nan, np.round(people, 1)).tolist(),
        "before_m": _metres(old[at]),
        "after_m": _metres(new[at]),
        "state": sign[at].tolist(),
    }


def _metres(dm: Any) -> list[float]:
    found: list[float] = np.where(dm == np.uint32(0xFFFFFFFF), np.nan, dm / 10.0).tolist()
    return found


def facilities(session: Session, element: str) -> Body:
    """Facilities of an element as they stand in the session; ``*``: each facility once.

    Raises
    ------
    NotFoundError
        The catalogue has no such element.
    """
    town = session.town
    here, alive = town.facilities, town.network.layout.alive
    if element == "*":
        # A facility is open while one of its services is.
        chosen = sorted(next((row for row in rows if alive[row]), rows[0]) for rows in here.rows_of.values())
    else:
        load_catalogue().element(element)
        chosen = [row for row, name in enumerate(here.elements) if name == element]
    capacity, places = here.numbers["capacity"], np.round(here.lonlat, 7)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": places[row].tolist()},
            "properties": {
                "id": here.ids[row],
                "element": here.elements[row],
                "name": here.names[row],
                "capacity": None if np.isnan(capacity[row]) else float(capacity[row]),
                "state": here.state.get(here.ids[row], "open") if alive[row] else "closed",
            },
        }
        for row in chosen
    ]
    return {"type": "FeatureCollection", "features": features}


def links(session: Session) -> Body:
    """Ways that the session opened, and segments and gates that it closed."""
    town, city = session.town, session.engine.city
    features: list[Body] = []
    for number, edit in enumerate(session.scenario.edits, start=1):
        shape: shapely.Geometry | None = None
        if isinstance(edit, OpenLink):
            shape = shapely.LineString([edit.begin, *edit.via, edit.end])
        elif isinstance(edit, CloseEdge) and edit.edge in town.closed_edges:
            shape = _shape(city, "street_edges", "edge_id", edit.edge)
        elif isinstance(edit, CloseGate) and edit.node in town.closed_nodes:
            shape = _shape(city, "street_nodes", "node_id", edit.node)
        if shape is not None:
            features.append(
                {
                    "type": "Feature",
                    "geometry": _geometry(shape),
                    "properties": {"edit": number, "kind": edit.kind},
                }
            )
    return {"type": "FeatureCollection", "features": features}


def _shape(city: City, layer: str, key: str, name: str) -> shapely.Geometry | None:
    frame = city.geo(layer)
    own = frame.geometry[(frame[key].astype(str) == name).to_numpy(dtype=bool)]
    return own.iloc[0] if len(own) else None


def near(session: Session, lon: float, lat: float, metres: float) -> Body:
    """Segments and gates within some metres of a place, the nearest first."""
    town, city = session.town, session.engine.city
    here = shapely.Point(*to_projected(np.array([[lon, lat]]), city.config.crs)[0])
    margin = metres / 111_000.0
    box = shapely.box(
        lon - margin / max(0.05, float(np.cos(np.radians(lat)))), lat - margin,
        lon + margin / max(0.05, float(np.cos(np.radians(lat)))), lat + margin,
    )  # fmt: skip

    def found(layer: str, wanted: Any = None) -> list[tuple[float, Any, Any]]:
        frame = city.geo(layer)
        rows = np.sort(frame.sindex.query(box))
        if wanted is not None:
            rows = rows[wanted(frame.iloc[rows])]
        part = frame.iloc[rows]
        metric = shapely.transform(np.asarray(part.geometry.array), lambda xy: to_projected(xy, city.config.crs))
        away = shapely.distance(metric, here)
        order = np.argsort(away, kind="stable")
        return [(float(away[i]), part.iloc[i], part.geometry.iloc[i]) for i in order if away[i] <= metres][:_MOST_NEAR]

    def gates(nodes: pd.DataFrame) -> Any:
        return nodes["barrier"].notna().to_numpy(dtype=bool) | nodes["crossing"].notna().to_numpy(dtype=bool)

    return {
        "edges": [
            {
                "id": str(row["edge_id"]),
                "name": _text(row["name"]),
                "highway": _text(row["highway"]),
                "closed": str(row["edge_id"]) in town.closed_edges,
                "metres": round(away, 1),
                "geometry": _geometry(shape),
            }
            for away, row, shape in found("street_edges")
        ],
        "nodes": [
            {
                "id": str(row["node_id"]),
                "kind": _text(row["barrier"]) or _text(row["crossing"]),
                "name": None,
                "lon": round(shape.x, 7),
                "lat": round(shape.y, 7),
                "closed": str(row["node_id"]) in town.closed_nodes,
                "metres": round(away, 1),
            }
            for away, row, shape in found("street_nodes", gates)
        ],
    }


def _geometry(shape: Any) -> Body:
    """GeoJSON of a point or a line, to about a centimetre."""
    places = np.round(shapely.get_coordinates(shape), 7).tolist()
    return {"type": shape.geom_type, "coordinates": places[0] if shape.geom_type == "Point" else places}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
