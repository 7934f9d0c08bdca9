"""What can be counted for an appraisal: each measure gives numerator, denominator, and the rows they came from.

A measure without data says why (``no_data``) and never gives zero. What is not yet known – a task that awaits its
measurement, insufficient data, a report that awaits its review – is held against nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.office.models import Measurement, Money, Satisfaction, Target, Task
from kezhong.office.supervision.bulletin import first_handed_in
from kezhong.office.supervision.facts import Facts, Unit

Row = dict[str, Any]
#: 95 %: two-sided normal quantile of the interval.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure found; ``denominator`` None: no data, ``why`` says so in both languages."""

    numerator: Fraction | None
    denominator: Fraction | None
    rows: list[Row]
    why: tuple[str, str] = ("", "")
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> Fraction | None:
        """Numerator over denominator, 0 to 1; None without data."""
        if self.numerator is None or not self.denominator:
            return None
        return min(max(self.numerator / self.denominator, Fraction(0)), Fraction(1))


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: its function, parameters with their defaults, and the formula in words."""

    count: Callable[[Facts, Unit, Mapping[str, Any]], Measured]
    zh: str
    en: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def nothing(zh: str, en: str, rows: list[Row] | None = None, **details: Any) -> Measured:
    """No data, and why."""
    return Measured(None, None, rows or [], (zh, en), details)


def _row(kind: str, row: Any, counted: Fraction | int | None, zh: str, en: str, title: str = "") -> Row:
    return {
        "kind": kind,
        "id": row.id,
        "code": getattr(row, "code", ""),
        "title": title or getattr(row, "title", "") or getattr(row, "name", ""),
        "counted": None if counted is None else float(counted),
        "zh": zh,
        "en": en,
    }


def _weight(task: Task) -> Fraction:
    return Fraction(str(task.weight))


def _tasks_done(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    late_credit = Fraction(str(given["late_credit"]))
    top, bottom, rows = Fraction(0), Fraction(0), []
    for task in facts.of(unit):
        credit, zh, en = _credit(facts, task, late_credit)
        if credit is not None:
            bottom += _weight(task)
            top += credit * _weight(task)
        rows.append(_row("task", task, None if credit is None else credit * _weight(task), zh, en))
    if not bottom:
        return nothing("本期没有到期任务", "no task was due in the period", rows)
    return Measured(top, bottom, rows)


def _credit(facts: Facts, task: Task, late_credit: Fraction) -> tuple[Fraction | None, str, str]:
    fate = facts.fate(task)
    if task.state == "measured_not_met":
        return Fraction(0), "实测未达标，不计完成", "measured as not met: not counted as done"
    if fate.late:
        return late_credit, "逾期完成", "done late"
    if fate.done and task.state == "reported":
        return Fraction(1), "已申请销号，待审核", "reported as done, under review"
    if fate.done:
        return Fraction(1), "按期完成", "done in time"
    if task.due_at is None or task.due_at >= clock.now():
        return None, "未到期，不计入", "not due yet: not counted"
    return Fraction(0), "逾期未完成", "overdue"


def _shortfalls_closed(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    top, bottom, rows = 0, 0, []
    for task in facts.of(unit):
        if task.shortfall_id is None:
            continue
        if task.state == "measured_met":
            top, bottom = top + 1, bottom + 1
            rows.append(_row("task", task, 1, "实测达标，已销号", "measured as met: closed"))
        elif task.state == "closed_unmeasured":
            rows.append(_row("task", task, None, "数据不足，不计入", "insufficient data: not counted"))
        elif facts.fate(task).done and task.state != "measured_not_met":
            rows.append(_row("task", task, None, "待复测，不计入", "awaits its measurement: not counted"))
        elif task.state != "measured_not_met" and (task.due_at is None or task.due_at >= clock.now()):
            rows.append(_row("task", task, None, "未到期，不计入", "not due yet: not counted"))
        else:
            bottom += 1
            late = task.state == "measured_not_met"
            rows.append(_row("task", task, 0, "实测未达标" if late else "未销号", "not met" if late else "not closed"))
    if not bottom:
        why = ("没有可评判的短板任务", "no shortfall task that can be judged")
        return Measured(None, None, rows, why)
    return Measured(Fraction(top), Fraction(bottom), rows)


def _attained(target: Target, measured: float) -> Fraction:
    """How much of the way from the baseline to the target was made, 0 to 1."""
    value, goal = Fraction(str(measured)), Fraction(str(target.value))
    met = value >= goal if target.comparison == "at_least" else value <= goal
    if met:
        return Fraction(1)
    if target.baseline is not None and (start := Fraction(str(target.baseline))) != goal:
        return min(max((value - start) / (goal - start), Fraction(0)), Fraction(1))
    if target.comparison == "at_least":
        return max(value / goal, Fraction(0)) if goal > 0 else Fraction(0)
    return max(goal / value, Fraction(0)) if value > 0 else Fraction(0)


def _indicators(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    statement = (
        select(Target)
        .where(Target.programme_id == facts.programme_id, Target.kind != "count")
        .where(Target.due_on >= facts.first)
        .order_by(Target.id)
    )
    targets = [target for target in facts.session.rows(statement) if unit.owns(target)]
    top, bottom, rows = Fraction(0), 0, []
    for target in targets:
        latest = facts.session.rows(
            select(Measurement)
            .where(Measurement.target_id == target.id, Measurement.at >= facts.begin, Measurement.at < facts.end)
            .order_by(Measurement.at.desc(), Measurement.id.desc())
            .limit(1)
        )
        if not latest:
            rows.append(_row("target", target, None, "本期没有实测，不计入", "not measured in the period: not counted"))
            continue
        found = latest[0]
        if found.value is None or found.status not in ("met", "not_met"):
            rows.append(
                _row("measurement", found, None, "数据不足，不计入", "insufficient data: not counted", target.name)
            )
            continue
        part = _attained(target, found.value)
        top, bottom = top + part, bottom + 1
        base = "–" if target.baseline is None else f"{target.baseline:g}"
        zh = f"基期 {base} → 实测 {found.value:g}，目标 {target.value:g}，完成 {float(part) * 100:.1f}%"
        en = f"from {base} to {found.value:g}, target {target.value:g}: {float(part) * 100:.1f}%"
        rows.append(_row("measurement", found, part, zh, en, target.name))
    if not bottom:
        return Measured(None, None, rows, ("没有可评判的实测指标", "no indicator that could be judged"))
    return Measured(top, Fraction(bottom), rows)


def wilson(satisfied: int, asked: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    p, n = satisfied / asked, asked
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _satisfaction(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    statement = (
        select(Satisfaction)
        .where(Satisfaction.withdrawn_at.is_(None))
        .where(Satisfaction.starts_on >= facts.first, Satisfaction.ends_on <= facts.last)
        .order_by(Satisfaction.period, Satisfaction.id)
    )
    surveys = [one for one in facts.session.rows(statement) if unit.owns(one)]
    asked, satisfied = sum(one.asked for one in surveys), sum(one.satisfied for one in surveys)
    rows = []
    for one in surveys:
        zh = f"{one.period}：满意 {one.satisfied} / 访问 {one.asked}（{one.method}，{one.source}）"
        en = f"{one.period}: {one.satisfied} of {one.asked} ({one.method}, {one.source})"
        rows.append(_row("satisfaction", one, one.satisfied, zh, en, one.source))
    if not surveys:
        return nothing("本期没有满意度调查", "no survey in the period")
    least = int(given["min_sample"])
    if asked < least:
        zh, en = (
            f"样本 {asked} 小于最小样本 {least}，数据不足",
            f"a sample of {asked} is below {least}: insufficient data",
        )
        return nothing(zh, en, rows, asked=asked, min_sample=least)
    low, high = wilson(satisfied, asked)
    return Measured(
        Fraction(satisfied), Fraction(asked), rows, details={"low": low, "high": high, "interval": "Wilson 95%"}
    )


def _money(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    years = (facts.first.year, facts.last.year)
    rows, paid, planned = [], Fraction(0), Fraction(0)
    for one in facts.session.rows(select(Money).order_by(Money.id)):
        if not unit.owns(one) or (one.year is not None and not years[0] <= one.year <= years[1]) or one.planned <= 0:
            continue
        part = min(Fraction(str(one.paid)), Fraction(str(one.planned)))  # more than planned earns nothing more
        paid, planned = paid + part, planned + Fraction(str(one.planned))
        zh, en = f"到位 {one.paid:g} / 计划 {one.planned:g} 元", f"paid {one.paid:g} of {one.planned:g} yuan"
        rows.append(_row("money", one, part, zh, en, one.source))
    if not rows:
        return nothing("没有登记由本单位落实的资金", "no money is entered for the unit")
    return Measured(paid, planned, rows)


def _reports(facts: Facts, unit: Unit, given: Mapping[str, Any]) -> Measured:
    credit_returned = Fraction(str(given["returned_credit"]))
    papers = facts.submissions(unit)
    handed = first_handed_in(facts, papers)
    returned = facts.times_returned("submission", [paper.id for paper in papers])
    rows, top = [], Fraction(0)
    for paper in papers:
        if handed.get(paper.id) is None and paper.due_at >= clock.now():
            continue  # not due yet
        credit, zh, en = _timely(handed.get(paper.id), paper.due_at, returned.get(paper.id, 0), credit_returned)
        top += credit
        rows.append(_row("submission", paper, credit, zh, en))
    for sheet, round_ in facts.sheets(unit):
        at, due = sheet.first_filled_at, sheet.due_at or round_.due_at
        if at is None and due >= clock.now():
            continue
        credit, zh, en = _timely(at, due, sheet.returns, credit_returned)
        top += credit
        rows.append(_row("dispatch_sheet", sheet, credit, zh, en, f"{round_.period} 月调度表"))
    if not rows:
        return nothing("本期没有应报送的材料和调度表", "no paper and no sheet was due")
    return Measured(top, Fraction(len(rows)), rows)


def _timely(at: Any, due: Any, returned: int, credit: Fraction) -> tuple[Fraction, str, str]:
    if at is None:
        return Fraction(0), "未报送", "missing"
    if at > due:
        return Fraction(0), "逾期报送", "late"
    if returned:
        return credit, f"按时报送，退回 {returned} 次", f"in time, returned {returned} times"
    return Fraction(1), "按时报送，未退回", "in time, never returned"


def _later(zh: str, en: str) -> Callable[[Facts, Unit, Mapping[str, Any]], Measured]:
    return lambda facts, unit, given: nothing(zh, en)


MEASURES: Mapping[str, Measure] = {
    "tasks_done": Measure(
        _tasks_done,
        "完成任务的权重之和 ÷ 本期到期任务的权重之和"
        "（区：已分解的计其下级；部门：计本单位牵头的；逾期完成按系数计；实测未达标不计完成）",
        "weights of tasks done ÷ weights of tasks due "
        "(districts: handed-down ones by their parts; late ones at a factor; measured as not met: not done)",
        {"late_credit": 0.5},
    ),
    "shortfalls_closed": Measure(
        _shortfalls_closed,
        "实测达标而销号的短板任务 ÷ 应销号的短板任务（待复测、数据不足的不计入）",
        "shortfall tasks measured as met ÷ those that were to be closed (unmeasured ones are left out)",
    ),
    "indicators_gained": Measure(
        _indicators,
        "各指标完成比例之和 ÷ 有实测的指标数；完成比例 =（实测 − 基期）÷（目标 − 基期），0 至 1",
        "sum of the way made by each indicator ÷ indicators measured; way = (measured − base) ÷ (target − base)",
    ),
    "satisfaction": Measure(
        _satisfaction,
        "满意人数 ÷ 访问人数（样本小于最小样本时为数据不足）",
        "satisfied ÷ asked (below the smallest sample: insufficient data)",
        {"min_sample": 100},
    ),
    "request_rates": Measure(
        _later("12345 接诉即办数据尚未接入", "requests (12345) are not connected yet"),
        "响应率、解决率、满意率加权",
        "rates of response, resolution and satisfaction",
    ),
    "whistles": Measure(
        _later("吹哨报到数据尚未接入", "whistles are not connected yet"),
        "街道评价为“按时报到并解决”的哨 ÷ 全部哨",
        "whistles answered in time, as the streets judge ÷ all whistles",
    ),
    "money_paid": Measure(
        _money, "到位资金 ÷ 计划资金（逐笔计，超过计划的部分不计）", "money paid ÷ money planned, source by source"
    ),
    "reports_on_time": Measure(
        _reports,
        "按时报送的材料和调度表 ÷ 应报送数（按时但被退回的按系数计）",
        "papers and sheets in time ÷ those due (returned ones at a factor)",
        {"returned_credit": 0.5},
    ),
}
