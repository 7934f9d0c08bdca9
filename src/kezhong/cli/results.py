"""``kezhong check``, ``assess``, ``shortfalls``, ``explain`` and ``export``: what they print."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kezhong.cli.console import language, progress_bar, say, table
from kezhong.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from kezhong.assess import Assessment


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the city."""

    basis: str | None = None
    walker: str = "standard"
    window: str = "any"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of the list are wanted."""

    circle: str | None = None
    area: str | None = None
    element: str | None = None


_SUFFIXES = (".xlsx", ".csv", ".geojson", ".gpkg")
#: Elements to verify that are named on the screen.
_NAMED = 6


def check(city_dir: Path, *, as_json: bool) -> int:
    """Print the gate's report; 0 where the data suffice, else 1."""
    from kezhong.city.workspace import City
    from kezhong.quality import gate

    report = gate(City.open(city_dir))
    if as_json:
        dump(report.to_dict())
        return 0 if report.sufficient else 1
    zh = language() == "zh"
    say(
        f"数据质量 {report.score:.0f} 分（满分 100，合格线 {report.threshold:.0f}）："
        f"{'合格' if report.sufficient else '数据不足'}",
        f"data quality {report.score:.0f} of 100 (threshold {report.threshold:.0f}): "
        f"{'sufficient' if report.sufficient else 'insufficient'}",
    )
    words = {"pass": ("合格", "pass"), "warn": ("注意", "warning"), "fail": ("不合格", "fail"), "na": ("不适用", "n/a")}
    rows = [
        (
            words[item.status][0 if zh else 1],
            item.zh if zh else item.en,
            item.detail_zh if zh else item.detail_en,
        )
        for item in report.checks
    ]
    table(("结果", "检查", "情况") if zh else ("result", "check", "finding"), rows)
    return 0 if report.sufficient else 1


def _assessment(city_dir: Path, question: Question, *, force: bool = False) -> Assessment:
    from kezhong.assess import assess as run_assessment
    from kezhong.city.workspace import City

    with progress_bar("assess") as progress:
        return run_assessment(
            City.open(city_dir), question.basis, question.walker, question.window, progress=progress, force=force
        )


def assess(city_dir: Path, question: Question, *, force: bool, as_json: bool, office: bool = True) -> None:
    """Assess and print grades and the head of the shortfall list; then measure the office, where there is one."""
    from kezhong.cli import measuring
    from kezhong.office.office import has_office

    found = _assessment(city_dir, question, force=force)
    wanted = office and has_office(city_dir)
    if as_json:
        beside = {"office": measuring.as_json(*measuring.measure_office(city_dir, found.run.id))} if wanted else {}
        dump({**found.summary(), **beside})
        return
    _tell(found, city_dir)
    if wanted:
        sys.stdout.flush()
        measuring.tell(city_dir, found.run.id, *measuring.measure_office(city_dir, found.run.id))


def _tell(found: Assessment, city_dir: Path) -> None:
    header(found)
    zh = language() == "zh"
    names = found.city.areas.name
    level = "life_circle" if (found.grades["area_level"] == "life_circle").any() else "district"
    if not (found.grades["area_level"] == level).any():
        level = "city"
    chosen = found.grades[found.grades["area_level"] == level]
    rows = [
        (
            names.get(row.area_code, row.area_code),
            _grade(row.grade),
            "–" if row.score != row.score else f"{row.score:.1f}",
            f"{row.required_met}/{row.required_total}",
            f"{row.people:,.0f}",
        )
        for row in chosen.itertuples()
    ]
    headings = (
        ("区域", "等级", "得分", "应配达到", "人口") if zh else ("area", "grade", "score", "required met", "people")
    )
    table(headings, rows, right=(2, 3, 4))
    _warnings(found)
    say(
        f"短板 {len(found.shortfalls):,} 条（清单：kezhong shortfalls {city_dir}）",
        f"{len(found.shortfalls):,} shortfalls (the list: kezhong shortfalls {city_dir})",
    )
    if found.to_verify:
        zh_names = "、".join(item["zh"] for item in found.to_verify[:_NAMED])
        en_names = ", ".join(item["en"] for item in found.to_verify[:_NAMED])
        count, more = len(found.to_verify), len(found.to_verify) > _NAMED
        say(
            f"另有 {count} 种应配要素在全市未检出或无数据，不计入短板：{zh_names}{'等' if more else ''}。"
            f"请社区核实：kezhong verify export {city_dir} --out 文件夹",
            f"{count} required elements were found nowhere and are no shortfalls: {en_names}{' …' if more else ''}. "
            f"Have them verified: kezhong verify export {city_dir} --out FOLDER",
        )


