"""A backup is of one moment, whatever is written meanwhile; restoring gives the same, or leaves nothing."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kezhong.errors import (
    CancelledError,
    ConflictError,
    InputError,
    KezhongError,
    PermissionDeniedError,
    WorkspaceError,
)
from kezhong.office.database import Database, DatabaseAddress, backup, restore, retrying, verify_backup
from kezhong.office.database.tables import ForeignKey, fill_order
from office_database import fresh_database

#: Everything that is hard to restore: circles, references to itself, kinds of keys, triggers, policies, odd names.
SCHEMA = """
CREATE TABLE alembic_version (version_num text PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0007');
CREATE TABLE office (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, parent int REFERENCES office,
                     head int, length int GENERATED ALWAYS AS (length(name)) STORED);
CREATE TABLE person (id bigserial PRIMARY KEY, office int NOT NULL REFERENCES office, name text, born date,
                     seen timestamptz, share double precision, tags text[], extra jsonb, photo bytea, wait interval);
ALTER TABLE office ADD CONSTRAINT office_head FOREIGN KEY (head) REFERENCES person;
CREATE TABLE "Odd ""name"", 短板" (a text COLLATE "C", b int, "a,b" text, PRIMARY KEY (b, a));
CREATE TABLE no_key (x int, y text);
CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL);
INSERT INTO account SELECT n, 100 FROM generate_series(1, 20) n;
CREATE TABLE audit (id bigserial PRIMARY KEY, what text) ;
CREATE TABLE parted (day date, n int) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('new'); RETURN NEW; END $$;
CREATE TRIGGER audit_fixed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER person_noted AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE person ENABLE ALWAYS TRIGGER person_noted;
CREATE TRIGGER person_idle AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE person DISABLE TRIGGER person_idle;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON person USING (name = current_setting('kezhong.name', true));
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO kezhong_app;
"""


def _schema(database: Database) -> None:
    with database.owner_engine.begin() as connection:
        connection.exec_driver_sql(SCHEMA.replace("%", "%%"))


def _empty(database: Database) -> None:
    _schema(database)
    with database.owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM account"))


@pytest.fixture
def town(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A database with every kind of row."""
    with fresh_database(pytestconfig, _schema) as database:
        with database.owner_engine.begin() as connection:
            connection.exec_driver_sql("""
                INSERT INTO office (name) VALUES ('街道办'), ('社区');
                UPDATE office SET parent = 1 WHERE id = 2;
                UPDATE office SET parent = 2 WHERE id = 1;
                INSERT INTO person (office, name, born, seen, share, tags, extra, photo, wait) VALUES
                  (1, 'a,"b"' || chr(10) || chr(13) || '\\.', '1990-02-28', '2026-01-01 08:00+08', 0.1, '{x,"y z",NULL}',
                   '{"k": "值", "n": null}', '\\x00ff', '1 day 2 hours'),
                  (2, '', NULL, NULL, 'NaN', '{}', 'null', '', NULL), (2, NULL, '-infinity', 'infinity', 1e-300, NULL, NULL, NULL, '-3 mons');
                UPDATE office SET head = 1;
                INSERT INTO "Odd ""name"", 短板" VALUES ('ä', 1, ''), ('z', 1, NULL), ('社', 0, '\\.');
                INSERT INTO no_key VALUES (2, 'b'), (1, NULL), (1, NULL);
                INSERT INTO parted VALUES ('2026-05-01', 1);
                SELECT nextval('person_id_seq');
            """)
        yield database


@pytest.fixture
def empty(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A migrated database without rows."""
    with fresh_database(pytestconfig, _empty) as database:
        yield database


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A folder of content-addressed files, with one that is just being written."""
    folder = tmp_path / "files"
    for content in (b"photo", b"", b"x" * 3_000_000):
        name = hashlib.sha256(content).hexdigest()
        (folder / name[:2]).mkdir(parents=True, exist_ok=True)
        (folder / name[:2] / f"{name}.jpg").write_bytes(content)
    (folder / ".upload-7").write_bytes(b"half")
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith(".")
    }


