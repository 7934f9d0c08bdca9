"""A final appraisal that is put right with its trail; an appeal that is reviewed again at the level above."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from appraisal_world import NOW, computed, opened, published, small_world, unit, workbook
from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.machines import IllegalStepError
from kezhong.office.models import (
    Appraisal,
    AppraisalScore,
    AppraisalUnit,
    AuditEntry,
    Objection,
    Organisation,
    Person,
    RoleGrant,
    StepTaken,
)
from kezhong.office.session import ChangedMeanwhileError
from kezhong.office.steps import allowed_steps, take_step
from kezhong.office.supervision import appeals, appraisals, corrections
from kezhong.office.supervision.score_workbook import differences
from office_world import World
from supervision_world import place

LATER = NOW + timedelta(days=20)
WHY = "经核查〔2023〕7号，E-4 已于 2022 年 6 月完成，漏报"


@pytest.fixture(autouse=True)
def _january() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def final(world: World) -> int:
    """An appraisal of the small world, made final."""
    small_world(world)
    key = published(world)
    with clock.frozen(LATER), world.office.acting(world.actor("office")) as session:
        appraisals.finalise(session, key)
    return key


def correct(
    world: World, score: int, share: float = 0.875, reason: str = WHY, name: str = "office", **more: Any
) -> None:
    with clock.frozen(LATER), world.office.acting(world.actor(name)) as session:
        corrections.correct_final(session, score, share, reason, **more)


def trail(world: World, key: int, name: str) -> list[corrections.Correction]:
    """What somebody is told of corrections to the eastern district's result."""
    with world.office.acting(world.actor(name)) as session:
        units = appraisals.visible_units(session, session.get_one(Appraisal, key))
        mine = {one.id for one in units if appraisals.may_see_rows(session, one)}
        told = corrections.corrections_of(session, units, mine)
        east = next(one for one in units if one.org_id == world.org["east"])
        return told.get(east.id, [])


def leading_group(world: World, *, dismisser_too: bool = False) -> None:
    """A leading group above the office, with a member ``group`` who may decide; or the office's person as well."""
    with world.office.acting(world.office.system("test")) as session:
        office = session.get_one(Organisation, world.org["office"])
        group = Organisation(
            code="group", name="领导小组", short_name="领导小组", kind="leading_group", level="city", path="",
            area_code=office.area_code, area_path=office.area_path, valid_from=date(2020, 1, 1),
        )  # fmt: skip
        session.add(group)
        session.flush()
        group.path = f"{group.id}/"
        world.org["group"] = group.id
        where = place(world, session, "group")
        member = Person(name="group员", username="group", digest_key=secrets.token_bytes(32), **where)
        session.add(member)
        session.flush()
        world.person["group"] = member.id
        for person in (member.id, *([world.person["office"]] if dismisser_too else [])):
            session.add(
                RoleGrant(person_id=person, role="office", valid_from=datetime(2020, 1, 1, tzinfo=UTC), **where)
            )


def dismissed(world: World, key: int) -> int:
    """An appeal of the eastern district that the office dismissed."""
    score = unit(world, key, "east")[1]["task_completion"]
    with world.office.acting(world.actor("east")) as session:
        appeal = appeals.file_appeal(session, score.id, "E-4 已完成")
    with world.office.acting(world.actor("office")) as session:
        appeals.decide(session, appeal.id, "take_up", due=date(2023, 1, 20))
        appeals.decide(session, appeal.id, "dismiss", reason="无佐证")
    return appeal.id


def decide(world: World, name: str, appeal: int, step: str, **more: Any) -> Objection:
    with world.office.acting(world.actor(name)) as session:
        return appeals.decide(session, appeal, step, **more)


def may(world: World, name: str, appeal: int) -> set[str]:
    with world.office.acting(world.actor(name)) as session:
        return {one["id"] for one in allowed_steps(session, session.get_one(Objection, appeal))}


# correcting what is final --------------------------------------------------------------------------------------------


