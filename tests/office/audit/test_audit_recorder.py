"""Nothing is written past the chain, whoever writes at the same time, and whatever the clock says."""

from __future__ import annotations

import ast
import json
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update
from test_audit_verify import write

import kezhong
from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.audit.guard import PastTheAuditError, audited_tables
from kezhong.office.audit.verify import verify
from kezhong.office.models import AuditEntry, CalendarDay, Notice, Organisation, Person, Task, all_mappers
from kezhong.office.office import Office
from office_world import World

SOURCE = Path(kezhong.__file__).parent
#: Files that write audited tables by statements, and why that is no change anybody would ask about.
ALLOWED = {
    ("office/identity/sessions.py", "api_token"): "when a token was last used",
    (
        "office/identity/second_factor.py",
        "credential",
    ): "a code counts once: spent in one statement, not read and written",
    ("office/identity/sign_in.py", "credential"): "the same password, hashed with newer parameters",
    (
        "office/organisation/paths.py",
        "organisation",
    ): "paths below a unit that moved: copies; the move itself is recorded",
    ("office/telling/reminding.py", "organisation"): "a local name: it writes the level told, which the steps record",
}


def entries(office: Office) -> list[AuditEntry]:
    with office.acting(office.system("test")) as session:
        return session.rows(select(AuditEntry).order_by(AuditEntry.seq))


