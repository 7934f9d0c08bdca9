"""Who may do what: ``require(permission)`` stands on every endpoint.

A city without an office has one caller, the local analyst, who measures and plans, and nobody but this machine itself
is let in: the client's address and the ``Host`` header must both be loopback. The second keeps out web pages
that point their own name at 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from fastapi import Depends, Request
from starlette.types import Scope

from kezhong.errors import PermissionDeniedError
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach

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


def check_bind(host: str) -> None:
    """Refuse to serve at any address but this machine's own.

    Raises
    ------
    PermissionDeniedError
        ``host`` is not loopback, or no address of this machine.
    """
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError as problem:
        raise PermissionDeniedError("server.bind_refused", value=host) from problem
    if not all(_is_loopback(address) for address in addresses):
        raise PermissionDeniedError("server.bind_refused", value=host)


def check_caller(scope: Scope) -> None:
    """Refuse a request that does not come from this machine, or that was meant for another name.

    Raises
    ------
    PermissionDeniedError
        With the address or name that was refused.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if not _is_loopback(address):
        raise PermissionDeniedError("server.not_local", value=address or "–")
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _is_local_name(hosts[0]):
        raise PermissionDeniedError("server.not_local", value=", ".join(hosts) or "–")
    for name, value in scope["headers"]:
        if name == b"origin" and not _is_local_name(value.decode("latin-1").partition("://")[2]):
            raise PermissionDeniedError("server.not_local", value=value.decode("latin-1"))


def _is_local_name(host: str) -> bool:
    """Whether a ``Host`` header (name and port) names this machine."""
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return False
    else:
        name = host.partition(":")[0]
    return name.lower() == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
