"""Figures in words, Chinese and English: the sentences of the list and of the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kezhong.catalogue import PROPOSAL_EN, PROPOSAL_ZH, clause_text
from kezhong.catalogue.model import Basis, Citation, Scale
from kezhong.city.vocabulary import CommunityType

Language = Literal["zh", "en"]

#: Counts of people below this are not shown: nobody shall be recognised.
SMALL = 5
NOT_MET_ZH = "未达到"
COMPARED_ZH = "对照差距"
#: The two wordings in English.
WORDING_EN = {NOT_MET_ZH: "not met", COMPARED_ZH: "gap by comparison"}

_UNITS = {
    "m²": ("平方米", "m²"),
    "beds": ("张床位", "beds"),
    "places": ("个学（托）位", "places"),
    "spaces": ("个车位", "spaces"),
    "facilities": ("处", "facilities"),
    "classes": ("个班", "classes"),
    "share": ("", ""),
}
#: Units of which there are no fractions: what is missing is rounded up.
_COUNTED = ("beds", "places", "spaces", "facilities", "classes")
_ROUNDING = 1e-6
#: Between the state of things and the share covered, in the column of the present state.
_JOIN = {"zh": "；", "en": "; "}
CERTAINTY = {
    "high": ("高：经现场核实", "high: verified on the ground"),
    "medium": ("中：依据部门台账，未经现场核实", "medium: from a department's ledger, not verified on the ground"),
    "low": ("低：仅依据开放地图，需先核实", "low: from an open map only, to be verified first"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say about one requirement in one area.

    Metres and minutes are means over the people affected; NaN where nobody reaches one. ``scale`` with ``have`` and
    ``need`` is set where quantity is what is missing.
    """

    element_zh: str
    element_en: str
    cause: str  # distance, scale, absent
    threshold: float
    threshold_unit: str
    nearest_m: float
    minutes: float
    bound_m: float
    share: float
    covered: float
    total: float
    people: float
    elderly: float
    children: float
    group: str
    group_affected: float
    scale: Scale | None = None
    have: float = float("nan")
    need: float = float("nan")


def count_text(value: float, language: Language = "zh") -> str:
    """People: thousands separated, at most three figures below 1,000, small counts guarded."""
    if np.isnan(value):
        return "–"
    if 0 < value < SMALL:
        return f"不足 {SMALL}" if language == "zh" else f"fewer than {SMALL}"
    return f"{round(value):,}"


def number_text(value: float) -> str:
    """A quantity with at most one decimal."""
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.1f}"


def share_text(value: float) -> str:
    """A share as a percentage with one decimal."""
    return "–" if np.isnan(value) else f"{100 * value:.1f}%"


def unit_text(unit: str, language: Language = "zh") -> str:
    """Name of a unit; unknown ones as they are."""
    return _UNITS.get(unit, (unit, unit))[language == "en"]


def wording_of(basis: Basis, community_type: str | None) -> str:
    """未达到, or 对照差距 where the basis governs new areas only and the community is not new."""
    return COMPARED_ZH if basis.new_only and community_type != CommunityType.NEW.value else NOT_MET_ZH


def citation_text(cite: Citation | None, basis: Basis, language: Language = "zh") -> str:
    """Clause, or 建议值(待核)."""
    if cite is None:
        return PROPOSAL_ZH if language == "zh" else PROPOSAL_EN
    return clause_text(cite, language, basis)


def clauses_en(basis: Basis) -> dict[str, str]:
    """English of every clause that the basis cites, by its Chinese: rows of the list hold the Chinese alone."""
    cites = [cite for rule in basis.requirements for cite in rule.citations]
    return {PROPOSAL_ZH: PROPOSAL_EN} | {citation_text(cite, basis): citation_text(cite, basis, "en") for cite in cites}


def present_text(finding: Finding, language: Language = "zh") -> str:
    """The present state."""
    zh = language == "zh"
    name = finding.element_zh if zh else finding.element_en
    if finding.cause == "scale" and finding.scale is not None:
        unit = unit_text(finding.scale.unit, language)
        have = number_text(finding.have)
        return f"{name}现有 {have} {unit}".rstrip() if zh else f"{name}: {have} {unit} at present".rstrip()
    if finding.cause == "absent":
        return f"区域内没有{name}" if zh else f"no {name.lower()} in the area"
    where = _where(finding, name, language)
    covered, total = count_text(finding.covered, language), count_text(finding.total, language)
    share = share_text(finding.share)
    cover = f"覆盖 {share}（{covered}/{total}）" if zh else f"{share} covered ({covered} of {total})"
    return f"{where}{_JOIN[language]}{cover}"


