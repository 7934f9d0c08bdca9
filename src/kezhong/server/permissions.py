"""Who may do what: ``require(permission)`` stands on every endpoint.

A city without an office has one caller, the local analyst, who measures and plans. Who is let in at all is decided
before that, by :mod:`kezhong.server.guard`.
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from kezhong.errors import PermissionDeniedError
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.server.guard import check_bind, check_caller

#: What the one local analyst of a city without an office may do: measure and plan.
_LOCAL = frozenset(
    {
        Permission.PUBLIC,
        Permission.READ_CITY,
        Permission.READ_RESULTS,
        Permission.EXPORT_RESULTS,
        Permission.READ_JOBS,
        Permission.RUN_JOBS,
        Permission.EXPLORE,
        Permission.KEEP_SCENARIOS,
    }
)
LOCAL_ANALYST = Actor(
    None, "local-analyst", (Grant("local", Reach.AREA, _LOCAL, 0, "-", "-"),), limit=_LOCAL, via="local"
)
#: Somebody who has not signed in.
NOBODY = Actor(None, "nobody", limit=frozenset(), via="nobody")


class NotSignedInError(PermissionDeniedError):
    """The caller has to sign in first."""

    http_status = 401


def current_actor(request: Request) -> Actor:
    """Who calls, found once a request; see :mod:`kezhong.server.identity`."""
    from kezhong.server.identity import identify

    found: Actor | None = getattr(request.state, "actor", None)
    if found is None:
        found = request.state.actor = identify(request)
    return found


class Require:
    """The dependency that :func:`require` makes; its ``permission`` is read by the documentation and by the tests.

    It answers *whether somewhere*; *where* is decided in the query (:mod:`kezhong.office.access.scope`).
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Actor:
        actor = current_actor(request)
        if not actor.may(self.permission):
            if actor is NOBODY:
                raise NotSignedInError("server.sign_in_first")
            raise PermissionDeniedError("server.missing_permission", permission=self.permission.value)
        return actor


def require(permission: Permission) -> Any:
    """Dependency of an endpoint that needs ``permission``."""
    return Depends(Require(permission))


__all__ = [
    "LOCAL_ANALYST",
    "NOBODY",
    "Actor",
    "Permission",
    "Require",
    "check_bind",
    "check_caller",
    "current_actor",
    "require",
]
