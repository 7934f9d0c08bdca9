"""ETags, 304, byte ranges, the pages, and a city that changes while it is served."""

from __future__ import annotations

import pytest
from callers import API, TestClient
from hypothesis import given
from hypothesis import strategies as st

import small_city
from kezhong.server.etag import BodyCache, matches, prepare
from small_city import SmallCity

PATHS = (
    "/session", "/city", "/city/outlines", "/catalogue", "/bases", "/runs", "/runs/resolve", "/jobs", "/search?q=a", "/basemap.pmtiles",
    "/runs/{run}", "/runs/{run}/areas", "/runs/{run}/coverage", "/runs/{run}/cells?element=*",
    "/runs/{run}/facilities?element=wet_market", "/runs/{run}/shortfalls", "/runs/{run}/shortfalls/export?format=csv",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_second_reading_is_spared(client: TestClient, small: SmallCity, path: str) -> None:
    address = API + path.format(run=small.run.id)
    first = client.get(address)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(address, headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == tag
    assert client.get(address, headers={"If-None-Match": '"other"'}).content == first.content


def test_tags_differ_with_the_content(client: TestClient, small: SmallCity) -> None:
    base = f"{API}/runs/{small.run.id}/areas"
    tags = {client.get(f"{base}?level={level}").headers["ETag"] for level in ("community", "street", "city")}
    assert len(tags) == 3


@given(st.lists(st.sampled_from(['"a"', 'W/"b"', '"c"']), max_size=3))
def test_if_none_match(tags: list[str]) -> None:
    header = ", ".join(tags)
    assert matches(header, '"b"') == ('W/"b"' in tags)
    assert matches("*", '"x"')
    assert not matches(None, '"x"')


def test_the_cache_forgets_the_least_used() -> None:
    cache = BodyCache(max_bytes=100)
    made: list[str] = []

    def body(name: str) -> bytes:
        made.append(name)
        return name.encode() * 40

    for name in ("a", "b", "a", "c", "a", "b"):
        assert cache.get(name, lambda name=name: body(name)).body == name.encode() * 40
    assert made == ["a", "b", "c", "b"]


def test_a_failed_body_is_not_kept() -> None:
    cache = BodyCache()

    def fail() -> bytes:
        raise ValueError

    with pytest.raises(ValueError):
        cache.get("a", fail)
    assert cache.get("a", lambda: b"x").body == b"x"


def test_no_number_travels_as_nan() -> None:
    assert prepare({"a": float("nan"), "b": [float("inf")]}).body == b'{"a":null,"b":[null]}'


# ---- base map ------------------------------------------------------------------------------------------------

WHOLE = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-15", 0, 15),
        ("bytes=10000-", 10000, 10239),
        ("bytes=-8", 10232, 10239),
        ("bytes=10230-99999", 10230, 10239),
    ],
)
def test_ranges(client: TestClient, small: SmallCity, wanted: str, start: int, end: int) -> None:
    response = client.get(f"{API}/basemap.pmtiles", headers={"Range": wanted})
    assert response.status_code == 206
    assert response.content == WHOLE[start : end + 1]
    assert response.headers["Content-Range"] == f"bytes {start}-{end}/10240"
    assert response.headers["ETag"]


@pytest.mark.parametrize("wanted", ["bytes=20000-", "bytes=10240-10250", "bytes=-0"])
def test_ranges_outside_the_file(client: TestClient, wanted: str) -> None:
    response = client.get(f"{API}/basemap.pmtiles", headers={"Range": wanted})
    assert response.status_code == 416
    assert response.json()["error"]["code"] == "server.bad_range"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=5-2"}, {"Range": "lines=1-2"}, {"Range": "bytes=0-1,4-5"},
                                     {"Range": "bytes=0-3", "If-Range": '"old"'}])  # fmt: skip
def test_the_whole_file(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get(f"{API}/basemap.pmtiles", headers=headers)
    assert response.status_code == 200
    assert response.content == WHOLE
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_city_without_base_map(own_city: SmallCity, own_client: TestClient) -> None:
    (own_city.city.folder / "assets" / "basemap-0123.pmtiles").unlink()
    assert own_client.get(f"{API}/basemap.pmtiles").json()["error"]["code"] == "server.no_basemap"
    assert own_client.get(f"{API}/city").json()["basemap"] is False


# ---- pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/map", "/shortfalls/sf-1", "/map/kindergarten?x=1"])
def test_addresses_of_the_application_give_its_index(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "刻钟" in response.text
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.headers["Cache-Control"] == "no-cache"


def test_built_files(client: TestClient) -> None:
    response = client.get("/assets/index-Ab12Cd34.js")
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in response.headers["Cache-Control"]
    assert client.get("/assets/none-Ab12Cd34.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/%00", "//etc/passwd"]
)
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert "hidden words" not in response.text
    assert "root:" not in response.text


def test_without_a_build_the_interface_works(own_city: SmallCity, tmp_path: object) -> None:
    from pathlib import Path

    from callers import BASE, LOCAL

    from kezhong.server import create_app

    app = create_app(own_city.city.folder, static=Path(str(tmp_path)) / "none")
    with TestClient(app, base_url=BASE, client=LOCAL) as client:
        assert client.get("/").json()["error"]["code"] == "server.no_web"
        assert client.get(f"{API}/session").status_code == 200


# ---- change --------------------------------------------------------------------------------------------------


def test_a_new_snapshot_is_seen_at_once_and_old_runs_stay(own_city: SmallCity, own_client: TestClient) -> None:
    before = own_client.get(f"{API}/city")
    assert own_client.get(f"{API}/runs/resolve").json()["run"] == own_city.run.id
    with own_city.city.edit("fewer") as edit:
        edit.put("demand", "derived", small_city.demand().head(8))
    after = own_client.get(f"{API}/city", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["counts"]["demand"] == 8
    assert len(after.json()["snapshots"]) == 2
    assert own_client.get(f"{API}/runs/resolve").json() == {"run": None}
    old = own_client.get(f"{API}/runs/resolve", params={"snapshot": own_city.city.snapshot.id}).json()
    assert old == {"run": own_city.run.id}
    assert own_client.get(f"{API}/runs/{own_city.run.id}/cells?element=wet_market").json()["n"] == 18


def test_settings_are_seen_at_once(own_city: SmallCity, own_client: TestClient) -> None:
    assert own_client.get(f"{API}/city").json()["name"] == "试验市"
    own_city.city.configure(name="新名市")
    assert own_client.get(f"{API}/city").json()["name"] == "新名市"


def test_an_empty_city_is_served(empty_city: object, static: object) -> None:
    from callers import BASE, LOCAL

    from kezhong.city.workspace import City
    from kezhong.server import create_app

    assert isinstance(empty_city, City)
    with TestClient(create_app(empty_city.folder), base_url=BASE, client=LOCAL) as client:
        city = client.get(f"{API}/city").json()
        assert city["snapshot"] is None
        assert city["bounds"] is None
        assert city["quality"] is None
        assert client.get(f"{API}/runs").json() == {"items": [], "next_cursor": None}
        assert client.get(f"{API}/runs/resolve").json() == {"run": None}
        assert client.get(f"{API}/search?q=kinder").json()["items"]
