"""Tasks go down from the city to districts, streets and communities, and what was done comes up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from hashlib import blake2b

from sqlalchemy import select

from kezhong import clock
from kezhong.demo.office import plan
from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Organisation, Programme, Task
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.handling import report_progress
from kezhong.office.tasks.writing import NewTask, decompose, edit_task


@dataclass(frozen=True, slots=True)
class Descent:
    """A city task that is handed down. ``line``: to the districts' departments of its own line, else to the districts.

    ``streets`` and ``communities`` say whose parts go further (codes of the streets, or all); the deadlines are those
    of the parts at each level, as (month, day).
    """

    code: str
    part: str  # what is done in a part
    district_due: tuple[int, int]
    street_due: tuple[int, int] = (0, 0)
    community_due: tuple[int, int] = (0, 0)
    line: str = ""
    streets: bool = False
    communities: tuple[str, ...] | None = ()  # streets whose communities get a part; None: all of them
    grid: bool = False  # the community's grid team joins in


#: Streets of the pilots and of the two life circles that lag most.
_CLOSE = ("999901001", "999901005", "999901007", "999901008", "999902003", "999903001", "999903002")
_FEW = _CLOSE[:3]
#: What the office prepares at the end of the year for the next; drafts until then.
_AHEAD = (
    Descent("1-03", "安全韧性设施查漏补缺", (23, 30), line="housing"),
    Descent("1-07", "物业服务提质扩面", (23, 30), line="housing"),
    Descent("3-05", "健身场地增建", (23, 30), (22, 31), streets=True),
    Descent("4-02", "家校社协同育人", (23, 30), line="education"),
    Descent("5-04", "居家与公共环境适老化改造", (23, 30), line="civil_affairs"),
    Descent("6-04", "社区卫生服务站补设", (23, 30), line="health"),
    Descent("7-02", "公厕环卫设施改造", (23, 30), (22, 31), streets=True),
    Descent("8-04", "党群服务中心便民办理", (23, 30)),
)
DESCENTS = (
    Descent("1-01", "老旧小区改造及配套补齐", (11, 30), line="housing"),
    Descent("2-01", "商业网点摸底与补缺", (11, 20), (10, 20), (6, 30), streets=True, communities=_CLOSE),
    Descent("2-06", "菜市场标准化改造", (23, 30), line="commerce"),
    Descent("3-02", "社区综合服务中心建设", (12, 20), (11, 30), streets=True),
    Descent("5-03", "社区养老服务设施建设", (23, 30), line="civil_affairs"),
    Descent("6-02", "社区门诊能力建设", (11, 30), line="health"),
    Descent("7-03", "垃圾分类设施配到小区", (10, 31), (9, 30), (8, 31), streets=True, communities=_FEW),
    Descent(
        "8-05", "一格一长一警网格团队建设", (23, 30), (22, 31), (21, 30), streets=True, communities=None, grid=True
    ),
)
#: The street whose part of this task is late for some weeks, and the district that stays late with its own.
_SLOW_STREET, _SLOW_DISTRICT = "999903001", "999903"


def write(script: Script, cast: Cast) -> None:
    """Scenes of districts, streets and communities."""
    for number, descent in enumerate(DESCENTS):
        script.add(cast.moment(3, 9, 9, 5 * number), partial(_to_districts, cast, descent))
    lines = [f"{district}-{one.line}" for one in DESCENTS if one.line for district in DISTRICTS.values()]
    first = (*(f"city-{line}" for line in plan.leads()), *DISTRICTS.values(), *lines)
    for number, unit in enumerate(first):
        script.add(cast.moment(3, 30, 15, number), partial(_tell, cast, unit))
    for number, unit in enumerate((*DISTRICTS.values(), *lines)):
        script.add(cast.moment(3, 11 + number % 3, 9, number), partial(plan.sign_for, cast, unit))
    script.add(cast.moment(3, 18, 15), lambda: plan.sign_for(cast, DISTRICTS["B"]))
    for number, district in enumerate(DISTRICTS.values()):
        script.add(cast.moment(3, 21, 9 + number), partial(_to_streets, cast, district))
    streets = [street for district in DISTRICTS.values() for street in cast.below(district, "street")]
    for number, street in enumerate(streets):
        script.add(cast.moment(3, 24 + number % 4, 9, number), partial(plan.sign_for, cast, street))
        script.add(cast.moment(3, 30, 9, 2 * number), partial(_to_communities, cast, street))
        for community_number, community in enumerate(cast.below(street, "community")):
            moment = cast.moment(4, 2 + (number + community_number) % 5, 10 + community_number % 6, number)
            script.add(moment, partial(plan.sign_for, cast, community))
        _of_street(script, cast, street, number)
    _of_districts(script, cast)
    script.add(cast.moment(11, 21, 10), lambda: _prepare(cast))


def _of_street(script: Script, cast: Cast, street: str, number: int) -> None:
    """What a street and its communities do in the course of the year."""
    communities = cast.below(street, "community")
    for month in (4, 6, 8, 10):
        script.add(cast.moment(month, 14 + number % 5, 11, number), partial(_tell, cast, street))
    for month in (6, 10):
        for place, community in enumerate(communities):
            script.add(cast.moment(month, 8 + number % 4, 14, place), partial(_tell, cast, community))
    if street in _CLOSE:
        # Communities hand in what they counted; the street looks at it and is done some weeks later.
        for place, community in enumerate(communities):
            reply = "网点底数已逐户核对，缺项已列入清单"
            script.add(cast.moment(6, 10 + place, 15), partial(_report, cast, community, "2-01", reply))
        script.add(cast.moment(6, 24, 10, number), lambda: _approve_parts(cast, street, "2-01"))
    if street in _FEW:
        for place, community in enumerate(communities):
            reply = "投放点位已公示，桶站齐全"
            script.add(
                cast.moment(8, 20 + place, 15),
                partial(_report, cast, community, "7-03", reply),
            )
        script.add(cast.moment(8, 29, 10, number), lambda: _approve_parts(cast, street, "7-03"))
    done = (8, 26) if street == _SLOW_STREET else (7, 10 + number % 12)
    due = cast.day(7, 31) if street == _SLOW_STREET else None
    if due is not None:
        script.add(cast.moment(4, 20, 9), lambda: _earlier(cast, street, "2-01", due))
    reply = "辖区网点底数已核清，缺项按清单推进"
    script.add(cast.moment(*done, 16), lambda: _report(cast, street, "2-01", reply))
    if street != _SLOW_STREET:
        reply = "分类投放设施按小区配齐，日常管护落实到人"
        script.add(cast.moment(9, 14 + number % 10, 16), lambda: _report(cast, street, "7-03", reply))
    reply = "棋牌、阅览、健身用房已开放"
    script.add(cast.moment(11, 16 + number % 9, 16), lambda: _report(cast, street, "3-02", reply))


def _of_districts(script: Script, cast: Cast) -> None:
    for number, district in enumerate(DISTRICTS.values()):
        for code, month, day in (("2-01", 8, 28), ("7-03", 10, 9), ("3-02", 12, 7)):
            script.add(cast.moment(month, day, 10 + number), partial(_approve_parts, cast, district, code))
        for code, month, day, reply in (
            ("2-01", 11, 12, "全区网点布局已优化，缺项补齐率达到年度要求"),
            ("7-03", 10, 22, "各街道分类设施全部配到小区"),
            ("3-02", 12, 11, "各街道社区综合服务中心功能用房已开放"),
        ):
            if (code, district) not in (("7-03", _SLOW_DISTRICT), ("3-02", DISTRICTS["B"])):
                script.add(
                    cast.moment(month, day, 15 + number),
                    partial(_report, cast, district, code, reply),
                )
        for line, code, month, day, reply in (
            ("housing", "1-01", 11, 16, "年度改造小区已完工，配套同步投用"),
            ("health", "6-02", 11, 18, "社区门诊时间延长，常用药目录配齐"),
        ):
            script.add(
                cast.moment(month, day + number, 15),
                partial(_report, cast, f"{district}-{line}", code, reply),
            )
    for line, code, month, day in (
        ("commerce", "2-01", 11, 25), ("urban_management", "7-03", 10, 28), ("culture", "3-02", 12, 16),
        ("housing", "1-01", 12, 3), ("health", "6-02", 12, 2),
    ):  # fmt: skip
        script.add(cast.moment(month, day, 10), partial(_approve_parts, cast, f"city-{line}", code))
    for line, code, day, reply in (
        ("commerce", "2-01", 15, "全市商业网点布局完成年度优化，缺项清单按季更新"),
        ("health", "6-02", 17, "社区门诊服务覆盖全部城区社区"),
    ):
        script.add(
            cast.moment(12, day, 15),
            partial(_report, cast, f"city-{line}", code, reply),
        )
        script.add(cast.moment(12, day + 3, 10), partial(plan.approve, cast, code))


# down ----------------------------------------------------------------------------------------------------------------


def _to_districts(cast: Cast, descent: Descent) -> None:
    units = [f"{code}-{descent.line}" if descent.line else code for code in DISTRICTS.values()]
    _hand_down(cast, plan.as_lead(cast, descent.code), descent.code, units, descent.part, descent.district_due)


def _prepare(cast: Cast) -> None:
    for descent in _AHEAD:
        units = [f"{code}-{descent.line}" if descent.line else code for code in DISTRICTS.values()]
        _hand_down(cast, "bangong", descent.code, units, descent.part, descent.district_due, issue=False)
        for district in DISTRICTS.values() if descent.streets else ():
            streets = cast.below(district, "street")
            code = _part(cast, district, descent.code)
            _hand_down(cast, "bangong", code, streets, descent.part, descent.street_due, issue=False)


def _to_streets(cast: Cast, district: str) -> None:
    for descent in DESCENTS:
        if descent.streets:
            code = _part(cast, district, descent.code)
            _hand_down(cast, district, code, cast.below(district, "street"), descent.part, descent.street_due)


def _to_communities(cast: Cast, street: str) -> None:
    for descent in DESCENTS:
        if descent.streets and (descent.communities is None or street in descent.communities):
            code = _part(cast, street, descent.code)
            units = cast.below(street, "community")
            _hand_down(cast, street, code, units, descent.part, descent.community_due, grid=descent.grid)


def _part(cast: Cast, unit: str, code: str) -> str:
    """Code of the unit's part of a city task."""
    found: str = cast.known["parts"][unit, code]
    return found


