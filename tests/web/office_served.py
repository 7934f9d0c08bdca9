"""An office served on a free port of this machine, and pages of people who have signed in."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from absence import absent
from kezhong.office.identity.sessions import start_session
from kezhong.server.identity import COOKIE
from kezhong.server.routes.pages import STATIC
from office_world import World


@dataclass
class ServedOffice:
    """The filled office behind an address."""

    world: World
    address: str
    browser: Browser

    def page(self, name: str, path: str, width: int = 1366, height: int = 768) -> Page:
        """A page of the person, on which an exception fails the test."""
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        token = start_session(
            self.world.office, self.world.person[name], "password", origin="127.0.0.1", user_agent="test"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda problem: pytest.fail(str(problem)))
        page.goto(path)
        return page


@contextmanager
def serve(world: World, browser: Browser) -> Iterator[ServedOffice]:
    """Serve the office; ``KEZHONG_STATIC`` names another build of the pages."""
    static = Path(os.environ.get("KEZHONG_STATIC", STATIC))
    if not (static / "index.html").is_file():
        absent("the web application is not built: run `make setup`")
    import uvicorn

    from kezhong.server import create_app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(world.office.city_folder, office=world.office, static=static, queue=False)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.05)
    yield ServedOffice(world, f"http://127.0.0.1:{port}", browser)
    server.should_exit = True
    thread.join(20)
