"""Evidence that a stranger can check, and the sheet on paper."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from test_audit_verify import ENVIRON, PUBLIC, write

from kezhong import clock
from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.audit.anchors import anchor
from kezhong.office.audit.evidence import export_evidence
from kezhong.office.audit.history import Filter
from kezhong.office.audit.sheet import as_html, as_text, grouped, month_sheet
from kezhong.office.audit.verify import verify
from kezhong.office.office import Office
from office_world import World


def check(folder: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "check.py"), *options], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_one_object_is_bound_to_a_signed_head_without_the_others(office: Office, tmp_path: Path) -> None:
    write(office, 8)
    wanted = Filter(object_kind="calendar_day", object_id="2030-01-03")
    assert export_evidence(office, office.system("test"), wanted, tmp_path / "e", environ=ENVIRON) == 1
    content = (tmp_path / "e" / "entries.jsonl").read_text("utf-8")
    assert "第2天" in content
    assert "第3天" not in content
    code, said = check(tmp_path / "e")
    assert code == 0, said
    assert "1 个签名正确" in said
    assert check(tmp_path / "e", "--public-key", PUBLIC)[0] == 0


@pytest.mark.parametrize("name", ["entries.jsonl", "anchors.jsonl", "links.txt.gz", "manifest.json"])
def test_an_altered_package_does_not_fit(office: Office, tmp_path: Path, name: str) -> None:
    import gzip

    write(office, 4)
    folder = tmp_path / "e"
    export_evidence(office, office.system("test"), Filter(object_kind="calendar_day"), folder, environ=ENVIRON)
    file = folder / name
    if name == "entries.jsonl":
        file.write_text(file.read_text("utf-8").replace("第1天", "第9天"), "utf-8")
    elif name == "links.txt.gz":
        lines = gzip.decompress(file.read_bytes()).split()
        file.write_bytes(gzip.compress(b"\n".join([lines[0], b"0" * 64, *lines[2:]])))
    elif name == "anchors.jsonl":
        values = json.loads(file.read_text("utf-8"))
        values["at"] = "2020-01-01T00:00:00+00:00"
        file.write_text(json.dumps(values) + "\n", "utf-8")
    else:
        values = json.loads(file.read_text("utf-8"))
        values["previous"] = "11" * 32
        file.write_text(json.dumps(values), "utf-8")
    assert check(folder)[0] == 1


def test_the_export_is_noted_and_the_chain_whole(office: Office, tmp_path: Path) -> None:
    write(office, 2)
    export_evidence(office, office.system("test"), Filter(), tmp_path / "e", environ=ENVIRON)
    assert '"evidence.export"' in (tmp_path / "e" / "entries.jsonl").read_text("utf-8")
    assert verify(office, environ=ENVIRON).whole
    with pytest.raises(InputError):
        export_evidence(office, office.system("test"), Filter(), tmp_path / "e", environ=ENVIRON)


def test_an_auditor_exports_their_area_only(world: World, tmp_path: Path) -> None:
    with pytest.raises(PermissionDeniedError):
        export_evidence(world.office, world.actor("office"), Filter(), tmp_path / "a", environ={})
    wanted = Filter(object_kind="nothing")
    with pytest.raises(NotFoundError):
        export_evidence(world.office, world.actor("auditor"), wanted, tmp_path / "b", environ={})
    assert not (tmp_path / "b").exists()
    assert export_evidence(world.office, world.actor("auditor"), Filter(), tmp_path / "c", environ={}) > 10


def test_the_sheet_has_the_last_anchor_of_each_day(office: Office) -> None:
    from datetime import UTC, datetime

    start = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)  # 23:00 in the city: still October
    for k, hours in enumerate((0, 2, 3, 30)):
        with clock.frozen(start + timedelta(hours=hours)):
            write(office, 1, 10 * k)
            anchor(office, force=True, environ=ENVIRON)
    sheet = month_sheet(office, "2026-11")
    assert [one.seq for one in sheet.anchors] == [3, 4]
    text, page = as_text(sheet), as_html(sheet)
    digest = verify(office, environ=ENVIRON).hash
    assert grouped(digest)[:39] in text
    assert grouped(digest)[40:] in page
    assert "签字" in text
    assert "签字" in page
    assert as_text(month_sheet(office, "2020-01")).count("本月没有锚点") == 1
    for bad in ("2026-13", "november", "2026-1", ""):
        with pytest.raises(InputError):
            month_sheet(office, bad)
