"""Anchors in a backup: restoring never makes them forget, and what the database lost is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from test_audit_verify import PUBLIC, SEED, codes, rewrite_from, write

from kezhong.errors import WorkspaceError
from kezhong.office.audit import anchor_copies
from kezhong.office.audit.anchors import anchor, anchor_rollback, read_anchors
from kezhong.office.audit.evidence import export_evidence
from kezhong.office.audit.history import Filter
from kezhong.office.audit.verify import verify
from kezhong.office.copies import Restored, back_up, restore_office
from kezhong.office.database import verify_backup
from kezhong.office.office import Office
from office_world import office_of


@pytest.fixture(autouse=True)
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEZHONG_AUDIT_KEY", SEED)
    monkeypatch.setenv("KEZHONG_AUDIT_PUBLIC_KEY", PUBLIC)


@contextmanager
def elsewhere(pytestconfig: pytest.Config, city_folder: Path) -> Iterator[Office]:
    """The same city with a new, empty database."""
    with office_of(pytestconfig, city_folder) as found:
        yield found


def seqs(office: Office) -> list[int]:
    return [one.seq for one in read_anchors(office.anchors_file).anchors]


def warnings(office: Office) -> list[str]:
    return [one.code for one in verify(office).warnings]


def test_where_there_are_none_they_are_put_in_place(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    write(office, 3)
    anchor(office, force=True)
    write(office, 2, 10)
    file = back_up(office, tmp_path / "b.zip").path
    before = office.anchors_file.read_bytes()
    assert verify_backup(file, office.database).differences == ()
    office.anchors_file.unlink()
    with elsewhere(pytestconfig, office.city_folder) as other:
        done = restore_office(other, file)
        assert (done.anchors.outcome, done.anchors.rollback) == ("placed", None)
        assert other.anchors_file.read_bytes() == before
        verdict = verify(other)
        assert verdict.whole
        assert verdict.protected == 5
        assert verdict.warnings == ()
        assert verify_backup(file, other.database).differences == ()


def test_a_backup_takes_no_anchor_beyond_its_own_moment(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the tables are being read, others write and the clock anchors what they wrote."""
    write(office, 3)
    real = anchor_copies.copy_of

    def busy(path: Path):  # type: ignore[no-untyped-def]
        def read(connection: psycopg.Connection) -> bytes:
            write(office, 4, 20)
            anchor(office, force=True)
            return real(path)(connection)

        return read

    monkeypatch.setattr("kezhong.office.copies.copy_of", busy)
    file = back_up(office, tmp_path / "b.zip").path
    assert seqs(office) == [3, 7]
    office.anchors_file.unlink()
    with elsewhere(pytestconfig, office.city_folder) as other:
        assert restore_office(other, file).anchors.outcome == "placed"
        assert seqs(other) == [3]
        assert verify(other).whole


def restored_behind(office: Office, other: Office, tmp_path: Path) -> Restored:
    """``other`` gets a backup of five entries, while the anchors know nine."""
    write(office, 5)
    file = back_up(office, tmp_path / "b.zip").path
    write(office, 4, 20)
    anchor(office, force=True)
    assert seqs(office) == [5, 9]
    return restore_office(other, file)


