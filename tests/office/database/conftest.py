"""State folders for embedded servers of one test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kezhong.office.database import EmbeddedServer
from office_database import state_for_tests


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder for clusters; the tests stop what they start."""
    folder = state_for_tests()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A state folder whose town has a cluster already; nothing runs on it."""
    folder = state_for_tests()
    server = EmbeddedServer(folder, "town", durable=False)
    server.start()
    server.stop()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def town(state: Path, made: Path) -> Path:
    """A copy of that: quicker than creating another cluster."""
    subprocess.run(["cp", "-a", str(made / "town"), str(state)], check=True)
    return state
