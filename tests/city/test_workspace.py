"""The city folder: one edit is one snapshot or nothing, whatever goes wrong in between."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kezhong.city import files, snapshots, workspace
from kezhong.city.config import CityConfig, read_config
from kezhong.city.workspace import City, is_city
from kezhong.errors import ConflictError, DataMissingError, NotFoundError, WorkspaceError


def _sites(*names: str, land: float = 100.0) -> gpd.GeoDataFrame:
    n = len(names)
    return gpd.GeoDataFrame(
        {"site_id": list(names), "kind": ["land"] * n, "land_m2": [land] * n, "source": ["ledger"] * n},
        geometry=[shapely.Point(106.8 + number / 1000, 39.7) for number in range(n)],
        crs="EPSG:4326",
    )


def _stray(folder: Path) -> list[Path]:
    return list(folder.rglob(".*.tmp"))


def test_a_new_city_is_empty(empty_city: City) -> None:
    assert is_city(empty_city.folder)
    assert empty_city.history() == []
    assert not empty_city.has("sites")
    assert len(empty_city.layer("sites")) == 0
    assert empty_city.layer("sites").crs == "EPSG:4326"
    with pytest.raises(DataMissingError) as wrong:
        empty_city.need("street_edges")
    assert "streets" in wrong.value.action("zh")


def test_create_refuses_a_folder_in_use_and_open_refuses_what_is_no_city(tmp_path: Path, empty_city: City) -> None:
    with pytest.raises(WorkspaceError) as wrong:
        City.create(empty_city.folder, CityConfig(name="x"))
    assert wrong.value.code == "city.exists"
    with pytest.raises(WorkspaceError) as wrong:
        City.open(tmp_path / "nowhere")
    assert wrong.value.code == "city.not_a_city"
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(WorkspaceError) as wrong:
        City.create(tmp_path / "file" / "city", CityConfig(name="x"))
    assert wrong.value.code == "city.write_failed"


def test_an_edit_is_one_snapshot(empty_city: City) -> None:
    with empty_city.edit("sites") as edit:
        edit.put("sites", "ledger", _sites("a", "b"))
        assert len(edit.city.layer("sites")) == 2  # an edit sees what it wrote
        edit.put("sites", "survey", _sites("c"))
    city = empty_city.refresh()
    assert city.sources("sites") == ["ledger", "survey"]
    assert sorted(city.layer("sites")["site_id"]) == ["a", "b", "c"]
    assert list(city.layer("sites", "survey")["site_id"]) == ["c"]
    assert len(city.layer("sites", "nobody")) == 0
    assert [snapshot.message for snapshot in city.history()] == ["sites"]
    assert len(empty_city.layer("sites")) == 0  # who holds the old version reads the old version


def test_a_second_import_replaces_its_source_only(empty_city: City) -> None:
    for frame, source in ((_sites("a"), "ledger"), (_sites("c"), "survey"), (_sites("b"), "ledger")):
        with empty_city.edit(source) as edit:
            edit.put("sites", source, frame)
    city = empty_city.refresh()
    assert sorted(city.layer("sites")["site_id"]) == ["b", "c"]
    assert len(city.history()) == 3
    first = City.open(city.folder, snapshot=city.history()[-1].id)
    assert list(first.layer("sites")["site_id"]) == ["a"]


def test_the_same_content_is_the_same_version(empty_city: City) -> None:
    with empty_city.edit("once") as edit:
        first = edit.put("sites", "ledger", _sites("a", "b"))
    before = empty_city.refresh().snapshot.id
    with empty_city.edit("again") as edit:
        assert edit.put("sites", "ledger", _sites("a", "b").iloc[::-1]) == first
    assert empty_city.refresh().snapshot.id == before
    assert len(empty_city.history()) == 1


def test_removing_a_part(empty_city: City) -> None:
    with empty_city.edit("put") as edit:
        edit.put("sites", "ledger", _sites("a"))
    with empty_city.edit("remove") as edit:
        edit.remove("sites", "ledger")
        edit.remove("sites", "nobody")
        edit.remove("gates", "nobody")
    assert not empty_city.refresh().has("sites")


def test_an_exception_inside_the_block_leaves_everything(empty_city: City) -> None:
    with empty_city.edit("put") as edit:
        edit.put("sites", "ledger", _sites("a"))
    before = empty_city.refresh()
    with pytest.raises(ZeroDivisionError), empty_city.edit("fails") as edit:  # noqa: PT012
        edit.put("sites", "ledger", _sites("b"))
        raise ZeroDivisionError
    after = empty_city.refresh()
    assert after.snapshot == before.snapshot
    assert list(after.layer("sites")["site_id"]) == ["a"]
    with empty_city.edit("works again") as edit:  # the lock is free
        edit.put("sites", "ledger", _sites("c"))
    assert list(empty_city.refresh().layer("sites")["site_id"]) == ["c"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("victim", ["layer", "snapshot", "head"])
def test_a_full_disk_leaves_the_previous_version(
    empty_city: City, monkeypatch: pytest.MonkeyPatch, victim: str, number: int
) -> None:
    with empty_city.edit("put") as edit:
        edit.put("sites", "ledger", _sites("a"))
    before = empty_city.refresh().snapshot

    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    if victim == "layer":
        monkeypatch.setattr(workspace, "write_parquet", full)
    elif victim == "snapshot":
        monkeypatch.setattr(snapshots, "write_json", lambda file, value: files.write_atomically(file, full))
    else:
        monkeypatch.setattr(snapshots, "write_text", lambda file, value: files.write_atomically(file, full))
    with pytest.raises(WorkspaceError) as wrong, empty_city.edit("fails") as edit:
        edit.put("sites", "ledger", _sites("b"))
    assert wrong.value.code == "city.disk_full"
    assert "磁盘空间不足" in wrong.value.message("zh")
    assert _stray(empty_city.folder) == []
    monkeypatch.undo()
    after = empty_city.refresh()
    assert after.snapshot == before
    assert list(after.layer("sites")["site_id"]) == ["a"]
    with empty_city.edit("again") as edit:
        edit.put("sites", "ledger", _sites("b"))
    assert list(empty_city.refresh().layer("sites")["site_id"]) == ["b"]


def test_a_full_disk_while_the_temporary_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(files.tempfile, "mkstemp", full)
    with pytest.raises(WorkspaceError) as wrong:
        files.write_text(tmp_path / "file.txt", "text")
    assert wrong.value.code == "city.disk_full"


def test_a_half_written_file_is_never_seen(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    files.write_text(target, "old")

    def half(path: Path) -> None:
        path.write_text("ne", "utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write_atomically(target, half)
    assert target.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_a_second_writer_waits_and_is_told(empty_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "LOCK_SECONDS", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with City.open(empty_city.folder).edit("long") as edit:
            edit.put("sites", "ledger", _sites("a"))
            entered.set()
            leave.wait(20)

    writer = threading.Thread(target=hold)
    writer.start()
    try:
        assert entered.wait(20)
        with pytest.raises(ConflictError) as wrong, empty_city.edit("second"):
            pass
        assert wrong.value.code == "city.busy"
        assert ".lock" in wrong.value.action("zh")
        assert len(empty_city.refresh().layer("sites")) == 0  # readers do not wait and see the old version
    finally:
        leave.set()
        writer.join()
    assert list(empty_city.refresh().layer("sites")["site_id"]) == ["a"]


def test_two_writers_one_after_the_other_lose_nothing(empty_city: City) -> None:
    def write(source: str) -> None:
        with City.open(empty_city.folder).edit(source) as edit:
            edit.put("sites", source, _sites(source))

    writers = [threading.Thread(target=write, args=(f"s{number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert empty_city.refresh().sources("sites") == ["s0", "s1", "s2", "s3"]


def test_broken_files_are_named(empty_city: City) -> None:
    with empty_city.edit("put") as edit:
        digest = edit.put("sites", "ledger", _sites("a"))
    layer = empty_city.folder / "layers" / "sites" / f"{digest}.parquet"
    layer.write_bytes(layer.read_bytes()[:100])
    with pytest.raises(WorkspaceError) as wrong:
        empty_city.refresh().layer("sites")
    assert digest in wrong.value.message("zh")
    layer.unlink()
    with pytest.raises(WorkspaceError):
        empty_city.refresh().layer("sites")
    snapshot = empty_city.folder / "snapshots" / f"{empty_city.refresh().snapshot.id}.json"
    snapshot.write_text(snapshot.read_text("utf-8").replace(digest, "0" * 32), "utf-8")
    with pytest.raises(WorkspaceError) as wrong:
        empty_city.refresh()
    assert wrong.value.code == "city.broken_snapshot"
    snapshot.write_text("{", "utf-8")
    with pytest.raises(WorkspaceError):
        empty_city.refresh()
    with pytest.raises(NotFoundError):
        City.open(empty_city.folder, snapshot="s-0000000000000000")


def test_settings(empty_city: City) -> None:
    changed = empty_city.configure(basis="wzjz-2020", attribution=("© 某局",))
    assert read_config(empty_city.folder) == changed.config
    assert changed.config.attribution == ("© 某局",)
    with empty_city.edit("settings") as edit:
        edit.configure(synthetic=True)
        assert edit.city.config.synthetic
    assert City.open(empty_city.folder).config.synthetic
    file = empty_city.folder / "kezhong.toml"
    text = file.read_text("utf-8")
    for wrong_text, code in (
        (text.replace("format_version = 1", "format_version = 2"), "city.newer_format"),
        (text.replace("format_version = 1", "format_version = 0"), "city.older_format"),
        (text + "\nunknown = 1\n", "city.broken_config"),
        ("name = ", "city.broken_config"),
    ):
        file.write_text(wrong_text, "utf-8")
        with pytest.raises(WorkspaceError) as wrong:
            City.open(empty_city.folder)
        assert wrong.value.code == code


def test_assets_belong_to_the_snapshot(empty_city: City, tmp_path: Path) -> None:
    (tmp_path / "map").write_bytes(b"tiles")
    with empty_city.edit("map") as edit:
        edit.put_asset("basemap", tmp_path / "map", "basemap-1.pmtiles")
    file = empty_city.refresh().asset("basemap")
    assert file is not None
    assert file.read_bytes() == b"tiles"
    assert empty_city.asset("basemap") is None


def test_layers_survive_the_round_trip(empty_city: City) -> None:
    frame = pd.DataFrame(
        {
            "area_code": ["A"],
            "element": ["car_parking"],
            "metric": ["m"],
            "value": [0.5],
            "unit": ["个/户"],
            "source_row": ["第 2 行"],
            "source": ["s"],
        }
    )
    with empty_city.edit("put") as edit:
        edit.put("ratios", "s", frame)
        written = edit.city.layer("ratios")
    pd.testing.assert_frame_equal(empty_city.refresh().layer("ratios"), written)


KILLED = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    import geopandas as gpd, shapely
    from kezhong.city import files, workspace
    from kezhong.city.workspace import City

    where, folder = sys.argv[1], sys.argv[2]
    def ready():
        print("ready", flush=True)
        time.sleep(60)
    def slowly(table, path):
        path.write_bytes(b"PAR1 half of it")
        ready()
    if where == "layer":
        workspace.write_parquet = slowly
    frame = gpd.GeoDataFrame(
        {"site_id": ["new"], "kind": ["land"], "source": ["ledger"]}, geometry=[shapely.Point(1, 1)], crs="EPSG:4326"
    )
    with City.open(folder).edit("killed") as edit:
        edit.put("sites", "ledger", frame)
        if where == "before commit":
            ready()
        if where == "before head":
            from kezhong.city import snapshots
            snapshots.write_text = lambda file, text: ready()
    """
)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["layer", "before commit", "before head"])
def test_a_killed_import_leaves_the_previous_version_and_can_be_repeated(empty_city: City, where: str) -> None:
    with empty_city.edit("put") as edit:
        edit.put("sites", "ledger", _sites("a"))
    before = empty_city.refresh().snapshot
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, where, str(empty_city.folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().strip() == "ready"
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    after = empty_city.refresh()
    assert after.snapshot == before
    assert list(after.layer("sites")["site_id"]) == ["a"]
    started = time.monotonic()
    with after.edit("again") as edit:  # the dead process holds no lock
        edit.put("sites", "ledger", _sites("b"))
    assert time.monotonic() - started < 10
    assert list(empty_city.refresh().layer("sites")["site_id"]) == ["b"]
