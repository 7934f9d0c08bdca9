"""Papers over HTTP."""

from __future__ import annotations

from callers import API, SignIn

from office_world import World
from programme_world import attach


def test_a_paper_is_asked_for_handed_in_returned_and_received(sign_in: SignIn, world: World) -> None:
    office, east, west = sign_in("office"), sign_in("east"), sign_in("west")
    body = {
        "programme_id": world.programme, "org_id": world.org["east"], "code": "R1", "kind": "other", "name": "季度小结",
        "due_on": "2030-10-01",
    }  # fmt: skip
    assert east.post(f"{API}/office/submissions", json={**body, "org_id": world.org["west"]}).status_code in (403, 404)
    made = office.post(f"{API}/office/submissions", json=body).json()
    assert (made["state"], made["late"], made["overdue"], made["asked_by"]) == ("due", False, False, "市领导小组办公室")
    address = f"{API}/office/submissions/{made['id']}"
    assert west.get(address).status_code == 404
    paper = east.get(address).json()
    assert [one["id"] for one in paper["allowed"]] == ["submit"]
    tag = {"If-Match": '"v1"'}
    assert east.post(f"{address}/steps/submit", json={}, headers=tag).status_code == 422
    attach(world, "east", "submission", made["id"], "小结.txt", "document")
    assert [one["name"] for one in east.get(address).json()["new_files"]] == ["小结.txt"]
    paper = east.post(f"{address}/steps/submit", json={"fields": {"reply": "请阅"}}, headers=tag).json()
    assert (paper["state"], paper["edition"], paper["new_files"]) == ("submitted", 1, [])
    assert paper["editions"][0]["files"][0]["name"] == "小结.txt"
    tag = {"If-Match": f'"v{paper["version"]}"'}
    paper = office.post(f"{address}/steps/return", json={"reason": "缺数据"}, headers=tag).json()
    assert paper["editions"][0]["verdict"] == "returned"
    overview = office.get(f"{API}/office/submissions/overview", params={"programme": world.programme}).json()["items"]
    assert (overview[0]["code"], overview[0]["returned"]) == ("R1", ["东岸区"])
    listed = office.get(f"{API}/office/submissions", params={"programme": world.programme, "state": "returned"}).json()
    assert ([one["code"] for one in listed["items"]], listed["counts"]) == (["R1"], {"returned": 1})
    assert office.get(f"{API}/office/submissions", params={"overdue": True}).json()["items"] == []
    assert sign_in("grid").get(f"{API}/office/submissions").status_code == 403
