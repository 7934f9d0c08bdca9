"""What a ledger says of each service: floor area, places, hours, from the row or from the service's own columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.intake.columns import plain
from kezhong.intake.elements import capacity_unit
from kezhong.intake.ledger_services import Service
from kezhong.intake.report import Note, first_details
from kezhong.intake.rows import Rows
from kezhong.intake.source import Source

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

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


def service_table(
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


def without_repeats(rows: Rows, keys: Objects, table: pd.DataFrame) -> pd.DataFrame:
    """The same facility and element twice is a duplicate row, unless one cell merely names it twice."""
    table = table.drop_duplicates(["row", "element"])
    again = table.duplicated(["facility_id", "element"], keep="first").to_numpy(dtype=bool)
    if again.any():
        first = table.drop_duplicates(["facility_id", "element"]).set_index(["facility_id", "element"])["row"]
        for row, facility, element in table.loc[again, ["row", "facility_id", "element"]].itertuples(index=False):
            mask = np.zeros(len(rows), dtype=bool)
            mask[row] = True
            lead = rows.table.labels[int(first[(facility, element)])]
            rows.reject(mask, "intake.duplicate_code", "key", value=keys[row], **first_details(lead))
    return table