def test_a_final_result_is_corrected_with_its_trail(world: World) -> None:
    key = final(world)
    before, scores = unit(world, key, "east")
    score = scores["task_completion"]
    correct(world, score.id)
    row, scores = unit(world, key, "east")
    now = scores["task_completion"]
    assert (row.state, now.status, now.value, now.corrected_from, now.score) == (
        "corrected",
        "corrected",
        0.875,
        0.625,
        38.89,
    )
    assert row.total == pytest.approx(before.total - 27.78 + 38.89)
    assert now.details["counted"]["numerator"] == 2.5
    assert now.correction == WHY
    (told,) = trail(world, key, "office")
    assert (told.final, told.unit, told.person, told.reason) == (True, "市领导小组办公室", "office员", WHY)
    assert (told.before["score"], told.after["score"]) == (27.78, 38.89)
    assert (told.before["total"], told.after["total"]) == (before.total, row.total)
    with world.office.acting(world.office.system("test")) as session:
        assert session.get_one(Appraisal, key).state == "final"  # the others stand as they were
        step = session.query(StepTaken).filter(StepTaken.transition == "correct").one()
        assert step.details["result"] == (
            f"任务完成：完成率 62.50% → 87.50%，得分 27.78 → 38.89，总分 {before.total:.2f} → {row.total:.2f}"
        )
        entries = session.query(AuditEntry).filter(AuditEntry.action == "appraisal_unit.correct").all()
        assert {entry.object_kind for entry in entries} >= {"appraisal_score", "appraisal_unit"}
        assert {entry.reason for entry in entries} == {WHY}


def test_corrected_twice_what_was_counted_first_stays(world: World) -> None:
    key = final(world)
    score = unit(world, key, "east")[1]["task_completion"].id
    correct(world, score, 0.875)
    correct(world, score, 0.75, "复核后 E-4 只算逾期")
    now = unit(world, key, "east")[1]["task_completion"]
    assert (now.value, now.corrected_from, now.details["counted"]["value"]) == (0.75, 0.875, 0.625)
    assert [(one.before["value"], one.after["value"]) for one in trail(world, key, "east")] == [
        (0.625, 0.875), (0.875, 0.75),
    ]  # fmt: skip


def test_an_item_without_data_shares_the_weights_anew(world: World) -> None:
    key = final(world)
    score = unit(world, key, "east")[1]["requests"]
    assert score.status == "no_data"
    correct(world, score.id, 0.5, "12345 办补报数据")
    row, scores = unit(world, key, "east")
    assert scores["requests"].score == 5.0  # of ten points, all of which have data now
    assert row.measured_weight == 1.0
    assert scores["task_completion"].score == 25.0


def test_whoever_read_the_result_reads_the_correction(world: World) -> None:
    key = final(world)
    correct(world, unit(world, key, "east")[1]["task_completion"].id)
    assert [one.person for one in trail(world, key, "east")] == ["office员"]
    (others,) = trail(world, key, "west")
    assert (others.person, others.reason, others.unit) == ("", WHY, "市领导小组办公室")


@pytest.mark.parametrize("reached", [opened, lambda world: _counted(world), published])
def test_what_is_not_final_is_not_corrected(world: World, reached: Callable[[World], int]) -> None:
    small_world(world)
    key = reached(world)
    if not unit(world, key, "east")[1]:
        computed(world, key)
    score = unit(world, key, "east")[1]["task_completion"].id
    with pytest.raises(IllegalStepError):
        correct(world, score)
    assert unit(world, key, "east")[1]["task_completion"].value == 0.625


def _counted(world: World) -> int:
    key = opened(world)
    computed(world, key)
    return key


def test_only_the_office_corrects(world: World) -> None:
    key = final(world)
    score = unit(world, key, "east")[1]["task_completion"].id
    for name in ("east", "west", "civil", "auditor", "inspector"):
        with pytest.raises((PermissionDeniedError, NotFoundError)):
            correct(world, score, name=name)


def test_what_is_wrong_with_a_correction(world: World) -> None:
    key = final(world)
    score = unit(world, key, "east")[1]["task_completion"]
    for share, reason, code in (
        (1.5, WHY, "appraisal.bad_share"),
        (-0.1, WHY, "appraisal.bad_share"),
        (0.875, "  ", "appraisal.correction_needs_reason"),
        (0.625, WHY, "appraisal.same_share"),
    ):
        with pytest.raises(InputError) as refused:
            correct(world, score.id, share, reason)
        assert refused.value.code == code
    with pytest.raises(ChangedMeanwhileError):
        correct(world, score.id, version=score.version + 1)
    assert trail(world, key, "office") == []


def test_a_corrected_result_is_counted_no_more(world: World) -> None:
    key = final(world)
    correct(world, unit(world, key, "east")[1]["task_completion"].id)
    for change in (appraisals.compute, appraisals.publish, appraisals.finalise):
        with pytest.raises(ConflictError), world.office.acting(world.actor("office")) as session:
            change(session, key)
    with pytest.raises(ConflictError), world.office.acting(world.actor("east")) as session:
        appeals.file_appeal(session, unit(world, key, "east")[1]["satisfaction"].id, "晚了")


