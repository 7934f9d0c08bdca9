"""Who may do what: ``require(permission)`` stands on every endpoint from the first day.

Until sign-in exists there is one principal, the local analyst, who may do everything, and nobody but this machine
itself is let in: the client's address and the ``Host`` header must both be loopback. The second keeps out web pages
that point their own name at 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Depends, Request
from starlette.types import Scope

from kezhong.errors import PermissionDeniedError


class Permission(StrEnum):
    """What an endpoint may ask for."""

    PUBLIC = "public"  # health and the pages themselves
    READ_CITY = "city:read"
    READ_RESULTS = "results:read"
    EXPORT_RESULTS = "results:export"
    READ_JOBS = "jobs:read"
    RUN_JOBS = "jobs:run"
    EXPLORE = "what-if:run"
    KEEP_SCENARIOS = "scenarios:write"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who calls."""

    name: str
    permissions: frozenset[Permission]


LOCAL_ANALYST = Principal("local-analyst", frozenset(Permission))


def current_principal(request: Request) -> Principal:
    """Who calls: the local analyst, since the guard lets in nobody else."""
    principal: Principal = request.app.state.principal
    return principal


class Require:
    """The dependency that :func:`require` makes; its ``permission`` is read by the documentation and by the tests."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        principal = current_principal(request)
        if self.permission not in principal.permissions:
            raise PermissionDeniedError("server.missing_permission", permission=self.permission.value)
        return principal


def require(permission: Permission) -> Any:
    """Dependency of an endpoint that needs ``permission``."""
    return Depends(Require(permission))


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
