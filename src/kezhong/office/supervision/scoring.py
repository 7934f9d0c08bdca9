"""From measures to scores: exact fractions until the last step, so that the same rows always give the same score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from kezhong.office.supervision.measures import MEASURES, Measured
from kezhong.office.supervision.rules import Item

#: Places of a score; a total is the sum of rounded scores, so that it adds up on paper.
PLACES = Decimal("0.01")


def rounded(value: Fraction) -> float:
    """Half up, to two places, as offices round."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return float(exact.quantize(PLACES, ROUND_HALF_UP))


def effective_weights(items: Sequence[Item], shares: Mapping[str, Fraction | None]) -> dict[str, Fraction | None]:
    """实评权重: the weights of items without data are shared out among the others in proportion.

    Items without data have none; where no item has data there are none at all.
    """
    whole = sum((item.weight for item in items), Fraction(0))
    known = sum((item.weight for item in items if shares[item.id] is not None), Fraction(0))
    return {item.id: item.weight * whole / known if shares[item.id] is not None else None for item in items}


def earned(share: Fraction, item: Item) -> Fraction:
    """The part of the points that a share earns: all of them from ``full_at`` on."""
    return min(share / item.full_at, Fraction(1))


def parameters_of(item: Item) -> dict[str, Any]:
    """The measure's parameters as they counted."""
    return {**MEASURES[item.measure].parameters, **item.parameters}


def explain(
    item: Item, share: float | None, numerator: float | None, denominator: float | None, effective: float | None,
    score: float | None, measured: Measured | None = None, why: tuple[str, str] = ("", ""),
) -> dict[str, Any]:  # fmt: skip
    """The score as a formula with its numbers, in both languages."""
    measure = MEASURES[item.measure]
    why = measured.why if measured is not None and measured.why[0] else why
    found: dict[str, Any] = {
        "measure_zh": measure.zh, "measure_en": measure.en, "parameters": parameters_of(item),
        "full_at": float(item.full_at), "why_zh": why[0], "why_en": why[1],
    }  # fmt: skip
    if share is None or effective is None or score is None:
        found["formula_zh"] = f"无数据：{why[0] or '没有可计的条目'}；{float(item.weight):g} 分由其他项分担，不计零分"
        found["formula_en"] = (
            f"no data: {why[1] or 'nothing to count'}; its {float(item.weight):g} points are shared out"
        )
        return found
    zh = f"{numerator:g} ÷ {denominator:g} = {share:.4f}" if denominator else f"完成率 {share:.4f}"
    en = f"{numerator:g} ÷ {denominator:g} = {share:.4f}" if denominator else f"share {share:.4f}"
    full = ""
    if item.full_at != 1:
        full = f" ÷ {float(item.full_at):g}"
        zh += f"（达到 {float(item.full_at):g} 即满分）"
        en += f" (full points from {float(item.full_at):g})"
    found["formula_zh"] = f"{zh}；得分 = {share:.4f}{full} × 实评权重 {effective:.2f} = {score:.2f}"
    found["formula_en"] = f"{en}; score = {share:.4f}{full} × effective weight {effective:.2f} = {score:.2f}"
    return found
