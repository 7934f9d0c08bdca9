"""What to open first: the list of the server on the map, the one that is chosen; progress, cancelling, a failure."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kezhong.assess import openings as room
from kezhong.assess.openings_kinds import dead_ends
from kezhong.errors import DataMissingError

pytestmark = pytest.mark.browser
API = "/api/v1"


def _json(page: Page, path: str) -> Any:
    answer = page.request.get(f"{API}{path}", timeout=120_000)
    assert answer.ok, answer.text()
    return answer.json()


def _ranked(page: Page, path: str, **asked: str) -> Any:
    """The answer of the server, made by a job of the test's own."""
    begun = page.request.post(f"{API}/jobs", data={"kind": "openings", **asked})
    assert begun.ok, begun.text()
    job, deadline = begun.json(), time.monotonic() + 120
    while job["state"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
        job = _json(page, f"/jobs/{job['id']}")
    assert job["state"] == "done", job
    return _json(page, path)


class Held:
    """Dead ends are not looked at before they are let go; then, where there is a problem, it is met."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.problem: Exception | None = None

    def __call__(self, *asked: Any) -> Any:
        self.reached.set()
        assert self.go_on.wait(120)
        if self.problem:
            raise self.problem
        return dead_ends(*asked)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, page: Page) -> Iterator[Held]:
    if os.environ.get("KEZHONG_WEB"):
        pytest.skip("the server runs in another process and cannot be held")
    found = Held()
    monkeypatch.setattr(room, "dead_ends", found)
    yield found
    found.go_on.set()


def test_the_list_is_the_servers_and_a_row_is_found_on_the_map(page: Page) -> None:
    told = _ranked(page, "/openings")
    page.goto("/map")
    page.locator("[data-openings]").click()
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    rows = panel.locator("[data-opening]")
    expect(rows).to_have_count(len(told["items"]), timeout=120_000)
    first = told["items"][0]
    expect(rows.first.locator("[data-gain]")).to_have_text(f"{round(first['people']):,}")
    rows.first.click()
    page.wait_for_url(re.compile(re.escape(f"{first['lat']:.5f}")[:6]))
    expect(rows.first).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_text(first["elements"][0]["zh"])).to_be_visible()
    page.reload()
    expect(panel.locator('[aria-pressed="true"]')).to_have_count(1, timeout=120_000)


def test_a_walker_brings_ramps_and_gates(page: Page) -> None:
    told = _ranked(page, "/openings?walker=wheelchair&kind=missing_ramp", walker="wheelchair")
    assert told["total"] > 0
    page.goto("/map?open=list")
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    expect(panel.locator("[data-opening]").first).to_be_visible(timeout=120_000)
    panel.locator("[data-field=walker]").select_option("wheelchair")
    page.wait_for_url(re.compile("by=wheelchair"))
    panel.locator("[data-field=kind]").select_option("missing_ramp")
    page.wait_for_url(re.compile("okind=missing_ramp"))
    expect(panel.locator("[data-opening]").first).to_have_attribute("data-opening", told["items"][0]["id"])
    panel.get_by_role("button", name="关闭").click()
    expect(panel).to_have_count(0)


def test_progress_cancel_and_again(page: Page, held: Held) -> None:
    held.go_on.set()
    page.goto("/map?open=list")
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    rows = panel.locator("[data-opening]")
    expect(rows.first).to_be_visible(timeout=120_000)
    before = rows.count()
    held.go_on.clear()
    held.reached.clear()
    panel.locator("[data-field=walker]").select_option("older_80")
    cancel = panel.get_by_role("button", name="取消任务")
    expect(cancel).to_be_visible()
    expect(panel.get_by_role("progressbar")).to_be_visible()
    assert held.reached.wait(60)
    expect(panel.get_by_text(re.compile(r"\d+% · "))).to_be_visible()
    expect(rows).to_have_count(before)  # the answer to the question before stays, faded
    expect(panel.locator("ol")).to_have_class(re.compile("k-stale"))
    cancel.click()
    held.go_on.set()
    expect(panel.locator("[data-stopped]")).to_contain_text("下面仍是上一问题的结果")
    expect(rows).to_have_count(before)
    # The list looks settled also before the new job has begun: only its answer says that it is.
    with page.expect_response(
        lambda answer: f"{API}/openings?" in answer.url and "older_80" in answer.url and answer.ok, timeout=120_000
    ):
        panel.get_by_role("button", name="重新推算").click()
    expect(panel.locator("[data-stopped]")).to_have_count(0)
    expect(panel.locator("ol")).not_to_have_class(re.compile("k-stale"))
    expect(cancel).to_have_count(0)
    told = _json(page, "/openings?walker=older_80")
    expect(rows).to_have_count(len(told["items"]))
    expect(rows.first).to_have_attribute("data-opening", told["items"][0]["id"])


def test_another_question_cancels_the_one_before(page: Page, held: Held) -> None:
    page.goto("/map?open=list&by=pram")
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    expect(panel.get_by_role("button", name="取消任务")).to_be_visible()
    assert held.reached.wait(60)
    panel.locator("[data-field=walker]").select_option("older_70")
    page.wait_for_url(re.compile("by=older_70"))
    page.wait_for_function(
        "async () => (await (await fetch('/api/v1/jobs')).json()).items.some(one => one.parameters.walker === 'older_70')"
    )
    held.go_on.set()
    expect(panel.locator("[data-opening]").first).to_be_visible(timeout=120_000)
    states = {one["parameters"]["walker"]: one["state"] for one in _json(page, "/jobs")["items"]}
    assert (states["pram"], states["older_70"]) == ("cancelled", "done")


def test_a_failure_says_what_and_can_be_tried_again(page: Page, held: Held) -> None:
    held.problem = DataMissingError("assess.no_streets")
    held.go_on.set()
    page.goto("/map?open=list&by=child_alone")
    panel = page.get_by_role("complementary", name="打通哪里最有用")
    expect(panel.get_by_role("alert")).to_contain_text("assess.no_streets", timeout=120_000)
    held.problem = None
    panel.get_by_role("button", name="重试").click()
    expect(panel.locator("[data-opening]").first).to_be_visible(timeout=120_000)
