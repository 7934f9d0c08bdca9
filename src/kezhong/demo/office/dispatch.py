"""Monthly dispatch: sheets go out, most units reply in time, two are late, one has to fill in again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Any

from kezhong import clock
from kezhong.demo.office.cast import Cast, Script
from kezhong.demo.office.handing_down import pace, said
from kezhong.office.models import DispatchSheet
from kezhong.office.supervision.rounds import close_round, open_round, overview
from kezhong.office.supervision.sheets import accept_sheet, fill_sheet, return_sheet

#: Streets and communities are not asked: what they report on their tasks is enough (基层减负).
_LEVELS = ("city", "district")
_FIRST, _LAST = 4, 14
#: Who is late, month by month.
_LATE = (
    ("city-urban_management", "999902"), ("city-health", "999903"), ("city-commerce", "999902"),
    ("city-urban_management", "999903"), ("city-education", "999902"), ("city-housing", "999903"),
    ("city-culture", "999902"), ("city-urban_management", "999903"), ("city-health", "999902"),
    ("city-commerce", "999903"), ("city-culture", "999902"),
)  # fmt: skip
#: Month and unit of the sheet that is returned.
_RETURNED = (6, "city-education")
#: Month, unit and task that is called done on the sheet.
_DONE = (10, "city-commerce", "2-05", "新增早餐网点 23 处，年度任务完成，申请销号")
_ROWS = 4
_HELP = ("请协调产权单位加快移交", "请明确专项资金拨付时间", "请公安、消防部门配合联合验收", "")


def write(script: Script, cast: Cast) -> None:
    """Scenes of the monthly rounds, and of the quarterly bulletins."""
    for month in range(_FIRST, _LAST + 1):
        script.add(cast.moment(month + 1, 1, 9), partial(_open, script, cast, month))
    for quarter in (2, 3, 4):
        day = cast.day(3 * quarter + 1, 12)
        script.add(cast.at(day, 10), partial(_bulletin, cast, quarter, day))


def _open(script: Script, cast: Cast, month: int) -> None:
    opened = clock.today()
    due = cast.later(opened, 5)
    late = _LATE[month - _FIRST]
    with cast.acting("bangong") as session:
        period = f"{cast.year + (month - 1) // 12}-{(month - 1) % 12 + 1:02d}"
        key = open_round(session, cast.programme, "monthly", period, due, levels=_LEVELS, note="请于期限前填报").id
        sheets = [(one.sheet.id, one.unit.code) for one in overview(session, key)]
    for number, (sheet, unit) in enumerate(sheets):
        wait = 6 + late.index(unit) if unit in late else 1 + number % 5
        script.add(
            cast.at(cast.later(opened, wait), 9 + number % 8, number % 60),
            partial(_fill, cast, sheet, unit, month),
        )
    for wait in (5, 8):
        script.add(cast.at(cast.later(opened, wait), 17), lambda: _accept(script, cast, key, month))
    script.add(cast.at(cast.later(opened, 15), 17), lambda: _close(cast, key))


def _fill(cast: Cast, sheet_id: int, unit: str, month: int) -> None:
    with cast.acting(unit) as session:
        sheet = session.one(DispatchSheet, sheet_id)
        given = [_reply(cast, row, unit, month) for row in _chosen(sheet.rows, month)]
        text = f"本月牵头 {len(sheet.rows)} 项，{len(given)} 项有新进展"
        fill_sheet(session, sheet_id, given, summary=text, problems_text=_HELP[sheet_id % 4])


def _chosen(rows: list[dict[str, Any]], month: int) -> list[dict[str, Any]]:
    """Those with news: a few, others every month; whatever has not moved stays blank."""
    moving = [row for row in rows if (row["kind"], row["state"]) in (("task", "in_progress"), ("project", "building"))]
    keys = {row["row"]: blake2b(f"{row['row']}:{month}".encode(), digest_size=2).digest() for row in moving}
    found = sorted(moving, key=lambda row: (row["code"] != _DONE[2] or month != _DONE[0], keys[row["row"]]))
    return found[:_ROWS]


def _reply(cast: Cast, row: Mapping[str, Any], unit: str, month: int) -> dict[str, Any]:
    last = row["progress"] or 0
    if (month, unit, row["code"]) == _DONE[:3]:
        return {"row": row["row"], "progress": 100, "situation": _DONE[3], "done": "是"}
    due = date.fromisoformat(row["due"]) if row["due"] else None
    progress = max(pace(cast.day(3, 1), due, row["code"]), last)
    reply: dict[str, Any] = {
        "row": row["row"],
        "situation": said(row["title"], progress),
        "next": "按节点推进，每周调度",
    }
    if row["code"] not in cast.known["whole"]:  # with parts, their progress is its progress
        reply["progress"] = progress
    if row["light"] == "red":
        reply["problem"] = "进度滞后于时序，已倒排工期"
    return reply


def _accept(script: Script, cast: Cast, round_id: int, month: int) -> None:
    with cast.acting("bangong") as session:
        for one in overview(session, round_id):
            if one.sheet.state != "filled":  # the office's own was filled in by another of its people
                continue
            if (month, one.unit.code) == _RETURNED and not one.sheet.returns:
                due = cast.later(clock.today(), 2)
                return_sheet(session, one.sheet.id, "家校共育一项只写了会议，请写明办了什么", due=due)
                moment = cast.at(cast.later(clock.today(), 1), 15)
                script.add(moment, partial(_again, cast, one.sheet.id, month))
                continue
            # What moved on since the sheet was filled in stands as it is now.
            accept_sheet(session, one.sheet.id, {row["row"]: "skip" for row in one.sheet.rows})


def _again(cast: Cast, sheet_id: int, month: int) -> None:
    unit = _RETURNED[1]
    with cast.acting(unit) as session:
        sheet = session.one(DispatchSheet, sheet_id)
        given = [
            {**_reply(cast, row, unit, month), "situation": "开设家长课堂 14 场，组建 9 个社区协同小组"}
            for row in _chosen(sheet.rows, month)
        ]
        fill_sheet(session, sheet_id, given, summary="已按要求补充", problems_text="")


def _close(cast: Cast, round_id: int) -> None:
    with cast.acting("bangong") as session:
        close_round(session, round_id)


def _bulletin(cast: Cast, quarter: int, day: date) -> None:
    with cast.acting("bangong") as session:
        open_round(session, cast.programme, "quarterly", f"{cast.year}Q{quarter}", day, note="印发各区、各牵头部门")
