"""Projects, money, sites, offers, notes and applications over HTTP; what a shortfall opens."""

from __future__ import annotations

from typing import Any

from callers import API, SignIn

from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import AuditEntry
from office_world import World

HOME = "150301001002"


def run_id(world: World) -> str:
    run = FigureReader(world.office.city_folder).default()
    assert run is not None
    return run.id


def tag(row: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"v{row["version"]}"'}


def test_a_project_with_money(sign_in: SignIn, world: World) -> None:
    east, office, west = sign_in("east"), sign_in("office"), sign_in("west")
    body = {"programme_id": world.programme, "run_id": run_id(world), "shortfall_id": f"sf-wet_market-{HOME}"}
    made = east.post(f"{API}/office/projects", json=body, headers={"Idempotency-Key": "p"})
    assert made.status_code == 201
    assert east.post(f"{API}/office/projects", json=body).status_code == 409
    project = made.json()
    address = f"{API}/office/projects/{project['id']}"
    assert west.get(address).status_code == 404
    money = east.post(f"{address}/money", json={"kind": "loan", "source": "普惠贷款", "planned": 500000})
    assert money.status_code == 201
    assert west.post(f"{address}/money", json={"kind": "loan", "source": "x", "planned": 1}).status_code == 404
    paid = east.patch(f"{API}/office/money/{money.json()['id']}", json={"paid": 1000.5}, headers=tag(money.json()))
    assert paid.json()["paid"] == 1000.5
    sums = office.get(f"{API}/office/money/sums", params={"programme": world.programme}).json()
    assert (sums["planned"], sums["paid"], sums["by_district"]["150301"]["paid"]) == (500000, 1000.5, 1000.5)
    assert west.get(f"{API}/office/money/sums").json()["planned"] == 0
    project = office.post(f"{address}/steps/approve", json={}, headers=tag(project)).json()
    assert project["state"] == "approved"
    project = east.patch(address, json={"note": "先行实施", "progress": 10}, headers=tag(project)).json()
    assert (project["note"], project["progress"], project["money"][0]["paid"]) == ("先行实施", 10, 1000.5)
    page = office.get(f"{API}/office/projects", params={"q": "补齐", "district": "150301"}).json()
    assert (len(page["items"]), page["items"][0]["planned"], page["counts"]) == (1, 500000, {"approved": 1})
    assert office.get(f"{API}/office/projects", params={"district": "150302"}).json()["items"] == []


def test_pages_follow_one_another(sign_in: SignIn, world: World) -> None:
    east = sign_in("east")
    for number in range(5):
        body = {"programme_id": world.programme, "name": f"项目{number}", "area_code": HOME}
        assert east.post(f"{API}/office/projects", json=body).status_code == 201
    seen, cursor = [], None
    while True:
        page = east.get(f"{API}/office/projects", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["项目4", "项目3", "项目2", "项目1", "项目0"]


def test_a_task_from_a_shortfall(sign_in: SignIn, world: World) -> None:
    east = sign_in("east")
    body = {"programme_id": world.programme, "run_id": run_id(world), "due_on": "2030-11-30", "issue": True}
    address = f"{API}/office/shortfalls/sf-wet_market-{HOME}/task"
    made = east.post(address, json=body, headers={"Idempotency-Key": "t"})
    assert (made.status_code, made.json()["state"]) == (201, "issued")
    assert east.post(address, json=body).status_code == 409
    assert sign_in("west").post(address, json=body).status_code in (403, 409)
    assert sign_in("community").post(address, json=body).status_code == 403


def test_offers_stay_masked(sign_in: SignIn, world: World) -> None:
    community = sign_in("community")
    body = {
        "area_code": "150301001001", "from_kind": "resident", "from_name": "王建国", "contact": "13912345678",
        "kind": "room", "text": "空房一间",
    }  # fmt: skip
    made = community.post(f"{API}/office/offers", json=body).json()
    address = f"{API}/office/offers/{made['id']}"
    assert (made["from_name"], made["contact"]) == ("王**", "139****5678")
    assert community.get(address, params={"reveal": True}).status_code == 403
    office = sign_in("office")
    assert office.get(address).json()["contact"] == "139****5678"
    assert office.get(address, params={"reveal": True}).json()["contact"] == "13912345678"
    with world.office.acting(world.office.system("test")) as session:
        notes = session.query(AuditEntry).filter(AuditEntry.action == "personal.read").all()
    assert [(one.object_kind, one.object_id) for one in notes] == [("offer", str(made["id"]))]
    done = community.post(f"{address}/steps/contact", json={}, headers=tag(made)).json()
    assert done["state"] == "contacted"
    assert sign_in("west").get(f"{API}/office/offers").json()["items"] == []


def test_sites_notes_and_applications(sign_in: SignIn, world: World) -> None:
    east, office = sign_in("east"), sign_in("office")
    empty = east.get(f"{API}/office/sites").json()
    assert (empty["items"], empty["summary"]["share"]) == ([], None)
    assert east.post(f"{API}/office/site-uses", json={"site_id": "s1", "use": "x"}).status_code == 404
    note = east.post(f"{API}/office/experience", json={"title": "错峰", "text": "周末开放"}).json()
    address = f"{API}/office/experience/{note['id']}"
    assert sign_in("west").get(f"{API}/office/experience").json()["items"] == []
    assert east.patch(address, json={"published": True}, headers=tag(note)).json()["published_at"] is not None
    found = sign_in("west").get(f"{API}/office/experience").json()["items"]
    assert [(one["title"], one["may_write"]) for one in found] == [("错峰", False)]
    body = {"programme_id": world.programme, "level": "nation", "name": "国家级试点"}
    made = east.post(f"{API}/office/applications", json=body).json()
    address = f"{API}/office/applications/{made['id']}"
    answer = office.post(f"{address}/steps/review", json={"fields": {"document": "申报书"}}, headers=tag(made))
    assert answer.json()["state"] == "district_reviewed"
    assert east.patch(address, json={"note": "改"}, headers=tag(answer.json())).status_code == 409
    assert len(office.get(f"{API}/office/applications", params={"programme": world.programme}).json()["items"]) == 1
