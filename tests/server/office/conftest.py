"""The small office behind the application, and people who have signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import BASE, LOCAL, SignIn, TestClient
from fastapi import FastAPI

from kezhong.office.identity.sessions import start_session
from kezhong.office.office import Office
from kezhong.server import create_app
from kezhong.server.identity import COOKIE
from office_world import World, office_of, world_of


@pytest.fixture
def office(request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Office]:
    """An office with areas and nothing else, or already the world where the test asks for that, too."""
    with office_of(pytestconfig, tmp_path / "city", filled="world" in request.fixturenames) as found:
        yield found


@pytest.fixture
def world(office: Office) -> World:
    """An office with units, people and a programme."""
    return world_of(office)


@pytest.fixture
def served(world: World, static: Path) -> FastAPI:
    """The application over the filled office."""
    return create_app(world.office.city_folder, static=static, office=world.office)


@pytest.fixture
def nobody(served: FastAPI) -> TestClient:
    """A caller who has not signed in."""
    return TestClient(served, base_url=BASE, client=LOCAL, raise_server_exceptions=False)


@pytest.fixture
def sign_in(served: FastAPI, world: World) -> SignIn:
    """Signs people of the world in by their user names: ``sign_in("east").get(…)``."""

    def of(name: str) -> TestClient:
        token = start_session(world.office, world.person[name], "password", origin="127.0.0.1", user_agent="test")
        client = TestClient(served, base_url=BASE, client=LOCAL, raise_server_exceptions=False)
        client.cookies.set(COOKIE, token)
        return client

    return of
