"""The shortfall list: pages that add up, filters, facets, order, export of exactly what is shown."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import unquote

import openpyxl
import pandas as pd
import pytest
from callers import API, TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import small_city
from kezhong.server import models
from kezhong.server.shortfalls import ShortfallFilter, ShortfallIndex
from small_city import COMMUNITIES, SmallCity

#: Areas of the tree of the small city, by what lies in them; communities stand by their index.
WITHIN = {"150301": {0, 1, 2, 3}, "150302": {4, 5}, "LC1": {1, 2, 3}, "150300": set(range(6)), "none": set()}
WITHIN |= {code: {place} for place, code in enumerate(COMMUNITIES)}
CLAUSES = {"建议值(待核)": "proposed value (to be verified)"}


def _some(*choices: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), min_size=1, max_size=3, unique=True)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "circle": _some("convenient_consumption", "inclusive_education", "health_medical"),
        "area": _some(*COMMUNITIES, "150301", "150302", "LC1", "150300", "none"),
        "element": _some("wet_market", "kindergarten", "nursery"),
        "district": _some("150301", "150302"),
        "level": _some("5min", "10min", "15min"),
        "department": _some("区政府", "民政局"),
        "certainty": _some("high", "medium", "low"),
        "remedy": _some("share", "convert", "new"),
        "q": st.sampled_from(["社区", "菜市场", "120 m", "KINDER", "zzz"]),
        "sort": st.sampled_from(["rank", "-rank", "-people_affected", "people_affected", "-nearest_m", "certainty",
                                 "-certainty", "element_zh", "-area_name", "tickets_12345", "-target_share"]),
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def index(small: SmallCity) -> ShortfallIndex:
    return ShortfallIndex(small_city.shortfalls(), small.city.areas, CLAUSES)


def _all(client: TestClient, run: str, limit: int, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {**params, "limit": limit, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"{API}/runs/{run}/shortfalls", params=query).json()
        found += page["items"]
        cursor = page["next_cursor"]
        assert page["total"] >= len(found)
        if cursor is None:
            assert page["total"] == len(found)
            return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=FILTERS, limit=st.integers(1, 15))
def test_pages_add_up_to_the_whole_list(
    client: TestClient, small: SmallCity, params: dict[str, Any], limit: int
) -> None:
    whole = client.get(f"{API}/runs/{small.run.id}/shortfalls", params={**params, "limit": 1000}).json()
    assert _all(client, small.run.id, limit, **params) == whole["items"]
    assert len({row["shortfall_id"] for row in whole["items"]}) == whole["total"]


@settings(max_examples=80, deadline=None)
@given(params=FILTERS)
def test_filters_keep_exactly_what_fits(index: ShortfallIndex, params: dict[str, Any]) -> None:
    frame = small_city.shortfalls()
    kept = index.rows(ShortfallFilter(**params))
    expected = frame
    for name, column in (("circle", "circle"), ("element", "element"), ("district", "district_code"),
                         ("level", "level"), ("department", "responsible_department"),
                         ("certainty", "certainty")):  # fmt: skip
        if name in params:
            expected = expected[expected[column].isin(params[name])]
    if "area" in params:
        within = set().union(*(WITHIN[area] for area in params["area"]))
        expected = expected[expected["area_code"].isin([COMMUNITIES[place] for place in within])]
    if "remedy" in params:
        wanted = set(params["remedy"])
        expected = expected[expected["remedies"].map(lambda text: bool(wanted & set(text.split(";")))).astype(bool)]
    if "q" in params:
        text = expected["area_name"] + expected["element_zh"] + expected["element"] + expected["gap_zh"]
        words = params["q"].casefold().split()
        expected = expected[text.map(lambda one: all(word in one.casefold() for word in words)).astype(bool)]
    assert sorted(kept["shortfall_id"]) == sorted(expected["shortfall_id"])


@settings(max_examples=60, deadline=None)
@given(params=FILTERS)
def test_a_facet_says_how_many_rows_its_choice_would_give(index: ShortfallIndex, params: dict[str, Any]) -> None:
    facets = json.loads(index.page(ShortfallFilter(**params), 1, None))["facets"]
    for name, counts in facets.items():
        for value, count in counts.items():
            assert len(index.rows(ShortfallFilter(**{**params, name: [value]}))) == count


def test_order(small: SmallCity, client: TestClient) -> None:
    rows = _all(client, small.run.id, 5, sort="-people_affected")
    people = [row["people_affected"] for row in rows]
    known = [value for value in people if value is not None]
    assert known == sorted(known, reverse=True)
    assert people[-2:] == [None, None]  # what is not known comes last, both ways
    assert [row["people_affected"] for row in _all(client, small.run.id, 5, sort="people_affected")][-2:] == [
        None,
        None,
    ]
    ranks = [row["rank"] for row in rows if row["people_affected"] == 1140]
    assert ranks == sorted(ranks)  # equals keep the list's order
    certainty = [row["certainty"] for row in _all(client, small.run.id, 50, sort="certainty")]
    assert certainty == ["high"] * 4 + ["medium"] * 4 + ["low"] * 4


def test_rows_and_detail(small: SmallCity, client: TestClient) -> None:
    page = models.ShortfallPage.model_validate_json(client.get(f"{API}/runs/{small.run.id}/shortfalls").content)
    assert page.total == 12
    assert page.items[0].tickets_12345 is None
    first = page.items[0]
    detail = client.get(f"{API}/runs/{small.run.id}/shortfalls/{first.shortfall_id}")
    found = models.ShortfallDetail.model_validate_json(detail.content)
    assert found.row == first
    assert found.explanation.startswith(f"{API}/runs/{small.run.id}/explain?area={first.area_code}")


def test_a_cursor_of_other_filters_is_refused(small: SmallCity, client: TestClient) -> None:
    cursor = client.get(f"{API}/runs/{small.run.id}/shortfalls?limit=2").json()["next_cursor"]
    assert client.get(f"{API}/runs/{small.run.id}/shortfalls?limit=2&cursor={cursor}").status_code == 200
    for other in ("sort=-rank", "q=a"):
        response = client.get(f"{API}/runs/{small.run.id}/shortfalls?limit=2&cursor={cursor}&{other}")
        assert response.json()["error"]["code"] == "server.bad_cursor"


@pytest.mark.parametrize("fmt", ["xlsx", "csv", "geojson", "gpkg"])
def test_export_holds_exactly_what_is_shown(small: SmallCity, client: TestClient, fmt: str) -> None:
    params = {"circle": "convenient_consumption", "sort": "-people_affected"}
    shown = [row["shortfall_id"] for row in _all(client, small.run.id, 100, **params)]
    response = client.get(f"{API}/runs/{small.run.id}/shortfalls/export", params={**params, "format": fmt})
    assert response.status_code == 200
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert unquote(disposition.partition("filename*=UTF-8''")[2]).startswith("试验市短板清单")
    assert disposition.endswith(fmt)
    if fmt == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(response.content))["数据"].iter_rows(values_only=True))
        assert [row[0] for row in rows[1:]] == shown
    elif fmt == "geojson":
        assert [feature["id"] for feature in response.json()["features"]] == shown
    elif fmt == "csv":
        lines = response.content.decode("utf-8-sig").splitlines()
        assert all(key in line for key, line in zip(shown, lines[1:], strict=True))
    else:
        assert response.content.startswith(b"SQLite format 3")


def test_export_of_nothing(small: SmallCity, client: TestClient) -> None:
    response = client.get(f"{API}/runs/{small.run.id}/shortfalls/export?circle=health_medical")
    assert response.status_code == 200


def test_an_empty_list_has_an_empty_page(small: SmallCity) -> None:
    nothing = ShortfallIndex(small_city.shortfalls().head(0), small.city.areas, {})
    page = json.loads(nothing.page(ShortfallFilter(q="a", area=["150300"]), 10, None))
    assert page["items"] == []
    assert page["total"] == 0
    assert page["next_cursor"] is None


LEVELS = ("150300", "150301", "150302", "150301001", "150301002", "150302001", "LC1", *COMMUNITIES)


def _every_level() -> pd.DataFrame:
    """A list with one row for each area of each level."""
    template = small_city.shortfalls().iloc[[0]]
    rows = pd.concat([template] * len(LEVELS), ignore_index=True)
    rows["shortfall_id"] = [f"sf-{code}" for code in LEVELS]
    rows["area_code"], rows["rank"] = list(LEVELS), range(1, len(LEVELS) + 1)
    rows[["life_circle", "street_code", "district_code"]] = pd.NA
    return rows


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("150300", set(LEVELS)),
        ("150301", {"150301", "150301001", "150301002", "LC1", *COMMUNITIES[:4]}),
        ("150302", {"150302", "150302001", *COMMUNITIES[4:]}),
        ("150301001", {"150301001", *COMMUNITIES[:2]}),  # the life circle reaches into another street
        ("LC1", {"LC1", *COMMUNITIES[1:4]}),
        (COMMUNITIES[0], {COMMUNITIES[0]}),
    ],
)
def test_an_area_holds_what_lies_in_it_at_every_level(small: SmallCity, area: str, expected: set[str]) -> None:
    index = ShortfallIndex(_every_level(), small.city.areas, {})
    assert set(index.rows(ShortfallFilter(area=[area]))["area_code"]) == expected
