"""Outlines of areas: bounded, without slits between neighbours, spared on a second reading, honest where there are none."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from callers import API, TestClient

from kezhong.server.models import OutlineCollection
from kezhong.server.views import outlines
from small_city import COMMUNITIES, SmallCity


def jagged(rows: int, columns: int, points: int, seed: int = 1) -> np.ndarray:
    """Squares of about a kilometre whose common sides are crooked lines of ``points`` points each."""
    random = np.random.default_rng(seed)
    size = 0.01

    def side(start: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
        line = np.linspace(start, end, points + 2)
        aside = 0 if start[1] != end[1] else 1
        # Tapered towards the corners, where sides would cross.
        line[1:-1, aside] += random.normal(0, size / 100, points) * np.sin(np.linspace(0, np.pi, points + 2)[1:-1])
        return line

    across = {
        (r, c): side((c * size, r * size), ((c + 1) * size, r * size)) for r in range(rows + 1) for c in range(columns)
    }
    up = {
        (r, c): side((c * size, r * size), (c * size, (r + 1) * size)) for r in range(rows) for c in range(columns + 1)
    }
    return np.array(
        [
            shapely.Polygon(np.vstack([across[r, c], up[r, c + 1][1:], across[r + 1, c][::-1][1:], up[r, c][::-1][1:]]))
            for r in range(rows)
            for c in range(columns)
        ],
        dtype=object,
    )


@pytest.mark.parametrize("level", ["community", "street", "district", "city", "life_circle"])
def test_outlines_of_every_level(client: TestClient, level: str) -> None:
    answer = client.get(f"{API}/city/outlines", params={"level": level})
    assert answer.status_code == 200
    found = OutlineCollection.model_validate(answer.json())
    assert {one.properties.level for one in found.features} == {level}
    # The village of the small city has no outline.
    assert [one.properties.code for one in found.features if one.geometry is None] == [
        code for code in COMMUNITIES[5:] if level == "community"
    ]
    if level == "community":
        assert [one.properties.code for one in found.features] == list(COMMUNITIES)
        assert found.features[0].properties.parent == "150301001"
    spared = client.get(
        f"{API}/city/outlines", params={"level": level}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert spared.status_code == 304


def test_an_unknown_level_is_refused(client: TestClient) -> None:
    assert client.get(f"{API}/city/outlines", params={"level": "village"}).status_code == 422


def test_three_hundred_areas_stay_small_and_close_up() -> None:
    shapes = jagged(15, 20, 400)
    assert shapely.get_num_coordinates(shapes).sum() > 400_000
    assert shapely.coverage_is_valid(shapes)
    begun = time.perf_counter()
    found = outlines.bounded(shapes, "community")
    assert time.perf_counter() - begun < 10
    assert shapely.get_num_coordinates(found).sum() <= outlines.MAX_POINTS
    assert shapely.coverage_is_valid(found)  # neighbours still share their boundaries
    whole = shapely.union_all(found)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert shapely.area(found).sum() == pytest.approx(shapely.area(shapes).sum(), rel=0.01)


def test_what_cannot_be_coarser_keeps_its_shape() -> None:
    shapes = jagged(15, 20, 20)
    found = outlines.bounded(shapes, "community", most=10)
    assert all(shape.is_valid and not shape.is_empty for shape in found)


def test_missing_and_overlapping_shapes() -> None:
    shapes = np.array([None, shapely.box(0, 0, 1, 1), shapely.Polygon()], dtype=object)
    assert [shape is None for shape in outlines.bounded(shapes, "community")] == [True, False, True]
    assert list(outlines.bounded(np.array([None], dtype=object), "street")) == [None]
    circles = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)], dtype=object)
    assert shapely.equals(outlines.bounded(circles, "life_circle"), circles).all()


def test_areas_without_outlines(own_client: TestClient, own_city: SmallCity) -> None:
    areas = own_city.city.geo("areas", "t").copy()
    areas["geometry"] = None
    with own_city.city.edit("outlines lost") as edit:
        edit.put("areas", "t", areas)
    features = own_client.get(f"{API}/city/outlines").json()["features"]
    assert [one["geometry"] for one in features] == [None] * len(COMMUNITIES)
