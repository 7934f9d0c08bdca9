"""Every error travels in the one envelope, in both languages, without internals."""

from __future__ import annotations

import re

import pytest
from callers import API, TestClient
from fastapi import FastAPI

from kezhong.errors import DataMissingError, WorkspaceError
from kezhong.server.models import ErrorEnvelope

HAN = re.compile(r"[\u4e00-\u9fff]")


def _error(client: TestClient, method: str, path: str, status: int, **more: object) -> dict[str, object]:
    response = client.request(method, path, **more)  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    envelope = ErrorEnvelope.model_validate_json(response.content).error
    assert envelope.request_id == response.headers["X-Request-Id"]
    for text in (envelope.message, envelope.action):
        assert HAN.search(text.zh)
        assert not HAN.search(text.en.replace("刻钟", ""))
        assert "{" not in text.zh + text.en
    return response.json()["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{API}/nothing", 404, "server.not_found"),
        ("GET", "/api", 404, "server.not_found"),
        ("DELETE", f"{API}/city", 405, "server.method_not_allowed"),
        ("GET", f"{API}/runs/r-0", 404, "city.no_run"),
        ("GET", f"{API}/runs/..%2F..", 404, "server.not_found"),
        ("GET", f"{API}/jobs/j-0", 404, "jobs.unknown"),
        ("POST", f"{API}/jobs/j-0/cancel", 404, "jobs.unknown"),
        ("GET", f"{API}/search", 422, "server.invalid_request"),
        ("GET", f"{API}/search?q=a&limit=abc", 422, "server.invalid_request"),
        ("GET", f"{API}/runs/resolve?basis=nonsense", 404, "catalogue.unknown_basis"),
        ("GET", f"{API}/runs/resolve?walker=nonsense", 404, "catalogue.unknown_walker"),
        ("GET", f"{API}/runs/resolve?snapshot=s-0", 200, ""),
    ],
)
def test_codes(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    if status == 200:
        assert client.request(method, path).status_code == 200
    else:
        assert _error(client, method, path, status)["code"] == code


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        ("areas?level=planet", 422, "server.invalid_request"),
        ("coverage?element=nonsense", 404, "catalogue.unknown_element"),
        ("cells?element=nonsense", 404, "catalogue.unknown_element"),
        ("cells", 422, "server.invalid_request"),
        ("shortfalls?circle=nonsense", 422, "server.invalid_request"),
        ("shortfalls?limit=0", 422, "server.invalid_request"),
        ("shortfalls?sort=colour", 422, "server.invalid_request"),
        ("shortfalls?cursor=!!", 422, "server.bad_cursor"),
        ("shortfalls?cursor=%C3%A9", 422, "server.bad_cursor"),
        ("shortfalls/none", 404, "server.unknown_shortfall"),
        ("shortfalls/export?format=pdf", 422, "server.invalid_request"),
        ("explain-point?lon=NaN&lat=3&element=wet_market", 422, "server.invalid_request"),
        ("explain-point?lon=0&lat=0&element=wet_market", 404, "assess.no_demand_point"),
    ],
)
def test_codes_of_a_run(client: TestClient, small: object, part: str, status: int, code: str) -> None:
    run = client.get(f"{API}/runs").json()["items"][0]["id"]
    assert _error(client, "GET", f"{API}/runs/{run}/{part}", status)["code"] == code


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"kind":"dance"}', b'{"kind":"assess","colour":1}', b""])
def test_bad_bodies(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert _error(client, "POST", f"{API}/jobs", 422, content=body, headers=headers)["code"] == "server.invalid_request"


def test_validation_says_which_parameter_and_value(client: TestClient) -> None:
    error = _error(client, "GET", f"{API}/search?q=a&limit=abc", 422)
    assert error["details"] == {
        "field": "limit",
        "value": "abc",
        "problem": "Input should be a valid integer, unable to parse string as an integer",
        "problem_zh": "不是整数",
    }


def test_an_unexpected_error_tells_no_internals(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(app.state.kezhong, "city", broken)
    error = _error(client, "GET", f"{API}/city", 500)
    assert error["code"] == "server.internal"
    assert "secret" not in str(error)
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (DataMissingError("city.no_layer", layer="areas", layer_zh="行政区域", command="areas"), 409),
        (WorkspaceError("city.broken_snapshot", snapshot="s-0", problem="x"), 500),
    ],
)
def test_known_errors_keep_their_status(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int
) -> None:
    def broken() -> None:
        raise problem

    monkeypatch.setattr(app.state.kezhong, "city", broken)
    assert client.get(f"{API}/city").status_code == status
