"""Pilots over HTTP: nominated, returned, approved, inspected, accepted; versions and scope on the way."""

from __future__ import annotations

from typing import Any

from callers import API, SignIn, TestClient

from office_world import World

SHEET = {"items": [{"item": "菜市场", "ok": True}]}


def nominate(client: TestClient, world: World, **more: Any) -> Any:
    body = {"programme_id": world.programme, "life_circle": "LC1", "grounds": "老旧小区", **more}
    return client.post(f"{API}/office/pilots", json=body, headers={"Idempotency-Key": "n"})


def take(client: TestClient, pilot: dict[str, Any], name: str, reason: str = "", **fields: Any) -> Any:
    return client.post(
        f"{API}/office/pilots/{pilot['id']}/steps/{name}",
        json={"reason": reason, "fields": fields},
        headers={"If-Match": f'"v{pilot["version"]}"'},
    )


def test_from_nomination_to_acceptance(sign_in: SignIn, world: World) -> None:
    east, office, inspector = sign_in("east"), sign_in("office"), sign_in("inspector")
    found = east.get(f"{API}/office/pilots/candidates", params={"programme": world.programme}).json()
    assert [(one["code"], one["nominated"]) for one in found["items"]] == [("LC1", None)]
    made = nominate(east, world)
    assert made.status_code == 201
    assert nominate(east, world).json() == made.json()
    pilot = made.json()
    assert [one["id"] for one in pilot["allowed"]] == ["withdraw"]
    assert pilot["sheet"]["grade"] == "C"
    pilot = office.get(f"{API}/office/pilots/{pilot['id']}").json()
    assert [one["id"] for one in pilot["allowed"]] == ["take_up"]
    pilot = take(office, pilot, "take_up").json()
    pilot = take(office, pilot, "return", "补充").json()
    pilot = take(east, pilot, "resubmit").json()  # the sheet is read anew by itself
    assert pilot["state"] == "under_review"
    stale = take(office, {**pilot, "version": pilot["version"] - 1}, "approve")
    assert stale.status_code == 412
    pilot = take(office, pilot, "approve").json()
    pilot = take(east, pilot, "begin_plan").json()
    keys = east.get(f"{API}/office/pilots/{pilot['id']}/figures", params={"element": "wet_market"})
    assert keys.status_code == 200
    key = {"area_code": "LC1", "indicator": "coverage", "element": "wet_market", "variant": "target_pop"}
    promised = east.post(
        f"{API}/office/pilots/{pilot['id']}/promises", json={"figure_key": key, "name": "菜市场覆盖", "promised": 0.9}
    )
    assert (promised.status_code, promised.json()["before"]) == (201, None)
    changed = east.patch(
        f"{API}/office/promises/{promised.json()['id']}", json={"promised": 0.95}, headers={"If-Match": '"v1"'}
    )
    assert changed.json()["promised"] == 0.95
    pilot = take(office, pilot, "approve_plan", plan="方案", due="2030-12-31").json()
    pilot = take(east, pilot, "self_check", sheet=SHEET, result="passed").json()
    pilot = take(inspector, pilot, "inspect", sheet=SHEET, result="passed").json()
    assert take(office, pilot, "accept", result="通过", grade="good").status_code == 409
    address = f"{API}/office/pilots/{pilot['id']}"
    version = {"If-Match": f'"v{pilot["version"]}"'}
    assert east.post(f"{address}/assessment", json={}, headers=version).status_code == 403
    pilot = office.post(f"{address}/assessment", json={}, headers=version).json()
    assert pilot["grade_details"]["grade"] == "not_graded"
    version = {"If-Match": f'"v{pilot["version"]}"'}
    body = {"values": {"basic_formats": 12, "quality_formats": 8, "satisfaction": 0.86}, "source": "商务局"}
    pilot = office.post(f"{address}/commerce", json=body, headers=version).json()
    assert (pilot["commerce_grade"], pilot["grade"]) == ("enhanced", None)
    pilot = take(office, pilot, "accept", result="通过", grade="not_graded").json()
    assert (pilot["state"], pilot["accepted_at"] is not None) == ("accepted", True)
    assert [one["inspection_kind"] for one in pilot["inspections"]] == ["acceptance", "inspection", "self_check"]
    assert pilot["course"][-1]["transition"] == "accept"
    listed = office.get(f"{API}/office/pilots", params={"state": "accepted"}).json()
    assert (len(listed["items"]), listed["counts"]) == (1, {"accepted": 1})


def test_scope_over_http(sign_in: SignIn, world: World) -> None:
    pilot = nominate(sign_in("east"), world).json()
    west = sign_in("west")
    assert nominate(west, world).status_code == 403
    assert west.get(f"{API}/office/pilots/{pilot['id']}").status_code == 404
    assert west.get(f"{API}/office/pilots").json()["items"] == []
    assert west.get(f"{API}/office/pilots", params={"district": "150301"}).json()["items"] == []
    assert take(west, pilot, "take_up").status_code == 404
    assert take(sign_in("east"), pilot, "take_up").status_code == 403
    assert take(sign_in("auditor"), pilot, "take_up").status_code == 403
    assert sign_in("grid").get(f"{API}/office/pilots").status_code == 403
    assert sign_in("east").get(f"{API}/office/pilots", params={"cursor": "x"}).status_code == 422


def test_bad_bodies(sign_in: SignIn, world: World) -> None:
    east = sign_in("east")
    assert nominate(east, world, colour="red").status_code == 422
    assert nominate(east, world, life_circle="nowhere").status_code == 404
    assert nominate(east, world, run_id="r-0000").status_code == 404
    pilot = nominate(east, world).json()
    address = f"{API}/office/pilots/{pilot['id']}"
    assert east.patch(address, json={"name": "x"}).status_code == 428
    assert east.patch(address, json={"communities": ["150302001001"]}, headers={"If-Match": '"v1"'}).status_code == 422
    assert take(east, pilot, "nonsense").status_code == 422
