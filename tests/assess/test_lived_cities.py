"""Real and generated cities: the differences between walkers and hours, explained by figures worked out here."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from demo_city import copy_demo_city
from kezhong.assess.by_hour import city_hours
from kezhong.assess.lived import Moment, lived_times
from kezhong.assess.lived_access import lived_access
from kezhong.assess.openings import openings_of
from kezhong.assess.searching import accesses
from kezhong.assess.streets import street_graph
from kezhong.assess.thresholds import Thresholds
from kezhong.assess.walking import walker_cost_details
from kezhong.catalogue import load_basis
from kezhong.city.config import CityConfig
from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.city.workspace import City
from kezhong.intake import import_elevation, import_facilities, import_gtfs, import_population, import_streets
from kezhong.network import CLOSED, UNREACHED, Weights, reach

BASIS = "kezhong-default"


def matrix(city: City, weights: Weights) -> csr_array:
    """Cost from node to node, the cheapest of parallel edges; free edges cost a millionth, which rounding takes away."""
    nodes = pd.Index(city.layer("street_nodes")["node_id"].to_numpy(dtype=object))
    edges = city.layer("street_edges")
    u, v = (nodes.get_indexer(edges[name].to_numpy(dtype=object)) for name in ("from_node", "to_node"))
    tail, head = np.concatenate([u, v]), np.concatenate([v, u])
    cost = np.concatenate([weights.forward, weights.backward]).astype(np.float64)
    kept = np.concatenate([weights.forward, weights.backward]) != CLOSED
    table = pd.DataFrame({"u": tail[kept], "v": head[kept], "c": np.maximum(cost[kept], 1e-6)})
    least = table.groupby(["u", "v"], as_index=False)["c"].min()
    n = len(nodes)
    return csr_array((least["c"], (least["u"], least["v"])), shape=(n, n))


def live_at_nodes(city: City, rows: np.ndarray) -> City:
    """One person at each of these nodes, and nobody elsewhere: distances then need no part of an edge."""
    points = np.asarray(city.geo("street_nodes").geometry.array)[rows]
    frame = gpd.GeoDataFrame(
        {
            "demand_id": [f"n{row:06d}" for row in rows], "people": 1.0, "age_basis": "none", "method": "as_given",
            "cell_id": [f"AG100-4545-E{row}-N0" for row in rows], "source": "test", "community_code": None,
            "estate_id": None, **dict.fromkeys(AGE_COLUMNS, np.nan),
        },
        geometry=points, crs="EPSG:4326",
    )  # fmt: skip
    with city.edit("people at nodes") as edit:
        for layer in ("demand", "demand_exits"):
            for source in edit.city.sources(layer):
                edit.remove(layer, source)
        edit.put("demand", "derived", frame)
    return city.refresh()


def toilets_at_nodes(city: City, rows: np.ndarray) -> City:
    """One public toilet, open day and night, at each of these nodes."""
    points = np.asarray(city.geo("street_nodes").geometry.array)[rows]
    names = [f"test:{row}" for row in rows]
    with city.edit("toilets at nodes") as edit:
        for layer in ("service_points", "access_points"):
            for source in edit.city.sources(layer):
                edit.remove(layer, source)
        shops = {
            "facility_id": names, "element": "public_toilet", "name": "公厕", "status": "open", "hours": "24/7",
            "community_code": None, "source": "test", "source_refs": names, "source_rows": names,
        }  # fmt: skip
        edit.put("service_points", "derived", gpd.GeoDataFrame(shops, geometry=points, crs="EPSG:4326"))
        doors = {"facility_id": names, "access_id": "0", "kind": "point"}
        edit.put("access_points", "derived", gpd.GeoDataFrame(doors, geometry=points, crs="EPSG:4326"))
    return city.refresh()


def from_nodes(city: City, weights: Weights, homes: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Cost from each home to its nearest goal, by SciPy over the turned network; inf: none."""
    found = dijkstra(matrix(city, weights).T.tocsr(), indices=goals, min_only=True)
    return np.rint(found[homes])


def in_the_main_part(city: City) -> np.ndarray:
    """Nodes of the largest connected part: who lives on an island is given the nearest street of the mainland."""
    graph = street_graph(city)
    return np.flatnonzero(graph.component == int(np.argmax(graph.component_nodes)))


def own(city: City, folder: Path) -> City:
    """A copy that a test may change."""
    return City.open(Path(shutil.copytree(city.folder, folder)), city.snapshot.id)


