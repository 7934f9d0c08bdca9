"""``kezhong audit``: the chain of changes verified, anchored, printed and handed over as evidence."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from kezhong.cli.console import language, local_time, progress_bar, say
from kezhong.errors import InputError

if TYPE_CHECKING:
    from kezhong.office.audit.verify import Finding, Verdict

app = typer.Typer(
    help="审计：核验、锚点、核对单、证据 / the audit: verify, anchors, sheets, evidence",
    no_args_is_help=True,
    rich_markup_mode=None,
)
CityDir = Annotated[Path, typer.Argument(metavar="CITY_DIR", help="城市文件夹 / city folder")]


@app.command()
def verify(
    city_dir: CityDir,
    anchors: Annotated[
        Path | None, typer.Option(help="另一处保存的锚点文件 / a file of anchors kept elsewhere")
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option("--public-key", help="可信公钥(base64)，可多次 / trusted key; may be repeated")
    ] = None,
    sheet_hash: Annotated[
        list[str] | None,
        typer.Option(
            "--sheet-hash",
            help="核对单上的“序号:校验值” / ENTRY:HASH typed back from a printed sheet; may be repeated",
            metavar="ENTRY:HASH",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """核验审计链；发现问题时退出码为 1 / verify the chain; exit status 1 where something was found."""
    from kezhong.office.audit.verify import verify as verify_chain
    from kezhong.office.office import open_office

    typed = [_typed(one) for one in sheet_hash or ()]
    with open_office(city_dir) as office, progress_bar("audit verify") as progress:
        verdict = verify_chain(
            office, anchors_file=anchors, public_keys=public_key or (), sheet=typed, progress=progress
        )
    if as_json:
        sys.stdout.write(json.dumps(_wire(verdict), ensure_ascii=False, indent=1, default=str) + "\n")
    else:
        _tell(verdict)
    raise typer.Exit(0 if verdict.whole else 1)


@app.command()
def anchor(
    city_dir: CityDir,
    put_back: Annotated[
        bool,
        typer.Option(
            "--put-back",
            help="数据库已用自有手段恢复到较早状态：在锚点中写明 / say that the database was put back by other means",
        ),
    ] = False,
) -> None:
    """立即写入锚点 / write the head of the chain outside the database now."""
    from kezhong.office.audit.anchors import anchor as write
    from kezhong.office.audit.anchors import anchor_rollback
    from kezhong.office.office import open_office

    if put_back:
        with open_office(city_dir) as office:
            back = anchor_rollback(office)
        if back is None:
            say("锚点并不比数据库新，无需写明", "the anchors know no more than the database: nothing to say")
        else:
            say(
                f"已在锚点中写明：审计链退回到第 {back.seq} 条（原记到第 {back.known} 条）",
                f"the anchors now say that the chain was put back to entry {back.seq} (they knew {back.known})",
            )
        return
    with open_office(city_dir) as office:
        made = write(office, force=True)
        file, zone = office.anchors_file, office.config.timezone
    if made is None:
        say("没有新的记录，无需锚点", "nothing new since the last anchor")
        return
    signed = made.signature != ""
    say(
        f"已写入锚点：第 {made.seq} 条，{local_time(made.at, zone)}，{'已签名' if signed else '未签名'}：{file}",
        f"anchored entry {made.seq}, {local_time(made.at, zone)}, {'signed' if signed else 'unsigned'}: {file}",
    )


@app.command()
def key() -> None:
    """生成签名密钥 / make a pair of keys."""
    from kezhong.office.audit.keys import new_pair

    seed, public = new_pair()
    say(
        "私钥只放在服务器的环境变量中（不要写入文件夹或聊天）；公钥交给核验的人，另存一份。",
        "The first goes into the server's environment and nowhere else; the second to whoever verifies.",
    )
    sys.stdout.write(f"KEZHONG_AUDIT_KEY={seed}\nKEZHONG_AUDIT_PUBLIC_KEY={public}\n")


@app.command()
def sheet(
    city_dir: CityDir,
    month: Annotated[str, typer.Option(help="月份 / month, e.g. 2026-11")],
    out: Annotated[Path, typer.Option(help="输出文件 / file: .html .txt")],
) -> None:
    """打印用月度核对单 / the month's anchors on paper, to be signed."""
    from kezhong.city.files import write_text
    from kezhong.office.audit.sheet import as_html, as_text, month_sheet
    from kezhong.office.office import open_office

    if out.suffix.lower() not in (".html", ".txt"):
        raise InputError("cli.bad_option", option="--out", problem=out.name, command="kezhong audit sheet")
    with open_office(city_dir) as office:
        found = month_sheet(office, month)
    write_text(out, as_html(found) if out.suffix.lower() == ".html" else as_text(found))
    say(f"已写出核对单（{len(found.anchors)} 个锚点）：{out}", f"sheet with {len(found.anchors)} anchors: {out}")


