"""Cursor pagination: an opaque position that belongs to one question."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Annotated, Any, TypeVar

from fastapi import Query

from kezhong.errors import InputError

_T = TypeVar("_T")

Limit = Annotated[int, Query(ge=1, le=1000, description="items in a page")]
Cursor = Annotated[str | None, Query(max_length=100, description="next_cursor of the page before")]


def digest(question: Any) -> str:
    """Short hash of filters and order: a cursor of other ones is refused."""
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def write_cursor(mark: str | int, question: str) -> str:
    """An opaque cursor from a position and the :func:`digest` of the question."""
    return base64.urlsafe_b64encode(f"{mark}.{question}".encode()).decode().rstrip("=")


def read_mark(cursor: str, question: str) -> str:
    """The position in a cursor.

    Raises
    ------
    InputError
        No cursor of ours, or one of other filters.
    """
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError as problem:
        raise InputError("server.bad_cursor", value=cursor) from problem
    mark, dot, found = text.rpartition(".")
    if not dot or found != question:
        raise InputError("server.bad_cursor", value=cursor)
    return mark


def read_cursor(cursor: str | None, question: str) -> int:
    """Position of a cursor in a list that never changes; 0 without one. Raises as :func:`read_mark`."""
    if cursor is None:
        return 0
    mark = read_mark(cursor, question)
    if not (mark.isascii() and mark.isdecimal()):
        raise InputError("server.bad_cursor", value=cursor)
    return int(mark)


def page_after(
    items: list[_T], ids: list[str], limit: int, cursor: str | None, question: str
) -> tuple[list[_T], str | None]:
    """One page of a list that grows at its head while it is read, and the cursor of the next.

    The cursor names the last item seen, not its place, so that nothing is shown twice.

    Raises
    ------
    InputError
        No cursor of ours, one of other filters, or of an item that is gone.
    """
    start = 0
    if cursor is not None:
        mark = read_mark(cursor, question)
        if mark not in ids:
            raise InputError("server.bad_cursor", value=cursor)
        start = ids.index(mark) + 1
    end = start + limit
    return items[start:end], write_cursor(ids[end - 1], question) if end < len(items) else None
