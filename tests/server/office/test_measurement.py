"""Measurement over HTTP: what is shown to whom, versions, one creation a key, and the job that lets the built show."""

from __future__ import annotations

import csv
import io
import time
from types import SimpleNamespace
from typing import Any

import pytest
from callers import API, SignIn, TestClient
from pydantic import BaseModel
from sqlalchemy import select

import small_city
from kezhong import clock
from kezhong.city.results import Run
from kezhong.city.workspace import City
from kezhong.office.models import Objection, Organisation, Project, RoleGrant, Setting, SiteUse, Task
from kezhong.server.models.office import measurement as wire
from measuring_world import (
    EAST,
    ELEMENT,
    FIRST,
    awaiting_task,
    figure,
    make_pilot,
    make_promise,
    make_target,
    next_run,
    verdict,
)
from office_world import World

OFFICE = f"{API}/office/measurement"
STILL = f"sf-{ELEMENT}-{FIRST}"
AT = {"variant": "population", "threshold": 500.0, "threshold_unit": "m"}
KEY = {"area_code": FIRST, "element": ELEMENT, "indicator": "coverage", **AT}


def read(client: TestClient, path: str, model: type[BaseModel], status: int = 200) -> Any:
    answer = client.get(f"{OFFICE}{path}")
    assert answer.status_code == status, answer.text
    if status == 200:
        model.model_validate_json(answer.content)
    return answer.json()


