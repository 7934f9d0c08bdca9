"""Stored scenarios: named by content, whole or absent, merged with their contradictions told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong.city.scenario_store import MOST_NAME, ScenarioStore
from kezhong.city.scenarios import Scenario, document_of, edit_of, merge
from kezhong.errors import ConflictError, InputError, NotFoundError, WorkspaceError

CLOSE = {"kind": "close_edge", "edge": "e1"}
ADD = {"kind": "add_facility", "elements": ["pharmacy"], "lon": 107.0, "lat": 39.0}
MOVE_ADDED = {"kind": "move_facility", "facility": "scenario:1", "lon": 107.1, "lat": 39.0}


@given(
    factor=st.floats(0, 1000), lon=st.floats(-180, 180), lat=st.floats(-90, 90), name=st.text(min_size=1, max_size=30)
)
def test_json_and_back(factor: float, lon: float, lat: float, name: str) -> None:
    scenario = Scenario.of(
        [
            {"kind": "change_people", "area": name, "factor": factor},
            {"kind": "move_facility", "facility": name, "lon": lon, "lat": lat},
            {"kind": "open_link", "from": [lon, lat], "to": [0, 0], "via": [[1, 1]]},
        ]
    )
    again = Scenario.of(json.loads(json.dumps(scenario.documents())))
    assert again == scenario
    assert again.id == scenario.id
    assert all(edit_of(document_of(edit)) == edit for edit in scenario.edits)


@pytest.mark.parametrize(
    "document",
    [
        {}, {"kind": "fly"}, {**ADD, "lon": 200}, {**ADD, "elements": []}, {**ADD, "speed": 1}, [], "close",
        {**ADD, "lat": float("nan")}, {"kind": "resize_facility", "facility": "f", "capacity": -1},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(document: Any) -> None:
    with pytest.raises(InputError, match="第 2 步"):
        Scenario.of([CLOSE, document])


def test_too_many_edits() -> None:
    with pytest.raises(InputError):
        Scenario.of([CLOSE] * 100_000)


def test_stored_by_content(tmp_path: Path) -> None:
    store = ScenarioStore(tmp_path)
    scenario = Scenario.of([CLOSE, ADD])
    first = store.save(scenario, "  甲案 ", note="说明", snapshot="s-1")
    assert (first.id, first.name, first.edits) == (scenario.id, "甲案", 2)
    assert store.get(first.id) == scenario
    # The same edits again are the same scenario, under its new name.
    again = store.save(scenario, "乙案", snapshot="s-2")
    assert again.id == first.id
    assert [one.name for one in store.all()] == ["乙案"]
    other = store.save(Scenario.of([CLOSE]), "甲案")
    with pytest.raises(ConflictError):
        store.rename(other.id, "乙案")
    store.remove(first.id)
    with pytest.raises(NotFoundError):
        store.get(first.id)
    with pytest.raises(NotFoundError):
        store.remove(first.id)
    assert [one.id for one in store.all()] == [other.id]


def test_damaged_files_are_told(tmp_path: Path) -> None:
    store = ScenarioStore(tmp_path)
    made = store.save(Scenario.of([CLOSE]), "甲案")
    file = store.folder / f"{made.id}.json"
    file.write_text(json.dumps([ADD]), "utf-8")
    with pytest.raises(WorkspaceError):
        store.get(made.id)
    file.write_text("[", "utf-8")
    with pytest.raises(WorkspaceError):
        store.get(made.id)
    (store.folder / "names.json").write_text("{", "utf-8")
    with pytest.raises(WorkspaceError):
        store.all()


@pytest.mark.parametrize("name", ["", "   ", "长" * (MOST_NAME + 1)])
def test_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        ScenarioStore(tmp_path).save(Scenario.of([CLOSE]), name)
    with pytest.raises(InputError):
        ScenarioStore(tmp_path).save(Scenario(), "空")


def test_merging_numbers_added_facilities_on_and_tells_contradictions() -> None:
    first, second = Scenario.of([ADD, CLOSE]), Scenario.of([ADD, MOVE_ADDED, CLOSE])
    found = merge(first, second)
    assert [edit.kind for edit in found.scenario.edits] == [
        "add_facility", "close_edge", "add_facility", "move_facility", "close_edge",
    ]  # fmt: skip
    assert found.scenario.edits[3].facility == "scenario:2"  # type: ignore[union-attr]
    assert [(one.first, one.second, one.kind, one.id) for one in found.conflicts] == [(2, 3, "edge", "e1")]
    assert merge(first, Scenario.of([MOVE_ADDED])).scenario.edits[2].facility == "scenario:2"  # type: ignore[union-attr]


def test_undoing_an_empty_scenario() -> None:
    with pytest.raises(ConflictError):
        Scenario().undone()
    assert Scenario.of([CLOSE]).undone() == Scenario()
