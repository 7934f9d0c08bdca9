"""An office on a cluster of its own for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults_world import own_office

from kezhong.office.database import EmbeddedServer
from office_database import state_for_tests
from office_world import World


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, World]]:
    state = state_for_tests()
    with own_office(state, tmp_path / "city") as found:
        yield found
    shutil.rmtree(state, ignore_errors=True)
