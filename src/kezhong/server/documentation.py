"""``python -m kezhong.server.documentation docs/api.md``: the table of endpoints and permissions, from the code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from kezhong.city.files import write_text
from kezhong.server.app import describe
from kezhong.server.permissions import Permission, Require


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    permission: Permission | None
    summary: str
    parameters: tuple[str, ...]
    route: Any


def endpoints(app: FastAPI) -> list[Endpoint]:
    """Every endpoint that is served, the undocumented ones included; in the order in which they are matched."""
    return [entry for context in iter_route_contexts(app.routes) for entry in _of(context)]


def _of(context: RouteContext) -> Iterator[Endpoint]:
    route = context.original_route
    path = context.path or "?"
    if not isinstance(route, APIRoute):
        yield Endpoint("*", path, None, "", (), route)
        return
    summary = (route.endpoint.__doc__ or "").strip().splitlines()[0]
    for method in sorted(context.methods or ()):
        yield Endpoint(method, path, _permission(route.dependant), summary, tuple(_parameters(route.dependant)), route)


def _permission(dependant: Dependant) -> Permission | None:
    for below in dependant.dependencies:
        if isinstance(below.call, Require):
            return below.call.permission
        found = _permission(below)
        if found is not None:
            return found
    return None


def _parameters(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for below in dependant.dependencies:
        yield from _parameters(below)


def document() -> str:
    """The page ``docs/api.md``."""
    rows = [entry for entry in endpoints(describe()) if entry.path != "/{path:path}"]
    lines = [
        "# HTTP interface",
        "",
        "Made by `python -m kezhong.server.documentation docs/api.md`; a test fails when it is out of date. The full",
        "description with all models is `web/openapi.json` (`python -m kezhong.server.openapi web/openapi.json`).",
        "",
        "- JSON under `/api/v1`; numbers are raw (shares 0–1, metres, minutes), `null` means *no value*, never zero.",
        "- Until sign-in exists there is one principal, `local-analyst`, who holds every permission, and only this",
        "  machine is served: a client address, `Host` or `Origin` that is not loopback gets 403 `server.not_local`.",
        "- Every response carries `X-Request-Id`; a well-formed one of the caller is kept. The log has it too.",
        "- GETs carry a strong `ETag` (a hash of the body) and `Cache-Control: no-cache`; `If-None-Match` gives 304.",
        "- Lists: `limit` and `cursor`; `next_cursor` is null on the last page. A cursor fits one filter and order.",
        '- Errors: `{"error": {code, message: {zh, en}, action: {zh, en}, details, request_id}}`.',
        "- `POST /api/v1/jobs` answers 202 with a job, or 200 with a finished one where the result is there already;",
        "  the same `Idempotency-Key` gives the same job, and with other work 409 `jobs.key_reused`.",
        "- Kinds of job: `assess` makes a run; `openings` makes the answer of `GET /api/v1/openings`, which is 404",
        "  `server.openings_not_computed` until a job with the same basis, walker and element is done.",
        "",
        "| method | path | permission | query | what |",
        "|---|---|---|---|---|",
    ]
    for entry in rows:
        permission = entry.permission.value if entry.permission else "–"
        query = ", ".join(entry.parameters) or "–"
        lines.append(f"| {entry.method} | `{entry.path}` | {permission} | {query} | {entry.summary} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), document())
