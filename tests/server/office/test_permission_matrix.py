"""Every role × every endpoint × own, sibling and parent area; and no parameter leads out of the scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bodies import anything, least
from callers import API, BASE, LOCAL, TestClient
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects import FACTORIES, SCOPED, Objects, value_for
from sqlalchemy import func, or_, select

from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.identity.sessions import start_session
from kezhong.office.models import Organisation
from kezhong.office.organisation.paths import scoped_tables
from kezhong.server import create_app
from kezhong.server.access_table import replaced, section
from kezhong.server.app import describe
from kezhong.server.documentation import Endpoint, endpoints
from kezhong.server.identity import COOKIE
from office_world import World, make_world, office_of

ROOT = Path(__file__).resolve().parents[3]
FIRST, SECOND = "150301001001", "150301001002"
#: Who stands for a role, and units of the own, of a sibling's and of the parent's area.
PLACES: dict[str, tuple[str, dict[str, str]]] = {
    "office": ("office", {"own": "east"}),
    "department": ("civil", {"own": "d-civil", "sibling": "d-commerce", "parent": "office"}),
    "district": ("east", {"own": "east", "sibling": "west", "parent": "d-commerce"}),
    "street": ("street", {"own": "street", "sibling": "other-street", "parent": "east"}),
    "community": ("community", {"own": f"community-{FIRST}", "sibling": f"community-{SECOND}", "parent": "street"}),
    "grid_member": ("grid", {"own": f"community-{FIRST}", "sibling": f"community-{SECOND}", "parent": "street"}),
    "inspector": ("inspector", {"own": "east"}),
    "auditor": ("auditor", {"own": "east"}),
    "administrator": ("admin", {"own": "east"}),
    "analyst": ("analyst", {"own": "east"}),
}
ALL = [entry for entry in endpoints(describe()) if entry.permission is not None]
DOCUMENT = describe().openapi()


class Matrix:
    """The filled office behind the application, with objects of every kind for every unit that is needed."""

    def __init__(self, world: World, app: FastAPI) -> None:
        self.world = world
        self.app = app
        self.objects: dict[str, dict[str, str]] = {}
        self._clients: dict[str, TestClient] = {}
        streets = sorted(code for code in world.org if code.startswith("street-150301"))
        own = next(code for code in streets if code.endswith("150301001"))
        self.units = {
            **{code: code for code in world.org},
            "street": own,
            "other-street": next(code for code in streets if code != own),
        }
        needed = sorted({unit for _, places in PLACES.values() for unit in places.values()})
        with world.office.acting(world.office.system("test")) as session:
            for name in needed:
                unit = session.query(Organisation).where(Organisation.id == world.org[self.units[name]]).one()
                made = Objects(world, session, unit, f"机密{name}密机")
                self.objects[name] = {
                    f"{entry.path}#{parameter}": value_for(made, entry.path, parameter)
                    for entry in ALL
                    for parameter in parameters_of(entry)
                }

    def client(self, person: str | None) -> TestClient:
        if person is None:
            return TestClient(self.app, base_url=BASE, client=LOCAL, raise_server_exceptions=False)
        if person not in self._clients:
            token = start_session(self.world.office, self.world.person[person], "password", origin=None, user_agent="")
            client = TestClient(self.app, base_url=BASE, client=LOCAL, raise_server_exceptions=False)
            client.cookies.set(COOKIE, token)
            self._clients[person] = client
        return self._clients[person]

    def call(self, person: str | None, entry: Endpoint, place: str) -> Any:
        path = re.sub(r"\{([^}]+)\}", lambda found: self.objects[place][f"{entry.path}#{found[1]}"], entry.path)
        headers = {"If-Match": '"v1"'}
        arguments: dict[str, Any] = {"headers": headers, "params": query_of(entry)}
        kind, schema = body_of(entry)
        if kind == "application/json":
            arguments["json"] = least(schema, DOCUMENT)
        elif kind:
            arguments["content"] = b"x"
            headers["Content-Type"] = kind
        return self.client(person).request(entry.method, path, **arguments)


def parameters_of(entry: Endpoint) -> list[str]:
    return re.findall(r"\{([^}]+)\}", entry.path)


def operation(entry: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"].get(entry.path, {}).get(entry.method.lower(), {})
    return found


def body_of(entry: Endpoint) -> tuple[str, dict[str, Any]]:
    content = operation(entry).get("requestBody", {}).get("content", {})
    for kind, description in content.items():
        return kind, description.get("schema", {})
    return "", {}


def query_of(entry: Endpoint) -> dict[str, Any]:
    return {
        each["name"]: least(each["schema"], DOCUMENT)
        for each in operation(entry).get("parameters", [])
        if each["in"] == "query" and each.get("required")
    }


def is_scoped(entry: Endpoint) -> bool:
    return any(parameter in SCOPED for parameter in parameters_of(entry))


@pytest.fixture(scope="module")
def matrix(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[Matrix]:
    with office_of(pytestconfig, tmp_path_factory.mktemp("matrix") / "city") as office:
        world = make_world(office)
        yield Matrix(world, create_app(office.city_folder, static=static, office=office))


def test_every_path_parameter_has_a_factory() -> None:
    missing = {
        f"{entry.path}: {parameter}"
        for entry in ALL
        for parameter in parameters_of(entry)
        if parameter not in FACTORIES and not any(name.endswith(f"/{parameter}") for name in FACTORIES)
    }
    assert missing == set(), "add factories to tests/server/office/objects.py"


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    assert section() in page, "run python -m kezhong.server.access_table docs/access.md"
    assert replaced(page) == page


def test_nobody_gets_anything_but_the_public(matrix: Matrix) -> None:
    wrong = [
        f"{entry.method} {entry.path} {answer.status_code}"
        for entry in ALL
        if entry.permission is not Permission.PUBLIC
        for answer in [matrix.call(None, entry, "east")]
        if answer.status_code != 401
    ]
    assert wrong == []


@pytest.mark.parametrize("role", list(PLACES))
def test_without_the_permission_it_is_refused(matrix: Matrix, role: str) -> None:
    person, places = PLACES[role]
    held = roles()[role].permissions | {Permission.PUBLIC, Permission.SIGNED_IN}
    wrong = []
    for entry in ALL:
        if entry.permission in held:
            continue
        answer = matrix.call(person, entry, places["own"])
        code = answer.json()["error"]["code"] if answer.status_code >= 400 else ""
        if (answer.status_code, code) != (403, "server.missing_permission"):
            wrong.append(f"{entry.method} {entry.path} {answer.status_code} {code}")
    assert wrong == []


@pytest.mark.parametrize("role", list(PLACES))
def test_with_the_permission_ones_own_is_found(matrix: Matrix, role: str) -> None:
    person, places = PLACES[role]
    wrong = []
    for entry in ALL:
        held = roles()[role].permissions - {Permission.SIGNED_IN}
        if entry.method != "GET" or entry.permission not in held or not is_scoped(entry):
            continue
        answer = matrix.call(person, entry, places["own"])
        refused = answer.status_code in (401, 403, 404) or answer.status_code >= 500
        # A file whose content is not there is a fault of the world, not of the right.
        if refused and "/files/" not in entry.path:
            wrong.append(f"{entry.method} {entry.path} {answer.status_code} {answer.text[:160]}")
    assert wrong == []


def rows_of(matrix: Matrix, place: str) -> dict[str, Any]:
    """All rows of a unit, as they are."""
    found = {}
    org_id = matrix.world.org[matrix.units[place]]
    with matrix.world.office.database.app_engine.connect() as connection:
        for table in scoped_tables():
            rows = connection.execute(select(table).where(table.c.org_id == org_id).order_by(*table.primary_key)).all()
            found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.mark.parametrize("place", ["sibling", "parent"])
@pytest.mark.parametrize("role", [role for role, (_, places) in PLACES.items() if len(places) == 3])
def test_with_the_permission_another_areas_is_not_found(matrix: Matrix, role: str, place: str) -> None:
    person, places = PLACES[role]
    before = rows_of(matrix, places[place])
    held = roles()[role].permissions | {Permission.SIGNED_IN}
    wrong = []
    for entry in ALL:
        if entry.permission not in held or not is_scoped(entry):
            continue
        answer = matrix.call(person, entry, places[place])
        # What is refused for its form never comes to the question whose it is; nothing else but 404 may come of it.
        formal = answer.status_code in (409, 412, 422, 428) and entry.method != "GET"
        if answer.status_code not in (403, 404) and not formal:
            wrong.append(f"{entry.method} {entry.path} {answer.status_code} {answer.text[:160]}")
        if matrix_marker(places[place]) in answer.text:
            wrong.append(f"{entry.method} {entry.path} tells something: {answer.text[:160]}")
    assert wrong == []
    assert rows_of(matrix, places[place]) == before


def matrix_marker(place: str) -> str:
    return f"机密{place}密机"


LISTS = [
    entry
    for entry in ALL
    if entry.method == "GET" and "/office/" in entry.path and not parameters_of(entry)
    and entry.permission in roles()["district"].permissions | {Permission.SIGNED_IN}
    and "/oidc/" not in entry.path
]  # fmt: skip
CREATIONS = [
    entry
    for entry in ALL
    if entry.method == "POST" and "/office/" in entry.path and not parameters_of(entry)
    and entry.permission in roles()["district"].permissions and body_of(entry)[0] == "application/json"
]  # fmt: skip
WORDS = [
    "east", "d-commerce", "150301", "150300", FIRST, "机密", "%", "_", "'", "district", "active", "name", "-name", "all",
    "task", "pilot", "civil_affairs", "community_culture", "draft", "xlsx",
]  # fmt: skip


def queries(entry: Endpoint) -> st.SearchStrategy[dict[str, Any]]:
    numbers = [*range(1, 40), 2**31]
    fields = {
        each["name"]: anything(each["schema"], DOCUMENT, WORDS, numbers)
        for each in operation(entry).get("parameters", [])
        if each["in"] == "query"
    }
    return st.fixed_dictionaries({}, optional=fields)


@pytest.mark.parametrize("entry", LISTS, ids=[entry.path.removeprefix(API) for entry in LISTS])
def test_no_query_leads_out_of_the_scope(matrix: Matrix, entry: Endpoint) -> None:
    """The western district asks for anything; nothing that lies in the east or belongs to a bureau is ever told."""
    client = matrix.client("west")

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(queries(entry))
    def ask(query: dict[str, Any]) -> None:
        query = {name: value for name, value in query.items() if value is not None}
        answer = client.get(entry.path, params=query)
        assert answer.status_code < 500, (query, answer.text[:300])
        for place in ("east", f"community-{FIRST}", "street", "d-commerce"):
            marker = matrix_marker(place)
            assert marker not in answer.text, query
            assert marker.encode() not in answer.content, query

    ask()


@pytest.mark.parametrize("entry", CREATIONS, ids=[entry.path.removeprefix(API) for entry in CREATIONS])
def test_no_body_makes_anything_out_of_the_scope(matrix: Matrix, entry: Endpoint) -> None:
    """Whatever the western district sends, no row comes to lie in the east."""
    client = matrix.client("west")
    org_ids = [
        matrix.world.org[code]
        for code in matrix.world.org
        if code.startswith(("east", "d-", "street-150301", "community-150301"))
    ]
    words = [*WORDS, *(code.split("-")[-1] for code in matrix.world.org if "150301" in code)]

    def outside() -> dict[str, int]:
        with matrix.world.office.database.app_engine.connect() as connection:
            return {
                table.name: connection.execute(
                    select(func.count()).where(or_(table.c.org_id.in_(org_ids), table.c.area_path.contains("/150301/")))
                ).scalar_one()
                for table in scoped_tables()
            }

    before = outside()

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(anything(body_of(entry)[1], DOCUMENT, words, org_ids))
    def send(body: Any) -> None:
        answer = client.post(entry.path, json=body)
        assert answer.status_code < 500, (body, answer.text[:300])

    send()
    assert outside() == before
