"""The desk answers within the scope of whoever looks."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kezhong import clock
from kezhong.office.desk import Section, desk
from kezhong.office.models import Organisation, StepTaken, Task
from kezhong.office.words import all_words, word
from office_world import World

NOW = datetime(2022, 6, 15, 4, tzinfo=UTC)


def add(world: World, org: str, code: str, state: str, due: datetime | None, **more: object) -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        place = {
            "area_code": unit.area_code,
            "area_path": unit.area_path,
            "org_id": unit.id,
            "org_path": unit.path,
            "department": unit.department,
        }
        task = Task(
            programme_id=world.programme, code=code, title=code, level=unit.level, starts_on=date(2022, 3, 1), state=state,
            due_on=due.date() if due else None, due_at=due, **{"issuer_id": world.org["office"], "light": "green", **more}, **place,
        )  # fmt: skip
        session.add(task)
        session.flush()
        session.add(
            StepTaken(
                object_kind="task", object_id=task.id, transition="issue", before="draft", after=state, at=NOW, **place
            )
        )
        return task.id


def of(world: World, name: str) -> dict[str, Section]:
    with clock.frozen(NOW), world.office.acting(world.actor(name)) as session:
        return {section.id: section for section in desk(session)}


def test_each_sees_what_is_theirs(world: World) -> None:
    add(world, "east", "east-late", "in_progress", datetime(2022, 6, 1, tzinfo=UTC), light="red")
    add(world, "west", "west-soon", "in_progress", datetime(2022, 6, 18, tzinfo=UTC))
    add(world, "east", "east-returned", "returned", datetime(2022, 9, 1, tzinfo=UTC))
    add(world, "d-civil", "civil-reported", "reported", datetime(2022, 9, 1, tzinfo=UTC))
    add(world, "east", "east-closed", "closed", datetime(2022, 6, 1, tzinfo=UTC))
    grants_start(world)
    office, east, west = of(world, "office"), of(world, "east"), of(world, "west")
    assert office["late"].count == 1
    assert [one.title for one in office["to_review"].entries] == ["civil-reported"]
    assert office["returned"].count == 0, "returned to others is no work of the office's"
    assert [one.title for one in east["returned"].entries] == ["east-returned"]
    assert [one.title for one in east["late"].entries] == ["east-late"]
    assert (west["late"].count, [one.title for one in west["due_soon"].entries]) == (0, ["west-soon"])
    assert {one.title for one in east["to_do"].entries} == {"east-late", "east-returned"}
    assert office["lights"].counts == {"red": 1, "green": 3}
    assert office["changed"].count == 5
    assert east["changed"].count == 3
    assert "verifications" not in of(world, "civil")


def grants_start(world: World) -> None:
    """Let the rights of the world have begun before the frozen day."""
    from sqlalchemy import text

    with world.office.database.owner_engine.begin() as connection:
        connection.execute(text("UPDATE role_grant SET valid_from = '2020-01-01'"))


def test_words_name_every_state_and_role() -> None:
    words = all_words()
    assert words["roles"]["office"]["zh"] == "领导小组办公室"
    assert all(state["zh"] and state["en"] for machine in words["machines"].values() for state in machine["states"])
    assert word("light", "red") == "红灯"
    assert word("light", "unheard-of") == "unheard-of"
