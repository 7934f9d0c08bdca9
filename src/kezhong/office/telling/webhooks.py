"""Addresses outside that are told of events: signed, without personal data, never inside the house by accident.

A body is signed with the secret named by the webhook: ``X-Kezhong-Signature: t=<seconds>,v1=<hex>``, HMAC-SHA256 over
``<seconds>.<body>``. An address is refused when any name it stands for is private, loopback or link-local, unless its
host is listed in ``KEZHONG_WEBHOOK_HOSTS`` (comma-separated); the connection goes to the very address that was
checked, so that a name which answers differently the second time gains nothing. Redirects are failures.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import Delivery, Webhook, kind_of
from kezhong.office.session import OfficeSession

#: Hosts of the inner network, and plain http, that the administrator permits.
HOSTS_VARIABLE = "KEZHONG_WEBHOOK_HOSTS"
_DELIVERY: Any = Delivery.__table__
SIGNATURE, DELIVERY = "X-Kezhong-Signature", "X-Kezhong-Delivery"
SECONDS = 10.0


class BadWebhookError(InputError):
    """The address must not be told, now or ever."""


def emit(session: OfficeSession, event: str, row: Any, details: Mapping[str, Any], key: str) -> None:
    """Queue an event for every active webhook that asked for it (``task.return``, ``task.*`` or ``*``)."""
    hooks = session.info.get("webhooks")
    if hooks is None:
        table = Webhook.__table__
        found = session.connection().execute(select(table.c.id, table.c.events).where(table.c.active))
        hooks = session.info["webhooks"] = found.all()
    wanted = {event, event.partition(".")[0] + ".*", "*"}
    now = clock.now()
    payload = {
        "event": event,
        "at": now.isoformat(timespec="seconds"),
        "object": {
            "kind": kind_of(row), "id": row.id, "code": getattr(row, "code", None), "area": row.area_code,
            "organisation": row.org_id, "state": getattr(row, "state", None), "version": getattr(row, "version", None),
        },
        "details": dict(details),
    }  # fmt: skip
    rows = [
        {
            "channel": f"webhook:{hook.id}", "key": f"{key}:{hook.id}"[:300], "payload": payload, "state": "waiting",
            "tries": 0, "next_try_at": now, "problem": "",
        }
        for hook in hooks
        if wanted & set(hook.events)
    ]  # fmt: skip
    if rows:
        statement = insert(_DELIVERY).on_conflict_do_nothing(index_elements=["channel", "key"])
        session.connection().execute(statement, rows)


def check_address(url: str, environ: Mapping[str, str] = os.environ) -> tuple[SplitResult, str]:
    """The parts of an address, and the network address to connect to.

    Raises
    ------
    BadWebhookError
        No address of a web service, or one inside that is not permitted.
    """
    parts = urlsplit(url)
    permitted = {name.strip().lower() for name in environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()}
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise _bad(url, "不是 https 地址", "it is no https address")
    inside = host in permitted
    if parts.scheme == "http" and not inside:
        raise _bad(url, "未加密", "it is not encrypted")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, ValueError, UnicodeError) as problem:
        raise OSError(f"{host}: {problem}") from problem
    if not inside and not all(_is_outside(address) for address in found):
        raise _bad(url, "指向内部网络", "it leads into an inner network")
    return parts, found[0]


def _is_outside(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return bool(mapped.is_global and not mapped.is_multicast)


def _bad(url: str, problem_zh: str, problem: str) -> BadWebhookError:
    host = urlsplit(url).hostname or url
    return BadWebhookError(
        "telling.bad_webhook", value=host[:80], problem_zh=problem_zh, problem=problem, variable=HOSTS_VARIABLE
    )


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of the signature's header."""
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def post(
    url: str,
    secret_variable: str | None,
    payload: Mapping[str, Any],
    delivery_id: int,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Tell one address.

    Raises
    ------
    BadWebhookError
        It must not be told, or its secret is missing.
    OSError, httpx.HTTPError
        Anything that may pass, also an answer other than 2xx.
    """
    parts, address = check_address(url, environ)
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json", "User-Agent": "kezhong", DELIVERY: str(delivery_id), "Host": parts.netloc,
    }  # fmt: skip
    if secret_variable:
        secret = environ.get(secret_variable)
        if not secret:
            raise BadWebhookError("telling.no_secret", value=secret_variable)
        headers[SIGNATURE] = sign(secret, body, int(clock.now().timestamp()))
    bracketed = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{bracketed}:{parts.port}" if parts.port else bracketed).geturl()
    # The name is still what the certificate is checked against.
    extensions = {"sni_hostname": parts.hostname} if parts.scheme == "https" else {}
    with (
        httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", target, content=body, headers=headers, extensions=extensions) as answer,
    ):
        if not answer.is_success:  # what else the answer says is nobody's business here
            raise OSError(f"HTTP {answer.status_code}")