def send(
    client: TestClient, path: str, body: Any, version: int | None = None, status: int = 200, **headers: str
) -> Any:
    if version is not None:
        headers["If-Match"] = f'"v{version}"'
    answer = client.post(f"{OFFICE}{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def without_waiting(world: World) -> None:
    """No days to object in: the city has set it so."""
    with world.office.acting(world.office.system("test")) as session:
        session.add(Setting(key="measuring", value={"objection_workdays": 0}))


def make_project(world: World, code: str, **more: Any) -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        assert unit is not None
        values = {
            "programme_id": world.programme, "code": code, "name": f"{code}项目", "state": "in_use", "element": ELEMENT,
            "lon": 106.805, "lat": 39.605, "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id,
            "org_path": unit.path, "department": None,
        }  # fmt: skip
        row = Project(**(values | more))
        session.add(row)
        session.flush()
        return row.id


def test_the_page_begins_with_run_rules_and_numbers(world: World, sign_in: SignIn) -> None:
    awaiting_task(world)
    run = next_run(world, [verdict(FIRST, "falls_short")], still=[STILL])
    found = read(sign_in("office"), "", wire.Measuring)
    assert (found["run"]["id"], found["run"]["current"]) == (run, True)
    assert found["rules"] == {
        "verification_workdays": 10, "objection_workdays": 5, "review_workdays": 10, "proposal": True,
    }  # fmt: skip
    assert found["tasks"] == {"awaiting_measurement": 1}
    assert [one["id"] for one in found["findings"]][:3] == ["not_built", "confirmed", "built_but_missing_in_data"]
    assert read(sign_in("west"), "", wire.Measuring)["tasks"] == {}


def test_targets_with_both_coverages(world: World, sign_in: SignIn) -> None:
    circles = make_target(world, "circle_coverage", 1.0)
    people = make_target(world, "access_coverage", 0.5, area=EAST, org="east")
    make_pilot(world, "P1", "accepted")
    next_run(world, [figure(FIRST, "coverage", 0.6, low=0.4, high=0.7, numerator=60.0, denominator=100.0, **AT)])
    office = sign_in("office")
    assert send(office, "/measure", {})["targets"] == 2
    found = {one["id"]: one for one in read(office, "/targets", wire.TargetsMeasured)["items"]}
    now = found[circles]["now"]
    assert (now["numerator"], now["denominator"], now["status"]) == (3.0, 5.0, "not_met")
    assert found[people]["now"]["reason"] == "not_bound"
    assert found[people]["allowed"] == ["bind"]
    detail = read(office, f"/targets/{circles}", wire.TargetDetail)
    assert [one["code"] for one in detail["covered"]] == list(small_city.COMMUNITIES[1:4])
    answer = office.put(f"{OFFICE}/targets/{people}/figure", json=KEY, headers={"If-Match": '"v1"'})
    assert answer.status_code == 200, answer.text
    bound = answer.json()
    assert (bound["now"]["value"], bound["now"]["uncertain"], bound["baseline"]) == (0.6, True, 0.6)
    assert bound["explain"] == {"area": FIRST, "level": "community", "element": ELEMENT}
    assert bound["figure_name"]["zh"]
    assert office.put(f"{OFFICE}/targets/{people}/figure", json=KEY).status_code == 428
    assert office.put(f"{OFFICE}/targets/{people}/figure", json=KEY, headers={"If-Match": '"v1"'}).status_code == 412
    options = read(office, f"/bindable?area={FIRST}&element={ELEMENT}", wire.BindableList)["items"]
    assert options[0]["key"]["indicator"] == "coverage"
    assert options[0]["of_people"]


def test_pages_of_targets(world: World, sign_in: SignIn) -> None:
    ids = [make_target(world, "count", 1, metric="circles_accepted", area=EAST) for _ in range(5)]
    client = sign_in("east")
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        page = read(client, f"/targets?limit=2{cursor}", wire.TargetsMeasured)
        seen += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == (ids, None)
    assert client.get(f"{OFFICE}/targets?limit=999").status_code == 422


def test_from_the_closing_to_the_finding(world: World, sign_in: SignIn) -> None:
    task = awaiting_task(world)
    next_run(world, [verdict(FIRST, "falls_short")], still=[STILL])
    without_waiting(world)
    office, community, east = sign_in("office"), sign_in("community"), sign_in("east")
    assert send(office, "/measure", {})["tasks"] == {"sheet_issued": 1}
    row = read(east, "/tasks", wire.AwaitingList)["items"][0]
    assert (row["id"], row["outcome"], row["sheet"]["state"]) == (task, "sheet", "issued")
    sheet = read(community, "/verifications?state=issued", wire.SheetList)["items"][0]
    assert sheet["allowed"] == ["sign"]
    assert sheet["measured"]["gap_zh"]
    where = f"/verifications/{sheet['id']}"
    bad = send(community, f"{where}/sign", {"finding": "other"}, sheet["version"], 422)
    assert bad["error"]["code"] == "measuring.note_missing"
    send(community, f"{where}/sign", {"finding": "perhaps"}, sheet["version"], 422)
    send(community, f"{where}/sign", {"finding": "not_built"}, status=428)
    send(east, f"{where}/sign", {"finding": "not_built"}, sheet["version"], 403)
    signed = send(community, f"{where}/sign", {"finding": "not_built", "note": "未见开工"}, sheet["version"])
    assert (signed["state"], signed["signed_by"], signed["note"]) == ("community_signed", "community员", "未见开工")
    send(community, f"{where}/sign", {"finding": "not_built"}, sheet["version"], 412)
    detail = read(east, where, wire.SheetDetail)
    assert detail["allowed"] == ["object"]
    body = {"object_kind": "verification", "object_id": sheet["id"], "version": detail["version"], "text": "已开业"}
    filed = send(east, "/objections", body, status=201, **{"Idempotency-Key": "k1"})
    assert send(east, "/objections", body, status=201, **{"Idempotency-Key": "k1"})["id"] == filed["id"]
    assert [one["id"] for one in filed["allowed"]] == ["withdraw"]
    send(office, f"{where}/confirm", {}, read(office, where, wire.SheetDetail)["version"], 409)
    listed = read(office, "/objections?state=filed", wire.ObjectionList)["items"][0]
    assert (listed["title"], listed["task_id"]) == ("T1 任务T1", task)
    assert "take_up" in [one["id"] for one in listed["allowed"]]
    decided = f"/objections/{filed['id']}/decide"
    taken = send(office, decided, {"step": "take_up", "due": "2027-01-29"}, filed["version"])
    send(office, decided, {"step": "dismiss"}, taken["version"], 422)
    dismissed = send(office, decided, {"step": "dismiss", "reason": "现场未营业"}, taken["version"])
    assert (dismissed["state"], dismissed["decision"]) == ("dismissed", "现场未营业")
    send(east, decided, {"step": "dismiss", "reason": "x"}, dismissed["version"], 403)
    detail = read(office, where, wire.SheetDetail)
    assert detail["allowed"] == ["confirm"]
    assert send(office, f"{where}/confirm", {}, detail["version"])["state"] == "confirmed"
    found = read(east, "/tasks?state=measured_not_met", wire.AwaitingList)["items"][0]
    assert found["allowed"] == ["object"]
    read(office, f"/objections/{filed['id']}", wire.ObjectionDetail)


def test_an_objection_is_taken_back_by_who_filed_it(world: World, sign_in: SignIn) -> None:
    task = awaiting_task(world, state="measured_not_met")
    east = sign_in("east")
    filed = send(east, "/objections", {"object_kind": "task", "object_id": task, "text": "数据过期"}, status=201)
    send(sign_in("street"), f"/objections/{filed['id']}/withdraw", {}, filed["version"], 403)
    assert send(east, f"/objections/{filed['id']}/withdraw", {}, filed["version"])["state"] == "withdrawn"


def test_what_the_data_cannot_show_is_closed_without_a_finding(world: World, sign_in: SignIn) -> None:
    awaiting_task(world)
    next_run(world, [verdict(FIRST, "data_insufficient")])
    office = sign_in("office")
    assert send(office, "/measure", {})["tasks"] == {"waiting": 1}
    row = read(office, "/tasks", wire.AwaitingList)["items"][0]
    assert (row["outcome"], row["outcome_text"], row["allowed"]) == (
        "data_insufficient",
        "数据不足",
        ["close_unmeasured"],
    )
    path = f"/tasks/{row['id']}/close-unmeasured"
    send(office, path, {}, row["version"], 422)
    assert send(office, path, {"reason": "无此数据来源"}, row["version"])["state"] == "closed_unmeasured"


def test_promises_of_a_pilot(world: World, sign_in: SignIn) -> None:
    pilot = make_pilot(world, "P1", "building")
    make_promise(world, pilot, KEY, 0.5)
    next_run(world, [figure(FIRST, "coverage", 0.6, low=0.45, high=0.7, **AT)])
    send(sign_in("office"), "/measure", {})
    row = read(sign_in("east"), f"/promises?pilot={pilot}", wire.PromiseList)["items"][0]
    assert (row["before"], row["promised"], row["measured"], row["status"]) == (0.2, 0.5, 0.6, "met")
    assert (row["low"], row["high"], row["uncertain"]) == (0.45, 0.7, True)
    read(sign_in("west"), f"/promises?pilot={pilot}", BaseModel, 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "may"),
    [
        ("post", "/measure", {}, {"office", "analyst"}),
        ("post", "/facilities-in-use/import", {}, {"office", "analyst"}),
        (
            "get",
            "",
            None,
            {"office", "analyst", "east", "civil", "street", "community", "grid", "inspector", "auditor"},
        ),
    ],
)
def test_who_may_what(
    world: World, sign_in: SignIn, nobody: TestClient, method: str, path: str, body: Any, may: set[str]
) -> None:
    arguments = {"json": body} if body is not None else {}
    assert getattr(nobody, method)(f"{OFFICE}{path}", **arguments).status_code == 401
    for name in ("office", "analyst", "east", "civil", "street", "community", "grid", "inspector", "auditor", "admin"):
        status = getattr(sign_in(name), method)(f"{OFFICE}{path}", **arguments).status_code
        assert (status == 403) == (name not in may), (name, status)


