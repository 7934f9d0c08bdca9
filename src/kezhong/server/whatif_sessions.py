"""What-if sessions of the server: engines kept for a few questions, sessions by id, one edit of each at a time."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kezhong import clock
from kezhong.errors import NotFoundError
from kezhong.server.etag import Prepared, prepare
from kezhong.server.opened import Opened

if TYPE_CHECKING:
    from kezhong.assess.whatif import Engine, Session
    from kezhong.city.scenarios import Edit

#: Sessions that stay open; the one unused for longest is closed for a new one. Each holds the network's answers.
MOST_SESSIONS = 8
_ENGINES = 2


@dataclass(eq=False)
class OpenSession:
    """A session, who may use it at this moment, and the keys of requests that it has answered."""

    id: str
    session: Session
    created: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    last_key: str | None = None
    answer: tuple[int, Prepared] | None = None

    def prepared(self, body: Callable[[OpenSession], object]) -> Prepared:
        """The session's body of this revision, made once."""
        revision = self.session.revision
        if self.answer is None or self.answer[0] != revision:
            self.answer = revision, prepare(body(self))
        return self.answer[1]


class WhatIfSessions:
    """All sessions of one city folder."""

    def __init__(self) -> None:
        self._engines = Opened(_ENGINES)
        self._open: OrderedDict[str, OpenSession] = OrderedDict()
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    def engine(self, key: Hashable, make: Callable[[], Engine]) -> Engine:
        """The engine under ``key``, prepared where there is none."""
        return self._engines.get(key, make)

    def begin(self, engine: Engine, edits: list[Edit], key: str | None) -> OpenSession:
        """A new session; the one that was made for the same key, where it is still open."""
        from kezhong.assess.whatif import Session

        known = self._by_key(key)
        if known is not None:
            return known
        made = OpenSession("wi-" + secrets.token_hex(8), Session(engine, edits), clock.stamp())
        with self._lock:
            self._open[made.id] = made
            if key is not None:
                self._keys[key] = made.id
            while len(self._open) > MOST_SESSIONS:
                self._forget(next(iter(self._open)))
        return made

    def all(self) -> list[OpenSession]:
        """Open sessions, the one used last first."""
        with self._lock:
            return list(reversed(self._open.values()))

    @contextmanager
    def use(self, session_id: str) -> Iterator[OpenSession]:
        """A session for oneself.

        Raises
        ------
        NotFoundError
            It was never opened, or is closed.
        """
        with self._lock:
            found = self._open.get(session_id)
            if found is None:
                raise NotFoundError("whatif.no_session", value=session_id)
            self._open.move_to_end(session_id)
        with found.lock:
            yield found

    def end(self, session_id: str) -> None:
        """Close a session."""
        with self.use(session_id), self._lock:
            self._forget(session_id)

    def _by_key(self, key: str | None) -> OpenSession | None:
        with self._lock:
            return self._open.get(self._keys.get(key or "", ""))

    def _forget(self, session_id: str) -> None:
        self._open.pop(session_id, None)
        self._keys = {key: one for key, one in self._keys.items() if one != session_id}
