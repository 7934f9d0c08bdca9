"""One mapping from whatever went wrong to the envelope that travels."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DataError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kezhong.errors import ConflictError, InputError, KezhongError, NotFoundError

_log = logging.getLogger("kezhong.server")
#: Chinese for the kinds of validation problem that a caller of this interface can meet.
_PROBLEMS_ZH = {
    "missing": "缺少该参数",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "int_parsing": "不是整数",
    "int_type": "不是整数",
    "float_parsing": "不是数字",
    "finite_number": "不是有限的数",
    "bool_parsing": "不是布尔值",
    "bool_type": "不是布尔值",
    "string_type": "不是文本",
    "string_too_long": "过长",
    "string_too_short": "过短",
    "string_pattern_mismatch": "格式不对",
    "greater_than_equal": "过小",
    "less_than_equal": "过大",
    "json_invalid": "不是合法的 JSON",
    "extra_forbidden": "不认识该字段",
    "model_attributes_type": "不是 JSON 对象",
    "union_tag_invalid": "kind 不在允许的取值之内",
    "union_tag_not_found": "缺少 kind",
}


#: SQLSTATE of a key that is taken and of a reference to what is not there.
_TAKEN, _MISSING = "23505", "23503"
#: Fields whose value is never said back.
_SECRET = frozenset({"password", "current", "new", "code", "token"})


class MethodNotAllowedError(InputError):
    """The address exists, the method does not."""

    http_status = 405


class RefusedRequestError(InputError):
    """The framework could not read the request."""

    http_status = 400


class TooLargeError(InputError):
    """The body of a request is larger than any of ours need be."""

    http_status = 413


class BadRangeError(InputError):
    """Bytes were asked for that the file does not have."""

    http_status = 416


def envelope_response(problem: KezhongError, request_id: str | None) -> Response:
    """The response that says what is wrong and what to do."""
    return Response(
        to_json(_sayable(problem.envelope(request_id)), inf_nan_mode="null"),
        status_code=problem.http_status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **getattr(problem, "headers", {})},
    )


def from_validation(problem: RequestValidationError) -> KezhongError:
    """The first parameter that is not as required."""
    first: dict[str, Any] = dict(problem.errors()[0])
    place = [str(part) for part in first.get("loc", ())]
    if isinstance(problem.body, dict) and len(place) > 2 and place[1] == problem.body.get("kind"):
        del place[1]  # which of several bodies was meant is no field of it
    field = ".".join(place[1:]) or ".".join(place) or "–"
    kind = str(first.get("type", ""))
    return InputError(
        "server.invalid_request",
        field=field,
        value="…" if _SECRET.intersection(place) else _short(first.get("input")),
        problem=str(first.get("msg", kind)),
        problem_zh=_PROBLEMS_ZH.get(kind, "取值不合法"),
    )


def from_http(problem: HTTPException, method: str, path: str) -> KezhongError:
    """What the framework itself refused."""
    if problem.status_code == 404:
        return NotFoundError("server.not_found", path=path)
    if problem.status_code == 405:
        return MethodNotAllowedError("server.method_not_allowed", path=path, method=method)
    return RefusedRequestError("server.request_refused", problem=str(problem.detail))


def install(app: FastAPI) -> None:
    """Let every exception of an endpoint become an envelope."""

    @app.exception_handler(KezhongError)
    def _known(request: Request, problem: KezhongError) -> Response:
        if problem.http_status >= 500:
            _log.error("request failed", extra={"request_id": request_id(request), "code": problem.code})
        return envelope_response(problem, request_id(request))

    @app.exception_handler(DataError)
    def _unstorable(request: Request, problem: DataError) -> Response:
        # A NUL in a text, a number beyond its range: of the caller's making, and told without the value.
        return envelope_response(InputError("server.unstorable"), request_id(request))

    @app.exception_handler(IntegrityError)
    def _contradicts(request: Request, problem: IntegrityError) -> Response:
        # What services look for before they write, met between two of them: somebody else was quicker. Of the problem
        # the log gets the constraint only: the database says the whole row with it, names and numbers included.
        cause = problem.orig
        code = str(getattr(cause, "sqlstate", ""))
        name = str(getattr(getattr(cause, "diag", None), "constraint_name", ""))
        _log.error("constraint %s", name, extra={"request_id": request_id(request), "code": code})
        found: KezhongError = InputError("server.unstorable")
        if code == _TAKEN:
            found = ConflictError("server.already_there")
        elif code == _MISSING:
            found = ConflictError("server.refers_to_nothing")
        return envelope_response(found, request_id(request))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, problem: RequestValidationError) -> Response:
        return envelope_response(from_validation(problem), request_id(request))

    @app.exception_handler(HTTPException)
    def _http(request: Request, problem: HTTPException) -> Response:
        response = envelope_response(from_http(problem, request.method, request.url.path), request_id(request))
        for name, value in (problem.headers or {}).items():
            response.headers[name] = value
        return response


def request_id(request: Request) -> str | None:
    """The id that the middleware gave this request."""
    found = request.scope.get("request_id")
    return str(found) if found else None


def _sayable(value: Any) -> Any:
    """The same with every half of a character replaced: JSON can spell one, and no answer can hold it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sayable(name): _sayable(each) for name, each in value.items()}
    return [_sayable(each) for each in value] if isinstance(value, list | tuple) else value


def _short(value: object) -> str:
    text = "–" if value is None or isinstance(value, dict) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"
