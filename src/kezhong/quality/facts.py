"""What the checks look at, read from the city once: streets, people, facilities, in projected metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kezhong.city.crs import to_projected
from kezhong.city.workspace import City

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

#: Parts of the network with fewer nodes are islands (as in the network room).
ISLAND_NODES = 100
#: A person is within reach of a street if one on the main network is this near, in metres.
NEAR_STREET_M = 250.0


@dataclass(frozen=True)
class Facts:
    """One city's data as the checks need them. Lengths and positions are metres in the city's projected system."""

    city: City

    def projected(self, shapes: Shapes) -> Shapes:
        """Lon/lat shapes in metres; missing ones stay missing."""
        crs = self.city.config.crs
        return np.asarray(shapely.transform(shapes, lambda lonlat: to_projected(lonlat, crs)), dtype=object)

    # ---- streets ---------------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> gpd.GeoDataFrame:
        """Street segments."""
        return self.city.geo("street_edges")

    @cached_property
    def edge_shapes(self) -> Shapes:
        """Street segments in metres."""
        return self.projected(np.asarray(self.edges.geometry.array))

    @cached_property
    def edge_part_nodes(self) -> npt.NDArray[np.int64]:
        """Number of nodes of the connected part each segment belongs to."""
        ends = pd.concat([self.edges["from_node"], self.edges["to_node"]], ignore_index=True)
        number, names = pd.factorize(ends)
        u, v = np.split(number, 2)
        graph = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(len(names), len(names)))
        _, part = connected_components(graph, directed=False)
        return np.asarray(np.bincount(part)[part[u]], dtype=np.int64)

    @cached_property
    def on_main(self) -> Flags:
        """Segments that are on no island; the largest part never is one."""
        nodes = self.edge_part_nodes
        return np.asarray((nodes >= ISLAND_NODES) | (nodes == nodes.max(initial=0)))

    @cached_property
    def main_tree(self) -> shapely.STRtree:
        """Index of the segments on the main network."""
        return shapely.STRtree(self.edge_shapes[self.on_main])

    def to_street(self, points: Shapes) -> Floats:
        """Distance of points (metres) to the main network; infinite where there is none."""
        found = np.full(len(points), np.inf)
        if len(points) and len(self.main_tree.geometries):
            (point, _), distance = self.main_tree.query_nearest(points, return_distance=True, all_matches=False)
            found[point] = distance
        return found

    # ---- people ----------------------------------------------------------------------------------------

    @cached_property
    def demand(self) -> gpd.GeoDataFrame:
        """Units in which people are kept."""
        return self.city.geo("demand")

    @cached_property
    def people(self) -> Floats:
        """Residents of each unit."""
        return np.asarray(self.demand["people"], dtype=np.float64)

    @cached_property
    def demand_points(self) -> Shapes:
        """Units in metres."""
        return self.projected(np.asarray(self.demand.geometry.array))

    @cached_property
    def gap(self) -> Floats:
        """Distance of each unit to the main network."""
        return self.to_street(self.demand_points)

    # ---- facilities ------------------------------------------------------------------------------------

    @cached_property
    def services(self) -> gpd.GeoDataFrame:
        """Facilities after joining, one row per facility and element."""
        return self.city.geo("service_points")

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Facilities after joining, one row each."""
        return self.services[~self.services["facility_id"].duplicated()].reset_index(drop=True)

    @cached_property
    def place_points(self) -> Shapes:
        """Facilities in metres."""
        return self.projected(np.asarray(self.places.geometry.array))

    # ---- areas -----------------------------------------------------------------------------------------

    @cached_property
    def outline(self) -> shapely.Geometry | None:
        """Union of the areas' shapes (of the highest level that has them), metres; ``None`` where there are none."""
        frame = self.city.areas.frame
        for level in ("city", "district", "street", "community"):
            shapes = np.asarray(frame[(frame["level"] == level) & ~frame.geometry.isna()].geometry.array)
            if len(shapes):
                return shapely.union_all(self.projected(shapes))
        return None
