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


def test_a_reason_is_kept_and_a_target_entered_by_mistake_goes(sign_in: SignIn, world: World) -> None:
    from kezhong.office.models import AuditEntry, Measurement, Target

    office = sign_in("office")
    wanted = {
        "name": "试点", "kind": "count", "metric": "circles_accepted", "value": 3, "unit": "个", "due_on": "2024-12-31",
    }  # fmt: skip
    targets = f"{API}/office/programmes/{world.programme}/targets"
    wrong = office.post(targets, json={**wanted, "metric": "figure"})
    assert (wrong.status_code, wrong.json()["error"]["details"]["column"]) == (422, "metric")
    key, kept = (office.post(targets, json=wanted).json()["id"] for _ in range(2))
    address = f"{API}/office/targets/{key}"
    reason = {"value": 4, "reason": "市政府专题会议纪要第 3 号"}
    assert office.patch(address, json=reason, headers={"If-Match": '"v1"'}).json()["version"] == 2
    with world.office.acting(world.office.system("test")) as session:
        entry = session.query(AuditEntry).filter_by(action="plan.target", reason=reason["reason"]).one()
        assert (entry.object_kind, int(entry.object_id)) == ("target", key)
        measured = session.get(Target, kept)
        plan = {name: getattr(measured, name) for name in ("org_id", "org_path", "area_code", "area_path")}
        session.add(Measurement(target_id=kept, run_id="r", at=measured.created_at, status="informative", **plan))
    assert office.delete(address).status_code == 428
    assert office.delete(address, headers={"If-Match": '"v1"'}).status_code == 412
    assert sign_in("east").delete(address, headers={"If-Match": '"v2"'}).status_code == 403
    assert office.delete(address, headers={"If-Match": '"v2"'}).status_code == 204
    assert office.delete(address, headers={"If-Match": '"v2"'}).status_code == 404
    refused = office.delete(f"{API}/office/targets/{kept}", headers={"If-Match": '"v1"'})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "programme.target_measured")


def test_what_the_plan_itself_promises_stays(sign_in: SignIn, body: dict[str, object]) -> None:
    office = sign_in("office")
    key = office.post(f"{API}/office/programmes", json=body).json()["programme"]["id"]
    target = office.get(f"{API}/office/programmes/{key}").json()["targets"][0]
    answer = office.delete(f"{API}/office/targets/{target['id']}", headers={"If-Match": f'"v{target["version"]}"'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "programme.target_of_plan")


def test_a_duty_that_never_began_goes_and_one_that_was_held_ends(sign_in: SignIn, world: World) -> None:
    office = sign_in("office")
    duties = f"{API}/office/programmes/{world.programme}/duties"
    lead = {
        "circle": "elderly_care",
        "organisation_id": world.org["d-civil"],
        "duty": "lead",
        "valid_from": "2024-01-01",
    }
    office.post(duties, json=lead)
    other = {**lead, "organisation_id": world.org["d-commerce"]}
    mistaken = office.post(duties, json={**other, "valid_from": "2190-01-01"}).json()
    assert [(one["valid_from"], one["valid_to"]) for one in mistaken] == [
        ("2024-01-01", "2189-12-31"), ("2190-01-01", None),
    ]  # fmt: skip
    joint = office.post(duties, json={**lead, "duty": "joint"}).json()[-1]
    assert office.delete(f"{API}/office/duties/{joint['id']}").status_code == 204
    now = office.get(f"{API}/office/programmes/{world.programme}").json()
    ended = next(one for one in now["duties"] if one["duty"] == "joint")
    assert ended["valid_to"] == now["today"]  # it holds to the end of the day
    again = office.post(duties, json={**lead, "duty": "joint", "valid_from": now["today"]}).json()
    assert [(one["valid_from"], one["valid_to"]) for one in again if one["duty"] == "joint"] == [("2024-01-01", None)]


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
