"""``kezhong catalogue``: look at elements and bases, compare bases, check the catalogue and an overlay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kezhong.cli.console import language, say, table

if TYPE_CHECKING:
    from kezhong.catalogue import Basis, Catalogue, Element, Requirement

app = typer.Typer(
    name="catalogue",
    help="服务要素与口径集 / service elements and bases",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_Json = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
_Overlay = Annotated[
    Path | None, typer.Option(help="本地口径文件或城市文件夹 / the city's overlay, a file or the city's folder")
]
_Effective = Annotated[str | None, typer.Option("--on", help="按哪一天的规定 / rules of which day, e.g. 2026-07-01")]


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="要素、口径或圈层，不填则全部列出 / an element, a basis or a circle")
    ] = None,
    overlay: _Overlay = None,
    on: _Effective = None,
    as_json: _Json = False,
) -> None:
    """查看要素、口径集或圈层 / show elements, a basis, or one of them."""
    from kezhong.catalogue import load_basis, load_catalogue

    book = load_catalogue()
    if name is None:
        _show_all(book, as_json)
    elif name in book.bases:
        _show_basis(load_basis(name, overlay, _day(on)), book, as_json)
    elif name in book.circles or name in {circle.zh for circle in book.circles.values()}:
        _show_circle(book, book.circle(name).id, as_json)
    else:
        _show_element(book.element(name), book, as_json)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="口径 / basis", metavar="BASIS")],
    after: Annotated[
        str | None, typer.Argument(help="另一口径，不填则与本地口径比较 / other basis, or none: with its overlay")
    ] = None,
    overlay: _Overlay = None,
    on: _Effective = None,
    as_json: _Json = False,
) -> None:
    """比较两个口径集，或一个口径与加上本地口径之后 / compare two bases, or one with and without the overlay."""
    from kezhong.catalogue import diff as differences
    from kezhong.catalogue import load_basis

    first = load_basis(before)
    second = load_basis(after or before, overlay, _day(on))
    rows = differences(first, second)
    if as_json:
        _print_json(
            [
                {
                    "element": row.element,
                    "community_types": list(row.community_types),
                    "before": row.before.model_dump(mode="json") if row.before else None,
                    "after": row.after.model_dump(mode="json") if row.after else None,
                    "fields": list(row.fields),
                }
                for row in rows
            ]
        )
        return
    say(
        f"{first.zh} {first.version} ↔ {second.zh} {second.version}：{len(rows)} 处不同",
        f"{first.en} {first.version} ↔ {second.en} {second.version}: {len(rows)} differences",
    )
    headings = ("要素", first.id, second.id) if language() == "zh" else ("element", first.id, second.id)
    table(headings, [(row.element, _asked(row.before), _asked(row.after)) for row in rows])


@app.command()
def validate(overlay: _Overlay = None, on: _Effective = None) -> None:
    """检查目录与本地口径 / check the catalogue, and an overlay; exit status 1 where something is wrong."""
    from kezhong.catalogue import load_basis, load_catalogue, problems

    book = load_catalogue()
    found = problems(book)
    for text in found:
        typer.echo(text, err=True)
    if found:
        raise typer.Exit(1)
    changed = [basis for name in book.bases if (basis := load_basis(name, overlay, _day(on))).overlay]
    say(
        f"目录无误：{len(book.elements)} 个要素，{len(book.bases)} 个口径集",
        f"the catalogue is sound: {len(book.elements)} elements, {len(book.bases)} bases",
    )
    for basis in changed:
        say(
            f"本地口径有效：{basis.id} {basis.version}（{basis.hash}）",
            f"the overlay is valid: {basis.id} {basis.version} ({basis.hash})",
        )


def _show_all(book: Catalogue, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "elements": [element.model_dump(mode="json") for element in book.elements.values()],
                "bases": [
                    {"id": basis.id, "zh": basis.zh, "en": basis.en, "version": basis.version, "hash": basis.hash}
                    for basis in book.bases.values()
                ],
            }
        )
        return
    for circle in book.circles:
        _show_circle(book, circle, as_json=False)
        typer.echo("")
    chinese = language() == "zh"
    headings = ("口径", "名称", "应配", "要求") if chinese else ("basis", "name", "required", "requirements")
    table(
        headings,
        [
            (basis.id, basis.zh if chinese else basis.en, len(basis.required), len(basis.requirements))
            for basis in book.bases.values()
        ],
        right=(2, 3),
    )


def _show_circle(book: Catalogue, circle_id: str, as_json: bool) -> None:
    elements = [element for element in book.elements.values() if element.circle == circle_id]
    if as_json:
        _print_json([element.model_dump(mode="json") for element in elements])
        return
    chinese = language() == "zh"
    circle = book.circles[circle_id]
    lead = book.department_name(circle.lead_department, language())
    say(f"{circle.zh}（牵头单位：{lead}）", f"{circle.en} (led by {lead})")
    headings = ("要素", "名称", "类型", "层级", "责任单位") if chinese else ("element", "name", "tier", "level", "duty")
    table(
        headings,
        [
            (
                element.id,
                element.zh if chinese else element.en,
                _name(book.tiers[element.tier]),
                _name(book.levels[element.level]),
                book.department_name(element.responsible_department, language()),
            )
            for element in elements
        ],
    )


def _show_basis(basis: Basis, book: Catalogue, as_json: bool) -> None:
    if as_json:
        _print_json(basis.model_dump(mode="json") | {"hash": basis.hash})
        return
    from kezhong.catalogue import clause_text
    from kezhong.catalogue.wording import status_text

    say(f"{basis.zh}  版本 {basis.version}  {basis.hash}", f"{basis.en}  version {basis.version}  {basis.hash}")
    say(basis.scope_zh, basis.scope_en)
    chinese = language() == "zh"
    headings = ("要求", "要素", "强制性", "内容", "依据") if chinese else ("id", "element", "status", "asked", "clause")
    table(
        headings,
        [
            (
                rule.id,
                _name(book.elements[rule.element]),
                status_text(rule.status, language()),
                _asked(rule),
                clause_text(rule.citations[0] if rule.citations else None, language(), basis),
            )
            for rule in basis.requirements
        ],
    )


def _show_element(element: Element, book: Catalogue, as_json: bool) -> None:
    from kezhong.catalogue import clause_text, conflicts, disagree, source_text
    from kezhong.catalogue.wording import item_text

    rows = conflicts(element.id)
    if as_json:
        _print_json(
            element.model_dump(mode="json")
            | {
                "conflict": disagree(rows),
                "figures": [
                    {
                        "basis": row.basis,
                        "requirement": row.requirement,
                        "status": row.status,
                        "item": row.item,
                        "value": row.value,
                        "maximum": row.maximum,
                        "unit": row.unit,
                        "clause": clause_text(row.cite),
                        "source": source_text(row.cite) if row.cite else "",
                    }
                    for row in rows
                ],
            }
        )
        return
    lead = book.department_name(element.lead_department, language())
    duty = book.department_name(element.responsible_department, language())
    say(
        f"{element.zh}（{element.id}）  {book.circles[element.circle].zh} · {book.tiers[element.tier].zh}",
        f"{element.en} ({element.id})  {book.circles[element.circle].en} · {book.tiers[element.tier].en}",
    )
    say(f"牵头单位：{lead}；责任单位：{duty}", f"lead: {lead}; responsible: {duty}")
    if element.note_zh:
        say(element.note_zh, element.note_en)
    if disagree(rows):
        say(
            "各口径数值不一致，以选定口径为准，不混用：",
            "The bases differ; only the chosen one counts, they are never mixed:",
        )
    chinese = language() == "zh"
    headings = ("口径", "项目", "数值", "单位", "依据") if chinese else ("basis", "item", "value", "unit", "clause")
    table(
        headings,
        [
            (
                row.basis,
                item_text(row.item, language()),
                _range(row.value, row.maximum),
                row.unit,
                clause_text(row.cite, language()),
            )
            for row in rows
        ],
    )


def _asked(rule: Requirement | None) -> str:
    if rule is None:
        return "–"
    from kezhong.catalogue import requirement_text

    return requirement_text(rule, language())


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return "–"
    return f"{low:g}" if high is None else f"{low:g}–{high:g}"


def _name(entry: Any) -> str:
    return str(entry.zh if language() == "zh" else entry.en)


def _day(text: str | None) -> Any:
    from datetime import date

    from kezhong.errors import InputError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise InputError("catalogue.bad_day", value=text) from problem


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
