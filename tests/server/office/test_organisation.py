"""Units and grid teams over HTTP."""

from __future__ import annotations

from datetime import timedelta

from callers import API, SignIn

from kezhong import clock
from office_world import EAST, World

UNITS = f"{API}/office/organisations"


def test_the_tree_and_who_may_change_it(sign_in: SignIn, world: World) -> None:
    admin, east = sign_in("admin"), sign_in("east")
    rows = admin.get(UNITS).json()["items"]
    assert len(rows) == len(world.org)
    assert all(row["editable"] for row in rows)
    assert not any(row["editable"] for row in east.get(UNITS).json()["items"])
    order = [row["id"] for row in rows]
    assert all(row["parent_id"] is None or order.index(row["parent_id"]) < order.index(row["id"]) for row in rows)
    assert [row["code"] for row in admin.get(UNITS, params={"q": "民政"}).json()["items"]] == ["d-civil", "east-civil"]
    assert {row["level"] for row in admin.get(UNITS, params={"level": "street"}).json()["items"]} == {"street"}


def test_a_unit_is_made_renamed_and_its_history_shown(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    today = clock.today().isoformat()
    body = {
        "code": "e-health", "name": "东岸区卫健委", "kind": "department", "area_code": EAST, "parent_id": world.org["east"],
        "department": "health", "effective_on": today,
    }  # fmt: skip
    made = admin.post(UNITS, json=body)
    assert made.status_code == 201, made.text
    address = f"{UNITS}/{made.json()['id']}"
    tag = admin.get(address).headers["ETag"]
    change = {"change": "rename", "effective_on": today, "name": "东岸区卫生健康局", "document": "〔2026〕1号"}
    assert admin.post(f"{address}/changes", json=change).status_code == 428
    done = admin.post(f"{address}/changes", json=change, headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    assert [line["change"] for line in done.json()["unit"]["history"]] == ["created", "renamed"]
    assert admin.post(f"{address}/changes", json=change, headers={"If-Match": tag}).status_code == 412
    assert admin.get(f"{address}/name", params={"day": today}).json()["name"] == "东岸区卫生健康局"
    foreign = admin.post(f"{address}/changes", json={**change, "into": 1}, headers={"If-Match": tag})
    assert foreign.json()["error"]["code"] == "organisation.foreign_field"


def test_a_later_change_is_planned_and_can_be_dropped(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    address = f"{UNITS}/{world.org['d-civil']}"
    later = (clock.today() + timedelta(days=40)).isoformat()
    change = {"change": "merge", "effective_on": later, "into": world.org["d-commerce"]}
    tag = admin.get(address).headers["ETag"]
    planned = admin.post(f"{address}/changes", json=change, headers={"If-Match": tag}).json()["planned"]
    assert planned["state"] == "planned"
    cancel = f"{API}/office/organisation-changes/{planned['id']}/cancel"
    assert sign_in("east").post(cancel, headers={"If-Match": '"v1"'}).status_code == 403
    assert admin.post(cancel, headers={"If-Match": '"v1"'}).json()["state"] == "cancelled"


def test_grid_teams_tell_posts_and_only_names_in_scope(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    community = "community-150301001001"
    body = {
        "code": "G1", "name": "第一网格", "template": "one_grid_one_head_one_police", "organisation_id": world.org[community],
        "area_code": community.removeprefix("community-"),
    }  # fmt: skip
    team = admin.post(f"{API}/office/grid-teams", json=body).json()
    members = f"{API}/office/grid-teams/{team['id']}/members"
    put = admin.post(members, json={"person_id": world.person["grid"], "post": "grid_head"})
    assert put.status_code == 201, put.text
    assert put.json()["vacant"] == ["police"]
    listed = sign_in("west").get(f"{API}/office/grid-teams").json()
    assert [(member["post"], member["name"]) for member in listed["items"][0]["members"]] == [("grid_head", "")]
    assert any(form["assumed"] for form in listed["templates"])
    assert sign_in("community").delete(f"{members}/{put.json()['members'][0]['id']}").status_code == 403
    assert admin.delete(f"{members}/{put.json()['members'][0]['id']}").status_code == 204
    assert (
        admin.delete(f"{API}/office/grid-teams/{team['id']}", headers={"If-Match": f'"v{team["version"]}"'}).status_code
        == 204
    )


def test_tables_of_units(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    out = admin.get(f"{UNITS}/export").content
    again = admin.post(f"{UNITS}/import", content=out, headers={"Content-Type": "application/octet-stream"})
    assert again.json()["created"] == 0


def test_units_are_found_by_pinyin(sign_in: SignIn) -> None:
    def found(letters: str) -> set[str]:
        return {one["short_name"] for one in sign_in("office").get(UNITS, params={"q": letters}).json()["items"]}

    assert found("xsq") == found("xishanqu") == found("西山区")
    assert found("mzj") == found("民政局")
    assert len(found("mzj")) > 1
    assert found("qqqq") == set()
