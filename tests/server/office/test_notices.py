"""Notices over the wire; webhooks and the round for who runs the office."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from callers import API, SignIn

from office_world import World
from tasks_world import make_task

N = f"{API}/office/notices"


def told(world: World, sign_in: SignIn) -> int:
    task = make_task(world, "east", "T1")
    answer = sign_in("office").post(
        f"{API}/office/tasks/{task}/steps", json={"transition": "issue"}, headers={"If-Match": '"v1"'}
    )
    assert answer.status_code == 200, answer.text
    return task


def test_notices_are_ones_own(world: World, sign_in: SignIn) -> None:
    task = told(world, sign_in)
    east, west = sign_in("east"), sign_in("west")
    found = east.get(N).json()
    assert (found["unread"], found["act"]) == (1, 1)
    one = found["items"][0]
    assert one["page"] == f"/tasks/{task}"
    assert one["text"]["zh"].startswith("新任务待签收：任务“T1")
    assert west.get(N).json()["items"] == []
    assert west.post(f"{N}/read", json={"ids": [one["id"]]}).json()["unread"] == 0
    assert east.get(f"{N}/unread").json()["unread"] == 1
    first = east.get(f"{N}/unread")
    assert east.get(f"{N}/unread", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert east.post(f"{N}/read", json={"ids": None}).json() == {"unread": 0, "act": 0}
    assert east.get(N, params={"unread": True}).json()["items"] == []


def test_pages(world: World, sign_in: SignIn) -> None:
    east = sign_in("east")
    office = sign_in("office")
    for k in range(5):
        task = make_task(world, "east", f"K{k}")
        office.post(f"{API}/office/tasks/{task}/steps", json={"transition": "issue"}, headers={"If-Match": '"v1"'})
    first = east.get(N, params={"limit": 2}).json()
    second = east.get(N, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 4


def test_preferences(world: World, sign_in: SignIn) -> None:
    east = sign_in("east")
    assert east.get(f"{N}/preferences").json()["email"] == "act"
    kept = east.put(f"{N}/preferences", json={"email": "none", "muted": ["approved"]}).json()
    assert (kept["email"], kept["muted"]) == ("none", ["approved"])
    refused = east.put(f"{N}/preferences", json={"email": "none", "muted": ["overdue"]})
    assert refused.json()["error"]["code"] == "telling.bad_preference"  # what one must act on is always told here


def test_webhooks_are_for_who_runs_the_office(world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    office = sign_in("office")
    path = f"{API}/office/webhooks"
    body = {"name": "督查平台", "url": "https://127.0.0.1/x", "events": ["task.*"], "secret_variable": "KEZHONG_HOOK"}
    assert sign_in("east").get(path).status_code == 403
    refused = office.post(path, json=body)
    assert refused.json()["error"]["code"] == "telling.bad_webhook"
    assert office.post(path, json={**body, "events": ["nothing"]}).json()["error"]["code"] == "telling.bad_preference"
    assert office.post(path, json={**body, "secret_variable": "HOME"}).status_code == 422
    monkeypatch.setenv("KEZHONG_WEBHOOK_HOSTS", "127.0.0.1")
    made = office.post(path, json=body).json()
    assert made["secret_set"] is False
    off = office.put(f"{path}/{made['id']}", json={**body, "active": False}, headers={"If-Match": '"v1"'}).json()
    assert off["active"] is False
    assert office.get(f"{API}/office/deliveries").json()["queue"]["running"] is False  # no worker without its lifespan


def test_the_round_by_hand(world: World, sign_in: SignIn) -> None:
    make_task(
        world, "east", "T1", state="in_progress", due=date(2023, 6, 30), issued_at=datetime(2022, 3, 1, tzinfo=UTC)
    )
    office = sign_in("office")
    assert office.post(f"{API}/office/round").json()["escalations"] == 1
    assert office.post(f"{API}/office/round").json() == {
        "lights": 0,
        "reminders": 0,
        "escalations": 0,
        "skipped": False,
    }
    assert sign_in("east").post(f"{API}/office/round").status_code == 403
    assert sign_in("east").get(N).json()["items"][0]["kind"] in ("overdue", "escalated")