def test_writers_at_the_same_time_make_one_chain(world: World) -> None:
    office, each, writers = world.office, 100, 8
    with office.acting(office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        place = {"area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path}
    before = verify(office, environ={}).seq
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for k in range(each):
                with office.acting(office.system(f"writer-{number}")) as session:
                    session.add(
                        Task(
                            programme_id=world.programme,
                            code=f"{number}-{k}",
                            title="任务",
                            level="district",
                            starts_on=date(2022, 3, 1),
                            **place,
                        )
                    )
        except BaseException as problem:
            failed.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    assert not failed
    verdict = verify(office, environ={})
    assert verdict.whole
    assert verdict.seq - before == each * writers
    print(f"{each * writers} transactions of {writers} writers in {took:.1f} s")  # noqa: T201


def test_appending_takes_little(office: Office) -> None:
    from kezhong.office.audit.recorder import Recorder

    spent: list[float] = []
    append = Recorder.append

    def timed(self: Recorder, session: object) -> None:
        start = time.perf_counter()
        append(self, session)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "append", timed)
        write(office, 60)
    assert sorted(spent)[len(spent) // 4] < 0.005  # the lower quartile: other work may share the processor


def test_a_failed_transaction_leaves_neither_change_nor_entry(office: Office) -> None:
    write(office, 1)

    def fail() -> None:
        with office.acting(office.system("test")) as session:
            session.add(CalendarDay(day=date(2031, 1, 1), kind="holiday", name=""))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(entries(office)) == 1
    assert verify(office, environ={}).whole


def test_a_clock_that_jumps(office: Office) -> None:
    moments = [datetime(2026, 5, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)]
    for k, moment in enumerate(moments):
        with clock.frozen(moment):
            write(office, 1, k)
    assert [one.at for one in entries(office)] == moments
    assert verify(office, environ={}).whole


def test_erasing_a_person_keeps_the_chain_whole(world: World) -> None:
    from kezhong.office.identity.handover import erase

    office, key = world.office, world.person["grid"]
    with office.acting(world.actor("admin")) as session:
        session.one(Person, key, Permission.WRITE_PEOPLE).phone = "13912345678"
    before = verify(office, environ={})
    with office.acting(world.actor("admin")) as session:
        session.one(Person, key, Permission.WRITE_PEOPLE).status = "left"
        session.flush()
        erase(session, key, "本人要求")
    verdict = verify(office, environ={})
    assert verdict.whole
    assert verdict.seq > before.seq
    texts = "".join(one.before + one.after for one in entries(office))
    for personal in ("13912345678", "grid员", "grid@example.org"):
        assert personal not in texts
    with office.database.owner_engine.connect() as connection:
        assert connection.execute(text("SELECT digest_key FROM person WHERE id = :id"), {"id": key}).scalar() is None


def test_reading_personal_data_is_noted(world: World) -> None:
    from kezhong.office.identity.people import reveal

    with world.office.acting(world.actor("admin")) as session:
        reveal(session, world.person["east"], "联系开会")
    last = entries(world.office)[-1]
    assert (last.action, last.object_kind, last.object_id) == ("personal.read", "person", str(world.person["east"]))
    assert last.actor_id == world.person["admin"]
    assert "联系开会" in last.reason + last.after
    assert "13800000000" not in last.after


def test_a_digest_shows_equality_and_nothing_else(world: World) -> None:
    office, key = world.office, world.person["grid"]
    for phone in ("13900000001", "13900000002", "13900000001"):
        with office.acting(world.actor("admin")) as session:
            session.one(Person, key, Permission.WRITE_PEOPLE).phone = phone
    values = [json.loads(one.after)["phone"] for one in entries(office)[-3:]]
    assert values[0] == values[2] != values[1]
    assert all(value.startswith("hmac:") for value in values)


def test_bulk_statements_on_audited_tables_are_refused(world: World) -> None:
    office = world.office
    statements = [
        update(Task).values(title="x"),
        delete(CalendarDay),
        insert(CalendarDay).values(day=date(2030, 1, 1), kind="holiday", name=""),
        update(Task.__table__).values(title="x"),
        delete(Person.__table__),
    ]
    for statement in statements:
        with pytest.raises(PastTheAuditError), office.acting(office.system("test")) as session:
            session.execute(statement)
    with office.acting(office.system("test")) as session:  # what is not audited, and what says it audits itself
        session.execute(update(Notice).values(read_at=None))
        session.execute(update(Task).values(title="x"), execution_options={"audited_elsewhere": True})


def test_the_application_cannot_change_the_past(office: Office) -> None:
    write(office, 2)
    for statement in (
        "UPDATE audit_entry SET reason = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_head",
    ):
        with pytest.raises(Exception, match="permission denied"), office.database.app_engine.begin() as connection:
            connection.execute(text(statement))
    for statement in ("UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(Exception, match="append-only"), office.database.owner_engine.begin() as connection:
            connection.execute(text(statement))


def test_no_source_writes_audited_tables_by_statements() -> None:
    """``insert(X)``, ``update(X)``, ``delete(X)`` of SQLAlchemy anywhere in the sources, on an audited X."""
    classes = {mapper.class_.__name__: str(mapper.local_table.name) for mapper in all_mappers()}
    found = set()
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        aliases = _aliases(tree, classes)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("insert", "update", "delete")
            ):
                first = node.args[0] if node.args else None
                first = first.value if isinstance(first, ast.Attribute) else first
                for name in aliases.get(first.id, set()) if isinstance(first, ast.Name) else ():
                    if classes[name] in audited_tables():
                        found.add((file.relative_to(SOURCE).as_posix(), classes[name]))
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set()  # an exception that nobody needs any more goes


def _aliases(tree: ast.AST, classes: dict[str, str]) -> dict[str, set[str]]:
    """``_PERSON = Person.__table__`` or ``table_of(Person)``, and names for such; one may mean several tables in a file."""
    found: dict[str, set[str]] = {name: {name} for name in classes}
    pairs = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs += zip(target.elts, value.elts, strict=True) if several else [(target, value)]
    for target, value in pairs * 2:
        if isinstance(value, ast.Attribute) and value.attr == "__table__":
            value = value.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "table_of":
            value = value.args[0]
        if isinstance(target, ast.Name) and isinstance(value, ast.Name) and value.id in found:
            found.setdefault(target.id, set()).update(found[value.id])
    return found


@pytest.mark.slow
def test_a_million_entries_are_verified_quickly(office: Office) -> None:
    import resource

    from kezhong.office.audit.chain import Draft, link

    total, batch = 1_000_000, 20_000
    draft = Draft(
        7,
        "session",
        "task.report",
        "task",
        "12",
        "150300/150301/",
        "3/",
        '{"progress":20}',
        '{"progress":40,"state":"reported"}',
        "按月上报进展",
        "r-0123456789abcdef",
    )
    head, digest, at = 0, bytes(32), clock.now()
    columns = [column.name for column in AuditEntry.__table__.columns]
    with office.database.owner_engine.begin() as connection:
        cursor = connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY audit_entry ({', '.join(columns)}) FROM STDIN") as copy:
            for _ in range(total // batch):
                rows = link(head, digest, [draft] * batch, at)
                for row in rows:
                    copy.write_row([row[name] for name in columns])
                head, digest, at = rows[-1]["seq"], rows[-1]["hash"], at + timedelta(seconds=1)
        connection.execute(text("UPDATE audit_head SET seq = :s, hash = :h"), {"s": head, "h": digest})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    verdict = verify(office, environ={})
    used = time.process_time() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert verdict.whole
    assert verdict.entries == total
    print(f"{total:,} entries: {verdict.seconds:.1f} s, {used:.1f} s of processor, {grown / 1024:.0f} MB more")  # noqa: T201
    assert used < 20
    assert grown < 100 * 1024
