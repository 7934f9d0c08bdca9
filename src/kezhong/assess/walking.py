"""Walkers on a city's streets: layers to attributes, attributes to a walker's cost of every edge.

What the streets' tags come to is said here and in ``docs/walkers.md``; what a walker makes of it is in
:mod:`kezhong.network.walkers`. The normative verdict in metres uses none of this.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess import street_tags as tags
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.streets import layers_key
from kezhong.assess.week import BITS, week_masks
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.walkers import Crossings, Walker
from kezhong.city.workspace import City
from kezhong.network.attributes import (
    Allowed,
    Barrier,
    Crossing,
    Kerb,
    Ramp,
    Road,
    StreetAttributes,
    Structure,
    Surface,
)
from kezhong.network.walker_rules import RoadCrossings, SlopeRule, WalkerRules
from kezhong.network.walkers import Switch, WalkerWeights, through, walker_weights
from kezhong.network.weights import Inner, Weights

Codes = npt.NDArray[np.uint8]
#: Layers on which a walker's costs depend.
LAYERS = ("street_nodes", "street_edges", "street_heights")
#: Hours of the day in which it is dark, as opening hours take sunrise (07:00) and sunset (19:00).
DARK = frozenset((*range(7), *range(19, 24)))
_FORMAT = 2
_KEPT = 4
_attributes: OrderedDict[str, StreetAttributes] = OrderedDict()


def walker_costs(
    city: City, walker: str | Walker, *, night: bool = False, hour: int | None = None
) -> tuple[Weights, Codes, tuple[Switch, ...]]:
    """A walker's deciseconds on every edge of the street graph, why edges are closed, and what its rules could do.

    See :func:`walker_cost_details` for the parameters; edges are those of :func:`kezhong.assess.streets.street_graph`.
    """
    found = walker_cost_details(city, walker, night=night, hour=hour)
    return found.weights, found.barred, found.switches


def walker_cost_details(
    city: City, walker: str | Walker, *, night: bool = False, hour: int | None = None
) -> WalkerWeights:
    """A walker's costs with the parts and the shut ends of edges; cached by the content of the streets and the profile.

    Parameters
    ----------
    walker
        Id of a walker of the catalogue (or an earlier id of it), or a profile.
    night
        Whether unlit ways matter.
    hour
        Hour of the week (0: Monday 00:00, 168–191: a public holiday) at which gates must be open; ``None``: any.

    Raises
    ------
    NotFoundError
        No such walker.
    DataMissingError
        The city has no streets.
    """
    city.need("street_edges")
    person = load_catalogue().walker(walker) if isinstance(walker, str) else walker
    rules = rules_of(person, load_catalogue().crossings)
    key = layers_key(city, LAYERS, "walker-costs", _FORMAT, repr(rules), night, hour)
    file = city.cache_file(f"walking-{key}.npz")
    stored = read_arrays(file)
    if stored is None:
        made = walker_weights(street_attributes(city), rules, night=night, hour=hour)
        write_arrays(file, _packed(made))
        return made
    return _unpacked(stored)


def street_attributes(city: City) -> StreetAttributes:
    """What a walker meets on the city's streets, in the order of the street graph; kept in this process."""
    key = layers_key(city, LAYERS, "attributes", _FORMAT)
    if key not in _attributes:
        _attributes[key] = _read_attributes(city)
    _attributes.move_to_end(key)
    while len(_attributes) > _KEPT:
        _attributes.popitem(last=False)
    return _attributes[key]


def is_plain(rules: WalkerRules) -> bool:
    """Whether nothing but the pace counts: lengths and bars are then those of the verdict."""
    return rules == WalkerRules(rules.m_per_s)