@app.command()
def export(
    city_dir: CityDir,
    out: Annotated[Path, typer.Option(help="输出文件夹 / folder")],
    start: Annotated[str | None, typer.Option("--from", help="起 / from, e.g. 2026-11-01")] = None,
    end: Annotated[str | None, typer.Option("--to", help="止(不含) / to (excluded)")] = None,
    subject: Annotated[str | None, typer.Option("--object", help="对象 / object: task/12", metavar="KIND/ID")] = None,
) -> None:
    """导出证据包 / hand entries over as evidence that stands alone."""
    from kezhong.office.audit.evidence import export_evidence
    from kezhong.office.audit.history import Filter, audited_kinds
    from kezhong.office.office import open_office

    kind, number = None, None
    if subject is not None:
        kind, slash, number = subject.partition("/")
        kinds = {one[0] for one in audited_kinds()}
        if kind not in kinds or (slash and not number):
            raise InputError("audit.bad_object", value=subject, near=", ".join(sorted(kinds)))
    with open_office(city_dir) as office:
        zone = office.config.timezone
        wanted = Filter(object_kind=kind, object_id=number or None, start=_moment(start, zone), end=_moment(end, zone))
        written = export_evidence(office, office.system("cli"), wanted, out)
    say(f"已导出 {written} 条记录：{out}（核对方法见 README.txt）", f"{written} entries: {out} (see README.txt)")


def _typed(text: str) -> tuple[int, str]:
    seq, colon, digest = text.strip().partition(":")
    if not colon or not seq.strip().isdecimal():
        raise InputError("audit.bad_sheet_hash", value=text, expected=16)
    return int(seq), digest


def _moment(text: str | None, zone: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise InputError("audit.bad_time", value=text) from problem
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))


def _tell(verdict: Verdict) -> None:
    zh, en = ("完整", "is whole") if verdict.whole else ("有问题", "is NOT whole")
    number, took = f"{verdict.entries:,}", f"{verdict.seconds:.1f}"
    say(f"审计链{zh}：核验 {number} 条记录，用时 {took} 秒", f"the chain {en}: {number} entries, {took} s")
    say(
        f"锚点 {verdict.anchors} 个，其中签名有效 {verdict.signed} 个；签名保护到第 {verdict.protected} 条",
        f"{verdict.anchors} anchors, {verdict.signed} validly signed; protected up to entry {verdict.protected}",
    )
    say(f"最后一条 {verdict.seq}  {verdict.hash}", f"last entry {verdict.seq}  {verdict.hash}")
    for mark, found in (*(("✗", one) for one in verdict.findings), *(("!", one) for one in verdict.warnings)):
        sys.stdout.write(f"{mark} {found.text(language())}\n  {found.todo(language())}\n")
    if verdict.count > len(verdict.findings):
        more = verdict.count - len(verdict.findings)
        say(f"另有 {more} 处问题未列出", f"and {more} more")


def _wire(verdict: Verdict) -> dict[str, object]:
    values = asdict(verdict)
    values["whole"] = verdict.whole
    values["findings"] = [_finding(one) for one in verdict.findings]
    values["warnings"] = [_finding(one) for one in verdict.warnings]
    return values


def _finding(found: Finding) -> dict[str, object]:
    return {
        "code": found.code, "details": dict(found.details),
        "zh": found.text("zh"), "en": found.text("en"), "todo_zh": found.todo("zh"), "todo_en": found.todo("en"),
    }  # fmt: skip