def _hand_down(
    cast: Cast,
    by: str,
    code: str,
    units: Sequence[str],
    what: str,
    due: tuple[int, int],
    *,
    grid: bool = False,
    issue: bool = True,
) -> None:
    parts: dict[tuple[str, str], str] = cast.known.setdefault("parts", {})
    root = "-".join(code.split("-")[:2])
    cast.known.setdefault("whole", set()).add(code)
    with cast.acting(by) as session:
        parent = plan.find(cast, session, code)
        # Held, so that the session reads each of them once.
        wanted = Organisation.id.in_([cast.units[unit] for unit in units])
        held = [session.get(Programme, cast.programme), *session.scalars(select(Organisation).where(wanted))]
        new = []
        for number, unit in enumerate(units, start=1):
            organisation = cast.organisations[unit]
            parts[unit, root] = f"{code}-{number}"
            joint = (cast.units[f"{unit}-grid"],) if grid else ()
            new.append(
                NewTask(
                    cast.programme, organisation.id, f"{organisation.short_name}{what}", parent.measure,
                    code=f"{code}-{number}", starts_on=max(clock.today(), parent.starts_on), due_on=cast.day(*due),
                    joint=joint, source=parent.source.split("；")[0],
                )
            )  # fmt: skip
        for part in decompose(session, parent.id, parent.version, new):
            if issue:
                cast.step(session, part, "issue")
        held.clear()


