"""The area tree and the sets beside it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kezhong.city.areas import AreaTree
from kezhong.city.schemas import LAYERS
from kezhong.city.tables import conform
from kezhong.errors import NotFoundError

#: code, name, level, parent, type, square (west, south)
AREAS = [
    ("1", "示范市", "city", None, None, None),
    ("11", "东岸区", "district", "1", None, None),
    ("111", "滨河街道", "street", "11", None, None),
    ("112", "山前街道", "street", "11", None, None),
    ("1111", "和平社区", "community", "111", "old", (0, 0)),
    ("1112", "胜利社区", "community", "111", "new", (1, 0)),
    ("1121", "和平社区", "community", "112", None, (0, 1)),
    ("1122", "前山村", "community", "112", "village", (1, 1)),
]


def _tree(extra: list[tuple[object, ...]] | None = None) -> AreaTree:
    rows = AREAS + list(extra or [])  # type: ignore[operator]
    frame = gpd.GeoDataFrame(
        {
            "code": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "level": [row[2] for row in rows],
            "parent_code": [row[3] for row in rows],
            "community_type": [row[4] for row in rows],
            "valid_to": [row[6] if len(row) > 6 else None for row in rows],
            "source": ["s"] * len(rows),
        },
        geometry=[
            None if row[5] is None else shapely.box(row[5][0], row[5][1], row[5][0] + 1, row[5][1] + 1) for row in rows
        ],  # type: ignore[index]
        crs="EPSG:4326",
    )
    sets = gpd.GeoDataFrame(
        {
            "kind": ["life_circle", "life_circle", "built_up"],
            "code": ["C1", "C2", "B"],
            "name": ["跨街道生活圈", "山前生活圈", "城区"],
            "source": ["s"] * 3,
        },
        geometry=[None, None, shapely.box(0, 0, 1.5, 1.5)],
        crs="EPSG:4326",
    )
    members = pd.DataFrame(
        {
            "kind": ["life_circle"] * 3,
            "set_code": ["C1", "C1", "C2"],
            "member_code": ["1121", "1112", "1122"],
            "source": ["s"] * 3,
        }
    )
    return AreaTree(
        conform(frame, LAYERS["areas"]),  # type: ignore[arg-type]
        conform(sets, LAYERS["area_sets"]),  # type: ignore[arg-type]
        conform(members, LAYERS["area_set_members"]),
        "EPSG:4545",
    )


def test_tree() -> None:
    tree = _tree()
    assert tree.root == "1"
    assert tree.communities == ["1111", "1112", "1121", "1122"]
    assert tree.path("1111") == ["1111", "111", "11", "1"]
    assert tree.children["11"] == ["111", "112"]
    assert tree.community_type["1121"] is None
    assert tree.community_type["1122"] == "village"
    assert tree.district_of("1111") == "11"
    assert tree.district_of("C1") is None
    assert tree.full_name("1111") == "东岸区滨河街道和平社区"
    assert tree.full_name("1") == "示范市"
    assert tree.full_name("C1") == "跨街道生活圈"


def test_a_circle_may_cross_streets() -> None:
    tree = _tree()
    assert tree.circles == ["C1", "C2"]
    assert tree.communities_in("C1") == ["1112", "1121"]
    assert {tree.parent[code] for code in tree.communities_in("C1")} == {"111", "112"}
    assert tree.circle_of == {"1112": "C1", "1121": "C1", "1122": "C2"}
    assert tree.level["C1"] == "life_circle"
    assert tree.name["C1"] == "跨街道生活圈"


def test_communities_in() -> None:
    tree = _tree()
    assert tree.communities_in("1") == tree.communities
    assert tree.communities_in("111") == ["1111", "1112"]
    assert tree.communities_in("1111") == ["1111"]
    assert tree.communities_in("nowhere") == []


def test_within_names_every_level() -> None:
    tree = _tree()
    assert tree.within("1") == set(tree.level)
    assert tree.within("11") == {"11", "111", "112", "1111", "1112", "1121", "1122", "C1", "C2"}
    assert tree.within("112") == {"112", "1121", "1122", "C2"}  # C1 reaches into 111
    assert tree.within("C1") == {"C1", "1112", "1121"}
    assert tree.within("1111") == {"1111"}
    assert tree.within("nowhere") == {"nowhere"}


def test_covers() -> None:
    tree, codes = _tree(), pd.Series(["1", "11", "112", "1122", "C2", "C1", "elsewhere"])
    assert list(codes[tree.covers("112", codes)]) == ["112", "1122", "C2"]
    assert tree.covers("1", codes).all()  # the whole city, rows without a place in the tree too


def test_an_area_out_of_force_is_not_there() -> None:
    tree = _tree([("1119", "旧社区", "community", "111", None, (5, 5), "2024-12-31")])
    assert "1119" not in tree.level
    assert "1119" not in tree.communities_in("1")


def test_find() -> None:
    tree = _tree()
    assert tree.find("1112") == "1112"
    assert tree.find("胜利社区") == "1112"
    assert tree.find("跨街道生活圈") == "C1"
    with pytest.raises(NotFoundError) as wrong:
        tree.find("和平社区")
    assert wrong.value.code == "city.ambiguous_area"
    assert "1111" in str(wrong.value.details["near"])
    assert "1121" in str(wrong.value.details["near"])
    with pytest.raises(NotFoundError) as wrong:
        tree.find("胜利社")
    assert wrong.value.code == "city.unknown_area"
    assert "胜利社区" in str(wrong.value.details["near"])


def test_locate_on_borders_and_outside() -> None:
    tree = _tree()
    points = shapely.points([0.5, 1.0, 1.0, 1.5, 9.0, 0.0], [0.5, 0.5, 1.0, 1.5, 9.0, 0.0])
    # on a shared border, the smaller code; the corner belongs to all four
    assert list(tree.locate(points)) == ["1111", "1111", "1111", "1122", None, "1111"]
    assert list(tree.locate(points, "built_up")) == ["B", "B", "B", "B", None, "B"]
    assert list(tree.locate(points, "district")) == [None] * 6  # no polygons there
    assert list(tree.locate(points, "life_circle")) == [None] * 6
    assert len(tree.locate(np.array([], dtype=object))) == 0


def test_a_loop_in_the_parents_ends() -> None:
    frame = _tree().frame.copy()
    frame.loc[frame["code"] == "1", "parent_code"] = "11"
    looped = AreaTree(frame, _tree().sets, _tree().members, "EPSG:4545")
    assert looped.path("111") == ["111", "11", "1"]
    assert looped.within("111") == {"111", "1111", "1112"}
    assert {"1", "11", "1111"} <= looped.within("1")


def test_an_empty_city_has_an_empty_tree(empty_city) -> None:  # type: ignore[no-untyped-def]
    tree = empty_city.areas
    assert tree.root is None
    assert tree.communities == []
    assert list(tree.locate(shapely.points([1.0], [1.0]))) == [None]
