"""The small office, empty or filled, on a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kezhong.office.office import Office
from office_world import World, make_world, office_of


@pytest.fixture
def office(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Office]:
    """An office with areas and nothing else."""
    with office_of(pytestconfig, tmp_path / "city") as found:
        yield found


@pytest.fixture
def world(office: Office) -> World:
    """An office with units, people and a programme."""
    return make_world(office)