# up ------------------------------------------------------------------------------------------------------------------


def _tell(cast: Cast, unit: str) -> None:
    """A unit reports on what it has in hand: about as far as time, some ahead and some behind."""
    with cast.acting(unit) as session:
        statement = select(Task).where(Task.org_id == cast.units[unit], Task.state == "in_progress").order_by(Task.id)
        for task in session.rows(statement, Permission.HANDLE_TASK):
            if task.code in cast.known["whole"] or task.code.startswith("MP-"):
                continue  # with parts, their progress is its progress; the survey is reported when it is done
            progress = max(pace(task.starts_on, task.due_on, task.code), task.progress)
            report_progress(session, task.id, task.version, progress, said(task.title, progress))


def pace(start: date, due: date | None, key: str, now: datetime | None = None) -> int:
    """How far something is by now: with time, most of them somewhat ahead, in steps of five."""
    today = clock.local_day(now or clock.now())
    share = (today - start).days / max(((due or today) - start).days, 1)
    drift = (blake2b(key.encode(), digest_size=1).digest()[0] - 50) / 1140  # -4 % to +18 %
    return max(5, min(95, round((share + drift) * 20) * 5))


def said(title: str, progress: int) -> str:
    """A sentence on what was done."""
    if progress < 20:
        return "已制定工作台账，完成底数摸排"
    if progress < 45:
        return f"{title}已启动，先行社区正在实施"
    if progress < 75:
        return "按节点推进，过半点位已实施，问题清单逐项销号"
    return "主体工作已完成，正在扫尾并组织居民评议"


def _report(cast: Cast, unit: str, code: str, reply: str) -> None:
    """Report the unit's part of a city task (or the task itself) as done, where its own parts are done."""
    with cast.acting(unit) as session:
        task = plan.find(cast, session, cast.known["parts"].get((unit, code), code))
        if task.state == "in_progress" and not _open_parts(session, task):
            cast.step(session, task, "report", reply=reply)


def _open_parts(session: OfficeSession, task: Task) -> bool:
    statement = select(Task.id).where(Task.parent_id == task.id, Task.state.not_in(("closed", "withdrawn"))).limit(1)
    return session.execute(statement.execution_options(through_parent=True)).first() is not None


def _approve_parts(cast: Cast, unit: str, code: str) -> None:
    """Close the parts of the unit's task that were reported as done."""
    with cast.acting(unit) as session:
        whole = plan.find(cast, session, cast.known["parts"].get((unit, code), code))
        statement = select(Task).where(Task.parent_id == whole.id, Task.state == "reported").order_by(Task.id)
        for task in session.rows(statement, Permission.REVIEW_TASK):
            cast.step(session, task, "approve", reply="同意销号")


def _earlier(cast: Cast, street: str, code: str, due: date) -> None:
    """A district wants a street's part earlier than it was written."""
    with cast.acting(street[:6]) as session:
        task = plan.find(cast, session, _part(cast, street, code))
        edit_task(session, task.id, task.version, {"due_on": due}, "老旧片区网点缺项多，提前完成摸底")
