"""Runs: immutable folders, whole or absent."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.city import results
from kezhong.city.results import FIGURE_COLUMNS, FIGURE_KEY, TABLES, Run, RunKey, RunStore, empty_table, typed_table
from kezhong.errors import NotFoundError, WorkspaceError

KEY = RunKey("s-1", "kezhong-default", "abc", parameters={"snap_m": 100, "a": [1, 2]})


def _write(store: RunStore, key: RunKey = KEY, created: str = "2026-01-01T00:00:00Z") -> Run:
    tables = {name: empty_table(columns) for name, columns in TABLES.items()}
    tables["demand"] = pd.DataFrame({"demand_id": ["d1", "d2"]})
    arrays = {"nearest_dm": np.array([[5, 7]], dtype=np.uint32)}
    return store.write(key, {"created": created, "cell_elements": ["nursery"]}, tables, arrays, ["f1"])


def test_write_and_read(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.all() == []
    assert store.find(KEY) is None
    run = _write(store)
    assert run.id == KEY.run_id
    assert run.elements == ["nursery"]
    assert run.demand_ids == ["d1", "d2"]
    assert run.facility_ids == ["f1"]
    assert run.array("nearest_dm").tolist() == [[5, 7]]
    assert list(run.figures.columns) == list(FIGURE_COLUMNS)
    assert len(run.shortfalls) == len(run.grades) == 0
    assert run.manifest["basis_hash"] == "abc"
    found = store.find(KEY)
    assert found is not None
    assert found.id == run.id
    assert store.get(run.id).manifest == run.manifest
    with pytest.raises(NotFoundError):
        run.array("nothing")


def test_ids_depend_on_the_whole_question() -> None:
    others = [
        replace(KEY, snapshot="s-2"),
        replace(KEY, basis_hash="abd"),
        replace(KEY, walker="elderly"),
        replace(KEY, window="weekend"),
        replace(KEY, scenario="x"),
        replace(KEY, version="2"),
        replace(KEY, parameters={"snap_m": 101, "a": [1, 2]}),
    ]
    assert len({key.run_id for key in [KEY, *others]}) == len(others) + 1
    assert replace(KEY, parameters={"a": [1, 2], "snap_m": 100}).run_id == KEY.run_id


def test_newest_first(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    first = _write(store, created="2026-01-01T00:00:00Z")
    second = _write(store, replace(KEY, walker="elderly"), created="2026-01-02T00:00:00Z")
    assert [run.id for run in store.all()] == [second.id, first.id]


def test_writing_again_replaces(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    _write(store)
    run = _write(store, created="2026-05-01T00:00:00Z")
    assert run.manifest["created"] == "2026-05-01T00:00:00Z"
    assert len(store.all()) == 1
    assert [path.name for path in store.folder.iterdir()] == [run.id]


@pytest.mark.parametrize("wrong", ["", "r-", "x", "../etc", "r-../../etc", "r-0000000000000000", "r-a/b"])
def test_unknown_runs(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(NotFoundError) as problem:
        RunStore(tmp_path).get(wrong)
    assert problem.value.code == "city.no_run"


def test_a_full_disk_leaves_no_half_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(tmp_path)
    before = _write(store)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(results.np, "save", full)
    for key in (KEY, replace(KEY, walker="elderly")):
        with pytest.raises(WorkspaceError) as wrong:
            _write(store, key)
        assert wrong.value.code == "city.disk_full"
    assert [path.name for path in store.folder.iterdir()] == [before.id]
    assert store.get(before.id).array("nearest_dm").tolist() == [[5, 7]]


def test_an_interruption_leaves_no_half_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(results.np, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        _write(RunStore(tmp_path))
    assert RunStore(tmp_path).all() == []
    assert list((tmp_path / "runs").iterdir()) == []


def test_tables_have_their_schema() -> None:
    assert set(FIGURE_KEY) <= set(FIGURE_COLUMNS)
    for columns in TABLES.values():
        table = empty_table(columns)
        assert list(table.columns) == list(columns)
        with pytest.raises(ValueError, match="columns differ"):
            typed_table(table.drop(columns=next(iter(columns))), columns)
        with pytest.raises(ValueError, match="columns differ"):
            typed_table(table.assign(more=1), columns)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=4))
def test_run_ids_are_plain_file_names(parameters: dict[str, object]) -> None:
    name = RunKey("s", "b", "h", parameters=parameters).run_id
    assert name[:2] == "r-"
    assert name[2:].isalnum()
    assert len(name) == 18
