"""The printed sheet of a month: anchors on paper, signed by two people, out of reach of any computer."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.audit.anchors import Anchor, read_anchors
from kezhong.office.office import Office

_MONTH = re.compile(r"(\d{4})-(\d{2})")
#: Anchors on one sheet: the last of each day, so that a month fits on a page or two.
_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("审计链月度核对单", "Monthly sheet of the audit chain"),
    "seq": ("记录序号", "Entry"),
    "at": ("时间", "Time"),
    "hash": ("校验值", "Hash"),
    "signature": ("签名(前16位)", "Signature (first 16)"),
    "none": ("本月没有锚点", "no anchor in this month"),
    "unsigned": ("未签名", "unsigned"),
    "check": (
        "核对：kezhong audit verify 城市文件夹 --sheet-hash 序号 校验值(至少前16位)",
        "To check: kezhong audit verify CITY_DIR --sheet-hash ENTRY HASH (the first 16 digits at least)",
    ),
    "one": ("签字一(制表)", "Signed (made by)"),
    "two": ("签字二(复核)", "Signed (checked by)"),
    "date": ("日期", "Date"),
    "made": ("制表时间", "Made"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The month's anchors: the last of each local day."""

    city: str
    month: str
    zone: str
    made: datetime
    anchors: tuple[Anchor, ...]


def month_sheet(office: Office, month: str) -> Sheet:
    """The sheet of a month, ``2026-11``.

    Raises
    ------
    InputError
        No month.
    WorkspaceError
        The file of anchors cannot be read.
    """
    zone = office.config.timezone
    start, end = _bounds(month, zone)
    last: dict[str, Anchor] = {}
    for one in read_anchors(office.anchors_file).anchors:
        at = datetime.fromisoformat(one.at)
        if start <= at < end:
            last[at.astimezone(ZoneInfo(zone)).date().isoformat()] = one
    return Sheet(office.config.name, month, zone, clock.now(), tuple(last[day] for day in sorted(last)))


def grouped(digest: str) -> str:
    """A hash in groups of four, as it is printed and typed back."""
    return " ".join(digest[k : k + 4] for k in range(0, len(digest), 4))


def as_text(sheet: Sheet) -> str:
    """The sheet as plain text in both languages."""
    lines = [
        f"{sheet.city}  {_both('title')}  {sheet.month}",
        f"{_both('made')}: {_local(sheet.made, sheet.zone)}",
        "",
    ]
    for one in sheet.anchors:
        lines += [
            f"{_both('seq')}: {one.seq}    {_both('at')}: {_local(datetime.fromisoformat(one.at), sheet.zone)}",
            f"  {grouped(one.hash)[:39]}",
            f"  {grouped(one.hash)[40:]}",
            f"  {_both('signature')}: {one.signature[:16] or _both('unsigned')}",
            "",
        ]
    if not sheet.anchors:
        lines += [_both("none"), ""]
    lines += [*_WORDS["check"], ""]
    for name in ("one", "two"):
        lines += [f"{_both(name)}: ____________________    {_both('date')}: ______________", ""]
    return "\n".join(lines)


def as_html(sheet: Sheet) -> str:
    """The sheet as one page to print, without anything from elsewhere."""
    escape = html.escape
    rows = "".join(
        f"<tr><td class=n>{one.seq}</td><td>{escape(_local(datetime.fromisoformat(one.at), sheet.zone))}</td>"
        f"<td class=h>{grouped(one.hash)[:39]}<br>{grouped(one.hash)[40:]}</td>"
        f"<td class=h>{escape(one.signature[:16]) or escape(_WORDS['unsigned'][0])}</td></tr>"
        for one in sheet.anchors
    )
    head = "".join(
        f"<th>{_WORDS[name][0]}<small>{_WORDS[name][1]}</small></th>" for name in ("seq", "at", "hash", "signature")
    )
    none = "" if sheet.anchors else f"<p>{_both('none')}</p>"
    signed = "".join(
        f"<div><b>{_WORDS[name][0]}</b><small>{_WORDS[name][1]}</small><i></i>"
        f"<b>{_WORDS['date'][0]}</b><small>{_WORDS['date'][1]}</small><i></i></div>"
        for name in ("one", "two")
    )
    return f"""<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>{escape(sheet.city)} {_WORDS["title"][0]} {sheet.month}</title>
<style>
@page {{ size: A4; margin: 18mm 15mm; }}
body {{ font: 11pt/1.5 "FangSong", "Noto Serif CJK SC", "Songti SC", serif;
  color: #000; max-width: 180mm; margin: 0 auto; }}
h1 {{ font-size: 16pt; text-align: center; margin: 0; }}
p {{ margin: 2mm 0; }} small {{ display: block; font-size: 8pt; }}
table {{ width: 100%; border-collapse: collapse; margin: 4mm 0; }}
th, td {{ border: 1px solid #000; padding: 1mm 2mm; text-align: left; vertical-align: top; }}
tr {{ break-inside: avoid; }} .n {{ text-align: right; }}
.h {{ font: 10pt/1.4 "Courier New", monospace; white-space: nowrap; }}
.s {{ display: grid; grid-template-columns: 1fr 1fr; gap: 10mm; margin-top: 12mm; break-inside: avoid; }}
.s i {{ display: block; border-bottom: 1px solid #000; height: 12mm; margin-bottom: 3mm; }}
</style></head><body>
<h1>{escape(sheet.city)}<br>{_WORDS["title"][0]}<small>{_WORDS["title"][1]} · {sheet.month}</small></h1>
<p>{_both("made")}：{escape(_local(sheet.made, sheet.zone))}</p>
<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{none}
<p>{escape(_WORDS["check"][0])}<small>{escape(_WORDS["check"][1])}</small></p>
<div class="s">{signed}</div>
</body></html>
"""


def _both(name: str) -> str:
    return " / ".join(_WORDS[name])


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _bounds(month: str, zone: str) -> tuple[datetime, datetime]:
    match = _MONTH.fullmatch(month)
    year, number = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1950 <= year <= 2200 and 1 <= number <= 12):
        raise InputError("audit.bad_month", value=month)
    start = datetime(year, number, 1, tzinfo=ZoneInfo(zone))
    following = start.replace(day=28) + timedelta(days=4)
    return start.astimezone(UTC), following.replace(day=1).astimezone(UTC)
