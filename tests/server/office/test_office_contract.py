"""Whatever is asked of the office, the answers keep the description of the interface.

Every place of every request (path, query, header, field of the body) is given values that no page sends; nothing of it
may be a fault of the server, and every answer has a status and a body that the description knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import hostile
import jsonschema_rs
import pytest
from bodies import least
from callers import API
from objects import FACTORIES, Objects
from office_matrix import ALL, DOCUMENT, PLACES, Matrix, body_of, operation, parameters_of

from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.models import Organisation
from kezhong.server import create_app
from kezhong.server.documentation import Endpoint
from office_world import make_world, office_of

OFFICE = [entry for entry in ALL if "/office/" in entry.path and "/oidc/" not in entry.path]
SUBJECTS = sorted({entry.path.removeprefix(f"{API}/office/").split("/")[0] for entry in OFFICE})
#: What would take the callers' own rights away in the middle of it; what these answer is asked by hand elsewhere.
NOT_TWICE = {f"DELETE {API}/office/session"}
JSON = "application/json"


class Caller:
    """Asks for one endpoint after the other, each time as the next of the roles that hold its permission."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.asked = 0
        self.answered: dict[str, set[int]] = {}
        with matrix.world.office.acting(matrix.world.office.system("test")) as session:
            unit = session.query(Organisation).where(Organisation.id == matrix.world.org["east"]).one()
            self.made = Objects(matrix.world, session, unit, "合同")
            self.ids = {
                name: make(self.made) for name, make in FACTORIES.items() if "/" not in name and ":" not in name
            }
            self.ids |= {
                "organisation_id": unit.id, "unit": unit.id, "joint": unit.id, "area_code": unit.area_code,
                "programme": matrix.world.programme, "stage": matrix.world.stage[1], "assignee_id": self.ids["person_id"],
                "to_person_id": matrix.world.person["east"], "role": "district", "circle": "community_culture",
            }  # fmt: skip

    def likely(self, name: str) -> Any:
        return self.ids.get(name)

    def holders(self, entry: Endpoint) -> list[str]:
        open_to_all = entry.permission in (Permission.PUBLIC, Permission.SIGNED_IN)
        found = [
            person
            for role, (person, _) in PLACES.items()
            if open_to_all or entry.permission in roles()[role].permissions
        ]
        return found

    def ask(self, entry: Endpoint, asked: Request) -> list[str]:
        people = self.holders(entry)
        person = people[self.asked % len(people)]
        self.asked += 1
        client = self.matrix.client(person)
        address = f"{asked.path}?{asked.query}" if asked.query else asked.path
        sent = {name: value.encode("latin-1") for name, value in asked.headers.items()}
        answer = client.request(entry.method, address, headers=sent, content=asked.content, follow_redirects=False)
        if answer.status_code == 401 and entry.permission is not Permission.PUBLIC:
            self.matrix.forget(person)  # one of the requests has ended this session: sign in anew
            answer = self.matrix.client(person).request(entry.method, address, headers=sent, content=asked.content)
        self.answered.setdefault(f"{entry.method} {entry.path}", set()).add(answer.status_code)
        wrong = faults(entry, answer)
        said = f"{entry.method} {address[:200]} as {person} {asked.headers} {(asked.content or b'')[:300]!r}"
        return [f"{said}\n    {answer.status_code} {fault}" for fault in wrong]


def faults(entry: Endpoint, answer: Any) -> list[str]:
    """How an answer differs from the description."""
    status, kind = answer.status_code, answer.headers.get("content-type", "").partition(";")[0]
    if status >= 500:
        return [answer.text[:400]]
    if status >= 400:
        if kind != JSON:
            return [f"no envelope: {kind}"]
        error = answer.json()
        found = [str(one.message) for one in islice(envelope().iter_errors(error), 2)]
        told = json.dumps(error["error"]["message"], ensure_ascii=False) if not found else ""
        if re.search(r"\{[a-z_]+\}", told.replace("{value}", "")):
            found.append(f"a place in the message was left open: {told}")
        if answer.headers.get("x-request-id") != error.get("error", {}).get("request_id"):
            found.append("the request id of the envelope is another one")
        return found
    if status == 304:
        return [] if not answer.content else ["304 with a body"]
    described = operation(entry).get("responses", {}).get(str(status))
    if described is None:
        return ["a status that the description does not know"]
    content = described.get("content", {})
    if not content:
        return [] if not answer.content else ["a body that the description does not know"]
    if kind not in content and "application/octet-stream" not in content:
        return [f"{kind} in place of {', '.join(content)}"]
    schema = content.get(kind, {}).get("schema")
    if kind != JSON or not schema:
        return []
    return [
        f"{'/'.join(map(str, one.instance_path))}: {one.message[:200]}"
        for one in islice(validator(json.dumps(schema)).iter_errors(answer.json()), 3)
    ]


