"""Projects and tasks that were opened from the planted shortfalls, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import Any

import yaml
from sqlalchemy import select

from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Money, Pilot, Project, Task
from kezhong.office.programme.openings import open_task
from kezhong.office.programme.projects import add_money, change_money, change_project, create_project
from kezhong.office.programme.sites import take_site
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.handling import report_progress

_LEDGER = "闲置资产与留白台账"


@dataclass(frozen=True, slots=True)
class Work:
    """A project that closes a planted shortfall of a community.

    ``money`` is (kind, source, 10,000 yuan, share paid in the end); ``course`` the steps after the approval with their
    days; ``site`` the idle asset that is used and how many square metres of it.
    """

    community: str
    remedy: str
    operator: str
    due: tuple[int, int]
    money: tuple[tuple[str, str, float, float], ...]
    course: tuple[tuple[str, int, int], ...]
    scale: float | None = None
    unit: str = "平方米"
    site: tuple[str, float] | None = None
    note: str = ""


@cache
def works() -> tuple[Work, ...]:
    """All of them, from ``works.yaml``."""
    page = yaml.safe_load(resources.files("kezhong.demo.office").joinpath("works.yaml").read_text("utf-8"))
    return tuple(
        Work(
            **{
                **one,
                "due": tuple(one["due"]),
                "money": tuple(tuple(row) for row in one.get("money", ())),
                "course": tuple(tuple(row) for row in one.get("course", ())),
                "site": tuple(one["site"]) if "site" in one else None,
            }
        )
        for one in page["works"]
    )


#: Communities whose shortfall is also a task, with how it stands: closed on that day, or still worked on.
_TASKS: tuple[tuple[str, str, tuple[int, int] | None, str], ...] = (
    ("东站", "SHQ07", (9, 13), "铁路小学操场每日 17 时至 20 时、周末全天向社区开放"),
    ("信号楼", "SHQ07", None, ""),
    ("机务", "SHQ07", (11, 12), "日间照料中心和助餐点已开放"),
    ("凌霄", "", (8, 25), "药店已开业"),
    ("炉前", "", (7, 18), "快递驿站已开放"),
    ("启明", "", (12, 22), "幼儿园通过验收，春季招生"),
    ("红砖", "", None, ""),
    ("芦草湾村", "", (10, 21), "巡诊车每周三次到村"),
    ("丹霞", "SHQ11", (12, 15), "新公厕开放，商场公厕延时"),
    ("鹰嘴", "SHQ14", (6, 20), "12 路公交延伸到鹰嘴，全天 38 班"),
    ("渔火", "SHQ01", None, ""),
    ("高粱地村", "", None, ""),
)
#: Lesser gaps of the pilots that were closed: area, element, circle, day, reply.
_LESSER = (
    ("999901005001", "cultural_station", "SHQ05", (9, 2), "邻里图书室改为文化活动站，晚间开放"),
    ("999901005002", "residential_park_5", "SHQ05", (8, 27), "街角口袋公园建成"),
    ("999901001001", "small_sports_ground", "SHQ01", (9, 20), "拆违空地一角建成三人篮球场"),
)


def write(script: Script, cast: Cast) -> None:
    """Scenes of projects and of the tasks that stem from shortfalls."""
    for number, work in enumerate(works()):
        script.add(cast.moment(4, 11 + number % 4, 9, number), partial(_propose, cast, work))
    script.add(cast.moment(4, 20, 10), lambda: _approve(cast))
    for number, work in enumerate(works()):
        for name, month, day in work.course:
            script.add(cast.moment(month, day, 14, number), partial(_step, cast, work, name))
        if work.site is not None:
            script.add(cast.moment(5, 24, 9, number), partial(_use, cast, work))
        for month in (6, 8, 10, 12):
            script.add(cast.moment(month, 28, 11, number), partial(_pay, cast, work, month))
    script.add(cast.moment(4, 21, 10), lambda: _open_tasks(cast))
    for community, _, done, reply in _TASKS:
        if done is not None:
            script.add(cast.moment(*done, 11), partial(_report, cast, community, reply))
            script.add(cast.moment(*done, 16), partial(_close, cast, community))
    for area, element, _, done, reply in _LESSER:
        script.add(cast.moment(*done, 11), partial(_report, cast, (area, element), reply))
        script.add(cast.moment(*done, 16), partial(_close, cast, (area, element)))
    for month in (6, 8, 10):
        script.add(cast.moment(month, 20, 15), partial(_progress, cast, month))


# projects ------------------------------------------------------------------------------------------------------------


def district_of(cast: Cast, area: str) -> str:
    """Who acts for the district of an area."""
    code = cast.areas[area].path.split("/")[1]
    return "qu" if code == DISTRICTS["A"] else code


def _propose(cast: Cast, work: Work) -> None:
    if work.community not in cast.shortfalls:
        return
    _, row = cast.shortfalls[work.community]
    with cast.acting(district_of(cast, row["area_code"])) as session:
        pilot = _pilot(session, str(row["life_circle"] or ""))
        project = create_project(
            session, cast.reader, programme_id=cast.programme, run_id=cast.run.id, shortfall_id=row["shortfall_id"],
            pilot_id=pilot, due_on=cast.day(*work.due), starts_on=cast.day(5, 1), remedy=work.remedy,
            operator=work.operator, scale=work.scale, scale_unit=work.unit if work.scale else None, note=work.note,
        )  # fmt: skip
        cast.known["project", work.community] = project.id
        cast.known["lead", project.id] = cast.code_of[project.org_id]
        for kind, source, planned, _ in work.money:
            values = {"kind": kind, "source": source, "planned": planned * 1e4, "paid": 0.0, "year": cast.year}
            add_money(session, project.id, values)


def _pilot(session: OfficeSession, circle: str) -> int | None:
    found: int | None = session.execute(
        select(Pilot.id).where(Pilot.life_circle == circle, Pilot.state.not_in(("declined", "withdrawn")))
    ).scalar()
    return found


def _approve(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        for project in session.rows(select(Project).where(Project.state == "proposed").order_by(Project.id)):
            cast.step(session, project, "approve")


#: What is said at a step: reason, fields.
_WORDS: dict[str, tuple[str, dict[str, str]]] = {
    "start_without_money": ("利用现有资源，无需新增资金", {}),
    "complete": ("", {"reply": "已按方案完工，居民代表参加查验"}),
    "accept": ("", {"result": "验收合格，同意投用"}),
    "open": ("", {"reply": "已投用，开放时间在社区公示栏公布"}),
    "suspend": ("地下管线与更新改造冲突，暂停施工待会商", {}),
    "postpone": ("专项债额度未下达，列入下一批申报", {}),
}


def _step(cast: Cast, work: Work, name: str) -> None:
    if ("project", work.community) not in cast.known:
        return
    key = cast.known["project", work.community]
    reason, words = _WORDS.get(name, ("", {}))
    fields: dict[str, Any] = dict(words)
    if name == "fund":
        fields = {"funding": "；".join(f"{source}{planned:g}万元" for _, source, planned, _ in work.money)}
    if name in ("start", "start_without_money"):
        fields = {"due": cast.day(*work.due)}
    with cast.acting("bangong" if name in ("accept", "postpone") else cast.known["lead", key]) as session:
        project = cast.step(session, session.one(Project, key), name, reason, **fields)
        if name == "complete":
            session.flush()
            change_project(session, project.id, project.version, {"progress": 100})


def _use(cast: Cast, work: Work) -> None:
    if work.site is None or ("project", work.community) not in cast.known:
        return
    site, used = work.site
    key = cast.known["project", work.community]
    with cast.acting("bangong") as session:
        values = {"use": work.note.split("，")[0], "used_m2": used, "used_from": cast.day(5, 24), "project_id": key}
        take_site(session, cast.city, f"{_LEDGER}:{site}", values)


def _pay(cast: Cast, work: Work, month: int) -> None:
    """Money comes in by and by: of what is paid in the end, a share by each of four days, and all once it is in use."""
    done = {name for name, *when in work.course if tuple(when) <= (month, 28)}
    if "fund" not in done or ("project", work.community) not in cast.known:
        return
    share = 1.0 if "open" in done else {6: 0.3, 8: 0.6, 10: 0.8, 12: 1.0}[month]
    ended = {source: end for _, source, _, end in work.money}
    with cast.acting(district_of(cast, cast.shortfalls[work.community][1]["area_code"])) as session:
        statement = select(Money).where(Money.project_id == cast.known["project", work.community]).order_by(Money.id)
        for row in session.rows(statement, Permission.WRITE_PROJECT):
            amount = round(row.planned * ended[row.source] * share, -2)
            if amount > row.paid:
                change_money(session, row.id, row.version, {"paid": amount})


# tasks ---------------------------------------------------------------------------------------------------------------


def _open_tasks(cast: Cast) -> None:
    rows = {(row["area_code"], row["element"]): row for row in cast.run.run.shortfalls.to_dict("records")}
    wanted: list[tuple[Any, str, Any]] = [
        (community, circle, cast.shortfalls[community][1])
        for community, circle, _, _ in _TASKS
        if community in cast.shortfalls
    ]
    wanted += [((area, element), circle, rows[area, element]) for area, element, circle, _, _ in _LESSER
               if (area, element) in rows]  # fmt: skip
    due = {work.community: work.due for work in works()}
    for key, circle, row in wanted:
        with cast.acting(district_of(cast, row["area_code"])) as session:
            task = open_task(
                session, cast.reader, row["shortfall_id"], programme_id=cast.programme, run_id=cast.run.id,
                due_on=cast.day(*due.get(key, (9, 30))), pilot_id=_pilot(session, circle) if circle else None,
            )  # fmt: skip
            cast.step(session, task, "issue")
            cast.known["task", key] = task.id
            lead = cast.known["lead", key] = cast.code_of[task.org_id]
        with cast.acting(lead) as session:
            task = session.one(Task, task.id)
            cast.step(session, cast.step(session, task, "accept"), "start")


def _report(cast: Cast, key: object, reply: str) -> None:
    if ("task", key) not in cast.known:
        return
    with cast.acting(cast.known["lead", key]) as session:
        task = session.one(Task, cast.known["task", key])
        if task.state == "in_progress":
            cast.step(session, task, "report", reply=reply)


def _close(cast: Cast, key: object) -> None:
    """Whoever opened it agrees; from then on it waits for its measurement."""
    if ("task", key) not in cast.known:
        return
    with cast.acting("bangong") as session:
        task = session.one(Task, cast.known["task", key])
        if task.state == "reported":
            cast.step(session, task, "approve", reply="同意销号，待复测")


def _progress(cast: Cast, month: int) -> None:
    """How far those are that are still worked on."""
    share = {6: 25, 8: 50, 10: 70}[month]
    for number, (key, _, done, _) in enumerate(_TASKS):
        if (done is not None and done[0] < 12) or ("task", key) not in cast.known:
            continue
        with cast.acting(cast.known["lead", key]) as session:
            task = session.one(Task, cast.known["task", key])
            if task.state == "in_progress":
                value = min(95, share + 5 * (number % 3))
                report_progress(session, task.id, task.version, value, "施工按节点推进")
