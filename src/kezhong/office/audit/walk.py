"""Reading the chain from its beginning, entry by entry, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import psycopg
from sqlalchemy import Connection

from kezhong.office.audit.chain import COLUMNS, GENESIS, content_digest, linked

#: Rows fetched at a time.
BATCH = 4000
_AT = """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
#: The columns as the texts that were hashed; PostgreSQL writes them several times faster than Python would.
TEXTS = ", ".join(
    {"seq": "seq::text", "at": _AT, "actor_id": "actor_id::text"}.get(name, f'"{name}"') for name in COLUMNS
)
#: Named by the process that reads; a named cursor keeps its rows on the server.
_QUERY = f"SELECT seq, previous, hash, {TEXTS} FROM audit_entry WHERE seq >= %s AND seq <= %s ORDER BY audit_entry.seq"  # noqa: S608

Row = tuple[int, bytes, bytes, tuple[str | None, ...]]


def entries(connection: Connection, first: int = 0, last: int = 2**62) -> Iterator[Row]:
    """``seq``, ``previous``, ``hash`` and the hashed texts of each entry in order.

    The connection should see one snapshot (REPEATABLE READ): entries are appended all the time.
    """
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    with driver.cursor(name="kezhong_chain") as cursor:
        cursor.itersize = BATCH
        cursor.execute(_QUERY, [first, last], binary=True)
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                yield row[0], row[1], row[2], row[3:]


class Walker:
    """Recomputes the hashes of entries that are handed to it in order."""

    def __init__(self, seq: int = 0, last: bytes = GENESIS) -> None:
        self.seq = seq
        self.hash = last
        self.count = 0

    def step(self, row: Row) -> list[tuple[str, dict[str, int]]]:
        """What is wrong with the next entry: codes of messages with their details; empty where it is sound."""
        seq, previous, stored, texts = row
        problems: list[tuple[str, dict[str, int]]] = []
        if seq != self.seq + 1:
            problems.append(("audit.gap", {"first": self.seq + 1, "last": seq - 1}))
        elif previous != self.hash:
            problems.append(("audit.unlinked", {"seq": seq}))
        if linked(previous, content_digest(texts)) != stored:
            problems.append(("audit.altered", {"seq": seq}))
        # Going on from what is stored: one altered entry must not make all that follow look altered.
        self.seq, self.hash = seq, stored
        self.count += 1
        return problems
