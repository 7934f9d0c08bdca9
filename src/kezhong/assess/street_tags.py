"""What the tags of streets come to: OpenStreetMap values to the network room's codes.

A value that is not listed counts as not known; the reader of a column may say otherwise. ``docs/walkers.md`` holds the
same tables in words.
"""

from __future__ import annotations

from kezhong.network.attributes import Allowed, Answer, Barrier, Crossing, Kerb, Ramp, Road, Surface

ROADS: dict[str, int] = {
    "service": Road.SERVICE, "track": Road.SERVICE, "busway": Road.SERVICE, "bus_guideway": Road.SERVICE,
    "living_street": Road.LOCAL, "residential": Road.LOCAL, "unclassified": Road.LOCAL, "road": Road.LOCAL,
    "street": Road.LOCAL, "tertiary": Road.TERTIARY, "tertiary_link": Road.TERTIARY, "secondary": Road.SECONDARY,
    "secondary_link": Road.SECONDARY, "primary": Road.PRIMARY, "primary_link": Road.PRIMARY, "trunk": Road.TRUNK,
    "trunk_link": Road.TRUNK, "motorway": Road.TRUNK, "motorway_link": Road.TRUNK,
}  # fmt: skip
SURFACES: dict[str, int] = {
    **dict.fromkeys(("asphalt", "concrete", "chipseal", "rubber", "tartan", "metal", "acrylic"), Surface.SMOOTH),
    **dict.fromkeys(
        ("paved", "paving_stones", "concrete:plates", "concrete:lanes", "bricks", "wood", "tiles", "metal_grid",
         "stone"),
        Surface.PAVED,
    ),
    **dict.fromkeys(
        ("sett", "cobblestone", "unhewn_cobblestone", "cobblestone:flattened", "grass_paver"),
        Surface.COBBLED,
    ),
    **dict.fromkeys(("compacted", "fine_gravel"), Surface.COMPACT),
    **dict.fromkeys(
        ("unpaved", "gravel", "pebblestone", "ground", "dirt", "earth", "grass", "woodchips", "rock"), Surface.LOOSE
    ),
    **dict.fromkeys(("sand", "mud", "snow", "ice"), Surface.SOFT),
}  # fmt: skip
CROSSINGS: dict[str, int] = {
    **dict.fromkeys(("no", "unmarked", "informal"), Crossing.UNMARKED),
    **dict.fromkeys(("traffic_signals", "toucan", "pelican", "puffin"), Crossing.SIGNALS),
}
KERBS: dict[str, int] = {
    "flush": Kerb.FLUSH, "no": Kerb.FLUSH, "lowered": Kerb.LOWERED, "rolled": Kerb.ROLLED, "raised": Kerb.RAISED,
    "regular": Kerb.RAISED,
}  # fmt: skip
BARRIERS: dict[str, int] = {
    **dict.fromkeys(
        ("gate", "swing_gate", "lift_gate", "sliding_gate", "wicket_gate", "entrance", "toll_booth", "sliding_beam",
         "hampshire_gate", "border_control", "checkpoint", "cattle_grid", "bump_gate", "height_restrictor", "yes"),
        Barrier.GATE,
    ),
    **dict.fromkeys(("bollard", "block", "planter", "bus_trap", "sump_buster", "spikes"), Barrier.POSTS),
    **dict.fromkeys(
        ("turnstile", "full-height_turnstile", "kissing_gate", "cycle_barrier", "motorcycle_barrier", "barrier_board",
         "horse_stile"),
        Barrier.NARROW,
    ),
    **dict.fromkeys(("stile", "chain", "log", "debris", "rope", "step", "jersey_barrier", "guard_rail"), Barrier.CLIMB),
    **dict.fromkeys(("wall", "fence", "hedge", "city_wall", "retaining_wall", "ditch", "handrail"), Barrier.SHUT),
}  # fmt: skip
ALLOWED: dict[str, int] = {
    **dict.fromkeys(("yes", "designated", "official", "public"), Allowed.ALL),
    **dict.fromkeys(("permissive", "customers", "destination", "delivery"), Allowed.VISITORS),
    **dict.fromkeys(("private", "residents", "permit", "employees"), Allowed.RESIDENTS),
    **dict.fromkeys(("no", "emergency", "military"), Allowed.NOBODY),
}
LIT: dict[str, int] = {
    "no": Answer.NO, "disused": Answer.NO, "limited": Answer.PARTLY, "interval": Answer.PARTLY, "yes": Answer.YES,
    "24/7": Answer.YES, "automatic": Answer.YES, "sunset-sunrise": Answer.YES, "dusk-dawn": Answer.YES,
}  # fmt: skip
WHEELCHAIR: dict[str, int] = {
    "no": Answer.NO, "limited": Answer.PARTLY, "yes": Answer.YES, "designated": Answer.YES,
}  # fmt: skip
SIDEWALKS: dict[str, int] = {
    "no": Answer.NO, "none": Answer.NO, "separate": Answer.PARTLY, "both": Answer.YES, "left": Answer.YES,
    "right": Answer.YES, "yes": Answer.YES,
}  # fmt: skip
RAMPS: dict[str, int] = {
    "no": Ramp.NO, "pram": Ramp.PRAM, "stroller": Ramp.PRAM, "yes": Ramp.PRAM, "wheelchair": Ramp.WHEELCHAIR,
}  # fmt: skip
