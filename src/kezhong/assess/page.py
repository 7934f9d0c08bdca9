"""An explanation as a page of text, as it would stand in a file: names and units, no codes."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from kezhong.assess.explanation import Explanation
from kezhong.assess.wording import count_text, number_text, share_text

Language = Literal["zh", "en"]

#: Indicators that the page shows; the JSON form holds all.
SHOWN = (
    "coverage", "lived_access", "nearest_m", "facilities", "capacity", "capacity_per_1000", "capacity_gap",
    "floor_area", "site_area", "capacity_limited_coverage",
)  # fmt: skip
_UNITS = {
    "m": ("米", "m"),
    "min": ("分钟", "minutes"),
    "count": ("处", ""),
    "facilities": ("处", ""),
    "places": ("个名额", "places"),
    "beds": ("张床位", "beds"),
    "spaces": ("个车位", "spaces"),
    "classes": ("个班", "classes"),
    "m²": ("平方米", "m²"),
}
_LAYERS = {"facility": ("设施", "facility"), "people": ("人口", "people"), "streets": ("步行路网", "streets")}
#: Variants whose numerator and denominator are people; the others count buildings, estates or m² of land.
_COUNTED = {
    "population": ("人", "people"),
    "target_pop": ("人", "people"),
    "building": ("栋", "buildings"),
    "estate": ("个小区", "estates"),
}


def page(found: Explanation, language: Language = "zh") -> str:
    """The whole page, one statement a line."""
    zh = language == "zh"
    lines = [found.verdict_zh if zh else found.verdict_en, ""]

    def say(title_zh: str, title_en: str, text: str) -> None:
        lines.append(f"{title_zh}：{text}" if zh else f"{title_en}: {text}")

    for rule in found.requirements:
        say("要求", "Requirement", rule[language])
        say("依据", "Source", rule["clause" if zh else "clause_en"])
        lines.extend(dict.fromkeys(f"  · {item[language]}" for item in rule["evidence"]))
    reason = found.reason_zh if zh else found.reason_en
    status = found.status_zh if zh else found.status_en
    say("结论", "Status", f"{status}（{reason}）" if zh and reason else f"{status} ({reason})" if reason else status)
    if found.decides[language]:
        say("算法", "Decided by", found.decides[language])
    shown = [line for row in found.figures if (line := figure_line(row, language))]
    if shown:
        lines.append("数值：" if zh else "Figures:")
        lines += [f"  {line}" for line in dict.fromkeys(shown)]
    lines += _facilities(found, language)
    lines += _sources(found, language)
    say("把握程度", "Certainty", found.certainty[language])
    lines += _sensitivity(found, language)
    lines += _parameters(found, language)
    return "\n".join(lines)


def figure_line(row: dict[str, Any], language: Language = "zh") -> str:
    """One figure in words; empty for figures that the page leaves to the JSON form, or that do not apply."""
    if row["indicator"] not in SHOWN or row["status"] == "not_applicable":
        return ""
    zh = language == "zh"
    name, separator = row[f"indicator_{language}"], "：" if zh else ": "
    details = _details(row, language)
    head = f"{name}（{'，'.join(details)}）" if zh and details else name
    if not zh and details:
        head = f"{name} ({', '.join(details)})"
    if pd.isna(row["value"]):
        return f"{head}{separator}{row[f'status_{language}']}"
    text = f"{head}{separator}{_value(float(row['value']), str(row['unit']), str(row['indicator']), language)}"
    text += _interval(row, language) + _parts(row, language)
    if row["status"] != "informative":
        text += f"，{row['status_zh']}" if zh else f", {row['status_en']}"
    return text


def _details(row: dict[str, Any], language: Language) -> list[str]:
    zh = language == "zh"
    details = []
    if row["indicator"] in ("coverage", "lived_access") and not pd.isna(row["threshold"]):
        unit = _UNITS.get(str(row["threshold_unit"]), (str(row["threshold_unit"]),) * 2)[0 if zh else 1]
        details.append(f"步行 {row['threshold']:g} {unit}内" if zh else f"within {row['threshold']:g} {unit} on foot")
    if row["indicator"] == "coverage":
        details.append(row[f"variant_{language}"])
    if row["indicator"] == "lived_access":
        details.append(row[f"walker_{language}"])
    return [text for text in details if text]


def _value(value: float, unit: str, indicator: str, language: Language) -> str:
    if unit == "share":
        return share_text(value)
    name = _UNITS.get(unit, (unit, unit))[0 if language == "zh" else 1]
    if indicator == "capacity_per_1000":
        each = "每千人 " if language == "zh" else ""
        return f"{each}{number_text(value)} {name}{'' if language == 'zh' else ' per 1,000'}"
    if unit == "m":
        return f"{value:,.0f} {name}"
    return f"{number_text(value)} {name}".strip()


def _parts(row: dict[str, Any], language: Language) -> str:
    """Numerator of denominator, where both are counts of something."""
    top, bottom = row["numerator"], row["denominator"]
    if pd.isna(top) or pd.isna(bottom) or not bottom > 0 or row["unit"] != "share":
        return ""
    unit = _COUNTED.get(str(row["variant"]))
    if unit is None:
        return ""
    zh = language == "zh"
    if zh:
        return f"，{count_text(float(bottom))} {unit[0]}中的 {count_text(float(top))} {unit[0]}"
    return f", {count_text(float(top), 'en')} of {count_text(float(bottom), 'en')} {unit[1]}"


def _interval(row: dict[str, Any], language: Language) -> str:
    """The ends between which nine of ten samples lie, where the figure has them."""
    low, high = row["low"], row["high"]
    if pd.isna(low) or pd.isna(high):
        return ""
    ends = f"{share_text(float(low))}–{share_text(float(high))}"
    return f"（{ends}）" if language == "zh" else f" ({ends})"


def _sensitivity(found: Explanation, language: Language) -> list[str]:
    """What makes the figure uncertain, one source a line, the largest first."""
    table = found.sensitivity
    if table is None:
        return []
    zh = language == "zh"
    ends = f"{share_text(table['low'])}–{share_text(table['high'])}"
    lines = [
        f"不确定性：覆盖率 {share_text(table['value'])}，九成样本在 {ends} 之间"
        f"（抽样 {table['samples']} 次，幅度均为建议值(待核)）"
        if zh
        else f"Uncertainty: coverage {share_text(table['value'])}, nine of ten samples within {ends} "
        f"({table['samples']} samples; all spreads are proposed values)"
    ]
    for row in table["sources"]:
        alone = f"{share_text(row['low'])}–{share_text(row['high'])}"
        lines.append(
            f"  {row['zh']}（{row['spread_zh']}）：单独影响 {alone}，占方差 {row['share']:.0%}"
            if zh
            else f"  {row['en']} ({row['spread_en']}): alone {alone}, {row['share']:.0%} of the variance"
        )
    return lines


def _facilities(found: Explanation, language: Language) -> list[str]:
    zh = language == "zh"
    lines = []
    assigned = found.decides["id"] == "assigned" and found.nearest is not None
    if found.facility is not None:
        title = (
            ("对口学校" if assigned else "代表性居民点的最近设施")
            if zh
            else ("Assigned school" if assigned else "Nearest facility of a typical home")
        )
        lines.append(_place(title, found.facility, language))
    if found.nearest is not None:
        lines.append(_place("最近设施（仅供对比）" if zh else "Nearest (for comparison)", found.nearest, language))
    return lines


def _place(title: str, place: dict[str, Any], language: Language) -> str:
    zh = language == "zh"
    name = place["name"] if not pd.isna(place["name"]) else ("（无名称）" if zh else "(unnamed)")
    if place["metres"] is None:
        far = "搜索范围内步行不可达" if zh else "not reached on foot within the search bound"
    else:
        far = f"步行 {place['metres']:,.0f} 米" if zh else f"{place['metres']:,.0f} m on foot"
    return f"{title}：{name}，{far}" if zh else f"{title}: {name}, {far}"


def _sources(found: Explanation, language: Language) -> list[str]:
    zh = language == "zh"
    lines = []
    for source in found.sources:
        what = _LAYERS[source["what"]][0 if zh else 1]
        rows = "; ".join(text for text in source.get("rows") or [] if text and text != "nan")
        name = "" if pd.isna(source["source"]) else str(source["source"])
        text = f"{name}（{rows}）" if zh and rows else f"{name} ({rows})" if rows else name
        if text:
            lines.append(f"数据来源·{what}：{text}" if zh else f"Data, {what}: {text}")
    return lines


def _parameters(found: Explanation, language: Language) -> list[str]:
    zh = language == "zh"
    given, versions = found.parameters, found.versions
    walker, pace = given[f"walker_{language}"], given["m_per_min"]
    window = _window(given, zh=zh)
    if zh:
        how = f"计算条件：{walker}，每分钟 {pace:g} 米；搜索范围 {given['search_bound_m']:,.0f} 米；开放时段：{window}"
        what = (
            f"版本：体检 {versions['run']}，数据快照 {versions['snapshot']}，口径 {versions['basis']} "
            f"{versions['basis_version']}，软件 {versions['software']}，{versions['created']}"
        )
    else:
        bound = f"{given['search_bound_m']:,.0f}"
        how = f"Conditions: {walker}, {pace:g} m a minute; searched within {bound} m; hours {window}"
        what = (
            f"Versions: run {versions['run']}, snapshot {versions['snapshot']}, basis {versions['basis']} "
            f"{versions['basis_version']}, software {versions['software']}, {versions['created']}"
        )
    return [how, what]


#: Time windows in words, as they are defined in :data:`kezhong.assess.hours.WINDOWS`.
_WINDOWS = {
    "any": ("不限", "any"),
    "morning": ("早间 6:00–9:00", "mornings 6:00–9:00"),
    "working_hours": ("工作日 9:00–17:00", "working days 9:00–17:00"),
    "evening": ("晚间 18:00–21:00", "evenings 18:00–21:00"),
    "weekend": ("周末 9:00–17:00", "weekends 9:00–17:00"),
}


def _window(given: dict[str, Any], *, zh: bool) -> str:
    return _WINDOWS[str(given["window"])][0 if zh else 1]
