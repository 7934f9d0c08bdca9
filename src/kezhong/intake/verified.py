"""What people found on the ground, applied to the joined facilities.

A finding about a named facility opens or closes it; a facility that no source knows is added at a point within its
community. Statements about a whole community (``facility_ref`` *none*, confirmed absent) are read by the assessment.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from kezhong.city.areas import AreaTree
from kezhong.city.vocabulary import FacilityStatus, Presence
from kezhong.intake.duplicates import alike

#: ``facility_ref`` of statements that name no facility.
WHOLE_COMMUNITY = "none"


def apply(points: pd.DataFrame, findings: pd.DataFrame, areas: AreaTree) -> pd.DataFrame:
    """Service points after verification.

    Parameters
    ----------
    points
        Rows of ``service_points`` with a column ``geometry`` (lon/lat points) and ``community_code``.
    findings
        The ``verification`` layer.
    """
    if findings.empty:
        return points
    points = points.copy()
    index = _index(points)
    added: list[dict[str, object]] = []
    for row in findings.to_dict("records"):
        hits = index.get((str(row["facility_ref"]), str(row["element"])), [])
        present = row["finding"] == Presence.PRESENT.value
        if hits:
            _settle(points, hits, row, present=present)
        elif present and not _known(points, row):
            added.append(_new(points, row))
    if not added:
        return points
    extra = pd.DataFrame(added)
    unplaced = extra["geometry"].isna().to_numpy(dtype=bool)
    extra.loc[unplaced, "geometry"] = _middles(extra.loc[unplaced, "community_code"], areas)
    placed = extra[extra["geometry"].notna()]
    return pd.concat([points, placed.reindex(columns=points.columns)], ignore_index=True) if len(placed) else points


def _index(points: pd.DataFrame) -> dict[tuple[str, str], list[int]]:
    """Positions of the service points by any of their source records and element."""
    found: dict[tuple[str, str], list[int]] = {}
    for at, (refs, element) in enumerate(zip(points["source_refs"], points["element"], strict=True)):
        for ref in refs.split(" "):
            found.setdefault((ref, element), []).append(at)
    return found


def _settle(points: pd.DataFrame, hits: list[int], row: dict[str, object], *, present: bool) -> None:
    status = FacilityStatus.OPEN if present else FacilityStatus.CLOSED
    rows = points.index[hits]
    points.loc[rows, "status"] = status.value
    for at in rows:
        points.loc[at, "source_rows"] = f"{points.loc[at, 'source_rows']} | {row['source_row']}"
    if not present:
        return
    for column in ("hours", "floor_area_m2"):  # who stood before it knows better than the ledger
        if not pd.isna(row[column]):
            points.loc[rows, column] = row[column]


def _known(points: pd.DataFrame, row: dict[str, object]) -> bool:
    """Whether the community already has such a facility: of the same name, or any where none is named."""
    there = (points["community_code"] == row["community_code"]) & (points["element"] == row["element"])
    there &= points["status"] == FacilityStatus.OPEN.value
    names = points.loc[there.fillna(value=False).to_numpy(dtype=bool), "name"]
    if pd.isna(row["name"]):
        return len(names) > 0 and row["facility_ref"] == WHOLE_COMMUNITY
    return any(not pd.isna(name) and alike(str(name), str(row["name"])) for name in names)


def _new(points: pd.DataFrame, row: dict[str, object]) -> dict[str, object]:
    """A facility no source has, or a further element of one that some source has."""
    ref = str(row["facility_ref"])
    base = points[[ref in refs.split(" ") for refs in points["source_refs"]]].head(1).to_dict("records")
    if base:
        known = {
            **base[0],
            "capacity": np.nan,
            "capacity_unit": None,
            "used": np.nan,
            "grade": None,
            "satisfaction": np.nan,
        }
        refs, rows = f"{known['source_refs']}", f"{known['source_rows']} | {row['source_row']}"
    else:
        name = ref if ref != WHOLE_COMMUNITY else f"verify:{row['community_code']}:{row['element']}"
        known = {"facility_id": name, "geometry": None, "source": row["source"], "as_of": row["confirmed_on"]}
        refs, rows = name, str(row["source_row"])
    return {
        **known,
        "element": row["element"],
        "name": known.get("name") if base and pd.isna(row["name"]) else row["name"],
        "status": FacilityStatus.OPEN.value,
        "floor_area_m2": row["floor_area_m2"],
        "hours": row["hours"],
        "community_code": row["community_code"],
        "source_refs": refs,
        "source_rows": rows,
    }


def _middles(codes: pd.Series, areas: AreaTree) -> list[shapely.Geometry | None]:
    shapes = dict(zip(areas.frame["code"], areas.frame.geometry, strict=True))
    return [None if shapes.get(code) is None else shapely.point_on_surface(shapes[code]) for code in codes.tolist()]
