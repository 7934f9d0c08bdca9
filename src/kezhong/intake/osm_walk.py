"""The walkable filter: which OSM ways people may walk on, and which nodes matter to walkers.

The rules in words, with their reasons, are in ``docs/walkable.md``; both are tested against each other.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Walked unless the tags forbid it.
WALKED = frozenset(
    {
        "footway", "pedestrian", "path", "steps", "living_street", "residential", "service", "unclassified",
        "tertiary", "tertiary_link", "secondary", "secondary_link", "primary", "primary_link",
        "track", "road", "corridor", "elevator", "platform", "crossing", "bridleway", "cycleway", "street",
    }
)  # fmt: skip
#: Walked only with a sidewalk of their own or an explicit permission.
WITH_SIDEWALK = frozenset({"trunk", "trunk_link"})
#: Walked only with an explicit permission.
WITH_PERMISSION = frozenset({"motorway", "motorway_link", "busway", "bus_guideway"})
#: Kinds whose ``access=private`` usually means cars, or an estate's inner roads on which its residents walk.
PRIVATE_WALKED = frozenset({"footway", "pedestrian", "path", "steps", "living_street", "residential", "service"})

_YES = frozenset({"yes", "designated", "permissive", "official", "public"})
_LIMITED = frozenset({"private", "destination", "customers", "residents", "permit", "delivery"})
_NO = frozenset({"no", "use_sidepath", "discouraged"})
_SIDEWALK = frozenset({"both", "left", "right", "yes"})
_BOTH_SIDES = ("sidewalk:both", "sidewalk:left", "sidewalk:right")

#: Values of ``barrier`` that are openings in a wall or fence; all others are obstacles.
GATES = frozenset(
    {"gate", "swing_gate", "lift_gate", "sliding_gate", "kissing_gate", "wicket_gate", "entrance", "toll_booth",
     "sliding_beam", "hampshire_gate", "full-height_turnstile", "turnstile", "border_control", "checkpoint"}
)  # fmt: skip


def sidewalk(tags: Mapping[str, str]) -> str | None:
    """Value of the sidewalk: ``both``, ``left``, ``right``, ``no``, ``separate`` …; ``None`` where not tagged."""
    if "sidewalk" in tags:
        return "no" if tags["sidewalk"] == "none" else tags["sidewalk"]
    both, left, right = (tags.get(key) for key in _BOTH_SIDES)
    if both:
        return "both" if both == "yes" else both
    sides = [side for side, value in (("left", left), ("right", right)) if value == "yes"]
    if sides:
        return "both" if len(sides) == 2 else sides[0]
    return left or right


def walkable(tags: Mapping[str, str]) -> str | None:
    """The kind of way (OSM ``highway`` value, ``platform`` for platforms) if people may walk on it, else ``None``."""
    kind = tags.get("highway")
    if kind in (None, "bus_stop", "rest_area", "services") and _is_platform(tags):
        kind = "platform"
    if kind is None or tags.get("indoor") in ("room", "area"):
        return None
    foot = tags.get("foot")
    if foot in _NO:
        return None
    allowed = foot in _YES
    if kind in WITH_PERMISSION:
        return kind if allowed else None
    if kind in WITH_SIDEWALK:
        return kind if allowed or sidewalk(tags) in _SIDEWALK else None
    if kind not in WALKED:  # construction, proposed, raceway, razed …
        return None
    if allowed or foot in _LIMITED:
        return kind
    return kind if _access_permits(kind, tags) else None


def permission(tags: Mapping[str, str]) -> str | None:
    """The restriction that still lets people walk here (``private``, ``customers``, ``permissive`` …), if any."""
    value = tags.get("foot") or tags.get("access")
    return None if value in (None, "yes", "designated", "official", "public") else value


def node_kind(tags: Mapping[str, str]) -> str | None:
    """Kind of a node that matters to walkers: gate, barrier, crossing, entrance, elevator; else ``None``."""
    barrier = tags.get("barrier")
    if barrier in GATES:
        return "gate"
    if barrier and barrier not in ("no", "kerb"):
        return "barrier"
    if tags.get("highway") == "elevator":
        return "elevator"
    if tags.get("highway") == "crossing" or tags.get("railway") in ("crossing", "level_crossing"):
        return "crossing"
    if tags.get("entrance", "no") != "no" or tags.get("railway") == "subway_entrance":
        return "entrance"
    return None


def has_signals(tags: Mapping[str, str]) -> bool:
    """Whether a node has traffic lights, for vehicles or for pedestrians."""
    return (
        tags.get("highway") == "traffic_signals"
        or tags.get("crossing") == "traffic_signals"
        or tags.get("crossing:signals") == "yes"
    )


def rising(tags: Mapping[str, str]) -> str | None:
    """``up`` or ``down`` along the way, where it is tagged in words."""
    value = tags.get("incline", "").strip().lower()
    return value if value in ("up", "down") else None


def ramp(tags: Mapping[str, str]) -> str | None:
    """The best ramp beside steps: ``wheelchair``, ``pram``, ``yes`` (some ramp), ``no``."""
    if tags.get("ramp:wheelchair") == "yes":
        return "wheelchair"
    if "yes" in (tags.get("ramp:stroller"), tags.get("ramp:pram")):
        return "pram"
    value = tags.get("ramp")
    if value in ("no", "separate"):
        return "no"
    return None if value is None else "yes"


def one_way(tags: Mapping[str, str]) -> bool:
    """Whether vehicles go in one direction only."""
    return tags.get("oneway", "no") in ("yes", "1", "-1", "true", "reverse") or tags.get("junction") == "roundabout"


def layer(tags: Mapping[str, str]) -> float:
    """Level above or below the ground; 0 where none or nonsense is tagged."""
    value = tags.get("layer", "0").strip()
    return float(value) if value.lstrip("+-").isdecimal() and abs(int(value)) <= 10 else 0.0


def is_area(tags: Mapping[str, str]) -> bool:
    """Whether a closed walkable way is a surface (square, platform) and no loop."""
    return tags.get("area") == "yes" or tags.get("type") == "multipolygon"


def _is_platform(tags: Mapping[str, str]) -> bool:
    return tags.get("public_transport") == "platform" or tags.get("railway") == "platform"


def _access_permits(kind: str, tags: Mapping[str, str]) -> bool:
    access = tags.get("access")
    if access == "private":
        return kind in PRIVATE_WALKED
    return access not in ("no", "military", "agricultural", "forestry", "emergency")
