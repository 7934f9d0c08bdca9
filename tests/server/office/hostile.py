"""Values that no page sends: by the type that the description of the interface gives, and by every other one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from bodies import least, resolve

LONG = "刻" * 5_000
WORDS: list[Any] = [
    "", " ", "\u0000", "a\u0000b", LONG, "\ud800", "‮\u2066钟", "=1+1", "%", "_", "'; drop table task; --",
    "../../etc/passwd", "<script>alert(1)</script>", "http://[x", "https://例.例/", "{value}", "\r\nSet-Cookie: a=b", "🕒" * 300, "-1", "١٢",
]  # fmt: skip
NUMBERS: list[Any] = [
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**62,
    2**63,
    -(2**63) - 1,
    10**30,
    1e308,
    -0.0,
    0.5,
    float("nan"),
    float("inf"),
]
DATES: list[Any] = [
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "1899-12-31",
    "2026-1-1",
    "20261301",
    "2026-12-01T00:00:00",
]
MOMENTS: list[Any] = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-12-01T00:00:00", "2026-12-01T24:61:00Z", "1970-01-01T00:00:00Z",
]  # fmt: skip
TYPES: list[Any] = [None, True, [], {}, [[]], {"a": 1}, ["x"], [None], "x", 7, [0] * 2_000]
#: Whole bodies that are no body of ours.
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe{}",
    b"[" * 20_000,
    b"{}" * 2,
    b'{"a":' * 3_000,
    b"NaN",
    b"1" * 5_000,
]
FILES = [b"", b"\x00" * 64, b"PK\x03\x04" + b"\x00" * 200, b"%PDF-1.7\n", b"\xff\xd8\xff\xe0" + b"\x01" * 90, "编码,名称\n=1+1,\u0000\n".encode(),
         "\ufeff编码,名称\n".encode() + b"\xff\xff\n", b"a" * 70_000 + b"\n", b'"' + b"x\n" * 500]  # fmt: skip
VERSIONS = ['"v0"', '"v999999999"', "*", '"v1", "v2"', 'W/"v1"', "v1", '"v-1"', '"v1e3"', "é"]
KEYS = ["k" * 300, "é", " ", "'", "k-1"]

Likely = Callable[[str], Any]


def values(schema: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    """Hostile values for a place of this schema: first those of its own type, then those of any other."""
    schema = resolve(schema, document)
    kinds = {one.get("type", "") for one in _choices(schema, document)}
    formats = {one.get("format", "") for one in _choices(schema, document)}
    found: list[Any] = []
    if "date" in formats:
        found += DATES
    if "date-time" in formats:
        found += MOMENTS
    if kinds & {"integer", "number"}:
        found += NUMBERS
    if "string" in kinds and not formats & {"date", "date-time"}:
        found += WORDS
    return found + TYPES + (NUMBERS if "string" in kinds else WORDS)


def _choices(schema: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    schema = resolve(schema, document)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return [found for each in schema[key] for found in _choices(each, document)]
    return [schema]


def full(schema: dict[str, Any], document: dict[str, Any], likely: Likely, name: str = "", *, depth: int = 0) -> Any:
    """A body with all its fields, each with what might well stand there (``likely`` knows ids by the field's name)."""
    for one in _choices(schema, document):
        if one.get("type") == "null":
            continue
        if (one.get("type") == "object" or "properties" in one) and depth < 4:
            fields = one.get("properties", {})
            return {key: full(each, document, likely, key, depth=depth + 1) for key, each in fields.items()}
        if one.get("type") == "array" and depth < 4:
            count = max(1, one.get("minItems", 1))
            return [full(one["items"], document, likely, name, depth=depth + 1) for _ in range(count)]
        if one.get("type") in ("integer", "string"):
            found = likely(name)
            if found is not None and isinstance(found, int) == (one["type"] == "integer"):
                return found
        return least(one, document)
    return None


def places(
    value: Any, schema: dict[str, Any], document: dict[str, Any]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every place in a body with its schema: fields, optional ones too, and what is in lists."""
    for one in _choices(schema, document):
        if isinstance(value, dict) and "properties" in one:
            for name, each in one["properties"].items():
                yield (name,), each
                for path, below in places(value.get(name), each, document):
                    yield (name, *path), below
            return
        if isinstance(value, dict) and one.get("type") == "object":
            for name in ("x", "due", "unit", "result", "sheet", "reply", "\u0000"):
                yield (name,), {}
            return
        if isinstance(value, list) and value and "items" in one:
            yield (0,), one["items"]
            for path, below in places(value[0], one["items"], document):
                yield (0, *path), below
            return


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a body with another value at a place."""
    changed = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def encoded(body: Any) -> bytes:
    """JSON as a hostile caller writes it: NaN and halves of characters included."""
    return json.dumps(body).encode("ascii")


def in_address(value: Any) -> str:
    """A value as a segment of a path or in a query, percent-encoded."""
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
