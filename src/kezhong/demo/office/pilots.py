"""Districts nominate, the office approves five; plans, building, self-checks, inspections, an acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Pilot
from kezhong.office.programme.grading import assess_commerce, assess_pilot
from kezhong.office.programme.pilots import nominate, promise, refresh_sheet
from kezhong.office.session import OfficeSession

_A, _B, _C = DISTRICTS["A"], DISTRICTS["B"], DISTRICTS["C"]


@dataclass(frozen=True, slots=True)
class Nomination:
    """A life circle that is nominated: by whom, when, on which grounds; and by when it is to be built."""

    circle: str
    by: str  # user name or unit
    day: tuple[int, int]
    grounds: str
    due: tuple[int, int]
    promises: tuple[tuple[str, str, float], ...] = ()  # element, name, share of the people who are to reach it


NOMINATIONS = (
    Nomination(
        "SHQ05", "qu", (3, 8), "配套基础好，居民参与度高，适合先做样板；重点补阅读、绿地和充电设施。", (11, 30),
        (
            ("cultural_station", "文化活动站步行可达人口比例", 0.97), ("ev_charging", "充电设施步行可达人口比例", 0.6),
            ("childrens_playground", "儿童活动场地步行可达人口比例", 0.98),
        ),
    ),
    Nomination(
        "SHQ01", "qu", (3, 8), "江边老城区，老年人多，缺社区服务站和日间照料；有拆违空地可用。", (15, 31),
        (
            ("community_service_station", "社区综合服务站步行可达人口比例", 0.95),
            ("elderly_day_care", "日间照料步行可达人口比例", 0.9),
        ),
    ),
    Nomination(
        "SHQ07", "qu", (3, 9), "铁路把生活圈分成两半，设施共享难；原铁路货场仓库、机务段旧食堂可以盘活。", (11, 30),
        (
            ("elderly_day_care", "日间照料步行可达人口比例", 0.9), ("wet_market", "菜市场步行可达人口比例", 0.9),
            ("childrens_playground", "儿童活动场地步行可达人口比例", 0.9),
        ),
    ),
    Nomination("SHQ08", "qu", (3, 10), "新区人口增长快，设施缺口大，希望纳入试点集中补齐。", (12, 31)),
    Nomination(
        "SHQ11", _B, (3, 10), "西岸商业街区成熟，公共厕所和菜市场是居民反映最多的两件事。", (15, 31),
        (("public_toilet", "公共厕所步行可达人口比例", 0.95), ("wet_market", "菜市场步行可达人口比例", 0.98)),
    ),
    Nomination(
        "SHQ14", _C, (3, 11), "矿区服务中心，坡上新扩片区公交尚未延伸。", (18, 30),
        (("bus_stop", "公交站步行可达人口比例", 0.95), ("elderly_day_care", "日间照料步行可达人口比例", 0.9)),
    ),
)  # fmt: skip
_DECLINED, _RETURNED, _ACCEPTED, _TO_MEND = "SHQ08", "SHQ14", "SHQ05", "SHQ07"
#: Circles that check themselves and are inspected: who checks, days of both, what is not in order at the inspection.
_CHECKED: tuple[tuple[str, str, tuple[int, int], tuple[int, int], tuple[str, ...]], ...] = (
    ("SHQ05", "qu", (9, 5), (10, 10), ("无障碍坡道",)),
    ("SHQ01", "qu", (9, 7), (10, 12), ("居民议事记录",)),
    ("SHQ07", "qu", (9, 9), (10, 13), ("日间照料", "无障碍坡道", "指示标识")),
    ("SHQ11", _B, (9, 15), (10, 19), ()),
)
_ITEMS = (
    "社区综合服务站", "日间照料", "托育或幼儿园", "社区门诊", "菜市场或生鲜超市", "文化活动站", "活动场地",
    "无障碍坡道", "指示标识", "居民议事记录",
)  # fmt: skip


def write(script: Script, cast: Cast) -> None:
    """Scenes of the pilots."""
    for number, one in enumerate(NOMINATIONS):
        script.add(cast.moment(*one.day, 10, 10 * number), partial(_nominate, cast, one))
    script.add(cast.moment(3, 14, 9), lambda: _take_up(cast))
    script.add(cast.moment(3, 16, 15), lambda: _give_back(cast))
    script.add(cast.moment(3, 21, 11), lambda: _resubmit(cast))
    script.add(cast.moment(3, 25, 10), lambda: _decide(cast))
    for number, one in enumerate(NOMINATIONS):
        if one.circle != _DECLINED:
            script.add(cast.moment(4, 2, 9, 10 * number), partial(_plan, cast, one))
            script.add(cast.moment(4, 27, 9, 10 * number), partial(_build, cast, one))
    for circle, by, checked, inspected, wrong in _CHECKED:
        script.add(cast.moment(*checked, 15), partial(_self_check, cast, circle, by))
        script.add(cast.moment(*inspected, 10), partial(_inspect, cast, circle, wrong))
    script.add(cast.moment(10, 14, 15), lambda: _order(cast))
    script.add(cast.moment(11, 4, 16), lambda: _rectified(cast))
    script.add(cast.moment(11, 11, 10), lambda: _inspect(cast, _TO_MEND, ("指示标识",)))
    script.add(cast.moment(11, 15, 10), lambda: _accept(cast))


def pilot_of(session: OfficeSession, circle: str) -> Pilot:
    """The pilot of a life circle."""
    return session.execute(select(Pilot).where(Pilot.life_circle == circle)).scalars().one()


def _nominate(cast: Cast, one: Nomination) -> None:
    with cast.acting(one.by) as session:
        pilot, _ = nominate(
            session, cast.reader, programme_id=cast.programme, life_circle=one.circle, grounds=one.grounds
        )  # fmt: skip
        cast.known["pilot", one.circle] = pilot.id


def _take_up(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        for pilot in session.rows(select(Pilot).where(Pilot.state == "nominated").order_by(Pilot.id)):
            cast.step(session, pilot, "take_up")


def _give_back(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        reason = "推荐材料缺居民需求调查，请补充问卷结果后重报"
        cast.step(session, pilot_of(session, _RETURNED), "return", reason)


def _resubmit(cast: Cast) -> None:
    with cast.acting(_C) as session:
        pilot = session.one(Pilot, cast.known["pilot", _RETURNED], Permission.NOMINATE_PILOT)
        refresh_sheet(session, cast.reader, pilot)
        cast.step(
            session, pilot, "resubmit", sheet=cast.run.id, reply="已补充 412 份居民问卷，公交和日间照料诉求居前两位"
        )


def _decide(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        for pilot in session.rows(select(Pilot).where(Pilot.state == "under_review").order_by(Pilot.id)):
            if pilot.life_circle == _DECLINED:
                reason = "方案明确该区推荐 3 个；云麓新区学校、幼儿园仍在建，建议建成后列入明年推广"
                cast.step(session, pilot, "decline", reason)
            else:
                cast.step(session, pilot, "approve")


def _plan(cast: Cast, one: Nomination) -> None:
    with cast.acting(one.by) as session:
        pilot = cast.step(session, pilot_of(session, one.circle), "begin_plan")
        for element, name, share in one.promises:
            found = _coverage(cast, one.circle, element)
            if found is not None:
                promise(session, cast.reader, pilot.id, figure_key=found, name=name, promised=share)


def _coverage(cast: Cast, circle: str, element: str) -> dict[str, Any] | None:
    """Key of the share of residents who reach an element on foot, as the run has it."""
    rows = cast.run.of_area(circle)
    wanted = {"element": element, "indicator": "coverage", "variant": "population", "window": "any", "age_group": "all"}
    for name, value in wanted.items():
        rows = rows[(rows[name] == value).to_numpy(dtype=bool)]
    if not len(rows):
        return None
    row = rows.iloc[0]
    return {
        **wanted, "area_code": circle, "walker": str(row["walker"]), "threshold": float(row["threshold"]),
        "threshold_unit": str(row["threshold_unit"]),
    }  # fmt: skip


def _build(cast: Cast, one: Nomination) -> None:
    with cast.acting("bangong") as session:
        pilot = pilot_of(session, one.circle)
        cast.step(
            session, pilot, "approve_plan", plan=f"《{pilot.name}建设方案》（见报送材料）", due=cast.day(*one.due)
        )


def _sheet(day: date, wrong: tuple[str, ...]) -> Mapping[str, Any]:
    notes = {"无障碍坡道": "两处单元门口坡度过陡", "日间照料": "消防验收尚未完成", "指示标识": "地下通道内缺指示牌",
             "居民议事记录": "缺第三季度记录"}  # fmt: skip
    return {
        "on": day.isoformat(),
        "items": [
            {"item": item, "ok": item not in wrong, "note": notes.get(item, "") if item in wrong else ""}
            for item in _ITEMS
        ],
    }


def _self_check(cast: Cast, circle: str, by: str) -> None:
    with cast.acting(by) as session:
        sheet = _sheet(cast.day(9, 5), ())
        cast.step(
            session, pilot_of(session, circle), "self_check", sheet=sheet, result="passed", reply="逐项自查，均已具备"
        )


def _inspect(cast: Cast, circle: str, wrong: tuple[str, ...]) -> None:
    with cast.acting("ducha") as session:
        result = "to_mend" if len(wrong) > 1 else "passed"
        sheet = _sheet(clock.today(), wrong)
        cast.step(
            session, pilot_of(session, circle), "inspect", sheet=sheet, result=result, reply="实地查看，随机走访居民"
        )


def _order(cast: Cast) -> None:
    with cast.acting("ducha") as session:
        reason = "日间照料消防验收未完成、两处坡道过陡、地下通道缺指示牌，限期整改"
        cast.step(session, pilot_of(session, _TO_MEND), "order_rectification", reason, due=cast.day(12, 20))


def _rectified(cast: Cast) -> None:
    with cast.acting("qu") as session:
        cast.step(session, pilot_of(session, _TO_MEND), "rectified", reply="消防验收已通过，坡道重做，指示牌正在安装")


def _accept(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        pilot = assess_pilot(session, cast.reader, cast.known["pilot", _ACCEPTED])
        session.flush()
        values = {"basic_formats": 13.0, "quality_formats": 7.0, "satisfaction": 0.88, "chain_rate": 0.22}
        pilot = assess_commerce(session, pilot.id, pilot.version, values, "市商务局业态普查")
        session.flush()
        grade = str((pilot.grade_details or {}).get("grade"))
        result = "样板作用明显，同意验收；无障碍坡道一处限期完善"
        cast.step(session, pilot, "accept", result=result, grade=grade)
