"""Walking access on a street network: arrays in, arrays out.

Knows no element of the catalogue, no area and no file format. Lengths are integer decimetres (uint32), ids int32.
"""

from kezhong.network.access import Access
from kezhong.network.graph import UNREACHED, WalkGraph
from kezhong.network.reach import Pairs, Reach, pairs, reach
from kezhong.network.route import Route, route
from kezhong.network.snapping import ISLAND, MASKED, NO_STREET, SNAPPED, Snapped, snap
from kezhong.network.warm import warm_up

__all__ = [
    "ISLAND",
    "MASKED",
    "NO_STREET",
    "SNAPPED",
    "UNREACHED",
    "Access",
    "Pairs",
    "Reach",
    "Route",
    "Snapped",
    "WalkGraph",
    "pairs",
    "reach",
    "route",
    "snap",
    "warm_up",
]
