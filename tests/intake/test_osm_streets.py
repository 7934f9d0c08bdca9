"""From OSM files to the walking network: splitting, squares, clipping, lengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from kezhong.assess.streets import street_graph
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.osm_streets import StreetCollector, Streets
from kezhong.intake.osm_sweep import sweep
from kezhong.intake.polylines import ellipsoidal_lengths
from kezhong.intake.streets import import_streets
from kezhong.network import Access, reach

from .osm_text import OsmText, block, lonlat

GEOD = Geod(ellps="WGS84")


def read(text: OsmText, folder: Path) -> Streets:
    collector = StreetCollector()
    sweep(text.write(folder / "t.osm"), [collector])
    return collector.frames()


def test_a_lattice_is_split_at_its_crossings(tmp_path: Path) -> None:
    text = OsmText()
    block(text, size=4)
    found = read(text, tmp_path)
    assert len(found.nodes) == 16
    assert len(found.edges) == 24
    assert "w1:1-2" in set(found.edges["edge_id"])
    assert set(found.nodes["node_id"]) == {f"n{number}" for number in range(1, 17)}
    exact = [GEOD.geometry_length(shape) for shape in found.edges.geometry]
    np.testing.assert_allclose(found.edges["length_m"], exact, rtol=1e-8)


def test_gates_crossings_and_steps_are_kept(tmp_path: Path) -> None:
    text = OsmText()
    text.nodes({1: (0, 0), 3: (100, 0), 5: (200, 0)})
    text.node(2, 50, 0, barrier="gate", access="private", opening_hours="06:00-22:00")
    text.node(4, 150, 0, highway="crossing", crossing="traffic_signals", kerb="lowered")
    text.way(10, [1, 2, 3], highway="service", access="private", surface="asphalt", width="3,5 m")
    text.way(11, [3, 4, 5], highway="steps", incline="12%", bridge="yes")
    found = read(text, tmp_path)
    nodes = found.nodes.set_index("node_id")
    edges = found.edges.set_index("edge_id")
    assert nodes.loc["n2", ["kind", "access", "hours"]].tolist() == ["gate", "private", "06:00-22:00"]
    assert nodes.loc["n4", ["kind", "crossing", "kerb"]].tolist() == ["crossing", "traffic_signals", "lowered"]
    assert nodes.loc["n1", "kind"] == "end"
    assert edges.loc["w10:1-2", ["access", "surface", "width_m"]].tolist() == ["private", "asphalt", 3.5]
    assert bool(edges.loc["w11:3-4", "steps"])
    assert bool(edges.loc["w11:3-4", "bridge"])
    assert edges.loc["w11:3-4", "incline_pct"] == 12


def test_rings_and_doubled_ways(tmp_path: Path) -> None:
    text = OsmText()
    text.nodes({1: (0, 0), 2: (50, 50), 3: (100, 0), 4: (50, -50), 5: (500, 0)})
    text.way(1, [1, 2, 3, 4, 1], highway="residential")  # a roundabout nobody joins
    text.way(2, [3, 5], highway="residential")
    text.way(3, [5, 3], highway="footway")  # the same stretch again
    found = read(text, tmp_path)
    assert (found.edges["from_node"] != found.edges["to_node"]).all()
    assert len(found.edges) == 3
    assert found.edges["edge_id"].is_unique
    assert (found.doubled, found.pointless) == (1, 0)


def test_two_nodes_at_one_place_stay_joined(tmp_path: Path) -> None:
    """A stretch without length is all that joins the two streets: leaving it out would cut the network in two."""
    text = OsmText()
    text.nodes({1: (0, 0), 2: (100, 0), 3: (100, 0), 4: (200, 0), 5: (100, 80), 6: (100, -80)})
    text.way(1, [1, 2], highway="residential")
    text.way(2, [2, 3], highway="residential")
    text.way(3, [3, 4], highway="residential")
    text.way(4, [2, 5], highway="residential")
    text.way(5, [3, 6], highway="residential")
    found = read(text, tmp_path)
    assert (found.doubled, found.pointless) == (0, 1)
    assert found.edges.set_index("edge_id").loc["w2:2-3", "length_m"] == 0


def test_a_stretch_without_length_is_walked_and_told(empty_city: City, tmp_path: Path) -> None:
    text = OsmText()
    block(text, size=4)
    # The lattice goes on from its corner over a second node at the same place.
    text.nodes({50: (600, 600), 51: (900, 600), 52: (900, 700)})
    text.way(200, [16, 50], highway="footway")
    text.way(201, [50, 51, 52], highway="residential")
    text.way(202, [1, 2], highway="footway")
    report = import_streets(empty_city, text.write(tmp_path / "t.osm"))
    told = " ".join(note.zh for note in report.notes)
    assert "重复 1 段" in told
    assert "长度为零 1 段" in told
    city = empty_city.refresh()
    graph = street_graph(city)
    assert len(set(graph.component.tolist())) == 1
    here = graph.node_xy[:, 0].argmin(), graph.node_xy[:, 0].argmax()
    edge, offset = graph.at_nodes(np.array(here, dtype=np.int32))
    one = Access.of([0], edge[:1], offset[:1])
    other = Access.of([0], edge[1:], offset[1:])
    found = reach(graph, one, 1, other, 1, [0], 1, 30_000).nearest_dm[0, 0]
    assert found < 30_000


def test_a_clipped_way_is_cut_and_not_lost(tmp_path: Path) -> None:
    text = OsmText()
    text.nodes({1: (0, 0), 2: (100, 0), 4: (300, 0), 5: (400, 0)})
    text.way(1, [1, 2, 99, 4, 5], highway="residential")
    text.way(2, [98, 97], highway="residential")
    found = read(text, tmp_path)
    assert sorted(found.edges["edge_id"]) == ["w1:1-2", "w1:4-5"]
    assert found.cut_ways == 2


def test_people_walk_straight_across_a_square(tmp_path: Path) -> None:
    text = OsmText()
    text.nodes({1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (-50, 0), 6: (150, 100), 7: (50, 60)})
    text.nodes({8: (50, 200)})
    text.way(1, [1, 2, 3, 4, 1], highway="pedestrian", area="yes")
    text.way(2, [5, 1], highway="footway")
    text.way(3, [3, 6], highway="footway")
    text.way(4, [8, 7], highway="footway")  # ends loose inside the square
    found = read(text, tmp_path)
    edges = found.edges.set_index("edge_id")
    assert edges.loc["w1:x1-3", "length_m"] == pytest.approx(100 * np.sqrt(2), rel=1e-3)
    ends = set(found.edges["from_node"]) | set(found.edges["to_node"])
    assert "n7" in ends
    assert any("x" in name and name.endswith("-7") for name in edges.index)


def test_a_square_as_multipolygon_is_walked_along_its_rings(tmp_path: Path) -> None:
    text = OsmText()
    text.nodes({1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (-50, 0)})
    text.way(1, [1, 2, 3])
    text.way(2, [3, 4, 1])
    text.way(3, [5, 1], highway="footway")
    text.relation(7, [(1, "outer"), (2, "outer")], type="multipolygon", highway="pedestrian")
    found = read(text, tmp_path)
    assert found.edges["edge_id"].str.startswith("r7:").any()
    assert found.edges.loc[found.edges["edge_id"].str.startswith("r7:"), "length_m"].sum() == pytest.approx(
        400, rel=1e-3
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-179, 179), st.floats(-80, 80), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)),
        min_size=1,
        max_size=20,
    )
)
def test_lengths_agree_with_the_geodesic(lines: list[tuple[float, float, float, float]]) -> None:
    lonlat_ = np.array([[(lon, lat), (lon + dx, lat + dy)] for lon, lat, dx, dy in lines]).reshape(-1, 2)
    line = np.repeat(np.arange(len(lines)), 2)
    found = ellipsoidal_lengths(lonlat_, line, len(lines))
    exact = GEOD.inv(lonlat_[::2, 0], lonlat_[::2, 1], lonlat_[1::2, 0], lonlat_[1::2, 1])[2]
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-4)


# ---- the import ----------------------------------------------------------------------------------------------


def test_import_fills_streets_landscape_and_base_map(empty_city: City, tmp_path: Path) -> None:
    text = OsmText()
    block(text)
    text.nodes({900: (-300, 0), 901: (-300, 600), 902: (-200, 600), 903: (-200, 0), 910: (-100, 0), 911: (-100, 600)})
    text.way(900, [900, 901, 902, 903, 900], natural="water", name="乌海湖")
    text.way(901, [910, 911], railway="rail")
    report = import_streets(empty_city, text.write(tmp_path / "wuhai.osm"))
    city = empty_city.refresh()
    assert report.taken == len(city.layer("street_edges")) == 24
    assert report.snapshot_id == city.snapshot.id
    assert set(city.layer("landscape")["kind"]) == {"water", "railway"}
    basemap = city.asset("basemap")
    assert basemap is not None
    assert basemap.read_bytes()[:7] == b"PMTiles"
    assert any("OpenStreetMap" in text for text in city.config.attribution)
    before = city.snapshot.id
    import_streets(city, tmp_path / "wuhai.osm")
    assert city.refresh().snapshot.id == before


def test_the_first_streets_choose_the_projection(tmp_path: Path) -> None:
    from kezhong.city.config import CityConfig

    text = OsmText()
    block(text)
    city = City.create(tmp_path / "c", CityConfig(name="试"))
    import_streets(city, text.write(tmp_path / "a.osm"))
    assert city.refresh().config.crs == "EPSG:4545"


def bad_file(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.osm.pbf", b"", "intake_osm.broken_file"),
        ("a.osm.pbf", b"PK\x03\x04" + b"x" * 5000, "intake_osm.broken_file"),
        ("a.osm", b"hello", "intake_osm.broken_file"),
        ("a.osm", b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="1"', "intake_osm.broken_file"),
        ("a.osm.gz", b"no gzip", "intake_osm.broken_file"),
        ("a.osm", b'<?xml version="1.0"?><html></html>', "intake_osm.broken_file"),
        ("a.osm", b'<?xml version="1.0"?><osm version="0.6"></osm>', "intake_osm.nothing_there"),
        (
            "a.osm",
            (
                b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="1" lon="1"/><way id="2"><nd ref="1"/>'
                b'<tag k="highway" v="path"/></way><way id="1"><nd ref="1"/><tag k="highway" v="path"/></way></osm>'
            ),
            "intake_osm.unsorted",
        ),
    ],
)
def test_bad_files_are_refused_and_leave_the_city_whole(
    empty_city: City, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, bad_file(tmp_path, name, content))
    assert caught.value.code == code
    assert name in caught.value.message("zh")
    assert not empty_city.refresh().has("street_edges")


def test_a_missing_file(empty_city: City, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, tmp_path / "none.osm.pbf")
    assert caught.value.code == "intake_osm.no_file"


def test_a_file_without_streets(empty_city: City, tmp_path: Path) -> None:
    text = OsmText()
    text.node(1, 0, 0, barrier="gate")
    text.nodes({2: (10, 0), 3: (20, 0)})
    text.way(1, [2, 3], highway="motorway")
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, text.write(tmp_path / "a.osm"))
    assert caught.value.code == "intake_osm.no_streets"
    assert "1" in caught.value.message("en")


def test_data_of_another_city_are_refused(empty_city: City, tmp_path: Path) -> None:
    import geopandas as gpd

    with empty_city.edit("areas") as edit:
        frame = gpd.GeoDataFrame(
            {"code": ["1"], "name": ["远方"], "level": ["city"], "source": ["t"]},
            geometry=[shapely.box(120.0, 30.0, 120.1, 30.1)],
            crs=4326,
        )
        edit.put("areas", "t", frame)
    text = OsmText()
    block(text)
    with pytest.raises(InputError) as caught:
        import_streets(empty_city.refresh(), text.write(tmp_path / "a.osm"))
    assert caught.value.code == "intake_osm.outside"


def test_streets_far_outside_the_areas_are_left_out(empty_city: City, tmp_path: Path) -> None:
    import geopandas as gpd

    corner, other = lonlat(0, 0), lonlat(600, 600)
    with empty_city.edit("areas") as edit:
        frame = gpd.GeoDataFrame(
            {"code": ["1"], "name": ["城"], "level": ["city"], "source": ["t"]},
            geometry=[shapely.box(*corner, *other)],
            crs=4326,
        )
        edit.put("areas", "t", frame)
    text = OsmText()
    block(text)
    text.nodes({500: (30_000, 0), 501: (30_100, 0)})
    text.way(500, [500, 501], highway="residential")
    report = import_streets(empty_city.refresh(), text.write(tmp_path / "a.osm"))
    assert report.taken == 24
    assert any("3 公里" in note.zh for note in report.notes)


@pytest.mark.data
def test_truncated_extract(empty_city: City, tmp_path: Path, data_folder: Path) -> None:
    whole = (data_folder / "helsinki" / "helsinki_centre.osm.pbf").read_bytes()
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, bad_file(tmp_path, "cut.osm.pbf", whole[: len(whole) // 2]))
    assert caught.value.code == "intake_osm.broken_file"


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "km", "edges"),
    [
        ("las_palmas/las_palmas.osm.pbf", (2200, 2450), (30_000, 40_000)),
        ("helsinki/helsinki_centre.osm.pbf", (190, 230), (6_000, 8_500)),
        ("beijing_haidian/haidian.osm", (115, 140), (1_300, 1_800)),
        ("porto_alegre/poa_osm.pbf", (1800, 2050), (25_000, 32_000)),
        ("porto/porto.osm.pbf", (9_900, 10_400), (95_000, 120_000)),
    ],
)
def test_real_cities(data_folder: Path, file: str, km: tuple[int, int], edges: tuple[int, int]) -> None:
    collector = StreetCollector()
    sweep(data_folder / file, [collector])
    found = collector.frames()
    assert edges[0] < len(found.edges) < edges[1]
    assert km[0] < found.edges["length_m"].sum() / 1000 < km[1]
    assert found.edges["edge_id"].is_unique
    ends = set(found.edges["from_node"]) | set(found.edges["to_node"])
    assert ends == set(found.nodes["node_id"])
