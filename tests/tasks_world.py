"""Tasks for tests, in the world of :mod:`office_world`."""

from __future__ import annotations

from datetime import date
from typing import Any

from kezhong.office.models import Organisation, Task
from kezhong.office.telling.deadlines import due_at
from office_world import World


def make_task(
    world: World,
    org: str,
    code: str,
    *,
    issuer: str | None = "office",
    due: date | None = date(2022, 12, 30),
    **more: Any,
) -> int:
    """A task of a unit; its id."""
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        assert unit is not None
        values = {
            "programme_id": world.programme, "code": code, "title": f"任务{code}", "level": unit.level,
            "starts_on": date(2022, 3, 1), "due_on": due, "due_at": due_at(session, due),
            "issuer_id": world.org[issuer] if issuer else None, "area_code": unit.area_code,
            "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path, "department": unit.department,
        }  # fmt: skip
        task = Task(**(values | more))
        session.add(task)
        session.flush()
        return task.id
