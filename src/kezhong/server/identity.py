"""Who calls: from the session cookie or the bearer token where the city has an office, else the local analyst."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from kezhong.errors import NotFoundError
from kezhong.office.access.actor import Actor
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.server.permissions import NOBODY, current_actor

COOKIE = "kezhong_session"


def identify(request: Request) -> Actor:
    """The caller of a request."""
    office: Office | None = request.app.state.office
    if office is None:
        actor: Actor = request.app.state.local
        return actor
    from kezhong.office.identity.sessions import actor_of_session, actor_of_token

    origin = request.client.host if request.client else None
    request_id = request.scope.get("request_id")
    header = request.headers.get("authorization", "")
    kind, _, token = header.partition(" ")
    if kind.lower() == "bearer" and token:
        found = actor_of_token(office, token.strip(), origin=origin, request_id=request_id)
    elif cookie := request.cookies.get(COOKIE):
        found = actor_of_session(office, cookie, origin=origin, request_id=request_id)
    else:
        found = None
    return found or NOBODY


def _office(request: Request) -> Office:
    office: Office | None = request.app.state.office
    if office is None:
        raise NotFoundError("office.not_enabled", folder=request.app.state.kezhong.folder)
    return office


#: The office of the city; 404 with what to do where there is none.
TheOffice = Annotated[Office, Depends(_office)]


class Work:
    """Opens units of work of the caller: ``with work() as session: …`` – committed before the answer is sent."""

    def __init__(self, office: Office, actor: Actor) -> None:
        self.office = office
        self.actor = actor

    def __call__(self) -> Any:
        """A context manager over an :class:`~kezhong.office.session.OfficeSession`."""
        return self.office.acting(self.actor)


def _work(request: Request, office: TheOffice) -> Work:
    return Work(office, current_actor(request))


#: What an endpoint of the office takes to read and write.
Unit = Annotated[Work, Depends(_work)]

__all__ = ["COOKIE", "OfficeSession", "TheOffice", "Unit", "Work", "identify"]
