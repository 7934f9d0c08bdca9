"""Lists come in pages; what cannot be held in memory or counted is refused."""

from __future__ import annotations

import json
import shutil
import threading
from typing import Any

import pytest
from callers import API, TestClient
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.server.middleware import MAX_BODY
from kezhong.server.paging import digest, page_after, read_cursor, write_cursor
from kezhong.server.state import Opened
from small_city import SmallCity, write_run


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=40), st.integers(1, 12))
def test_pages_add_up(ids: list[str], limit: int) -> None:
    question, cursor, seen = digest("q"), None, []
    while True:
        items, cursor = page_after(ids, ids, limit, cursor, question) if cursor else page_after(
            ids, ids, limit, None, question
        )  # fmt: skip
        seen += items
        assert len(items) <= limit
        if cursor is None:
            break
        with pytest.raises(InputError):
            page_after(ids, ids, limit, cursor, digest("other"))
    assert seen == ids


def test_what_comes_in_meanwhile_shows_nothing_twice() -> None:
    question = digest("q")
    first, cursor = page_after([3, 2, 1], ["3", "2", "1"], 1, None, question)
    second, _ = page_after([4, 3, 2, 1], ["4", "3", "2", "1"], 2, cursor, question)
    assert (first, second) == ([3], [2, 1])
    with pytest.raises(InputError):
        page_after([4], ["4"], 1, cursor, question)


@given(st.text(max_size=60))
def test_no_cursor_of_ours(text: str) -> None:
    with pytest.raises(InputError):
        read_cursor(text, digest("q"))


@pytest.mark.parametrize("mark", ["-1", "1.5", "²", "", "9" * 4])
def test_positions(mark: str) -> None:
    question = digest("q")
    if mark == "9999":
        assert read_cursor(write_cursor(mark, question), question) == 9999
    else:
        with pytest.raises(InputError):
            read_cursor(write_cursor(mark, question), question)


def _pages(client: TestClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        body = client.get(path, params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        assert len(body["items"]) <= 1
        found += body["items"]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


def test_runs_and_jobs(own_client: TestClient, own_city: SmallCity) -> None:
    for basis in ("gb50180-2018", "tdt1062-2021"):
        write_run(own_city.city, basis)
    whole = own_client.get(f"{API}/runs").json()
    assert len(whole["items"]) == 3
    assert whole["next_cursor"] is None
    assert _pages(own_client, f"{API}/runs") == whole["items"]
    for basis in (None, "gb50180-2018"):
        assert own_client.post(f"{API}/jobs", json={"kind": "assess", "basis": basis}).status_code == 200
    assert _pages(own_client, f"{API}/jobs") == own_client.get(f"{API}/jobs").json()["items"]
    for path in ("runs", "jobs"):
        for query in ("limit=0", "limit=1001", "cursor=abc"):
            assert own_client.get(f"{API}/{path}?{query}").status_code == 422
    cursor = own_client.get(f"{API}/runs?limit=1").json()["next_cursor"]
    assert own_client.get(f"{API}/runs?limit=1&walker=standard&cursor={cursor}").status_code == 422


def test_a_body_is_small(client: TestClient) -> None:
    body = json.dumps({"kind": "assess", "basis": "a" * MAX_BODY}).encode()
    for content in (body, (body[start : start + 65536] for start in range(0, len(body), 65536))):
        response = client.post(f"{API}/jobs", content=content, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.json()["error"]["code"]) == (413, "server.too_large")
    assert client.post(f"{API}/jobs", json={"kind": "dance"}).status_code == 422


@pytest.mark.parametrize("path", ["/" + "a" * 300, "/" + "a/" * 3000 + "x", "/a%00b", "/%ff", "/%ed%a0%80"])
def test_names_that_no_file_can_have(client: TestClient, path: str) -> None:
    assert client.get(path).text == client.get("/").text


def test_ranges_beyond_counting(client: TestClient) -> None:
    whole = client.get(f"{API}/basemap.pmtiles")
    odd = client.get(f"{API}/basemap.pmtiles", headers={"Range": f"bytes={'1' * 5000}-"})
    assert (odd.status_code, odd.content) == (200, whole.content)


def test_a_large_range_is_sent_piece_by_piece(own_client: TestClient, own_city: SmallCity) -> None:
    file = own_city.city.asset("basemap")
    assert file is not None
    content = bytes(range(251)) * 4000
    file.write_bytes(content)
    part = own_client.get(f"{API}/basemap.pmtiles", headers={"Range": "bytes=7-900006"})
    assert (part.status_code, part.content) == (206, content[7:900007])
    assert part.headers["Content-Length"] == "900000"
    assert own_client.get(f"{API}/basemap.pmtiles").content == content


def test_facilities_of_no_element(client: TestClient, small: SmallCity) -> None:
    response = client.get(f"{API}/runs/{small.run.id}/facilities?element=nonsense")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "catalogue.unknown_element")


def test_damage_is_told(own_client: TestClient, own_city: SmallCity) -> None:
    run = own_city.run
    (run.folder / "grades.parquet").write_bytes(b"PAR1")
    response = own_client.get(f"{API}/runs/{run.id}/areas")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "city.broken_run")
    (run.folder / "manifest.json").write_text("{", "utf-8")
    assert own_client.get(f"{API}/runs").json()["error"]["code"] == "city.broken_run"
    head = own_city.city.folder / "snapshots" / "HEAD"
    head.write_text("\n", "utf-8")
    assert own_client.get(f"{API}/city").json()["error"]["code"] == "city.broken_snapshot"
    shutil.rmtree(own_city.city.folder)
    assert own_client.get(f"{API}/city").json()["error"]["code"] == "city.not_a_city"


def test_making_one_thing_keeps_nobody_from_another(app: FastAPI) -> None:
    opened, begun, go = Opened(), threading.Event(), threading.Event()
    made: list[str] = []

    def slow() -> str:
        made.append("slow")
        begun.set()
        assert go.wait(10)
        return "slow"

    threads = [threading.Thread(target=opened.get, args=("a", slow)) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert opened.get("b", lambda: "quick") == "quick"
    go.set()
    for thread in threads:
        thread.join(10)
    assert made == ["slow"]
    assert opened.get("a", slow) == "slow"
