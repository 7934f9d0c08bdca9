"""What-if through HTTP: sessions, edits, undoing, scenarios, and what must be refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callers import API, BASE, LOCAL, TestClient

from assess.cities import place, usual
from kezhong.city.workspace import City
from kezhong.server import create_app, models
from kezhong.server.whatif_sessions import MOST_SESSIONS


@pytest.fixture(scope="module")
def lattice_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return usual(tmp_path_factory.mktemp("whatif")).build()


@pytest.fixture(scope="module")
def caller(lattice_city: City, static: Path) -> Iterator[TestClient]:
    app = create_app(lattice_city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def session(caller: TestClient) -> Iterator[str]:
    opened = caller.post(f"{API}/what-if", json={})
    assert opened.status_code == 201, opened.text
    name = models.WhatIfState.model_validate(opened.json()).session
    yield name
    caller.delete(f"{API}/what-if/{name}")


def spot(x: float, y: float) -> dict[str, float]:
    point = place(x, y)
    return {"lon": point.x, "lat": point.y}


def edit(caller: TestClient, session: str, document: dict[str, Any], **more: Any) -> Any:
    answer = caller.post(f"{API}/what-if/{session}/edits", json=document, **more)
    assert answer.status_code == 200, answer.text
    return models.WhatIfState.model_validate(answer.json())


MOVE = {"kind": "move_facility", "facility": "ledger:pharmacy-2"}


def test_drag_undo_and_what_the_map_shows(caller: TestClient, session: str) -> None:
    for step in range(3):
        state = edit(caller, session, {**MOVE, **spot(200 * step + 100, 300)}, params={"replace": step > 0})
    assert [one.n for one in state.edits] == [1]
    assert state.edits[0].facility == "ledger:pharmacy-2"
    assert state.edits[0].label.zh.startswith("移动")
    everybody = next(row for row in state.total.people if row.group == "all")
    assert everybody.gain is not None
    assert everybody.gain > 0
    cells = models.ChangedCells.model_validate(
        caller.get(f"{API}/what-if/{session}/cells", params={"element": "pharmacy"}).json()
    )
    assert cells.n == len(cells.lon) == len(cells.state) == state.total.units
    assert {1, 0} <= set(cells.state)
    facilities = models.PlacedFacilities.model_validate(
        caller.get(f"{API}/what-if/{session}/facilities", params={"element": "pharmacy"}).json()
    )
    assert [one.properties.state for one in facilities.features] == ["moved"]
    assert facilities.features[0].geometry.coordinates == pytest.approx(tuple(spot(500, 300).values()), abs=1e-6)
    undone = models.WhatIfState.model_validate(caller.post(f"{API}/what-if/{session}/undo").json())
    assert not undone.edits
    assert undone.total.units == 0
    again = caller.post(f"{API}/what-if/{session}/undo")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "whatif.nothing_to_undo")


def test_near_streets_and_links(caller: TestClient, session: str) -> None:
    near = models.Near.model_validate(
        caller.get(f"{API}/what-if/{session}/near", params={**spot(250, 300), "metres": 60}).json()
    )
    assert near.edges[0].id == "e2-3-1"
    assert near.edges[0].metres == pytest.approx(0.0, abs=0.2)
    edit(caller, session, {"kind": "close_edge", "edge": near.edges[0].id})
    begin, end = ([*spot(*at).values()] for at in ((0, 0), (200, 200)))
    state = edit(caller, session, {"kind": "open_link", "from": begin, "to": end, "link": "bridge"})
    assert [one.label.zh for one in state.edits] == ["封闭“街3”", "打通桥"]
    links = models.PlacedLinks.model_validate(caller.get(f"{API}/what-if/{session}/links").json())
    assert [(one.properties.edit, one.properties.kind) for one in links.features] == [
        (1, "close_edge"),
        (2, "open_link"),
    ]
    after = models.Near.model_validate(caller.get(f"{API}/what-if/{session}/near", params=spot(250, 300)).json())
    assert after.edges[0].closed


def test_scenarios_are_stored_compared_merged_and_removed(caller: TestClient, session: str) -> None:
    edit(caller, session, {"kind": "add_facility", "elements": ["pharmacy"], **spot(1800, 900)})
    saved = caller.post(f"{API}/what-if/{session}/save", json={"name": "东部药店", "note": "试"})
    first = models.ScenarioOut.model_validate(saved.json())
    assert (saved.status_code, first.name, first.edits) == (201, "东部药店", 1)
    taken = caller.post(f"{API}/what-if/{session}/edits", json={**MOVE, **spot(500, 500)})
    assert taken.status_code == 200
    same_name = caller.post(f"{API}/what-if/{session}/save", json={"name": "东部药店"})
    assert (same_name.status_code, same_name.json()["error"]["code"]) == (409, "whatif.name_taken")
    second = models.ScenarioOut.model_validate(
        caller.post(f"{API}/what-if/{session}/save", json={"name": "两处"}).json()
    )
    listed = models.ScenarioList.model_validate(caller.get(f"{API}/scenarios").json())
    assert {one.id for one in listed.items} == {first.id, second.id}
    compared = models.Comparison.model_validate(
        caller.post(f"{API}/scenarios/compare", json={"first": first.id, "second": second.id}).json()
    )
    assert compared.difference.shortfalls.total[1:] == (
        compared.first.shortfalls.total[1], compared.second.shortfalls.total[1],
    )  # fmt: skip
    # Both hold the same new facility; only the move is one of both that could contradict.
    merged = models.MergeOut.model_validate(
        caller.post(f"{API}/scenarios/merge", json={"first": second.id, "second": second.id, "name": "重复"}).json()
    )
    assert merged.scenario is None
    assert [one.id for one in merged.conflicts] == ["ledger:pharmacy-2"]
    opened = caller.post(f"{API}/what-if", json={"scenario": second.id}).json()
    assert len(opened["edits"]) == 2
    caller.delete(f"{API}/what-if/{opened['session']}")
    renamed = caller.put(f"{API}/scenarios/{first.id}/name", json={"name": "改名"})
    assert renamed.json()["name"] == "改名"
    detail = models.ScenarioOut.model_validate(caller.get(f"{API}/scenarios/{first.id}").json())
    assert detail.listed is not None
    for one in (first, second):
        assert caller.delete(f"{API}/scenarios/{one.id}").status_code == 204
    assert caller.get(f"{API}/scenarios/{first.id}").status_code == 404


def test_a_repeated_request_is_answered_once(caller: TestClient) -> None:
    key = {"Idempotency-Key": "open-once"}
    one, other = (caller.post(f"{API}/what-if", json={}, headers=key).json()["session"] for _ in range(2))
    assert one == other
    twice = {"Idempotency-Key": "edit-once"}
    document = {"kind": "add_facility", "elements": ["pharmacy"], **spot(1000, 1000)}
    for _ in range(2):
        state = edit(caller, one, document, headers=twice)
    assert len(state.edits) == 1
    caller.delete(f"{API}/what-if/{one}")


def test_an_edit_on_a_state_that_is_gone_is_refused(caller: TestClient, session: str) -> None:
    etag = caller.get(f"{API}/what-if/{session}").headers["ETag"]
    assert caller.get(f"{API}/what-if/{session}", headers={"If-None-Match": etag}).status_code == 304
    edit(caller, session, {**MOVE, **spot(300, 300)}, headers={"If-Match": etag})
    late = caller.post(f"{API}/what-if/{session}/edits", json={**MOVE, **spot(0, 0)}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "whatif.stale")
    assert len(caller.get(f"{API}/what-if/{session}").json()["edits"]) == 1


def test_edits_at_the_same_time_come_one_after_the_other(caller: TestClient, session: str) -> None:
    answers = []

    def add(x: float) -> None:
        document = {"kind": "add_facility", "elements": ["wet_market"], **spot(x, 900)}
        answers.append(caller.post(f"{API}/what-if/{session}/edits", json=document).status_code)

    threads = [threading.Thread(target=add, args=(300.0 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    state = models.WhatIfState.model_validate(caller.get(f"{API}/what-if/{session}").json())
    assert sorted(one.facility or "" for one in state.edits) == [f"scenario:{k}" for k in range(1, 5)]


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ({"kind": "move_facility", "facility": "ledger:none", **spot(0, 0)}, 404, "whatif.unknown_facility"),
        ({"kind": "add_facility", "elements": ["pharmacy"], "lon": 0, "lat": 0}, 422, "whatif.outside"),
        ({"kind": "open_edge", "edge": "e2-3-1"}, 422, "whatif.open_already"),
        ({"kind": "fly"}, 422, "server.invalid_request"),
        ({**MOVE, "lon": 500, "lat": 0}, 422, "server.invalid_request"),
        ({**MOVE, **spot(0, 0), "speed": 3}, 422, "server.invalid_request"),
    ],
)
def test_bad_edits(caller: TestClient, session: str, document: dict[str, Any], status: int, code: str) -> None:
    answer = caller.post(f"{API}/what-if/{session}/edits", json=document)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["action"]["zh"]
    assert caller.get(f"{API}/what-if/{session}").json()["edits"] == []


def test_sessions_are_few_and_unknown_ones_are_told(caller: TestClient) -> None:
    opened = [caller.post(f"{API}/what-if", json={}).json()["session"] for _ in range(MOST_SESSIONS + 1)]
    listed = models.SessionList.model_validate(caller.get(f"{API}/what-if").json())
    assert [one.session for one in listed.items] == opened[:0:-1]
    for path in ("", "/cells?element=pharmacy", "/links"):
        gone = caller.get(f"{API}/what-if/{opened[0]}{path}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "whatif.no_session")
    for one in opened[1:]:
        assert caller.delete(f"{API}/what-if/{one}").status_code == 204
    assert caller.post(f"{API}/what-if", json={"basis": "none"}).status_code == 404
    assert caller.post(f"{API}/what-if", json={"walker": "none"}).status_code == 404
    assert caller.post(f"{API}/what-if", json={"scenario": "sc-0000000000000000"}).status_code == 404
