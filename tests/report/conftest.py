"""The small city, for exports."""

from __future__ import annotations

import pytest

import small_city


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> small_city.SmallCity:
    """The city; nobody changes it."""
    return small_city.make(tmp_path_factory.mktemp("small") / "city")