def _count(database: Database, table: str) -> int:
    with database.owner_engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def _altered(archive: Path, out: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A well-formed archive with members changed or left out."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return out


def test_restoring_gives_the_same(town: Database, empty: Database, evidence: Path, tmp_path: Path) -> None:
    steps: list[tuple[float, str]] = []
    report = backup(town, evidence, tmp_path / "b.zip", progress=lambda share, step: steps.append((share, step)))
    assert report.damaged == ()
    assert {step for _, step in steps} == {"database.step_tables", "database.step_files"}
    assert all(0 <= share <= 1 for share, _ in steps)
    assert report.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert verify_backup(report.path, town).differences == ()
    assert "public.account" in verify_backup(report.path, empty).differences

    restore(report.path, empty, tmp_path / "new")
    assert verify_backup(report.path, empty).differences == ()
    assert _files(tmp_path / "new") == _files(evidence)
    with empty.owner_engine.begin() as connection:
        # sequences go on, triggers and constraints are as they were
        assert connection.scalar(text("INSERT INTO person (office, name) VALUES (1, 'n') RETURNING id")) == 5
        assert connection.scalar(text("INSERT INTO office (name) VALUES ('新') RETURNING id")) == 3
        rows = connection.execute(
            text("SELECT tgname, tgenabled::text AS tgenabled FROM pg_trigger WHERE NOT tgisinternal")
        )
        states = {row.tgname: row.tgenabled for row in rows}
        late = connection.scalar(text("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable"))
    assert states == {"audit_fixed": "O", "person_noted": "A", "person_idle": "D"}
    assert late == 0
    assert _count(empty, "audit") == 4  # three of the backup and the one just noted: none by restoring
    with pytest.raises(DBAPIError, match="append only"), empty.owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))


def test_the_manifest_and_the_tables_are_open(town: Database, tmp_path: Path) -> None:
    report = backup(town, None, tmp_path / "b.zip")
    with zipfile.ZipFile(report.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        accounts = archive.read("tables/public.account.csv").decode()
    assert manifest["format_version"] == 1
    assert manifest["postgresql"].startswith("18")
    assert manifest["revision"] == "0007"
    assert accounts.splitlines()[:2] == ["id,amount", "1,100"]
    entry = next(table for table in manifest["tables"] if table["name"] == "public.account")
    assert entry["rows"] == 20
    assert entry["sha256"] == hashlib.sha256(accounts.encode()).hexdigest()
    assert "length" not in next(table for table in manifest["tables"] if table["name"] == "public.office")["columns"]


def test_a_backup_while_others_write_is_of_one_moment(town: Database, empty: Database, tmp_path: Path) -> None:
    """Money moves between accounts all the time; the sum and the links of every copy are right."""
    stop = threading.Event()
    moved = [0, 0, 0]

    def move(number: int) -> None:
        pick = random.Random(number)
        while not stop.is_set():
            a, b = pick.sample(range(1, 21), 2)

            def work(connection, a=a, b=b) -> None:  # type: ignore[no-untyped-def]
                connection.execute(text("UPDATE account SET amount = amount - 1 WHERE id = :a"), {"a": a})
                connection.execute(text("INSERT INTO no_key VALUES (:a, 'move')"), {"a": a})
                connection.execute(text("UPDATE account SET amount = amount + 1 WHERE id = :b"), {"b": b})
                connection.execute(text("INSERT INTO no_key VALUES (:b, 'move')"), {"b": b})

            retrying(town.owner_engine, work, attempts=20)
            moved[number] += 1

    threads = [threading.Thread(target=move, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        reports = [backup(town, None, tmp_path / f"{number}.zip") for number in range(4)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert min(moved) > 0
    moves = []
    for report in reports:
        with zipfile.ZipFile(report.path) as archive:
            accounts = archive.read("tables/public.account.csv").decode().splitlines()[1:]
            moves.append(archive.read("tables/public.no_key.csv").decode().count("move"))
        assert sum(int(line.split(",")[1]) for line in accounts) == 2000
        assert moves[-1] % 2 == 0
    assert moves == sorted(moves)
    assert moves[-1] > moves[0]
    restore(reports[-1].path, empty, None)
    assert verify_backup(reports[-1].path, empty).differences == ()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.99999])
def test_a_truncated_archive_is_detected(town: Database, evidence: Path, tmp_path: Path, share: float) -> None:
    whole = backup(town, evidence, tmp_path / "b.zip").path.read_bytes()
    part = tmp_path / "part.zip"
    part.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError) as caught:
        verify_backup(part)
    assert caught.value.code == "database.backup_damaged"


def test_a_changed_byte_is_detected_or_means_nothing(town: Database, evidence: Path, tmp_path: Path) -> None:
    report = backup(town, evidence, tmp_path / "b.zip")
    whole = report.path.read_bytes()
    file = tmp_path / "changed.zip"
    pick = random.Random(7)
    found = 0
    for _ in range(60):
        changed = bytearray(whole)
        at = pick.randrange(len(whole)) if pick.random() < 0.3 else len(whole) - 1 - pick.randrange(20_000)
        changed[at] ^= 1 << pick.randrange(8)
        file.write_bytes(changed)
        try:
            # a time stamp or another field of the container that bears no content may be changed unseen
            assert verify_backup(file).manifest == report.manifest
        except InputError as problem:
            found += problem.code == "database.backup_damaged"
    assert found > 20


def _changes() -> dict[str, Callable[[str, bytes], bytes | None]]:
    def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[str, bytes], bytes]:
        def edit(name: str, content: bytes) -> bytes:
            if name != "manifest.json":
                return content
            values = json.loads(content)
            change(values)
            return json.dumps(values).encode()

        return edit

    return {
        "a row changed": lambda name, content: content.replace(b"1,100", b"1,900") if "account" in name else content,
        "a row left out": lambda name, content: content.replace(b"1,100\n", b"") if "account" in name else content,
        "a table left out": lambda name, content: None if "account" in name else content,
        "a file left out": lambda name, content: None if name.startswith("files/") else content,
        "a file changed": lambda name, content: (
            content[:-1] + b"!" if name.startswith("files/") and content else content
        ),
        "no manifest": lambda name, content: None if name == "manifest.json" else content,
        "no JSON": lambda name, content: b"{" if name == "manifest.json" else content,
        "another JSON": lambda name, content: b"[1]" if name == "manifest.json" else content,
        "the manifest's rows": manifest(lambda values: values["tables"][0].update(rows=7)),
        "the manifest's revision": manifest(lambda values: values.update(revision="x")),
        "the manifest's table": manifest(lambda values: values["tables"].pop()),
    }


