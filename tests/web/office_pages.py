"""The small office behind a port of this machine, and pages of people who have signed in."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from absence import absent
from kezhong.office.identity.sessions import start_session
from kezhong.server.identity import COOKIE
from kezhong.server.routes.pages import STATIC
from office_world import World, make_world, office_of


@dataclass
class OfficePages:
    """The filled office, served. ``breaches`` collects exceptions and breaches of the security policy."""

    world: World
    address: str
    browser: Browser
    breaches: list[str] = field(default_factory=list)

    def page(self, name: str, width: int = 1366, height: int = 768) -> Page:
        """A page of somebody who has signed in."""
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        token = start_session(
            self.world.office, self.world.person[name], "password", origin="127.0.0.1", user_agent="t"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda problem: self.breaches.append(str(problem)))
        page.on(
            "console",
            lambda message: self.breaches.append(message.text) if "Content Security Policy" in message.text else None,
        )
        return page


@contextmanager
def office_pages(config: pytest.Config, folder: Path, browser: Browser) -> Iterator[OfficePages]:
    """Serve a filled office whose city lies in ``folder``; ``KEZHONG_STATIC`` names another build of the pages."""
    static = Path(os.environ.get("KEZHONG_STATIC") or STATIC)
    if not (static / "index.html").is_file():
        absent("the web application is not built: run `make setup`")
    import uvicorn

    from kezhong.server import create_app

    with office_of(config, folder) as office:
        world = make_world(office)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        app = create_app(office.city_folder, office=office, static=static, queue=False)
        app.state.office.close = lambda: None  # the fixture closes it
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                pytest.fail("the server did not start")
            time.sleep(0.05)
        found = OfficePages(world, f"http://127.0.0.1:{port}", browser)
        yield found
        server.should_exit = True
        thread.join(20)
        assert found.breaches == []