def costs_by_hour(city: City, walker: str | Walker) -> list[tuple[npt.NDArray[np.bool_], Weights]]:
    """A walker's costs through the week: flags of hours (192,) and what the streets cost in them.

    The hours are shared out: two of them are in one class where the same gates are open and both are dark or light, or
    where that makes no difference to this walker.

    Raises
    ------
    NotFoundError, DataMissingError
        As :func:`walker_cost_details`.
    """
    city.need("street_edges")
    gates = np.ascontiguousarray(street_attributes(city).hours, dtype="<u8").view(np.uint8)
    flags = np.unpackbits(gates, axis=-1, bitorder="little").reshape(-1, BITS).astype(bool)
    dark = np.isin(np.arange(BITS) % 24, list(DARK))
    _, number = np.unique(np.vstack([dark, flags]), axis=1, return_inverse=True)
    found: dict[bytes, tuple[npt.NDArray[np.bool_], Weights]] = {}
    for one in range(int(number.max()) + 1):
        hours = number.ravel() == one
        hour = int(np.argmax(hours))
        weights = walker_cost_details(city, walker, night=bool(dark[hour]), hour=hour).weights
        arrays: list[npt.NDArray[Any]] = [weights.forward, weights.backward]
        if weights.inner is not None:
            within = weights.inner
            arrays += [within.forward, within.backward, within.shut_start, within.shut_end]
        key = b"".join(array.tobytes() for array in arrays)
        known = found.get(key, (np.zeros(BITS, dtype=bool), weights))
        found[key] = (known[0] | hours, known[1])
    return list(found.values())


def rules_of(walker: Walker, crossings: Crossings) -> WalkerRules:
    """A walker's profile as the network room's numbers; what a profile does not mention does not slow or stop it."""
    rules: dict[str, Any] = {
        "m_per_s": walker.m_per_min / 60.0,
        "surveyed_no": walker.wheelchair_no,
        "surveyed_yes": walker.wheelchair_yes,
    }
    if walker.slope is not None:
        slope = walker.slope.model_dump(exclude={"cite", "limit_cite"})
        rules["slope"] = SlopeRule(**slope)
    if walker.steps is not None:
        rules |= {
            "step_up_s": walker.steps.up_s,
            "step_down_s": walker.steps.down_s,
            "going_m": walker.steps.going_m,
            "steps_closed": walker.steps.closed,
            "ramp": 0 if walker.steps.ramp == "none" else int(Ramp[walker.steps.ramp.upper()]),
        }
    if walker.kerbs is not None:
        seconds = {Kerb[name.upper()]: value for name, value in walker.kerbs.seconds.items()}
        rules["kerb_s"] = tuple(seconds.get(kerb, 0.0) for kerb in Kerb)
        rules["kerb_closed"] = _from(Kerb, walker.kerbs.closed_from)
    if walker.ground is not None:
        factors = {Surface[name.upper()]: value for name, value in walker.ground.factors.items()}
        rules["surface"] = tuple(factors.get(surface, 1.0) for surface in Surface)
        rules["surface_closed"] = _from(Surface, walker.ground.closed_from)
    if walker.width is not None:
        rules["least_width_cm"] = round(walker.width.least_m * 100)
    if walker.night is not None:
        rules |= {"dark": walker.night.factor, "dark_closed": walker.night.closed}
    if walker.crossing is not None:
        barred = walker.crossing.not_from
        rules |= {
            "crossings": road_crossings(crossings),
            "start_s": walker.crossing.start_s,
            "across": tuple(_from(Road, barred.get(kind)) for kind in ("unmarked", "marked", "signals")),
        }
    if walker.along is not None:
        rules |= {
            "along_bare": _from(Road, walker.along.no_sidewalk_from),
            "along_unknown": _from(Road, walker.along.unknown_from),
        }
    if walker.passage is not None:
        rules["passage_s"] = walker.passage.seconds
    if walker.gates is not None:
        rules |= {
            "gate_s": walker.gates.seconds,
            "barrier_closed": _from(Barrier, walker.gates.closed_from),
            "access_closed": _from(Allowed, walker.gates.access_closed_from),
        }
    return WalkerRules(**rules)


