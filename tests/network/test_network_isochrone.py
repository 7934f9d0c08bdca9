"""Isochrones against a search over every decimetre, closed forms, and Shapely's buffers; rivers narrower than the raster."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import HAIR, random_world
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from kezhong.errors import InputError
from kezhong.network import CLOSED, Access, WalkGraph, Weights, pairs
from kezhong.network.isochrone import Barriers, Isochrones, Outlines, Streets

FAR = 1 << 40


def _shares(cost: int, length: int) -> np.ndarray:
    """Cost of the first 0 … length decimetres, rounded half up."""
    return (2 * cost * np.arange(length + 1) + length) // (2 * length) if length else np.zeros(1, np.int64)


def _every_decimetre(graph: WalkGraph, weights: Weights, origins: Access, n: int) -> list[list[np.ndarray]]:
    """Least cost from each origin to each whole decimetre of each edge, from a graph of decimetres."""
    names: list[np.ndarray] = []
    count = graph.n_nodes
    nothing = np.empty(0, np.int64)
    tail: list[np.ndarray] = [nothing]
    head: list[np.ndarray] = [nothing]
    cost: list[np.ndarray] = [nothing]
    for e, length in enumerate(graph.edge_dm.tolist()):
        inner = np.arange(count, count + max(length - 1, 0))
        count += len(inner)
        stops = np.concatenate([[graph.edge_u[e]], inner, [graph.edge_v[e]]]) if length else graph.edge_u[[e]]
        names.append(stops)
        ends = stops if length else np.array([graph.edge_u[e], graph.edge_v[e]])
        for way, (a, b) in (("forward", (ends[:-1], ends[1:])), ("backward", (ends[1:], ends[:-1]))):
            whole = int(getattr(weights, way)[e])
            if whole == int(CLOSED):
                continue
            tail.append(a)
            head.append(b)
            cost.append(np.diff(_shares(whole, length)) if length else np.array([whole]))
    for place, edge, offset, extra in zip(
        origins.place.tolist(),
        origins.edge.tolist(),
        origins.offset_dm.tolist(),
        origins.extra_dm.tolist(),
        strict=True,
    ):
        if edge < 0:
            continue
        length = int(graph.edge_dm[edge])
        inside = 0 < offset < length
        if inside and weights.forward[edge] == CLOSED and weights.backward[edge] == CLOSED:
            continue
        # At the end of an edge it stands at the node.
        node = names[edge][offset]
        tail.append(np.array([count + place]))
        head.append(np.array([node]))
        cost.append(np.array([extra]))
    least: dict[tuple[int, int], int] = {}
    for a, b, c in zip(np.concatenate(tail), np.concatenate(head), np.concatenate(cost), strict=True):
        if a != b:
            least[a, b] = min(int(c), least.get((a, b), FAR))
    keys = np.array(list(least), np.int64).reshape(-1, 2)
    values = np.array(list(least.values()), np.float64) + HAIR
    matrix = coo_array((values, (keys[:, 0], keys[:, 1])), shape=(count + n, count + n)).tocsr()
    found = dijkstra(matrix, indices=np.arange(count, count + n))
    exact = np.where(np.isfinite(found), np.rint(np.where(np.isfinite(found), found, 0.0)), FAR).astype(np.int64)
    return [[exact[p][stops] for stops in names] for p in range(n)]


def _directed(graph: WalkGraph, seed: int) -> Weights:
    random = np.random.default_rng(seed)
    columns = []
    for _ in range(2):
        cost = np.rint(graph.edge_dm * random.uniform(0.4, 2.5, graph.n_edges)).astype(np.uint32)
        columns.append(np.where(random.random(graph.n_edges) < 0.15, CLOSED, cost).astype(np.uint32))
    return Weights(*columns)


def _check(graph: WalkGraph, weights: Weights, origins: Access, n: int, limits: list[int], found: Streets) -> None:
    truth = _every_decimetre(graph, weights, origins, n)
    for row in range(n * len(limits)):
        p, limit = row // len(limits), limits[row % len(limits)]
        covered: dict[int, np.ndarray] = {}
        for k in range(found.ptr[row], found.ptr[row + 1]):
            e, a, b = int(found.edge[k]), int(found.from_dm[k]), int(found.to_dm[k])
            assert a != b
            length = int(graph.edge_dm[e])
            here = covered.setdefault(e, np.full(length + 1, FAR))
            share = _shares(int((weights.forward if a < b else weights.backward)[e]), length)
            low, high = min(a, b), max(a, b)
            walked = int(found.cost_from[k]) + np.abs(share[low : high + 1] - share[a])
            assert int(found.cost_to[k]) == walked[-1 if a < b else 0] <= limit
            # Pieces meet in points only.
            assert not (here[low + 1 : high] < FAR).any()
            here[low : high + 1] = np.minimum(here[low : high + 1], walked)
        for e, cost in enumerate(truth[p]):
            length = int(graph.edge_dm[e])
            here = covered.get(e, np.full(length + 1, FAR))
            mine = origins.offset_dm[(origins.place == p) & (origins.edge == e)]
            inner = np.setdiff1d(np.arange(1, length), mine[: len(mine)])
            np.testing.assert_array_equal(here[inner], np.where(cost[inner] <= limit, cost[inner], FAR))
            assert (here >= cost).all() if length else True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    nodes=st.integers(1, 15),
    edges=st.integers(1, 30),
    places=st.integers(1, 8),
    limit=st.sampled_from([0, 1, 30, 120, 500, 3000]),
    directed=st.booleans(),
)
def test_every_decimetre_reached_is_in_a_piece(
    seed: int, nodes: int, edges: int, places: int, limit: int, directed: bool
) -> None:
    world = random_world(seed, nodes, edges, places, longest=60)
    origins = Access(world.demand.place, world.demand.edge, world.demand.offset_dm, world.demand.extra_dm // 4)
    weights = (
        _directed(world.graph, seed) if directed else Weights.of_lengths(world.graph, world.barred).checked(world.graph)
    )
    limits = [limit, limit // 3, 2 * limit]
    found = Isochrones.build(world.graph, weights=weights).streets(origins, places, limits, threads=1)
    _check(world.graph, weights, origins, places, limits, found)


def _lattice(blocks: int, metres: float = 100.0) -> WalkGraph:
    side = 2 * blocks + 1
    number = np.arange(side * side).reshape(side, side)
    xy = metres * (np.column_stack([number.ravel() % side, number.ravel() // side]) - blocks)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    return WalkGraph.build(xy, u, v, np.stack([xy[u], xy[v]], 1).reshape(-1, 2), 2 * np.arange(len(u) + 1))


def _at_origin(graph: WalkGraph) -> Access:
    edge, offset = graph.at_nodes([int(np.flatnonzero((graph.node_xy == 0.0).all(axis=1))[0])])
    return Access.of([0], edge, offset)


@pytest.mark.parametrize("part", [0, 250, 999])
def test_lattice_has_the_length_of_its_closed_form(part: int) -> None:
    graph = _lattice(8)
    iso = Isochrones.build(graph)
    limits = [1000 * k + part for k in range(1, 7)]
    found = iso.streets(_at_origin(graph), 1, limits).length_dm()[0]
    # Between the crossings k and k + 1 blocks away run 8k + 4 streets.
    np.testing.assert_array_equal(found, [4000 * k * k + part * (8 * k + 4) for k in range(1, 7)])


def test_lattice_diamond_is_the_buffer_of_its_streets() -> None:
    graph = _lattice(5)
    iso = Isochrones.build(graph, width_m=30.0, cell_m=5.0)
    streets, areas = iso.streets(_at_origin(graph), 1, [3500]), iso.areas(_at_origin(graph), 1, [3500])
    _near_buffer(streets, areas, graph, 30.0, 5.0)
    (shape,) = _shapes(areas)
    # The blocks between reached streets are wider than two strips: each whole block is a hole.
    assert len(shape.interiors) == 12


def _shapes(areas: Outlines) -> list[shapely.Geometry]:
    ring = np.repeat(np.arange(len(areas.ring_ptr) - 1), np.diff(areas.ring_ptr))
    rings = shapely.linearrings(areas.xy, indices=ring) if len(areas.xy) else np.empty(0, object)
    polygon = np.repeat(np.arange(len(areas.polygon_ptr) - 1), np.diff(areas.polygon_ptr))
    polygons = shapely.polygons(rings, indices=polygon) if len(rings) else np.empty(0, object)
    assert shapely.is_valid(polygons).all()
    for p in range(len(polygons)):
        own = rings[areas.polygon_ptr[p] : areas.polygon_ptr[p + 1]]
        assert shapely.is_ccw(own).tolist() == [True, *[False] * (len(own) - 1)]
    return [
        shapely.multipolygons(polygons[a:b]) if b - a != 1 else polygons[a]
        for a, b in zip(areas.ptr, areas.ptr[1:], strict=False)
    ]


def _near_buffer(streets: Streets, areas: Outlines, graph: WalkGraph, width: float, cell: float) -> None:
    xy, ptr = streets.courses(graph)
    piece = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    lines = shapely.linestrings(xy, indices=piece)
    for row, shape in enumerate(_shapes(areas)):
        own = shapely.union_all(lines[streets.ptr[row] : streets.ptr[row + 1]])
        if own.is_empty:
            assert shape.is_empty
            continue
        # Half the diagonal of a cell, everywhere on the outline.
        assert shape.within(own.buffer(width + 0.71 * cell, quad_segs=32))
        assert own.buffer(width - 0.71 * cell, quad_segs=32).within(shape)
        exact = own.buffer(width, quad_segs=32).area
        assert shape.area == pytest.approx(exact, rel=0.01)


def test_areas_are_the_buffers_of_the_reached_streets() -> None:
    world = random_world(3, 60, 110, 12, longest=9000)
    # Lengths in accordance with the courses, so that offsets mean metres.
    graph = WalkGraph.build(
        world.graph.node_xy, world.graph.edge_u, world.graph.edge_v, world.graph.edge_xy, world.graph.edge_ptr
    )
    offset = np.minimum(world.demand.offset_dm, graph.edge_dm[np.maximum(world.demand.edge, 0)])
    origins = Access(world.demand.place, world.demand.edge, offset, world.demand.extra_dm)
    iso = Isochrones.build(graph, width_m=30.0, cell_m=6.0)
    limits = [1500, 4000]
    _near_buffer(iso.streets(origins, 12, limits), iso.areas(origins, 12, limits), graph, 30.0, 6.0)


def test_many_origins_are_as_one_by_one_and_threads_change_nothing() -> None:
    world = random_world(5, 300, 420, 90)
    walls = Barriers.of(np.random.default_rng(1).uniform(0, 1000, (60, 2)), np.arange(0, 61, 3))
    iso = Isochrones.build(world.graph, barred=world.barred, barriers=walls)
    limits = [900, 3000, 2000]
    streets, areas = iso.streets(world.demand, 90, limits, threads=1), iso.areas(world.demand, 90, limits, threads=1)
    for threads in (2, 5):
        for one, other in (
            (streets, iso.streets(world.demand, 90, limits, threads=threads)),
            (areas, iso.areas(world.demand, 90, limits, threads=threads)),
        ):
            for name, values in vars(one).items():
                assert values.tobytes() == getattr(other, name).tobytes()
    for p in range(0, 90, 7):
        mine = world.demand.place == p
        columns = (getattr(world.demand, name)[mine] for name in ("edge", "offset_dm", "extra_dm"))
        alone = Access.of(np.zeros(mine.sum(), np.int32), *columns)
        single, area = iso.streets(alone, 1, limits), iso.areas(alone, 1, limits)
        a, b = streets.ptr[3 * p], streets.ptr[3 * p + 3]
        for name in ("edge", "from_dm", "to_dm", "cost_from", "cost_to"):
            np.testing.assert_array_equal(getattr(single, name), getattr(streets, name)[a:b])
        rings = areas.polygon_ptr[areas.ptr[[3 * p, 3 * p + 3]]]
        np.testing.assert_array_equal(area.xy, areas.xy[slice(*areas.ring_ptr[rings])])


def test_farther_is_never_less() -> None:
    world = random_world(8, 200, 320, 40)
    walls = Barriers.of(np.random.default_rng(2).uniform(0, 1000, (80, 2)), np.arange(0, 81, 2))
    iso = Isochrones.build(world.graph, barriers=walls)
    limits = [300, 800, 1600, 3200]
    length = iso.streets(world.demand, 40, limits).length_dm()
    areas = iso.areas(world.demand, 40, limits)
    assert (np.diff(length, axis=1) >= 0).all()
    assert (np.diff(areas.square_metres(), axis=1) >= -1e-6).all()
    shapes = _shapes(areas)
    np.testing.assert_allclose(areas.square_metres().ravel(), [shape.area for shape in shapes], atol=1e-3)
    walled = Isochrones.build(world.graph).areas(world.demand, 40, limits).square_metres()
    assert (areas.square_metres() <= walled + 1e-6).all()
    # Limits in any order, and twice, are the same rows.
    mixed = iso.areas(world.demand, 40, [1600, 300, 1600])
    np.testing.assert_allclose(mixed.square_metres(), areas.square_metres()[:, [2, 0, 2]], rtol=1e-4)
    again = _shapes(mixed)
    for p in range(40):
        assert again[3 * p].equals(again[3 * p + 2])
        assert again[3 * p].symmetric_difference(shapes[4 * p + 2]).area < 1.0
        assert again[3 * p + 1].symmetric_difference(shapes[4 * p]).area < 1.0


def test_what_is_in_the_area_is_in_sight_of_a_reached_street() -> None:
    world = random_world(8, 200, 320, 3)
    ends = np.random.default_rng(2).uniform(0, 1000, (120, 2))
    ends[1::2] = ends[::2] + np.random.default_rng(3).uniform(-60, 60, (60, 2))
    iso = Isochrones.build(world.graph, barriers=Barriers.of(ends, np.arange(0, 121, 2)), width_m=30.0, cell_m=10.0)
    streets, areas = iso.streets(world.demand, 3, [4000]), iso.areas(world.demand, 3, [4000])
    xy, ptr = streets.courses(world.graph)
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(ptr) - 1), np.diff(ptr)))
    walls = shapely.linestrings(ends.reshape(-1, 2, 2))
    tree, hiding = shapely.STRtree(walls), 0
    for p, shape in enumerate(_shapes(areas)):
        own = lines[streets.ptr[p] : streets.ptr[p + 1]]
        if not len(own):
            continue
        seats = shapely.get_coordinates(shapely.segmentize(own, 2.0))
        left, low, right, high = shape.buffer(20.0).bounds
        nodes = np.stack(
            np.meshgrid(np.arange(left // 10, right // 10) * 10, np.arange(low // 10, high // 10) * 10), -1
        )
        nodes = nodes.reshape(-1, 2)
        near = shapely.STRtree(shapely.points(seats)).query(shapely.points(nodes), predicate="dwithin", distance=29.99)
        sight = shapely.linestrings(np.stack([nodes[near[0]], seats[near[1]]], 1))
        hidden = np.zeros(len(sight), np.bool_)
        hidden[tree.query(sight, predicate="intersects")[0]] = True
        seen = np.zeros(len(nodes), np.bool_)
        seen[near[0][~hidden]] = True
        within = np.zeros(len(nodes), np.bool_)
        within[near[0]] = True
        inside = shapely.contains_xy(shape, nodes)
        hiding += int((within & ~seen).sum())
        assert inside[seen].all()
        # Seats stand two metres apart: what is seen of a street only between two of them is not noticed.
        assert (inside & ~seen).sum() <= 0.03 * inside.sum() + 1
    assert hiding > 15


def test_edge_reached_from_both_ends_keeps_its_gap() -> None:
    # A triangle: from node 0 the far side (100 m) is entered from both ends and not finished.
    xy = np.array([[0.0, 0.0], [60.0, 40.0], [60.0, -40.0]])
    graph = WalkGraph.build(xy, [0, 1, 2], [1, 2, 0], xy[[0, 1, 1, 2, 2, 0]], [0, 2, 4, 6], [700, 1000, 700])
    found = Isochrones.build(graph).streets(Access.of([0], [0], [0]), 1, [1000, 1200, 1300])
    middle = found.edge == 1
    assert list(zip(found.from_dm[middle].tolist(), found.to_dm[middle].tolist(), strict=True)) == [
        (0, 300), (1000, 700), (0, 500), (1000, 500), (0, 500), (1000, 500),
    ]  # fmt: skip
    np.testing.assert_array_equal(found.length_dm(), [[2000, 2400, 2400]])


def test_origin_within_an_edge_goes_both_ways_and_one_way_only_where_closed() -> None:
    xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    graph = WalkGraph.build(xy, [0], [1], xy, [0, 2])
    both = Isochrones.build(graph).streets(Access.of([0], [0], [400], [50]), 1, [250])
    assert both.from_dm.tolist() == [400, 400]
    assert sorted(both.to_dm.tolist()) == [200, 600]
    assert both.cost_from.tolist() == [50, 50]
    assert both.cost_to.tolist() == [250, 250]
    one = Isochrones.build(graph, weights=Weights(graph.edge_dm, np.array([CLOSED]))).streets(
        Access.of([0], [0], [400]), 1, [250]
    )
    assert (one.from_dm.tolist(), one.to_dm.tolist()) == ([400], [650])


def test_places_are_those_of_pairs() -> None:
    world = random_world(13, 120, 180, 70)
    weights = _directed(world.graph, 4)
    found = Isochrones.build(world.graph, weights=weights).places(world.demand, 70, world.facilities, 70, 2500)
    expected = pairs(world.graph, world.demand, 70, world.facilities, 70, 2500, weights=weights)
    for name in ("ptr", "facility", "dm"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def _banks(angle: float, shift: tuple[float, float], gap: float) -> tuple[WalkGraph, np.ndarray, np.ndarray]:
    """Two streets of 600 m, `gap` metres apart, joined by a bridge at their east end; and the turn and shift used."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = gap / 2
    plain = np.array([[0.0, -half], [600.0, -half], [600.0, half], [0.0, half]])
    xy = plain @ turn.T + shift
    return WalkGraph.build(xy, [0, 1, 2], [1, 2, 3], xy[[0, 1, 1, 2, 2, 3]], [0, 2, 4, 6]), turn, np.array(shift)


