"""What residents, shops and associations offer to build together, and the answers they got."""

from __future__ import annotations

from dataclasses import dataclass

from kezhong.demo.office.cast import Cast, Script
from kezhong.office.models import Offer
from kezhong.office.programme.community import register_offer


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer: which community registered it when, from whom, of what kind; how it went on."""

    community: str  # code
    day: tuple[int, int]
    from_kind: str
    from_name: str
    kind: str
    text: str
    course: tuple[tuple[str, int, int, str], ...]  # step, month, day, answer


_OFFERS = (
    Offered("999901001001", (4, 16), "resident", "周阿姨", "skill", "退休护士，愿意每周两个下午给老人量血压、讲用药", (
        ("contact", 4, 19, "已登门联系"), ("match", 5, 6, "安排在社区活动室，每周二、四下午"), ("complete", 6, 7, "已坚持一个月，老人反映好"),
    )),
    Offered("999901001001", (5, 20), "firm", "江景物业公司", "room", "一楼 60 平方米闲置房愿作居民议事厅", (
        ("contact", 5, 24, "已查看房屋"), ("match", 6, 14, "与服务站项目一并装修"),
    )),
    Offered("999901001001", (9, 8), "resident", "小区车友会", "money", "愿众筹三千元给球场装夜灯", (("contact", 9, 13, "已联系发起人"),)),
    Offered("999901007002", (5, 10), "resident", "孙师傅", "skill", "会修自行车，愿在菜市场门口设便民点", (
        ("contact", 5, 12, "已联系"), ("match", 8, 18, "菜市场建成后预留摊位"),
    )),
    Offered("999901007004", (6, 2), "association", "机务段退休职工协会", "hours", "愿承担助餐点送餐，每天十人次", (
        ("contact", 6, 7, "已联系"), ("match", 9, 15, "纳入日间照料中心运营方案"), ("complete", 11, 14, "助餐点已开，送餐队排班"),
    )),
    Offered("999901005001", (5, 16), "resident", "吴老师", "goods", "捐图书 600 册给邻里图书室", (
        ("contact", 5, 18, "已联系"), ("match", 5, 27, "图书室接收上架"), ("complete", 6, 10, "已上架，贴了捐赠人名牌"),
    )),
    Offered("999902003002", (7, 5), "firm", "丹霞路商户联盟", "hours", "商场公厕延长开放到晚十点", (
        ("contact", 7, 8, "已联系"), ("match", 7, 22, "列入公厕项目"), ("complete", 11, 10, "标识已挂，晚十点前开放"),
    )),
    Offered("999903001004", (8, 12), "resident", "郑先生", "room", "自家车库愿作快递代收点", (
        ("contact", 8, 15, "已查看"), ("decline", 8, 26, "车库消防不达标，已答复并致谢；驿站已在社区用房开办"),
    )),
    Offered("999903002005", (6, 24), "resident", "鹰嘴晨练队", "skill", "愿维护新公交站周边绿地", (
        ("contact", 6, 27, "已联系"), ("match", 7, 13, "划定责任绿地"),
    )),
    Offered("999901008004", (10, 12), "unit", "云麓中学", "hours", "图书馆周末向社区开放", ()),
)  # fmt: skip


def write(script: Script, cast: Cast) -> None:
    """Scenes of the offers."""
    for number, one in enumerate(_OFFERS):
        script.add(cast.moment(*one.day, 15, number), lambda number=number, one=one: _register(cast, number, one))
        for step, month, day, answer in one.course:
            script.add(
                cast.moment(month, day, 16, number),
                lambda number=number, one=one, step=step, answer=answer: _step(cast, number, one, step, answer),
            )


def _register(cast: Cast, number: int, one: Offered) -> None:
    with cast.acting(one.community) as session:
        contact = f"1390000{number:04d}" if one.from_kind == "resident" else "社区转达"
        row = register_offer(
            session, area_code=one.community, from_kind=one.from_kind, from_name=one.from_name, contact=contact,
            kind=one.kind, text=one.text,
        )  # fmt: skip
        cast.known["offer", number] = row.id


def _step(cast: Cast, number: int, one: Offered, step: str, answer: str) -> None:
    with cast.acting(one.community) as session:
        reason = answer if step == "decline" else ""
        cast.step(session, session.one(Offer, cast.known["offer", number]), step, reason, reply=answer)