def road_crossings(crossings: Crossings) -> RoadCrossings:
    """The catalogue's roads as the network room's table, one entry a class."""
    roads = [crossings.roads.get(road.name.lower()) for road in Road]  # type: ignore[call-overload]
    return RoadCrossings(
        width_m=tuple(one.width_m if one else 0.0 for one in roads),
        flow=tuple(one.vehicles_per_h / 3600.0 if one else 0.0 for one in roads),
        cycle_s=tuple(one.cycle_s if one else 0.0 for one in roads),
        green_s=tuple(one.green_s if one else 0.0 for one in roads),
        yielding=crossings.yielding,
        most_s=crossings.most_s,
        one_way=crossings.one_way,
    )


def _from(codes: Any, name: str | None) -> int:
    """Code from which on something is closed; one beyond the last where nothing is."""
    return int(codes[name.upper()]) if name else max(codes) + 1


def _read_attributes(city: City) -> StreetAttributes:
    nodes, edges = city.layer("street_nodes"), city.layer("street_edges")
    number = pd.Index(nodes["node_id"].to_numpy(dtype=object))
    u, v = (number.get_indexer(edges[name].to_numpy(dtype=object)) for name in ("from_node", "to_node"))
    ptr, height = _heights(city, edges)
    row, masks = _hours(nodes)
    return StreetAttributes.of(
        u,
        v,
        np.rint(edges["length_m"].to_numpy(dtype=np.float64) * 10.0).astype(np.uint32),
        len(nodes),
        road=_coded(edges, "highway", tags.ROADS),
        steps=_flags(edges, "steps"),
        step_count=np.minimum(_numbers(edges, "step_count", 0.0), 1000).astype(np.int32),
        rising=_rising(edges),
        ramp=_coded(edges, "ramp", tags.RAMPS),
        surface=_coded(edges, "surface", tags.SURFACES),
        width_cm=np.clip(np.rint(_numbers(edges, "width_m", 0.0) * 100.0), 0, 10_000).astype(np.int32),
        lit=_coded(edges, "lit", tags.LIT),
        wheelchair=_coded(edges, "wheelchair", tags.WHEELCHAIR),
        crossing=_coded(edges, "crossing", tags.CROSSINGS, other=Crossing.MARKED),
        kerb=_coded(edges, "kerb", tags.KERBS),
        sidewalk=_coded(edges, "sidewalk", tags.SIDEWALKS),
        structure=np.where(
            _flags(edges, "bridge") == 1, Structure.BRIDGE, _flags(edges, "tunnel") * Structure.TUNNEL
        ).astype(np.uint8),
        allowed=_coded(edges, "access", tags.ALLOWED),
        oneway=_flags(edges, "oneway"),
        incline=_numbers(edges, "incline_pct", np.nan) / 100.0,
        height_ptr=ptr,
        height_dm=height,
        node_crossing=_node_crossings(nodes),
        node_kerb=_coded(nodes, "kerb", tags.KERBS),
        node_barrier=_node_barriers(nodes),
        node_allowed=_coded(nodes, "access", tags.ALLOWED),
        node_wheelchair=_coded(nodes, "wheelchair", tags.WHEELCHAIR),
        node_hours=row,
        hours=masks,
    )


def _coded(frame: pd.DataFrame, column: str, codes: Mapping[str, int], other: int = 0) -> Codes:
    """Codes of a text column; 0 where there is none, ``other`` for values that are not listed."""
    if column not in frame:
        return np.zeros(len(frame), dtype=np.uint8)
    values = frame[column]
    names, row = np.unique(values.fillna("").to_numpy(dtype=object).astype(str), return_inverse=True)
    table = np.array([_code(name, codes, other) for name in names.tolist()], dtype=np.uint8)
    return np.asarray(table[row], dtype=np.uint8) if len(values) else np.zeros(0, dtype=np.uint8)


def _code(value: str, codes: Mapping[str, int], other: int) -> int:
    """Of several values (``sett;asphalt``) the first that is known counts."""
    if not value:
        return 0
    return next((codes[part] for part in re.split(r"\s*;\s*", value.strip().lower()) if part in codes), other)


def _flags(frame: pd.DataFrame, column: str) -> Codes:
    if column not in frame:
        return np.zeros(len(frame), dtype=np.uint8)
    return np.asarray(frame[column].fillna(value=False).to_numpy(dtype=bool), dtype=np.uint8)


