"""People of the demonstration city: invented names, one or two for each unit, and the accounts to sign in with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_FAMILY = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢"
    "邹喻柏苏潘葛范彭鲁韦马苗方俞任袁柳史唐费廉岑薛雷贺倪汤"
)
_GIVEN = (
    "文博", "思远", "雅宁", "立诚", "静怡", "志强", "晓岚", "建国", "丽娟", "海涛", "春梅",
    "永康", "玉洁", "明哲", "秀兰", "国栋", "子涵", "佳琪", "德胜", "慧敏", "宏伟", "爱华",
    "俊杰", "桂英", "一鸣", "淑芬", "嘉树", "红梅", "景行", "若水", "长河", "云舒",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the demonstration: whoever opens the page may enter as this person, from this machine only."""

    username: str
    role: str
    unit: str  # code of the unit
    title: str


def accounts(district: str, street: str, community: str) -> tuple[Account, ...]:
    """One account for each role and level, all along one line from the city to a community."""
    return (
        Account("bangong", "office", "office", "办公室主任"),
        Account("minzheng", "department", "city-civil_affairs", "养老服务科科长"),
        Account("shangwu", "department", "city-commerce", "流通科科长"),
        Account("qu", "district", district, "区专班负责人"),
        Account("qu-minzheng", "department", f"{district}-civil_affairs", "区民政局科员"),
        Account("jiedao", "street", street, "街道办副主任"),
        Account("shequ", "community", community, "社区书记"),
        Account("wangge", "grid_member", f"{community}-grid", "网格长"),
        Account("ducha", "inspector", "office", "督查专员"),
        Account("shenji", "auditor", "group", "审计专员"),
        Account("guanli", "administrator", "office", "系统管理员"),
        Account("fenxi", "analyst", "office", "规划分析员"),
    )


#: User names that the documents and the tests speak of.
ACCOUNTS = tuple(account.username for account in accounts("", "", ""))
#: Role of the ordinary staff of a kind of unit.
ROLE_OF = {
    "office": "office",
    "department": "department",
    "government": "district",
    "street_office": "street",
    "community_committee": "community",
    "grid_team": "grid_member",
}
_TITLE_OF = {
    "leading_group": "成员",
    "office": "工作人员",
    "department": "业务科工作人员",
    "government": "区专班工作人员",
    "street_office": "社区建设办工作人员",
    "community_committee": "两委成员",
    "grid_team": "网格员",
}


def name_for(key: str) -> str:
    """An invented name; the same key always gets the same."""
    digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
    return _FAMILY[digest[0] % len(_FAMILY)] + _GIVEN[digest[1] % len(_GIVEN)]


def title_for(kind: str) -> str:
    """What the ordinary staff of a kind of unit is called."""
    return _TITLE_OF.get(kind, "工作人员")
