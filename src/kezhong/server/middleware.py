"""What happens around every request: guard, request id, security headers, one log line, and the last catch."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kezhong.errors import InputError, KezhongError
from kezhong.server.errors import TooLargeError, envelope_response
from kezhong.server.guard import LOCAL_ONLY, Guard

_log = logging.getLogger("kezhong.server.access")
_trouble = logging.getLogger("kezhong.server")
#: Bytes in the body of a request; none of ours needs a thousandth of it.
MAX_BODY = 1024 * 1024
#: Bytes of a file that is handed to the office, and at which addresses.
MAX_UPLOAD = 20 * 1024 * 1024
_UPLOAD = re.compile(r"^/api/v1/office/[\w/.:-]*(files|import|upload)$")
_ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
#: Everything comes from this server. Inline *styles* are allowed because the map and the component library set
#: positions as style attributes; inline scripts are not.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Surroundings:
    """The one middleware, written on ASGI itself so that it costs microseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["request_id"] = _given_id(scope) or uuid.uuid4().hex
        begun = time.perf_counter()
        status = 0
        guard: Guard = getattr(scope["app"].state, "guard", LOCAL_ONLY)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if guard.https and scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        try:
            guard.check(scope)
            await self.app(scope, await _small_body(scope, receive), send_with_headers)
        except KezhongError as problem:
            if status:  # the head is out: nothing can be said any more
                raise
            await envelope_response(problem, request_id)(scope, receive, send_with_headers)
        except Exception:
            _trouble.exception("unexpected error", extra={"request_id": request_id})
            if status:
                raise
            unexpected = KezhongError("server.internal", request_id=request_id)
            await envelope_response(unexpected, request_id)(scope, receive, send_with_headers)
        finally:
            _write_line(scope, request_id, status, time.perf_counter() - begun)


async def _small_body(scope: Scope, receive: Receive) -> Receive:
    """``receive`` with the body read already, so that nothing larger than :data:`MAX_BODY` reaches memory;
    files for the office may be larger.

    Raises
    ------
    TooLargeError
        The body is larger.
    InputError
        It is JSON with half of a character in it.
    """
    if scope["method"] in ("GET", "HEAD"):
        return receive
    limit = MAX_UPLOAD if _UPLOAD.match(scope["path"]) else MAX_BODY
    messages: list[Message] = []
    size, more = 0, True
    while more:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
        if size > limit:
            raise TooLargeError("server.too_large", limit=limit)
    _refuse_halves(b"".join(message.get("body", b"") for message in messages))
    read = iter(messages)

    async def again() -> Message:
        return next(read, None) or await receive()

    return again


def _refuse_halves(body: bytes) -> None:
    """Refuse JSON that spells half of a character (``"\\ud800"``): neither the database nor an answer can hold it.

    Raises
    ------
    InputError
        It does.
    """
    if not _ESCAPED_HALF.search(body):
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError as problem:
        raise InputError("server.unstorable") from problem
    except (ValueError, RecursionError):
        return  # no JSON at all: whoever reads it says so


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.match(text) else None
    return None


def _write_line(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    # The route's pattern, not the address: searches and coordinates are nobody's business.
    route: Any = scope.get("route")
    _log.info(
        "request",
        extra={
            "request_id": request_id,
            "method": scope["method"],
            "route": getattr(route, "path", "–"),
            "status": status,
            "ms": round(seconds * 1000, 1),
        },
    )
