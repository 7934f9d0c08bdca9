"""Department ledgers: facilities with what they serve, from tables or GIS files.

One row may serve several elements: a ``services`` column lists them, or a mapping's ``[[services]]`` names columns with
each one's share of floor area, places and hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.catalogue import match_amap
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import values
from kezhong.intake.columns import FACILITIES, plain
from kezhong.intake.elements import capacity_unit, find_element, near_elements, need_element, split_names
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.rows import Rows
from kezhong.intake.source import MappingLike, Source, areas_m2, geo, keys_of, open_source, store, working_crs
from kezhong.intake.values import absent

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

_STATUS = {
    "open": "open",
    "planned": "planned",
    "building": "building",
    "closed": "closed",
    "开放": "open",
    "在营": "open",
    "运营": "open",
    "运营中": "open",
    "正常": "open",
    "正常运营": "open",
    "营业": "open",
    "营业中": "open",
    "在用": "open",
    "使用中": "open",
    "已建成": "open",
    "建成": "open",
    "已投用": "open",
    "投用": "open",
    "现状": "open",
    "规划": "planned",
    "拟建": "planned",
    "规划中": "planned",
    "待建": "planned",
    "计划": "planned",
    "在建": "building",
    "建设中": "building",
    "施工": "building",
    "改造中": "building",
    "停用": "closed",
    "关闭": "closed",
    "停业": "closed",
    "歇业": "closed",
    "注销": "closed",
    "已关闭": "closed",
    "闲置": "closed",
    "停办": "closed",
}
_WHEELCHAIR = {
    "yes": "yes",
    "limited": "limited",
    "no": "no",
    "有": "yes",
    "是": "yes",
    "已建": "yes",
    "完善": "yes",
    "无": "no",
    "否": "no",
    "没有": "no",
    "未建": "no",
    "部分": "limited",
    "不完善": "limited",
    "1": "yes",
    "0": "no",
}
#: Reduced headings that mean a unit of capacity.
_CAPACITY_UNITS = {
    "床": "beds",
    "学位": "places",
    "托位": "places",
    "班": "classes",
    "车位": "spaces",
    "座": "seats",
    "席": "seats",
}


@dataclass(frozen=True, slots=True)
class Service:
    """One element served by one row; numbers NaN and texts ``None`` where nothing is said."""

    row: int
    element: str
    matched_by: str
    floor_area_m2: float = np.nan
    capacity: float = np.nan
    capacity_unit: str | None = None
    used: float = np.nan
    hours: str | None = None
    grade: str | None = None
    split: bool = False  # figures of this element alone, not of the whole row


def import_ledger(
    city: City,
    file: str | Path,
    *,
    element: str | None = None,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import a ledger of facilities.

    Rows need coordinates (or a geometry): addresses are not looked up, for a guessed place would be measured like a
    surveyed one.

    Parameters
    ----------
    element
        Element that every row serves, by id, Chinese or English name; otherwise a column says it.

    Raises
    ------
    InputError
        Missing coordinates or datum, an unknown element, duplicate codes, wrong values; nothing is taken in then.
    """
    fixed = need_element(element) if element is not None else None
    opened = open_source(
        city,
        "facilities",
        file,
        FACILITIES,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    rows = opened.rows
    shapes = opened.require_shapes("any")
    if fixed is None and opened.mapping.element:
        fixed = need_element(opened.mapping.element)
    opened.mapping.element = fixed
    keys = _keys(opened, shapes)
    services = list(_services(rows, fixed))
    served = np.zeros(len(rows), dtype=bool)
    served[[service.row for service in services]] = True
    rows.reject(~served, "intake.row_without_element", "element" if rows.has("element") else None)
    facilities = _facilities(opened, shapes, keys)
    satisfaction = rows.numbers("satisfaction")
    satisfaction = np.where(satisfaction > 1, satisfaction / 100, satisfaction)
    rows.reject(satisfaction > 1, "intake.out_of_bounds", "satisfaction", low=0, high="100 %")
    table = _service_table(opened, services, keys, facilities, satisfaction)
    table = _check_same(rows, keys, table)
    keep = rows.settle(allow_rejects)
    table = table[keep[table["row"].to_numpy(dtype=np.int64)]].drop(columns="row").reset_index(drop=True)
    frame = geo(facilities, shapes, keep).drop_duplicates("facility_id").reset_index(drop=True)
    counted = "、".join(f"{name} {n}" for name, n in table["element"].value_counts().head(8).items())
    return store(
        opened,
        {"facilities": frame, "facility_services": table},
        taken=int(keep.sum()),
        notes=[
            Note(
                f"{len(frame)} 处设施，{len(table)} 项服务：{counted}",
                f"{len(frame)} facilities, {len(table)} services: {counted}",
            )
        ],
    )


def _keys(opened: Source, shapes: Objects) -> Objects:
    """Source keys; the same code in several rows is one facility where name and place agree."""
    rows = opened.rows
    codes = rows.texts("key")
    again = pd.Series(codes).duplicated(keep=False).to_numpy(dtype=bool) & ~absent(codes)
    if not again.any():
        return keys_of(opened, also=("name", "address"))
    names = rows.texts("name")
    place = shapely.to_wkb(shapes)
    first: dict[str, int] = {}
    same = np.zeros(len(rows), dtype=bool)
    for at in np.flatnonzero(again).tolist():
        lead = first.setdefault(codes[at], at)
        same[at] = at != lead and names[at] == names[lead] and place[at] == place[lead]
    single = codes.copy()
    single[same] = [f"{codes[at]}\x00{at}" for at in np.flatnonzero(same).tolist()]
    rows.duplicates(single, "key")
    blank = absent(codes)
    if blank.any():
        codes[blank] = [f"row-{label}" for label in rows.table.labels[blank]]
    return codes


def _facilities(opened: Source, shapes: Objects, keys: Objects) -> dict[str, object]:
    rows = opened.rows
    site = rows.numbers("site_area_m2")
    return {
        "facility_id": np.array([f"{opened.name}:{key}" for key in keys], dtype=object),
        "name": rows.texts("name"),
        "address": rows.texts("address"),
        "status": rows.choices("status", _STATUS, default="open"),
        "operator": rows.texts("operator"),
        "floor_area_m2": rows.numbers("floor_area_m2"),
        "site_area_m2": np.where(np.isnan(site), areas_m2(shapes, working_crs(opened.city, shapes)), site),
        "hours": rows.texts("hours"),
        "wheelchair": rows.choices("wheelchair", _WHEELCHAIR),
        "enrolment_code": rows.texts("enrolment_code"),
        **opened.common(),
    }


# ---- which elements a row serves ---------------------------------------------------------------------------


def _services(rows: Rows, fixed: str | None) -> Iterator[Service]:
    stated = list(_stated(rows))
    yield from stated
    split = {service.row for service in stated}
    if fixed is not None:
        given = "--element"
        yield from (
            Service(row, fixed, given)
            for row in range(len(rows))
            if (row, fixed) not in {(s.row, s.element) for s in stated}
        )
        return
    for which in ("element", "services"):
        if rows.has(which):
            yield from _listed(rows, which, split)
    if rows.has("amap_type") and not rows.has("element"):
        yield from _by_amap(rows)
    elif not stated and not rows.has("element") and not rows.has("services"):
        raise InputError("intake.no_element", file=rows.file)


def _by_amap(rows: Rows) -> Iterator[Service]:
    """Elements by the catalogue's Amap codes and name filters; other places of interest are left out with a note."""
    heading = rows.heading("amap_type")
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    for row, (codes, name) in enumerate(zip(rows.texts("amap_type"), rows.texts("name"), strict=True)):
        for code in (codes or "").split("|"):
            pair = (code, name or "")
            if pair not in known:
                known[pair] = match_amap(*pair)
            yield from (Service(row, element, f"{heading}={code}") for element in known[pair])


def _listed(rows: Rows, which: str, split: set[int]) -> Iterator[Service]:
    """Elements named in a cell."""
    heading = rows.heading(which)
    known: dict[str, list[tuple[str, str | None]]] = {}
    for row, text in enumerate(rows.texts(which)):
        if text is None:
            continue
        if text not in known:
            known[text] = [(name, find_element(name)) for name in split_names(text)]
        for name, element in known[text]:
            if element is not None:
                yield Service(row, element, f"{heading}={name}")
            elif which == "element" or row not in split:
                mask = np.zeros(len(rows), dtype=bool)
                mask[row] = True
                rows.reject(mask, "intake.unknown_element", which, value=name, near=near_elements(name))


def _stated(rows: Rows) -> Iterator[Service]:
    """Elements of the mapping's ``[[services]]``, each with its own figures."""
    floor, _, _ = values.numbers(
        rows.series("floor_area_m2")
    )  # faults are reported where the columns themselves are read
    capacity, _, _ = values.numbers(rows.series("capacity"))
    for entry in rows.mapping.services:
        element = need_element(str(entry["element"]), "services")
        for name in ("when", "floor_area_m2", "capacity", "used", "hours", "grade"):
            if name in entry and entry[name] not in rows.table.columns:
                raise InputError(
                    "intake.no_column", file=rows.file, column=entry[name], near="、".join(rows.table.columns[:12])
                )
        present = _present(rows, entry.get("when"))
        area = _raw_numbers(rows, entry.get("floor_area_m2"))
        if "floor_area_share" in entry:
            area = floor * float(entry["floor_area_share"])
        places = _raw_numbers(rows, entry.get("capacity"))
        if "capacity_share" in entry:
            places = capacity * float(entry["capacity_share"])
        used = _raw_numbers(rows, entry.get("used"))
        hours, grade = _raw_texts(rows, entry.get("hours")), _raw_texts(rows, entry.get("grade"))
        unit = entry.get("capacity_unit") or capacity_unit(element)
        for row in np.flatnonzero(present).tolist():
            yield Service(
                row,
                element,
                f"{entry.get('when', '[[services]]')}",
                float(area[row]),
                float(places[row]),
                unit,
                float(used[row]),
                hours[row],
                grade[row],
                split=True,
            )


def _present(rows: Rows, column: object) -> npt.NDArray[np.bool_]:
    """Rows in which a column says yes or holds a number above zero (all rows where no column is named)."""
    if column is None:
        return np.ones(len(rows), dtype=bool)
    series = rows.table.frame[str(column)]
    said, odd = values.flags(series)
    numbers, bad, _ = values.numbers(series)
    yes = np.equal(said, True).astype(bool) | (np.nan_to_num(numbers) > 0)
    wrong = odd & bad
    for at in np.flatnonzero(wrong).tolist():
        rows.faults.setdefault(
            at,
            InputError(
                "intake.not_yes_or_no",
                file=rows.file,
                row=str(rows.table.labels[at]),
                column=str(column),
                value=values.show(series.iloc[at]),
            ),
        )
    return yes


def _raw_numbers(rows: Rows, column: object) -> Floats:
    if column is None:
        return np.full(len(rows), np.nan)
    found, bad, _ = values.numbers(rows.table.frame[str(column)])
    bad |= np.nan_to_num(found) < 0
    for at in np.flatnonzero(bad).tolist():
        rows.faults.setdefault(
            at,
            InputError(
                "intake.not_a_number",
                file=rows.file,
                row=str(rows.table.labels[at]),
                column=str(column),
                value=values.show(rows.table.frame[str(column)].iloc[at]),
            ),
        )
    return found


def _raw_texts(rows: Rows, column: object) -> Objects:
    return np.full(len(rows), None, dtype=object) if column is None else values.texts(rows.table.frame[str(column)])


def _service_table(
    opened: Source, services: list[Service], keys: Objects, facilities: dict[str, object], satisfaction: Floats
) -> pd.DataFrame:
    """Rows of ``facility_services``; whole-row figures go to a row's only element, never to several at once."""
    rows = opened.rows
    used, capacity = rows.numbers("used"), rows.numbers("capacity")
    units, grades, shared = rows.texts("capacity_unit"), rows.texts("grade"), rows.flags("shared")
    floor, hours = np.asarray(facilities["floor_area_m2"]), np.asarray(facilities["hours"])
    of_heading = _unit_of_heading(rows)
    unsplit = np.bincount([service.row for service in services if not service.split], minlength=len(rows))
    every = np.bincount([service.row for service in services], minlength=len(rows))
    found = []
    divided = 0
    for service in services:
        row = service.row
        alone = not service.split and unsplit[row] == 1 and every[row] == 1
        divided += not alone and not service.split and bool(np.isfinite(floor[row]) or np.isfinite(capacity[row]))
        places = capacity[row] if alone else service.capacity
        found.append(
            {
                "row": row,
                "facility_id": f"{opened.name}:{keys[row]}",
                "element": service.element,
                "floor_area_m2": floor[row] if alone else service.floor_area_m2,
                "capacity": places,
                "capacity_unit": None
                if np.isnan(places)
                else service.capacity_unit or units[row] or of_heading or capacity_unit(service.element),
                "used": used[row] if alone else service.used,
                "hours": service.hours or hours[row],
                "grade": service.grade or grades[row],
                "satisfaction": satisfaction[row],
                "shared": bool(shared[row]) if shared[row] is not None else bool(every[row] > 1),
                "matched_by": service.matched_by,
                "source": opened.name,
                "source_row": f"{rows.file}:{rows.table.labels[row]}",
            }
        )
    if divided:
        opened.notes.append(
            Note(
                f"{divided} 项服务与他项合用一行而未说明各占多少，其面积、容量记为未知"
                "(可在列对应文件的 [[services]] 中说明)",
                f"{divided} services share a row without saying their part: their area and capacity are unknown "
                "(state it in [[services]])",
            )
        )
    return pd.DataFrame(found, columns=_SERVICE_COLUMNS)


_SERVICE_COLUMNS = [
    "row",
    "facility_id",
    "element",
    "floor_area_m2",
    "capacity",
    "capacity_unit",
    "used",
    "hours",
    "grade",
    "satisfaction",
    "shared",
    "matched_by",
    "source",
    "source_row",
]


def _unit_of_heading(rows: Rows) -> str | None:
    if "capacity" not in rows.columns:
        return None
    name = plain(rows.columns["capacity"])
    return next((unit for word, unit in _CAPACITY_UNITS.items() if word in name), None)


def _check_same(rows: Rows, keys: Objects, table: pd.DataFrame) -> pd.DataFrame:
    """The same facility and element twice is a duplicate row, unless one cell merely names it twice."""
    table = table.drop_duplicates(["row", "element"])
    again = table.duplicated(["facility_id", "element"], keep="first").to_numpy(dtype=bool)
    if again.any():
        first = table.drop_duplicates(["facility_id", "element"]).set_index(["facility_id", "element"])["row"]
        for row, facility, element in table.loc[again, ["row", "facility_id", "element"]].itertuples(index=False):
            mask = np.zeros(len(rows), dtype=bool)
            mask[row] = True
            lead = rows.table.labels[int(first[(facility, element)])]
            rows.reject(mask, "intake.duplicate_code", "key", value=keys[row], first=lead)
    return table
