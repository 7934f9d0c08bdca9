"""Reach against the engines of the optional group ``oracle``, each run in an environment of its own.

They are AGPL and no dependency: made by ``python -m benchmarks.peers``, and by these tests themselves where
``KEZHONG_REQUIRE_ALL`` is set. Where they are absent, or cannot be installed, the tests are skipped with the reason.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.streets import Streets, largest_component, read_streets, select_nodes

from absence import REQUIRE_ALL
from kezhong.network import UNREACHED, Access, Reach, WalkGraph, reach

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

pytestmark = [pytest.mark.oracle, pytest.mark.slow]


def _ask(peer: str, command: list[str], folder: Path, **question: Any) -> dict[str, Any]:
    """The peer's answer to a question, both as files."""
    try:
        python = peer_python(peer, make=REQUIRE_ALL)
    except PeerAbsentError as absent:
        pytest.skip(str(absent))
    source, target = folder / "question.npz", folder / "answer.npz"
    np.savez(source, **question)
    done = subprocess.run(
        [python, *command, str(source), str(target)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with np.load(target) as file:
        return {name: file[name] for name in file.files}


def _graph(streets: Streets) -> WalkGraph:
    return WalkGraph.build(
        streets.node_xy, streets.edge_u, streets.edge_v, streets.edge_xy, streets.edge_ptr, streets.edge_dm
    )


def _everywhere(graph: WalkGraph, facilities: Access, element: np.ndarray, thresholds: np.ndarray) -> Reach:
    """Our answer at every node."""
    n, n_elements = graph.n_nodes, int(element.max()) + 1
    demand = Access.of(np.arange(n), *graph.at_nodes(np.arange(n)))
    table = np.tile(thresholds, (n_elements, 1))
    return reach(graph, demand, n, facilities, len(element), element, n_elements, int(thresholds[-1]), table)


@pytest.mark.data
def test_equals_pandana(data_folder: Path, tmp_path: Path) -> None:
    streets = largest_component(read_streets(data_folder / "helsinki" / "helsinki_centre.osm.pbf"))
    graph = _graph(streets)
    random = np.random.default_rng(8)
    nodes = random.integers(0, graph.n_nodes, 150)
    element = np.sort(random.integers(0, 3, 150))
    thresholds = np.array([2_500, 5_000, 10_000], np.uint32)
    facilities = Access.of(np.arange(150), *graph.at_nodes(nodes))
    found = _everywhere(graph, facilities, element, thresholds)
    theirs = _ask(
        "pandana",
        ["-m", "benchmarks.engine_side", "pandana", "whole"],
        tmp_path,
        **vars(streets),
        element=element,
        facility_node=nodes,
        n_elements=3,
        thresholds=thresholds,
    )
    np.testing.assert_array_equal(found.nearest_dm, theirs["nearest"])
    np.testing.assert_array_equal(found.counts, theirs["counts"])
    assert 0.1 < (found.nearest_dm != UNREACHED).mean() < 1.0


def _equals_cityseer(
    streets: Streets, facilities: Access, place_xy: np.ndarray, element: np.ndarray, folder: Path
) -> None:
    """Nearest and counts at every node, to the last decimetre and the last facility.

    Ours are whole decimetres. cityseer measures the courses it is given, in 32-bit floats; the courses are whole
    decimetres long (see :func:`_whole`), so its sums are exact and its counts must be equal even at a threshold. What
    remains is the offset of a place along its street, computed by projection: a thousandth of a decimetre is allowed.
    """
    thresholds = np.array([1_000, 2_500, 4_167, 8_333, 12_500])
    found = _everywhere(_graph(streets), facilities, element, thresholds)
    theirs = _ask(
        "cityseer",
        [str(HERE / "cityseer_side.py")],
        folder,
        node_xy=streets.node_xy * 10.0,
        edge_u=streets.edge_u,
        edge_v=streets.edge_v,
        edge_xy=streets.edge_xy * 10.0,
        edge_ptr=streets.edge_ptr,
        place_xy=place_xy * 10.0,
        element=element,
        n_elements=element.max() + 1,
        thresholds=thresholds,
        gap=500.0,
    )
    ours = np.where(found.nearest_dm == UNREACHED, np.nan, found.nearest_dm)
    np.testing.assert_allclose(theirs["nearest"], ours, rtol=0.0, atol=1e-3)
    np.testing.assert_array_equal(found.counts, theirs["counts"])
    assert (found.counts[:, -1] > found.counts[:, 0]).mean() > 0.5


def _whole(streets: Streets) -> Streets:
    """Every course made a hair longer, to whole decimetres, by a bend in the middle of its longest stretch.

    cityseer takes the lengths of courses, we the rounded lengths we are given; on these courses they are the same.
    """
    courses, lengths = [], []
    for begin, end in zip(streets.edge_ptr[:-1].tolist(), streets.edge_ptr[1:].tolist(), strict=True):
        course = streets.edge_xy[begin:end]
        steps = np.diff(course, axis=0)
        stretch = np.hypot(*steps.T)
        dm = max(int(np.ceil(stretch.sum() * 10.0)), 1)
        k = int(stretch.argmax())
        half = (stretch[k] + dm / 10.0 - stretch.sum()) / 2.0
        aside = np.array([-steps[k, 1], steps[k, 0]]) / stretch[k] if stretch[k] > 0.0 else np.array([1.0, 0.0])
        bend = (course[k] + course[k + 1]) / 2.0 + aside * np.sqrt(max(half**2 - (stretch[k] / 2.0) ** 2, 0.0))
        courses.append(np.insert(course, k + 1, bend, axis=0))
        lengths.append(dm)
    ptr = streets.edge_ptr + np.arange(len(streets.edge_ptr))
    edge_dm = np.array(lengths, np.uint32)
    return Streets(streets.node_xy, streets.edge_u, streets.edge_v, np.concatenate(courses), ptr, edge_dm)


@pytest.mark.data
def test_equals_cityseer_in_a_part_of_porto(data_folder: Path, tmp_path: Path) -> None:
    """Places at junctions, since cityseer joins a place to a street only by ends that it can see in a straight line.

    It finds the street by the place's position, so junctions that lie exactly upon another (the network has a few, not
    joined) hold none.
    """
    streets = read_streets(data_folder / "porto" / "porto.osm.pbf")
    centre = np.median(streets.node_xy, axis=0)
    near = np.hypot(*(streets.node_xy - centre).T) < 4_000.0
    streets = _whole(largest_component(select_nodes(streets, near)))
    graph = _graph(streets)
    random = np.random.default_rng(21)
    _, first, times = np.unique(streets.node_xy, axis=0, return_index=True, return_counts=True)
    nodes = random.choice(first[times == 1], 400)
    facilities = Access.of(np.arange(400), *graph.at_nodes(nodes))
    _equals_cityseer(streets, facilities, streets.node_xy[nodes], random.integers(0, 4, 400), tmp_path)


def test_equals_cityseer_on_a_lattice_with_places_beside_its_streets(tmp_path: Path) -> None:
    """Here all streets are straight, so that places may lie anywhere along them, and off them."""
    side, n = 21, 300
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    # Blocks of different widths, so that ways of equal length are few.
    random = np.random.default_rng(4)
    east, north = np.cumsum(random.integers(40, 130, (2, side)), axis=1).astype(float)
    xy = np.column_stack([east[x.ravel()], north[y.ravel()]])
    lines = np.stack([xy[u], xy[v]], 1)
    dm = np.rint(np.abs(lines[:, 1] - lines[:, 0]).sum(axis=1) * 10.0).astype(np.uint32)
    streets = Streets(xy, u.astype(np.int32), v.astype(np.int32), lines.reshape(-1, 2), 2 * np.arange(len(u) + 1), dm)
    edge = random.integers(0, len(u), n)
    # Nearer to their own street than to any other: further along than they stand off.
    extra = random.integers(0, 100, n)
    offset = random.integers(110, dm[edge].astype(int) - 110)
    along = (lines[edge, 1] - lines[edge, 0]) * 10.0 / dm[edge, None]
    place_xy = lines[edge, 0] + (along * offset[:, None] + along[:, ::-1] * extra[:, None]) / 10.0
    facilities = Access.of(np.arange(n), edge, offset, extra)
    _equals_cityseer(streets, facilities, place_xy, random.integers(0, 4, n), tmp_path)
