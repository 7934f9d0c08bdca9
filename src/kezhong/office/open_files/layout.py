"""Which tables and columns are exported, what of them is personal, and how that is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from kezhong.office.fields import field_name, kind_name
from kezhong.office.models import all_mappers

FORMAT = 1
PACKAGE = "datapackage.json"
TABLES = "tables"
FILES = "files"
BOM = b"\xef\xbb\xbf"
#: Tables that stay behind, with the reason: they hold secrets, or nothing that outlives the installation.
LEFT_OUT = {
    "credential": ("密码与动态口令，不导出", "passwords and second factors never leave"),
    "api_token": ("接口令牌，不导出", "tokens never leave"),
    "sign_in_session": ("登录会话，只在本机有效", "signed-in browsers of this installation"),
    "sign_in_gate": ("登录失败计数", "counts of failed sign-ins"),
    "rate_window": ("频率限制计数", "counts of requests"),
    "idempotency": ("重复提交登记，几天后无用", "answers kept for retries"),
}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = {
    "BIGINT": "integer", "INTEGER": "integer", "TEXT": "string", "BOOLEAN": "boolean", "DATE": "date",
    "DOUBLE PRECISION": "number", "FLOAT": "number", "TIMESTAMP WITH TIME ZONE": "datetime", "JSONB": "object",
    "BYTEA": "string", "TEXT[]": "array", "BIGINT[]": "array",
}  # fmt: skip
_NOTES = {
    "TEXT[]": "PostgreSQL array: {a,b}",
    "BIGINT[]": "PostgreSQL array: {1,2}",
    "BYTEA": "hexadecimal after \\x",
    "JSONB": "JSON",
    "TIMESTAMP WITH TIME ZONE": "UTC",
}


@dataclass(frozen=True, slots=True)
class ExportedColumn:
    """A column of the export."""

    name: str
    zh: str
    en: str
    type: str
    sql_type: str
    nullable: bool
    personal: bool
    references: str | None

    def expression(self, *, personal: bool) -> sql.Composable:
        """What is selected: the value, or its mask."""
        name = sql.Identifier(self.name)
        if not self.personal or personal:
            return name
        if self.name == "username" and self.nullable:  # a name to sign in with, made up, would be one
            return sql.SQL("NULL")
        masks = {
            "name": "left({0}, 1) || '**'",
            "from_name": "left({0}, 1) || '**'",
            "phone": "CASE WHEN length({0}) >= 11 THEN left({0}, 3) || '****' || right({0}, 4) ELSE '***' END",
            "email": "left({0}, 1) || '***@' || split_part({0}, '@', 2)",
            "subject": "'masked-' || id",
        }
        shape = masks.get(self.name, "'***'")
        return sql.SQL(f"CASE WHEN {{0}} IS NULL OR {{0}}::text = '' THEN {{0}} ELSE {shape} END").format(name)


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table of the export."""

    name: str
    kind: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[ExportedColumn, ...]

    @property
    def member(self) -> str:
        """Its file."""
        return f"{TABLES}/{self.name}.csv"

    def schema(self) -> dict[str, Any]:
        """Its Table Schema (Frictionless), with names in both languages."""
        return {
            "title": self.zh,
            "title_en": self.en,
            "fields": [
                {
                    "name": column.name, "type": column.type, "title": column.zh, "title_en": column.en,
                    "sql_type": column.sql_type, "personal": column.personal,
                    "description": _NOTES.get(column.sql_type, ""),
                    "constraints": {"required": not column.nullable},
                }
                for column in self.columns
            ],
            "primaryKey": list(self.key),
            "foreignKeys": [
                {
                    "fields": column.name,
                    "reference": dict(zip(("resource", "fields"), column.references.split("."), strict=True)),
                }
                for column in self.columns
                if column.references
            ],
            "missingValues": [""],
        }  # fmt: skip


def exported_tables() -> list[ExportedTable]:
    """All tables of the export by name."""
    found = []
    for mapper in all_mappers():
        cls: Any = mapper.class_
        table: Any = mapper.local_table
        if table.name in LEFT_OUT:
            continue
        kind = cls.KIND
        secret = {mapper.column_attrs[name].columns[0].name for name in cls.SECRET}
        columns = tuple(
            _column(kind, column, column.name in cls.PERSONAL) for column in table.columns if column.name not in secret
        )
        key = tuple(column.name for column in table.primary_key.columns)
        found.append(ExportedTable(table.name, kind, kind_name(kind), kind_name(kind, "en"), key, columns))
    return sorted(found, key=lambda one: one.name)


def _column(kind: str, column: Column[Any], personal: bool) -> ExportedColumn:
    sql_type = column.type.compile(_DIALECT)
    reference = next((f"{key.column.table.name}.{key.column.name}" for key in column.foreign_keys), None)
    return ExportedColumn(
        column.name, field_name(kind, column.name), field_name(kind, column.name, "en"), _TYPES.get(sql_type, "string"),
        sql_type, bool(column.nullable), personal, reference,
    )  # fmt: skip
