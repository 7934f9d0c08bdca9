"""The demonstration city is built once; its delivered files are generated once for all tests of a session."""

from __future__ import annotations

import datetime as dt

import pytest

from demo_city import copy_demo_city
from kezhong.city.workspace import City
from kezhong.demo import DemoFiles, generate_files

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """The delivered files of the default seed."""
    return generate_files(tmp_path_factory.mktemp("demo-files"), today=TODAY)


@pytest.fixture(scope="session")
def demo_city(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> City:
    """The assessed city."""
    return City.open(copy_demo_city(pytestconfig, tmp_path_factory.mktemp("demo") / "city"))
