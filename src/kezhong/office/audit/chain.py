"""Hashing of the chain: pure functions, shared by writer, verifier and bulk writer.

An entry's hash covers the hash before it and a digest of every column, each with its length, so that no two different
entries have the same bytes. Values are text, integers or null; times are ISO 8601 in UTC with microseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

#: What the first entry follows.
GENESIS = bytes(32)
#: Columns in the order in which they are hashed. A new column means a new chain format.
COLUMNS = (
    "seq", "at", "actor_id", "actor", "action", "object_kind", "object_id", "area_path", "org_path", "before", "after",
    "reason", "request_id", "origin_digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain."""

    actor_id: int | None
    actor: str
    action: str
    object_kind: str
    object_id: str
    area_path: str = ""
    org_path: str = ""
    before: str = "{}"
    after: str = "{}"
    reason: str = ""
    request_id: str = ""
    origin_digest: str = ""


def content_digest(values: Iterable[str | None]) -> bytes:
    """SHA-256 over the columns' texts in the order of :data:`COLUMNS`.

    It is a step of its own so that evidence can bind one entry to a signed head by the digests of the entries between,
    without showing what these say.
    """
    parts: list[bytes] = []
    for value in values:
        if value is None:
            parts.append(b"\x00")
        else:
            data = value.encode()
            parts += (b"\x01", len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(parts)).digest()


def linked(previous: bytes, digest: bytes) -> bytes:
    """Hash of an entry from the hash before it and its :func:`content_digest`."""
    return hashlib.sha256(previous + digest).digest()


def texts(entry: Mapping[str, Any]) -> list[str | None]:
    """The columns of an entry as the texts that are hashed."""
    return [_text(entry[name]) for name in COLUMNS]


def entry_hash(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """Hash of an entry over all of :data:`COLUMNS` and the hash before it (32 bytes)."""
    return linked(previous, content_digest(texts(entry)))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def link(head_seq: int, head_hash: bytes, drafts: Iterable[Draft], at: datetime) -> list[dict[str, Any]]:
    """Rows for ``drafts`` that continue the chain after ``head_seq``."""
    rows: list[dict[str, Any]] = []
    for seq, draft in enumerate(drafts, head_seq + 1):
        row: dict[str, Any] = {"seq": seq, "at": at, **{name: getattr(draft, name) for name in COLUMNS[2:]}}
        row["previous"] = head_hash
        head_hash = row["hash"] = entry_hash(head_hash, row)
        rows.append(row)
    return rows


def canonical(values: Mapping[str, Any]) -> str:
    """JSON of values in one form only: sorted keys, no spaces, text as it is."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def keyed_digest(key: bytes, value: Any) -> str:
    """``hmac:`` and 32 hexadecimal digits: tells whether two values are equal, as long as the key exists."""
    return "hmac:" + hmac.new(key, canonical({"v": value}).encode(), hashlib.sha256).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
