"""cityseer's answer, in its own environment: ``python cityseer_side.py IN.npz OUT.npz``; no import of ours.

The unit of everything handed over is the decimetre, and the speed is one decimetre a second, because cityseer counts in
seconds. Its distances are 32-bit floats: whole numbers below 2**24 and their sums are exact in them.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from cityseer import rustalgos

# The nearest streets looked at for each place. The index offers them by bounding box, of which many hold the place.
CANDIDATES = 500


def main() -> None:
    """Read the question, ask, write ``nearest`` (E, N) and ``counts`` (E, T, N)."""
    source, target = sys.argv[1:]
    with np.load(source) as file:
        given = {name: file[name] for name in file.files}
    np.savez(target, **answer(given))


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Nearest distance (NaN beyond the bound) and counts at every node."""
    network = _network(given)
    places = rustalgos.data.DataMap()
    element = {}
    for number, (x, y) in enumerate(given["place_xy"].tolist()):
        places.insert(number, f"POINT ({x!r} {y!r})")
        element[number] = f"e{given['element'][number]}"
    places.assign_data_to_network(network, float(given["gap"]), CANDIDATES)
    names = [f"e{number}" for number in range(int(given["n_elements"]))]
    thresholds = [int(value) for value in given["thresholds"]]
    # Its search leaves out what lies exactly at its end: one more threshold, not reported, lies beyond.
    beyond = thresholds[-1] + 1
    found = places.accessibility(
        network, element, names, distances=[*thresholds, beyond], speed_m_s=1.0, pbar_disabled=True
    ).result
    nearest = np.array([found[name].distance[beyond] for name in names])
    nearest[nearest > thresholds[-1] + 0.5] = np.nan
    return {
        "nearest": nearest,
        "counts": np.array([[found[name].count[threshold] for threshold in thresholds] for name in names]),
    }


def _network(given: dict[str, Any]) -> Any:
    """The primal graph: junctions are nodes, every street is an edge in both directions with its course."""
    network = rustalgos.graph.NetworkStructure()
    nodes = [network.add_street_node(str(key), x, y, True, 1.0) for key, (x, y) in enumerate(given["node_xy"].tolist())]
    xy, ptr = given["edge_xy"].tolist(), given["edge_ptr"].tolist()
    for edge, (u, v) in enumerate(zip(given["edge_u"].tolist(), given["edge_v"].tolist(), strict=True)):
        course = xy[ptr[edge] : ptr[edge + 1]]
        for a, b, way in ((u, v, course), (v, u, course[::-1])):
            line = ", ".join(f"{x!r} {y!r}" for x, y in way)
            network.add_street_edge(nodes[a], nodes[b], edge, str(a), str(b), f"LINESTRING ({line})")
    network.validate()
    network.build_edge_rtree()
    return network


if __name__ == "__main__":
    main()
