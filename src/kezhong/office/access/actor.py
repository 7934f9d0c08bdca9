"""Somebody who acts: a person with the grants in force this moment, an API token, or the system itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from kezhong.errors import PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held for an organisation in an area, as it counts now.

    ``area_path`` and ``org_path`` are the paths of their trees; ``delegated`` is the id of the delegation through
    which it came, if any.
    """

    role: str
    reach: Reach
    permissions: frozenset[Permission]
    org_id: int
    org_path: str
    area_path: str
    department: str | None = None
    delegated: int | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts, with what right and from where. Made anew for every request, so an ended grant ends at once.

    ``limit`` narrows the permissions (scope of an API token); ``origin`` is the network address,
    ``session_id`` the signed-in session it acts by, if any.
    """

    person_id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    limit: frozenset[Permission] | None = None
    origin: str | None = None
    via: str = "session"
    request_id: str | None = None
    everything: bool = False
    session_id: int | None = None
    # Not an argument: a copy with another limit must not inherit what the scope worked out for this one.
    _cache: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """All that some grant permits, within the token's limit."""
        if self.everything:
            return frozenset(Permission)
        always = {Permission.PUBLIC} if self.person_id is None else {Permission.PUBLIC, Permission.SIGNED_IN}
        found = frozenset(always).union(*(grant.permissions for grant in self.grants))
        return found if self.limit is None else found & (self.limit | always)

    def may(self, permission: Permission) -> bool:
        """Whether the action is permitted somewhere; *where* is decided in the query."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Refuse who may do this nowhere.

        Raises
        ------
        PermissionDeniedError
            No grant holds ``permission``.
        """
        if not self.may(permission):
            raise PermissionDeniedError("server.missing_permission", permission=permission.value)

    def once(self, key: str, find: Callable[[], _Found]) -> _Found:
        """What ``find`` says, asked once for this actor: as long as its rights last, that is one request."""
        if key not in self._cache:
            self._cache[key] = find()
        found: _Found = self._cache[key]
        return found

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]:
        """The grants that hold ``permission``."""
        return tuple(grant for grant in self.grants if permission in grant.permissions) if self.may(permission) else ()

    @property
    def organisations(self) -> frozenset[int]:
        """Organisations the actor acts for."""
        return frozenset(grant.org_id for grant in self.grants)


def system(name: str = "system", request_id: str | None = None) -> Actor:
    """The system itself: reminders, imports from the command line. May do everything; the audit names it."""
    return Actor(None, name, via="system", everything=True, request_id=request_id)
