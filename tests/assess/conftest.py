"""One usual city and its assessment, which nobody changes."""

from __future__ import annotations

import pytest

from assess.cities import Lattice, usual
from kezhong.assess import Assessment, assess
from kezhong.city.workspace import City


@pytest.fixture(scope="session")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> Lattice:
    return usual(tmp_path_factory.mktemp("lattice"))


@pytest.fixture(scope="session")
def city(lattice: Lattice) -> City:
    return lattice.build()


@pytest.fixture(scope="session")
def found(city: City) -> Assessment:
    return assess(city, "kezhong-default")
