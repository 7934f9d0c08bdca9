"""The demonstration's programme: on three days of the year, what must hold on each; and how it is made and unmade.

The days differ in what has happened: April (papers in, tasks down four levels), August (rounds, projects under way),
December (all of the first year). Each office is played once a session on a copy of the demonstration city.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from demo_city import copy_demo_city
from kezhong import clock
from kezhong.city.config import read_config
from kezhong.demo import make as making
from kezhong.demo.office import ACCOUNTS, build_office
from kezhong.demo.office.paper import plain, printed, word
from kezhong.errors import CancelledError, ConflictError, PermissionDeniedError
from kezhong.office.access.actor import Actor
from kezhong.office.audit.verify import verify
from kezhong.office.identity.rights import actor_for
from kezhong.office.models import (
    AppraisalUnit,
    Comment,
    DispatchRound,
    DispatchSheet,
    Edition,
    Inspection,
    Money,
    Offer,
    Person,
    Pilot,
    Project,
    RoleGrant,
    SiteUse,
    Stage,
    StepTaken,
    Submission,
    Target,
    Task,
    Verification,
)
from kezhong.office.office import Office, has_office, open_office
from kezhong.office.removal import in_use, remove_office, worked_in
from kezhong.office.tasks.sniffing import kind_of_content
from office_database import state_for_tests

DISTRICTS = ("999901", "999902", "999903")


@dataclass
class Played:
    """An office that was played up to a day, with the clock standing there."""

    office: Office
    environ: Mapping[str, str]
    day: date
    people: dict[str, int] = field(default_factory=dict)

    def rows(self, cls: type[Any]) -> list[Any]:
        """All rows of a class, whoever may see them."""
        with self.office.acting(self.office.system("test")) as session:
            return list(session.scalars(select(cls)))

    def seen(self, name: str, cls: type[Any]) -> list[Any]:
        """Rows of a class that somebody sees."""
        with self.office.acting(self.actor(name)) as session:
            return session.rows(select(cls))

    def actor(self, name: str) -> Actor:
        with self.office.database.app_engine.connect() as connection:
            found = actor_for(connection, self.people[name])
        assert found is not None
        return found


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEZHONG_")}
    return {**kept, "KEZHONG_STATE": str(state_for_tests())}


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    found = _environ()
    yield found
    shutil.rmtree(found["KEZHONG_STATE"], ignore_errors=True)


@pytest.fixture(scope="module", params=["2026-04-15", "2026-08-20", "2026-12-10", "2027-01-20"])
def played(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    environ = _environ()
    folder = copy_demo_city(pytestconfig, tmp_path_factory.mktemp("demo-office") / "city")
    moment = datetime.fromisoformat(f"{request.param}T08:00:00").replace(tzinfo=UTC)
    try:
        with clock.frozen(moment):
            build_office(folder, environ=environ)
            with open_office(folder, environ=environ) as office:
                found = Played(office, environ, moment.date())
                found.people = {one.username: one.id for one in found.rows(Person)}
                yield found
    finally:
        shutil.rmtree(environ["KEZHONG_STATE"], ignore_errors=True)


# on every day --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.xdist_group("demo-office")
class TestDays:
    def test_the_plan_is_there(self, played: Played) -> None:
        assert len(played.rows(Stage)) == 4
        assert len(played.rows(Target)) == 9
        tasks = played.rows(Task)
        assert {task.level for task in tasks} == {"city", "district", "street", "community"}
        assert 300 <= len(tasks) <= 600
        if played.day >= date(2026, 12, 1):
            assert len(tasks) >= 400

    def test_every_person_has_a_role_and_every_account_is_there(self, played: Played) -> None:
        holders = {grant.person_id for grant in played.rows(RoleGrant)}
        people = played.rows(Person)
        assert {one.id for one in people} == holders
        assert {one.username for one in people if one.demo} == set(ACCOUNTS)
        assert all(one.email is None for one in people)

    def test_lights_are_right_today(self, played: Played) -> None:
        now = clock.now()
        for task in played.rows(Task):
            if task.state in ("issued", "accepted", "in_progress", "returned") and task.due_at <= now:
                assert task.light == "red", task.code
            if task.state in ("draft", "withdrawn", "suspended"):
                assert task.light == "grey", task.code

    def test_somebody_was_late_and_it_went_up(self, played: Played) -> None:
        raised = [one for one in played.rows(StepTaken) if one.transition == "escalated"]
        assert raised
        if played.day >= date(2026, 8, 1):  # the second district's own group was formed three weeks late
            late = next(task for task in played.rows(Task) if task.code == "G1-2")
            assert late.state == "closed"
            assert late.done_at > late.due_at
            assert "office" in {one.details["to"] for one in raised if one.object_id == late.id}

    def test_one_refused_one_suspended_one_returned(self, played: Played) -> None:
        taken = Counter(one.transition for one in played.rows(StepTaken) if one.object_kind == "task")
        assert taken["refuse"] == taken["uphold"] == 1
        state = {task.code: task.state for task in played.rows(Task)}
        assert state["7-05"] == "in_progress"
        if played.day >= date(2026, 7, 1):
            assert state["1-05"] == "suspended"
        if played.day >= date(2026, 12, 1):
            assert taken["return"] == taken["rework"] == 1

    def test_three_one_one_pilots_and_one_declined(self, played: Played) -> None:
        pilots = played.rows(Pilot)
        assert Counter(one.area_path.split("/")[1] for one in pilots if one.state != "declined") == {
            "999901": 3, "999902": 1, "999903": 1,
        }  # fmt: skip
        assert [one.state for one in pilots].count("declined") == 1
        assert all(one.sheet["run"]["id"] for one in pilots)
        if played.day >= date(2026, 12, 1):
            accepted = [one for one in pilots if one.state == "accepted"]
            assert len(accepted) == 1
            assert accepted[0].grade in ("excellent", "good", "passed")
            assert {one.kind for one in played.rows(Inspection)} == {"self_check", "inspection", "acceptance"}

    def test_papers(self, played: Played) -> None:
        papers = [one for one in played.rows(Submission) if one.code != "EX"]
        assert len(papers) == 22
        assert [one.code for one in papers if one.late] == ["CP"]
        again = [one for one in papers if one.edition == 2]
        assert [one.code for one in again] == ["IP"]
        assert {edition.verdict for edition in played.rows(Edition)} <= {"", "received", "returned"}

    def test_projects_from_the_planted_shortfalls(self, played: Played) -> None:
        projects = played.rows(Project)
        assert len(projects) == 17
        assert len({one.shortfall_id for one in projects}) == 17
        money = played.rows(Money)
        assert {"social_capital", "loan", "brand_support", "joint_lease"} <= {one.kind for one in money}
        assert all(one.paid <= one.planned for one in money)
        if played.day >= date(2026, 8, 1):
            assert len(played.rows(SiteUse)) >= 5
            assert {one.state for one in played.rows(Offer)} >= {"matched", "done"}
            assert {"in_use", "building"} <= {one.state for one in projects}

    def test_rounds_with_two_late(self, played: Played) -> None:
        rounds = {one.id: one for one in played.rows(DispatchRound) if one.kind == "monthly"}
        assert len(rounds) == {4: 0, 8: 4, 12: 8, 1: 9}[played.day.month]
        sheets = played.rows(DispatchSheet)
        for key, round_ in rounds.items():
            own = [one for one in sheets if one.round_id == key]
            assert len(own) > 15
            if round_.due_at < clock.now():
                late = sum((one.first_filled_at or clock.now()) > one.due_at for one in own)
                assert late == 2, round_.period

    def test_what_was_closed_waits_for_its_measurement(self, played: Played) -> None:
        closed = [task for task in played.rows(Task) if task.shortfall_id and task.done_at]
        assert all(task.state == "awaiting_measurement" for task in closed)  # never "not met" without the community
        # The community is asked about those that were closed before the data were made: data cannot tell of later ones.
        assert {one.task_id for one in played.rows(Verification)} <= {task.id for task in closed}
        if played.day >= date(2026, 12, 1):
            assert len(closed) >= 9
            assert len(played.rows(Verification)) >= 9
            assert [one for one in played.seen("shequ", Verification) if one.state == "issued"]

    def test_the_appraisal_of_the_half_year(self, played: Played) -> None:
        units = played.rows(AppraisalUnit)
        assert bool(units) == (played.day >= date(2026, 8, 1))
        assert {one.state for one in units} <= {"final"}

    def test_nothing_lies_in_the_future(self, played: Played) -> None:
        assert max(one.at for one in played.rows(StepTaken)) <= clock.now()
        with played.office.database.app_engine.connect() as connection:
            table = Task.__table__
            assert connection.execute(select(func.max(table.c.updated_at))).scalar_one() <= clock.now()

    def test_the_chain_is_whole(self, played: Played) -> None:
        verdict = verify(played.office)
        assert verdict.whole
        assert verdict.entries > 3000
        assert verdict.anchors >= 2

    def test_everybody_sees_their_own(self, played: Played) -> None:
        everything = {task.id for task in played.rows(Task)}
        for name in ("bangong", "ducha", "shenji", "fenxi"):
            assert {task.id for task in played.seen(name, Task)} == everything, name
        assert played.seen("guanli", Task) == []
        for name, inside in (("qu", "9999/999901/"), ("jiedao", "9999/999901/999901001/")):
            found = played.seen(name, Task)
            assert found
            unit = played.actor(name).organisations
            assert all(task.area_path.startswith(inside) or task.issuer_id in unit for task in found), name
        own = {task.code for task in played.seen("wangge", Task)}
        assert "8-05-1-1-1" in own
        assert own < {task.code for task in played.seen("shequ", Task)}
        line = played.seen("qu-minzheng", Task)
        assert {task.department for task in line} >= {"civil_affairs"}
        assert all(task.department == "civil_affairs" or task.org_id for task in line)
        assert {pilot.life_circle for pilot in played.seen("shequ", Pilot)} == {"SHQ01"}

    def test_remarks_name_people(self, played: Played) -> None:
        remarks = played.rows(Comment)
        assert remarks or played.day < date(2026, 4, 14)
        assert all(one.mentions for one in remarks)


def test_the_first_weeks(pytestconfig: pytest.Config, tmp_path: Path, environ: dict[str, str]) -> None:
    """What the quick run of the tests plays: the programme, its papers, its pilots, four levels of tasks."""
    folder = copy_demo_city(pytestconfig, tmp_path / "city")
    told: list[float] = []
    with clock.frozen(datetime(2026, 4, 1, 8, tzinfo=UTC)):
        build_office(folder, lambda share, step: told.append(share), environ=environ)
        with open_office(folder, environ=environ) as office, office.acting(office.system("test")) as session:
            levels = Counter(session.scalars(select(Task.level)))
            pilots = Counter(session.scalars(select(Pilot.state)))
            assert verify(office).whole
    assert set(levels) == {"city", "district", "street", "community"}
    assert pilots == {"approved": 5, "declined": 1}
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(ConflictError):
        build_office(folder, environ=environ)
    remove_office(folder, environ=environ)


# made and unmade -----------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Making the city is copying it, and nothing is played: how things are made and unmade, without what they are."""
    ready = copy_demo_city(pytestconfig, tmp_path / "ready")
    shutil.rmtree(ready / "sources")

    def copied(folder: Path, files: Any, progress: Any) -> Any:
        shutil.copytree(ready, folder)
        config = read_config(folder)
        text = (folder / "kezhong.toml").read_text("utf-8")
        number = f"demo{len(list(tmp_path.iterdir()))}{os.urandom(4).hex()}"
        (folder / "kezhong.toml").write_text(text.replace(config.city_id, number), "utf-8")
        return making.City.open(folder)

    monkeypatch.setattr(making, "build_city", copied)
    monkeypatch.setattr(making, "generate_files", lambda folder: folder.mkdir())
    monkeypatch.setattr("kezhong.demo.office.course.play", lambda cast, progress: None)
    return tmp_path / "out"