def test_the_sheet_says_that_it_was_corrected(world: World) -> None:
    key = final(world)
    plain = openpyxl.load_workbook(io.BytesIO(workbook(world, key)))
    assert "更正记录" not in plain.sheetnames
    assert "更正" not in plain["考核汇总"]["A2"].value
    correct(world, unit(world, key, "east")[1]["task_completion"].id)
    content = workbook(world, key)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book["考核汇总"]["A2"].value.startswith(
        "本表经过更正：共 1 处，其中定稿后更正 1 处，最近一次 2023-01-30，见“更正记录”。"
    )
    lines = {row[0].value: [cell.value for cell in row] for row in book["考核汇总"].iter_rows(min_row=5)}
    assert lines["东岸区"][-1] == "任务完成 27.78 → 38.89"
    west = unit(world, key, "west")[0].name
    assert lines[west][-1] in ("", None)
    head, line = book["更正记录"].iter_rows(values_only=True)
    told = dict(zip(head, line, strict=True))
    assert (told["单位"], told["考核项"], told["更正环节"], told["更正人"]) == (
        "东岸区",
        "任务完成",
        "定稿后更正",
        "office员",
    )
    assert (told["更正前完成率"], told["更正后完成率"], told["更正前得分"], told["更正后得分"]) == (
        0.625,
        0.875,
        27.78,
        38.89,
    )
    assert (told["更正时间"], told["更正理由"]) == ("2023-01-30 10:00", WHY)
    with world.office.acting(world.actor("office")) as session:
        scores = {score.id: score for score in session.query(AppraisalScore)}
        assert differences(session.get_one(Appraisal, key), scores, content) == []
    others = openpyxl.load_workbook(io.BytesIO(workbook(world, key, "west")))["更正记录"]
    assert [cell.value for cell in others[2]][5] in ("", None)  # who it was is not their business


def test_a_correction_out_of_an_appeal_is_in_the_sheet_too(world: World) -> None:
    small_world(world)
    key = published(world)
    score = unit(world, key, "east")[1]["task_completion"]
    with world.office.acting(world.actor("east")) as session:
        appeal = appeals.file_appeal(session, score.id, "E-3 顺延")
    decide(world, "office", appeal.id, "take_up", due=date(2023, 1, 20))
    decide(world, "office", appeal.id, "uphold", reason="属实")
    decide(world, "office", appeal.id, "correct", share=0.75)
    (told,) = trail(world, key, "office")
    assert (told.final, told.reason, told.before["value"], told.after["value"]) == (False, "属实", 0.625, 0.75)
    page = openpyxl.load_workbook(io.BytesIO(workbook(world, key)))["考核汇总"]
    assert page["A2"].value.startswith("本表经过更正：共 1 处，最近一次 2023-01-10")


# reviewed again at the level above -----------------------------------------------------------------------------------


def test_the_leading_group_reviews_again_what_its_office_dismissed(world: World) -> None:
    leading_group(world)
    small_world(world)
    key = published(world)
    appeal = dismissed(world, key)
    assert may(world, "office", appeal) == set()
    assert may(world, "group", appeal) == {"review_again"}
    with pytest.raises(PermissionDeniedError):
        decide(world, "office", appeal, "review_again", reason="再看", due=date(2023, 1, 25))
    again = decide(world, "group", appeal, "review_again", reason="区政府来函", due=date(2023, 1, 25))
    assert (again.state, again.decided_at, again.due_on) == ("under_review", None, date(2023, 1, 25))
    assert unit(world, key, "east")[0].state == "appealed"
    with clock.frozen(LATER), pytest.raises(ConflictError), world.office.acting(world.actor("office")) as session:
        appraisals.finalise(session, key)
    assert may(world, "office", appeal) == set()  # it is no longer the office's to decide
    with pytest.raises(PermissionDeniedError):
        decide(world, "office", appeal, "dismiss", reason="仍无佐证")
    assert may(world, "group", appeal) == {"uphold", "dismiss"}
    decide(world, "group", appeal, "uphold", reason="佐证补齐")
    done = decide(world, "group", appeal, "correct", share=0.875)
    assert (done.state, done.decision, done.before["value"], done.after["value"]) == (
        "corrected",
        "佐证补齐",
        0.625,
        0.875,
    )
    assert unit(world, key, "east")[0].state == "computed"
    with world.office.acting(world.office.system("test")) as session:
        steps = session.query(StepTaken).filter(StepTaken.object_kind == "objection").order_by(StepTaken.id)
        assert [(one.transition, one.reason) for one in steps] == [
            ("take_up", ""), ("dismiss", "无佐证"), ("review_again", "区政府来函"), ("uphold", "佐证补齐"), ("correct", ""),
        ]  # fmt: skip


