"""Fill an office up to the size of the load test: 300 units, 20,000 tasks, a million entries in the chain.

The rows are written by COPY as the owner of the tables – the only place where this is done – with a chain that verifies
like any other. Marked synthetic in their texts.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from kezhong.office.audit.chain import COLUMNS, Draft, canonical, link
from kezhong.office.database import Database
from kezhong.office.models import Task

_STATES = (
    "issued",
    "accepted",
    "in_progress",
    "in_progress",
    "in_progress",
    "reported",
    "returned",
    "closed",
    "closed",
)
_LIGHTS = ("green", "green", "green", "yellow", "red", "grey")
_CIRCLES = (
    "comfortable_living", "convenient_consumption", "community_culture", "inclusive_education", "elderly_care",
    "health_medical", "city_appearance", "service_response",
)  # fmt: skip
_WORDS = (
    "菜市场改造",
    "充电设施",
    "口袋公园",
    "日间照料",
    "托育点",
    "公厕提升",
    "步行通道",
    "早餐网点",
    "书房",
    "门诊站",
    "停车泊位",
    "健身场地",
)
_BATCH = 20_000


def fill(database: Database, *, units: int = 300, tasks: int = 20_000, entries: int = 1_000_000, seed: int = 1) -> None:
    """Bring the office to the given numbers; what is there counts, nothing is removed."""
    rng = random.Random(seed)
    with database.owner_engine.begin() as connection:
        _units(connection, units)
        _tasks(connection, tasks, rng)
        _entries(connection, entries, rng)
    with database.owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _units(connection: Connection, wanted: int) -> None:
    have = connection.execute(text("SELECT count(*) FROM organisation")).scalar_one()
    root = connection.execute(text("SELECT code, path FROM area WHERE level = 'city'")).one()
    for k in range(have, wanted):
        key = connection.execute(
            text(
                "INSERT INTO organisation (code, name, short_name, kind, level, path, area_code, area_path, valid_from,"
                " version, created_at, updated_at) VALUES (:code, :name, :name, 'company', 'city', '', :area, :path,"
                " '2020-01-01', 1, now(), now()) RETURNING id"
            ),
            {"code": f"load-{k}", "name": f"配合企业{k}(压力数据)", "area": root.code, "path": root.path},
        ).scalar_one()
        connection.execute(text("UPDATE organisation SET path = :path WHERE id = :id"), {"path": f"{key}/", "id": key})


def _tasks(connection: Connection, wanted: int, rng: random.Random) -> None:
    have = connection.execute(text("SELECT count(*) FROM task")).scalar_one()
    programme = connection.execute(text("SELECT id FROM programme ORDER BY id LIMIT 1")).scalar_one()
    units = connection.execute(text("SELECT id, path, level, department, area_code, area_path FROM organisation")).all()
    columns = (
        "programme_id", "code", "number", "circle", "title", "measure", "level", "issuer_id", "state", "progress",
        "progress_note", "starts_on", "due_on", "due_at", "light", "light_reason", "source", "weight", "version",
        "created_at", "updated_at", "area_code", "area_path", "org_id", "org_path", "department",
    )  # fmt: skip
    # Columns with a plain default in the model get it, so that this filler survives new ones.
    defaults = {
        column.name: column.default.arg
        for column in Task.__table__.columns
        if column.name not in columns and column.default is not None and column.default.is_scalar
    }
    now = datetime.now(UTC)
    with _copy(connection, "task", (*columns, *defaults)) as copy:
        for k in range(have, wanted):
            unit, state = rng.choice(units), rng.choice(_STATES)
            start = date.today() - timedelta(days=rng.randint(10, 240))  # noqa: DTZ011
            due = start + timedelta(days=rng.randint(30, 400))
            copy.write_row((
                programme, f"L{k:06d}", str(k), rng.choice(_CIRCLES), f"{rng.choice(_WORDS)}（压力数据 {k}）",
                f"{rng.choice(_WORDS)}与{rng.choice(_WORDS)}同步推进", unit.level, units[0].id, state,
                100 if state == "closed" else rng.randint(0, 95), "", start, due,
                datetime(due.year, due.month, due.day, 15, 59, 59, tzinfo=UTC), rng.choice(_LIGHTS), "", "压力数据",
                1.0, 1, now, now, unit.area_code, unit.area_path, unit.id, unit.path, unit.department,
                *defaults.values(),
            ))  # fmt: skip


def _entries(connection: Connection, wanted: int, rng: random.Random) -> None:
    seq, head = connection.execute(text("SELECT seq, hash FROM audit_head WHERE id = 1")).one()
    tasks = connection.execute(text("SELECT id, area_path, org_path FROM task")).all()
    people = [row.id for row in connection.execute(text("SELECT id FROM person"))] or [None]
    at = datetime.now(UTC)
    head = bytes(head)
    names = (*COLUMNS, "previous", "hash")
    with _copy(connection, "audit_entry", names) as copy:
        while seq < wanted:
            drafts = []
            for _ in range(min(_BATCH, wanted - seq)):
                task, before = rng.choice(tasks), rng.randint(0, 90)
                drafts.append(
                    Draft(
                        actor_id=rng.choice(people), actor="session", action="task.progress", object_kind="task",
                        object_id=str(task.id), area_path=task.area_path, org_path=task.org_path,
                        before=canonical({"progress": before}), after=canonical({"progress": before + 5}),
                        request_id=f"load-{seq}",
                    )
                )  # fmt: skip
            rows = link(seq, head, drafts, at)
            for row in rows:
                copy.write_row([row[name] for name in names])
            seq, head = rows[-1]["seq"], rows[-1]["hash"]
    connection.execute(text("UPDATE audit_head SET seq = :seq, hash = :hash WHERE id = 1"), {"seq": seq, "hash": head})


def _copy(connection: Connection, table: str, columns: tuple[str, ...]):  # type: ignore[no-untyped-def]
    raw = connection.connection.driver_connection
    assert raw is not None
    return raw.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN")