def test_newer_anchors_stay_and_say_that_the_chain_was_put_back(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    with elsewhere(pytestconfig, office.city_folder) as other:
        done = restored_behind(office, other, tmp_path)
        assert done.anchors.outcome == "kept"
        assert done.anchors.rollback is not None
        assert (done.anchors.rollback.seq, done.anchors.rollback.known) == (5, 9)
        assert seqs(other) == [5, 9, 5]
        verdict = verify(other)
        assert verdict.whole
        assert (verdict.protected, [one.code for one in verdict.warnings]) == (5, ["audit.rolled_back"])
        assert "退回到第 5 条" in verdict.warnings[0].text("zh")
        assert "up to 9" in verdict.warnings[0].text("en")
        # people go on, past what the lost anchors knew
        for first in (40, 50, 60):
            write(other, 2, first)
            assert anchor(other, force=True) is not None
        assert seqs(other) == [5, 9, 5, 7, 9, 11]
        verdict = verify(other)
        assert verdict.whole
        assert (verdict.protected, [one.code for one in verdict.warnings]) == (11, ["audit.rolled_back"])
        # and what is rewritten since is found
        rewrite_from(other, 6)
        assert codes(verify(other)) == ["audit.rewritten"]


def test_what_is_rewritten_before_the_restored_entry_is_found(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    with elsewhere(pytestconfig, office.city_folder) as other:
        restored_behind(office, other, tmp_path)
        rewrite_from(other, 2)
        assert "audit.rewritten" in codes(verify(other))


def test_cutting_the_end_off_without_a_word_stays_a_finding(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """As by restoring with other means; then it can be said, and is seen for good."""
    write(office, 5)
    file = back_up(office, tmp_path / "b.zip").path
    write(office, 4, 20)
    anchor(office, force=True)
    newer = office.anchors_file.read_bytes()
    office.anchors_file.unlink()
    with elsewhere(pytestconfig, office.city_folder) as other:
        restore_office(other, file)
        other.anchors_file.write_bytes(newer)
        assert codes(verify(other)) == ["audit.truncated"]
        assert anchor(other, force=True) is None  # no round of the clock explains it away
        assert anchor_rollback(other) is not None
        assert codes(verify(other)) == []
        assert warnings(other) == ["audit.rolled_back"]
        assert anchor_rollback(other) is None


def test_a_forged_line_explains_nothing(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with the database and the file, but without the key."""
    with elsewhere(pytestconfig, office.city_folder) as other:
        write(office, 5)
        file = back_up(office, tmp_path / "b.zip").path
        write(office, 4, 20)
        anchor(office, force=True)
        monkeypatch.delenv("KEZHONG_AUDIT_KEY")
        restore_office(other, file)
        assert seqs(other) == [5, 9, 5]
        assert "audit.anchor_unsigned_later" in codes(verify(other))


def test_an_older_file_is_completed(office: Office, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    write(office, 3)
    anchor(office, force=True)
    older = office.anchors_file.read_bytes()
    write(office, 3, 10)
    file = back_up(office, tmp_path / "b.zip").path
    whole = office.anchors_file.read_bytes()
    office.anchors_file.write_bytes(older + b'{"half')
    with elsewhere(pytestconfig, office.city_folder) as other:
        done = restore_office(other, file)
        assert (done.anchors.outcome, done.anchors.rollback) == ("extended", None)
        assert other.anchors_file.read_bytes() == whole
        assert verify(other).whole


def test_the_second_file_knows_what_the_folder_lost(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "away.jsonl"
    monkeypatch.setenv("KEZHONG_AUDIT_ANCHORS", str(second))
    write(office, 5)
    file = back_up(office, tmp_path / "b.zip").path
    write(office, 4, 20)
    anchor(office, force=True)
    office.anchors_file.unlink()
    with elsewhere(pytestconfig, office.city_folder) as other:
        done = restore_office(other, file)
        assert done.anchors.outcome == "placed"
        assert done.anchors.rollback is not None
        assert done.anchors.rollback.known == 9
        assert seqs(other) == [5, 9, 5]
        assert second.read_bytes() == other.anchors_file.read_bytes()
        assert verify(other).whole
        assert warnings(other) == ["audit.rolled_back"]


def test_anchors_of_another_course_are_left_and_the_copy_is_laid_beside(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    write(office, 5)
    report = back_up(office, tmp_path / "b.zip")
    copy = office.anchors_file.read_bytes()
    office.anchors_file.unlink()
    write(office, 1, 50)
    anchor(office, force=True)
    present = office.anchors_file.read_bytes()
    with elsewhere(pytestconfig, office.city_folder) as other:
        done = restore_office(other, report.path)
        assert done.anchors.outcome == "beside"
        assert done.anchors.copy is not None
        assert done.anchors.copy.read_bytes() == copy
        assert other.anchors_file.read_bytes() == present
        assert "audit.truncated" in codes(verify(other))  # not explained away by the restoring


def test_a_restore_that_fails_leaves_the_anchors_as_they_were(
    office: Office, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(office, 3)
    file = back_up(office, tmp_path / "b.zip").path
    office.anchors_file.unlink()
    with elsewhere(pytestconfig, office.city_folder) as other:

        def broken(_self: psycopg.Connection) -> None:
            assert other.anchors_file.exists()
            raise psycopg.OperationalError

        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Connection, "commit", broken)
            with pytest.raises(WorkspaceError):
                restore_office(other, file)
        assert not other.anchors_file.exists()
        assert restore_office(other, file).anchors.outcome == "placed"


def test_evidence_after_a_restore_still_fits(office: Office, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    with elsewhere(pytestconfig, office.city_folder) as other:
        restored_behind(office, other, tmp_path)
        write(other, 6, 40)
        out = tmp_path / "e"
        export_evidence(other, other.system("test"), Filter(object_kind="calendar_day"), out)
        done = subprocess.run(
            [sys.executable, "-I", str(out / "check.py")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_archive_whose_anchors_were_altered_is_refused(office: Office, tmp_path: Path) -> None:
    import zipfile

    from kezhong.errors import InputError

    write(office, 3)
    file = back_up(office, tmp_path / "b.zip").path
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "c.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"seq":3', b'"seq":4') if name == "anchors.jsonl" else content)
    with pytest.raises(InputError) as caught:
        verify_backup(tmp_path / "c.zip")
    assert caught.value.code == "database.backup_damaged"