@cache
def validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(
        {**json.loads(schema), "components": DOCUMENT["components"]}, validate_formats=True
    )


def envelope() -> Any:
    return validator('{"$ref": "#/components/schemas/ErrorEnvelope"}')


@dataclass(frozen=True)
class Request:
    """One request for an endpoint, as it goes out."""

    path: str
    query: str
    headers: dict[str, str]
    content: bytes | None


class Asked:
    """What is asked of one endpoint: a good request, a full one, and hostile ones, each wrong at one place."""

    def __init__(self, caller: Caller, entry: Endpoint, objects: dict[str, str], each: int) -> None:
        self.caller, self.entry, self.objects, self.each = caller, entry, objects, each
        # So that the endpoints do not all meet the same values.
        self.turn = sum(map(ord, entry.method + entry.path))
        self.described = [one for one in operation(entry).get("parameters", []) if one["in"] == "query"]
        self.needed = {
            one["name"]: hostile.in_address(str(caller.likely(one["name"]) or least(one["schema"], DOCUMENT)))
            for one in self.described
            if one.get("required")
        }
        if "object_id" in self.needed:
            self.needed["kind"] = "task"
        self.kind, self.schema = body_of(entry)
        self.body = hostile.full(self.schema, DOCUMENT, caller.likely) if self.kind == JSON else None
        sent = hostile.encoded(self.body) if self.kind == JSON else b"x" if self.kind else None
        headers = {"If-Match": '"v1"'} | ({"Content-Type": self.kind} if self.kind else {})
        self.good = Request(self._path(), self._query(), headers, sent)

    def __iter__(self) -> Iterator[Request]:
        yield self.good
        yield from self._addresses()
        if self.entry.method != "GET":
            yield from self._headers()
            yield from self._bodies()

    def _some(self, found: list[Any], each: int | None = None) -> list[Any]:
        return [found[(self.turn + step * 7) % len(found)] for step in range(min(each or self.each, len(found)))]

    def _path(self, **other: str) -> str:
        def value(found: re.Match[str]) -> str:
            return other.get(found[1]) or self.objects[f"{self.entry.path}#{found[0][1:-1]}"]

        return re.sub(r"\{([^}:]+)(:path)?\}", value, self.entry.path)

    def _query(self, **other: str) -> str:
        return "&".join(f"{name}={value}" for name, value in {**self.needed, **other}.items())

    def _addresses(self) -> Iterator[Request]:
        for name in parameters_of(self.entry):
            for value in self._some([*hostile.NUMBERS, *hostile.WORDS]):
                yield replace(
                    self.good, path=self._path(**{name.partition(":")[0]: hostile.in_address(value) or "%20"})
                )
        for one in self.described:
            for value in self._some(hostile.values(one["schema"], DOCUMENT)):
                yield replace(self.good, query=self._query(**{one["name"]: hostile.in_address(value)}))

    def _headers(self) -> Iterator[Request]:
        for version in self._some(hostile.VERSIONS):
            yield replace(self.good, headers={**self.good.headers, "If-Match": version})
        for key in self._some(hostile.KEYS):
            yield replace(self.good, headers={**self.good.headers, "Idempotency-Key": key})

    def _bodies(self) -> Iterator[Request]:
        if self.kind == JSON:
            yield replace(self.good, content=hostile.encoded(least(self.schema, DOCUMENT)))
            for raw in self._some(hostile.BODIES):
                yield replace(self.good, content=raw)
            for place, below in hostile.places(self.body, self.schema, DOCUMENT):
                for value in self._some(hostile.values(below, DOCUMENT), (self.each + 1) // 2):
                    yield replace(self.good, content=hostile.encoded(hostile.put(self.body, place, value)))
        elif self.kind:
            for raw in self._some(hostile.FILES):
                yield replace(self.good, content=raw)


@pytest.fixture(scope="module")
def matrix(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[Matrix]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("contract") / "city") as office:
        world = make_world(office)
        yield Matrix(world, create_app(office.city_folder, static=static, office=office))


@pytest.fixture(scope="module")
def caller(matrix: Matrix) -> Caller:
    return Caller(matrix)


def attack(caller: Caller, subject: str, each: int) -> list[str]:
    wrong = []
    for entry in OFFICE:
        if (
            entry.path.removeprefix(f"{API}/office/").split("/")[0] != subject
            or f"{entry.method} {entry.path}" in NOT_TWICE
        ):
            continue
        for request in Asked(caller, entry, caller.matrix.objects["east"], each):
            wrong += caller.ask(entry, request)
    return wrong


@pytest.mark.parametrize("subject", SUBJECTS)
def test_hostile_values(caller: Caller, subject: str) -> None:
    wrong = attack(caller, subject, 2)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("subject", SUBJECTS)
def test_all_hostile_values(caller: Caller, subject: str) -> None:
    wrong = attack(caller, subject, 24)
    assert wrong == [], "\n".join(wrong)
