"""The score sheets of an appraisal as a workbook: totals, each score with its formula, and the rows behind it.

Figures are numbers, never formulas, and the file can be read back and compared with what is kept.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import Appraisal, AppraisalScore, AppraisalUnit
from kezhong.office.supervision import cells
from kezhong.office.supervision.corrections import Correction
from kezhong.office.supervision.reading import check_container
from kezhong.office.supervision.rules import Rules

FORMAT = "kezhong-appraisal/1"
SUMMARY, DETAIL, ROWS, RULES, META = "考核汇总", "计分明细", "依据条目", "考核规则", "_kezhong"
TRAIL = "更正记录"
NO_DATA = "无数据"
_DETAIL = (
    ("单位", 22), ("考核项", 22), ("分值", 8), ("实评权重", 10), ("分子", 12), ("分母", 12), ("完成率", 10),
    ("得分", 9), ("状态", 9), ("计算过程", 60), ("更正前完成率", 12), ("更正说明", 30), ("编号", 8),
)  # fmt: skip
_ROWS = (
    ("单位", 22), ("考核项", 22), ("类别", 12), ("条目编号", 16), ("名称", 36), ("计入", 10), ("说明", 40),
    ("记录号", 8),
)  # fmt: skip
_TRAIL = (
    ("单位", 22), ("考核项", 22), ("更正时间", 17), ("更正环节", 12), ("更正单位", 18), ("更正人", 10),
    ("更正理由", 40), ("更正前完成率", 12), ("更正后完成率", 12), ("更正前得分", 11), ("更正后得分", 11),
    ("更正前总分", 11), ("更正后总分", 11),
)  # fmt: skip
_SHARES = ("完成率", "更正前完成率", "更正后完成率")
_STATUS = {"scored": "已计分", "no_data": NO_DATA, "corrected": "已更正", "vetoed": "否决"}
_KINDS = {
    "task": "任务", "submission": "报送材料", "dispatch_sheet": "月调度表", "measurement": "实测", "target": "目标",
    "satisfaction": "满意度调查", "money": "资金",
}  # fmt: skip


class Part(NamedTuple):
    """A unit with its scores, whether the rows behind them may be shown, and what was corrected, oldest first."""

    unit: AppraisalUnit
    scores: Sequence[AppraisalScore]
    shown: bool
    corrections: Sequence[Correction] = ()


def write_scores(title: str, appraisal: Appraisal, rules: Rules, parts: Sequence[Part]) -> bytes:
    """The workbook. Where something was corrected its first page says so, and another what, why and by whom."""
    book = Workbook()
    page: Any = book.active
    page.title = SUMMARY
    _summary(page, title, rules, parts)
    table_page(book.create_sheet(DETAIL), _DETAIL, [line for part in parts for line in _details(part)])
    table_page(book.create_sheet(ROWS), _ROWS, [line for part in parts for line in _behind(part)])
    _rules(book.create_sheet(RULES), rules)
    corrected = [line for part in parts for line in _corrected(part)]
    if corrected:
        table_page(book.create_sheet(TRAIL), _TRAIL, corrected)
    meta = book.create_sheet(META)
    for row, (name, value) in enumerate(
        (("format", FORMAT), ("appraisal", appraisal.id), ("period", appraisal.period), ("state", appraisal.state)), 1
    ):
        cells.fill(meta.cell(row, 1), name)
        cells.fill(meta.cell(row, 2), str(value))
    meta.sheet_state = "veryHidden"
    book.properties.title, book.properties.creator = title, "刻钟"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _summary(page: Any, title: str, rules: Rules, parts: Sequence[Part]) -> None:
    page.merge_cells("A1:J1")
    cells.fill(page["A1"], title).font = cells.TITLE
    page["A1"].alignment = cells.MIDDLE
    page.row_dimensions[1].height = 34
    page.merge_cells("A2:J2")
    mark = "规则为建议值（待核）。" if rules.proposal else ""
    rest = "“无数据”的考核项不计零分，其分值按比例分给其他项（见“实评权重”）；各单位按编码排列，不排名次。"
    note = f"{_correction_note(parts)}{mark}{rest}"
    cells.fill(page["A2"], note).alignment = cells.WRAPPED
    page.row_dimensions[2].height = 44 if any(part.corrections for part in parts) else 30
    row = 4
    for group in rules.groups.values():
        chosen = [part for part in parts if part[0].group == group.id]
        if chosen:
            row = _group(page, row, group, chosen) + 2
    page.column_dimensions["A"].width = 24
    for place in range(2, 12):
        page.column_dimensions[get_column_letter(place)].width = 15
    _printed(page)


def _group(page: Any, row: int, group: Any, parts: Sequence[Part]) -> int:
    heads = [
        group.zh,
        *(f"{item.zh}（{float(item.weight):g}）" for item in group.items),
        "总分",
        "有数据的分值占比",
        "一票否决",
        "更正",
    ]
    for place, text in enumerate(heads, 1):
        _styled(cells.fill(page.cell(row, place), text), head=True)
    page.row_dimensions[row].height = 42
    for unit, scores, _, corrections in parts:
        row += 1
        by_item = {score.item: score for score in scores}
        found = [by_item.get(item.id) for item in group.items]
        values: list[Any] = [unit.name]
        values += [NO_DATA if score is None or score.score is None else score.score for score in found]
        vetoes = "；".join(f"{one['zh']}：{one['reason']}" for one in unit.vetoes)
        values += [NO_DATA if unit.total is None else unit.total, unit.measured_weight, vetoes, _in_short(corrections)]
        for place, value in enumerate(values, 1):
            cell = _styled(cells.fill(page.cell(row, place), value))
            if isinstance(value, float):
                cell.number_format = "0%" if place == len(values) - 2 else "0.00"
        page.row_dimensions[row].height = 24
    return row


def _correction_note(parts: Sequence[Part]) -> str:
    """Said first, so that nobody takes a corrected sheet for the one that was published."""
    found = [one for part in parts for one in part.corrections]
    if not found:
        return ""
    final = sum(one.final for one in found)
    last = clock.local_day(max(one.at for one in found)).isoformat()
    ways = f"其中定稿后更正 {final} 处，" if final else ""
    return f"本表经过更正：共 {len(found)} 处，{ways}最近一次 {last}，见“{TRAIL}”。"


def _in_short(corrections: Sequence[Correction]) -> str:
    return "；".join(
        f"{one.name} {_points(one.before.get('score'))} → {_points(one.after.get('score'))}" for one in corrections
    )


def _points(value: float | None) -> str:
    return NO_DATA if value is None else f"{value:.2f}"


def _moment(at: datetime) -> str:
    return at.astimezone(ZoneInfo(clock.CITY_ZONE)).strftime("%Y-%m-%d %H:%M")


def _corrected(part: Part) -> list[list[Any]]:
    def figures(one: Correction, name: str) -> list[Any]:
        return [NO_DATA if held.get(name) is None else held[name] for held in (one.before, one.after)]

    return [
        [
            part.unit.name, one.name, _moment(one.at),
            "定稿后更正" if one.final else "申诉更正", one.unit, one.person, one.reason, *figures(one, "value"),
            *figures(one, "score"), *figures(one, "total"),
        ]
        for one in part.corrections
    ]  # fmt: skip


def _details(part: Part) -> list[list[Any]]:
    unit, scores = part.unit, part.scores
    return [
        [
            unit.name, score.name, score.weight, score.effective_weight, score.numerator, score.denominator,
            score.value, NO_DATA if score.score is None else score.score, _STATUS.get(score.status, score.status),
            score.details.get("formula_zh", ""), score.corrected_from, score.correction, score.id,
        ]
        for score in scores
    ]  # fmt: skip


def _behind(part: Part) -> list[list[Any]]:
    unit, scores = part.unit, part.scores
    if not part.shown:
        return []
    return [
        [
            unit.name, score.name, _KINDS.get(row["kind"], row["kind"]), row["code"], row["title"],
            "不计入" if row["counted"] is None else row["counted"], row["zh"], row["id"],
        ]
        for score in scores
        for row in score.rows
    ]  # fmt: skip


def _rules(page: Any, rules: Rules) -> None:
    from kezhong.office.supervision.measures import MEASURES
    from kezhong.office.supervision.scoring import parameters_of

    lines: list[list[Any]] = []
    for group in rules.groups.values():
        for item in group.items:
            given = "，".join(f"{name}={value}" for name, value in parameters_of(item).items())
            lines.append([group.zh, item.zh, float(item.weight), float(item.full_at), MEASURES[item.measure].zh, given])
    lines += [["一票否决", veto["zh"], None, None, "", ""] for veto in rules.vetoes.values()]
    heads = (("对象", 12), ("考核项", 26), ("分值", 8), ("满分线", 9), ("计算方法", 70), ("参数", 24))
    table_page(page, heads, lines)


def table_page(page: Any, heads: Sequence[tuple[str, float]], lines: Sequence[Sequence[Any]]) -> None:
    for place, (text, width) in enumerate(heads, 1):
        _styled(cells.fill(page.cell(1, place), text), head=True)
        page.column_dimensions[get_column_letter(place)].width = width
    for row, line in enumerate(lines, 2):
        for place, value in enumerate(line, 1):
            cell = _styled(cells.fill(page.cell(row, place), value))
            if isinstance(value, float):
                cell.number_format = "0.0000" if heads[place - 1][0] in _SHARES else "0.00"
    page.freeze_panes = "C2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(lines) + 1}"
    page.print_title_rows = "1:1"
    _printed(page)


def _styled(cell: Any, *, head: bool = False) -> Any:
    cell.font, cell.border = (cells.HEAD if head else cells.BODY), cells.BORDER
    cell.alignment = cells.MIDDLE if head else cells.WRAPPED
    if head:
        cell.fill = cells.HEAD_FILL
    return cell


def _printed(page: Any) -> None:
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.oddFooter.right.text = "第 &P 页 共 &N 页"


def read_scores(content: bytes) -> tuple[dict[str, str], dict[int, dict[str, Any]]]:
    """What a score sheet says: about itself, and the figures by id of the score.

    Raises
    ------
    InputError
        It is no score sheet of ours.
    """
    check_container(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        meta = {str(row[0].value): str(row[1].value) for row in book[META].iter_rows(max_col=2)}
        page = book[DETAIL]
        heads = {str(cell.value): place for place, cell in enumerate(page[1])}
        places = {name: heads[name] for name in ("编号", "实评权重", "分子", "分母", "完成率", "得分")}
        found = {}
        for row in page.iter_rows(min_row=2, values_only=True):
            if row[places["编号"]] is not None:
                found[int(str(row[places["编号"]]))] = {name: row[place] for name, place in places.items()}
    except Exception as problem:  # whatever openpyxl's parts raise: a broken file is the sender's, not ours
        raise InputError("appraisal.not_our_sheet", value=type(problem).__name__) from problem
    if meta.get("format") != FORMAT:
        raise InputError("appraisal.not_our_sheet", value=meta.get("format", "–"))
    return meta, found


def differences(appraisal: Appraisal, scores: Mapping[int, AppraisalScore], content: bytes) -> list[dict[str, Any]]:
    """Where a score sheet differs from what is kept; empty: they are the same.

    Raises
    ------
    InputError
        It is no score sheet, or one of another appraisal.
    """
    meta, found = read_scores(content)
    if meta.get("appraisal") != str(appraisal.id):
        raise InputError("appraisal.other_appraisal", value=meta.get("period", "–"))
    wrong = []
    for key, score in scores.items():
        line = found.get(key)
        if line is None:
            wrong.append({"score_id": key, "item": score.name, "field": "–", "file": None, "kept": None})
            continue
        kept = {
            "实评权重": score.effective_weight, "分子": score.numerator, "分母": score.denominator,
            "完成率": score.value, "得分": NO_DATA if score.score is None else score.score,
        }  # fmt: skip
        for name, value in kept.items():
            if not _same(line[name], value):
                wrong.append({"score_id": key, "item": score.name, "field": name, "file": line[name], "kept": value})
    return wrong


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-9
    return bool(one == other) or (one in (None, "") and other in (None, ""))