def _clusters(environ: Mapping[str, str]) -> set[str]:
    return {path.parent.name for path in Path(environ["KEZHONG_STATE"]).glob("*/cluster")}


def test_made_once_and_found_again(quick: Path, environ: dict[str, str]) -> None:
    made = making.make_demo(quick, office=True, environ=environ)
    assert made.fresh
    assert has_office(quick)
    stamp = json.loads((quick / making.STAMP).read_text("utf-8"))
    assert stamp["office"]["seq"] > 500
    first = read_config(quick).city_id
    assert not making.make_demo(quick, office=True, environ=environ).fresh
    assert not making.make_demo(quick, environ=environ).fresh  # with an office it is a city all the same

    # another program made it: made anew, and the old database goes with it
    stamp["office"]["program"] = "older"
    (quick / making.STAMP).write_text(json.dumps(stamp), "utf-8")
    with open_office(quick, environ=environ), pytest.raises(ConflictError, match="in use"):
        making.make_demo(quick, office=True, environ=environ)
    assert making.make_demo(quick, office=True, environ=environ).fresh
    second = read_config(quick).city_id
    assert first not in _clusters(environ)
    assert second in _clusters(environ)

    # somebody went on with it: never thrown away
    stamp = json.loads((quick / making.STAMP).read_text("utf-8"))
    stamp["office"]["program"] = "older"
    (quick / making.STAMP).write_text(json.dumps(stamp), "utf-8")
    assert not worked_in(quick, stamp["office"]["seq"], environ=environ)
    with open_office(quick, environ=environ) as office:
        with office.acting(office.system("test")) as session:
            person = session.scalars(select(Person).where(Person.username == "bangong")).one().id
        with office.database.app_engine.connect() as connection:
            actor = actor_for(connection, person)
        assert actor is not None
        with office.acting(actor) as session:
            session.audit.note("task.remind", "task", 1)
    assert worked_in(quick, stamp["office"]["seq"], environ=environ)
    assert not making.make_demo(quick, office=True, environ=environ).fresh
    remove_office(quick, environ=environ)
    assert second not in _clusters(environ)
    assert not has_office(quick)
    assert not in_use(quick, environ=environ)