# The demonstration city -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> City:
    return City.open(copy_demo_city(pytestconfig, tmp_path_factory.mktemp("demo") / "city"))


def test_no_pharmacy_of_the_demonstration_city_is_open_at_night(demo: City) -> None:
    points = demo.layer("service_points")
    hours = points.loc[(points["element"] == "pharmacy") & (points["status"] == "open"), "hours"]
    assert set(hours.dropna()) == {"08:00-21:30"}
    found = city_hours(demo, BASIS, level="city", elements=["pharmacy"])
    sure, maybe = (share[0, 0, 48:72] for share in found.coverage.shares())
    # By hand: people within 300 m of a pharmacy that states its hours, from the plain search for the nearest.
    near = _covered_by(demo, "pharmacy", points["hours"].notna())
    assert sure[12] == pytest.approx(near)
    assert sure[21] == sure[8] == sure[12]  # half of the hour from nine is enough
    assert sure[22] == sure[7] == sure[3] == 0.0
    assert maybe[3] == 0.0  # those that state nothing keep to the hours in which pharmacies are used
    slow = city_hours(demo, BASIS, level="city", elements=["pharmacy"], walker="older_80")
    assert 0.0 < slow.coverage.shares()[0][0, 0, 60] < sure[12]


def _covered_by(city: City, element: str, chosen: pd.Series) -> float:
    """Share of the people within the element's threshold of those facilities."""
    limits = [r.threshold.value for r in load_basis(BASIS).requirements if r.element == element and r.threshold]
    limit = int(max(limits) * 10)
    points = city.geo("service_points")
    points = points[(points["element"] == element) & (points["status"] == "open") & chosen].reset_index(drop=True)
    bare = Thresholds((element,), np.zeros((1, 1), np.uint32), 0)
    demand, facilities, reason, kind = accesses(city, points, bare, None)
    found = reach(street_graph(city), demand, len(reason), facilities, len(points), kind, 1, limit).nearest_dm[0]
    people = city.layer("demand")["people"].to_numpy(dtype=float)
    return float(people[found != UNREACHED].sum() / people.sum())


def test_stairs_of_the_demonstration_city_stop_wheels_alone(demo: City) -> None:
    edges = demo.layer("street_edges")
    stairs = edges["steps"].to_numpy(dtype=bool)
    assert stairs.sum() > 0
    for name, expected in (("adult", np.zeros(len(edges), bool)), ("pram", stairs & (edges["ramp"].isna()))):
        weights = walker_cost_details(demo, name).weights
        assert ((weights.forward == CLOSED) == expected).all(), name
    found = lived_access(demo, BASIS)
    city = found.table[found.table["area_level"] == "city"].set_index(["element", "walker"])
    for element in ("pharmacy", "wet_market", "primary_school"):
        share = city["share"].loc[element]
        assert share["older_80"] <= share["older_70"] <= share["standard"]
        assert share["pram"] <= share["adult"]
        assert share["adult"] >= share["standard"] - 0.02  # faster, but he waits at crossings
    # Where nobody is stopped, nobody is cut off: the streets without the stairs hang together as before.
    homes = np.flatnonzero(demo.layer("street_nodes")["kind"].eq("junction"))[::7]
    goals = homes[::40]
    cut = {
        name: np.isinf(from_nodes(demo, walker_cost_details(demo, name).weights, homes, goals))
        for name in ("adult", "pram")
    }
    assert (cut["adult"] <= cut["pram"]).all()
    assert (city["cut_off"].xs("pram", level="walker").max() > 0) >= bool((cut["pram"] & ~cut["adult"]).any())


# Haidian: walled campuses with gates --------------------------------------------------------------------------


