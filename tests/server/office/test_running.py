"""Running the office over HTTP: state, backup, calendar, reminder rules."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from callers import API, SignIn
from test_audit import add_task

from kezhong.office.database.backup import verify_backup
from kezhong.office.keeping import reminder_rules
from kezhong.server.models.office import running as wire
from office_world import World

RUNNING = f"{API}/office/running"


def test_state_anchor_and_round(world: World, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    answer = admin.get(RUNNING)
    found = wire.RunningOut.model_validate_json(answer.content)
    assert found.database.revision == found.database.newest
    assert (found.backup, found.anchor.anchors) == (None, 0)
    assert admin.post(f"{RUNNING}/anchors").json()["seq"] > 0
    assert not wire.ClockRoundOut.model_validate_json(admin.post(f"{RUNNING}/rounds").content).skipped
    assert admin.get(RUNNING).json()["anchor"]["anchors"] == 1


@pytest.mark.parametrize("name", ["auditor", "east", "civil", "community", "analyst"])
def test_only_who_runs_the_office(sign_in: SignIn, name: str) -> None:
    client = sign_in(name)
    assert client.get(RUNNING).status_code == 403
    for path in ("backups", "anchors", "rounds", "verifications"):
        assert client.post(f"{RUNNING}/{path}").status_code == 403
    assert client.put(f"{RUNNING}/calendar/days/2030-01-01", json={"kind": "holiday"}).status_code == 403
    assert (
        client.post(f"{RUNNING}/calendar/table", content=b"x", headers={"content-type": "text/csv"}).status_code == 403
    )
    assert client.get(f"{RUNNING}/reminders").status_code == 403
    assert client.get(f"{RUNNING}/calendar/2026").status_code == 200  # holidays are for everybody


def test_a_backup_as_a_job(world: World, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    job = admin.post(f"{RUNNING}/backups").json()["id"]
    for _ in range(200):
        if (state := admin.get(f"{RUNNING}/backups/{job}").json()["state"]) not in ("queued", "running"):
            break
        time.sleep(0.05)
    assert state == "done"
    found = admin.get(RUNNING).json()["backup"]
    file: Path = world.office.folder / "backups" / found["file"]
    assert file.stat().st_size == found["bytes"]
    assert verify_backup(file).manifest.tables


def test_the_working_calendar(world: World, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    year = wire.CalendarYearOut.model_validate_json(admin.get(f"{RUNNING}/calendar/2029").content)
    assert not year.known
    assert year.missing[0].zh == "元旦"
    day = f"{RUNNING}/calendar/days/2029-01-01"
    assert admin.put(day, json={"kind": "holiday", "name": "元旦"}).status_code == 204
    assert admin.put(day, json={"kind": "holiday", "name": "新年"}).status_code == 204
    (row,) = admin.get(f"{RUNNING}/calendar/2029").json()["days"]
    assert row == {"day": "2029-01-01", "kind": "holiday", "name": "新年", "own": True}
    table = admin.get(f"{RUNNING}/calendar/2029/table.csv").content
    assert table.decode("utf-8-sig").splitlines() == ["日期,类别,名称", "2029-01-01,放假,新年"]
    more = table + "2029-05-01,放假,劳动节\r\n".encode()
    csv = {"content-type": "text/csv"}
    assert admin.post(f"{RUNNING}/calendar/table", content=more, headers=csv).json() == {"days": 2}
    bad = admin.post(f"{RUNNING}/calendar/table", content=more + "2029-13-01,放假,\r\n".encode(), headers=csv)
    assert bad.status_code == 422
    assert bad.json()["error"]["details"]["row"] == 4
    assert admin.delete(day).status_code == 204
    assert admin.delete(day).status_code == 404
    assert [one["day"] for one in admin.get(f"{RUNNING}/calendar/2029").json()["days"]] == ["2029-05-01"]
    for wrong in ({"kind": "feast"}, {"kind": "holiday", "name": "x" * 41}, {"kind": "holiday", "more": 1}):
        assert admin.put(day, json=wrong).status_code == 422
    audit = sign_in("auditor").get(f"{API}/office/audit", params={"action": "calendar"}).json()["items"]
    assert [one["action"] for one in audit] == ["calendar.remove", "calendar.import", "calendar.set", "calendar.set"]


def test_reminder_rules(world: World, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    answer = admin.get(f"{RUNNING}/reminders")
    page = answer.json()
    wire.RemindersOut.model_validate(page)
    assert (answer.headers["etag"], page["proposal"], page["version"]) == ('"v0"', True, 0)
    wanted = {key: page[key] for key in ("count", "at")} | {"proposal": False, "rules": page["rules"][:3]}
    assert admin.put(f"{RUNNING}/reminders", json=wanted).status_code == 428
    changed = admin.put(f"{RUNNING}/reminders", json=wanted, headers={"If-Match": '"v0"'})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == '"v1"'
    with world.office.acting(world.office.system("test")) as session:
        assert len(reminder_rules(session).rules) == 3
    second = admin.put(f"{RUNNING}/reminders", json=wanted, headers={"If-Match": '"v0"'})
    assert second.status_code == 412
    assert second.json()["error"]["details"]["current"] == 1
    backwards = wanted | {"rules": [*reversed(page["rules"][:3])]}
    refused = admin.put(f"{RUNNING}/reminders", json=backwards, headers={"If-Match": '"v1"'})
    assert refused.status_code == 422
    assert "应晚于" in refused.json()["error"]["message"]["zh"]


def test_the_second_editor_of_a_task_is_told_the_version_that_is_there(world: World, sign_in: SignIn) -> None:
    key = add_task(world, "east", "T1")
    path = f"{API}/office/tasks/{key}"
    first, second = sign_in("office"), sign_in("office")
    tag = first.get(path).headers["etag"]
    assert second.get(path).headers["etag"] == tag
    done = first.patch(path, json={"title": "甲改"}, headers={"If-Match": tag})
    assert done.status_code == 200
    refused = second.patch(path, json={"title": "乙改"}, headers={"If-Match": tag})
    assert refused.status_code == 412
    assert refused.json()["error"]["details"]["current"] == int(done.headers["etag"].strip('"v'))
    found = second.get(path)
    assert (found.headers["etag"], found.json()["title"]) == (done.headers["etag"], "甲改")
