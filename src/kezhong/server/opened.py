"""A few things that take long to make, kept for the next request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")
#: Snapshots, runs and indexes that stay open; more are opened again when asked for.
_KEEP_OPEN = 6


class Opened:
    """A few values by key, the least recently used closed first; each is made once at a time.

    Whoever wants another key does not wait while one is made. Two keys must not make each other.
    """

    def __init__(self, size: int = _KEEP_OPEN) -> None:
        self._size = size
        self._items: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The value under ``key``, made where there is none."""
        with self._lock:
            if key in self._items:
                kept: _T = self._used(key)
                return kept
            gate = self._making.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                if key in self._items:
                    made_meanwhile: _T = self._used(key)
                    return made_meanwhile
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def peek(self, key: Hashable) -> Any:
        """The value under ``key``, or ``None``; nothing is made and nobody waits."""
        with self._lock:
            return self._used(key) if key in self._items else None

    def _used(self, key: Hashable) -> Any:
        self._items.move_to_end(key)
        return self._items[key]

    def _keep(self, key: Hashable, value: object) -> None:
        with self._lock:
            self._items[key] = value
            while len(self._items) > self._size:
                self._items.popitem(last=False)
