"""The programme over HTTP: set up once, read by everybody, changed by the office with versions."""

from __future__ import annotations

import pytest
from callers import API, SignIn

from office_world import World
from programme_world import BINDINGS, add_units


@pytest.fixture
def body(world: World) -> dict[str, object]:
    """What sets up the shipped programme."""
    add_units(world)
    return {"template": "wuhai-2022-2024", "code": "WH", "name": "一刻钟生活圈", "bindings": BINDINGS}


def test_a_programme_is_set_up_once(sign_in: SignIn, body: dict[str, object]) -> None:
    office = sign_in("office")
    first = office.post(f"{API}/office/programmes", json=body, headers={"Idempotency-Key": "one"})
    again = office.post(f"{API}/office/programmes", json=body, headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.json()["stages"], first.json()["targets"], first.json()["duties"]) == (4, 9, 8)
    assert office.post(f"{API}/office/programmes", json=body).status_code == 422  # the code is taken
    key = first.json()["programme"]["id"]
    for who in ("east", "civil", "community", "auditor"):
        found = sign_in(who).get(f"{API}/office/programmes/{key}").json()
        assert [len(found[name]) for name in ("stages", "targets", "duties")] == [4, 9, 8]
        assert found["may_write"] is False
        assert {one["now"]["status"] for one in found["targets"] if one["target_kind"] == "count"} == {"not_met"}
    assert sign_in("east").post(f"{API}/office/programmes", json=body).status_code == 403
    papers = {one["code"]: one for one in office.get(f"{API}/office/programmes/{key}").json()["papers"]}
    assert len(papers["WP"]["missing"]) == 8


def test_wrong_bindings_are_told_one_by_one(sign_in: SignIn, body: dict[str, object]) -> None:
    wrong = {**body, "bindings": {"A": "150301", "Q": "150302"}}
    answer = sign_in("office").post(f"{API}/office/programmes", json=wrong)
    assert answer.status_code == 422
    message = answer.json()["error"]["message"]["zh"]
    assert "“Q”" in message
    assert "位置 B" in message
    assert sign_in("office").get(f"{API}/office/programmes").json()["items"][0]["code"] == "P1"


def test_edits_ask_for_a_version(sign_in: SignIn, world: World) -> None:
    office = sign_in("office")
    stage = f"{API}/office/stages/{world.stage[3]}"
    assert office.patch(stage, json={"name": "推广"}).status_code == 428
    done = office.patch(stage, json={"name": "推广"}, headers={"If-Match": '"v1"'})
    assert (done.status_code, done.json()["name"], done.headers["etag"]) == (200, "推广", '"v2"')
    assert office.patch(stage, json={"name": "再改"}, headers={"If-Match": '"v1"'}).status_code == 412
    assert office.patch(stage, json={"ends_on": "2030-01-01"}, headers={"If-Match": '"v2"'}).status_code == 422
    assert sign_in("east").patch(stage, json={"name": "x"}, headers={"If-Match": '"v2"'}).status_code == 403


def test_targets_and_duties(sign_in: SignIn, world: World) -> None:
    office = sign_in("office")
    wanted = {
        "area_code": "150301", "name": "可达覆盖", "kind": "access_coverage", "metric": "people_reaching_required",
        "value": 0.9, "unit": "share", "due_on": "2024-12-31",
    }  # fmt: skip
    made = office.post(f"{API}/office/programmes/{world.programme}/targets", json=wanted)
    assert made.status_code == 201
    assert made.json()["now"] == {
        "value": None, "numerator": None, "denominator": None, "status": "no_data", "share": None, "at": None,
        "run_id": "", "rows": [],
    }  # fmt: skip
    key = made.json()["id"]
    changed = office.patch(f"{API}/office/targets/{key}", json={"value": 0.95}, headers={"If-Match": '"v1"'})
    assert changed.json()["value"] == 0.95
    duties = f"{API}/office/programmes/{world.programme}/duties"
    lead = {"circle": "elderly_care", "organisation_id": world.org["d-civil"], "duty": "lead"}
    assert office.post(duties, json=lead).status_code == 201
    assert office.post(duties, json=lead).status_code == 409
    joint = office.post(duties, json={**lead, "organisation_id": world.org["d-commerce"], "duty": "joint"}).json()
    ids = {one["duty"]: one["id"] for one in joint}
    assert office.delete(f"{API}/office/duties/{ids['lead']}").status_code == 409
    assert office.delete(f"{API}/office/duties/{ids['joint']}").status_code == 204
    assert office.post(duties, json={**lead, "circle": "ninth"}).status_code == 422


def test_the_city_has_rules_of_its_own(sign_in: SignIn) -> None:
    office = sign_in("office")
    shipped = office.get(f"{API}/office/pilot-rules").json()
    assert (shipped["version"], shipped["own"]) == (0, False)
    rules = shipped["rules"]
    rules["pilot"]["known_min"] = 2
    address = f"{API}/office/pilot-rules"
    done = office.put(address, json=rules, headers={"If-Match": '"v0"'})
    assert (done.status_code, done.json()["own"]) == (200, True)
    assert office.put(address, json=rules, headers={"If-Match": '"v0"'}).status_code == 412
    rules["pilot"]["grades"][0]["at_least"]["satisfaction"] = 0.1  # below the next grade
    rules["commerce"]["items"][0]["id"] = "shops"
    wrong = office.put(address, json=rules, headers={"If-Match": '"v1"'})
    assert wrong.status_code == 422
    assert wrong.json()["error"]["details"]["count"] >= 2
    assert sign_in("east").put(address, json=rules, headers={"If-Match": '"v1"'}).status_code == 403
