"""What a caller who means harm tries over HTTP: formulas, tokens that widen, other processes, files that are none."""

from __future__ import annotations

import base64
import io
import logging
import zipfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from callers import API, BASE, LOCAL, SignIn, TestClient
from fastapi import FastAPI

from kezhong import clock
from kezhong.office.identity.passwords import hash_password
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import Credential
from kezhong.office.office import Office
from kezhong.server import create_app
from office_world import World
from tasks_world import make_task

PASSWORD = "四个不相干的词 horse"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")')
OCTETS = {"Content-Type": "application/octet-stream"}


def give_password(world: World, name: str) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.add(Credential(person_id=world.person[name], password_hash=hash_password(PASSWORD)))


def cells(content: bytes) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell for page in book.worksheets for row in page.iter_rows() for cell in row if cell.value is not None]


def test_no_cell_that_somebody_wrote_becomes_a_formula(world: World, sign_in: SignIn) -> None:
    admin, office = sign_in("admin"), sign_in("office")
    for number, text in enumerate(FORMULAS):
        make_task(world, "east", f"T{number}", title=text, measure=text, source=text, progress_note=text)
        body = {"name": text, "organisation_id": world.org["east"], "title": text}
        assert admin.post(f"{API}/office/people", json=body).status_code == 201
        unit = {"code": f"x{number}", "name": text, "kind": "department", "area_code": "150301",
                "effective_on": clock.today().isoformat()}  # fmt: skip
        assert admin.post(f"{API}/office/organisations", json=unit).status_code == 201
    for client, path in ((office, "tasks/export"), (admin, "people/export"), (admin, "organisations/export")):
        answer = client.get(f"{API}/office/{path}", params={"programme": world.programme})
        assert answer.status_code == 200, answer.text
        found = cells(answer.content)
        assert any(str(cell.value).lstrip("'") == FORMULAS[0] for cell in found), path
        assert [cell.value for cell in found if cell.data_type == "f"] == []


def test_a_holidays_name_is_no_formula_and_comes_back(sign_in: SignIn) -> None:
    office = sign_in("office")
    day = f"{API}/office/running/calendar/days/2027-05-01"
    assert office.put(day, json={"kind": "holiday", "name": "=1+1"}).status_code == 204
    table = office.get(f"{API}/office/running/calendar/2027/table.csv").content
    assert "放假,'=1+1" in table.decode("utf-8-sig")
    headers = {"Content-Type": "text/csv"}
    assert office.post(f"{API}/office/running/calendar/table", content=table, headers=headers).status_code == 200
    found = office.get(f"{API}/office/running/calendar/2027").json()
    assert "=1+1" in str(found)
    assert "'=1+1" not in str(found["days"]).replace("'name': '=1+1'", "")


def test_a_token_makes_no_key_to_its_owners_account(world: World, sign_in: SignIn, nobody: TestClient) -> None:
    until = (clock.now() + timedelta(days=1)).isoformat()
    body = {"name": "导入", "permissions": ["people:write"], "expires_at": until}
    made = sign_in("admin").post(f"{API}/office/account/tokens", json=body)
    assert made.status_code == 201, made.text
    nobody.headers["Authorization"] = f"Bearer {made.json()['token']}"
    assert nobody.get(f"{API}/session").json()["principal"]
    for path, sent in (
        (f"people/{world.person['admin']}/password", {}),
        (f"people/{world.person['west']}/password", {}),
        (f"people/{world.person['west']}/totp-off", {"reason": "丢失"}),
        ("account/tokens", {**body, "permissions": ["people:write", "roles:grant"]}),
    ):
        answer = nobody.post(f"{API}/office/{path}", json=sent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "identity.session_only"), path
    grants = f"{API}/office/people/{world.person['west']}/grants"
    assert nobody.post(grants, json={}).json()["error"]["code"] == "server.missing_permission"


def test_the_lock_holds_over_several_processes(world: World, served: FastAPI, static: Path) -> None:
    """Another process is another application over another office, on the same database."""
    give_password(world, "east")
    office = world.office
    twin = Office(office.city_folder, office.config, office.database, office.secrets, ExitStack())
    other = create_app(office.city_folder, static=static, office=twin)
    clients = [TestClient(app, base_url=BASE, client=LOCAL) for app in (served, other)]
    for number in range(sign_in_settings().lock_after):
        wrong = clients[number % 2].post(f"{API}/office/session", json={"username": "east", "password": "x" * 12})
        assert wrong.status_code == 401
    for client in clients:
        right = client.post(f"{API}/office/session", json={"username": "east", "password": PASSWORD})
        assert right.status_code == 429


def test_sessions_end_with_the_password_and_rights_with_the_role(
    world: World, sign_in: SignIn, nobody: TestClient
) -> None:
    give_password(world, "street")
    before, east = sign_in("street"), sign_in("street")
    change = {"current": PASSWORD, "new": "另外四个不相干的词 cart"}
    assert east.put(f"{API}/office/account/password", json=change).status_code == 204
    assert before.get(f"{API}/office/tasks").status_code == 401
    assert east.get(f"{API}/office/tasks").status_code == 200
    admin = sign_in("admin")
    person = admin.get(f"{API}/office/people/{world.person['street']}").json()
    grant = person["grants"][0]["id"]
    assert admin.post(f"{API}/office/grants/{grant}/revoke", json={"reason": "调离"}).status_code < 300
    assert east.get(f"{API}/office/tasks").status_code == 403
    assert admin.post(f"{API}/office/people/{world.person['street']}/password").status_code == 200
    assert east.get(f"{API}/session").json()["signed_in"] is False


