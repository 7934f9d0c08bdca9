"""Notices over the wire; webhooks and the round for who runs the office."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

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


def test_a_webhook_is_tried_and_its_deliveries_are_listed(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sign_in("office")
    path = f"{API}/office/webhooks"
    monkeypatch.setenv("KEZHONG_WEBHOOK_HOSTS", "127.0.0.1")
    statuses = iter((503, 204))

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(next(statuses))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    heard: list[dict[str, object]] = []
    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        body = {"name": "督查平台", "url": f"http://127.0.0.1:{server.server_port}/x", "events": ["task.*"]}
        made = office.post(path, json=body).json()
        other = office.post(path, json={**body, "name": "另一个"}).json()
        assert sign_in("east").post(f"{path}/{made['id']}/test").status_code == 403
        first = office.post(f"{path}/{made['id']}/test").json()
        assert (first["state"], first["tries"]) == ("failed", 1)  # a test is not tried again by itself
        assert "503" in first["problem"]
        second = office.post(f"{path}/{made['id']}/test").json()
        assert (second["state"], second["problem"]) == ("sent", "")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [one["event"] for one in heard] == ["webhook.test", "webhook.test"]
    deliveries = f"{API}/office/deliveries"
    assert [one["id"] for one in office.get(deliveries).json()["items"]] == [first["id"]]
    assert [one["id"] for one in office.get(deliveries, params={"sent": True}).json()["items"]] == [
        second["id"], first["id"],
    ]  # fmt: skip
    assert office.get(deliveries, params={"sent": True, "webhook": other["id"]}).json()["items"] == []
    assert office.post(f"{deliveries}/{first['id']}/retry").status_code == 204
    assert office.get(deliveries).json()["items"][0]["state"] == "waiting"
    office.put(f"{path}/{other['id']}", json={**body, "active": False}, headers={"If-Match": '"v1"'})
    refused = office.post(f"{path}/{other['id']}/test")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "telling.webhook_off")
    assert office.post(f"{path}/999/test").status_code == 404


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
