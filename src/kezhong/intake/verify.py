"""The verification ledger: out to the communities, and back.

What comes back, and only that, turns 未检出 into 确有 or 确无. A line left empty says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.city.vocabulary import FacilityStatus, Presence
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError
from kezhong.intake import derive, values
from kezhong.intake.area_names import short_name
from kezhong.intake.elements import find_element, near_elements
from kezhong.intake.report import ImportReport, Note, Skipped, row_details
from kezhong.intake.verify_sheet import COLUMNS, FORMAT, HEADING_ROW, META, NO, SHEET, YES, Form, Line, write_form
from kezhong.intake.workbooks import open_workbook

#: ``facility_ref`` of the statement about a whole community.
WHOLE = "none"
#: ``facility_ref`` of a facility that only the ledger knows starts with this.
NEW = "verify:"
_MORE = "还有其他吗？"
_UNSEEN = "未检出"
_OTHER = "+"  # marks the line that asks for another one


def verify_export(
    city: City, out_folder: str | Path, *, basis: str | None = None, communities: list[str] | None = None
) -> list[Path]:
    """Write one workbook for each community.

    Parameters
    ----------
    basis
        Whose required elements are asked for (default: the city's basis).
    communities
        Codes or names; all of them by default.

    Returns
    -------
    The files, ``<code>_<name>.xlsx``. Earlier findings are filled in.

    Raises
    ------
    DataMissingError
        The city has no communities.
    """
    tree = city.areas
    if not tree.communities:
        raise DataMissingError("intake.no_communities_to_verify")
    wanted = [tree.find(text) for text in communities] if communities else tree.communities
    book = load_catalogue()
    rules = book.basis(basis or city.config.basis)
    folder = Path(out_folder).expanduser()
    points = city.layer("service_points")
    findings = city.layer("verification")
    everything = [element.zh for element in book.elements.values()]
    files = []
    for code in wanted:
        asked = [
            rule.element
            for rule in rules.requirements_for(tree.community_type.get(code))
            if rule.status in ("required", "conditional")
        ]
        lines = list(
            _lines(
                code,
                list(dict.fromkeys(asked)),
                points[points["community_code"] == code],
                findings[findings["community_code"] == code],
            )
        )
        form = Form(
            city_name=city.config.name,
            city_id=city.config.city_id,
            community_code=code,
            community_name=tree.full_name(code),
            basis=rules.zh,
            snapshot=city.snapshot.id,
            day=clock.today(city.config.timezone).isoformat(),
            synthetic=city.config.synthetic,
        )
        name = re.sub(r"[^\w\-]", "_", short_name(tree.name[code]))
        target = folder / f"{code}_{name}.xlsx"
        write_form(target, form, lines, everything)
        files.append(target)
    return files


def verify_import(city: City, file_or_folder: str | Path) -> ImportReport:
    """Take filled-in workbooks back, all of them or none; a community's new workbook replaces its earlier one.

    Raises
    ------
    InputError
        A foreign or changed workbook, a finding without person or date, a contradiction: with file, row and column.
    """
    path = Path(file_or_folder).expanduser()
    if not path.exists():
        raise InputError("intake.no_file", file=path)
    files = (
        sorted(entry for entry in path.glob("*.xlsx") if not entry.name.startswith("~$")) if path.is_dir() else [path]
    )
    if not files:
        raise InputError("intake.no_verification_files", file=path)
    frames: dict[str, pd.DataFrame] = {}
    skipped: list[Skipped] = []
    read = 0
    for file in files:
        code, rows = _read(city, file)
        read += len(rows)
        if code in frames:
            raise InputError("intake.two_verifications", file=file.name, value=code)
        skipped += [
            Skipped(f"{file.name}:{row.number}", "未填核实结果，不作结论", "no finding: nothing is concluded")
            for row in rows
            if row.finding is None and row.touched
        ]
        frames[code] = _findings(city, code, file.name, rows)
    taken = sum(len(frame) for frame in frames.values())
    with city.edit(f"verify import: {path.name}") as edit:
        for code, frame in frames.items():
            source = f"verify-{code}"
            if frame.empty:
                edit.remove("verification", source)
            else:
                edit.put("verification", source, frame.assign(source=source))
        derive.refresh(edit, {"verification"})
    present = sum(int((frame["finding"] == Presence.PRESENT.value).sum()) for frame in frames.values() if len(frame))
    note = Note(
        f"{len(files)} 份台账，确有 {present} 条，确无 {taken - present} 条",
        f"{len(files)} ledgers, {present} confirmed present, {taken - present} confirmed absent",
    )
    return ImportReport("verification", path.name, read, taken, tuple(skipped), (note,), city.refresh().snapshot.id)


# ---- out ---------------------------------------------------------------------------------------------------


def _lines(code: str, asked: list[str], points: pd.DataFrame, findings: pd.DataFrame) -> Iterator[Line]:
    """Lines of one community: each asked element with what is known, then the question for another one."""
    book = load_catalogue()
    order = {name: place for place, name in enumerate(book.elements)}
    before = {(row["element"], row["facility_ref"]): row for row in findings.to_dict("records")}
    for element_id in sorted(asked, key=lambda name: order[name]):
        element = book.elements[element_id]
        circle = book.circles[element.circle].zh
        known = points[(points["element"] == element_id) & (points["status"] != FacilityStatus.PLANNED.value)]
        listed = set()
        for row in known.sort_values("facility_id").to_dict("records"):
            refs = str(row["source_refs"]).split(" ")
            earlier = next((before[(element_id, ref)] for ref in refs if (element_id, ref) in before), None)
            listed |= set(refs)
            name = str(row["facility_id"]) if pd.isna(row["name"]) else str(row["name"])
            yield Line(element_id, element.zh, circle, name, str(row["facility_id"]), _filled(earlier))
        for (which, ref), earlier in before.items():
            if which == element_id and ref != WHOLE and ref not in listed:
                name = "" if pd.isna(earlier["name"]) else str(earlier["name"])
                yield Line(element_id, element.zh, circle, name or ref, ref, _filled(earlier))
                listed.add(ref)
        whole = before.get((element_id, WHOLE))
        if listed:
            free = next(n for n in range(1, 1000) if f"{NEW}{code}:{element_id}:{n}" not in listed)
            yield Line(element_id, element.zh, circle, _MORE, f"{_OTHER}{NEW}{code}:{element_id}:{free}", {})
        else:
            yield Line(element_id, element.zh, circle, _UNSEEN, WHOLE, _filled(whole))


def _filled(earlier: dict[Any, Any] | None) -> dict[str, str | float]:
    """An earlier finding as it goes into the cells."""
    if earlier is None:
        return {}
    found: dict[str, str | float] = {"finding": YES if earlier["finding"] == Presence.PRESENT.value else NO}
    for field in ("name", "hours", "floor_area_m2", "gates", "confirmed_by", "confirmed_on"):
        if not pd.isna(earlier[field]):
            found[field] = earlier[field]
    return found


# ---- back --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as it came back."""

    file: str
    number: int
    element: str
    facility_ref: str
    finding: bool | None
    name: str | None
    hours: str | None
    floor_area_m2: float
    gates: float
    confirmed_by: str | None
    confirmed_on: str | None
    touched: bool

    def problem(self, code: str, field: str, value: object = "", **more: object) -> InputError:
        """An error about one cell of this line."""
        return InputError(
            code,
            file=self.file,
            **row_details(self.number),
            column=COLUMNS[field][0],
            value=values.show(value),
            others_zh="",
            others_en="",
            **more,
        )


def _read(city: City, file: Path) -> tuple[str, list[_Row]]:
    book = open_workbook(file)
    if META not in book.sheetnames or SHEET not in book.sheetnames:
        raise InputError("intake.not_a_verification", file=file.name)
    meta = {str(row[0].value): row[1].value for row in book[META].iter_rows(max_col=2)}
    page = book[SHEET]
    headings = [page.cell(HEADING_ROW, column).value for column in range(1, len(COLUMNS) + 1)]
    if meta.get("format") != FORMAT or headings != [heading for heading, _, _ in COLUMNS.values()]:
        raise InputError("intake.not_a_verification", file=file.name)
    if meta.get("city_id") != city.config.city_id:
        raise InputError("intake.verification_other_city", file=file.name)
    code = str(meta.get("community_code"))
    if code not in city.areas.communities:
        raise InputError(
            "intake.unknown_area",
            file=file.name,
            at_zh="隐藏工作表",
            at_en="hidden sheet",
            column=META,
            value=code,
            near="–",
            others_zh="",
            others_en="",
        )
    rows = []
    for number in range(HEADING_ROW + 1, page.max_row + 1):
        cells = {field: page.cell(number, at).value for at, field in enumerate(COLUMNS, 1)}
        row = _row(file.name, number, code, cells)
        if row is not None:
            rows.append(row)
    return code, rows


def _row(file: str, number: int, code: str, cells: Mapping[str, object]) -> _Row | None:
    texts = {field: values.texts(pd.Series([value], dtype=object))[0] for field, value in cells.items()}
    filled = [field for field, (_, _, by_hand) in COLUMNS.items() if by_hand and texts[field] is not None]
    element, ref = texts["element"], texts["facility_ref"]
    if ref is None and texts["element_name"] is None and not filled:
        return None  # a free line left empty
    blank = _Row(file, number, element or "", ref or "", None, None, None, np.nan, np.nan, None, None, bool(filled))
    if element is None:
        name = texts["element_name"] or ""
        element = find_element(name)
        if element is None:
            raise blank.problem("intake.unknown_element", "element_name", name, near=near_elements(name))
        ref = f"{_OTHER}{NEW}{code}:{element}:r{number}"
    said, odd = values.flags(pd.Series([cells["finding"]], dtype=object))
    if odd[0]:
        raise blank.problem("intake.not_yes_or_no", "finding", cells["finding"])
    days, bad_day = values.dates(pd.Series([cells["confirmed_on"]], dtype=object))
    if bad_day[0]:
        raise blank.problem("intake.not_a_date", "confirmed_on", cells["confirmed_on"])
    amounts = []
    for field in ("floor_area_m2", "gates"):
        number_, bad, _ = values.numbers(pd.Series([cells[field]], dtype=object))
        if bad[0] or number_[0] < 0:
            raise blank.problem("intake.not_a_number", field, cells[field])
        amounts.append(float(number_[0]))
    return _Row(
        file,
        number,
        element,
        ref or WHOLE,
        said[0],
        texts["name"],
        texts["hours"],
        amounts[0],
        amounts[1],
        texts["confirmed_by"],
        days[0],
        bool(filled),
    )


def _findings(city: City, code: str, file: str, rows: list[_Row]) -> pd.DataFrame:
    """Rows of the verification layer: confirmed lines only."""
    today = clock.today(city.config.timezone).isoformat()
    said = [row for row in rows if row.finding is not None]
    for row in said:
        if row.confirmed_by is None:
            raise row.problem("intake.finding_without_person", "confirmed_by")
        if row.confirmed_on is None:
            raise row.problem("intake.finding_without_date", "confirmed_on")
        if row.confirmed_on > today:
            raise row.problem("intake.future_date", "confirmed_on", row.confirmed_on)
    out = []
    for element in dict.fromkeys(row.element for row in said):
        mine = [row for row in said if row.element == element]
        everything = [row for row in rows if row.element == element]
        _contradiction(mine, element)
        kept = [row for row in mine if row.finding or not row.facility_ref.startswith(_OTHER)]
        out += [_record(code, file, row, row.facility_ref.removeprefix(_OTHER)) for row in kept]
        # Every known one is gone and there is no other: then the community has none.
        gone = all(row.finding is False for row in everything) and all(row.facility_ref != WHOLE for row in everything)
        if gone:
            out.append(_record(code, file, mine[-1], WHOLE))
    return pd.DataFrame(out)


def _contradiction(mine: list[_Row], element: str) -> None:
    whole = next((row for row in mine if row.facility_ref == WHOLE and row.finding is False), None)
    present = next((row for row in mine if row.finding), None)
    if whole is not None and present is not None:
        raise present.problem("intake.contradicting_finding", "finding", load_catalogue().elements[element].zh)


def _record(code: str, file: str, row: _Row, ref: str) -> dict[str, object]:
    return {
        "community_code": code,
        "element": row.element,
        "facility_ref": ref,
        "finding": (Presence.PRESENT if row.finding else Presence.CONFIRMED_ABSENT).value,
        "name": row.name,
        "hours": row.hours,
        "floor_area_m2": row.floor_area_m2,
        "gates": row.gates,
        "confirmed_by": row.confirmed_by,
        "confirmed_on": row.confirmed_on,
        "source_row": f"{file}:{SHEET}!{row.number}",
    }
