"""The list: filters, orders, pages by key, counts; other views show the same tasks."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from kezhong.errors import InputError
from kezhong.office.models import Area, Organisation, Task, TaskUnit
from kezhong.office.tasks import listing, pictures
from kezhong.office.tasks.questions import Question
from office_world import World
from tasks_world import make_task


def codes(world: World, name: str = "office", sort: str = "code", **asked: object) -> list[str]:
    with world.office.acting(world.actor(name)) as session:
        rows, _ = listing.page(session, Question(**asked), sort, 200)  # type: ignore[arg-type]
        return [row.task.code for row in rows]


def fill(world: World) -> None:
    past, ahead = date(2022, 6, 1), date(2099, 6, 1)
    make_task(world, "east", "A", state="in_progress", light="red", circle="convenience", due=past, progress=10)
    make_task(world, "west", "B", state="returned", light="yellow", due=ahead, title="幼儿园建设")
    make_task(world, "d-civil", "C", state="reported", light="green", due=past, shortfall_id="s1")
    make_task(world, "community-150301001001", "D", state="draft", due=None, measure="新建菜市场一处")
    with world.office.acting(world.office.system("t")) as session:
        b = session.scalars(select(Task).where(Task.code == "B")).one()
        session.add(TaskUnit(task_id=b.id, organisation_id=world.org["d-commerce"], duty="joint"))


def test_filters(world: World) -> None:
    fill(world)
    assert codes(world) == ["A", "B", "C", "D"]
    assert codes(world, state=("returned", "draft")) == ["B", "D"]
    assert codes(world, light=("red",)) == ["A"]
    assert codes(world, circle=("convenience",)) == ["A"]
    assert codes(world, unit=(world.org["d-commerce"],)) == ["B"]  # where it joins
    assert codes(world, area="150301") == ["A", "D"]
    assert codes(world, area="nowhere") == []
    assert codes(world, late=True) == ["A"]  # what awaits review is not late
    assert codes(world, returned=True) == ["B"]
    assert codes(world, shortfall=True) == ["C"]
    assert codes(world, due_to=date(2023, 1, 1)) == ["A", "C"]
    assert codes(world, "commerce") == ["B"]
    assert codes(world, "community", mine=True) == ["D"]
    assert codes(world, "office", issued=True) == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("words", "found"), [("幼儿", ["B"]), ("菜市场", ["D"]), ("儿", ["B"]), ("任务 A", ["A"]), ("%", []), ("菜_场", [])]
)
def test_search_in_chinese(world: World, words: str, found: list[str]) -> None:
    fill(world)
    assert codes(world, text=words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("yey", ["B"]),
        ("YouErYuan", ["B"]),
        ("youey", ["B"]),
        ("csc", ["D"]),
        ("xsq", ["B"]),  # by the unit, whose name no title holds
        ("西山", ["B"]),
        ("donganqu", ["A", "D"]),  # by the area, with what lies in it
        ("xsq yey", ["B"]),
        ("dongan yey", []),
        ("sys", []),  # the city itself is no place within it: its name begins every address
        ("mzj", ["C"]),
        ("qqqq", []),
    ],
)
def test_search_in_pinyin(world: World, words: str, found: list[str]) -> None:
    fill(world)
    assert codes(world, text=words) == found


def test_what_cannot_be_asked(world: World) -> None:
    for asked in (
        {"state": ("gone",)},
        {"light": ("blue",)},
        {"due_from": date(2022, 2, 1), "due_to": date(2022, 1, 1)},
    ):
        with pytest.raises(InputError):
            codes(world, **asked)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        codes(world, sort="; drop table task")


@pytest.mark.parametrize("sort", [f"{sign}{name}" for name in listing.SORTS for sign in ("", "-")])
def test_pages_by_key_hold_each_task_once(world: World, sort: str) -> None:
    for k in range(23):
        make_task(
            world, "east", f"T{k:02d}", due=None if k % 5 == 0 else date(2022, 1 + k % 3, 1), progress=k % 4, state="accepted",
            light=("red", "yellow", "green", "grey")[k % 4], starts_on=date(2021, 1, 1),
        )  # fmt: skip
    with world.office.acting(world.actor("office")) as session:
        whole, more = listing.page(session, Question(), sort, 200)
        assert more is None
        seen: list[int] = []
        after = None
        while True:
            rows, after = listing.page(session, Question(), sort, 5, after)
            seen += [row.task.id for row in rows]
            if after is None:
                break
        assert seen == [row.task.id for row in whole]
        assert len(set(seen)) == 23


def test_counts_leave_their_own_filter_out(world: World) -> None:
    fill(world)
    with world.office.acting(world.actor("office")) as session:
        found = listing.facets(session, Question())
        assert found.total == 4
        assert found.by["state"] == {"in_progress": 1, "returned": 1, "reported": 1, "draft": 1}
        assert found.by["circle"] == {"": 3, "convenience": 1}
        assert found.quick["late"] == 1
        assert found.quick["shortfall"] == 1
        narrowed = listing.facets(session, Question(state=("returned",), light=("red", "yellow")))
        assert narrowed.total == 1
        assert narrowed.by["state"] == {"in_progress": 1, "returned": 1}  # without the filter by state
        assert narrowed.by["light"] == {"yellow": 1}
        assert narrowed.by["unit"] == {str(world.org["west"]): 1}
    with world.office.acting(world.actor("west")) as session:
        assert listing.facets(session, Question()).total == 1  # counts stay in scope


def test_the_other_views(world: World) -> None:
    fill(world)
    with world.office.acting(world.actor("office")) as session:
        columns = {one["state"]: one for one in pictures.board(session, Question(), per_column=1)}
        assert columns["returned"]["count"] == 1
        assert [row.task.code for row in columns["returned"]["rows"]] == ["B"]
        assert columns["closed"]["rows"] == []
        days = pictures.calendar(session, Question(), date(2022, 6, 1), date(2022, 6, 30))
        assert [(one["day"], one["count"]) for one in days] == [(date(2022, 6, 1), 2)]
        rows, links, total = pictures.gantt(session, Question(), date(2022, 1, 1), date(2022, 12, 31))
        assert ([row.task.code for row in rows], links, total) == (["A", "B", "C", "D"], [], 4)
        rows, _, total = pictures.gantt(session, Question(), date(2022, 1, 1), date(2022, 12, 31), limit=2, skip=2)
        assert ([row.task.code for row in rows], total) == (["C", "D"], 4)


def test_names_beside_the_rows(world: World) -> None:
    fill(world)
    with world.office.acting(world.actor("office")) as session:
        rows, _ = listing.page(session, Question(text="幼儿"), "code", 10)
        assert rows[0].joint == ((world.org["d-commerce"], "市商务局"),)
        assert rows[0].issuer == "市领导小组办公室"


@pytest.mark.slow
def test_speed_at_twenty_thousand(world: World) -> None:
    with world.office.acting(world.office.system("t")) as session:
        units = [one for one in session.scalars(select(Organisation)) if one.kind != "office"]
        rows = []
        for k in range(20_000):
            unit = units[k % len(units)]
            rows.append(
                {
                    "programme_id": world.programme, "stage_id": world.stage[1 + k % 4], "code": f"K{k:05d}",
                    "title": f"{unit.name}第{k}项任务", "measure": "建设菜市场、幼儿园、卫生服务站等设施,补齐短板" * 2, "level": unit.level,
                    "circle": ("convenience", "health", "education", None)[k % 4], "issuer_id": world.org["office"],
                    "starts_on": date(2022, 3, 1), "due_on": date(2022, 6, 1) + timedelta(days=k % 900),
                    "due_at": datetime(2022, 6, 1, 16, tzinfo=UTC) + timedelta(days=k % 900),
                    "state": ("in_progress", "accepted", "issued", "closed", "returned")[k % 5], "progress": k % 101,
                    "light": ("green", "yellow", "red", "grey")[k % 4], "area_code": unit.area_code, "area_path": unit.area_path,
                    "org_id": unit.id, "org_path": unit.path, "department": unit.department, "version": 1,
                }
            )  # fmt: skip
        session.connection().execute(insert(Task), rows)
        ids = session.scalars(select(Task.id)).all()
        joint = [{"task_id": key, "organisation_id": units[key % 7].id, "duty": "joint"} for key in ids[::3]]
        session.connection().execute(insert(TaskUnit), joint)
        area = session.scalars(select(Area.code).where(Area.level == "district")).first()
    with world.office.database.owner_engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    slowest = 0.0
    for name in ("office", "east", "civil", "community"):
        for label, question, sort in (
            ("all", Question(), "due"),
            ("red of a district", Question(light=("red",), area=area or ""), "due"),
            ("search", Question(text="菜市场"), "-updated"),
            ("two characters", Question(text="第7"), "code"),
            ("pinyin", Question(text="yey"), "-updated"),
            ("pinyin of a unit", Question(text="mzj"), "due"),
            ("pinyin of an area", Question(text="xsq"), "due"),
            ("pinyin of nothing", Question(text="qqqq"), "due"),
            ("mine, late", Question(mine=True, late=True), "due"),
        ):
            with world.office.acting(world.actor(name)) as session:
                took = []
                for _ in range(5):
                    begun = time.perf_counter()
                    listing.page(session, question, sort, 100)
                    mid = time.perf_counter()
                    listing.facets(session, question)
                    took.append((mid - begun, time.perf_counter() - mid))
                rows_ms, facets_ms = min(one[0] for one in took) * 1000, min(one[1] for one in took) * 1000
                sys.stdout.write(f"{name:10} {label:18} page {rows_ms:5.1f} ms, counts {facets_ms:5.1f} ms\n")
                slowest = max(slowest, rows_ms)
    assert slowest < 200
