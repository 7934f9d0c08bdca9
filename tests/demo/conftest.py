"""The demonstration city is generated once, and built once, for all tests of a session."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from kezhong.city.workspace import City
from kezhong.demo import DemoFiles, build_city, generate_files

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """The delivered files of the default seed."""
    return generate_files(tmp_path_factory.mktemp("demo-files"), today=TODAY)


@pytest.fixture(scope="session")
def demo_city(demo_files: DemoFiles, tmp_path_factory: pytest.TempPathFactory) -> City:
    """The assessed city; ``KEZHONG_DEMO_CITY`` names a folder that holds one already."""
    ready = os.environ.get("KEZHONG_DEMO_CITY")
    if ready and Path(ready).is_dir():
        return City.open(ready)
    return build_city(tmp_path_factory.mktemp("demo") / "city", demo_files)