@pytest.mark.parametrize("problem", [CancelledError("jobs.cancelled"), KeyboardInterrupt(), OSError(28, "disk full")])
def test_a_stopped_run_leaves_nothing_behind(
    quick: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    before = _clusters(environ)

    def stopped(cast: Any, progress: Any) -> None:
        raise problem

    monkeypatch.setattr("kezhong.demo.office.course.play", stopped)
    with pytest.raises((CancelledError, KeyboardInterrupt, OSError)):
        making.make_demo(quick, office=True, environ=environ)
    assert not quick.exists()
    assert _clusters(environ) == before
    assert not [path for path in quick.parent.iterdir() if path.name.startswith(".out.")]


def test_accounts_have_a_password_only_where_one_is_given(quick: Path, environ: dict[str, str]) -> None:
    from kezhong.office.identity.passwords import verify_password
    from kezhong.office.models import Credential

    making.make_demo(quick, office=True, environ={**environ, "KEZHONG_DEMO_PASSWORD": "Zhuang-2026-hai"})
    with open_office(quick, environ=environ) as office, office.acting(office.system("test")) as session:
        found = session.execute(select(Person.username, Credential.password_hash).join(
            Credential, Credential.person_id == Person.id
        )).all()  # fmt: skip
    assert {row.username for row in found} == set(ACCOUNTS)
    assert verify_password(found[0].password_hash, "Zhuang-2026-hai")
    remove_office(quick, environ=environ)


def test_the_office_of_a_real_city_is_never_removed(quick: Path, environ: dict[str, str]) -> None:
    making.make_demo(quick, office=True, environ=environ)
    with pytest.raises(PermissionDeniedError) as own:
        remove_office(quick, environ={**environ, "KEZHONG_DATABASE_URL": "postgresql://a:b@db/office"})
    assert own.value.code == "office.own_server"
    text = (quick / "kezhong.toml").read_text("utf-8")
    (quick / "kezhong.toml").write_text(text.replace("synthetic = true", "synthetic = false"), "utf-8")
    with pytest.raises(PermissionDeniedError) as real:
        remove_office(quick, environ=environ)
    assert real.value.code == "office.not_synthetic"
    assert read_config(quick).city_id in _clusters(environ)
    (quick / "kezhong.toml").write_text(text, "utf-8")
    remove_office(quick, environ=environ)


def test_documents_are_what_they_say() -> None:
    lines = ("一、基本情况", "二、重点任务 < & >")
    for make, kind in ((plain, "txt"), (word, "docx"), (printed, "pdf")):
        content = make("石榴园生活圈建设方案", lines)
        assert kind_of_content(content, f"方案.{kind}") == {"txt": "text"}.get(kind, kind)
        assert content == make("石榴园生活圈建设方案", lines)
