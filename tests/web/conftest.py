"""A browser, and the demonstration city served to it on a free port of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from chrome import ARGUMENTS, chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from serving import built_pages, serve

from absence import absent
from demo_city import copy_demo_city
from kezhong.server import create_app

# Other workers share the processors: an answer may take long, and a test that waits says no less.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        absent("no Chromium: install one or set KEZHONG_CHROMIUM to its path")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def address(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the served demonstration city; ``KEZHONG_WEB`` names one that runs already."""
    given = os.environ.get("KEZHONG_WEB")
    if given:
        yield given.rstrip("/")
        return
    static = built_pages()
    folder = copy_demo_city(pytestconfig, tmp_path_factory.mktemp("web") / "city")
    with serve(create_app(folder, static=static), "on") as found:
        yield found


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=address, viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True
    )
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which neither an exception nor a breach of the security policy goes unnoticed."""
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield opened
    assert problems == []