def _where(finding: Finding, name: str, language: Language) -> str:
    zh = language == "zh"
    if np.isnan(finding.nearest_m):
        bound = number_text(finding.bound_m)
        return f"步行 {bound} 米内没有{name}" if zh else f"no {name.lower()} within {bound} m on foot"
    if finding.threshold_unit == "min":
        value = f"{finding.minutes:.1f}"
        return f"{name} {value} 分钟" if zh else f"{name}: {value} min"
    value = number_text(round(finding.nearest_m))
    return f"{name} {value} 米" if zh else f"{name}: {value} m"


def gap_text(finding: Finding, language: Language = "zh") -> str:
    """What is missing, in units."""
    zh = language == "zh"
    if finding.cause == "scale" and finding.scale is not None:
        unit = unit_text(finding.scale.unit, language)
        whole = np.ceil if finding.scale.unit in _COUNTED else float
        missing = number_text(float(whole(finding.need - finding.have - _ROUNDING)))
        need = number_text(float(whole(finding.need - _ROUNDING)))
        each = finding.scale.per == "facility"
        if zh:
            return f"{'单处规模' if each else ''}应有 {need} {unit}，缺 {missing} {unit}".replace("  ", " ").strip()
        return f"short of {missing} {unit} ({need} {'a facility ' if each else ''}needed)".replace("  ", " ")
    if finding.cause == "absent":
        return "缺 1 处" if zh else "one facility missing"
    limit = number_text(finding.threshold)
    unit = ("米" if zh else "m") if finding.threshold_unit == "m" else ("分钟" if zh else "min")
    value = finding.nearest_m if finding.threshold_unit == "m" else finding.minutes
    if np.isnan(value):
        return f"要求步行 {limit} {unit}内可达，缺 1 处" if zh else f"{limit} {unit} asked for; one facility missing"
    over = value - finding.threshold
    shown = number_text(round(over)) if finding.threshold_unit == "m" else f"{over:.1f}"
    return f"超出 {limit} {unit}要求 {shown} {unit}" if zh else f"{shown} {unit} beyond the {limit} {unit} asked for"


def people_text(people: float, elderly: float, children: float, group: str, language: Language = "zh") -> str:
    """Whom it affects; ``group`` is the element's age group, unknown ages are NaN."""
    zh = language == "zh"
    text = f"影响 {count_text(people)} 人" if zh else f"affects {count_text(people, 'en')} people"
    parts = []
    if not np.isnan(elderly):
        parts.append(f"60 岁及以上 {count_text(elderly)} 人" if zh else f"{count_text(elderly, 'en')} of 60 and over")
    if not np.isnan(children) and group.startswith(("age_0", "age_3", "age_6", "age_12", "children")):
        parts.insert(0, f"0–14 岁 {count_text(children)} 人" if zh else f"{count_text(children, 'en')} of 0–14")
    if not parts:
        return text
    return f"{text}，其中 {'、'.join(parts)}" if zh else f"{text}, {', '.join(parts)} among them"


@dataclass(frozen=True, slots=True)
class Statement:
    """One shortfall in one language, piece by piece: columns of the list, parts of the explanation's sentence."""

    present: str
    gap: str
    people: str
    clause: str
    wording: str  # 未达到 or 对照差距, as the list states it
    language: Language

    def sentence(self, area: str) -> str:
        """The verdict in one sentence, the product's voice; the share covered stays in the list's column."""
        head = self.present.split(_JOIN[self.language], maxsplit=1)[0]
        compared = self.wording == COMPARED_ZH
        if self.language == "zh":
            mark = f"（{COMPARED_ZH}）" if compared else ""
            return f"{area}：{head}，{self.gap}{mark}；{self.people}。依据：{self.clause}。"
        mark = f" ({WORDING_EN[COMPARED_ZH]})" if compared else ""
        return f"{area}: {head}, {self.gap}{mark}; {self.people}. Source: {self.clause}."


def statement(finding: Finding, clause: str, wording: str, language: Language = "zh") -> Statement:
    """A finding in words, for a row of the list."""
    return Statement(
        present=present_text(finding, language),
        gap=gap_text(finding, language),
        people=people_text(finding.people, finding.elderly, finding.children, finding.group, language),
        clause=clause,
        wording=wording,
        language=language,
    )


def stated(row: Mapping[str, Any], clause: str, language: Language = "zh") -> Statement:
    """The statement of a row of the list (:data:`kezhong.city.results.SHORTFALL_COLUMNS`), for its sentence."""
    people, elderly, children = (float(row[f"{who}_affected"]) for who in ("people", "elderly", "children"))
    return Statement(
        present=str(row[f"present_{language}"]),
        gap=str(row[f"gap_{language}"]),
        people=people_text(people, elderly, children, str(row["target_group"]), language),
        clause=clause,
        wording=str(row["wording"]),
        language=language,
    )
