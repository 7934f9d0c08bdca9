"""Networks with every attribute at random, for what must hold on all of them."""

from __future__ import annotations

import numpy as np

from kezhong.network.attributes import StreetAttributes


def random_streets(seed: int, *, flat: bool = False, stairs: bool = True) -> StreetAttributes:
    """30 edges among 14 nodes, loops, doubles and edges without length included."""
    rng = np.random.default_rng(seed)
    n, m = 14, 30
    pieces = np.zeros(m, np.int64) if flat else rng.integers(0, 6, m)
    pieces[pieces == 1] = 0
    ptr = np.concatenate([[0], np.cumsum(pieces)])
    return StreetAttributes.of(
        rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(0, 3000, m), n,
        road=rng.integers(0, 7, m), steps=rng.integers(0, 2, m) * stairs, step_count=rng.integers(0, 30, m),
        rising=rng.integers(-1, 2, m) * (not flat), ramp=rng.integers(0, 4, m), surface=rng.integers(0, 7, m),
        width_cm=rng.integers(0, 300, m), lit=rng.integers(0, 4, m), wheelchair=rng.integers(0, 4, m),
        crossing=rng.integers(0, 4, m), kerb=rng.integers(0, 5, m), sidewalk=rng.integers(0, 4, m),
        structure=rng.integers(0, 3, m), allowed=rng.integers(0, 5, m), oneway=rng.integers(0, 2, m),
        incline=np.where(rng.random(m) < (0 if flat else 0.1), rng.normal(0, 0.1, m), np.nan),
        height_ptr=ptr, height_dm=rng.integers(0, 300, ptr[-1]), node_crossing=rng.integers(0, 4, n),
        node_kerb=rng.integers(0, 5, n), node_barrier=rng.integers(0, 6, n), node_allowed=rng.integers(0, 5, n),
        node_wheelchair=rng.integers(0, 4, n), node_hours=rng.integers(-1, 2, n),
        hours=rng.integers(0, 2**63, (2, 3)).astype(np.uint64),
    )  # fmt: skip
