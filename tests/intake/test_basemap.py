"""The offline base map."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kezhong.errors import InputError
from kezhong.intake import basemap
from kezhong.intake.osm_sweep import sweep

from .osm_text import OsmText, block


def written(folder: Path) -> Path:
    text = OsmText()
    block(text)
    text.node(500, 100, 100, place="suburb", name="海勃湾区")
    text.nodes({600: (0, 0), 601: (100, 0), 602: (100, 100), 603: (0, 100)})
    text.way(600, [600, 601, 602, 603, 600], leisure="park", name="人民公园")
    text.way(601, [600, 601, 602, 600], building="apartments")
    return text.write(folder / "a.osm")


def test_layers_and_names(tmp_path: Path) -> None:
    collector = basemap.BasemapCollector()
    sweep(written(tmp_path), [collector])
    frames = collector.frames()
    assert set(frames) == {"street", "green", "building", "place", "label"}
    assert frames["street"]["class"].unique().tolist() == ["minor"]
    assert frames["label"]["name"].tolist() == ["人民公园"]
    assert frames["place"]["name"].tolist() == ["海勃湾区"]


def test_the_archive_has_the_declared_layers(tmp_path: Path) -> None:
    target = basemap.build(written(tmp_path), tmp_path / "out.pmtiles")
    content = target.read_bytes()
    assert content[:7] == b"PMTiles"
    assert content[7] == 3  # version of the archive
    assert content[99] == 1  # Mapbox vector tiles
    assert content[101] == basemap.MAX_ZOOM
    start, size = (int.from_bytes(content[at : at + 8], "little") for at in (24, 32))
    metadata = content[start : start + size]
    text = (gzip.decompress(metadata) if metadata[:2] == b"\x1f\x8b" else metadata).decode()
    for layer in ("street", "green", "building", "place"):
        assert f'"{layer}"' in text


def test_its_name_changes_with_its_content(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"a")
    two.write_bytes(b"b")
    assert basemap.asset_name(one) != basemap.asset_name(two)


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    text = OsmText()
    text.node(1, 0, 0, railway="signal")
    with pytest.raises(InputError) as caught:
        basemap.build(text.write(tmp_path / "a.osm"), tmp_path / "out.pmtiles")
    assert caught.value.code == "intake_osm.no_basemap"
