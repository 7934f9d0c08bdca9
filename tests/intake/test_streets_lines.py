"""Line layers of the bureau: noding, levels, columns, datums, code pages."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.streets import import_streets

EAST, NORTH = 483_000.0, 4_392_000.0


def layer(rows: list[tuple[list[tuple[float, float]], dict[str, object]]]) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(EAST + x, NORTH + y) for x, y in spots]) for spots, _ in rows]
    return gpd.GeoDataFrame([values for _, values in rows], geometry=lines, crs="EPSG:4545")


def taken(city: City) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    fresh = city.refresh()
    return fresh.geo("street_edges"), fresh.geo("street_nodes")


def test_lines_meet_at_vertices_ends_and_crossings(empty_city: City, tmp_path: Path) -> None:
    frame = layer(
        [
            ([(0, 0), (400, 0)], {"路名": "人民路", "宽度": 3.5}),
            ([(100, -100), (100, 100)], {"路名": "东街", "宽度": None}),  # crosses without a vertex
            ([(200, 0.3), (200, 100)], {"路名": "西街", "宽度": 2}),  # ends 30 cm beside the road
            ([(400.2, 0.1), (500, 0)], {"路名": "人民路", "宽度": 3.5}),  # drawn 22 cm apart
        ]
    )
    file = tmp_path / "roads.gpkg"
    frame.to_file(file)
    report = import_streets(empty_city, file)
    edges, nodes = taken(empty_city)
    assert report.read == 4
    assert len(edges) == 7
    assert len(nodes) == 8
    assert sorted(nodes["kind"].tolist()) == ["end"] * 5 + ["junction"] * 3
    assert set(edges["highway"]) == {"street"}
    assert edges["name"].value_counts()["人民路"] == 4
    assert edges["length_m"].sum() == pytest.approx(400 + 200 + 100 + 100, abs=2)
    again = import_streets(empty_city.refresh(), file)
    assert again.snapshot_id == report.snapshot_id


def test_bridges_cross_without_meeting(empty_city: City, tmp_path: Path) -> None:
    frame = layer(
        [
            ([(0, 0), (400, 0)], {"name": "路", "bridge": "否"}),
            ([(100, -100), (100, 100)], {"name": "高架桥", "bridge": "是"}),
            ([(100, 100), (100, 200)], {"name": "匝道", "bridge": "否"}),
        ]
    )
    file = tmp_path / "roads.geojson"
    frame.to_crs(4326).to_file(file)
    import_streets(empty_city, file)
    edges, nodes = taken(empty_city)
    assert len(edges) == 3
    assert len(nodes) == 5
    assert edges.set_index("name").loc["高架桥", "bridge"]


def test_expressways_and_rings(empty_city: City, tmp_path: Path) -> None:
    frame = layer(
        [
            ([(0, 0), (400, 0)], {"道路等级": "高速公路"}),
            ([(0, 100), (50, 150), (100, 100), (0, 100)], {"道路等级": "支路"}),
        ]
    )
    file = tmp_path / "roads.gpkg"
    frame.to_file(file)
    report = import_streets(empty_city, file)
    edges, _ = taken(empty_city)
    assert len(edges) == 2
    assert (edges["from_node"] != edges["to_node"]).all()
    assert any("1 条不可步行" in note.zh for note in report.notes)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_a_shapefile_in_gbk_without_its_code_page(empty_city: City, tmp_path: Path) -> None:
    file = tmp_path / "道路.shp"
    frame = layer([([(0, 0), (400, 0)], {"路名": "海勃湾滨河大道"})])
    frame.to_file(file, encoding="GBK")
    file.with_suffix(".cpg").unlink(missing_ok=True)
    import_streets(empty_city, file)
    edges, _ = taken(empty_city)
    assert edges["name"].tolist() == ["海勃湾滨河大道"]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_without_a_datum_it_is_refused_and_with_one_taken(empty_city: City, tmp_path: Path) -> None:
    file = tmp_path / "roads.shp"
    frame = layer([([(0, 0), (400, 0)], {"name": "a"})])
    frame.set_crs(None, allow_override=True).to_file(file)
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, file)
    assert caught.value.code == "intake.datum_missing"
    import_streets(empty_city, file, datum="EPSG:4545")
    edges, _ = taken(empty_city)
    assert edges["length_m"].sum() == pytest.approx(400, abs=1)


def test_a_layer_of_points_is_no_street_layer(empty_city: City, tmp_path: Path) -> None:
    file = tmp_path / "points.geojson"
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(106.8, 39.7)], crs=4326).to_file(file)
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, file)
    assert caught.value.code == "intake_osm.no_lines"


def test_a_stated_mapping_is_remembered(empty_city: City, tmp_path: Path) -> None:
    file = tmp_path / "roads.gpkg"
    layer([([(0, 0), (400, 0)], {"LM": "甲路"})]).to_file(file)
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\nname = "LM"\n', "utf-8")
    import_streets(empty_city, file, mapping=mapping)
    assert taken(empty_city)[0]["name"].tolist() == ["甲路"]
    import_streets(empty_city.refresh(), file)
    assert taken(empty_city)[0]["name"].tolist() == ["甲路"]
