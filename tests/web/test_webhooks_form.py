"""Addresses outside on the page of whoever runs the office: entered, refused, tried, sent again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from office_served import ServedOffice, serve_office
from playwright.sync_api import Browser, expect

from office_world import make_world, office_of

pytestmark = pytest.mark.browser


@pytest.fixture
def served(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ServedOffice]:
    with (
        office_of(pytestconfig, tmp_path_factory.mktemp("office") / "city") as office,
        serve_office(make_world(office), browser) as found,
    ):
        yield found


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[int]]]:
    """An address that answers with the last status of the list."""
    statuses = [503]

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(statuses[-1])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", statuses
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_is_entered_tried_and_sent_again(
    served: ServedOffice, receiver: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, statuses = receiver
    page = served.page("office", "/running/webhooks")
    page.locator("[data-add]").click()
    form = page.locator("form.frame")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_have_count(3)  # name, address, events: each in its place
    form.locator("[name=name]").fill("督查平台")
    form.locator("[name=url]").fill(url)
    form.locator("[data-kind=task] summary").click()
    form.locator("[data-event='task.issue']").check()
    form.locator("[data-make]").click()
    expect(form.locator("[data-secret]")).to_contain_text("KEZHONG_WEBHOOK_SECRET=")
    form.locator("[data-send]").click()
    expect(form.get_by_role("alert")).to_contain_text("未加密")  # refused by the server; what was typed stays
    expect(form.locator("[name=name]")).to_have_value("督查平台")
    monkeypatch.setenv("KEZHONG_WEBHOOK_HOSTS", "127.0.0.1")
    monkeypatch.setenv("KEZHONG_WEBHOOK_SECRET", "s")
    form.locator("[data-send]").click()
    expect(form).to_have_count(0)
    page.reload()
    hook = page.locator("tr[data-hook]")
    expect(hook).to_contain_text("任务 · 下达")
    expect(page.locator("[data-secret]")).to_have_count(0)  # shown once
    hook.locator("[data-test]").click()
    expect(page.get_by_role("status").filter(has_text="试发")).to_contain_text("试发失败：OSError: HTTP 503")
    row = page.locator("tr[data-delivery]").first
    expect(row).to_contain_text("失败")
    statuses.append(204)
    hook.locator("[data-test]").click()
    expect(page.get_by_role("status").filter(has_text="试发")).to_contain_text("试发成功")
    page.reload()
    expect(row).to_contain_text("已送达")
    failed = page.locator("tr[data-delivery]").nth(1)
    failed.locator("[data-retry]").click()
    expect(failed).to_contain_text("待发")
    hook.locator("[data-edit]").click()
    form.locator("[name=active]").select_option(label="已停用")
    form.locator("[data-send]").click()
    expect(hook.locator("[data-test]")).to_be_disabled()


def test_it_is_for_who_runs_the_office(served: ServedOffice) -> None:
    page = served.page("east", "/running/webhooks")
    expect(page.locator("[data-add]")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("缺少权限")