@settings(max_examples=60, deadline=None)
@given(
    angle=st.floats(0, np.pi),
    x=st.floats(-50, 50),
    y=st.floats(-50, 50),
    gap=st.sampled_from([8.0, 14.0, 20.0]),
    as_line=st.booleans(),
)
def test_a_river_narrower_than_the_raster_is_not_crossed(
    angle: float, x: float, y: float, gap: float, as_line: bool
) -> None:
    graph, turn, shift = _banks(angle, (x, y), gap)
    water = shapely.box(-200.0, -1.5, 900.0, 1.5)
    course = np.array([[-200.0, 0.0], [900.0, 0.0]]) if as_line else shapely.get_coordinates(water)
    barriers = Barriers.of(course @ turn.T + shift, [0, len(course)])
    west = Access.of([0], [0], [0])
    iso = Isochrones.build(graph, barriers=barriers, width_m=30.0, cell_m=12.5)
    alone, crossed = _shapes(iso.areas(west, 1, [3000, 20_000]))
    south = shapely.Polygon(np.array([[-300, -300], [1000, -300], [1000, 0], [-300, 0.0]]) @ turn.T + shift)
    north = shapely.Polygon(np.array([[-300, 300], [1000, 300], [1000, 0], [-300, 0.0]]) @ turn.T + shift)
    # On this side the strip goes to the bank and not beyond it; without the river it would.
    bank = 0.0 if as_line else 1.5
    assert alone.intersection(north).area < 0.5
    assert alone.within(south.buffer(0.01 - bank if not as_line else 0.01, join_style="mitre"))
    free = _shapes(Isochrones.build(graph).areas(west, 1, [3000]))[0]
    assert free.intersection(north).area > 3000.0
    # Over the bridge both banks are reached.
    assert crossed.intersection(north).area > 10_000.0
    assert crossed.intersection(south).area > 10_000.0


