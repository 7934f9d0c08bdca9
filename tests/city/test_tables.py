"""Tables against their schema: every kind of error names its row, and the hash is of the content alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong.city.schemas import LAYERS, Column
from kezhong.city.tables import conform, content_hash
from kezhong.errors import InputError

RATIOS = LAYERS["ratios"]
POPULATION = LAYERS["population"]
ESTATES = LAYERS["estates"]
GATES = LAYERS["gates"]
EDGES = LAYERS["street_edges"]


def _ratios(**changes: object) -> pd.DataFrame:
    values: dict[str, object] = {
        "area_code": ["A", "B"],
        "element": ["car_parking", "car_parking"],
        "metric": ["spaces/households", "spaces/households"],
        "numerator": [10.0, 20.0],
        "denominator": [20.0, 20.0],
        "source_row": ["停车.xlsx 第 2 行", "停车.xlsx 第 3 行"],
        "source": ["parking", "parking"],
    }
    return pd.DataFrame(values | changes)


def _people(n: int = 3, **changes: object) -> gpd.GeoDataFrame:
    values: dict[str, object] = {
        "population_id": [f"p{number}" for number in range(n)],
        "people": [float(10 * number) for number in range(n)],
        "age_basis": ["none"] * n,
        "source": ["census"] * n,
    }
    points = shapely.points(106.8 + np.arange(n) / 100, np.full(n, 39.7))
    return gpd.GeoDataFrame(pd.DataFrame(values | changes), geometry=points, crs="EPSG:4326")


def _refused(frame: pd.DataFrame, layer: str) -> InputError:
    with pytest.raises(InputError) as wrong:
        conform(frame, LAYERS[layer])
    for language in ("zh", "en"):
        assert layer in wrong.value.message(language)
        assert wrong.value.action(language)
    return wrong.value


def test_a_sound_table_gets_all_columns_sorted_by_key() -> None:
    frame = _ratios(area_code=["B", "A"], extra=[1, 2])
    table = conform(frame, RATIOS)
    assert list(table.columns) == [column.name for column in RATIOS.columns]
    assert list(table["area_code"]) == ["A", "B"]
    assert table["value"].isna().all()


def test_missing_column() -> None:
    wrong = _refused(_ratios().drop(columns="metric"), "ratios")
    assert wrong.code == "city.missing_column"
    assert wrong.details["column"] == "metric"


def test_null_and_empty_text_in_a_required_column() -> None:
    for nothing in (None, "", np.nan):
        wrong = _refused(_ratios(element=["car_parking", nothing]), "ratios")
        assert wrong.code == "city.null_value"
        assert wrong.details["row"] == "停车.xlsx 第 3 行"
        assert wrong.details["column"] == "element"


def test_value_outside_its_vocabulary() -> None:
    wrong = _refused(_people(age_basis=["none", "guessed", "none"]), "population")
    assert wrong.code == "city.bad_value"
    assert wrong.details["row"] == "2"  # no source row: the position, counted from 1
    assert wrong.details["value"] == "guessed"
    assert "counted" in str(wrong.details["expected"])


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("-inf")])
def test_number_out_of_bounds(value: float) -> None:
    wrong = _refused(_people(people=[1.0, 2.0, value]), "population")
    assert (wrong.code, wrong.details["row"], wrong.details["column"]) == ("city.bad_value", "3", "people")


def test_nan_people_are_a_null_in_a_required_column() -> None:
    wrong = _refused(_people(people=[1.0, np.nan, 2.0]), "population")
    assert (wrong.code, wrong.details["row"]) == ("city.null_value", "2")


def test_text_that_is_no_number() -> None:
    wrong = _refused(_people(people=["1", "约三百", "2"]), "population")
    assert (wrong.code, wrong.details["row"], wrong.details["value"]) == ("city.bad_value", "2", "约三百")
    assert list(conform(_people(people=["1", "2.5", "3"]), POPULATION)["people"]) == [1.0, 2.5, 3.0]


def test_text_that_is_no_day() -> None:
    wrong = _refused(_people(as_of=["2026-01-01", "去年", "2026-02-30"]), "population")
    assert (wrong.code, wrong.details["row"], wrong.details["column"]) == ("city.bad_value", "2", "as_of")
    good = conform(_people(as_of=["2026-01-01", None, "2026-12-31"]), POPULATION)
    assert list(good["as_of"].where(good["as_of"].notna(), None)) == ["2026-01-01", None, "2026-12-31"]


def test_text_that_is_no_truth_value() -> None:
    frame = gpd.GeoDataFrame(
        {"estate_id": ["e1", "e2"], "gated": [True, "大概"], "source": ["s", "s"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)],
        crs="EPSG:4326",
    )
    wrong = _refused(frame, "estates")
    assert (wrong.code, wrong.details["row"], wrong.details["column"]) == ("city.bad_value", "2", "gated")


def test_duplicate_key_names_both_rows() -> None:
    wrong = _refused(_ratios(area_code=["A", "A"]), "ratios")
    assert wrong.code == "city.duplicate_key"
    assert wrong.details["row"] == "停车.xlsx 第 3 行"
    assert wrong.details["first"] == "停车.xlsx 第 2 行"
    assert wrong.details["value"] == "A/car_parking/spaces/households"


def test_geometry_missing_foreign_or_out_of_this_world() -> None:
    frame = _people()
    assert _refused(pd.DataFrame(frame.drop(columns="geometry")), "population").code == "city.bad_geometry"
    assert _refused(frame.set_crs(None, allow_override=True), "population").code == "city.bad_geometry"
    empty = frame.copy()
    empty.geometry = [frame.geometry[0], None, shapely.Point()]
    assert _refused(empty, "population").details["row"] == "2"
    far = frame.copy()
    far.geometry = shapely.points([106.0, 106.1, 4_400_000.0], [39.0, 39.1, 39.2])
    assert _refused(far, "population").details["row"] == "3"


def test_wrong_kind_of_geometry() -> None:
    lines = gpd.GeoDataFrame(
        {"gate_id": ["g1", "g2"], "source": ["s", "s"]},
        geometry=[shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])],
        crs="EPSG:4326",
    )
    wrong = _refused(lines, "gates")
    assert wrong.details["row"] == "2"
    assert "LineString" in str(wrong.details["problem"])


def test_projected_input_is_brought_to_longitude_and_latitude() -> None:
    frame = _people()
    table = conform(frame.to_crs("EPSG:4545"), POPULATION)
    assert table.crs == "EPSG:4326"
    assert shapely.distance(np.asarray(table.geometry), np.asarray(frame.geometry)).max() < 2e-7
    assert content_hash(table, POPULATION) == content_hash(conform(frame, POPULATION), POPULATION)


def test_bow_tie_polygon_is_mended() -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    frame = gpd.GeoDataFrame(
        {"estate_id": ["e"], "gated": [True], "source": ["s"]}, geometry=[bow_tie], crs="EPSG:4326"
    )
    shape = conform(frame, ESTATES).geometry[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(0.5)


def test_an_empty_table_is_sound() -> None:
    frame = _people(0)
    assert len(conform(frame, POPULATION)) == 0
    assert len(content_hash(conform(frame, POPULATION), POPULATION)) == 32


ROWS = st.lists(
    st.tuples(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6),
        st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
        st.one_of(st.none(), st.floats(min_value=0, max_value=1e6, width=32)),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0],
)


def _from_rows(rows: list[tuple[str, float | None, float | None]]) -> pd.DataFrame:
    n = len(rows)
    return pd.DataFrame(
        {
            "area_code": [row[0] for row in rows],
            "element": ["e"] * n,
            "metric": ["m"] * n,
            "value": pd.Series([row[1] for row in rows], dtype="float64"),
            "numerator": pd.Series([row[2] for row in rows], dtype="float64"),
            "source_row": ["r"] * n,
            "source": ["s"] * n,
        }
    )


def _hash(frame: pd.DataFrame) -> str:
    return content_hash(conform(frame, RATIOS), RATIOS)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(rows=ROWS, random=st.randoms())
def test_hash_does_not_know_row_order_column_order_or_extra_columns(rows: list, random: object) -> None:  # type: ignore[type-arg]
    frame = _from_rows(rows)
    expected = _hash(frame)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = _from_rows(shuffled)
    other = other[list(other.columns)[::-1]].assign(extra=1)
    other.index = range(100, 100 + len(other))
    assert _hash(other) == expected


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_hash_does_not_know_dtypes_or_the_sign_of_zero(rows: list) -> None:  # type: ignore[type-arg]
    frame = _from_rows(rows)
    expected = _hash(frame)
    frame["area_code"] = frame["area_code"].astype("category")
    frame["element"] = frame["element"].astype("string")
    frame["value"] = frame["value"].astype("Float64")
    frame["numerator"] = frame["numerator"].astype("object")
    assert _hash(frame) == expected
    assert _hash(_from_rows([("a", 0.0, 0.0)])) == _hash(_from_rows([("a", -0.0, 0.0)]))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, data=st.data())
def test_hash_knows_every_value(rows: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    frame = _from_rows(rows)
    position = data.draw(st.integers(0, len(rows) - 1))
    changed = frame.copy()
    before = changed.loc[position, "value"]
    changed.loc[position, "value"] = 1.0 if pd.isna(before) else (np.nan if before == 0 else -before)
    assert _hash(changed) != _hash(frame)


def test_hash_tells_nothing_from_zero_and_where_texts_end() -> None:
    assert _hash(_from_rows([("a", None, 0.0)])) != _hash(_from_rows([("a", 0.0, 0.0)]))
    one = _ratios(element=["ab", "c"], metric=["m", "m"])
    two = _ratios(element=["a", "bc"], metric=["m", "m"])
    assert _hash(one) != _hash(two)


def test_hash_knows_the_geometry_to_a_centimetre() -> None:
    frame = _people()
    moved, nudged = frame.copy(), frame.copy()
    moved.geometry = frame.geometry.translate(1e-6, 0)
    nudged.geometry = frame.geometry.translate(1e-9, 0)
    expected = content_hash(conform(frame, POPULATION), POPULATION)
    assert content_hash(conform(nudged, POPULATION), POPULATION) == expected
    assert content_hash(conform(moved, POPULATION), POPULATION) != expected


def test_schemas_are_declared_consistently() -> None:
    for schema in LAYERS.values():
        names = [column.name for column in schema.columns]
        assert len(set(names)) == len(names), schema.name
        assert set(schema.key) <= set(names), schema.name
        for key in schema.key:
            assert schema.by_name[key].required, (schema.name, key)
        for column in schema.columns:
            assert isinstance(column, Column)
            assert column.zh, (schema.name, column.name)
            assert column.en, (schema.name, column.name)
        assert schema.derived or schema.command, schema.name
