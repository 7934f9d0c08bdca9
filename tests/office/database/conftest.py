"""State folders for embedded servers of one test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from office_database import state_for_tests


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder for clusters; the tests stop what they start."""
    folder = state_for_tests()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
