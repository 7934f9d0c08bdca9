"""Files whose objects are in another order than OpenStreetMap's, and what they are credited to."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import osmium
import pytest

from kezhong.city.config import CityConfig
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import import_buildings, import_facilities, import_streets
from kezhong.intake.osm_reader import ATTRIBUTION
from kezhong.intake.report import ImportReport

from .osm_text import OsmText, block


def parts(folder: Path) -> tuple[list[str], list[str], list[str], list[str]]:
    """A town's file: all of its lines, and of these the nodes, the ways and the relations."""
    text = OsmText()
    block(text)
    text.node(500, 250, 5, amenity="pharmacy", name="康宁药店")
    text.way(300, [1, 2, 6, 5, 1], building="apartments")
    text.relation(50, [(300, "outer")], type="multipolygon", leisure="park", name="园")
    text.relation(51, [(300, "outer")], type="multipolygon", landuse="residential", name="院")
    lines = text.write(folder / "town.osm").read_text("utf-8").splitlines()
    nodes, ways, relations = (
        [line for line in lines if line.startswith(f"<{kind}")] for kind in ("node", "way", "relation")
    )
    return lines, nodes, ways, relations


def write(file: Path, lines: list[str], body: list[str]) -> Path:
    """The objects in this order, as XML or PBF by the file's name."""
    text = file.with_name("unsorted.osm")
    text.write_text("\n".join([*lines[:2], *body, lines[-1]]), "utf-8")
    if file.suffix == ".pbf":
        with osmium.SimpleWriter(str(file)) as writer:
            for thing in osmium.FileProcessor(str(text)):
                writer.add(thing)
        return file
    return text


@pytest.mark.parametrize(
    ("order", "name", "read"),
    [
        ("ways first", "a.osm", import_streets),
        ("ways first", "a.osm.pbf", import_facilities),
        ("ways first", "a.osm.pbf", import_buildings),
        ("two runs", "a.osm.pbf", import_streets),
        ("ways falling", "a.osm.pbf", import_facilities),
        ("shuffled", "a.osm", import_streets),
    ],
)
def test_a_wrong_order_is_said(
    empty_city: City, tmp_path: Path, order: str, name: str, read: Callable[..., ImportReport]
) -> None:
    lines, nodes, ways, relations = parts(tmp_path)
    body = {
        "ways first": [*ways, *nodes, *relations],
        "two runs": [*nodes[4:], *ways[:3], *nodes[:4], *ways[3:], *relations],
        "ways falling": [*nodes, *ways[::-1], *relations],
        "shuffled": random.Random(1).sample([*nodes, *ways, *relations], len(nodes) + len(ways) + len(relations)),
    }[order]
    before = empty_city.snapshot.id
    with pytest.raises(InputError) as caught:
        read(empty_city, write(tmp_path / name, lines, body))
    assert caught.value.code == "intake_osm.unsorted"
    assert "osmium sort" in caught.value.action("zh")
    assert empty_city.refresh().snapshot.id == before


def test_harmless_orders_give_the_same_city(empty_city: City, tmp_path: Path) -> None:
    lines, nodes, ways, relations = parts(tmp_path)
    orders = ([*nodes, *ways, *relations], [*nodes[::-1], *ways, *relations[::-1]], [*relations, *nodes, *ways])
    snapshots = set()
    for body in orders:
        file = write(tmp_path / "a.osm", lines, body)
        import_streets(empty_city.refresh(), file)
        import_facilities(empty_city.refresh(), file)
        snapshots.add(empty_city.refresh().layer("street_edges").to_csv() + empty_city.layer("facilities").to_csv())
    assert len(snapshots) == 1


def test_a_file_without_any_node_has_no_streets(empty_city: City, tmp_path: Path) -> None:
    lines, _, ways, relations = parts(tmp_path)
    with pytest.raises(InputError) as caught:
        import_streets(empty_city, write(tmp_path / "a.osm", lines, [*ways, *relations]))
    assert caught.value.code == "intake_osm.no_streets"


@pytest.mark.parametrize("synthetic", [False, True])
def test_who_is_credited(tmp_path: Path, synthetic: bool) -> None:
    lines, nodes, ways, relations = parts(tmp_path)
    file = write(tmp_path / "a.osm", lines, [*nodes, *ways, *relations])
    own = "合成数据，由本程序生成 / synthetic"
    config = CityConfig(name="示范市", crs="EPSG:4545")
    city = City.create(tmp_path / "city", replace(config, synthetic=synthetic, attribution=(own,)))
    for read in (import_streets, import_facilities, import_buildings, import_streets):
        read(city.refresh(), file)
    # An invented city's map was surveyed by nobody; a real one credits OpenStreetMap, once.
    assert city.refresh().config.attribution == ((own,) if synthetic else (own, ATTRIBUTION))
