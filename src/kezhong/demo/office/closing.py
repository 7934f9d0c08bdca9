"""Surveys, appraisal, applications, lessons, remarks – and what is measured today."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from kezhong.demo.office import plan
from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.demo.office.paper import printed
from kezhong.demo.office.pilots import NOMINATIONS, pilot_of
from kezhong.office.measuring.anew import remeasure
from kezhong.office.measuring.targets import measure_targets
from kezhong.office.models import Application
from kezhong.office.organisation.grid_teams import add_member, create_team
from kezhong.office.programme.community import change_experience, write_experience
from kezhong.office.supervision import appraisals, satisfaction
from kezhong.office.tasks.remarks import comment

#: Area, asked, satisfied: in June, and in October.
_SURVEYS = {
    6: (("999901", 620, 502), ("999902", 310, 245), ("999903", 280, 207)),
    10: (("999901", 640, 544), ("999902", 305, 250), ("999903", 290, 226), ("SHQ05", 212, 191), ("SHQ01", 180, 151),
         ("SHQ07", 205, 162), ("SHQ11", 160, 136)),
}  # fmt: skip
#: Streets of pilots, whose communities have their grid teams already.
_TEAMS = ("999901001", "999901005", "999901007")
_LESSON = "石榴园的做法：先议后建、小处着手"
_LESSON_TEXT = (
    "一是把体检清单拿到居民议事会上，由居民排先后；二是先用闲置房和错峰开放解决“有没有”，再谈新建；"
    "三是每处设施开放时就定下谁来管、几点开；四是同一条街的商户共同出钱出力。半年补齐两处短板，花钱不多。"
)


def write(script: Script, cast: Cast) -> None:
    """Scenes around the year's work."""
    for month in _SURVEYS:
        script.add(cast.moment(month, 26, 10), partial(_survey, cast, month))
    script.add(cast.moment(7, 18, 10), lambda: _appraise(cast))
    script.add(cast.moment(7, 29, 10), lambda: _final(cast))
    for level, name, month, day in (
        ("province", "review", 6, 10), ("province", "submit", 6, 16), ("province", "shortlist", 9, 6),
        ("province", "grant", 11, 23), ("nation", "review", 11, 14), ("nation", "submit", 12, 9),
    ):  # fmt: skip
        script.add(cast.moment(month, day, 10), partial(_apply, cast, level, name))
    script.add(cast.moment(11, 22, 15), lambda: _lesson(cast))
    for number, (month, day, who, code, text, named) in enumerate(_REMARKS):
        script.add(
            cast.moment(month, day, 11, number),
            partial(_remark, cast, who, code, text, named),
        )
    script.add(cast.moment(5, 10, 16), lambda: _remark_on_pilot(cast))
    script.add(cast.moment(4, 13, 10), lambda: _teams(cast))
    script.add(cast.moment(13, 6, 9), lambda: _next_stage(cast))


#: Month, day, who, task, what, whom it names.
_REMARKS = (
    (4, 12, "bangong", "2-01", "@{0} 底数表请与体检短板清单对一遍，缺项口径要一致。", ("shangwu",)),
    (4, 13, "shangwu", "2-01", "@{0} 已对过，炉前、云麓两个街道缺项最多，先抓这两处。", ("bangong",)),
    (5, 17, "qu", "5-03-1", "@{0} 机务段食堂的产权手续请盯紧，六月要开工。", ("qu-minzheng",)),
    (5, 18, "qu-minzheng", "5-03-1", "@{0} 产权单位已同意移交，协议在走流程。", ("qu",)),
    (9, 8, "jiedao", "8-05-1-1-1", "@{0} 渔火社区网格员补齐一名，月底前到岗。", ("shequ",)),
    (9, 9, "shequ", "8-05-1-1-1", "@{0} 一号网格夜间巡查和民警时间对上了，麻烦同步给居民小组长。", ("wangge",)),
)


def _remark(cast: Cast, who: str, code: str, text: str, named: tuple[str, ...]) -> None:
    with cast.acting(who) as session:
        task = plan.find(cast, session, code)
        names = [cast.names[one] for one in named]
        comment(session, "task", task.id, text.format(*names), [cast.people[one] for one in named])


def _remark_on_pilot(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        pilot = pilot_of(session, "SHQ07")
        text = f"@{cast.names['qu']} 铁路货场仓库的改造要和铁路部门书面约定，别等开工再谈。"
        comment(session, "pilot", pilot.id, text, [cast.people["qu"]])


def _teams(cast: Cast) -> None:
    """Grid teams of the pilots' communities; the police officers are still to be named."""
    with cast.acting("bangong") as session:
        for community in (code for street in _TEAMS for code in cast.below(street, "community")):
            team = create_team(
                session, f"WG-{community}", f"{cast.areas[community].name}一号网格", "one_grid_one_head_one_police",
                cast.units[f"{community}-grid"], community, None,
            )  # fmt: skip
            session.flush()
            head = cast.people["wangge" if community == _TEAMS[0] + "001" else f"{community}-grid"]
            add_member(session, team.id, head, "grid_head")


def _survey(cast: Cast, month: int) -> None:
    with cast.acting("bangong") as session:
        for area, asked, satisfied in _SURVEYS[month]:
            period = f"{cast.year}H1" if month == 6 else f"{cast.year}H2"
            satisfaction.enter(
                session, area, period, asked, satisfied, method="入户问卷", source="第三方调查（合成数据）"
            )  # fmt: skip


def _appraise(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        found = appraisals.open_appraisal(session, cast.programme, f"{cast.year}H1")
        appraisals.compute(session, found.id)
        appraisals.publish(session, found.id)
        cast.known["appraisal"] = found.id


def _final(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        appraisals.finalise(session, cast.known["appraisal"])


def _apply(cast: Cast, level: str, name: str) -> None:
    with cast.acting("bangong") as session:
        row = session.execute(select(Application).where(Application.level == level)).scalars().one()
        if name == "review":
            lines = ("一、生活圈体检结论", "二、试点建设成效", "三、经验做法与推广计划")
            cast.attach(session, row, f"{row.name}申报书.pdf", printed(f"{row.name}申报书", lines), "document")
        fields = {"result": "列入自治区级试点名单"} if name == "grant" else {}
        cast.step(session, row, name, **fields)


def _lesson(cast: Cast) -> None:
    with cast.acting("qu") as session:
        pilot = cast.known["pilot", NOMINATIONS[0].circle]
        note = write_experience(session, title=_LESSON, text=_LESSON_TEXT, pilot_id=pilot)
        change_experience(session, note.id, note.version, {"published": True})


def _next_stage(cast: Cast) -> None:
    """The third stage begins: its tasks are given out, and signed for."""
    with cast.acting("bangong") as session:
        plan.give_out(cast, session, 3)
    for line in plan.leads():
        plan.sign_for(cast, f"city-{line}")
    for unit in (*DISTRICTS.values(), "office"):
        plan.sign_for(cast, unit)


def today(cast: Cast) -> None:
    """What the city's run says today: targets, and shortfalls whose tasks were closed (待复测)."""
    with cast.office.acting(cast.office.system("measurement")) as session:
        measure_targets(session, cast.reader, cast.run.id)
        remeasure(session, cast.reader, cast.run.id)
