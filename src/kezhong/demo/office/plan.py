"""The programme is set up, the office hands out its tasks, and departments and districts sign for them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sqlalchemy import select

from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Stage, Task
from kezhong.office.programme import create_programme, load_template
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.handling import report_progress
from kezhong.office.tasks.writing import NewTask, create_task, edit_task

TEMPLATE = "wuhai-2022-2024"
#: Tasks of the third stage that the office gives out a year early, since they are handed down; others stay drafts.
_EARLY = ("1-04", "1-05", "2-04", "2-06", "3-01", "4-04", "5-03", "6-03", "7-03", "7-05", "8-03", "8-05")
#: Refused by the department, and given to it all the same.
_REFUSED = "7-05"
_SUSPENDED = "1-05"
_RETURNED = "5-02"
#: What is left of the year's tasks and is reported in its last days; the second district is late with its own.
_YEAR_END = ("5-07", "G2-1", "G2-3", "G5-1", "G5-3", *(f"G3-{number}" for number in range(1, 9)))
#: Task, on which day it is reported, with what; approved some working days later.
_DONE: tuple[tuple[str, int, int, str, int], ...] = (
    ("G9", 4, 18, "已印发月调度、季通报、半年检查和年度考核办法", 2),
    ("G1-1", 6, 22, "区、街道、社区三级专班均已组建，明确专人负责", 3),
    ("G1-3", 6, 24, "区专班组建到位，工作重心下沉到街道、社区", 2),
    ("G1-2", 7, 20, "区专班于七月中旬组建完毕，已纳入区政府周调度", 2),
    ("3-06", 9, 16, "12 所学校操场、4 处体育场馆错峰开放，时间已公示", 4),
    (_RETURNED, 9, 20, "已形成养老设施布局规划初稿", 3),
    ("8-01", 10, 20, "街道吹哨、部门报到机制已在全部街道运行", 3),
    ("2-05", 11, 12, "新增早餐网点 23 处，其中可移动早餐车 9 处，老旧小区基本有早餐", 4),
    ("4-03", 11, 20, "青少年课程进入 31 个社区综合服务中心", 4),
    ("8-02", 12, 8, "12345 工单按期响应率、办结率、满意率按月通报", 4),
    ("7-01", 12, 15, "街长、路长、巷长和城管工作站全部到位", 3),
    ("1-01", 12, 20, "年度改造小区全部完工，配套同步补齐", 4),
)
_SURVEY = "摸排社区业态与居民需求"


def write(script: Script, cast: Cast) -> None:
    """Scenes of the city's own level."""
    script.add(cast.moment(2, 25, 9), lambda: _create(cast))
    script.add(cast.moment(3, 1, 9), lambda: _issue(cast))
    script.add(cast.moment(3, 1, 11), lambda: _survey(cast))
    for number, line in enumerate(leads()):
        script.add(cast.moment(3, 2 + number // 3, 9 + 2 * (number % 3), 20), partial(sign_for, cast, f"city-{line}"))
    for number, code in enumerate(DISTRICTS.values()):
        # One district lets a fortnight pass: what it was asked for first is late by then.
        script.add(cast.moment(3, 3 if number != 1 else 17, 10 + number), partial(sign_for, cast, code))
    script.add(cast.moment(3, 2, 16), lambda: sign_for(cast, "office"))
    script.add(cast.moment(3, 8, 9), lambda: _uphold(cast))
    script.add(cast.moment(3, 9, 15), lambda: sign_for(cast, "city-urban_management"))
    script.add(cast.moment(6, 15, 10), lambda: _suspend(cast))
    for slot, on in (("A", (3, 23)), ("C", (3, 24)), ("B", (4, 7))):
        script.add(cast.moment(*on, 15), partial(_report_survey, cast, DISTRICTS[slot]))
        script.add(cast.moment(*on, 17), partial(_close_survey, cast, DISTRICTS[slot]))
    for code, month, day, reply, wait in _DONE:
        when = cast.day(month, day)
        script.add(cast.at(when, 16), partial(_report, cast, code, reply))
        after = _give_back if code == _RETURNED else approve
        script.add(cast.at(cast.later(when, wait)), partial(after, cast, code))
    for number, code in enumerate(_YEAR_END):
        reply = "年度目标完成，台账与佐证材料齐备"
        script.add(cast.moment(12, 21, 10, number), partial(_report, cast, code, reply))
        script.add(cast.moment(12, 28, 10, number), partial(approve, cast, code))
    again = cast.day(10, 20)
    script.add(
        cast.at(again, 15), lambda: _report(cast, _RETURNED, "已按意见补充与国土空间规划的衔接、分区图和近期项目表")
    )
    script.add(cast.at(cast.later(again, 2)), lambda: approve(cast, _RETURNED))


def find(cast: Cast, session: OfficeSession, code: str) -> Task:
    """A task by its code."""
    statement = select(Task).where(Task.programme_id == cast.programme, Task.code == code)
    return session.execute(statement).scalars().one()


def as_lead(cast: Cast, code: str) -> str:
    """Who handles the task with a code of the plan."""
    found: str = cast.known["lead", code]
    return found


def sign(cast: Cast, session: OfficeSession, tasks: Iterable[Task]) -> None:
    """Sign for tasks (签收) and begin them."""
    for task in tasks:
        cast.step(session, task, "accept")
        cast.step(session, task, "start")


def _create(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        made = create_programme(
            session, TEMPLATE, f"SQ{cast.year}", "示范市一刻钟社区生活圈建设", dict(DISTRICTS), cast.year - 2022
        )
        cast.programme = made.programme.id
        for code, unit in session.execute(select(Task.code, Task.org_id)):
            cast.known["lead", code] = cast.code_of[unit]


def leads() -> tuple[str, ...]:
    """The lead departments of the eight circles."""
    return load_template(TEMPLATE).departments


def give_out(cast: Cast, session: OfficeSession, stage: int) -> None:
    """Issue what is drafted of the stages up to this one."""
    numbers = select(Stage.id).where(Stage.programme_id == cast.programme, Stage.number <= stage)
    statement = select(Task).where(Task.state == "draft", Task.stage_id.in_(numbers)).order_by(Task.id)
    for task in session.rows(statement, Permission.WRITE_TASK):
        cast.step(session, task, "issue")


def _issue(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        for code in _EARLY:
            task = find(cast, session, code)
            edit_task(session, task.id, task.version, {"starts_on": cast.day(3, 1)}, "结合试点提前启动")
            cast.step(session, task, "issue")
        give_out(cast, session, 2)


def _survey(cast: Cast) -> None:
    """What the plan's first stage asks for, as tasks of the districts."""
    with cast.acting("bangong") as session:
        for number, district in enumerate(DISTRICTS.values(), start=1):
            task = create_task(
                session,
                NewTask(
                    cast.programme, cast.units[district], _SURVEY, "逐社区摸清业态、空间、人口与居民需求，形成底数表",
                    code=f"MP-{number}", due_on=cast.day(3, 25), source="三·第一阶段；时限为建议值",
                ),
            )  # fmt: skip
            cast.step(session, task, "issue")


def sign_for(cast: Cast, unit: str) -> None:
    with cast.acting("bangong" if unit == "office" else unit) as session:
        statement = select(Task).where(Task.org_id == cast.units[unit], Task.state == "issued").order_by(Task.id)
        for task in session.rows(statement, Permission.HANDLE_TASK):
            if task.code == _REFUSED and "refused" not in cast.known:
                cast.known["refused"] = True
                cast.step(session, task, "refuse", "智能安防由公安机关主管，建议改派市公安局")
            else:
                sign(cast, session, [task])


def _uphold(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        task = find(cast, session, _REFUSED)
        reason = "小区安防设施的建设、管护属城市管理圈层，由你局牵头，市公安局配合联网；维持原派"
        cast.step(session, task, "uphold", reason, due=task.due_on)


def _suspend(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        task = find(cast, session, _SUSPENDED)
        reason = "电动自行车充电设施消防新规即将施行，待标准明确后恢复办理"
        cast.step(session, task, "suspend", reason, due=task.due_on)


def _report_survey(cast: Cast, unit: str) -> None:
    with cast.acting(unit) as session:
        task = session.execute(
            select(Task).where(Task.org_id == cast.units[unit], Task.code.startswith("MP-"))
        ).scalars().one()  # fmt: skip
        if task.state == "issued":
            sign(cast, session, [task])
        report_progress(session, task.id, task.version, 100, "底数表已汇总")
        cast.step(session, task, "report", reply="全部社区摸排完毕，底数表已报送")


def _close_survey(cast: Cast, unit: str) -> None:
    with cast.acting("bangong") as session:
        task = session.execute(
            select(Task).where(Task.org_id == cast.units[unit], Task.code.startswith("MP-"))
        ).scalars().one()  # fmt: skip
        cast.step(session, task, "approve")


def _report(cast: Cast, code: str, reply: str) -> None:
    unit = as_lead(cast, code)
    with cast.acting("bangong" if unit == "office" else unit) as session:
        task = find(cast, session, code)
        if task.state == "returned":
            cast.step(session, task, "rework")
        if task.state == "in_progress":  # a unit may have said "done" on its monthly sheet already
            cast.step(session, task, "report", reply=reply)


def approve(cast: Cast, code: str) -> None:
    with cast.acting("bangong") as session:
        task = find(cast, session, code)
        if task.state == "reported":
            cast.step(session, task, "approve", reply="同意销号")


def _give_back(cast: Cast, code: str) -> None:
    with cast.acting("bangong") as session:
        reason = "规划未与国土空间规划衔接，缺分区图和近期项目表，请补充后再报"
        cast.step(session, find(cast, session, code), "return", reason, due=cast.day(10, 31))
