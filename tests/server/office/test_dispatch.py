"""Dispatch over HTTP: permissions, versions, files out and in, one creation a key."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from callers import API, SignIn, TestClient

from kezhong import clock
from kezhong.server.models.office import dispatch as wire
from kezhong.server.routes.office.dispatch import XLSX
from office_world import World
from supervision_world import NOW, add_task, fill_in

AT = f"{API}/office/dispatch"


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def wanted(world: World, **values: Any) -> dict[str, Any]:
    return {"programme_id": world.programme, "kind": "monthly", "period": "2022-11", "due_on": "2022-11-30", **values}


def opened(world: World, sign_in: SignIn) -> tuple[int, dict[str, int]]:
    answer = sign_in("office").post(f"{AT}/rounds", json=wanted(world))
    assert answer.status_code == 201, answer.text
    wire.RoundDetail.model_validate_json(answer.content)
    by_id = {key: code for code, key in world.org.items()}
    return answer.json()["id"], {by_id[sheet["org_id"]]: sheet["id"] for sheet in answer.json()["sheets"]}


def send(client: TestClient, path: str, body: Any, version: int, status: int = 200) -> Any:
    answer = client.post(f"{AT}{path}", json=body, headers={"If-Match": f'"v{version}"'})
    assert answer.status_code == status, answer.text
    return answer.json()


def upload(client: TestClient, content: bytes, **query: Any) -> Any:
    return client.post(f"{AT}/preview", params=query, content=content, headers={"Content-Type": XLSX})


def test_out_and_in(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1", progress=10)
    add_task(world, "west", "W-1")
    round_id, sheets = opened(world, sign_in)
    east, office = sign_in("east"), sign_in("office")
    got = east.get(f"{AT}/sheets/{sheets['east']}/file")
    assert got.headers["content-type"] == XLSX
    assert "filename*=UTF-8''" in got.headers["content-disposition"]
    content = fill_in(got.content, {"E-1": {"本期进度(%)": "６０％", "进展情况": "主体完工"}})
    preview = upload(east, content, sheet_id=sheets["east"])
    assert preview.status_code == 200, preview.text
    told = wire.PreviewOut.model_validate_json(preview.content)
    assert told.ready
    assert [(change.before, change.after) for change in told.changes] == [(10, 60)]
    body = {"replies": told.replies, "summary": told.summary, "problems": told.problems_text}
    assert east.post(f"{AT}/sheets/{sheets['east']}/fill", json=body).status_code == 428
    send(east, f"/sheets/{sheets['east']}/fill", body, 9, 412)
    filled = send(east, f"/sheets/{sheets['east']}/fill", body, told.sheet_version)
    wire.SheetOut.model_validate(filled)
    assert filled["state"] == "filled"
    assert filled["allowed"] == []
    detail = office.get(f"{AT}/rounds/{round_id}").json()
    assert detail["counts"] == {"asked": 2, "filled": 1, "accepted": 0, "missing": 1, "late": 0}
    seen = office.get(f"{AT}/sheets/{sheets['east']}").json()
    assert {step["id"] for step in seen["allowed"]} >= {"accept", "return"}
    done = send(office, f"/sheets/{sheets['east']}/accept", {"decisions": {}}, seen["version"])
    assert [row["outcome"] for row in done["written"]] == ["written"]
    assert done["rows"][0]["now_progress"] == 60
    assert upload(east, content).json()["same"]


def test_the_browser_is_checked_as_the_file(world: World, sign_in: SignIn) -> None:
    key = add_task(world, "east", "E-1", progress=10)
    _, sheets = opened(world, sign_in)
    east = sign_in("east")
    body = {"replies": [{"row": f"T{key}", "progress": 5}], "summary": "", "problems": ""}
    checked = east.post(f"{AT}/sheets/{sheets['east']}/check", json=body).json()
    assert (checked["ready"], [one["code"] for one in checked["problems"]]) == (False, ["dispatch.progress_back"])
    refused = send(east, f"/sheets/{sheets['east']}/fill", body, 1, 422)
    assert refused["error"]["code"] == "dispatch.has_errors"
    assert "低于上期" in refused["error"]["message"]["zh"]
    body["replies"][0]["reason"] = "返工"
    assert send(east, f"/sheets/{sheets['east']}/fill", body, 1)["state"] == "filled"


def test_scope_and_permissions(world: World, sign_in: SignIn, nobody: TestClient) -> None:
    add_task(world, "east", "E-1")
    add_task(world, "west", "W-1")
    round_id, sheets = opened(world, sign_in)
    west = sign_in("west")
    assert nobody.get(f"{AT}/rounds").status_code == 401
    assert west.post(f"{AT}/rounds", json=wanted(world, period="2022-12")).status_code == 403
    for path in (f"/sheets/{sheets['east']}", f"/sheets/{sheets['east']}/file"):
        assert west.get(f"{AT}{path}").status_code == 404
    send(west, f"/sheets/{sheets['east']}/fill", {"replies": []}, 1, 404)
    assert [one["org_id"] for one in west.get(f"{AT}/rounds/{round_id}").json()["sheets"]] == [world.org["west"]]
    packed = west.get(f"{AT}/rounds/{round_id}/file")
    assert len(zipfile.ZipFile(io.BytesIO(packed.content)).namelist()) == 1
    assert (
        len(zipfile.ZipFile(io.BytesIO(sign_in("office").get(f"{AT}/rounds/{round_id}/file").content)).namelist()) == 2
    )
    east_file = sign_in("east").get(f"{AT}/sheets/{sheets['east']}/file").content
    assert upload(west, east_file).json()["error"]["code"] == "dispatch.other_unit"
    assert sign_in("grid").get(f"{AT}/rounds").status_code == 403


def test_opening_twice_with_one_key_is_one_round(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1")
    office = sign_in("office")
    first = office.post(f"{AT}/rounds", json=wanted(world), headers={"Idempotency-Key": "k1"})
    again = office.post(f"{AT}/rounds", json=wanted(world), headers={"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert office.post(f"{AT}/rounds", json=wanted(world)).status_code == 409
    assert office.post(f"{AT}/rounds", json=wanted(world, extra=1)).status_code == 422
    listed = office.get(f"{AT}/rounds", params={"kind": "monthly"}).json()
    assert [one["period_zh"] for one in listed["items"]] == ["2022年11月"]
    assert listed["next_cursor"] is None


def test_pages_of_rounds(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1")
    office = sign_in("office")
    for month in (9, 10, 11):
        assert office.post(f"{AT}/rounds", json=wanted(world, period=f"2022-{month:02d}")).status_code == 201
    first = office.get(f"{AT}/rounds", params={"limit": 2}).json()
    second = office.get(f"{AT}/rounds", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["period"] for one in first["items"] + second["items"]] == ["2022-11", "2022-10", "2022-09"]


def test_hostile_uploads(world: World, sign_in: SignIn) -> None:
    east = sign_in("east")
    for content, code in ((b"PK\x03\x04", "dispatch.not_workbook"), (b"x" * 50, "dispatch.not_workbook")):
        answer = upload(east, content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert upload(east, b"x" * (3 * 1024 * 1024)).status_code == 413


def test_bulletin(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1", due_on=clock.today())
    office, west = sign_in("office"), sign_in("west")
    made = office.post(f"{AT}/rounds", json=wanted(world, kind="quarterly", period="2022Q4")).json()
    wire.RoundDetail.model_validate(made)
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"{AT}/rounds/{made['id']}/file").content))
    assert book.sheetnames == ["季通报", "依据条目"]
    assert book["依据条目"]["C2"].value == "E-1"
    units = west.get(f"{AT}/rounds/{made['id']}").json()["bulletin"]["units"]
    assert [unit["figures"]["due"] for unit in units] == [1, 0]
    assert units[0]["rows"]["due"] == []  # figures are for all, rows are not


def test_remind_and_close(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1")
    round_id, sheets = opened(world, sign_in)
    office = sign_in("office")
    assert len(office.post(f"{AT}/rounds/{round_id}/remind").json()["units"]) == 1
    closed = send(office, f"/rounds/{round_id}/close", None, 1)
    assert closed["allowed"] == []
    send(sign_in("east"), f"/sheets/{sheets['east']}/fill", {"replies": []}, 1, 409)


def test_return_and_cancel(world: World, sign_in: SignIn) -> None:
    add_task(world, "east", "E-1")
    _, sheets = opened(world, sign_in)
    at = f"/sheets/{sheets['east']}"
    filled = send(sign_in("east"), f"{at}/fill", {"replies": []}, 1)
    office = sign_in("office")
    assert (
        send(office, f"{at}/return", {"reason": ""}, filled["version"], 422)["error"]["code"] == "steps.missing_input"
    )
    back = send(office, f"{at}/return", {"reason": "请补充", "due": "2022-12-02"}, filled["version"])
    assert (back["state"], back["returns"], back["due_on"]) == ("returned", 1, "2022-12-02")
    gone = send(office, f"{at}/cancel", {"reason": "单位撤并"}, back["version"])
    assert gone["state"] == "cancelled"
