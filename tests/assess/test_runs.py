"""Runs: the same question is the same run; bad questions, cancelling, a damaged cache."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assess.cities import usual
from kezhong.assess import assess, open_assessment
from kezhong.city.config import CityConfig
from kezhong.city.results import RunStore
from kezhong.city.workspace import City
from kezhong.errors import CancelledError, DataMissingError, InputError, NotFoundError


def test_second_basis_needs_no_search_and_the_same_question_is_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = usual(tmp_path).build()
    first = assess(city, "kezhong-default")

    def fail(*args: object, **more: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr("kezhong.assess.reach.search", fail)
    assert assess(city, "gb50180-2018").run.id != first.run.id
    assert assess(city, "kezhong-default").run.id == first.run.id
    again = open_assessment(city, first.run.id)
    assert again.basis.hash == first.basis.hash


def test_two_runs_are_equal_byte_for_byte(tmp_path: Path) -> None:
    city = usual(tmp_path).build()
    first = assess(city, "kezhong-default")
    files = sorted(path for path in first.run.folder.rglob("*") if path.suffix in (".parquet", ".npy"))
    before = {path.name: path.read_bytes() for path in files}
    for cached in (city.folder / "cache").glob("reach-*"):
        cached.unlink()
    second = assess(city.refresh(), "kezhong-default", force=True)
    assert second.run.id == first.run.id
    after = {path.name: path.read_bytes() for path in files}
    assert before == after


def test_bad_questions(city: City, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        assess(city, "no-such-basis")
    with pytest.raises(NotFoundError):
        assess(city, walker="nobody")
    with pytest.raises(InputError):
        assess(city, window="midnight")
    with pytest.raises(DataMissingError):
        assess(City.create(tmp_path / "empty", CityConfig(name="空", crs="EPSG:4545")))
    found = assess(city)
    with pytest.raises(NotFoundError):
        found.coverage("wet_market", level="planet")
    with pytest.raises(InputError):
        found.coverage("wet_market", variant="moon")


def test_cancelling_leaves_no_run(tmp_path: Path) -> None:
    city = usual(tmp_path).build()

    def stop(share: float, step: str) -> None:
        if share > 0.75:
            raise CancelledError("cli.interrupted")

    with pytest.raises(CancelledError):
        assess(city, progress=stop)
    assert RunStore(city.folder).all() == []
    assert len(assess(city).figures)


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    city = usual(tmp_path).build()
    first = assess(city)
    for cached in (city.folder / "cache").glob("reach-*"):
        cached.write_bytes(b"PK damaged")
    second = assess(city, force=True)
    pd.testing.assert_frame_equal(first.figures, second.figures)
