"""Writing everything as open files, at one moment, while everybody goes on working."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from kezhong import clock
from kezhong.city.files import explain
from kezhong.errors import InputError, KezhongError, WorkspaceError
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.migrations import present
from kezhong.office.office import Office
from kezhong.office.open_files.layout import (
    BOM,
    FILES,
    FORMAT,
    LEFT_OUT,
    PACKAGE,
    TABLES,
    ExportedTable,
    exported_tables,
)
from kezhong.progress import Progress, silent

#: The text of a value must not depend on the settings of a server.
_SETTINGS: Mapping[str, str] = {
    "datestyle": "ISO, YMD", "timezone": "UTC", "extra_float_digits": "1", "bytea_output": "hex",
    "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    tables: int
    rows: int
    files: int
    personal: bool


def export_office(
    office: Office, out: Path, actor: Actor, *, personal: bool = False, reason: str = "", progress: Progress = silent
) -> Exported:
    """Write all tables into ``out``, which appears when it is complete.

    Parameters
    ----------
    personal
        Names, contact data and files of evidence in clear. It is noted in the audit with ``reason`` – before the first
        row is read, so that no reading goes unnoted.

    Raises
    ------
    InputError
        The folder is not empty, or personal data is wanted without a reason.
    PermissionDeniedError
        The actor may not run the office, or not see personal data.
    WorkspaceError
        The disk is full or the database broke off; nothing is left behind.
    """
    actor.require(Permission.RUN_OFFICE)
    if personal:
        actor.require(Permission.REVEAL_PEOPLE)
        if not reason.strip():
            raise InputError("running.reason_missing")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("audit.folder_in_use", folder=out)
    with office.acting(actor) as session, session.because("data.export", reason):
        session.audit.note("data.export", "data", "-", personal=personal)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as problem:
        raise explain(problem, out) from problem
    try:
        found = _write(office, part, personal, progress)
        if out.exists():
            out.rmdir()
        part.chmod(0o700 if personal else 0o755)
        part.rename(out)
    except KezhongError:
        raise
    except psycopg.Error as problem:
        raise WorkspaceError("running.export_failed", problem=problem.sqlstate or type(problem).__name__) from problem
    except OSError as problem:
        raise explain(problem, out) from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Exported(out, found[0], found[1], found[2], personal)


def _write(office: Office, part: Path, personal: bool, progress: Progress) -> tuple[int, int, int]:
    tables = exported_tables()
    (part / TABLES).mkdir()
    resources: list[dict[str, Any]] = []
    engine = office.database.app_engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        for number, table in enumerate(tables):
            progress(number / len(tables), "running.step_export")
            resources.append(_write_table(connection, table, part, personal))
        connection.rollback()
    files = _copy_files(office.files_folder, part / FILES) if personal else 0
    _write_dictionary(part / "data-dictionary.csv", tables)
    package = {
        "profile": "tabular-data-package", "name": f"kezhong-office-{office.config.city_id}".lower(),
        "title": office.config.name, "created": clock.stamp(), "format": FORMAT, "kezhong": version("kezhong"),
        "revision": present(office.database.app_engine), "personal_data": personal, "files": files,
        "left_out": {name: {"zh": zh, "en": en} for name, (zh, en) in LEFT_OUT.items()},
        "resources": resources,
    }  # fmt: skip
    (part / PACKAGE).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (part / "README.txt").write_text(_README, "utf-8")
    progress(1.0, "running.step_export")
    return len(tables), sum(one["rows"] for one in resources), files


def _write_table(connection: Connection, table: ExportedTable, part: Path, personal: bool) -> dict[str, Any]:
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    for name, value in _SETTINGS.items():
        driver.execute("SELECT set_config(%s, %s, true)", [name, value])
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(one.expression(personal=personal), sql.Identifier(one.name)) for one in table.columns
    )
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT WITH (FORMAT csv, HEADER true)").format(
        columns, sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.key))
    )
    digest = hashlib.sha256(BOM)
    size = len(BOM)
    with (part / table.member).open("wb") as stream, driver.cursor() as cursor:
        stream.write(BOM)
        with cursor.copy(statement) as copy:
            for piece in copy:
                block = bytes(piece)
                digest.update(block)
                size += len(block)
                stream.write(block)
        rows = cursor.rowcount
    schema = f"{TABLES}/{table.name}.schema.json"
    (part / schema).write_text(json.dumps(table.schema(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return {
        "name": table.name, "title": table.zh, "title_en": table.en, "path": table.member, "schema": schema,
        "format": "csv", "encoding": "utf-8", "rows": rows, "bytes": size, "hash": f"sha256:{digest.hexdigest()}",
    }  # fmt: skip


def _copy_files(source: Path, target: Path) -> int:
    if not source.is_dir():
        return 0
    found = [
        file
        for file in source.rglob("*")
        if file.is_file()
        and not file.is_symlink()
        and not any(one.startswith(".") for one in file.relative_to(source).parts)
    ]
    for file in found:
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return len(found)


def _write_dictionary(path: Path, tables: Sequence[ExportedTable]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(("表", "表名", "字段", "字段名", "类型", "可空", "个人信息", "引用", "table", "field"))
    for table in tables:
        for one in table.columns:
            writer.writerow(
                (
                    table.name, table.zh, one.name, one.zh, one.sql_type, "是" if one.nullable else "否",
                    "是" if one.personal else "", one.references or "", table.en, one.en,
                )
            )  # fmt: skip
    path.write_bytes(BOM + stream.getvalue().encode())


_README = """刻钟办公室数据导出 / Kezhong: everything the office holds, as open files

tables/*.csv            每张表一份，UTF-8（带 BOM），逗号分隔；空值为空，空文本为 ""。
                        one file a table, UTF-8 with a byte order mark; nothing between the commas is null, "" is an
                        empty text.
tables/*.schema.json    各字段的中英文名、类型、是否个人信息 / names, types and personal data of each column
data-dictionary.csv     数据字典 / all columns in one table
datapackage.json        清单与校验值（Frictionless Data Package）/ list with digests
files/                  附件（只在含个人信息的导出中）/ files of evidence, in an export with personal data only

个人信息默认已脱敏：姓名、电话、邮箱、用户名。说明、留言等自由文本不作改动，公开前请人工检查。
Personal data is masked by default: names, phones, e-mail, user names. Free texts are as they were entered: read them
before you publish anything.

用电子表格软件打开时请用“导入”并把各列设为文本，以免内容被当作公式。
Open the files in a spreadsheet by import, with all columns as text, so that nothing is taken for a formula.

读回 / back again:  kezhong office import 城市文件夹 本文件夹
"""