@pytest.mark.parametrize("what", sorted(_changes()))
def test_an_altered_archive_is_detected_and_not_restored(
    town: Database, empty: Database, evidence: Path, tmp_path: Path, what: str
) -> None:
    report = backup(town, evidence, tmp_path / "b.zip")
    changed = _altered(report.path, tmp_path / "c.zip", _changes()[what])
    with pytest.raises(InputError) as caught:
        restore(changed, empty, tmp_path / "new")
    assert caught.value.code == "database.backup_damaged"
    assert _count(empty, "account") == 0
    assert not (tmp_path / "new").exists()


def _signed(values: dict[str, object]) -> bytes:
    values.pop("digest", None)
    plain = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return json.dumps({**values, "digest": hashlib.sha256(plain.encode()).hexdigest()}).encode()


def test_a_newer_format_is_told(town: Database, tmp_path: Path) -> None:
    report = backup(town, None, tmp_path / "b.zip")

    def newer(name: str, content: bytes) -> bytes:
        return _signed({**json.loads(content), "format_version": 2, "more": 1}) if name == "manifest.json" else content

    with pytest.raises(InputError) as caught:
        verify_backup(_altered(report.path, tmp_path / "c.zip", newer))
    assert caught.value.code == "database.backup_newer"


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "./evil"])
def test_a_path_out_of_the_folder_is_refused(town: Database, evidence: Path, tmp_path: Path, path: str) -> None:
    """Also where somebody computed all digests anew."""
    report = backup(town, evidence, tmp_path / "b.zip")
    with zipfile.ZipFile(report.path) as old, zipfile.ZipFile(tmp_path / "c.zip", "w") as new:
        values = json.loads(old.read("manifest.json"))
        first = values["files"][0]["path"]
        values["files"][0]["path"] = path
        for name in old.namelist():
            if name != "manifest.json":
                new.writestr(f"files/{path}" if name == f"files/{first}" else name, old.read(name))
        new.writestr("manifest.json", _signed(values))
    with pytest.raises(InputError) as caught:
        verify_backup(tmp_path / "c.zip")
    assert caught.value.code == "database.backup_damaged"


def test_a_database_with_rows_is_refused(town: Database, tmp_path: Path) -> None:
    report = backup(town, None, tmp_path / "b.zip")
    with pytest.raises(ConflictError) as caught:
        restore(report.path, town, None)
    assert caught.value.code == "database.restore_not_empty"
    assert verify_backup(report.path, town).differences == ()


def test_rows_of_the_migrations_give_way(pytestconfig: pytest.Config, town: Database, tmp_path: Path) -> None:
    report = backup(town, None, tmp_path / "b.zip")
    with fresh_database(pytestconfig, _schema) as seeded:  # its accounts are filled
        with pytest.raises(ConflictError):
            restore(report.path, seeded, None)
        restore(report.path, seeded, None, seeded=["public.account"])
        assert verify_backup(report.path, seeded).differences == ()


def test_another_revision_or_schema_is_refused(town: Database, empty: Database, tmp_path: Path) -> None:
    report = backup(town, None, tmp_path / "b.zip")
    with empty.owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE no_key ADD z int"))
    with pytest.raises(InputError) as caught:
        restore(report.path, empty, None)
    assert caught.value.code == "database.restore_other_schema"
    with empty.owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    with pytest.raises(InputError) as caught:
        restore(report.path, empty, None)
    assert caught.value.code == "database.restore_other_revision"


