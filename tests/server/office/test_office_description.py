"""The office behind a real socket, asked whatever its description permits and whatever it does not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings

from kezhong.office.identity.sessions import start_session
from kezhong.server import create_app, openapi
from kezhong.server.identity import COOKIE
from office_world import World, make_world, office_of

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@schemathesis.serializer(WORKBOOK)
def bytes_of_a_workbook(ctx: schemathesis.SerializationContext, value: object) -> bytes:
    """What is generated for a file is sent as it is: hardly ever a workbook."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.document()))
PEOPLE = ("admin", "east", "community", "auditor")


class Served:
    """A filled office at an address, and cookies of people who have signed in."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        self._tokens: dict[str, str] = {}

    def cookies(self, person: str, *, anew: bool = False) -> dict[str, str]:
        if anew or person not in self._tokens:
            office = self.world.office
            self._tokens[person] = start_session(office, self.world.person[person], "demo", origin=None, user_agent="")
        return {COOKIE: self._tokens[person]}


@pytest.fixture(scope="module")
def server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[Served]:
    """The office behind uvicorn on a free port."""
    with office_of(pytestconfig, tmp_path_factory.mktemp("schema") / "city") as office:
        world = make_world(office)
        app = create_app(office.city_folder, static=static, office=office, queue=False)
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        for _ in range(1000):
            if running.started:
                break
            time.sleep(0.01)
        port = running.servers[0].sockets[0].getsockname()[1]
        yield Served(world, f"http://127.0.0.1:{port}")
        running.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.slow
@SCHEMA.include(path_regex="^/api/v1/office/").exclude(path_regex="/oidc/").parametrize()
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_office_keeps_its_description(case: schemathesis.Case, server: Served) -> None:
    """No server error, no answer that its schema does not know, whoever asks."""
    for person in PEOPLE:
        answer = case.call(base_url=server.address, cookies=server.cookies(person))
        if answer.status_code == 401:  # a request before this one has ended the session
            answer = case.call(base_url=server.address, cookies=server.cookies(person, anew=True))
        case.validate_response(
            answer,
            checks=[
                schemathesis.checks.not_a_server_error,
                schemathesis.checks.status_code_conformance,
                schemathesis.checks.content_type_conformance,
                schemathesis.checks.response_schema_conformance,
            ],
        )
