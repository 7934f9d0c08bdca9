"""Elements that are lines: greenways out of route relations, barrier-free ways by their own tags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from kezhong.city.crs import to_projected
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.osm_facilities import import_osm_facilities
from kezhong.intake.streets import import_streets

from .osm_text import EAST, NORTH, OsmText, block

GREENWAY = {"type": "route", "route": "hiking", "name": "滨河绿道"}


def town(folder: Path) -> Path:
    """A lattice of streets 200 m apart, a path across it and on beyond it, a tactile footway."""
    text = OsmText()
    block(text)
    text.nodes({900: (100, -50), 901: (100, 100), 902: (100, 650), 903: (100, 900), 904: (300, 900)})
    text.way(900, [900, 901, 902], highway="path")
    text.way(901, [902, 903, 904], highway="footway", tactile_paving="yes")
    text.node(905, 400, 0, highway="crossing", tactile_paving="yes")
    text.relation(50, [(900, ""), (901, ""), (999, "")], **GREENWAY)  # way 999 lies outside the file
    text.relation(51, [(998, "")], **GREENWAY)
    text.relation(52, [(900, "")], type="route", route="bus")
    return text.write(folder / "town.osm")


@pytest.fixture
def city(empty_city: City, tmp_path: Path) -> City:
    file = town(tmp_path)
    import_streets(empty_city, file)
    import_osm_facilities(empty_city.refresh(), file)
    return empty_city.refresh()


def test_a_route_is_one_facility_with_the_ways_that_are_there(city: City) -> None:
    found = city.geo("facilities").set_index("facility_id")
    assert sorted(found.index) == ["osm:r50", "osm:w901"]  # neither the crossing nor the bus line nor an empty route
    services = city.layer("facility_services").set_index("facility_id")["element"]
    assert services.to_dict() == {"osm:r50": "greenway", "osm:w901": "barrier_free_route"}
    route = found.geometry["osm:r50"]
    assert route.geom_type == "LineString"
    length = shapely.length(shapely.transform(route, city_metres(city)))
    assert length == pytest.approx(700 + 250 + 200, rel=0.001)
    assert found.loc["osm:r50", "name"] == "滨河绿道"
    assert found.loc["osm:r50", "source_row"] == "town.osm r50"


def test_it_is_reached_where_streets_meet_it(city: City) -> None:
    access = city.geo("access_points").set_index("facility_id").loc[["osm:r50"]]
    spots = shapely.transform(access.geometry.to_numpy(), city_metres(city))
    line = shapely.transform(city.geo("facilities").set_index("facility_id").geometry["osm:r50"], city_metres(city))
    assert (shapely.distance(spots, line) < 0.5).all()
    xy = shapely.get_coordinates(spots) - [EAST, NORTH]
    for north in (0, 200, 400, 600):  # the path crosses the four streets that run west to east
        assert (abs(xy - [100, north]).max(axis=1) < 45).any()
    assert set(access["kind"]) == {"edge"}


def test_one_element_alone(empty_city: City, tmp_path: Path) -> None:
    file = town(tmp_path)
    report = import_osm_facilities(empty_city, file, element="greenway")
    assert report.taken == 1
    with pytest.raises(InputError) as caught:
        import_osm_facilities(empty_city.refresh(), file, element="themed_street")
    assert caught.value.code == "intake_osm.no_facilities"


def city_metres(city: City) -> Callable[[np.ndarray], np.ndarray]:
    return lambda lonlat: to_projected(lonlat, city.config.crs)
