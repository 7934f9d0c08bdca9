"""The filled office behind the application, with objects of every kind for every unit: who asks, and for what."""

from __future__ import annotations

import re
from typing import Any

import hostile
from bodies import least
from callers import BASE, LOCAL, TestClient
from fastapi import FastAPI
from objects import SCOPED, Objects, value_for

from kezhong.office.identity.sessions import start_session
from kezhong.office.models import Organisation
from kezhong.office.tasks.files import content_path
from kezhong.server.app import describe
from kezhong.server.documentation import Endpoint, endpoints
from kezhong.server.identity import COOKIE
from office_world import World

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
        # Files that were made as rows only have their content, too.
        content = content_path(world.office.files_folder, "0" * 64)
        content.parent.mkdir(parents=True, exist_ok=True)
        content.write_bytes(b"-")
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

    def forget(self, person: str) -> None:
        """Sign the person in anew the next time."""
        self._clients.pop(person, None)

    def renew(self, entry: Endpoint, place: str) -> None:
        """Make the unit's objects for an endpoint anew: what was written before is not in the way."""
        with self.world.office.acting(self.world.office.system("test")) as session:
            unit = session.query(Organisation).where(Organisation.id == self.world.org[self.units[place]]).one()
            made = Objects(self.world, session, unit, f"机密{place}密机")
            for parameter in parameters_of(entry):
                self.objects[place][f"{entry.path}#{parameter}"] = value_for(made, entry.path, parameter)

    def call(self, person: str | None, entry: Endpoint, place: str, *, filled: bool = False) -> Any:
        """Ask as a person for an endpoint, with a unit's objects and the least body, or a ``filled`` one."""
        path = re.sub(r"\{([^}]+)\}", lambda found: self.objects[place][f"{entry.path}#{found[1]}"], entry.path)
        headers = {"If-Match": '"v1"'}
        arguments: dict[str, Any] = {"headers": headers, "params": query_of(entry)}
        kind, schema = body_of(entry)
        if kind == "application/json":
            arguments["json"] = hostile.full(schema, DOCUMENT, {}.get) if filled else least(schema, DOCUMENT)
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
