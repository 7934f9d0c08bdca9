"""Tasks counted by area: rolled up, gone into level by level, and never beyond what the caller may see."""

from __future__ import annotations

from datetime import date

import pytest

from kezhong.office.models import Area, Pilot
from kezhong.office.tasks import pictures
from kezhong.office.tasks.pictures import OnMap
from kezhong.office.tasks.questions import Question
from office_world import World
from programme_world import make_programme, nominated, step
from tasks_world import make_task

PAST, AHEAD = date(2022, 6, 1), date(2099, 6, 1)


@pytest.fixture
def filled(world: World) -> World:
    make_task(world, "east", "A", state="in_progress", light="red", due=PAST)
    make_task(world, "community-150301001001", "B", state="in_progress", light="red", due=PAST)
    make_task(world, "community-150301001002", "C", state="closed", light="green", due=PAST)
    make_task(world, "west", "D", state="returned", light="yellow", due=AHEAD)
    make_task(world, "d-civil", "E", state="reported", light="green", due=PAST)
    return world


def seen(world: World, name: str, **asked: object) -> OnMap:
    with world.office.acting(world.actor(name)) as session:
        return pictures.on_map(session, Question(**asked))  # type: ignore[arg-type]


def told(found: OnMap) -> dict[str, tuple[int, int, int]]:
    return {one.code: (one.count, one.open, one.late) for one in found.places}


def test_counts_are_rolled_up_and_gone_into(filled: World) -> None:
    city = seen(filled, "office")
    assert [one.code for one in city.trail] == ["150300"]
    assert told(city) == {"150301": (3, 2, 2), "150302": (1, 1, 0)}
    assert (city.own.count, city.own.open, city.own.late) == (1, 1, 0)  # reported: to be reviewed, not late
    assert city.places[0].lights == {"red": 2, "green": 1}
    assert city.places[0].point is not None
    district = seen(filled, "office", area="150301")
    assert [one.code for one in district.trail] == ["150300", "150301"]
    assert told(district) == {"150301001": (2, 1, 1)}
    assert (district.own.count, district.own.late) == (1, 1)
    street = seen(filled, "office", area="150301001")
    assert told(street) == {"150301001001": (1, 1, 1), "150301001002": (1, 0, 0)}
    leaf = seen(filled, "office", area="150301001001")
    assert told(leaf) == {}
    assert (leaf.own.code, leaf.own.count) == ("150301001001", 1)


def test_filters_count(filled: World) -> None:
    assert told(seen(filled, "office", late=True)) == {"150301001": (1, 1, 1)}  # both late ones lie in one district
    assert told(seen(filled, "office", late=True, area="150300")) == {"150301": (2, 2, 2)}
    nothing = seen(filled, "office", text="nowhere")
    assert ([one.code for one in nothing.trail], told(nothing), nothing.own.count) == (["150300"], {}, 0)
    assert told(seen(filled, "office", area="nowhere")) == {}


def test_nobody_counts_what_they_may_not_see(filled: World) -> None:
    west = seen(filled, "west")
    assert [one.code for one in west.trail] == ["150300", "150302"]  # begins where their tasks are
    assert (told(west), west.own.count) == ({}, 1)
    assert told(seen(filled, "west", area="150301")) == {}
    assert told(seen(filled, "west", area="150300")) == {"150302": (1, 1, 0)}
    community = seen(filled, "community")
    assert community.trail[-1].level == "street"  # a community is shown within its street
    assert told(community) == {"150301001001": (1, 1, 1)}


def test_a_life_circle_is_counted_where_it_lies(filled: World) -> None:
    with filled.office.acting(filled.office.system("t")) as session:
        path = session.get_one(Area, "LC1").path
    make_task(filled, "east", "F", state="in_progress", area_code="LC1", area_path=path)
    found = seen(filled, "office")
    assert sum(one.count for one in found.places) + found.own.count == 6


def test_pilots_beside_the_tasks(filled: World) -> None:
    plan = make_programme(filled)
    key = nominated(filled, programme_id=plan.programme.id)
    with filled.office.acting(filled.actor("east")) as session:
        (pilot,) = pictures.pilots_on_map(session, Question(area="150301"))
        assert (pilot["id"], pilot["state"]) == (key, "nominated")
        assert pilot["communities"]
    with filled.office.acting(filled.actor("west")) as session:
        assert pictures.pilots_on_map(session, Question()) == []
    step(filled, "east", Pilot, key, "withdraw", reason="不再推荐")
    with filled.office.acting(filled.actor("office")) as session:
        assert pictures.pilots_on_map(session, Question()) == []
