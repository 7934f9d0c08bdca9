"""A filled office behind a port of this machine, and pages of people who have signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page
from serving import built_pages, serve

from kezhong.office.identity.sessions import start_session
from kezhong.server import create_app
from kezhong.server.identity import COOKIE
from office_world import World


@dataclass
class ServedOffice:
    """The office at its address. ``breaches`` collects exceptions of pages and breaches of the security policy."""

    world: World
    address: str
    browser: Browser
    breaches: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, name: str, path: str | None = None, *, width: int = 1366, height: int = 768) -> Page:
        """A page of somebody who has signed in, at ``path`` where one is given."""
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True
        )
        token = start_session(
            self.world.office, self.world.person[name], "password", origin="127.0.0.1", user_agent="test"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda problem: self.breaches.append(str(problem)))
        page.on(
            "console",
            lambda message: self.breaches.append(message.text) if "Content Security Policy" in message.text else None,
        )
        if path is not None:
            page.goto(path)
        return page

    def close(self) -> None:
        """Close the pages; none may have thrown anything."""
        for context in self._contexts:
            context.close()
        assert self.breaches == []


@contextmanager
def serve_office(world: World, browser: Browser) -> Iterator[ServedOffice]:
    """Serve the office of a world, and close its pages at the end."""
    app = create_app(world.office.city_folder, office=world.office, static=built_pages(), queue=False)
    with serve(app) as address:
        found = ServedOffice(world, address, browser)
        yield found
        found.close()
