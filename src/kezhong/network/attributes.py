"""What a walker meets on a street network: attributes of edges and nodes as small integer codes.

Zero always means *not known* (or *nothing there*), so that a column without data is an array of zeros and a rule that
depends on it can say that it had nothing to work with.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kezhong.errors import InputError

Codes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Lengths = NDArray[np.uint32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Masks = NDArray[np.uint64]

#: Bits of a set of hours: hour 0 is Monday 00:00–01:00, 168 of an ordinary week, then the 24 of a public holiday.
WEEK_BITS = 192
WEEK_WORDS = 3


class Road(IntEnum):
    """Class of the carriageway an edge belongs to, by the traffic it carries; ``FOOT``: no carriageway."""

    FOOT = 0
    SERVICE = 1
    LOCAL = 2
    TERTIARY = 3
    SECONDARY = 4
    PRIMARY = 5
    TRUNK = 6


class Surface(IntEnum):
    """What is underfoot, smoothest first."""

    UNKNOWN = 0
    SMOOTH = 1  # asphalt, concrete
    PAVED = 2  # slabs, bricks
    COBBLED = 3  # setts, unhewn stones, grass pavers
    COMPACT = 4  # compacted, fine gravel
    LOOSE = 5  # earth, gravel, grass
    SOFT = 6  # sand, mud


class Crossing(IntEnum):
    """How a carriageway may be crossed at a node; a higher code is a safer one."""

    NONE = 0  # nothing recorded: as unmarked
    UNMARKED = 1
    MARKED = 2  # zebra
    SIGNALS = 3


class Kerb(IntEnum):
    """Height of the kerb."""

    UNKNOWN = 0
    FLUSH = 1
    LOWERED = 2
    ROLLED = 3
    RAISED = 4


class Barrier(IntEnum):
    """What stands at a node, by what gets through."""

    NONE = 0
    GATE = 1  # everybody, when it is open
    POSTS = 2  # bollards, blocks: wide enough for wheels
    NARROW = 3  # turnstile, kissing gate, cycle barrier: not for wheels
    CLIMB = 4  # stile, chain, kerb wall: a person has to step over
    SHUT = 5  # wall or fence without an opening


class Allowed(IntEnum):
    """Who may pass a gate or use an edge."""

    UNKNOWN = 0
    ALL = 1
    VISITORS = 2  # customers, destination, permissive
    RESIDENTS = 3  # private, residents, permit
    NOBODY = 4


class Answer(IntEnum):
    """A yes-or-no tag. ``PARTLY``: limited, separate or on part of it."""

    UNKNOWN = 0
    NO = 1
    PARTLY = 2
    YES = 3


class Ramp(IntEnum):
    """A ramp beside steps."""

    UNKNOWN = 0
    NO = 1
    PRAM = 2
    WHEELCHAIR = 3


class Structure(IntEnum):
    """Bridge or tunnel."""

    NONE = 0
    BRIDGE = 1
    TUNNEL = 2


_EDGE_COLUMNS = {
    "road": 6, "steps": 1, "ramp": 3, "surface": 6, "lit": 3, "wheelchair": 3, "crossing": 3, "kerb": 4, "sidewalk": 3,
    "structure": 2, "allowed": 4, "oneway": 1,
}  # fmt: skip
_NODE_COLUMNS = {"node_crossing": 3, "node_kerb": 4, "node_barrier": 5, "node_allowed": 4, "node_wheelchair": 3}


@dataclass(frozen=True, eq=False)
class StreetAttributes:
    """Attributes of ``m`` edges and ``n`` nodes; make it with :meth:`of`, which checks and fills in what is not given.

    Attributes
    ----------
    edge_u, edge_v : int32 (m,)
        Nodes at the start and at the end.
    length_dm : uint32 (m,)
        Lengths in decimetres.
    road, surface, crossing, kerb, structure, allowed, ramp : uint8 (m,)
        Codes of :class:`Road`, :class:`Surface`, :class:`Crossing`, :class:`Kerb`, :class:`Structure`,
        :class:`Allowed`, :class:`Ramp`.
    lit, wheelchair, sidewalk : uint8 (m,)
        Codes of :class:`Answer`; ``PARTLY`` of a sidewalk is one mapped as a way of its own.
    steps, oneway : uint8 (m,)
        1 where the edge is a stair; 1 where the carriageway has one direction of traffic.
    step_count : int32 (m,)
        Number of steps, 0 where it is not known.
    rising : int8 (m,)
        1 where steps or slope rise from ``edge_u`` to ``edge_v``, −1 where they fall, 0 where it is not known.
    width_cm : int32 (m,)
        Width for walking, 0 where it is not known.
    incline : float64 (m,)
        Surveyed slope from ``edge_u`` to ``edge_v`` as a ratio, NaN where there is none.
    height_ptr : int64 (m + 1,), height_dm : int32 (k,)
        Heights at equal distances along each edge, both ends included; an edge without heights has none.
    node_crossing, node_kerb, node_barrier, node_allowed, node_wheelchair : uint8 (n,)
        Codes at the nodes.
    node_hours : int32 (n,)
        Row of ``hours`` that says when the node is open, −1 where nothing restricts it.
    hours : uint64 (h, 3)
        Bit sets of hours, Monday 00:00 first, a public holiday last.
    """

    edge_u: Ints
    edge_v: Ints
    length_dm: Lengths
    road: Codes
    steps: Codes
    step_count: Ints
    rising: NDArray[np.int8]
    ramp: Codes
    surface: Codes
    width_cm: Ints
    lit: Codes
    wheelchair: Codes
    crossing: Codes
    kerb: Codes
    sidewalk: Codes
    structure: Codes
    allowed: Codes
    oneway: Codes
    incline: Floats
    height_ptr: Longs
    height_dm: Ints
    node_crossing: Codes
    node_kerb: Codes
    node_barrier: Codes
    node_allowed: Codes
    node_wheelchair: Codes
    node_hours: Ints
    hours: Masks

    @classmethod
    def of(
        cls,
        edge_u: NDArray[np.integer],
        edge_v: NDArray[np.integer],
        length_dm: NDArray[np.integer],
        n_nodes: int,
        **known: NDArray[np.generic],
    ) -> StreetAttributes:
        """Check the given arrays; every attribute not given is *unknown* everywhere.

        Raises
        ------
        InputError
            Lengths that do not fit together, a code beyond its list, offsets that do not fit the heights.
        """
        m = len(edge_u)
        defaults: dict[str, NDArray[np.generic]] = {
            **{name: np.zeros(m, np.uint8) for name in _EDGE_COLUMNS},
            **{name: np.zeros(n_nodes, np.uint8) for name in _NODE_COLUMNS},
            "edge_u": np.asarray(edge_u, np.int32),
            "edge_v": np.asarray(edge_v, np.int32),
            "length_dm": np.asarray(length_dm, np.uint32),
            "step_count": np.zeros(m, np.int32),
            "rising": np.zeros(m, np.int8),
            "width_cm": np.zeros(m, np.int32),
            "incline": np.full(m, np.nan),
            "height_ptr": np.zeros(m + 1, np.int64),
            "height_dm": np.zeros(0, np.int32),
            "node_hours": np.full(n_nodes, -1, np.int32),
            "hours": np.zeros((0, WEEK_WORDS), np.uint64),
        }
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, empty in defaults.items():
            array = np.ascontiguousarray(known.get(name, empty), dtype=empty.dtype)
            free = name in ("height_dm", "hours")
            if array.ndim != empty.ndim or (not free and array.shape != empty.shape):
                raise InputError("network.shape", column=name, value=array.shape, expected=empty.shape)
            arrays[name] = array
        _check(arrays, m, n_nodes)
        return cls(**arrays)  # type: ignore[arg-type]

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_u)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_barrier)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All arrays by name, for a cache."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _check(arrays: dict[str, NDArray[np.generic]], m: int, n_nodes: int) -> None:
    for name, highest in (_EDGE_COLUMNS | _NODE_COLUMNS).items():
        _within(name, arrays[name], 0, highest)
    for name in ("edge_u", "edge_v"):
        _within(name, arrays[name], 0, n_nodes - 1)
    for name in ("edge_v", "length_dm"):
        if len(arrays[name]) != m:
            raise InputError("network.shape", column=name, value=arrays[name].shape, expected=(m,))
    _within("rising", arrays["rising"], -1, 1)
    _within("node_hours", arrays["node_hours"], -1, len(arrays["hours"]) - 1)
    ptr = np.asarray(arrays["height_ptr"], np.int64)
    size = np.diff(ptr)
    if ptr[0] != 0 or ptr[-1] != len(arrays["height_dm"]) or (size < 0).any():
        raise InputError("network.out_of_range", column="height_ptr", row=m, value=int(ptr[-1]), expected="0–k")
    if (size == 1).any():  # one height is no course
        row = int(np.argmax(size == 1))
        raise InputError("network.out_of_range", column="height_ptr", row=row, value=1, expected="0, 2, 3 …")


def _within(name: str, array: NDArray[np.generic], low: int, high: int) -> None:
    bad = (array < low) | (array > high)  # type: ignore[operator]
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.out_of_range", column=name, row=row, value=array[row], expected=f"{low}–{high}")
