"""The forms that go out: which columns are known, which are to be filled in, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["known", "percent", "text", "choice", "day"]
#: Longest text of one cell.
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a drop-down, and what else people write for it."""

    id: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``kind`` *known* is locked, the others are filled in."""

    id: str
    zh: str
    en: str
    width: float
    kind: Kind = "known"
    choices: tuple[Choice, ...] = ()
    hint: str = ""

    @property
    def filled(self) -> bool:
        """Whether the unit fills it in."""
        return self.kind != "known"


@dataclass(frozen=True, slots=True)
class Form:
    """One form; the last column of every sheet holds the row's key and is hidden."""

    id: str
    title: str
    columns: tuple[Column, ...]
    instructions: str

    @property
    def filled(self) -> tuple[Column, ...]:
        """Columns to be filled in."""
        return tuple(column for column in self.columns if column.filled)

    def column(self, id_: str) -> Column:
        """The column with this id."""
        return next(column for column in self.columns if column.id == id_)


YES_NO = (
    Choice("yes", "是", "yes", ("已完成", "完成", "√", "✓", "y", "yes", "true")),
    Choice("no", "否", "no", ("未完成", "×", "n", "no", "false", "没有")),
)
FINDINGS = (
    Choice("conforms", "符合", "conforms"),
    Choice("mostly", "基本符合", "mostly conforms"),
    Choice("not", "不符合", "does not conform"),
    Choice("unchecked", "未检查", "not checked", ("没有检查",)),
)
KINDS_ZH = {"task": "任务", "submission": "报送材料", "project": "项目", "check": "检查事项"}
LIGHTS_ZH = {"green": "绿", "yellow": "黄", "red": "红", "grey": "未评"}

MONTHLY = Form(
    "monthly",
    "月调度表",
    (
        Column("number", "序号", "no.", 5),
        Column("kind", "类别", "kind", 8),
        Column("code", "编号", "code", 11),
        Column("title", "主要任务", "task", 24),
        Column("measure", "具体措施", "measure", 28),
        Column("due", "完成时限", "due", 11),
        Column("last", "上期进度(%)", "last (%)", 8),
        Column("light", "亮灯", "light", 6),
        Column("progress", "本期进度(%)", "progress (%)", 9, "percent", hint="填 0–100 的整数，不带 % 号"),
        Column("situation", "进展情况", "what was done", 30, "text"),
        Column("problem", "存在问题", "problems", 22, "text"),
        Column("next", "下步措施", "next steps", 22, "text"),
        Column("help", "需协调事项", "to be settled above", 18, "text"),
        Column("done", "是否完成", "done", 8, "choice", YES_NO, "请选“是”或“否”"),
        Column("reason", "进度回退原因", "why it went back", 16, "text", hint="本期进度低于上期时填写"),
    ),
    "填写说明：① 只填白色格子，灰色部分由系统生成，请勿改动、增删列；行的先后可以调整。"
    "② 本期进度填 0–100 的整数；低于上期的，请填“进度回退原因”。"
    "③ 已完成的，“是否完成”选“是”、进度填 100，并写明进展情况，即视为申请销号。"
    "④ 没有变化的行可以留空，留空不作任何评价；不要求上传照片、定位等佐证。",
)
HALF_YEAR = Form(
    "half_year",
    "半年检查表",
    (
        Column("number", "序号", "no.", 5),
        Column("title", "检查事项", "item", 26),
        Column("count", "涉及条数", "rows", 8),
        Column("measure", "依据（来自台账的条目）", "rows it rests on", 52),
        Column("finding", "检查结果", "finding", 11, "choice", FINDINGS, "请从下拉列表中选择"),
        Column("situation", "检查情况", "what was found", 32, "text"),
        Column("order", "整改要求", "what to mend", 28, "text"),
        Column("order_due", "整改时限", "mend by", 12, "day", hint="填日期，如 2026-12-31"),
    ),
    "填写说明：① 检查事项由系统按台账逐条列出；没有检查的请选“未检查”或留空，不作任何结论。"
    "② 选“不符合”的，请写明检查情况和整改要求。③ “数据不足”的事项仅供核实，不作为扣分依据。",
)
FORMS = {form.id: form for form in (MONTHLY, HALF_YEAR)}
#: Fields of the whole sheet, above the table.
WHOLE = (("summary", "总体情况"), ("problems", "需上级统筹事项"))