def test_personal_data_is_in_no_line_of_the_log(
    world: World, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin, east = sign_in("admin"), sign_in("east")
    phone, name = "13912345678", "欧阳长名字"
    body = {"name": name, "organisation_id": world.org["east"], "title": "科员", "phone": phone, "username": "ouyang",
            "email": f"{phone}@example.org"}  # fmt: skip
    made = admin.post(f"{API}/office/people", json=body).json()
    assert phone not in str(made)
    admin.post(f"{API}/office/people", json=body)  # the user name is taken
    admin.post(f"{API}/office/people", json={**body, "username": "ou", "phone": f"{phone}\u0000"})
    admin.post(f"{API}/office/people", json={**body, "phone": [phone]})
    assert phone in admin.post(f"{API}/office/people/{made['id']}/reveal", json={"reason": "联系"}).text
    offer = {"area_code": "150301", "from_kind": "resident", "kind": "room", "text": "空房", "from_name": name,
             "contact": phone}  # fmt: skip
    answer = east.post(f"{API}/office/offers", json=offer)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    for client in (east, sign_in("street"), sign_in("office")):
        for path in ("offers", f"offers/{key}", "people", f"people/{made['id']}", "desk", "notices"):
            told = client.get(f"{API}/office/{path}").text
            assert phone not in told
            assert name not in told or path.startswith("people")
    assert east.get(f"{API}/office/offers/{key}", params={"reveal": True}).status_code == 403
    assert phone in sign_in("office").get(f"{API}/office/offers/{key}", params={"reveal": True}).text
    assert caplog.records
    assert phone not in caplog.text
    assert name not in caplog.text


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return out.getvalue()


WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.svg", b"<svg onload='x()'/>", "tasks.file_extension"),
        ("a.html", b"<script>x()</script>", "tasks.file_extension"),
        ("a.exe", b"MZ\x00\x00", "tasks.file_type"),
        ("a.png", b"%PDF-1.7", "tasks.file_extension"),
        ("a.pdf.html", b"%PDF-1.7", "tasks.file_extension"),
        ("a.zip", packed(x=b"1"), "tasks.file_type"),
        ("a.xlsx", packed(**WORKBOOK, **{"xl/vbaProject.bin": b"x"}), "tasks.file_type"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00", "tasks.file_damaged"),
        ("a.txt", b"", "tasks.file_empty"),
        ("a.txt", b"\x00\x01", "tasks.file_type"),
    ],
)
def test_a_file_is_what_its_bytes_say(world: World, sign_in: SignIn, name: str, content: bytes, code: str) -> None:
    where = {"kind": "task", "object_id": make_task(world, "east", "T1"), "name": name}
    answer = sign_in("east").post(f"{API}/office/files", params=where, content=content, headers=OCTETS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert not list(world.office.files_folder.rglob("*") if world.office.files_folder.exists() else [])


def test_names_lead_nowhere_and_large_files_nowhere_either(world: World, sign_in: SignIn) -> None:
    east = sign_in("east")
    where = {"kind": "task", "object_id": make_task(world, "east", "T1"), "name": "..\\../../etc/\u202epasswd.txt"}
    made = east.post(f"{API}/office/files", params=where, content=b"text", headers=OCTETS).json()
    assert made["name"] == "passwd.txt"
    answer = east.get(f"{API}/office/files/{made['id']}")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    big = east.post(f"{API}/office/files", params=where, content=b"a" * (20 * 2**20 + 1), headers=OCTETS)
    assert (big.status_code, big.json()["error"]["code"]) == (413, "server.too_large")
    body = {"kind": "task", "object_id": where["object_id"], "text": "a" * 2**20}
    assert east.post(f"{API}/office/comments", json=body).status_code == 413


@pytest.mark.parametrize("path", ["people/import", "organisations/import", "tasks/import"])
def test_what_unpacks_to_gigabytes_is_not_unpacked(world: World, sign_in: SignIn, path: str) -> None:
    bomb = packed(**WORKBOOK, **{"xl/worksheets/sheet1.xml": b"<row/>" * 20_000_000})
    client = sign_in("office")
    if path == "tasks/import":
        body = {"name": "台账.xlsx", "content": base64.b64encode(bomb).decode(), "programme_id": world.programme,
                "year": 2023}  # fmt: skip
        answer = client.post(f"{API}/office/{path}", json=body)
    else:
        answer = client.post(f"{API}/office/{path}", content=bomb, headers=OCTETS)
    assert answer.status_code == 422, answer.text
    broken = bytearray(packed(**WORKBOOK))
    broken[60:80] = b"\xff" * 20
    if path == "tasks/import":
        answer = client.post(f"{API}/office/{path}", json={**body, "content": base64.b64encode(broken).decode()})
    else:
        answer = client.post(f"{API}/office/{path}", content=bytes(broken), headers=OCTETS)
    assert answer.status_code == 422, answer.text
