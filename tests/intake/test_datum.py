"""Datums: conversion against the published forward formulae, refusal of what is missing, mixed or contradictory."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from kezhong.errors import InputError
from kezhong.intake import datum


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The published forward formula, written out here so that the library is checked against something else."""
    a, ee, pi = 6378245.0, 0.00669342162296594323, math.pi
    x, y = lon - 105.0, lat - 35.0
    common = 20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    dlat += (common + 20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    dlat += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    dlon += (common + 20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    dlon += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    radians = lat / 180 * pi
    magic = 1 - ee * math.sin(radians) ** 2
    lat += dlat * 180 / ((a * (1 - ee)) / (magic * math.sqrt(magic)) * pi)
    lon += dlon * 180 / (a / math.sqrt(magic) * math.cos(radians) * pi)
    return lon, lat


def bd09(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 → BD-09, published formula."""
    z = math.hypot(lon, lat) + 0.00002 * math.sin(lat * math.pi * 3000 / 180)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * math.pi * 3000 / 180)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


@settings(max_examples=60, deadline=None)
@given(st.floats(75, 134), st.floats(20, 52))
def test_shifted_datums_come_back_within_a_millimetre(lon: float, lat: float) -> None:
    shifted = gcj02(lon, lat)
    back = datum.to_wgs84(np.array([shifted, shifted]), "gcj02")
    assert np.abs(back - [lon, lat]).max() < 1e-8
    twice = datum.to_wgs84(np.array([bd09(*shifted)]), "bd09")
    assert np.abs(twice - [lon, lat]).max() < 1e-8


def test_projected_coordinates() -> None:
    x, y = Transformer.from_crs("EPSG:4490", "EPSG:4545", always_xy=True).transform(106.8, 39.6)
    assert datum.to_wgs84(np.array([[x, y]]), "EPSG:4545") == pytest.approx(np.array([[106.8, 39.6]]), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GCJ-02", "gcj02"),
        ("高德", "gcj02"),
        ("BD09", "bd09"),
        ("百度", "bd09"),
        ("CGCS2000", "cgcs2000"),
        ("epsg:4545", "EPSG:4545"),
        ("4545", "EPSG:4545"),
        ("WGS 84", "wgs84"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert datum.parse_datum(text) == name


@pytest.mark.parametrize("text", ["beijing54?", "EPSG:999999", ""])
def test_unknown_names(text: str) -> None:
    with pytest.raises(InputError, match="unknown_datum"):
        datum.parse_datum(text)


def test_datum_of_files() -> None:
    assert datum.file_datum("EPSG:4326", None, "f") == "wgs84"
    assert datum.file_datum("EPSG:4490", None, "f") == "cgcs2000"
    assert datum.file_datum("EPSG:4326", "gcj02", "f") == "gcj02"
    assert datum.file_datum(None, "EPSG:4545", "f") == "EPSG:4545"
    with pytest.raises(InputError, match="datum_missing"):
        datum.file_datum(None, None, "f")
    with pytest.raises(InputError, match="datum_conflict"):
        datum.file_datum("EPSG:4545", "gcj02", "f")
    with pytest.raises(InputError, match="datum_conflict"):
        datum.file_datum("EPSG:4545", "EPSG:4546", "f")


def test_suspicions_name_the_likely_cause() -> None:
    frame = shapely.box(106.7, 39.5, 107.0, 39.8)
    points = np.array([[106.8, 39.6], [106.9, 39.7]])
    assert datum.suspect(points, "wgs84", frame) is None
    swapped = datum.suspect(points[:, ::-1], "wgs84", frame)
    assert swapped is not None
    assert "颠倒" in swapped.likely_zh
    x, y = Transformer.from_crs("EPSG:4490", "EPSG:4545", always_xy=True).transform(points[:, 0], points[:, 1])
    wrong_zone = datum.suspect(np.column_stack([x, y]), "EPSG:4547", frame)
    assert wrong_zone is not None
    assert "EPSG:4545" in wrong_zone.likely_en
    elsewhere = datum.suspect(np.array([[2.3, 48.8]]), "wgs84", frame)
    assert elsewhere is not None
    assert "不是本市" in elsewhere.likely_zh
