"""E-mail over a real socket, webhooks to a real server, retries; nothing inside the house is reached by accident."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from smtp_sink import Sink
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import Delivery, Notice, Task, Webhook
from kezhong.office.steps import take_step
from kezhong.office.telling import mail, webhooks
from kezhong.office.telling.delivering import PAUSES, Delivered, deliver
from kezhong.office.telling.notices import mark_read, my_notices, set_preference, unread_count
from office_world import World
from tasks_world import make_task

NOW = datetime(2022, 4, 1, 2, tzinfo=UTC)


def issue(world: World, code: str = "T1") -> int:
    task = make_task(world, "east", code)
    actor = world.actor("office")  # whose role began today
    with clock.frozen(NOW), world.office.acting(actor) as session:
        take_step(session, session.one(Task, task), "issue")
    return task


def waiting(world: World) -> list[tuple[str, str, int]]:
    with world.office.acting(world.office.system("t")) as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id))
        return [(row.channel, row.state, row.tries) for row in rows]


def test_the_unit_is_told_in_the_application(world: World) -> None:
    task = issue(world)
    with world.office.acting(world.actor("east")) as session:
        found = my_notices(session, world.person["east"], limit=10)
        assert [(one.kind, one.object_id, one.urgency) for one in found] == [("assigned", task, "act")]
        assert unread_count(session, world.person["east"]) == {"unread": 1, "act": 1}
        assert mark_read(session, world.person["west"], [found[0].id]) == 0  # somebody else's
        assert mark_read(session, world.person["east"], None) == 1
        assert unread_count(session, world.person["east"])["unread"] == 0
    assert waiting(world) == []  # no mail server is named


def test_a_mail_goes_out_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sink() as sink:
        monkeypatch.setenv(mail.VARIABLE, sink.url)
        monkeypatch.setenv("KEZHONG_BASE_URL", "https://office.example.org/")
        task = issue(world)
        assert deliver(world.office, NOW) == Delivered(sent=1)
        assert deliver(world.office, NOW) == Delivered()
        (message,) = sink.mails
        assert message["To"] == "east@example.org"
        assert "任务" in str(message["Subject"])
        assert f"https://office.example.org/tasks/{task}" in message.get_content()
        assert message["Message-ID"] == "<notice-1@kezhong>"


def test_a_mail_is_tried_again_and_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sink() as sink:
        monkeypatch.setenv(mail.VARIABLE, sink.url)
        issue(world)
        sink.answers = ["451 later"]
        assert deliver(world.office, NOW) == Delivered(again=1)
        assert deliver(world.office, NOW) == Delivered()  # not before its time
        assert deliver(world.office, NOW + PAUSES[0]) == Delivered(sent=1)
        issue(world, "T2")
        sink.answers = ["550 no such person"]
        assert deliver(world.office, NOW) == Delivered(failed=1)
    issue(world, "T3")  # nobody listens any more
    moment = NOW
    for pause in PAUSES:
        assert deliver(world.office, moment) == Delivered(again=1)
        moment += pause
    assert deliver(world.office, moment) == Delivered(failed=1)
    assert waiting(world)[-1] == ("email", "failed", len(PAUSES) + 1)


def test_preferences(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mail.VARIABLE, "smtp://127.0.0.1:1?from=a@b")
    with world.office.acting(world.actor("east")) as session:
        set_preference(session, world.person["east"], "none", [])
    issue(world)
    assert waiting(world) == []
    with world.office.acting(world.actor("east")) as session:
        set_preference(session, world.person["east"], "all", ["assigned"])
    issue(world, "T2")
    with world.office.acting(world.office.system("t")) as session:
        assert len(session.scalars(select(Notice)).all()) == 1


def test_addresses_of_mail_servers() -> None:
    assert mail.mailer({}) is None
    found = mail.mailer({mail.VARIABLE: "smtps://a%40b:p%2Fw@mail.example.org?from=x@example.org"})
    assert isinstance(found, mail.SmtpMailer)
    assert (found.port, found.user, found.password, found.tls) == (465, "a@b", "p/w", True)
    assert "p/w" not in repr(found)
    for wrong in ("http://x?from=a@b", "smtp://?from=a@b", "smtp://x", "smtp://x:y?from=a@b"):
        with pytest.raises(InputError):
            mail.mailer({mail.VARIABLE: wrong})


class Listener(BaseHTTPRequestHandler):
    heard: list[tuple[dict[str, str], bytes]]
    status = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).heard.append((dict(self.headers), body))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[type[Listener]]:
    kind = type("Heard", (Listener,), {"heard": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kind.port = server.server_port  # type: ignore[attr-defined]
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()


def add_hook(world: World, url: str, *events: str, secret: str | None = "KEZHONG_TEST_SECRET") -> None:  # noqa: S107
    with world.office.acting(world.office.system("t")) as session:
        session.add(Webhook(name="试验", url=url, secret_variable=secret, events=list(events)))


def test_a_webhook_is_signed(world: World, listener: type[Listener]) -> None:
    add_hook(world, f"http://127.0.0.1:{listener.port}/hook?a=1", "task.issue")  # type: ignore[attr-defined]
    add_hook(world, f"http://127.0.0.1:{listener.port}/other", "task.return")  # type: ignore[attr-defined]
    task = issue(world)
    environ = {webhooks.HOSTS_VARIABLE: "127.0.0.1", "KEZHONG_TEST_SECRET": "s3cret"}
    assert deliver(world.office, NOW, environ) == Delivered(sent=1)
    ((headers, body),) = listener.heard
    stamp, signature = (part.split("=")[1] for part in headers[webhooks.SIGNATURE].split(","))
    assert signature == hmac.new(b"s3cret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert told["event"] == "task.issue"
    assert told["object"]["id"] == task
    assert "员" not in body.decode()  # no names of people


def test_redirects_and_failures_are_tried_again(world: World, listener: type[Listener]) -> None:
    add_hook(world, f"http://127.0.0.1:{listener.port}/", "*", secret=None)  # type: ignore[attr-defined]
    issue(world)
    environ = {webhooks.HOSTS_VARIABLE: "127.0.0.1"}
    listener.status = 302
    assert deliver(world.office, NOW, environ) == Delivered(again=1)
    listener.status = 500
    assert deliver(world.office, NOW + timedelta(minutes=2), environ) == Delivered(again=1)
    listener.status = 200
    assert deliver(world.office, NOW + timedelta(hours=2), environ) == Delivered(sent=1)
    assert len(listener.heard) == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]/", "https://user:pw@example.org/", "ftp://example.org/",
        "https://0.0.0.0/", "https://192.168.1.1:8443/", "https://224.0.0.1/", "https:///x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(url: str) -> None:
    with pytest.raises(webhooks.BadWebhookError):
        webhooks.check_address(url, {})


def test_what_must_not_be_told_is_not(world: World) -> None:
    add_hook(world, "https://127.0.0.1/", "*", secret=None)
    issue(world)
    assert deliver(world.office, NOW, {}) == Delivered(failed=1)


def test_a_missing_secret_is_no_reason_to_send_unsigned(world: World, listener: type[Listener]) -> None:
    add_hook(world, f"http://127.0.0.1:{listener.port}/", "*")  # type: ignore[attr-defined]
    issue(world)
    assert deliver(world.office, NOW, {webhooks.HOSTS_VARIABLE: "127.0.0.1"}) == Delivered(failed=1)
    assert listener.heard == []
