"""Every role × every endpoint × own, sibling and parent area; and no parameter leads out of the scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bodies import anything
from callers import API
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects import FACTORIES
from office_matrix import ALL, DOCUMENT, FIRST, PLACES, Matrix, body_of, is_scoped, operation, parameters_of
from sqlalchemy import func, or_, select

from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.models import AuditHead
from kezhong.office.organisation.paths import scoped_tables
from kezhong.server import create_app
from kezhong.server.access_table import replaced, section
from kezhong.server.documentation import Endpoint
from office_world import make_world, office_of

ROOT = Path(__file__).resolve().parents[3]
UNSAFE = [entry for entry in ALL if entry.method != "GET" and "/office/" in entry.path and is_scoped(entry)]


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


def head_of(matrix: Matrix) -> int:
    """How many entries the audit has: whatever is written adds one."""
    with matrix.world.office.database.app_engine.connect() as connection:
        return int(connection.execute(select(AuditHead.seq)).scalar_one())


@pytest.mark.parametrize("role", list(PLACES))
def test_without_the_permission_it_is_refused(matrix: Matrix, role: str) -> None:
    person, places = PLACES[role]
    matrix.client(person)
    before = head_of(matrix)
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
    assert head_of(matrix) == before


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


#: A 403 on one's own: the permission is there, and the unit does not stand so to the object that it may do just this.
RELATIONS = frozenset({
    "steps.not_yours", "tasks.not_issuer", "tasks.not_lead", "tasks.not_yours_to_split", "tasks.not_your_comment",
    "appraisal.not_your_score", "people.not_oneself", "people.no_chain",
})  # fmt: skip


@pytest.mark.parametrize("role", list(PLACES))
def test_with_the_permission_one_writes_what_is_ones_own(matrix: Matrix, role: str) -> None:
    """With the right and on one's own objects, what is refused is refused for its form or for its state."""
    person, places = PLACES[role]
    wrong = []
    for entry in UNSAFE:
        if entry.permission not in roles()[role].permissions - {Permission.SIGNED_IN}:
            continue
        for filled in (False, True):
            matrix.renew(entry, places["own"])
            answer = matrix.call(person, entry, places["own"], filled=filled)
            error = answer.json()["error"] if answer.status_code >= 400 else {"code": "", "details": {}}
            # Not found: the object of the address. What the body names need not be there.
            missing = answer.status_code == 404 and str(error["details"].get("value")) in answer.request.url.path.split(
                "/"
            )
            # A step says itself which right it takes; its endpoint asks for that of reading.
            steps = str(entry.permission).endswith(":read") and error["code"] == "server.missing_permission"
            denied = answer.status_code == 403 and error["code"] not in RELATIONS and not steps
            if answer.status_code in (401, 405) or answer.status_code >= 500 or missing or denied:
                wrong.append(f"{entry.method} {entry.path} {answer.status_code} {answer.text[:160]}")
    assert wrong == [], "\n".join(wrong)


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
    matrix.client(person)
    before, head = rows_of(matrix, places[place]), head_of(matrix)
    held = roles()[role].permissions | {Permission.SIGNED_IN}
    wrong = []
    for entry in ALL:
        if entry.permission not in held or not is_scoped(entry):
            continue
        answers = [matrix.call(person, entry, places[place], filled=filled) for filled in (False, True)]
        answer = answers[0] if answers[0].status_code not in (403, 404) else answers[1]
        # What is refused for its form never comes to the question whose it is; nothing else but 404 may come of it.
        formal = answer.status_code in (409, 412, 422, 428) and entry.method != "GET"
        if answer.status_code not in (403, 404) and not formal:
            wrong.append(f"{entry.method} {entry.path} {answer.status_code} {answer.text[:160]}")
        if any(matrix_marker(places[place]) in each.text for each in answers):
            wrong.append(f"{entry.method} {entry.path} tells something: {answer.text[:160]}")
    assert wrong == []
    assert rows_of(matrix, places[place]) == before
    assert head_of(matrix) == head


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
