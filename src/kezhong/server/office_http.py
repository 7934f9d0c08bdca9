"""What every route of the office shares: versions in ETags, and creation that happens once, however often asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from fastapi import Request
from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from starlette.responses import Response

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.models import Idempotency
from kezhong.office.session import OfficeSession
from kezhong.server.identity import Work

_TAG = re.compile(r'^(?:W/)?"v(\d{1,9})"$')


class PreconditionRequiredError(InputError):
    """An edit must say which version it was made from."""

    http_status = 428


def version_of(request: Request) -> int:
    """The version that the caller edits, from ``If-Match``.

    Raises
    ------
    PreconditionRequiredError
        The header is missing.
    InputError
        It is no version of ours.
    """
    header = request.headers.get("if-match")
    if not header:
        raise PreconditionRequiredError("office.version_required")
    match = _TAG.match(header.strip())
    if match is None:
        raise InputError("office.bad_version", value=header[:40])
    return int(match.group(1))


def versioned(request: Request, value: Any, version: int, status_code: int = 200) -> Response:
    """A body with its version as ETag; 304 where the caller has just this one.

    The tag is weak in spirit – what others may do (``allowed``) is part of the body and not of the version – so a 304
    is only given for the very same bytes.
    """
    body = to_json(value, inf_nan_mode="null")
    headers = {"ETag": f'"v{version}"', "Cache-Control": "no-store"}
    return Response(body, status_code=status_code, media_type="application/json", headers=headers)


def created(
    work: Work,
    request: Request,
    wanted: Any,
    build: Callable[[OfficeSession], tuple[Any, int]],
    *,
    status_code: int = 201,
) -> Response:
    """Create something in one transaction with the note of its ``Idempotency-Key``.

    Parameters
    ----------
    wanted
        The parsed body; the same key with another body is refused.
    build
        Creates it and returns its wire value and its version.

    Raises
    ------
    ConflictError
        The key was used for something else.
    """
    key = request.headers.get("idempotency-key", "")[:200]
    caller = f"{work.actor.via}:{work.actor.person_id or work.actor.name}"
    question = hashlib.sha256(
        b"\0".join((request.method.encode(), request.url.path.encode(), to_json(wanted, inf_nan_mode="null")))
    ).hexdigest()
    with work() as session:
        if key:
            # The row is taken before anything is made: a second request with the same key waits here for the first.
            session.execute(
                insert(Idempotency)
                .values(key=key, caller=caller, question=question, status=0, body="", at=clock.now())
                .on_conflict_do_nothing()
            )
            have = session.execute(
                select(Idempotency).where(Idempotency.key == key, Idempotency.caller == caller).with_for_update()
            ).scalar_one()
            if have.question != question:
                raise ConflictError("office.key_reused", value=key)
            if have.status:
                return Response(have.body, status_code=have.status, media_type="application/json")
        value, version = build(session)
        session.flush()
        body = to_json(value, inf_nan_mode="null")
        if key:
            have.status, have.body = status_code, body.decode()
    headers = {"ETag": f'"v{version}"', "Cache-Control": "no-store"}
    return Response(body, status_code=status_code, media_type="application/json", headers=headers)
