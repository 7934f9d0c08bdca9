"""The annual appraisal against sums done by hand, its weights without data, appeals and their trail, who sees what."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import openpyxl
import pytest

from appraisal_world import NOW, computed, done, on, opened, published, small_world, unit, workbook
from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import (
    Appraisal,
    AppraisalScore,
    AuditEntry,
    Money,
    Objection,
    Project,
    StepTaken,
)
from kezhong.office.supervision import appeals, appraisals, satisfaction
from kezhong.office.supervision.measures import wilson
from kezhong.office.supervision.rules import get_rules, parse_rules
from kezhong.office.supervision.score_workbook import differences
from kezhong.office.supervision.scoring import effective_weights
from office_world import EAST, World
from supervision_world import add_step, add_submission, add_task, place


@pytest.fixture(autouse=True)
def _january() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def test_scores_by_hand(world: World) -> None:
    small_world(world)
    key = opened(world)
    computed(world, key)
    row, scores = unit(world, key, "east")
    # 40 + 20 + 15 + 15 have data, 10 (requests) have none: each weight × 100/90
    whole = Fraction(100, 90)
    tasks, short, gain, people = (
        scores[n] for n in ("task_completion", "shortfall_closure", "indicator_gain", "satisfaction")
    )
    assert (tasks.numerator, tasks.denominator) == (2.5, 4.0)
    assert tasks.score == float(round(Fraction(5, 8) * 40 * whole, 2)) == 27.78
    assert (short.numerator, short.denominator) == (1.0, 2.0)  # E-1 is closed but awaits its measurement: left out
    assert short.score == 11.11
    assert gain.value == pytest.approx(0.75)  # (0.8 − 0.5) ÷ (0.9 − 0.5), of the newest within the year
    assert gain.score == 12.5
    assert people.value == 0.85
    assert people.score == float(round(Fraction(85, 90) * 15 * whole, 2)) == 15.74
    assert (people.details["low"], people.details["high"]) == pytest.approx(wilson(170, 200))
    requests = scores["requests"]
    assert (requests.status, requests.score, requests.effective_weight) == ("no_data", None, None)
    assert "不计零分" in requests.details["formula_zh"]
    assert row.total == pytest.approx(27.78 + 11.11 + 12.5 + 15.74)
    assert row.measured_weight == 0.9
    assert tasks.details["formula_zh"] == "2.5 ÷ 4 = 0.6250；得分 = 0.6250 × 实评权重 44.44 = 27.78"
    assert [(line["code"], line["counted"]) for line in tasks.rows] == [
        ("E-1", 1),
        ("E-2", 1),
        ("E-3", 0.5),
        ("E-4", 0),
    ]
    west, nothing = unit(world, key, "west")
    assert west.total is None
    assert {score.status for score in nothing.values()} == {"no_data"}


def test_departments_by_hand(world: World) -> None:
    due = {"due_on": date(2022, 6, 30)}
    done(world, "d-civil", "C-1", at=on(6, 1), weight=3.0, **due)
    add_task(world, "d-civil", "C-2", weight=1.0, **due)
    early = add_submission(world, "d-civil", "S-1", state="received", handed_in_at=on(11, 30))
    add_step(world, "submission", early, "submit", on(11, 20), "d-civil")
    back = add_submission(world, "d-civil", "S-2", state="received", handed_in_at=on(12, 9))
    add_step(
        world, "submission", back, "submit", on(11, 25), "d-civil"
    )  # in time, returned, in again after the deadline
    add_step(world, "submission", back, "return", on(11, 28), "d-civil")
    add_submission(world, "d-civil", "S-3")
    add_submission(world, "d-civil", "S-4", state="waived")
    with world.office.acting(world.office.system("test")) as session:
        at = place(world, session, "d-civil")
        project = Project(programme_id=world.programme, code="P-1", name="食堂", **at)
        session.add(project)
        session.flush()
        for planned, paid, year in ((100.0, 150.0, 2022), (100.0, 20.0, None), (500.0, 0.0, 2024)):
            session.add(
                Money(project_id=project.id, kind="budget", source="财政", planned=planned, paid=paid, year=year, **at)
            )
    key = opened(world)
    computed(world, key)
    row, scores = unit(world, key, "d-civil")
    assert scores["lead_tasks"].value == 0.75
    assert scores["support"].value == 0.6  # (100 + 20) ÷ 200
    assert scores["reporting"].value == 0.5  # (1 + 0.5 + 0) ÷ 3
    assert scores["whistles"].status == "no_data"
    # 80 of 100 have data
    assert [scores[n].score for n in ("lead_tasks", "support", "reporting")] == [46.88, 11.25, 9.38]
    assert row.total == pytest.approx(67.51)


def test_small_samples_are_held_against_nobody(world: World) -> None:
    with world.office.acting(world.actor("office")) as session:
        satisfaction.enter(session, EAST, "2022-11", 30, 3, method="电话", source="街道")
    key = opened(world)
    computed(world, key)
    score = unit(world, key, "east")[1]["satisfaction"]
    assert (score.status, score.score) == ("no_data", None)
    assert "小于最小样本 100" in score.details["why_zh"]
    assert score.rows[0]["zh"].startswith("2022-11：满意 3 / 访问 30")


def test_insufficient_and_unmeasured_count_for_nothing(world: World) -> None:
    due = {"due_on": date(2022, 6, 30)}
    for code, state in (("E-1", "awaiting_measurement"), ("E-2", "closed_unmeasured")):
        done(world, "east", code, state=state, at=on(6, 1), shortfall_id=code, **due)
    key = opened(world)
    computed(world, key)
    scores = unit(world, key, "east")[1]
    assert scores["shortfall_closure"].status == "no_data"
    assert [row["counted"] for row in scores["shortfall_closure"].rows] == [None, None]
    assert scores["task_completion"].value == 1.0


def test_weights_are_shared_out_in_proportion() -> None:
    items = get_rules("default-2022").groups["district"].items
    shares: dict[str, Fraction | None] = {item.id: Fraction(1, 2) for item in items}
    assert sum(effective_weights(items, shares).values()) == 100
    shares |= {"requests": None, "satisfaction": None}
    weights = effective_weights(items, shares)
    assert sum(weight for weight in weights.values() if weight is not None) == 100
    assert weights["task_completion"] == 2 * weights["shortfall_closure"]
    assert effective_weights(items, dict.fromkeys(shares)) == dict.fromkeys(shares)


def test_computing_twice_is_the_same(world: World) -> None:
    small_world(world)
    key = opened(world)
    computed(world, key)
    before = {item: (s.score, s.version, s.rows) for item, s in unit(world, key, "east")[1].items()}
    computed(world, key)
    assert {item: (s.score, s.version, s.rows) for item, s in unit(world, key, "east")[1].items()} == before


def test_rules_are_kept_and_checked(world: World) -> None:
    page = copy.deepcopy(dict(get_rules("default-2022").source))
    page["id"] = "own"
    page["groups"] = page["groups"][:1]
    page["groups"][0]["items"] = [
        {
            "id": "only",
            "zh": "任务",
            "en": "tasks",
            "weight": 7,
            "measure": "tasks_done",
            "parameters": {"late_credit": 1},
        }
    ]
    small_world(world)
    key = opened(world, page)
    computed(world, key)
    row, scores = unit(world, key, "east")
    assert (row.total, scores["only"].numerator) == (5.25, 3.0)
    for change in ({"measure": "guess"}, {"weight": "viel"}, {"weight": -1}, {"parameters": {"x": 1}}, {"full_at": 2}):
        wrong = copy.deepcopy(page)
        wrong["groups"][0]["items"][0].update(change)
        with pytest.raises(InputError):
            parse_rules(wrong, "own")


def test_only_the_office_appraises(world: World) -> None:
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("east")) as session:
        appraisals.open_appraisal(session, world.programme, "2022")
    key = opened(world)
    with pytest.raises(ConflictError):
        opened(world)
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("east")) as session:
        appraisals.compute(session, key)


def test_who_sees_what(world: World) -> None:
    small_world(world)
    done(world, "d-civil", "C-1", at=on(6, 1), due_on=date(2022, 6, 30))
    key = opened(world)
    computed(world, key)

    def seen(name: str) -> set[str]:
        with world.office.acting(world.actor(name)) as session:
            rows = appraisals.visible_units(session, session.get(Appraisal, key))
            return {code for code, org in world.org.items() if org in {row.org_id for row in rows}}

    everybody = {"east", "west", "d-civil"}
    assert seen("office") == everybody
    assert seen("east") == seen("civil") == set()
    with world.office.acting(world.actor("office")) as session:
        appraisals.publish(session, key, date(2023, 1, 12))
    assert (seen("east"), seen("west"), seen("civil")) == ({"east"}, {"west"}, {"d-civil"})
    assert seen("inspector") == everybody
    with pytest.raises(ConflictError, match="2023-01-12"), world.office.acting(world.actor("office")) as session:
        appraisals.finalise(session, key)
    with clock.frozen(NOW + timedelta(days=9)):
        with world.office.acting(world.actor("office")) as session:
            assert appraisals.finalise(session, key).state == "final"
        assert seen("east") == seen("civil") == everybody
        with world.office.acting(world.actor("east")) as session:
            rows = {row.org_id: row for row in appraisals.visible_units(session, session.get(Appraisal, key))}
            assert appraisals.may_see_rows(session, rows[world.org["east"]])
            assert not appraisals.may_see_rows(session, rows[world.org["west"]])
        for change in (appraisals.compute, appraisals.publish, appraisals.finalise):
            with pytest.raises(ConflictError), world.office.acting(world.actor("office")) as session:
                change(session, key)


def test_an_appeal_leaves_a_trail(world: World) -> None:
    small_world(world)
    key = published(world)
    row, scores = unit(world, key, "east")
    score, total = scores["task_completion"], row.total
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        appeals.file_appeal(session, score.id, "不是我的")
    with world.office.acting(world.actor("east")) as session:
        appeal = appeals.file_appeal(session, score.id, "E-3 因上级停工令顺延")
    assert unit(world, key, "east")[0].state == "appealed"
    assert unit(world, key, "west")[0].state == "published_for_comment"
    with pytest.raises(ConflictError), world.office.acting(world.actor("east")) as session:
        appeals.file_appeal(session, score.id, "再来一次")
    with (
        clock.frozen(NOW + timedelta(days=20)),
        pytest.raises(ConflictError, match="1 件申诉"),
        world.office.acting(world.actor("office")) as session,
    ):
        appraisals.finalise(session, key)
    with pytest.raises((PermissionDeniedError, NotFoundError)), world.office.acting(world.actor("east")) as session:
        appeals.decide(session, appeal.id, "take_up", due=date(2023, 1, 20))
    with world.office.acting(world.actor("office")) as session:
        appeals.decide(session, appeal.id, "take_up", due=date(2023, 1, 20))
        appeals.decide(session, appeal.id, "uphold", reason="停工令属实")
        settled = appeals.decide(session, appeal.id, "correct", share=0.75)
    assert settled.before == {
        "numerator": 2.5, "denominator": 4.0, "value": 0.625, "score": 27.78, "status": "scored",
        "effective_weight": pytest.approx(44.4444, abs=1e-3), "total": total,
    }  # fmt: skip
    row, scores = unit(world, key, "east")
    score = scores["task_completion"]
    assert (score.status, score.value, score.corrected_from, score.score) == ("corrected", 0.75, 0.625, 33.33)
    assert (score.correction, score.objection_id) == ("停工令属实", settled.id)
    assert row.total == pytest.approx(total + 33.33 - 27.78)
    assert settled.after["total"] == row.total
    assert row.state == "computed"
    computed_again = unit(world, key, "east", "east")[0]  # still readable by its own unit
    assert computed_again.total == row.total
    with pytest.raises(ConflictError), world.office.acting(world.actor("office")) as session:
        appraisals.compute(session, key)  # not behind the back of those who read it
    with world.office.acting(world.actor("office")) as session:
        appraisals.publish(session, key)
    with clock.frozen(NOW + timedelta(days=20)), world.office.acting(world.actor("office")) as session:
        assert appraisals.finalise(session, key).state == "final"
    with world.office.acting(world.office.system("test")) as session:
        steps = [
            step.transition
            for step in session.query(StepTaken)
            .filter(StepTaken.object_kind == "appraisal_unit")
            .order_by(StepTaken.id)
            if step.object_id == row.id
        ]
        assert steps == ["compute", "publish", "appeal", "appeal_upheld", "publish", "finalise"]
        entries = session.query(AuditEntry).filter(AuditEntry.action == "appeal.correct").all()
        assert {entry.object_kind for entry in entries} >= {"appraisal_score", "objection"}
        assert {entry.reason for entry in entries} == {"停工令属实"}


@pytest.mark.parametrize("ends", ["dismiss", "withdraw"])
def test_an_appeal_that_changes_nothing(world: World, ends: str) -> None:
    small_world(world)
    key = published(world)
    row, scores = unit(world, key, "east")
    with world.office.acting(world.actor("east")) as session:
        first = appeals.file_appeal(session, scores["task_completion"].id, "一")
        second = appeals.file_appeal(session, scores["satisfaction"].id, "二")
    for one in (first, second):
        if ends == "withdraw":
            with world.office.acting(world.actor("east")) as session:
                appeals.decide(session, one.id, "withdraw")
        else:
            with world.office.acting(world.actor("office")) as session:
                appeals.decide(session, one.id, "take_up", due=date(2023, 1, 20))
                assert appeals.decide(session, one.id, "dismiss", reason="依据充分").decision == "依据充分"
        state = unit(world, key, "east")[0].state
        assert state == ("appealed" if one is first else "published_for_comment")
    assert unit(world, key, "east")[0].total == row.total


def test_correcting_an_item_without_data_shares_the_weights_anew(world: World) -> None:
    small_world(world)
    key = published(world)
    score = unit(world, key, "east")[1]["requests"]
    with world.office.acting(world.actor("east")) as session:
        appeal = appeals.file_appeal(session, score.id, "本区有数据")
    with world.office.acting(world.actor("office")) as session:
        appeals.decide(session, appeal.id, "take_up", due=date(2023, 1, 20))
        appeals.decide(session, appeal.id, "uphold", reason="补充数据")
        with pytest.raises(InputError):
            appeals.decide(session, appeal.id, "correct", share=1.5)
        appeals.decide(session, appeal.id, "correct", share=0.8)
    row, scores = unit(world, key, "east")
    assert row.measured_weight == 1.0
    assert scores["requests"].score == 8.0
    assert scores["task_completion"].score == 25.0


def test_veto_is_said_and_the_total_stays_readable(world: World) -> None:
    small_world(world)
    key = opened(world)
    computed(world, key)
    row = unit(world, key, "east")[0]
    with world.office.acting(world.actor("office")) as session:
        with pytest.raises(InputError):
            appraisals.set_veto(session, row.id, "mood", "x")
        vetoed = appraisals.set_veto(session, row.id, "fraud", "E-2 的佐证系伪造，见核查〔2023〕1号")
    assert (vetoed.vetoes[0]["zh"], vetoed.total) == ("弄虚作假", row.total)
    with world.office.acting(world.actor("office")) as session:
        assert appraisals.set_veto(session, row.id, "fraud", "").vetoes == []
        appraisals.publish(session, key)
    with pytest.raises(ConflictError), world.office.acting(world.actor("office")) as session:
        appraisals.set_veto(session, row.id, "fraud", "晚了")


def test_score_sheets_are_read_back_equal(world: World) -> None:
    small_world(world)
    key = opened(world)
    computed(world, key)
    content = workbook(world, key)
    with world.office.acting(world.actor("office")) as session:
        appraisal = session.get(Appraisal, key)
        scores = {score.id: score for score in session.query(AppraisalScore)}
        assert differences(appraisal, scores, content) == []
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert book.sheetnames[:4] == ["考核汇总", "计分明细", "依据条目", "考核规则"]
        assert any(row[3].value == "E-3" for row in book["依据条目"].iter_rows())
        assert all(cell.data_type != "f" for page in book.worksheets for row in page.iter_rows() for cell in row)
        column = next(cell.column for cell in book["计分明细"][1] if cell.value == "得分")
        book["计分明细"].cell(2, column).value = 99
        stream = io.BytesIO()
        book.save(stream)
        wrong = differences(appraisal, scores, stream.getvalue())
        assert [(one["field"], one["file"], one["kept"]) for one in wrong] == [("得分", 99, 27.78)]
        with pytest.raises(InputError):
            differences(appraisal, scores, b"PK nonsense")


def test_satisfaction_is_checked_and_scoped(world: World) -> None:
    with world.office.acting(world.actor("office")) as session:
        for asked, satisfied in ((0, 0), (10, 11), (10, -1)):
            with pytest.raises(InputError):
                satisfaction.enter(session, EAST, "2022", asked, satisfied, method="m", source="s")
        kept = satisfaction.enter(session, EAST, "2022", 100, 80, method="m", source="s")
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("east")) as session:
        satisfaction.enter(session, EAST, "2022", 100, 99, method="m", source="s")
    with world.office.acting(world.actor("east")) as session:
        assert [one.id for one in satisfaction.surveys(session, 10)] == [kept.id]
    with world.office.acting(world.actor("west")) as session:
        assert satisfaction.surveys(session, 10) == []
    with world.office.acting(world.actor("office")) as session:
        satisfaction.withdraw(session, kept.id, "录入有误")
    key = opened(world)
    computed(world, key)
    assert unit(world, key, "east")[1]["satisfaction"].status == "no_data"


@pytest.mark.parametrize(
    ("satisfied", "asked", "low", "high"), [(90, 100, 0.8256, 0.9448), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)]
)
def test_wilson(satisfied: int, asked: int, low: float, high: float) -> None:
    assert wilson(satisfied, asked) == pytest.approx((low, high), abs=1e-4)


def test_objections_of_scores_follow_the_appeal(world: World) -> None:
    small_world(world)
    key = published(world)
    score = unit(world, key, "east")[1]["satisfaction"]
    with world.office.acting(world.actor("east")) as session:
        appeals.file_appeal(session, score.id, "样本有误")
        assert [(one.state, of.item) for one, of in appeals.appeals_of(session, key)] == [("filed", "satisfaction")]
    with world.office.acting(world.actor("west")) as session:
        assert appeals.appeals_of(session, key) == []
        assert session.rows(session.query(Objection).statement, Permission.READ_MEASUREMENT) == []


@pytest.mark.parametrize(
    "change", [{"groups": 3}, {"groups": [[]]}, {"groups": [{"id": []}]}, {"vetoes": None}, {"comment_days": "x"}]
)
def test_rules_of_a_wrong_shape_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="规则"):
        parse_rules({**get_rules("default-2022").source, **change}, "own")