def test_no_bridge_no_other_bank() -> None:
    graph, _, _ = _banks(0.3, (7.0, 3.0), 12.0)
    barriers = Barriers.of(np.array([[-200.0, 0.0], [900.0, 0.0]]) @ np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]]) + (7.0, 3.0), [0, 2])  # fmt: skip
    shut = np.array([False, True, False])
    iso = Isochrones.build(graph, barred=shut, barriers=barriers)
    bridged = Isochrones.build(graph, barriers=barriers)
    west = Access.of([0], [0], [0])
    without, with_it = iso.areas(west, 1, [20_000]), bridged.areas(west, 1, [20_000])
    assert without.square_metres()[0, 0] < 0.65 * with_it.square_metres()[0, 0]
    far = shapely.linestrings(graph.edge_xy[4:6])
    assert not _shapes(without)[0].intersects(far)
    assert _shapes(with_it)[0].contains(far)


def test_a_path_that_ends_at_the_bank_stays_on_it() -> None:
    xy = np.array([[0.0, -80.0], [0.0, 0.0]])
    graph = WalkGraph.build(xy, [0], [1], xy, [0, 2])
    river = Barriers.of([[-300.0, 0.0], [0.0, 0.0], [300.0, 0.0]], [0, 3])
    (shape,) = _shapes(Isochrones.build(graph, barriers=river, cell_m=7.0).areas(Access.of([0], [0], [0]), 1, [5000]))
    assert shape.bounds[3] < 0.01
    assert shape.area == pytest.approx(80 * 60 + np.pi * 900 / 2, rel=0.03)