def test_another_districts_sheet_is_not_there(world: World, sign_in: SignIn) -> None:
    awaiting_task(world)
    next_run(world, [verdict(FIRST, "falls_short")], still=[STILL])
    send(sign_in("office"), "/measure", {})
    sheet = read(sign_in("office"), "/verifications", wire.SheetList)["items"][0]
    west = sign_in("west")
    read(west, f"/verifications/{sheet['id']}", BaseModel, 404)
    assert read(west, "/verifications", wire.SheetList)["items"] == []
    assert read(west, "/tasks", wire.AwaitingList)["items"] == []
    send(west, "/objections", {"object_kind": "verification", "object_id": sheet["id"], "text": "x"}, status=404)
    with world.office.acting(world.office.system("test")) as session:
        assert session.query(Objection).count() == 0


# what was built must show ---------------------------------------------------------------------------------------------


def test_the_ledger_of_projects_in_use(world: World, sign_in: SignIn) -> None:
    make_project(world, "A1", scale=30.0, scale_unit="床", element="elderly_day_care")
    make_project(world, "A2", scale=420.0, scale_unit="m²", name="=1+1")
    placed = make_project(world, "A3", lon=None, lat=None)
    make_project(world, "A4", lon=None, lat=None)
    make_project(world, "A5", element=None)
    make_project(world, "A6", state="building")
    with world.office.acting(world.office.system("test")) as session:
        project = session.get(Project, placed)
        assert project is not None
        place = {
            name: getattr(project, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")
        }
        session.add(
            SiteUse(project_id=placed, site_id="s1", name="旧仓库", kind="warehouse", lon=106.81, lat=39.61, **place)
        )
    office = sign_in("office")
    found = read(office, "/facilities-in-use", wire.FacilitiesInUse)
    assert {one["code"]: one["lacks"] for one in found["items"]} == {
        "A1": [], "A2": [], "A3": [], "A4": ["position"], "A5": ["element"],
    }  # fmt: skip
    assert (found["ready"], found["in_city"]) == (3, 0)
    answer = office.get(f"{OFFICE}/facilities-in-use.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["编码"] for row in rows] == ["office:project:A1", "office:project:A2", "office:project:A3"]
    assert (rows[0]["容量"], rows[0]["容量单位"], rows[0]["建筑面积"]) == ("30", "beds", "")
    assert (rows[1]["建筑面积"], rows[1]["名称"]) == ("420", "'=1+1")
    assert (rows[2]["lon"], rows[2]["lat"]) == ("106.81", "39.61")
    assert read(sign_in("west"), "/facilities-in-use", wire.FacilitiesInUse)["items"] == []


def test_nothing_in_use_says_so(world: World, sign_in: SignIn) -> None:
    make_project(world, "A4", lon=None, lat=None)
    bad = send(sign_in("office"), "/facilities-in-use/import", None, status=422)
    assert bad["error"]["code"] == "measuring.nothing_in_use"


def test_the_import_is_a_job_that_assesses_and_measures(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(world, "A1")
    task = awaiting_task(world)
    seen: list[int] = []
    rows = [verdict(FIRST, "meets")]

    def assess(city: City, **asked: Any) -> Any:
        seen.append(len(city.layer("facilities", "office-projects")))
        return SimpleNamespace(run=Run(city.folder / "runs" / next_run(world, rows, when=clock.now(), mark="j")))

    import kezhong.assess as room

    monkeypatch.setattr(room, "assess", assess, raising=False)
    office = sign_in("office")
    job = send(office, "/facilities-in-use/import", None, status=202)
    for _ in range(600):
        job = office.get(f"{API}/jobs/{job['id']}").json()
        assert "state" in job, job
        if job["state"] not in ("queued", "running"):
            break
        time.sleep(0.02)
    assert (job["state"], seen) == ("done", [1]), job
    assert read(office, "/facilities-in-use", wire.FacilitiesInUse)["in_city"] == 1
    with world.office.acting(world.office.system("test")) as session:
        assert session.one(Task, task).state == "measured_met"


def district_analyst(world: World) -> None:
    """The analyst works for the eastern district and no longer for the city."""
    with world.office.acting(world.office.system("test")) as session:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.person_id == world.person["analyst"])).one()
        unit = session.get(Organisation, world.org["east"])
        assert unit is not None
        grant.area_code, grant.area_path = unit.area_code, unit.area_path
        grant.org_id, grant.org_path = unit.id, unit.path


def test_a_district_brings_in_what_lies_in_it_and_leaves_the_rest(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["west"])
        assert unit is not None
        west = {"area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path}
    make_project(world, "E1")
    make_project(world, "E3", lon=106.825)  # of the east, yet standing in the west
    east, far = make_project(world, "E2"), make_project(world, "W1", lon=106.825, scale=30, scale_unit="床", **west)
    make_project(world, "W2", lon=106.826, **west)

    import kezhong.assess as room

    def assess(city: City, **asked: Any) -> Any:
        # the run is not what is looked at, and not of this snapshot: nothing is measured by it
        return SimpleNamespace(run=SimpleNamespace(id=small_run))

    small_run = Run(next(world.office.city_folder.glob("runs/r-*"))).id
    monkeypatch.setattr(room, "assess", assess, raising=False)

    def bring(client: TestClient) -> dict[str, Any]:
        job = send(client, "/facilities-in-use/import", None, status=202)
        for _ in range(600):
            job = client.get(f"{API}/jobs/{job['id']}").json()
            if job["state"] not in ("queued", "running"):
                break
            time.sleep(0.02)
        assert job["state"] == "done", job
        city = City.open(world.office.city_folder)
        found = city.layer("facilities", "office-projects").set_index("facility_id")
        served = city.layer("facility_services", "office-projects")
        assert sorted(served["facility_id"]) == sorted(found.index)
        return {name.rpartition(":")[2]: row for name, row in found.to_dict("index").items()}

    district_analyst(world)
    analyst, office = sign_in("analyst"), sign_in("office")
    listed = read(analyst, "/facilities-in-use", wire.FacilitiesInUse)
    assert {one["code"]: one["lacks"] for one in listed["items"]} == {"E1": [], "E2": [], "E3": ["outside"]}
    assert listed["ready"] == 2
    assert {one["code"]: one["lacks"] for one in read(sign_in("west"), "/facilities-in-use", wire.FacilitiesInUse)["items"]} == {
        "W1": [], "W2": [],
    }  # fmt: skip
    assert sorted(bring(analyst)) == ["E1", "E2"]
    assert sorted(bring(office)) == ["E1", "E2", "E3", "W1", "W2"]

    with world.office.acting(world.office.system("test")) as session:
        session.get_one(Project, east).state = "closed"
        session.get_one(Project, far).name = "改名"  # the west has changed something, and not brought it in
        session.get_one(Project, far).state = "building"
    make_project(world, "E4")
    found = bring(analyst)
    assert sorted(found) == ["E1", "E3", "E4", "W1", "W2"]  # E2 is out of use; E3 stands elsewhere: it is the city's
    assert found["W1"]["name"] == "W1项目"
    assert sorted(bring(office)) == ["E1", "E3", "E4", "W2"]


def test_a_district_without_anything_of_its_own_brings_nothing_in(world: World, sign_in: SignIn) -> None:
    make_project(world, "E3", lon=106.825)
    district_analyst(world)
    bad = send(sign_in("analyst"), "/facilities-in-use/import", None, status=422)
    assert bad["error"]["code"] == "measuring.nothing_in_use"
