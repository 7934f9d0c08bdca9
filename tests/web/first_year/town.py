"""The demonstration city with its units and people but nothing done yet, served to a browser, on a day that moves on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from chrome import chromium
from playwright.sync_api import Browser, BrowserContext, Page
from serving import built_pages, serve
from sqlalchemy import select

from demo_city import copy_demo_city
from kezhong import clock
from kezhong.city.config import read_config
from kezhong.city.files import write_json
from kezhong.demo.office import build
from kezhong.demo.office.cast import Cast
from kezhong.demo.office.people import accounts
from kezhong.office.models import Person
from kezhong.office.office import Office
from kezhong.office.secrets import derive
from kezhong.server import create_app
from office_database import fresh_database
from office_world import migrate

#: The first year of the plan of Wuhai, which the shipped template holds.
YEAR = 2022
#: Districts of the demonstration city, in the order of the template's slots.
DISTRICTS = ("999901", "999902", "999903")
#: A street and a community of the first district: one line from the city down, with an account at each level.
STREET, COMMUNITY = "999901001", "999901001001"
#: Who acts, by the name used here: a user name, or the code of a unit for its ordinary staff.
STAFF = ("999902", "999903", "999901001", "999901005")


@dataclass
class Town:
    """The served office, its people by name, and a browser context for each who has signed in."""

    office: Office
    cast: Cast
    browser: Browser
    address: str
    problems: list[str] = field(default_factory=list)
    broken: bool = False  # a chapter failed: those after it cannot begin
    _clock: ExitStack = field(default_factory=ExitStack)
    _pages: dict[str, Page] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)

    # time ------------------------------------------------------------------------------------------------------------

    def on(self, month: int, day: int, hour: int = 10, minute: int = 0) -> date:
        """Let it be this working day (or the next one), for the server and for the browsers; who was in is out by then."""
        return self.on_day(self.cast.day(month, day), hour, minute)

    def on_day(self, day: date, hour: int = 10, minute: int = 0) -> date:
        """Let it be a time of this day."""
        self._clock.close()
        self._clock.enter_context(clock.frozen(self.cast.at(day, hour, minute)))
        for page in self._pages.values():
            page.context.clock.set_fixed_time(clock.now())
        return day

    def close(self) -> None:
        """Close the browsers, and let the clock run again."""
        for page in self._pages.values():
            page.context.close()
        self._clock.close()

    # people ----------------------------------------------------------------------------------------------------------

    def visitor(self, name: str) -> Page:
        """The browser of somebody, not signed in yet."""
        if name not in self._pages:
            context = self.browser.new_context(
                base_url=self.address, viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True
            )
            context.set_default_timeout(30_000)
            context.clock.set_fixed_time(clock.now())
            page = context.new_page()
            page.on("pageerror", lambda problem: self.problems.append(f"{name}: {problem}"))
            page.on("console", lambda said: self._hear(name, said.text))
            self._pages[name] = page
        return self._pages[name]

    def page(self, name: str, path: str = "") -> Page:
        """The page of somebody who is signed in now, at ``path``."""
        page = self.visitor(name)
        if self._since.get(name) != clock.now():
            answer = page.context.request.post("/api/v1/office/session/demo", data={"person": self.cast.people[name]})
            assert answer.ok, answer.text()
            self._since[name] = clock.now()
        if path:
            page.goto(path)
        return page

    def is_in(self, name: str) -> None:
        """Note that somebody has come in through the sign-in page."""
        self._since[name] = clock.now()

    def context(self, name: str) -> BrowserContext:
        """The browser context of somebody."""
        return self._pages[name].context

    def circle(self, code: str) -> str:
        """What a life circle is called."""
        return self.cast.areas[code].name

    def unit(self, name: str) -> str:
        """Short name of somebody's unit."""
        account = next((one for one in accounts(DISTRICTS[0], STREET, COMMUNITY) if one.username == name), None)
        return self.cast.organisations[account.unit if account else name].short_name

    def _hear(self, name: str, text: str) -> None:
        if "Content Security Policy" in text:
            self.problems.append(f"{name}: {text}")


@contextlib.contextmanager
def _light(browser: Browser) -> Iterator[Browser]:
    """A browser that draws without WebGL: no page of the office has a map, and ten people look at once."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    made = browser.browser_type.launch(executable_path=chromium(), args=arguments)
    yield made
    made.close()


@contextlib.contextmanager
def open_town(config: pytest.Config, browser: Browser, folder: Path) -> Iterator[Town]:
    """Set up the office of the demonstration city in ``folder`` and serve it."""
    static = built_pages()
    city = copy_demo_city(config, folder / "city")
    with fresh_database(config, prepare=migrate) as database:
        office = Office(city, read_config(city), database, derive(b"for tests only" * 4), ExitStack())
        office.folder.mkdir(exist_ok=True)
        write_json(office.folder / "office.json", {"format": 1, "made": clock.stamp()})
        office.sync()
        cast = _people(office)
        with serve(create_app(office.city_folder, static=static, office=office)) as address, _light(browser) as light:
            town = Town(office, cast, light, address)
            try:
                yield town
            finally:
                town.close()


def _people(office: Office) -> Cast:
    """Units and people as in the demonstration; nothing of its course."""
    cast = Cast(office, YEAR, clock.now())
    system = office.system("demo")
    with clock.frozen(cast.moment(1, 10)), office.acting(system) as session, session.because("demo.setup"):
        build.make_units(session, cast)
        build.make_people(session, cast, None)
        wanted = [cast.people[name] for name in STAFF]
        for person in session.scalars(select(Person).where(Person.id.in_(wanted))):
            person.demo = True  # so that they come in through the same door
    return cast
