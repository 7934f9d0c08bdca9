"""The quarterly bulletin as a workbook: figures by unit, and the rows they were counted from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook

from kezhong.office.supervision import cells
from kezhong.office.supervision.bulletin import FIGURES
from kezhong.office.supervision.score_workbook import table_page

WORDS = {
    "due": ("到期任务", "due"),
    "done": ("完成", "done"),
    "late": ("逾期完成", "done late"),
    "overdue": ("逾期未完成", "overdue"),
    "returned": ("被退回", "returned"),
    "papers_due": ("应报材料", "papers due"),
    "papers_late": ("材料逾期", "papers late"),
    "papers_missing": ("材料未报", "papers missing"),
    "sheets_due": ("应报调度", "sheets due"),
    "sheets_late": ("调度逾期", "sheets late"),
    "sheets_missing": ("调度未报", "sheets missing"),
    "measured_met": ("实测达标", "measured: met"),
    "measured_not_met": ("实测未达标", "measured: not met"),
    "awaiting": ("待复测", "awaiting measurement"),
    "insufficient": ("数据不足", "insufficient data"),
}


def write_bulletin(title: str, content: Mapping[str, Any]) -> bytes:
    """The workbook of a bulletin as it was made."""
    book = Workbook()
    page: Any = book.active
    page.title = "季通报"
    heads = [("单位", 26), *((WORDS[name][0], 10) for name in FIGURES)]
    table_page(page, heads, [[unit["name"], *(unit["figures"][name] for name in FIGURES)] for unit in content["units"]])
    page.insert_rows(1, 2)
    cells.fill(page["A1"], title).font = cells.TITLE
    note = f"统计期 {content['from']} 至 {content['to']}；各单位按编码排列，不排名次；“数据不足”不作为扣分依据。"
    cells.fill(page["A2"], note)
    page.freeze_panes = "B4"
    page.auto_filter.ref = None
    page.print_title_rows = "3:3"
    lines = [
        [unit["name"], WORDS[name][0], row["code"], row["title"], row["id"]]
        for unit in content["units"]
        for name in FIGURES
        for row in unit["rows"][name]
    ]
    table_page(
        book.create_sheet("依据条目"), (("单位", 26), ("指标", 14), ("编号", 16), ("名称", 44), ("记录号", 8)), lines
    )
    book.properties.title, book.properties.creator = title, "刻钟"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
