"""The description of the interface: current on disk, kept by the answers, and true over a real socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from callers import API
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from kezhong.server import documentation, openapi
from small_city import SmallCity

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.document()))


def test_openapi_on_disk_is_current() -> None:
    command = "python -m kezhong.server.openapi web/openapi.json"
    assert (ROOT / "web" / "openapi.json").read_text("utf-8") == openapi.document(), f"run {command}"


def test_api_page_is_current() -> None:
    command = "python -m kezhong.server.documentation docs/api.md"
    assert (ROOT / "docs" / "api.md").read_text("utf-8") == documentation.document(), f"run {command}"


def test_every_operation_has_an_id_a_summary_and_errors() -> None:
    ids = []
    for path, operations in json.loads(openapi.document())["paths"].items():
        assert path.startswith(API)
        for operation in operations.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert {"4XX", "5XX"} <= set(operation["responses"])
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def server(app: FastAPI) -> Iterator[str]:
    """The application behind a real uvicorn on a free port; its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    for _ in range(1000):
        if running.started:
            break
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_a_real_server(server: str, small: SmallCity) -> None:
    with httpx.Client(base_url=server) as caller:
        assert caller.get("/health/ready").json() == {"status": "ok"}
        city = caller.get(f"{API}/city")
        assert city.json()["name"] == "试验市"
        assert caller.get(f"{API}/city", headers={"If-None-Match": city.headers["ETag"]}).status_code == 304
        assert caller.get(f"{API}/basemap.pmtiles", headers={"Range": "bytes=0-6"}).status_code == 206
        assert len(caller.get(f"{API}/basemap.pmtiles").content) == 10240
        assert caller.get(f"{API}/city", headers={"Host": "evil.example"}).status_code == 403
        assert caller.get(f"{API}/runs/{small.run.id}/shortfalls/export?format=xlsx").content[:2] == b"PK"


# Without an office its addresses all answer 404; what they answer with one is the subject of tests/server/office.
@SCHEMA.exclude(path_regex="^/api/v1/office/").parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_the_answers_keep_the_description(
    case: schemathesis.Case, server: str, small: SmallCity
) -> None:
    """No server error, no answer that its schema does not know; with the run's real id wherever one is asked for."""
    if "run_id" in (case.path_parameters or {}):
        case.path_parameters["run_id"] = small.run.id
    case.call_and_validate(
        base_url=server,
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.status_code_conformance,
            schemathesis.checks.content_type_conformance,
            schemathesis.checks.response_schema_conformance,
        ],
    )
