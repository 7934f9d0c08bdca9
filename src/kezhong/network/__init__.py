"""Walking access on a street network: arrays in, arrays out.

Knows no element of the catalogue, no area and no file format. Costs are unsigned integers of one unit a question:
decimetres of the normative metric, or a walker's deciseconds (:class:`Weights`); ids are int32.
"""

from kezhong.network._answers import Change
from kezhong.network.access import Access
from kezhong.network.candidates import Candidates
from kezhong.network.edited import Linked, with_link
from kezhong.network.follow import Follower, Scene
from kezhong.network.footing import Footing, snap_near
from kezhong.network.gaps import Gaps, crossings, dead_ends, gaps
from kezhong.network.graph import UNREACHED, WalkGraph
from kezhong.network.hierarchy import Hierarchy, Nearest, nearest
from kezhong.network.hours import coverage_by_hour
from kezhong.network.isochrone import Barriers, Isochrones, Outlines, Streets
from kezhong.network.live import Live
from kezhong.network.openings import Openings, openings
from kezhong.network.people import People
from kezhong.network.reach import Pairs, Reach, pairs, reach
from kezhong.network.route import Route, route
from kezhong.network.snapping import ISLAND, MASKED, NO_STREET, SNAPPED, Snapped, snap
from kezhong.network.warm import warm_up
from kezhong.network.weights import CLOSED, Weights
from kezhong.network.within import covers, sums

__all__ = [
    "CLOSED",
    "ISLAND",
    "MASKED",
    "NO_STREET",
    "SNAPPED",
    "UNREACHED",
    "Access",
    "Barriers",
    "Candidates",
    "Change",
    "Follower",
    "Footing",
    "Gaps",
    "Hierarchy",
    "Isochrones",
    "Linked",
    "Live",
    "Nearest",
    "Openings",
    "Outlines",
    "Pairs",
    "People",
    "Reach",
    "Route",
    "Scene",
    "Snapped",
    "Streets",
    "WalkGraph",
    "Weights",
    "coverage_by_hour",
    "covers",
    "crossings",
    "dead_ends",
    "gaps",
    "nearest",
    "openings",
    "pairs",
    "reach",
    "route",
    "snap",
    "snap_near",
    "sums",
    "warm_up",
    "with_link",
]
