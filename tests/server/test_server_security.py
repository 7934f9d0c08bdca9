"""Who is let in, what every endpoint asks for, and what every response carries."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import pytest
from callers import API, BASE, LOCAL, TestClient
from fastapi import FastAPI
from fastapi.routing import APIRoute

from kezhong.errors import PermissionDeniedError
from kezhong.server import create_app
from kezhong.server.documentation import endpoints
from kezhong.server.logs import JsonFormatter
from kezhong.server.permissions import LOCAL_ANALYST, NOBODY, Permission, check_bind


def test_every_endpoint_asks_for_a_permission(app: FastAPI) -> None:
    found = endpoints(app)
    assert len(found) > 25
    assert [entry.path for entry in found if entry.permission is None] == []


def test_only_health_session_and_pages_are_public(app: FastAPI) -> None:
    public = {entry.path for entry in endpoints(app) if entry.permission is Permission.PUBLIC}
    assert public == {
        "/health/live",
        "/health/ready",
        f"{API}/health/live",
        f"{API}/health/ready",
        f"{API}/session",
        f"{API}/office/sign-in",
        f"{API}/office/session",
        f"{API}/office/session/demo",
        f"{API}/office/oidc/start",
        f"{API}/office/oidc/callback",
        f"{API}/office/words",
        "/{path:path}",
    }


def test_no_route_is_outside_the_list(app: FastAPI) -> None:
    """Nothing is served that is no endpoint of ours: no documentation pages from foreign servers, no mounts."""
    plain = [entry for entry in endpoints(app) if not isinstance(entry.route, APIRoute)]
    assert plain == []


def test_a_principal_without_the_permission_is_refused(app: FastAPI, client: TestClient) -> None:
    app.state.local = replace(NOBODY, name="guest")
    try:
        response = client.get(f"{API}/city")
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "server.missing_permission"
        assert client.get(f"{API}/session").json()["permissions"] == ["public"]
    finally:
        app.state.local = LOCAL_ANALYST


@pytest.mark.parametrize("address", ["192.168.1.7", "8.8.8.8", "::ffff:10.0.0.1", "fe80::1%eth0", "testclient"])
def test_other_machines_are_refused(app: FastAPI, address: str) -> None:
    response = TestClient(app, base_url=BASE, client=(address, 5)).get(f"{API}/city")
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "server.not_local"
    assert response.headers["X-Request-Id"]
    assert response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_let_in(app: FastAPI, address: str) -> None:
    assert TestClient(app, base_url=BASE, client=(address, 5)).get("/health/live").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil", "0.0.0.0:8000", "", "[::1"],
)
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    """DNS rebinding: a foreign page whose name points at 127.0.0.1 sends its own name."""
    response = client.get(f"{API}/city", headers={"Host": host})
    assert response.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:8000", "[::1]"])
def test_own_names_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/health/live", headers={"Host": host}).status_code == 200


def test_foreign_origin_is_refused(client: TestClient) -> None:
    refused = client.post(f"{API}/jobs", json={"kind": "assess"}, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert client.get("/health/live", headers={"Origin": BASE}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "no such host.invalid"])  # noqa: S104
def test_serving_elsewhere_is_refused(host: str) -> None:
    with pytest.raises(PermissionDeniedError, match="bind_refused"):
        check_bind(host)


def test_create_app_refuses_other_addresses(app: FastAPI) -> None:
    with pytest.raises(PermissionDeniedError):
        create_app(app.state.kezhong.folder, host="0.0.0.0")  # noqa: S104


@pytest.mark.parametrize("path", ["/", f"{API}/city", f"{API}/nothing", "/health/live", f"{API}/runs/r-0"])
def test_security_headers_are_on_everything(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["worker-src"] == "'self' blob:"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"])


def test_request_id_of_the_caller_is_kept_when_it_is_one(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-Id": "abc-12345"}).headers["X-Request-Id"] == "abc-12345"
    strange = client.get("/health/live", headers={"X-Request-Id": "a b\\nc"}).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", strange)


def test_the_log_has_one_json_line_a_request_without_personal_data(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "kezhong.server.access"):
        client.get(f"{API}/search", params={"q": "某人家"}, headers={"X-Request-Id": "abc-12345"})
    record = next(record for record in caplog.records if getattr(record, "request_id", "") == "abc-12345")
    line = json.loads(JsonFormatter().format(record))
    assert line["route"].endswith("/search")
    assert line["status"] == 200
    assert line["ms"] >= 0
    assert "某人家" not in json.dumps(line, ensure_ascii=False)
    assert LOCAL[0] not in json.dumps(line)