@pytest.mark.data
def test_haidian_when_its_gates_close(tmp_path: Path, data_folder: Path) -> None:
    city = City.create(tmp_path / "hd", CityConfig(name="海淀"))
    import_streets(city, data_folder / "beijing_haidian" / "haidian.osm")
    city = city.refresh()
    nodes = city.geo("street_nodes")
    gates = nodes.index[nodes["kind"] == "gate"]
    assert len(gates) == 25
    # No mapper wrote down hours: an office that surveys them fills this column.
    nodes.loc[gates, "hours"] = "06:00-22:00"
    with city.edit("hours of gates") as edit:
        edit.put("street_nodes", "osm", nodes)
    city = city.refresh()
    homes = np.intersect1d(np.flatnonzero(~nodes["kind"].isin(["gate", "barrier"])), in_the_main_part(city))
    goals = homes[::120]
    city = toilets_at_nodes(live_at_nodes(city, homes), goals)
    day, night = (lived_times(city, ["adult"], moment=Moment(hour=48 + h, night=False)) for h in (12, 23))
    cost = {name: one.walkers["adult"].cost[0] for name, one in (("day", day), ("night", night))}
    for name, hour in (("day", 60), ("night", 71)):
        weights = walker_cost_details(city, "adult", hour=hour, night=False).weights
        expected = from_nodes(city, weights, homes, goals)
        expected = np.where(expected > 54_000, int(UNREACHED), expected)
        # Streets that cross without meeting put a few nodes onto another's edge.
        same = cost[name] == expected
        assert same.mean() > 0.99, name
    assert (cost["night"] >= cost["day"]).all()
    longer = (cost["night"] > cost["day"]) & (cost["night"] != UNREACHED)
    cut = (cost["night"] == UNREACHED) & (cost["day"] != UNREACHED)
    assert longer.any() or cut.any()
    # Nobody walks through a gate at night: by day every way that is longer at night led through one.
    edges = city.layer("street_edges")
    names = set(nodes.loc[gates, "node_id"])
    at_gate = edges["from_node"].isin(names) | edges["to_node"].isin(names)
    lengths = np.where(at_gate, CLOSED, walker_cost_details(city, "adult", hour=60).weights.forward)
    back = np.where(at_gate, CLOSED, walker_cost_details(city, "adult", hour=60).weights.backward)
    around = from_nodes(city, Weights(lengths.astype(np.uint32), back.astype(np.uint32)), homes, goals)
    unharmed = around == cost["day"]
    assert (cost["night"][unharmed] == cost["day"][unharmed]).all()


@pytest.mark.data
def test_haidian_gate_that_serves_most(tmp_path: Path, data_folder: Path) -> None:
    """All gates are shut; the one that is told to serve most is opened by hand, and so are others at random."""
    city = City.create(tmp_path / "hd", CityConfig(name="海淀"))
    import_streets(city, data_folder / "beijing_haidian" / "haidian.osm")
    city = city.refresh()
    nodes = city.geo("street_nodes")
    gates = nodes.index[nodes["kind"] == "gate"]
    nodes.loc[gates, "access"] = "no"
    with city.edit("gates shut") as edit:
        edit.put("street_nodes", "osm", nodes)
    homes = np.intersect1d(np.flatnonzero(~nodes["kind"].isin(["gate", "barrier"])), in_the_main_part(city.refresh()))
    city = toilets_at_nodes(live_at_nodes(city.refresh(), homes), homes[::400])
    found = openings_of(city, "kezhong-default", walker="adult", elements=["public_toilet"])
    shut = found.table[found.table["kind"] == "barred_gate"]
    told = dict(zip(shut["id"].str.removeprefix("node:"), shut["people"], strict=True))
    assert told

    limit = round(500 / 66.7 * 600)
    before = lived_times(city, ["adult"]).walkers["adult"].cost[0]
    names = nodes.loc[gates, "node_id"].astype(str).tolist()
    for name in {*list(told)[:3], *names[::8]}:
        nodes.loc[nodes["node_id"] == name, "access"] = "yes"
        with city.edit("one gate open") as edit:
            edit.put("street_nodes", "osm", nodes)
        city = city.refresh()
        after = lived_times(city, ["adult"]).walkers["adult"].cost[0]
        assert told.get(name, 0.0) == float(((before > limit) & (after <= limit)).sum()), name
        nodes.loc[nodes["node_id"] == name, "access"] = "no"


# Porto Alegre: hills, stairs, a timetable ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def porto_alegre(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> City:
    files = data_folder / "porto_alegre"
    city = City.create(tmp_path_factory.mktemp("poa") / "city", CityConfig(name="Porto Alegre"))
    import_streets(city, files / "poa_osm.pbf")
    import_facilities(city.refresh(), files / "poa_osm.pbf")
    import_gtfs(city.refresh(), files / "poa_eptc.zip")
    import_elevation(city.refresh(), files / "poa_elevation.tif")
    import_population(city.refresh(), files / "poa_hexgrid.csv")
    return city.refresh()


