"""Slopes along edges, and what they do to a walker's speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kezhong.network.attributes import StreetAttributes
    from kezhong.network.walker_rules import SlopeRule

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Steeper is no street: such a slope comes from an error in the heights and must not stop the clock.
STEEPEST = 1.0


def speed(rule: SlopeRule, slope: Floats) -> Floats:
    """Speed on a slope (rising positive), relative to the level."""
    if rule.rule == "tobler":
        found = np.exp(-rule.steepness * (np.abs(slope + rule.offset) - abs(rule.offset)))
    elif rule.rule == "table":
        found = np.interp(slope, rule.slopes, rule.speeds)
    else:
        found = np.ones_like(slope)
    return np.asarray(found, dtype=np.float64)


def pieces(streets: StreetAttributes) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Pieces whose slope is known: edge, metres, slope from ``edge_u`` to ``edge_v``.

    A surveyed incline stands for the whole edge, in place of what the heights say.
    """
    surveyed = np.isfinite(streets.incline)
    size = np.diff(streets.height_ptr)
    sampled = np.flatnonzero((size > 1) & ~surveyed & (streets.length_dm > 0))
    n_pieces = size[sampled] - 1
    edge = np.repeat(sampled, n_pieces)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    at = streets.height_ptr[edge] + within
    metres = streets.length_dm[edge] / 10.0 / np.repeat(n_pieces, n_pieces)
    rise = (streets.height_dm[at + 1].astype(np.int64) - streets.height_dm[at]) / 10.0
    known = np.flatnonzero(surveyed)
    slope = np.concatenate([rise / metres, streets.incline[known]])
    return (
        np.concatenate([edge, known]),
        np.concatenate([metres, streets.length_dm[known] / 10.0]),
        np.clip(slope, -STEEPEST, STEEPEST),
    )


def factors(streets: StreetAttributes, rule: SlopeRule) -> tuple[Floats, Floats]:
    """Time on each edge relative to the level, forward and backward, (m,): the mean over its pieces by length."""
    forward, backward = np.ones(streets.n_edges), np.ones(streets.n_edges)
    if rule.rule == "none":
        return forward, backward
    edge, metres, slope = pieces(streets)
    total = np.bincount(edge, weights=metres, minlength=streets.n_edges)
    known = total > 0
    for found, sign in ((forward, 1.0), (backward, -1.0)):
        slowed = np.bincount(edge, weights=metres / speed(rule, sign * slope), minlength=streets.n_edges)
        found[known] = slowed[known] / total[known]
    return forward, backward


def too_steep(streets: StreetAttributes, rule: SlopeRule) -> tuple[Flags, Flags]:
    """Whether an edge is too steep forward and backward, (m,).

    A surveyed incline decides by itself; sampled heights are uncertain over a few metres, so that more than
    ``over_m`` metres must be beyond the limit.
    """
    shut = np.zeros(streets.n_edges, dtype=bool)
    if rule.up is None and rule.down is None:
        return shut, shut.copy()
    edge, metres, slope = pieces(streets)
    up, down = rule.up or np.inf, rule.down or np.inf
    counted = np.where(np.isfinite(streets.incline[edge]), np.inf, metres)
    found = []
    for sign in (1.0, -1.0):
        beyond = (sign * slope > up) | (sign * slope < -down)
        steep_m = np.bincount(edge[beyond], weights=counted[beyond], minlength=streets.n_edges)
        found.append(steep_m > rule.over_m)
    return found[0], found[1]


def net_rise_dm(streets: StreetAttributes) -> NDArray[np.int64]:
    """Height of the end over the start, in decimetres, 0 where it is not known, (m,)."""
    rise = np.zeros(streets.n_edges, dtype=np.int64)
    known = np.diff(streets.height_ptr) > 0
    first, last = streets.height_ptr[:-1][known], streets.height_ptr[1:][known] - 1
    rise[known] = streets.height_dm[last].astype(np.int64) - streets.height_dm[first]
    return rise
