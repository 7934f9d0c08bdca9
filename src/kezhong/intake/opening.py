"""Opening a file for import: its heading, its columns, the positions of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import values
from kezhong.intake.columns import Fields
from kezhong.intake.mapping import Mapping, chosen_mapping, recognise, resolve
from kezhong.intake.options import Reading
from kezhong.intake.positions import check_place, place
from kezhong.intake.report import Note
from kezhong.intake.rows import Rows
from kezhong.intake.source import Source
from kezhong.intake.tables import Table, read_table

Geometry = Literal["none", "optional", "required"]


def open_source(
    city: City,
    kind: str,
    file: str | Path,
    fields: Fields,
    how: Reading,
    *,
    geometry: Geometry = "optional",
    trust_place: bool = False,
) -> Source:
    """Open a file for import: find its heading and columns, read its positions.

    Parameters
    ----------
    kind
        What is imported; the mapping is remembered by kind and source.
    fields
        Which columns are wanted, with their spellings.
    how
        The user's options.
    geometry
        Whether positions are not read, read where there are any, or required in each row.
    trust_place
        Do not ask whether the positions lie in the city (they define it).

    Raises
    ------
    InputError
        Anything that makes the file unreadable as a whole.
    """
    path = Path(file).expanduser()
    name = how.get("source") or path.stem
    mapping, datum = how.get("mapping"), how.get("datum")
    chosen = chosen_mapping(city.folder, kind, name, mapping)
    table = _table(path, fields, chosen, how.get("sheet"))
    notes = list(table.notes)
    if mapping is None:
        chosen = _still_fitting(chosen, table, notes)
    if mapping is None and datum is None and chosen.datum:
        notes.append(
            Note(
                f"坐标系沿用该来源上次的 {chosen.datum}",
                f"datum {chosen.datum} taken over from this source's last import",
            )
        )
    columns = resolve(table.columns, fields, chosen, path.name)
    opened = Source(
        city,
        kind,
        name,
        Rows(table, columns, chosen),
        replace(chosen, columns=columns),
        as_of=_day(how.get("as_of")),
        allow_rejects=how.get("allow_rejects", False),
        notes=notes,
    )
    if geometry != "none":
        place(opened, datum or chosen.datum, required=geometry == "required")
        if not trust_place:
            check_place(opened)
    shown = "；".join(f"{which}←{column}" for which, column in columns.items())
    shown_en = "; ".join(f"{which}←{column}" for which, column in columns.items())
    opened.notes.append(Note(f"列对应：{shown or '无'}", f"columns: {shown_en or 'none'}"))
    return opened


def _table(path: Path, fields: Fields, chosen: Mapping, sheet: str | None) -> Table:
    named = set(chosen.columns.values()) | {str(entry.get("when")) for entry in chosen.services}

    def score(columns: Sequence[str]) -> int:
        return len(recognise(columns, fields)) + 3 * len(named & set(columns))

    return read_table(path, score, sheet=sheet or chosen.sheet)


def _still_fitting(chosen: Mapping, table: Table, notes: list[Note]) -> Mapping:
    """The remembered mapping, without its columns where the file no longer has all of them."""
    gone = sorted(set(chosen.columns.values()) - set(table.columns))
    if not gone:
        return chosen
    missing = "、".join(gone)
    notes.append(
        Note(
            f"上次的列 {missing} 已不在文件中，重新识别列名",
            f"columns {missing} of last time are gone; columns were recognised anew",
        )
    )
    return replace(chosen, columns={})


def _day(as_of: str | None) -> str | None:
    if as_of is None:
        return None
    parsed, bad = values.dates(pd.Series([as_of]))
    if bad[0]:
        raise InputError("intake.bad_option", option="as_of", value=as_of, expected="2024-12-31")
    day: str | None = parsed[0]
    return day