def test_a_walker_who_can_go_nowhere_reaches_nothing() -> None:
    graph = _lattice(2)
    closed = np.full(graph.n_edges, CLOSED)
    iso = Isochrones.build(graph, weights=Weights(closed, closed))
    origins = Access.of([0, 2], [3, -1], [500, 0])
    assert not iso.streets(origins, 3, [5000, 0]).length_dm().any()
    assert iso.areas(origins, 3, [5000, 0]).square_metres().shape == (3, 2)
    assert not iso.areas(origins, 3, [5000, 0]).square_metres().any()
    assert len(iso.places(origins, 3, origins, 3, 100).dm) == 0


def test_nobody_asks_nothing() -> None:
    graph = _lattice(1)
    iso = Isochrones.build(graph)
    nobody = Access.of([], [], [])
    assert iso.streets(nobody, 0, [100]).length_dm().shape == (0, 1)
    assert iso.areas(nobody, 0, [100]).square_metres().shape == (0, 1)
    assert iso.areas(_at_origin(graph), 1, np.empty(0, np.int64)).square_metres().size == 0


def test_bad_input_is_refused() -> None:
    graph = _lattice(2)
    iso = Isochrones.build(graph)
    here = _at_origin(graph)
    for limits in ([-1], [2**31], [0.5], 5):
        with pytest.raises(InputError):
            iso.streets(here, 1, limits)
    with pytest.raises(InputError):
        iso.areas(Access.of([1], [0], [0]), 1, [100])
    with pytest.raises(InputError):
        Isochrones.build(graph, width_m=5.0, cell_m=10.0)
    with pytest.raises(InputError):
        Isochrones.build(graph, barred=np.zeros(3, np.bool_))
    with pytest.raises(InputError):
        Barriers.of([[0.0, np.nan]], [0, 1])
    with pytest.raises(InputError):
        Barriers.of([[0.0, 1.0]], [0, 2])
    far = np.array([[0.0, 0.0], [200_000.0, 200_000.0]])
    wide = Isochrones.build(WalkGraph.build(far, [0], [1], far, [0, 2]))
    with pytest.raises(InputError, match="过大"):
        wide.areas(Access.of([0], [0], [0]), 1, [5_000_000])
