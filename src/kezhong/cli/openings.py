"""``kezhong openings``: which gate, crossing, ramp or dead end serves most people if it were opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kezhong.cli.console import language, progress_bar, say, table
from kezhong.errors import InputError

if TYPE_CHECKING:
    from kezhong.assess.openings import OpeningsFound


def openings(
    city_dir: Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")],
    element: Annotated[str | None, typer.Option(help="只要这种服务要素 / this service element only")] = None,
    walker: Annotated[
        str | None, typer.Option(help="步行者；默认按规范口径的米 / walker; default: the metres of the verdict")
    ] = None,
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    top: Annotated[int, typer.Option(help="显示几行 / rows shown", min=1)] = 20,
    out: Annotated[Path | None, typer.Option(help="输出全表 / all rows: .csv .geojson .xlsx")] = None,
) -> None:
    """打通哪里受益人最多：大门、过街、坡道、断头路 / which opening serves most people."""
    from kezhong.assess.openings import openings_of
    from kezhong.city.workspace import City
    from kezhong.intake.elements import need_element

    if out is not None and out.suffix.lower() not in (".csv", ".geojson", ".xlsx"):
        raise InputError("cli.unknown_format", value=out.suffix, expected=".csv .geojson .xlsx")
    only = None if element is None else [need_element(element, "--element")]
    with progress_bar("openings") as progress:
        found = openings_of(City.open(city_dir), basis, walker=walker, elements=only, progress=progress)
    _show(found, top)
    if out is not None:
        _write(found, out)
        say(f"已写出 {len(found.table):,} 行：{out}", f"{len(found.table):,} rows written: {out}")


def _show(found: OpeningsFound, top: int) -> None:
    from kezhong.assess.openings_wording import KIND_WORDS, REASON_WORDS, STATE_WORDS, UNTESTED_WORDS

    at = 0 if language() == "zh" else 1
    if found.reason:
        say(*REASON_WORDS[found.reason])
        return
    rows = [
        (row.id, KIND_WORDS[row.kind][at], row.name or "–", f"{row.people:,.0f}", f"{row.complete:,.0f}",
         f"{row.lon:.5f}, {row.lat:.5f}")
        for row in found.table.head(top).itertuples(index=False)
    ]  # fmt: skip
    headings = (
        ("编号", "类型", "名称", "受益人口", "要素齐全人口", "位置")
        if at == 0
        else ("id", "kind", "name", "people", "complete", "position")
    )
    table(headings, rows, right=(3, 4))
    unsure = int((found.table["ages_unknown"] > 0).sum())
    if unsure:
        say(
            f"其中 {unsure:,} 处有居民年龄不明，只按面向全体居民的要素计入。",
            f"at {unsure:,} of these some ages are unknown: such people count for elements for everybody only.",
        )
    untested = sorted({name for text in found.table["untested"] for name in text.split(",") if name})
    if untested:
        text = (
            "、".join(UNTESTED_WORDS[name][0] for name in untested),
            ", ".join(UNTESTED_WORDS[name][1] for name in untested),
        )
        say(f"未导入{text[0]}，新增连线可能穿越它们，须现场核对。",
            f"without {text[1]} a new link may run into them: look on the ground.")  # fmt: skip
    for one in found.kinds:
        name, state = KIND_WORDS[one.kind][at], STATE_WORDS[one.state][at]
        say(f"{name}：{one.tried:,} 处，{state}", f"{name}: {one.tried:,}, {state}")


def _write(found: OpeningsFound, out: Path) -> None:
    rows = found.table.copy()
    rows["elements"] = [json.dumps(one, ensure_ascii=False) for one in rows["elements"]]
    if out.suffix.lower() == ".geojson":
        from kezhong.city.files import write_text

        write_text(out, rows.to_json(ensure_ascii=False, drop_id=True) + "\n")
        return
    rows["geometry"] = rows.geometry.to_wkt()
    plain = rows.astype(object)
    if out.suffix.lower() == ".csv":
        plain.to_csv(out, index=False, encoding="utf-8-sig")
    else:
        plain.to_excel(out, index=False)
