"""What is due by the end of March comes in: one paper late, one returned and handed in again, and the pilots' plans."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from kezhong.demo.office.cast import DISTRICTS, Cast, Script
from kezhong.demo.office.paper import plain, printed, word
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Submission

#: Day on which a unit's paper comes in, by code of the paper and unit; the work plans come one by one.
_DAYS = {
    ("PL", "A"): (3, 28), ("PL", "B"): (3, 29), ("PL", "C"): (3, 31), ("IP", "A"): (3, 30), ("IP", "B"): (3, 31),
    ("IP", "C"): (3, 29), ("CP", "A"): (3, 31), ("CP", "B"): (3, 30), ("CP", "C"): (4, 7),
}  # fmt: skip
_RETURNED = ("IP", "C")
_CONTENT = {
    "PL": ("试点生活圈名称、范围和推荐理由", "人口、设施现状与短板", "居民需求调查结果"),
    "IP": (
        "一、基本情况与主要短板",
        "二、建设目标与重点任务",
        "三、项目清单、资金来源与时限",
        "四、组织保障与居民参与",
    ),
    "CP": ("一、生活圈划定", "二、设施布局与补短板时序", "三、闲置资产利用", "四、近期项目库"),
    "WP": ("一、牵头圈层现状", "二、年度推进事项与时限", "三、对各区的指导与资金支持", "四、进度调度安排"),
    "PP": ("一、现状体检结论", "二、补短板项目与指标承诺", "三、资金与运营方案", "四、居民共建安排"),
}


def write(script: Script, cast: Cast) -> None:
    """Scenes of the papers."""
    for (code, slot), day in _DAYS.items():
        script.add(cast.moment(*day, 15), partial(_hand_in, cast, DISTRICTS[slot], code))
    leads = ("housing", "commerce", "culture", "education", "civil_affairs", "health", "urban_management",
             "political_legal")  # fmt: skip
    for number, line in enumerate(leads):
        script.add(cast.moment(3, 24 + number, 11), partial(_hand_in, cast, f"city-{line}", "WP"))
    script.add(cast.moment(4, 2, 10), lambda: _give_back(cast))
    script.add(cast.moment(4, 8, 15), lambda: _hand_in(cast, DISTRICTS[_RETURNED[1]], _RETURNED[0]))
    script.add(cast.moment(4, 6, 10), lambda: _receive(cast))
    for number, unit in enumerate(("qu", DISTRICTS["B"], DISTRICTS["C"])):
        script.add(cast.moment(4, 18 + number, 16), partial(_hand_in, cast, unit, "PP"))
    for month, date_ in ((4, 11), (4, 25)):
        script.add(cast.moment(month, date_, 10), lambda: _receive(cast))


def _hand_in(cast: Cast, by: str, code: str) -> None:
    unit = DISTRICTS["A"] if by == "qu" else by
    with cast.acting(by) as session:
        statement = select(Submission).where(
            Submission.org_id == cast.units[unit], Submission.code.startswith(code),
            Submission.state.in_(("due", "returned")),
        )  # fmt: skip
        for row in session.rows(statement.order_by(Submission.id), Permission.HAND_IN):
            again = row.state == "returned"
            title = f"{cast.organisations[unit].short_name}{row.name}{'（修订）' if again else ''}"
            lines = _CONTENT[code] + (("五、已按意见补充资金来源和逐月节点",) if again else ())
            make, ending = ((plain, "txt"), (word, "docx"), (printed, "pdf"))[(row.id + again) % 3]
            cast.attach(session, row, f"{title}.{ending}", make(title, lines), "reply")
            cast.step(session, row, "resubmit" if again else "submit", reply="请审阅")


def _give_back(cast: Cast) -> None:
    code, slot = _RETURNED
    with cast.acting("bangong") as session:
        statement = select(Submission).where(
            Submission.org_id == cast.units[DISTRICTS[slot]], Submission.code == code, Submission.state == "submitted"
        )
        for row in session.rows(statement):
            reason = "资金来源未落实到项目，缺逐月节点，请修改后重报"
            cast.step(session, row, "return", reason, due=cast.day(4, 8))


def _receive(cast: Cast) -> None:
    with cast.acting("bangong") as session:
        statement = select(Submission).where(Submission.state.in_(("submitted", "resubmitted"))).order_by(Submission.id)
        for row in session.rows(statement):
            cast.step(session, row, "receive")
