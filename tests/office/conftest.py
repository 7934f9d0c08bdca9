"""The small office, empty or filled, on a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kezhong.office.office import Office
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
