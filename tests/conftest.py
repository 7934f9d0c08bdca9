"""Shared fixtures: where the real data lie, and empty cities."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from absence import absent
from kezhong.city.config import CityConfig
from kezhong.city.workspace import City

ROOT = Path(__file__).resolve().parents[1]


def _folder(variable: str, default: str) -> Path:
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / default)
    if not folder.is_dir():
        absent(f"{variable} is not set and {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real cities, or a skip that says why."""
    return _folder("KEZHONG_DATA", "data")


@pytest.fixture(scope="session")
def cases_folder() -> Path:
    """The published cases, or a skip that says why."""
    return _folder("KEZHONG_CASES", "cases")


@pytest.fixture
def empty_city(tmp_path: Path) -> City:
    """A city folder without any layer, computed in EPSG:4545."""
    return City.create(tmp_path / "city", CityConfig(name="试验市", crs="EPSG:4545"))