def _numbers(frame: pd.DataFrame, column: str, missing: float) -> npt.NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), missing)
    return np.asarray(frame[column].to_numpy(dtype=np.float64, na_value=missing), dtype=np.float64)


def _rising(edges: pd.DataFrame) -> npt.NDArray[np.int8]:
    tagged = _coded(edges, "incline", {"up": 1, "down": 2})
    sign = np.array([0, 1, -1], dtype=np.int8)[tagged]
    slope = _numbers(edges, "incline_pct", 0.0)
    return np.where(sign != 0, sign, np.sign(np.nan_to_num(slope))).astype(np.int8)


def _node_crossings(nodes: pd.DataFrame) -> Codes:
    """The tag at the node; a crossing without a value counts as marked, a junction with traffic lights as signalled."""
    tagged = _coded(nodes, "crossing", tags.CROSSINGS, other=Crossing.MARKED)
    bare = (nodes["kind"] == "crossing").to_numpy(dtype=bool) & (tagged == 0)
    tagged[bare] = Crossing.MARKED
    tagged[_flags(nodes, "signals") == 1] = Crossing.SIGNALS
    return tagged


def _node_barriers(nodes: pd.DataFrame) -> Codes:
    """The barrier at the node; one that is not listed can be passed like a gate. Kerbs are told by their height."""
    found = _coded(nodes, "barrier", {**tags.BARRIERS, "kerb": Barrier.NONE, "no": Barrier.NONE}, other=Barrier.GATE)
    bare = (nodes["kind"] == "gate").to_numpy(dtype=bool) & (found == 0)
    found[bare] = Barrier.GATE
    return found


def _hours(nodes: pd.DataFrame) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
    """Row of the masks for nodes that have hours; hours that cannot be read restrict nobody."""
    row = np.full(len(nodes), -1, dtype=np.int32)
    standing = nodes["kind"].isin(("gate", "barrier", "entrance")).to_numpy(dtype=bool)
    guarded = standing & nodes["hours"].notna().to_numpy(dtype=bool)
    at = np.flatnonzero(guarded)
    if not len(at):
        return row, np.zeros((0, 3), dtype=np.uint64)
    masks = week_masks(nodes["hours"].iloc[at].reset_index(drop=True)).possibly
    row[at] = np.arange(len(at))
    return row, np.ascontiguousarray(masks, dtype=np.uint64)


def _heights(city: City, edges: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Heights of the streets in their order: offsets and decimetres."""
    table = city.layer("street_heights")
    place = pd.Index(table["edge_id"].to_numpy(dtype=object)).get_indexer(edges["edge_id"].to_numpy(dtype=object))
    known = place >= 0
    words = table["heights_dm"].to_numpy(dtype=object)[place[known]]
    size = np.zeros(len(edges), dtype=np.int64)
    size[known] = np.char.count(words.astype(str), " ") + 1 if len(words) else 0
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    joined = " ".join(words.tolist())
    height = np.array(joined.split(), dtype=np.int32) if joined else np.zeros(0, dtype=np.int32)
    return ptr, height


def _packed(found: WalkerWeights) -> dict[str, Any]:
    switches = [(one.name, one.state, str(one.known), str(one.of), str(one.closed)) for one in found.switches]
    within = found.weights if found.weights.inner is None else found.weights.inner
    return {
        "forward": within.forward,
        "backward": within.backward,
        "part_forward": found.part.forward,
        "part_backward": found.part.backward,
        "shut_u": found.shut_u,
        "shut_v": found.shut_v,
        "barred": found.barred,
        "switches": np.array(switches, dtype=str),
    }


def _unpacked(stored: dict[str, Any]) -> WalkerWeights:
    switches = tuple(
        Switch(name, state, int(known), int(of), int(closed))
        for name, state, known, of, closed in stored["switches"].tolist()
    )
    return WalkerWeights(
        through(Inner(stored["forward"], stored["backward"], stored["shut_u"], stored["shut_v"])),
        Weights(stored["part_forward"], stored["part_backward"]),
        stored["shut_u"],
        stored["shut_v"],
        stored["barred"],
        switches,
    )
