"""The official shortfall list (短板清单): its columns and how a row of the results is written in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kezhong.catalogue import load_catalogue
from kezhong.city.results import Run
from kezhong.city.workspace import City

NO_DATA = "无数据"


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its heading, width in characters, and how its values are set."""

    zh: str
    width: float
    kind: Literal["text", "people", "count"] = "text"


HEADINGS: tuple[Heading, ...] = (
    Heading("编号", 6, "count"),
    Heading("圈层", 10),
    Heading("生活圈/社区", 22),
    Heading("要素", 13),
    Heading("类型", 9),
    Heading("层级", 11),
    Heading("标准要求及依据条款", 30),
    Heading("现状", 22),
    Heading("差距", 18),
    Heading("影响人口（人）", 9, "people"),
    Heading("其中老年人（60岁及以上）", 9, "people"),
    Heading("其中儿童（0–14岁）", 9, "people"),
    Heading("关联12345件数", 9, "count"),
    Heading("居民需求排序", 8, "count"),
    Heading("整改方式", 16),
    Heading("牵头单位", 13),
    Heading("责任单位", 13),
    Heading("完成时限", 9),
    Heading("状态", 8),
    Heading("数据把握", 10),
)
_STATUS = {"open": "待整改"}


def official_table(city: City, run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the results in the official columns, in the same order.

    Parameters
    ----------
    rows
        Some or all rows of ``run.shortfalls``.
    """
    book = load_catalogue()
    circles = {key: entry.zh for key, entry in book.circles.items()}
    tiers = {key: entry.zh for key, entry in book.tiers.items()}
    levels = {key: entry.zh for key, entry in book.levels.items()}
    remedies = {key: entry.zh for key, entry in book.remedies.items()}
    columns = (
        rows["rank"].astype("int64"),
        _named(rows["circle"], circles),
        _place(city, rows),
        rows["element_zh"],
        _named(rows["tier"], tiers),
        _named(rows["level"], levels),
        _requirement(rows),
        rows["present_zh"],
        _gap(rows),
        rows["people_affected"],
        rows["elderly_affected"],
        rows["children_affected"],
        rows["tickets_12345"],
        _need_order(run, rows),
        rows["remedies"]
        .fillna("")
        .map(lambda text: "、".join(remedies.get(one, one) for one in text.split(";") if one)),
        rows["lead_department"],
        rows["responsible_department"],
        pd.Series("", index=rows.index, dtype="string"),
        _named(rows["status"], _STATUS),
        rows["certainty_zh"],
    )
    return pd.DataFrame(
        {heading.zh: column.to_numpy(dtype=object) for heading, column in zip(HEADINGS, columns, strict=True)}
    )


def _named(values: pd.Series, names: dict[str, str]) -> pd.Series:
    return values.fillna("").astype(object).map(lambda value: names.get(value, value))


def _place(city: City, rows: pd.DataFrame) -> pd.Series:
    """Life circle before the community; the area alone where it has none or is one."""
    names = city.areas.name
    circle = rows["life_circle"].astype(object).map(lambda code: names.get(code, code), na_action="ignore")
    own = rows["area_name"].fillna("").astype(object)
    beside = circle.notna() & (rows["area_level"] == "community")
    return own.where(~beside, circle.fillna("") + "/" + own)


def _requirement(rows: pd.DataFrame) -> pd.Series:
    return rows["requirement_zh"].fillna("") + "（" + rows["clause"].fillna("") + "）"


def _gap(rows: pd.DataFrame) -> pd.Series:
    """The wording first: 未达到 for new communities, 对照差距 for existing ones."""
    wording = rows["wording"].fillna("").astype(object)
    gap = rows["gap_zh"].fillna("").astype(object)
    return wording.where(wording == "", wording + "：") + gap


def _need_order(run: Run, rows: pd.DataFrame) -> pd.Series:
    """Place by residents' need within the whole list of the run; nothing where residents were not asked."""
    weights = run.shortfalls.set_index("shortfall_id")["need_weight"]
    if len(weights) == 0 or weights.min() == weights.max():
        return pd.Series(np.nan, index=rows.index)
    order = weights.rank(method="dense", ascending=False)
    return rows["shortfall_id"].map(order)
