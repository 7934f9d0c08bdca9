"""Requirements and citations in words, Chinese and English.

A figure whose clause was not seen is never credited to its document: it is shown as 建议值(待核), and
:func:`source_text` tells separately where it comes from and how sure that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.model import PROPOSAL_EN, PROPOSAL_ZH, Basis, Citation, Evidence, Requirement, Scale, Threshold

if TYPE_CHECKING:
    from kezhong.catalogue.book import Catalogue

_METRIC = {
    "floor_area_m2": ("建筑面积", "floor area"),
    "site_area_m2": ("用地面积", "site area"),
    "capacity": ("容量", "capacity"),
    "count": ("数量", "number"),
    "ratio": ("台账比率", "ledger ratio"),
}
_PER = {
    "facility": ("每处", "per facility"),
    "area": ("每个单元", "per area"),
    "person": ("人均", "per person"),
    "1000_people": ("每千人", "per 1,000 people"),
    "100_households": ("每百户", "per 100 households"),
    "1000_target": ("每千名服务对象", "per 1,000 of its group"),
}
_UNIT = {
    "m²": ("m²", "m²"),
    "beds": ("床", "beds"),
    "places": ("个名额", "places"),
    "spaces": ("个车位", "spaces"),
    "facilities": ("处", "facilities"),
    "share": ("", ""),
    "spaces/household": ("个/户", "spaces per household"),
}
_STATUS = {
    "required": ("应配", "required"),
    "conditional": ("按条件应配", "required on condition"),
    "recommended": ("宜配", "recommended"),
    "optional": ("可配", "optional"),
}
_TYPES = {
    "new": ("新建社区", "new communities"),
    "existing": ("既有社区", "existing communities"),
    "old": ("老旧社区", "old communities"),
    "village": ("村", "villages"),
}
_EVIDENCE = {
    Evidence.FOUND: ("数值与出处已核到", "figure and clause seen"),
    Evidence.PARTLY_FOUND: ("事项已见，数值或条款未核到", "item seen, figure or clause not"),
    Evidence.MEMORY: ("专业记忆，待核", "from professional memory"),
    Evidence.PROPOSAL: ("本平台建议", "this project's proposal"),
}


def status_text(status: str, language: str = "zh") -> str:
    """应配, 按条件应配, 宜配 or 可配."""
    return _STATUS[status][_side(language)]


def evidence_text(evidence: Evidence, language: str = "zh") -> str:
    """How sure a figure is, in words."""
    return _EVIDENCE[evidence][_side(language)]


def clause_text(citation: Citation | None, language: str = "zh", basis: Basis | None = None) -> str:
    """Document and clause, e.g. ``TD/T 1062-2021 附录A``; 建议值(待核) where either was not seen.

    ``basis`` is needed where the document may be one of the basis's overlay.
    """
    if citation is None or not citation.normative:
        return PROPOSAL_ZH if language == "zh" else PROPOSAL_EN
    document = load_catalogue().document(citation.document, basis)
    if language == "zh":
        return f"{document.number or '《' + document.zh + '》'} {citation.clause}"
    return f"{document.number or document.en}, {citation.clause_en or citation.clause}"


def source_text(citation: Citation, language: str = "zh", basis: Basis | None = None) -> str:
    """Where a figure comes from and how sure that is; for explanations, beside :func:`clause_text`."""
    document = load_catalogue().document(citation.document, basis)
    if language == "zh":
        title = f"《{document.zh}》{f'（{document.number}）' if document.number else ''}"
        note = f"；{citation.note}" if citation.note else ""
        return f"{title}{citation.clause}（{evidence_text(citation.evidence)}{note}）"
    title = f"{document.en} {document.number}".strip()
    clause = f", {citation.clause_en or citation.clause}" if citation.clause else ""
    return f"{title}{clause} ({evidence_text(citation.evidence, 'en')})"


def requirement_text(rule: Requirement, language: str = "zh") -> str:
    """One sentence that says what is asked."""
    return _sentence_zh(load_catalogue(), rule) if language == "zh" else _sentence_en(load_catalogue(), rule)


def threshold_text(threshold: Threshold, language: str = "zh") -> str:
    """步行距离不超过 500 m, or 步行 10 分钟内: the unit is the basis's own and never converted."""
    value = f"{threshold.value:g}"
    if threshold.unit == "m":
        return f"步行距离不超过 {value} m" if language == "zh" else f"within {value} m on foot"
    return f"步行 {value} 分钟内可达" if language == "zh" else f"within {value} minutes on foot"


