"""Department ledgers: facilities with what they serve, from tables or GIS files.

One row may serve several elements: see :mod:`kezhong.intake.ledger_services`.
"""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from pathlib import Path
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.workspace import City
from kezhong.intake.columns import fields_of
from kezhong.intake.elements import need_element
from kezhong.intake.extent import areas_m2, working_crs
from kezhong.intake.ledger_figures import service_table, without_repeats
from kezhong.intake.ledger_services import services_of
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.source import Source
from kezhong.intake.storing import geo, keys_of, store
from kezhong.intake.values import absent

Objects = npt.NDArray[np.object_]

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


@spelled_out
def import_ledger(
    city: City,
    file: str | Path,
    *,
    element: str | None = None,
    replaces: Container[str] | None = None,
    **how: Unpack[Reading],
) -> ImportReport:
    """Import a ledger of facilities.

    Rows need coordinates (or a geometry): addresses are not looked up, for a guessed place would be measured like a
    surveyed one.

    Parameters
    ----------
    element
        Element that every row serves, by id, Chinese or English name; otherwise a column says it.
    replaces
        Codes for which this ledger speaks: facilities of the source with other codes stay as they are. By default it
        speaks for the whole source.

    Raises
    ------
    InputError
        Missing coordinates or datum, an unknown element, duplicate codes, wrong values; nothing is taken in then.
    """
    fixed = need_element(element) if element is not None else None
    opened = open_source(city, "facilities", file, fields_of("facilities"), how, geometry="required")
    rows = opened.rows
    shapes = opened.require_shapes("any")
    if fixed is None and opened.mapping.element:
        fixed = need_element(opened.mapping.element)
    opened.mapping.element = fixed
    keys = _keys(opened, shapes)
    services = list(services_of(rows, fixed))
    served = np.zeros(len(rows), dtype=bool)
    served[[service.row for service in services]] = True
    rows.reject(~served, "intake.row_without_element", "element" if rows.has("element") else None)
    facilities = _facilities(opened, shapes, keys)
    satisfaction = rows.numbers("satisfaction")
    satisfaction = np.where(satisfaction > 1, satisfaction / 100, satisfaction)
    rows.reject(satisfaction > 1, "intake.out_of_bounds", "satisfaction", low=0, high="100 %")
    table = service_table(opened, services, keys, facilities, satisfaction)
    table = without_repeats(rows, keys, table)
    keep = opened.settle()
    table = table[keep[table["row"].to_numpy(dtype=np.int64)]].drop(columns="row").reset_index(drop=True)
    frame = geo(facilities, shapes, keep).drop_duplicates("facility_id").reset_index(drop=True)
    counted = "、".join(f"{name} {n}" for name, n in table["element"].value_counts().head(8).items())
    return store(
        opened,
        {"facilities": frame, "facility_services": table},
        taken=int(keep.sum()),
        kept=None if replaces is None else partial(_elsewhere, f"{opened.name}:", replaces),
        notes=[
            Note(
                f"{len(frame)} 处设施，{len(table)} 项服务：{counted}",
                f"{len(frame)} facilities, {len(table)} services: {counted}",
            )
        ],
    )


def _elsewhere(prefix: str, replaces: Container[str], present: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows of a part for which the ledger does not speak."""
    return np.array([one.removeprefix(prefix) not in replaces for one in present["facility_id"]], dtype=bool)


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