def test_reviewed_again_and_dismissed_the_publication_goes_on(world: World) -> None:
    leading_group(world)
    small_world(world)
    key = published(world)
    appeal = dismissed(world, key)
    decide(world, "group", appeal, "review_again", reason="来函", due=date(2023, 1, 25))
    assert decide(world, "group", appeal, "dismiss", reason="维持").decision == "维持"
    assert unit(world, key, "east")[0].state == "published_for_comment"


def test_reviewed_again_after_the_result_is_final(world: World) -> None:
    leading_group(world)
    small_world(world)
    key = published(world)
    appeal = dismissed(world, key)
    with clock.frozen(LATER), world.office.acting(world.actor("office")) as session:
        appraisals.finalise(session, key)
    with clock.frozen(LATER):
        decide(world, "group", appeal, "review_again", reason="审计发现", due=date(2023, 2, 10))
        assert unit(world, key, "east")[0].state == "final"  # it stands while it is reviewed
        decide(world, "group", appeal, "uphold", reason="审计属实")
        done = decide(world, "group", appeal, "correct", share=0.875)
    row, scores = unit(world, key, "east")
    assert (row.state, scores["task_completion"].value, scores["task_completion"].objection_id) == (
        "corrected", 0.875, appeal,
    )  # fmt: skip
    assert done.after["total"] == row.total
    (told,) = trail(world, key, "east")  # once, though it is a correction and an appeal
    assert (told.final, told.unit, told.person, told.reason) == (True, "领导小组", "group员", "审计属实")


def test_nobody_reviews_again_their_own_decision(world: World) -> None:
    leading_group(world, dismisser_too=True)
    small_world(world)
    appeal = dismissed(world, published(world))
    with pytest.raises(PermissionDeniedError) as refused:
        decide(world, "office", appeal, "review_again", reason="再看", due=date(2023, 1, 25))
    assert refused.value.code == "appraisal.own_decision"


@pytest.mark.parametrize("state", ["filed", "under_review", "upheld", "corrected", "withdrawn"])
def test_only_what_was_dismissed_is_reviewed_again(world: World, state: str) -> None:
    leading_group(world)
    small_world(world)
    appeal = dismissed(world, published(world))
    with world.office.acting(world.office.system("test")) as session:
        session.get_one(Objection, appeal).state = state
    with pytest.raises(IllegalStepError):
        decide(world, "group", appeal, "review_again", reason="再看", due=date(2023, 1, 25))


def test_reviewing_again_needs_a_reason_and_a_day(world: World) -> None:
    leading_group(world)
    small_world(world)
    appeal = dismissed(world, published(world))
    for given in ({"reason": "再看"}, {"due": date(2023, 1, 25)}):
        with pytest.raises(InputError):
            decide(world, "group", appeal, "review_again", **given)


def test_not_while_the_result_is_counted_anew_or_another_appeal_is_open(world: World) -> None:
    leading_group(world)
    small_world(world)
    key = published(world)
    first = dismissed(world, key)
    score = unit(world, key, "east")[1]["task_completion"]
    with world.office.acting(world.actor("east")) as session:
        second = appeals.file_appeal(session, score.id, "补充佐证").id
    again: dict[str, Any] = {"reason": "再看", "due": date(2023, 1, 25)}
    with pytest.raises(ConflictError) as refused:
        decide(world, "group", first, "review_again", **again)
    assert refused.value.code == "appraisal.appeal_open"
    decide(world, "office", second, "take_up", due=date(2023, 1, 20))
    decide(world, "office", second, "uphold", reason="属实")
    decide(world, "office", second, "correct", share=0.7)
    with pytest.raises(ConflictError) as early:
        decide(world, "group", first, "review_again", **again)
    assert early.value.code == "appraisal.not_published"


@pytest.mark.parametrize("name", ["office", "east"])
def test_the_step_that_waits_again_is_nobodys_button(world: World, name: str) -> None:
    small_world(world)
    key = unit(world, published(world), "east")[0].id
    with world.office.acting(world.actor(name)) as session:
        row = session.one(AppraisalUnit, key)
        assert "appeal_again" not in {one["id"] for one in allowed_steps(session, row)}
        with pytest.raises(PermissionDeniedError):
            take_step(session, row, "appeal_again", reason="再看")
