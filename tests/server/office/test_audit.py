"""The audit over HTTP: by area, with what may be told, verified and handed over."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from callers import API, SignIn, TestClient
from sqlalchemy import text

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Organisation, Person, RoleGrant, Task
from kezhong.server.models.office import audit as wire
from office_world import World

AUDIT = f"{API}/office/audit"


def add_task(world: World, org: str, code: str) -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        task = Task(
            programme_id=world.programme, code=code, title=f"任务{code}", level=unit.level, starts_on=date(2022, 3, 1),
            area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path, department=unit.department,
        )  # fmt: skip
        session.add(task)
        session.flush()
        return task.id


def listed(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    return [one.model_dump() for one in wire.AuditList.model_validate_json(answer.content).items]


@pytest.fixture
def district_auditor(world: World, sign_in: SignIn) -> TestClient:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        session.add(
            RoleGrant(
                person_id=world.person["grid"], role="auditor", valid_from=clock.now(), area_code=unit.area_code,
                area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            )
        )  # fmt: skip
    return sign_in("grid")


def test_an_auditor_sees_their_area_only(world: World, sign_in: SignIn, district_auditor: TestClient) -> None:
    add_task(world, "east", "e")
    add_task(world, "west", "w")
    city = {one["object_id"] for one in listed(sign_in("auditor"), object_kind="task")}
    assert len(city) == 2
    rows = listed(district_auditor, limit=200)
    assert rows
    assert all(one["area_path"].startswith("150300/150301/") for one in rows)
    assert len(listed(district_auditor, object_kind="task")) == 1
    # no parameter leads out of the area
    assert listed(district_auditor, area_path="150300/150302/") == []
    assert listed(district_auditor, object_kind="task", area_path="") == listed(district_auditor, object_kind="task")


@pytest.mark.parametrize("name", ["office", "east", "community", "admin", "analyst"])
def test_others_do_not_see_it(sign_in: SignIn, name: str) -> None:
    client = sign_in(name)
    for path in ("", "/state", "/evidence.zip", "/sheet.html?month=2026-11"):
        assert client.get(f"{AUDIT}{path}").status_code == 403
    assert client.post(f"{AUDIT}/verifications").status_code == 403


def test_filters_and_pages(world: World, sign_in: SignIn) -> None:
    for k in range(7):
        add_task(world, "east", str(k))
    with world.office.acting(world.actor("east")) as session, session.because("task.report", "已完成现场核对"):
        session.one(Task, 1, Permission.HANDLE_TASK).progress = 80
    auditor = sign_in("auditor")
    seen: list[int] = []
    cursor = None
    while True:
        answer = auditor.get(
            AUDIT, params={"object_kind": "task", "limit": 3, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 8
    (row,) = listed(auditor, action="task.report")
    assert row["reason"] == "已完成现场核对"
    assert row["who"] | {"person_id": 0} == {
        "person_id": 0, "kind": "session", "name": "east员", "post": "工作人员", "unit": row["who"]["unit"]
    }  # fmt: skip
    assert [(one["name"]["zh"], one["before"], one["after"]) for one in row["changes"]] == [("进度(%)", 0, 80)]
    assert [one["id"] for one in listed(auditor, actor_id=world.person["east"], object_kind="task")] == [row["id"]]
    assert len(listed(auditor, action="task")) == 8
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert listed(auditor, start=later) == []
    assert len(listed(auditor, end=later, object_kind="task")) == 8
    assert auditor.get(AUDIT, params={"cursor": "nonsense"}).status_code == 422
    assert auditor.get(AUDIT, params={"limit": 201}).status_code == 422


def test_personal_values_are_never_told(world: World, sign_in: SignIn) -> None:
    with world.office.acting(world.actor("admin")) as session:
        session.one(Person, world.person["east"], Permission.WRITE_PEOPLE).phone = "13912345678"
    answer = sign_in("auditor").get(AUDIT, params={"object_kind": "person", "object_id": str(world.person["east"])})
    assert "13912345678" not in answer.text
    assert "hmac" not in answer.text
    change = answer.json()["items"][0]["changes"][0]
    assert (change["field"], change["masked"], change["before"], change["after"]) == ("phone", True, None, None)


def test_history_of_an_object_for_whoever_may_see_it(world: World, sign_in: SignIn) -> None:
    key = add_task(world, "east", "e")
    path = f"{AUDIT}/objects/task/{key}"
    for name in ("east", "office", "auditor"):
        answer = sign_in(name).get(path)
        assert answer.status_code == 200, answer.text
        assert len(wire.AuditList.model_validate_json(answer.content).items) == 1
    assert sign_in("west").get(path).status_code == 404
    assert sign_in("east").get(f"{AUDIT}/objects/task/x' or 1").status_code == 404
    assert sign_in("west").get(f"{AUDIT}/objects/organisation/{world.org['east']}").status_code == 200
    # what only sign-in reads has no history for others
    for kind in ("credential", "api_token", "webhook", "nonsense", "setting"):
        assert sign_in("east").get(f"{AUDIT}/objects/{kind}/1").status_code == 404
    assert sign_in("east").get(f"{AUDIT}/objects/person/{world.person['west']}").status_code == 404


def test_nobody_is_told_to_sign_in(nobody: TestClient) -> None:
    for path in ("", "/state", "/objects/task/1", "/evidence.zip"):
        assert nobody.get(f"{AUDIT}{path}").status_code == 401


def wait(client: TestClient, base: str, job: str) -> dict[str, Any]:
    for _ in range(200):
        found = client.get(f"{base}/verifications/{job}").json()
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.05)
    raise AssertionError("the verification does not end")


@pytest.mark.parametrize(("name", "base"), [("auditor", AUDIT), ("admin", f"{API}/office/running")])
def test_verification_as_a_job(world: World, sign_in: SignIn, name: str, base: str) -> None:
    client = sign_in(name)
    started = client.post(f"{base}/verifications")
    assert started.status_code == 202
    found = wait(client, base, started.json()["id"])
    wire.VerificationOut.model_validate(found)
    assert found["verdict"]["whole"]
    with world.office.database.owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_entry SET reason = 'x' WHERE seq = 2"))
    found = wait(client, base, client.post(f"{base}/verifications").json()["id"])
    assert not found["verdict"]["whole"]
    assert "2" in found["verdict"]["findings"][0]["message"]["zh"]
    assert client.post(f"{base}/verifications/{found['id']}/cancel").status_code == 200
    assert client.get(f"{base}/verifications/j-none").status_code == 404


def test_evidence_and_sheet(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "e")
    auditor = sign_in("auditor")
    answer = auditor.get(f"{AUDIT}/evidence.zip", params={"object_kind": "task"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"entries.jsonl", "check.py", "README.txt"} <= set(archive.namelist())
    assert listed(auditor, action="evidence")[0]["who"]["person_id"] == world.person["auditor"]
    assert auditor.get(f"{AUDIT}/evidence.zip", params={"object_kind": "none"}).status_code == 404
    month = clock.today().isoformat()[:7]
    page = auditor.get(f"{AUDIT}/sheet.html", params={"month": month})
    assert "签字" in page.text
    assert auditor.get(f"{AUDIT}/sheet.html", params={"month": "x"}).status_code == 422
    state = auditor.get(f"{AUDIT}/state")
    wire.AuditState.model_validate_json(state.content)
    assert state.json()["anchor"]["anchors"] >= 1
