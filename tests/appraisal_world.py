"""An appraisal of the small office: what is counted in it, opened, computed, published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kezhong.office.models import Appraisal, AppraisalScore, AppraisalUnit, Measurement, Target
from kezhong.office.supervision import appraisals, corrections, satisfaction
from kezhong.office.supervision.score_workbook import Part, write_scores
from office_world import EAST, World
from supervision_world import add_step, add_task, place

#: A working day after the year that is appraised.
NOW = datetime(2023, 1, 10, 2, 0, tzinfo=UTC)


def on(month: int, day: int) -> datetime:
    return datetime(2022, month, day, 3, tzinfo=UTC)


def done(world: World, org: str, code: str, *, state: str = "closed", at: datetime, **values: Any) -> int:
    key = add_task(world, org, code, state=state, done_at=at, **values)
    add_step(world, "task", key, "report", at, org)
    return key


def small_world(world: World) -> None:
    """East: 4 tasks due, of which 2 in time, 1 late, 1 overdue; two of them of a shortfall, one measured as met."""
    due = {"due_on": date(2022, 6, 30)}
    parent = add_task(world, "east", "E-0", **due)  # handed down: its parts count
    done(world, "east", "E-1", at=on(6, 1), shortfall_id="s1", **due)
    done(
        world, "street-150301001", "E-2", state="measured_met", at=on(6, 2), shortfall_id="s2", parent_id=parent, **due
    )
    done(world, "community-150301001001", "E-3", at=on(7, 20), **due)
    add_task(world, "east", "E-4", shortfall_id="s4", **due)
    add_task(world, "east", "E-5", state="suspended", **due)
    add_task(world, "east", "E-6", due_on=date(2023, 3, 1))
    with world.office.acting(world.office.system("test")) as session:
        target = Target(
            programme_id=world.programme, name="15分钟可达", kind="access_coverage", metric="share", value=0.9, unit="share",
            baseline=0.5, due_on=date(2022, 12, 31), source="建议值", **place(world, session, "east"),
        )  # fmt: skip
        session.add(target)
        session.flush()
        for run, value, status, at in (("r1", 0.6, "not_met", on(6, 1)), ("r2", 0.8, "not_met", on(12, 1))):
            session.add(
                Measurement(
                    target_id=target.id, run_id=run, at=at, value=value, status=status, **place(world, session, "east")
                )
            )
        session.add(
            Measurement(
                target_id=target.id,
                run_id="r3",
                at=datetime(2023, 1, 5, tzinfo=UTC),
                value=0.9,
                status="met",
                **place(world, session, "east"),
            )
        )
    with world.office.acting(world.actor("office")) as session:
        satisfaction.enter(session, EAST, "2022H2", 200, 170, method="入户", source="第三方")


def opened(world: World, rules: Any = "default-2022") -> int:
    with world.office.acting(world.actor("office")) as session:
        return appraisals.open_appraisal(session, world.programme, "2022", rules).id


def computed(world: World, key: int) -> None:
    with world.office.acting(world.actor("office")) as session:
        appraisals.compute(session, key)


def published(world: World) -> int:
    key = opened(world)
    computed(world, key)
    with world.office.acting(world.actor("office")) as session:
        appraisals.publish(session, key)
    return key


def unit(world: World, key: int, org: str, name: str = "office") -> tuple[AppraisalUnit, dict[str, AppraisalScore]]:
    with world.office.acting(world.actor(name)) as session:
        appraisal = session.get(Appraisal, key)
        row = next(one for one in appraisals.visible_units(session, appraisal) if one.org_id == world.org[org])
        return row, {score.item: score for score in appraisals.scores_of(session, row)}


def workbook(world: World, key: int, name: str = "office") -> bytes:
    with world.office.acting(world.actor(name)) as session:
        appraisal = session.get(Appraisal, key)
        units = appraisals.visible_units(session, appraisal)
        mine = {row.id for row in units if appraisals.may_see_rows(session, row)}
        told = corrections.corrections_of(session, units, mine)
        parts = [Part(row, appraisals.scores_of(session, row), row.id in mine, told.get(row.id, [])) for row in units]
        return write_scores("2022年度考核", appraisal, appraisals.rules_of(appraisal), parts)