@pytest.mark.data
@pytest.mark.slow
def test_porto_alegre_by_walker(porto_alegre: City, tmp_path: Path) -> None:
    """Eight walkers over hills and stairs: SciPy agrees on who arrives when, and the tags say why not."""
    city = porto_alegre
    random, main = np.random.default_rng(1), in_the_main_part(city)
    homes, goals = (np.sort(random.choice(main, number, replace=False)) for number in (400, 30))
    small = toilets_at_nodes(live_at_nodes(own(city, tmp_path / "poa"), homes), goals)
    times = lived_times(small)
    agreed = {}
    for name, one in times.walkers.items():
        if name == "standard":
            continue
        weights = walker_cost_details(small, name).weights
        expected = from_nodes(small, weights, homes, goals)
        expected = np.where(expected > 54_000, int(UNREACHED), expected)
        agreed[name] = float((one.cost[0] == expected).mean())
    assert min(agreed.values()) > 0.99, agreed
    # Stairs: every closed one is tagged so, and a pram is stopped by all without a ramp for it.
    edges = city.layer("street_edges")
    stairs = edges["steps"].to_numpy(dtype=bool)
    pram = walker_cost_details(city, "pram")
    assert (pram.barred[stairs & edges["ramp"].isna().to_numpy(dtype=bool)] > 0).all()
    assert (walker_cost_details(city, "adult").barred[stairs] == 0).mean() > 0.9
    # Uphill takes longer than downhill: of edges that climb more than 8 % throughout, on foot.
    heights = city.layer("street_heights").set_index("edge_id").reindex(edges["edge_id"])
    climb = (heights["rise_m"] - heights["fall_m"]).to_numpy(dtype=float) / edges["length_m"].to_numpy(dtype=float)
    steep = (np.abs(climb) > 0.08) & (edges["length_m"] > 30).to_numpy(dtype=bool) & ~stairs
    assert steep.sum() > 500
    for name in ("adult", "older_80"):
        weights = walker_cost_details(city, name).part
        both = steep & (weights.forward != CLOSED) & (weights.backward != CLOSED)
        slower = np.where(climb > 0, weights.forward, weights.backward)[both]
        faster = np.where(climb > 0, weights.backward, weights.forward)[both]
        assert (slower > faster).mean() > 0.98, name


@pytest.mark.data
@pytest.mark.slow
def test_porto_alegre_lived_access_to_bus_stops(porto_alegre: City, tmp_path: Path) -> None:
    found = lived_access(porto_alegre, BASIS, elements=["bus_stop"], levels=["city"])
    rows = found.table.set_index("walker")
    order = rows.loc[["standard", "older_70", "older_80", "wheelchair"], "share"].to_numpy()
    assert (np.diff(order) < 0).all()
    assert rows.loc["pram", "share"] < rows.loc["child_alone", "share"] or rows.loc["pram", "cut_off"] > 0
    # On a level city of the same streets everybody is nearer: the hills cost what is left.
    level = own(porto_alegre, tmp_path / "poa")
    with level.edit("level") as edit:
        for source in edit.city.sources("street_heights"):
            edit.remove("street_heights", source)
    flat = lived_access(level.refresh(), BASIS, elements=["bus_stop"], levels=["city"]).table.set_index("walker")
    assert flat.loc["standard", "share"] == rows.loc["standard", "share"]
    for name in ("adult", "older_70", "older_80", "wheelchair"):
        assert flat.loc[name, "share"] > rows.loc[name, "share"], name
        states = {one.name: one.state for one in found.times.walkers[name].switches}
        assert states["slope"] == "worked"


@pytest.mark.data
@pytest.mark.slow
def test_porto_alegre_by_hour_of_its_buses(porto_alegre: City) -> None:
    """The feed holds trips of one afternoon: each hour leaves what a plain search over the stops with buses leaves."""
    found = city_hours(porto_alegre, BASIS, level="city", elements=["bus_stop"])
    sure = found.coverage.shares()[0][0, 0, 48:72]
    service = porto_alegre.layer("stop_service")
    points = porto_alegre.layer("service_points")
    for hour in (3, 11, 13):
        # A stop serves where a bus comes at least every 30 minutes on the mean; a joined record takes its best stop.
        runs = service[(service["day_type"] == "weekday") & (service["hour"] == hour) & (service["departures"] >= 2)]
        served = set(runs["facility_id"].astype(str))
        refs = points["source_refs"].astype(str).str.split(" ")
        chosen = pd.Series([bool(served & set(many)) for many in refs], index=points.index)
        chosen |= points["facility_id"].astype(str).isin(served)
        assert sure[hour] == pytest.approx(_covered_by(porto_alegre, "bus_stop", chosen), abs=2e-3), hour
    assert sure[3] == 0.0 < sure[11] < 0.1 * sure[13]
