"""Tasks over the wire: the whole way of one, two people at once, what is not allowed, files, comments, import, export."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from typing import Any

import pytest
from callers import API, SignIn, TestClient
from openpyxl import Workbook, load_workbook

from kezhong.office.tasks.sniffing import kind_of_content, without_position
from office_world import World
from tasks_world import make_task

T = f"{API}/office/tasks"


def tag(version: int) -> dict[str, str]:
    return {"If-Match": f'"v{version}"'}


def do(client: TestClient, task: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{T}/{task['id']}/{what}", json=body, headers=tag(task["version"]))
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def step(client: TestClient, task: dict[str, Any], transition: str, **more: Any) -> dict[str, Any]:
    return do(client, task, "steps", transition=transition, **more)


def new(client: TestClient, world: World, org: str = "east", **more: Any) -> dict[str, Any]:
    body = {
        "programme_id": world.programme,
        "org_id": world.org[org],
        "title": "建设菜市场",
        "due_on": "2030-10-01",
        **more,
    }
    answer = client.post(T, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_four_levels_down_and_up(world: World, sign_in: SignIn) -> None:
    office, east, street, community = (sign_in(name) for name in ("office", "east", "street", "community"))
    task = new(office, world, joint=[world.org["d-commerce"]])
    assert task["code"] == "T0001"
    assert task["issuer"]["name"] == "市领导小组办公室"
    assert [one["id"] for one in task["steps"]] == ["issue", "withdraw"]
    task = step(office, task, "issue")
    seen = east.get(f"{T}/{task['id']}").json()
    assert {one["id"] for one in seen["steps"]} == {"accept", "refuse"}
    task = step(east, seen, "accept")
    street_code = next(code for code in world.org if code.startswith("street-150301"))
    whole = do(east, task, "parts", parts=[{"org_id": world.org[street_code], "weight": 2}], issue=True)
    part = street.get(f"{T}/{whole['children'][0]['id']}").json()
    assert part["code"] == "T0001-1"
    assert part["issuer"]["name"]
    part = step(street, part, "accept")
    grand = do(street, part, "parts", parts=[{"org_id": world.org["community-150301001001"]}], issue=True)["children"][
        0
    ]
    low = step(community, community.get(f"{T}/{grand['id']}").json(), "accept")
    low = do(community, low, "progress", progress=60, note="主体完工")
    assert low["state"] == "in_progress"
    assert [one["transition"] for one in low["course"]] == ["issue", "accept", "start", "progress"]
    assert east.get(f"{T}/{whole['id']}").json()["progress"] == 60  # up two levels
    refused = street.post(
        f"{T}/{part['id']}/progress",
        json={"progress": 10},
        headers=tag(street.get(f"{T}/{part['id']}").json()["version"]),
    )
    assert refused.json()["error"]["code"] == "tasks.progress_of_parts"
    low = step(community, low, "report", fields={"reply": "已建成"})
    low = step(street, street.get(f"{T}/{low['id']}").json(), "return", reason="缺面积数据")
    low = step(community, community.get(f"{T}/{low['id']}").json(), "rework")
    low = step(community, low, "report", fields={"reply": "已补充：320 平方米"})
    step(street, street.get(f"{T}/{low['id']}").json(), "approve")
    part = step(street, street.get(f"{T}/{part['id']}").json(), "start")
    part = step(street, part, "report", fields={"reply": "已完成"})
    whole = step(east, east.get(f"{T}/{whole['id']}").json(), "start")
    whole = step(east, whole, "report", fields={"reply": "已完成"})
    blocked = office.post(f"{T}/{whole['id']}/steps", json={"transition": "approve"}, headers=tag(whole["version"]))
    assert blocked.status_code == 409
    assert blocked.json()["error"]["code"] == "tasks.open_parts"
    step(east, east.get(f"{T}/{part['id']}").json(), "approve")
    done = step(office, office.get(f"{T}/{whole['id']}").json(), "approve")
    assert done["state"] == "closed"
    assert done["light"] == "green"
    assert "reopen" in done["allowed"]


def test_a_deadline_on_a_holiday_says_so(world: World, sign_in: SignIn) -> None:
    task = new(sign_in("office"), world, due_on="2026-10-01", starts_on="2026-03-01")
    assert task["due_on"] == "2026-10-01"
    assert task["shifted"]["zh"].startswith("原期限 10月1日为法定节假日")
    assert task["due_at"] > "2026-10-07"


def test_two_people_edit_one_task(world: World, sign_in: SignIn) -> None:
    office = sign_in("office")
    task = new(office, world)
    path = f"{T}/{task['id']}"
    assert office.patch(path, json={"title": "甲"}).status_code == 428
    first = office.patch(path, json={"title": "建设菜市场一处"}, headers=tag(task["version"]))
    assert first.status_code == 200
    second = office.patch(path, json={"measure": "改造老市场"}, headers=tag(task["version"]))
    assert second.status_code == 412
    assert second.json()["error"]["details"]["current"] == first.json()["version"]
    assert office.get(path).json()["title"] == "建设菜市场一处"


def test_creation_happens_once(world: World, sign_in: SignIn) -> None:
    office = sign_in("office")
    body = {"programme_id": world.programme, "org_id": world.org["east"], "title": "甲"}
    answers = [office.post(T, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert office.get(T).json()["items"][0]["title"] == "甲"
    assert len(office.get(T).json()["items"]) == 1
    other = office.post(T, json={**body, "title": "乙"}, headers={"Idempotency-Key": "k1"})
    assert other.json()["error"]["code"] == "office.key_reused"


def test_what_a_unit_may_not(world: World, sign_in: SignIn) -> None:
    office, east, west = sign_in("office"), sign_in("east"), sign_in("west")
    task = step(office, new(office, world), "issue")
    path = f"{T}/{task['id']}"
    assert west.get(path).status_code == 404
    assert west.get(T).json()["items"] == []
    moved = east.patch(path, json={"due_on": "2031-01-01"}, headers=tag(task["version"]))
    assert moved.json()["error"]["code"] == "tasks.not_issuer"  # a unit does not move its own deadline
    assert (
        east.post(T, json={"programme_id": world.programme, "org_id": world.org["west"], "title": "甲"}).status_code
        == 403
    )
    assert (
        office.patch(path, json={"due_on": "2031-01-01"}, headers=tag(task["version"])).json()["error"]["code"]
        == "tasks.due_needs_reason"
    )
    assert (
        sign_in("inspector")
        .post(T, json={"programme_id": world.programme, "org_id": world.org["east"], "title": "甲"})
        .status_code
        == 403
    )
    assert office.post(T, json={"programme_id": 1, "org_id": 1, "title": "甲", "state": "closed"}).status_code == 422


def test_needs_and_circles(world: World, sign_in: SignIn) -> None:
    office = sign_in("office")
    a, b = (new(office, world, title=name) for name in "甲乙")
    a = office.put(f"{T}/{a['id']}/needs", json={"needs": [b["id"]]}, headers=tag(a["version"])).json()
    assert [one["id"] for one in a["needs"]] == [b["id"]]
    circle = office.put(f"{T}/{b['id']}/needs", json={"needs": [a["id"]]}, headers=tag(b["version"]))
    assert circle.json()["error"]["code"] == "tasks.circle"
    east = sign_in("east")
    a = step(office, a, "issue")
    a = step(east, step(east, a, "accept"), "start")
    early = east.post(
        f"{T}/{a['id']}/steps", json={"transition": "report", "fields": {"reply": "好"}}, headers=tag(a["version"])
    )
    assert early.json()["error"]["code"] == "tasks.open_needs"


def test_list_facets_and_other_views(world: World, sign_in: SignIn) -> None:
    for k in range(7):
        make_task(world, "east" if k % 2 else "west", f"K{k}", state="in_progress", light=("red", "green")[k % 2])
    office = sign_in("office")
    first = office.get(T, params={"limit": 3, "sort": "code"}).json()
    second = office.get(T, params={"limit": 3, "sort": "code", "cursor": first["next_cursor"]}).json()
    assert [one["code"] for one in first["items"] + second["items"]] == [f"K{k}" for k in range(6)]
    assert office.get(T, params={"cursor": first["next_cursor"], "sort": "due"}).status_code == 422
    counts = office.get(f"{T}/facets", params={"light": ["red"]}).json()
    assert (counts["total"], counts["by"]["light"]) == (4, {"red": 4, "green": 3})
    assert office.get(f"{T}/board").json()["columns"][4]["count"] == 7
    assert office.get(f"{T}/calendar", params={"month": "2022-12"}).json()["days"][0]["count"] == 7
    assert office.get(f"{T}/gantt", params={"first": "2022-01-01", "last": "2022-12-31"}).json()["total"] == 7
    places = office.get(f"{T}/map").json()
    assert sum(one["count"] for one in places["places"]) + places["own"]["count"] == 7
    assert {one["level"] for one in places["places"]} == {"district"}
    assert office.get(T, params={"state": "gone"}).status_code == 422
    assert sign_in("admin").get(T).status_code == 403
    page = load_workbook(io.BytesIO(office.get(f"{T}/export", params={"light": "red"}).content)).active
    assert page is not None
    assert page.max_row == 8


def test_bulk_says_of_each(world: World, sign_in: SignIn) -> None:
    office = sign_in("office")
    good, bad = new(office, world), new(office, world, due_on=None)
    answer = office.post(
        f"{T}/bulk",
        json={"action": "step", "transition": "issue", "items": [{"id": good["id"]}, {"id": bad["id"]}, {"id": 999}]},
    ).json()
    assert (answer["done"], answer["failed"]) == (1, 2)
    assert [one["ok"] for one in answer["items"]] == [True, False, False]
    assert answer["items"][1]["error"]["code"] == "steps.missing_input"
    again = office.post(f"{T}/bulk", json={"action": "remind", "items": [{"id": good["id"]}]}).json()
    assert again["done"] == 1
    twice = office.post(f"{T}/bulk", json={"action": "remind", "items": [{"id": good["id"]}]}).json()
    assert twice["items"][0]["error"]["code"] == "tasks.reminded_today"


def test_assignment(world: World, sign_in: SignIn) -> None:
    office, community, grid = sign_in("office"), sign_in("community"), sign_in("grid")
    task = step(office, new(office, world, "community-150301001001"), "issue")
    task = step(community, task, "accept")
    people = community.get(f"{T}/{task['id']}/people").json()["items"]
    assert {one["name"] for one in people} == {"community员", "grid员"}
    wrong = community.post(
        f"{T}/{task['id']}/assignee", json={"person_id": world.person["east"]}, headers=tag(task["version"])
    )
    assert wrong.json()["error"]["code"] == "tasks.not_of_unit"
    task = do(community, task, "assignee", person_id=world.person["grid"])
    assert task["assignee"] == "grid员"
    assert grid.get(f"{API}/office/notices").json()["items"][0]["kind"] == "assigned"


# files ---------------------------------------------------------------------------------------------------------------

F = f"{API}/office/files"


def jpeg(*, position: bool = True, direction: int = 6) -> bytes:
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, direction, 0) + struct.pack(">HHII", 0x8825, 4, 1, 50)
    tiff = (
        b"MM\x00*"
        + struct.pack(">I", 8)
        + struct.pack(">H", 2)
        + entries
        + struct.pack(">I", 0)
        + b"GPS 39.6532N 106.8123E"
    )
    exif = b"Exif\x00\x00" + tiff
    app1 = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif if position else b""
    quant = b"\xff\xdb" + struct.pack(">H", 67) + b"\x00" + bytes(64)
    return b"\xff\xd8" + app1 + quant + b"\xff\xda" + struct.pack(">H", 2) + b"picture\xff\xd9" + b"GPS behind"


def docx(**more: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
        for name, content in more.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_files_are_kept_and_given_back(world: World, sign_in: SignIn) -> None:
    task = make_task(world, "east", "T1", state="in_progress")
    east, west = sign_in("east"), sign_in("west")
    where = {"kind": "task", "object_id": task}
    answer = east.post(
        F,
        params={**where, "name": "../../现场 照片.jpg"},
        content=jpeg(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert stored["name"] == "现场 照片.jpg"
    got = east.get(f"{F}/{stored['id']}")
    assert b"GPS" not in got.content  # neither in the Exif nor behind the picture
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert west.get(f"{F}/{stored['id']}").status_code == 404
    assert west.post(F, params={**where, "name": "a.txt"}, content=b"a").status_code == 404
    assert [one["id"] for one in east.get(F, params=where).json()["items"]] == [stored["id"]]
    assert east.delete(f"{F}/{stored['id']}").status_code == 204
    assert east.get(f"{F}/{stored['id']}").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ\x90\x00", "tasks.file_type"), ("a.pdf", b"\xff\xd8\xff\xe0", "tasks.file_extension"),
        ("a.html", b"<script>", "tasks.file_extension"), ("a.docx", docx(**{"word/vbaProject.bin": b"x"}), "tasks.file_type"),
        ("a.jpg", b"\xff\xd8\xff\xe1\x00", "tasks.file_damaged"), ("a.txt", b"", "tasks.file_empty"),
        ("a.svg", b"<svg/>", "tasks.file_extension"), ("a.txt", b"\x00\x01", "tasks.file_type"),
    ],
)  # fmt: skip
def test_files_that_are_refused(world: World, sign_in: SignIn, name: str, content: bytes, code: str) -> None:
    task = make_task(world, "east", "T1", state="in_progress")
    answer = sign_in("east").post(
        F,
        params={"kind": "task", "object_id": task, "name": name},
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code


def test_too_large(world: World, sign_in: SignIn) -> None:
    task = make_task(world, "east", "T1", state="in_progress")
    where = {"kind": "task", "object_id": task, "name": "a.txt"}
    answer = sign_in("east").post(F, params=where, content=b"a" * (20 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert sign_in("east").post(T, content=b"a" * (1024 * 1024 + 1)).status_code == 413  # elsewhere one megabyte


def test_pictures_lose_what_the_camera_wrote() -> None:
    clean = without_position(jpeg(direction=6), "jpg", "a.jpg")
    assert b"GPS" not in clean
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in clean  # but not how to hold it
    assert b"Exif" not in without_position(jpeg(direction=1), "jpg", "a.jpg")
    chunk = struct.pack(">I", 4) + b"tEXtGPS1" + bytes(4)
    end = struct.pack(">I", 0) + b"IEND" + bytes(4)
    png = b"\x89PNG\r\n\x1a\n" + chunk + end
    assert without_position(png, "png", "a.png") == b"\x89PNG\r\n\x1a\n" + end
    assert kind_of_content(docx(), "方案.docx") == "docx"
    assert kind_of_content("序号,任务".encode("gb18030"), "a.csv") == "text"


# comments and views --------------------------------------------------------------------------------------------------


def test_comments_and_mentions(world: World, sign_in: SignIn) -> None:
    task = make_task(world, "east", "T1", state="in_progress")
    east, office = sign_in("east"), sign_in("office")
    where = {"kind": "task", "object_id": task}
    path = f"{API}/office/comments"
    found = office.get(f"{T}/{task}/mentionable", params={"q": "east"}).json()["items"]
    assert world.person["east"] in {one["id"] for one in found}
    spelled = office.get(f"{T}/{task}/mentionable", params={"q": "eastyuan"}).json()["items"]
    assert [one["id"] for one in spelled] == [world.person["east"]]
    told = office.post(path, params=where, json={"text": "@east员 请补充", "mentions": [world.person["east"]]})
    assert told.status_code == 201, told.text
    assert east.get(f"{API}/office/notices").json()["items"][0]["text"]["zh"].startswith("有人在评论中提到您")
    blind = office.post(path, params=where, json={"text": "@west员", "mentions": [world.person["west"]]})
    assert blind.json()["error"]["code"] == "tasks.cannot_mention"
    mine = told.json()["items"][0]
    assert east.patch(f"{path}/{mine['id']}", json={"text": "改"}, headers=tag(1)).status_code == 403
    assert sign_in("west").get(path, params=where).status_code == 404
    edited = office.patch(f"{path}/{mine['id']}", json={"text": "请补充面积"}, headers=tag(1)).json()["items"][0]
    assert edited["edited"]
    gone = office.patch(f"{path}/{mine['id']}", json={"text": None}, headers=tag(2)).json()["items"][0]
    assert (gone["withdrawn"], gone["text"]) == (True, "")


def test_saved_views_are_ones_own(world: World, sign_in: SignIn) -> None:
    east, west = sign_in("east"), sign_in("west")
    path = f"{API}/office/views"
    kept = east.post(path, json={"page": "tasks", "name": "逾期", "query": "late=true"}).json()
    east.post(path, json={"page": "tasks", "name": "逾期", "query": "late=true&light=red"})
    assert [one["query"] for one in east.get(path, params={"page": "tasks"}).json()["items"]] == ["late=true&light=red"]
    assert west.get(path, params={"page": "tasks"}).json()["items"] == []
    assert west.delete(f"{path}/{kept['id']}").status_code == 404
    assert east.delete(f"{path}/{kept['id']}").status_code == 204


def test_a_ledger_over_the_wire(world: World, sign_in: SignIn) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (
        ("序号", "主要任务", "具体措施", "责任单位", "完成时限"),
        (1, "任务甲", "措施", "市民政厅", "2030年6月底"),
    ):
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    body = {
        "name": "台账.xlsx",
        "content": base64.b64encode(out.getvalue()).decode(),
        "programme_id": world.programme,
        "year": 2030,
    }
    office = sign_in("office")
    seen = office.post(f"{T}/import", json=body).json()
    assert (seen["errors"], seen["written"]) == (1, False)
    assert seen["unknown_units"][0]["near"][0]["name"] == "市民政局"
    assert office.post(f"{T}/import", json={**body, "write": True}).status_code == 422
    chosen = {**body, "units": {"市民政厅": world.org["d-civil"]}, "write": True, "issue": True}
    assert office.post(f"{T}/import", json=chosen).json()["counts"]["new"] == 1
    assert office.get(T).json()["items"][0]["state"] == "issued"
    assert sign_in("community").post(f"{T}/import", json=body).status_code == 403