def scale_text(scale: Scale, language: str = "zh") -> str:
    """每处建筑面积不少于 120 m²."""
    side = _side(language)
    unit = _UNIT.get(scale.unit, (scale.unit, scale.unit))[side]
    least, most = f"{scale.minimum:g}", "" if scale.maximum is None else f"{scale.maximum:g}"
    if scale.metric == "ratio" and scale.unit == "share":
        least, most = f"{scale.minimum:.0%}", "" if scale.maximum is None else f"{scale.maximum:.0%}"
    if scale.metric == "capacity" and scale.per == "1000_target" and scale.unit == "places" and scale.maximum is None:
        return _places_text(scale.minimum, language)
    if language == "zh":
        subject = _METRIC[scale.metric][0] if scale.metric != "capacity" else ""
        head = f"{_PER[scale.per][0]}{subject}" if scale.metric != "ratio" else subject
        body = f"{least}–{most} {unit}" if most else f"不少于 {least} {unit}"
        return f"{head}{body}".strip()
    head = _METRIC[scale.metric][1]
    body = f"{least}–{most} {unit}" if most else f"at least {least} {unit}"
    tail = "" if scale.metric == "ratio" else f" {_PER[scale.per][1]}"
    return f"{head} {body.strip()}{tail}"


def _places_text(per_1000: float, language: str) -> str:
    """Places for children of an age: 1,000 for each 1,000 is one for every child, which reads better as that."""
    if per_1000 == 1000:
        return "名额不少于服务年龄段人数" if language == "zh" else "a place for everybody of its age group"
    share = f"{per_1000 / 10:g}%"
    return (
        f"名额不少于服务年龄段人数的 {share}" if language == "zh" else f"places for at least {share} of its age group"
    )


def item_text(item: str, language: str = "zh") -> str:
    """What a row of :func:`kezhong.catalogue.conflicts` states a figure for."""
    side = _side(language)
    if item == "threshold":
        return ("步行阈值", "walking threshold")[side]
    if item == "item":
        return ("列入配置", "listed")[side]
    metric, _, per = item.partition("/")
    return (f"{_PER[per][0]}{_METRIC[metric][0]}", f"{_METRIC[metric][1]} {_PER[per][1]}")[side]


def _sentence_zh(catalogue: Catalogue, rule: Requirement) -> str:
    names = "或".join(_counted(catalogue, rule, element, "zh") for element in rule.elements)
    parts = []
    if rule.threshold:
        parts.append(threshold_text(rule.threshold))
    if rule.in_district:
        parts.append("在全区范围内统筹配置")
    parts += _scales(rule, "zh")
    scope = _scope(rule, "zh")
    text = f"{scope}{_STATUS[rule.status][0]}{names}"
    return text + (f"，{'，'.join(parts)}" if parts else "")


def _sentence_en(catalogue: Catalogue, rule: Requirement) -> str:
    names = " or ".join(_counted(catalogue, rule, element, "en") for element in rule.elements)
    parts = [names]
    if rule.threshold:
        parts.append(threshold_text(rule.threshold, "en"))
    if rule.in_district:
        parts.append("provided for in the whole district")
    parts += _scales(rule, "en")
    scope = _scope(rule, "en")
    return f"{_STATUS[rule.status][1]}{f' ({scope})' if scope else ''}: {', '.join(parts)}"


def _scales(rule: Requirement, language: str) -> list[str]:
    """The scale rules in words, alternatives joined by *or*."""
    groups: dict[str, list[str]] = {}
    for position, scale in enumerate(rule.scales):
        groups.setdefault(scale.choice or str(position), []).append(scale_text(scale, language))
    return [(" 或 " if language == "zh" else " or ").join(group) for group in groups.values()]


def _scope(rule: Requirement, language: str) -> str:
    """Whom the requirement concerns and on which condition."""
    side = _side(language)
    parts = []
    if rule.community_types:
        parts.append(("、" if side == 0 else ", ").join(_TYPES[kind][side] for kind in rule.community_types))
    condition = rule.required_if
    if condition is not None:
        parts += _conditions(rule, language)
    if not parts:
        return ""
    return "，".join(parts) + "：" if side == 0 else "; ".join(parts)


def _conditions(rule: Requirement, language: str) -> list[str]:
    condition = rule.required_if
    if condition is None:
        return []
    chinese = language == "zh"
    parts = []
    if condition.community_types:
        joined = ("、" if chinese else ", ").join(
            _TYPES[kind][0 if chinese else 1] for kind in condition.community_types
        )
        parts.append(f"仅{joined}" if chinese else f"{joined} only")
    if condition.min_people is not None:
        parts.append(f"人口不少于 {condition.min_people:g} 人" if chinese else f"from {condition.min_people:g} people")
    if condition.max_people is not None:
        parts.append(f"人口少于 {condition.max_people:g} 人" if chinese else f"below {condition.max_people:g} people")
    if condition.unless_reached:
        other = load_catalogue().element(condition.unless_reached)
        parts.append(f"{other.zh}难以覆盖处" if chinese else f"where no {other.en.lower()} is within reach")
    if condition.built_up_only:
        parts.append("城区范围内" if chinese else "within the built-up area")
    return parts


def _counted(catalogue: Catalogue, rule: Requirement, element_id: str, language: str) -> str:
    element = catalogue.elements[element_id]
    name = element.zh if language == "zh" else element.en.lower()
    count = rule.any_of_count.get(element_id, 1)
    if count == 1:
        return name
    return f"{count} 处{name}" if language == "zh" else f"{count} of {name}"


def _side(language: str) -> int:
    return 0 if language == "zh" else 1