def test_a_restore_that_fails_half_way_leaves_nothing(
    town: Database, empty: Database, evidence: Path, tmp_path: Path
) -> None:
    report = backup(town, evidence, tmp_path / "b.zip")
    with empty.owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE parted_1 ADD CHECK (n > 5)"))
        before = connection.scalar(text("SELECT last_value FROM person_id_seq"))
    with pytest.raises(WorkspaceError) as caught:
        restore(report.path, empty, tmp_path / "new")
    assert caught.value.code == "database.restore_failed"
    for table in ("account", "person", "office", "audit"):
        assert _count(empty, table) == 0
    assert _files(tmp_path / "new") == {}
    with empty.owner_engine.begin() as connection:
        assert connection.scalar(text("SELECT last_value FROM person_id_seq")) == before
        assert connection.scalar(text("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'audit_fixed'")) == "O"
        connection.execute(text("ALTER TABLE parted_1 DROP CONSTRAINT parted_1_n_check"))
    restore(report.path, empty, tmp_path / "new")
    assert verify_backup(report.path, empty).differences == ()


def test_another_file_of_the_same_name_is_not_overwritten(
    town: Database, empty: Database, evidence: Path, tmp_path: Path
) -> None:
    report = backup(town, evidence, tmp_path / "b.zip")
    name = next(iter(_files(evidence)))
    target = tmp_path / "new" / name
    target.parent.mkdir(parents=True)
    target.write_bytes(b"mine")
    with pytest.raises(ConflictError):
        restore(report.path, empty, tmp_path / "new")
    assert _files(tmp_path / "new") == {name: b"mine"}
    assert _count(empty, "account") == 0


def test_a_cancelled_backup_leaves_the_old_one(town: Database, evidence: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    backup(town, evidence, out)
    before = out.read_bytes()

    def cancel(share: float, step: str) -> None:
        if share > 0.5:
            raise CancelledError("jobs.cancelled", job="1")

    with pytest.raises(CancelledError):
        backup(town, evidence, out, progress=cancel)
    assert out.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"b.zip", "files"}


def test_a_killed_backup_leaves_the_old_one(town: Database, tmp_path: Path) -> None:
    """And no session behind that would hold the snapshot."""
    out = tmp_path / "b.zip"
    backup(town, None, out)
    before = out.read_bytes()
    host = str(town.address.app_url.query["host"])
    code = f"""
import os, signal
from pathlib import Path
from kezhong.office.database import Database, backup
from kezhong.office.database.address import socket_address
def kill(share, step):
    if share > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
backup(Database(socket_address(Path({host!r}), {town.address.app_url.database!r})), None, Path({str(out)!r}), progress=kill)
"""
    done = subprocess.run([sys.executable, "-B", "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert out.read_bytes() == before
    assert verify_backup(out, town).differences == ()
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 10
    held: object = 1
    while held and time.monotonic() < until:
        with town.owner_engine.connect() as connection:
            held = connection.scalar(others)
    assert held == 0


def test_evidence_that_no_longer_fits_its_name_is_told(town: Database, evidence: Path, tmp_path: Path) -> None:
    file = max(evidence.rglob("*.jpg"), key=lambda path: path.stat().st_size)
    file.write_bytes(b"tampered")
    report = backup(town, evidence, tmp_path / "b.zip")
    assert report.damaged == (file.relative_to(evidence).as_posix(),)


def test_policies_that_bind_the_owner_are_refused_not_passed_over(town: Database, tmp_path: Path) -> None:
    with town.owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE person FORCE ROW LEVEL SECURITY"))
    with pytest.raises(WorkspaceError) as caught:
        backup(town, None, tmp_path / "b.zip")
    assert caught.value.code == "database.backup_forced_rls"
    assert list(tmp_path.iterdir()) == []


def test_without_the_owner_there_is_no_backup(town: Database, tmp_path: Path) -> None:
    app = Database(DatabaseAddress(town.address.app_url, None))
    with pytest.raises(PermissionDeniedError):
        backup(app, None, tmp_path / "b.zip")
    app.close()


def test_a_folder_that_cannot_be_written(town: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KezhongError) as caught:
        backup(town, None, tmp_path / "file" / "b.zip")
    assert caught.value.code == "city.write_failed"


def test_tables_are_filled_before_those_that_refer_to_them() -> None:
    keys = [ForeignKey(a, b, f"{a}{b}", False) for a, b in ("ab", "bc", "ca", "da", "ee", "fd")]
    order, put_off = fill_order("abcdefg", keys)
    assert sorted(order) == list("abcdefg")
    assert len(put_off) == 1
    for key in keys:
        if key not in put_off and key.table != key.target:
            assert order.index(key.target) < order.index(key.table)