def shortfalls(city_dir: Path, question: Question, wanted: Filter, *, out: Path | None, top: int) -> None:
    """Print the head of the list, and write all of it where a file is named."""
    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise InputError("cli.unknown_format", value=out.suffix, expected=" ".join(_SUFFIXES))
    found = _assessment(city_dir, question)
    rows = _filtered(found, wanted)
    header(found)
    _warnings(found)
    zh = language() == "zh"
    shown = [
        (
            row.rank,
            row.area_name,
            row.element_zh if zh else row.element_en,
            row.gap_zh if zh else row.gap_en,
            f"{row.people_affected:,.0f}",
            row.responsible_department,
        )
        for row in rows.head(top).itertuples()
    ]
    table(
        ("序号", "区域", "要素", "差距", "影响人口", "责任单位")
        if zh
        else ("rank", "area", "element", "gap", "people", "responsible"),
        shown,
        right=(0, 4),
    )
    if len(rows) > top:
        say(f"…共 {len(rows):,} 条", f"… {len(rows):,} rows in all")
    if out is not None:
        from kezhong.report import write_shortfalls

        write_shortfalls(found, rows, out)
        say(f"已写出 {len(rows):,} 条：{out}", f"{len(rows):,} rows written: {out}")


def _filtered(found: Assessment, wanted: Filter) -> pd.DataFrame:
    rows = found.shortfalls
    if wanted.circle is not None:
        from kezhong.catalogue import load_catalogue

        rows = rows[rows["circle"] == load_catalogue().circle(wanted.circle).id]
    if wanted.area is not None:
        areas = found.city.areas
        rows = rows[areas.covers(areas.find(wanted.area), rows["area_code"])]
    if wanted.element is not None:
        from kezhong.intake.elements import need_element

        rows = rows[rows["element"] == need_element(wanted.element, "--element")]
    return rows


def explain(city_dir: Path, question: Question, area: str, element: str, *, as_json: bool) -> None:
    """Print one explanation."""
    from kezhong.intake.elements import need_element

    item = need_element(element, "--element")
    found = _assessment(city_dir, question)
    explanation = found.explain(area, item)
    if as_json:
        dump(explanation.to_dict())
        return
    sys.stdout.write(explanation.text(language()) + "\n")


def export(city_dir: Path, out: Path, question: Question) -> None:
    """Write the open-data folder."""
    from kezhong.report import export_city

    found = _assessment(city_dir, question)
    files = export_city(found.city, found.run, out)
    say(f"已导出 {len(files)} 个文件：{out}", f"{len(files)} files written: {out}")


def _grade(grade: str) -> str:
    return ("数据不足" if language() == "zh" else grade) if grade == "insufficient" else grade


def _warnings(found: Assessment) -> None:
    """What a reader must know before the numbers: no people, or data that carry no verdict."""
    if not found.run.manifest["totals"]["people"]:
        say(
            "没有人口数据：覆盖率、影响人口与短板都无从计算；请先 kezhong import population",
            "there are no people in the data: no coverage, no people affected, no shortfalls; "
            "import them with kezhong import population",
        )
    if found.insufficient:
        say(
            "数据不足：结果不作短板判定；原因见 kezhong check",
            "the data are insufficient: nothing is judged a shortfall; see kezhong check",
        )


def header(found: Assessment) -> None:
    """The context every output carries: city, snapshot, basis, walker, quality; 合成数据 where it is invented."""
    config = found.city.config
    quality = found.run.manifest["quality"]
    mark_zh = "【合成数据】" if config.synthetic else ""
    mark_en = "[synthetic data] " if config.synthetic else ""
    insufficient = bool(found.run.manifest["insufficient"])
    say(
        f"{mark_zh}{config.name}  快照 {found.city.snapshot.id}  口径 {found.run.manifest['basis']}  "
        f"步行者 {found.run.manifest['walker']}  数据质量 {quality:.0f}{'(数据不足)' if insufficient else ''}",
        f"{mark_en}{config.name}  snapshot {found.city.snapshot.id}  basis {found.run.manifest['basis']}  "
        f"walker {found.run.manifest['walker']}  data quality {quality:.0f}{' (insufficient)' if insufficient else ''}",
    )


def dump(value: Any) -> None:
    """JSON on standard output; where there is no number stands null, not NaN, which is no JSON."""
    json.dump(_valid(value), sys.stdout, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    sys.stdout.write("\n")


def _valid(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _valid(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_valid(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
