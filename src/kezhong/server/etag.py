"""Prepared bodies with strong ETags, and the 304 that spares sending them again.

The tag is a hash of the bytes themselves, so that it is right whatever the body was made from; bodies are kept in a
cache under the ids they were made from, so that the hash is computed once.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic_core import to_json
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes ready to be sent, with their tag."""

    body: bytes
    etag: str
    media_type: str = "application/json"


def prepare(value: Any, media_type: str = "application/json") -> Prepared:
    """JSON of ``value`` (bytes are taken as they are); NaN and infinities become null."""
    body = value if isinstance(value, bytes) else to_json(value, inf_nan_mode="null")
    return Prepared(body, '"' + hashlib.blake2b(body, digest_size=12).hexdigest() + '"', media_type)


def matches(header: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` header holds ``etag`` (weak comparison, as RFC 9110 asks for it)."""
    if not header:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def respond(request: Request, prepared: Prepared, status_code: int = 200) -> Response:
    """Send ``prepared``, or 304 where the caller has it."""
    headers = {"ETag": prepared.etag, "Cache-Control": "no-cache"}
    if request.method in ("GET", "HEAD") and matches(request.headers.get("if-none-match"), prepared.etag):
        return Response(status_code=304, headers=headers)
    return Response(prepared.body, status_code=status_code, media_type=prepared.media_type, headers=headers)


class BodyCache:
    """Prepared bodies by key, least recently used dropped beyond a number of bytes; each built once at a time."""

    def __init__(self, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._max = max_bytes
        self._bytes = 0
        self._items: OrderedDict[Hashable, Prepared] = OrderedDict()
        self._building: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, build: Callable[[], Any], media_type: str = "application/json") -> Prepared:
        """The body under ``key``; ``build`` makes its value where there is none."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
            gate = self._building.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                if key in self._items:
                    return self._items[key]
            try:
                prepared = prepare(build(), media_type)
                self._keep(key, prepared)
            finally:
                with self._lock:
                    self._building.pop(key, None)
        return prepared

    def _keep(self, key: Hashable, prepared: Prepared) -> None:
        with self._lock:
            self._items[key] = prepared
            self._bytes += len(prepared.body)
            while self._bytes > self._max and len(self._items) > 1:
                _, dropped = self._items.popitem(last=False)
                self._bytes -= len(dropped.body)
