"""The way from one demand unit to one facility, as a line and as steps by street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.streets import attach, demand_rows, facility_rows, project, street_graph
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City

#: Steps shorter than this are joined to the one before (metres).
SHORT_M = 5.0


@dataclass(frozen=True, eq=False)
class Journey:
    """A shortest way: its length in metres, its course in lon/lat (n, 2), and its steps."""

    metres: float
    course: npt.NDArray[np.float64]
    steps: list[dict[str, Any]]

    def geojson(self) -> dict[str, Any]:
        """GeoJSON LineString."""
        return {"type": "LineString", "coordinates": np.round(self.course, 6).tolist(), "metres": self.metres}


def walk(city: City, points: gpd.GeoDataFrame, unit: int, facility: int) -> Journey | None:
    """The way from demand unit ``unit`` to service point ``facility`` (row numbers); ``None`` where there is none."""
    from kezhong.network import route

    graph, crs = street_graph(city), city.config.crs
    start, of_unit, inside = demand_rows(city)
    doors, of_facility = facility_rows(city, points.iloc[[facility]].reset_index(drop=True))
    mine = of_unit == unit
    n = int(mine.sum())
    origin, _ = attach(graph, project(start[mine], crs), np.zeros(n, dtype=np.int64), inside[mine], 1, None)
    here = of_facility == 0
    k = int(here.sum())
    target, _ = attach(graph, project(doors[here], crs), np.zeros(k, dtype=np.int64), np.zeros(k), 1, None)
    if not ((origin.edge >= 0).any() and (target.edge >= 0).any()):
        return None
    found = route(graph, _usable(origin), _usable(target))
    if not found.found:
        return None
    own = start[mine][origin.edge >= 0][found.origin_row]
    door = doors[here][target.edge >= 0][found.target_row]
    course = np.concatenate([own[None, :], to_geographic(found.xy, crs), door[None, :]])
    return Journey(found.dm / 10.0, course, _steps(city, graph, found.edges))


def _usable(access: Any) -> Any:
    from kezhong.network import Access

    on = access.edge >= 0
    return Access.of(access.place[on], access.edge[on], access.offset_dm[on], access.extra_dm[on])


def _steps(city: City, graph: Any, edges: npt.NDArray[np.int32]) -> list[dict[str, Any]]:
    """Streets in the order they are walked; the first and last are walked in part only."""
    table = city.layer("street_edges")
    steps: list[dict[str, Any]] = []
    for edge in edges.tolist():
        row = table.iloc[edge]
        name = "" if pd.isna(row["name"]) else str(row["name"])
        metres = float(graph.edge_dm[edge]) / 10.0
        if steps and (steps[-1]["name"] == name or metres < SHORT_M):
            steps[-1]["edge_metres"] += metres
            steps[-1]["edges"].append(str(row["edge_id"]))
            continue
        steps.append(
            {"name": name, "highway": str(row["highway"]), "edge_metres": metres, "edges": [str(row["edge_id"])]}
        )
    return steps
