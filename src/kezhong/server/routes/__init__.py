"""Routes by context; each module has one ``router``."""

from __future__ import annotations

from typing import Any

from kezhong.server.models import ErrorEnvelope

PREFIX = "/api/v1"
#: Documented on every endpoint.
COMMON: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorEnvelope, "description": "What is wrong and what to do"},
    "5XX": {"model": ErrorEnvelope, "description": "An error of the server, with the request's id"},
}
#: Documented on every GET with an ETag.
READ: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has this version"}, **COMMON}
