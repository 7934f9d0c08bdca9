"""The shipped programme holds what the plan says; a wrong template is refused with everything that is wrong in it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from importlib import resources

import pytest
import yaml
from sqlalchemy import func, select

from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Application, AuditEntry, CircleDuty, Programme, Stage, Submission, Target, Task
from kezhong.office.programme import Created, create_programme, load_template, parse_template
from office_world import EAST, WEST, World
from programme_world import BINDINGS, add_units, make_programme

NAME = "wuhai-2022-2024"


def shipped() -> str:
    return resources.files("kezhong.office").joinpath("data/programmes", f"{NAME}.yaml").read_text("utf-8")


def test_the_plan_as_data() -> None:
    plan = load_template(NAME)
    assert [(one.starts_on, one.ends_on) for one in plan.stages] == [
        (date(2022, 3, 1), date(2022, 3, 31)),
        (date(2022, 3, 1), date(2022, 12, 31)),
        (date(2023, 1, 1), date(2023, 12, 31)),
        (date(2024, 1, 1), date(2024, 12, 31)),
    ]
    nominated = {one.slot: one.value for one in plan.targets if one.metric == "pilots_nominated"}
    circles = {one.slot: one.value for one in plan.targets if one.metric == "circles_accepted"}
    names = {slot.id: slot.zh for slot in plan.slots}
    assert {names[slot]: value for slot, value in nominated.items()} == {"海勃湾区": 3, "乌达区": 1, "海南区": 1}
    assert {names.get(slot, slot): value for slot, value in circles.items()} == {
        "city": 10, "海勃湾区": 6, "海南区": 2, "乌达区": 2,
    }  # fmt: skip
    assert [one.value for one in plan.targets if one.metric == "pilots_approved"] == [5]
    (whole,) = [one for one in plan.targets if one.kind == "circle_coverage"]
    assert (names[whole.slot], whole.value, whole.due_on) == ("海勃湾区", 1.0, date(2024, 12, 31))
    book = load_catalogue()
    assert {one.circle: one.lead for one in plan.circles} == {
        circle.id: circle.lead_department for circle in book.circles.values()
    }
    per_circle = Counter(one.circle for one in plan.measures if one.circle)
    assert len(per_circle) == 8
    assert min(per_circle.values()) >= 5
    assert {one.clause for one in plan.measures} >= {"四(一)", "四(八)", "五(一)", "五(二)", "五(三)", "五(四)"}


def test_the_programme_is_set_up(world: World, plan: Created) -> None:
    assert (plan.stages, plan.targets, plan.duties, plan.applications) == (4, 9, 8, 2)
    assert plan.submissions == 3 + 3 + 3 + 8 + 3
    assert plan.tasks == 53 + 3 + 3 + 8 + 1 + 3 + 3 + 1 + 1 + 1
    assert "transport" in plan.without_unit  # no such unit in the small city: told, not an error
    with world.office.acting(world.actor("office")) as session:
        key = plan.programme.id
        assert len(session.rows(select(Stage).where(Stage.programme_id == key))) == 4
        duties = session.rows(select(CircleDuty).where(CircleDuty.programme_id == key))
        assert len(duties) == 8
        assert all(one.duty == "lead" for one in duties)
        targets = session.rows(select(Target).where(Target.programme_id == key))
        nominated = {one.area_code: one.value for one in targets if one.metric == "pilots_nominated"}
        assert nominated == {EAST: 3, WEST: 1, BINDINGS["C"]: 1}
        papers = session.rows(select(Submission).where(Submission.programme_id == key))
        march = [one for one in papers if one.kind != "other"]
        assert {one.due_on for one in march} == {date(2022, 3, 31)}
        assert {one.due_at.isoformat() for one in march} == {"2022-03-31T16:00:00+00:00"}  # the end of the local day
        assert Counter(one.kind for one in papers)["work_plan"] == 8
        assert {one.state for one in papers} == {"due"}
        tasks = session.rows(select(Task).where(Task.programme_id == key))
        assert len({one.code for one in tasks}) == plan.tasks
        assert {one.state for one in tasks} == {"draft"}
        assert all("建议值" in one.source for one in tasks)
        assert {one.level for one in session.rows(select(Application))} == {"province", "nation"}
    with world.office.acting(world.office.system("test")) as session:
        written = select(func.count()).where(AuditEntry.action == "plan.create", AuditEntry.object_kind == "task")
        assert session.execute(written).scalar_one() == plan.tasks


def test_everybody_reads_the_plan(world: World, plan: Created) -> None:
    for who in ("west", "civil", "community"):
        with world.office.acting(world.actor(who)) as session:
            assert len(session.rows(select(Target.id))) == 9
    with pytest.raises((PermissionDeniedError, NotFoundError)), world.office.acting(world.actor("west")) as session:
        session.one(Target, 1, Permission.WRITE_PROGRAMME)


def test_dates_move_together(world: World) -> None:
    made = make_programme(world, "LATER", shift_years=4)
    assert (made.programme.starts_on, made.programme.ends_on) == (date(2026, 3, 1), date(2028, 12, 31))
    with world.office.acting(world.actor("office")) as session:
        days = set(session.rows(select(Submission.due_on).where(Submission.programme_id == made.programme.id)))
    assert days == {date(2026, 3, 31), date(2027, 6, 30)}


@pytest.mark.parametrize(
    ("bindings", "words"),
    [
        ({}, ["A", "B", "C"]),
        ({"A": EAST, "B": EAST, "C": WEST}, ["150301"]),
        ({**BINDINGS, "D": EAST}, ["“D”"]),
        ({**BINDINGS, "A": "nowhere"}, ["nowhere"]),
        ({**BINDINGS, "A": "150301001"}, ["150301001"]),
    ],
)
def test_wrong_bindings(world: World, bindings: dict[str, str], words: list[str]) -> None:
    add_units(world)
    with (
        pytest.raises(InputError, match="cannot_create") as problem,
        world.office.acting(world.actor("office")) as session,
    ):
        create_programme(session, NAME, "X", "某方案", bindings)
    for word in words:
        assert word in problem.value.message("zh")
        assert word in problem.value.message("en")
    nothing_written(world)


def test_units_that_are_missing_are_all_told(world: World) -> None:
    with (
        pytest.raises(InputError, match="cannot_create") as problem,
        world.office.acting(world.actor("office")) as session,
    ):
        create_programme(session, NAME, "X", "某方案", {"A": EAST, "B": WEST, "C": "150303"})
    for word in ("150303", "住房和城乡建设局", "党委政法委员会"):
        assert word in problem.value.message("zh")
    nothing_written(world)


def nothing_written(world: World) -> None:
    with world.office.acting(world.actor("office")) as session:
        assert session.rows(select(Programme.code)) == ["P1"]
        assert session.rows(select(Task.id)) == []


def test_a_code_is_used_once(world: World, plan: Created) -> None:
    with pytest.raises(InputError, match="“WH”"):
        make_programme(world)


@pytest.mark.parametrize("who", ["east", "civil", "community", "auditor", "admin"])
def test_only_the_office_sets_up(world: World, who: str) -> None:
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor(who)) as session:
        create_programme(session, NAME, "X", "某方案", BINDINGS)


def test_no_such_template(world: World) -> None:
    with pytest.raises(NotFoundError, match="mars-2030"), world.office.acting(world.actor("office")) as session:
        create_programme(session, "mars-2030", "X", "某方案", BINDINGS)


def changed(path: str, value: object) -> str:
    page = yaml.safe_load(shipped())
    at = page
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return yaml.safe_dump(page, allow_unicode=True)


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("ends_on", date(2021, 1, 1), "ends_on"),
        ("stages", None, "stages"),
        ("stages.0.number", 7, "stages"),
        ("stages.1.starts_on", "2022-03-32", "stages[2].starts_on"),
        ("stages.1.ends_on", date(2025, 6, 1), "stages[2]"),
        ("targets.0.slot", "Z", "targets[1].slot"),
        ("targets.0.value", -1, "targets[1].value"),
        ("targets.0.value", True, "targets[1].value"),
        ("targets.0.kind", "wish", "targets[1].kind"),
        ("targets.0.metric", "communities_in_accepted_circles", "targets[1].metric"),
        ("targets.1.code", "M01", "M01"),
        ("targets.0.colour", "red", "colour"),
        ("submissions.0.by", "everybody", "submissions[1].by"),
        ("submissions.0.due_on", date(2030, 1, 1), "submissions[1].due_on"),
        ("circles.0.lead", "ministry_of_magic", "circles[1].lead"),
        ("circles.0.circle", "ninth", "circles[1].circle"),
        ("circles.0.measures", [], "measures"),
        ("circles.0.measures.0.stage", 9, "measures[1].stage"),
        ("circles.1.measures.0.joint", ["nobody"], "measures[1].joint"),
        ("id", "another", "another"),
        ("slots.1.id", "A", "slots.id"),
        ("targets.0.figure_key", {"colour": "red"}, "figure_key"),
    ],
)
def test_wrong_templates(path: str, value: object, word: str) -> None:
    with pytest.raises(InputError) as problem:
        parse_template(changed(path, value), f"{NAME}.yaml")
    assert problem.value.code == "programme.bad_template"
    for language in ("zh", "en"):
        assert word in problem.value.message(language)  # type: ignore[arg-type]
        assert f"{NAME}.yaml" in problem.value.message(language)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "- a\n", "id: a\nid: b\n", "id: [\n"])
def test_no_yaml(text: str) -> None:
    with pytest.raises(InputError, match="unreadable"):
        parse_template(text, f"{NAME}.yaml")


def test_all_problems_at_once() -> None:
    page = yaml.safe_load(shipped())
    page["targets"][0]["slot"], page["circles"][0]["lead"] = "Z", "nobody"
    with pytest.raises(InputError) as problem:
        parse_template(yaml.safe_dump(page), f"{NAME}.yaml")
    assert problem.value.details["count"] == 2


def test_the_hash_is_of_the_content() -> None:
    other = "# a remark\n" + shipped()
    assert parse_template(other, f"{NAME}.yaml").hash == load_template(NAME).hash
    assert parse_template(changed("targets.0.value", 4), f"{NAME}.yaml").hash != load_template(NAME).hash


def test_the_page_is_generated() -> None:
    from pathlib import Path

    from kezhong.office.programme.page import page

    docs = Path(__file__).resolve().parents[3] / "docs"
    assert (docs / f"programme-{NAME}.md").read_text("utf-8") == page(load_template(NAME))
