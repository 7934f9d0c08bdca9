"""The layers ``service_points`` and ``access_points``: facilities joined, verified, located, and how to reach them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.model import Kind
from kezhong.city.crs import GEOGRAPHIC, to_geographic, to_projected
from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City, Edit
from kezhong.intake import verified
from kezhong.intake.duplicates import joined
from kezhong.intake.entrances import access_points

PART = "derived"
_POINT_COLUMNS = (
    "facility_id", "element", "name", "status", "floor_area_m2", "site_area_m2", "capacity", "capacity_unit", "used",
    "hours", "grade", "satisfaction", "wheelchair", "shared", "community_code", "grid_code", "enrolment_code", "source",
    "source_refs", "source_rows", "as_of", "geometry",
)  # fmt: skip
Shapes = npt.NDArray[np.object_]


def derive(edit: Edit) -> None:
    """Rebuild both layers from the edit's facilities, verification, areas and streets."""
    city = edit.city
    points, sites = _service_points(city)
    if points.empty:
        edit.remove("service_points", PART)
        edit.remove("access_points", PART)
        return
    edit.put("service_points", PART, gpd.GeoDataFrame(points, geometry="geometry", crs=GEOGRAPHIC))
    access = _access_points(city, points, sites)
    edit.put("access_points", PART, gpd.GeoDataFrame(access, geometry="geometry", crs=GEOGRAPHIC))


def rank_of(facility_id: str) -> int:
    """Which record leads when several describe one facility: a ledger's, then OpenStreetMap's, then any other."""
    origin = facility_id.partition(":")[0].lower()
    if origin.startswith("osm"):
        return 1
    return 2 if origin.startswith(("amap", "gaode", "baidu", "poi", "tencent")) else 0


def _service_points(city: City) -> tuple[pd.DataFrame, dict[str, shapely.Geometry]]:
    """Rows of ``service_points``, and the shape (lon/lat) of each facility that is more than a point."""
    facilities = city.geo("facilities")
    services = city.layer("facility_services")
    services = services[services["facility_id"].isin(facilities["facility_id"])]
    facilities = facilities[facilities["facility_id"].isin(services["facility_id"])].reset_index(drop=True)
    sites: dict[str, shapely.Geometry] = {}
    if len(facilities):
        records = _joined_records(city, facilities, services)
        merged, sites = _merged(records)
        points = _served(merged, records, services)
    else:
        points = pd.DataFrame(columns=list(_POINT_COLUMNS))
    _locate(city, points)
    points = verified.apply(points, city.layer("verification"), city.areas)
    _locate(city, points)
    return points[list(_POINT_COLUMNS)], sites


def _joined_records(city: City, facilities: gpd.GeoDataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """Facilities with the number of the place they belong to (``cluster``), leading record first within each."""
    shapes = _projected(np.asarray(facilities.geometry.array), city.config.crs)
    position = pd.Series(np.arange(len(facilities)), index=facilities["facility_id"])
    serves = pd.DataFrame(
        {"record": position[services["facility_id"]].to_numpy(), "element": services["element"].to_numpy()}
    )
    names = facilities["name"].to_numpy(dtype=object, na_value=None)
    cluster = joined(shapes, names, facilities["source"].to_numpy(dtype=object), serves)
    records = pd.DataFrame(facilities).assign(
        cluster=cluster,
        rank=[rank_of(name) for name in facilities["facility_id"].tolist()],
        empty=facilities[["name", "hours", "address", "operator", "site_area_m2"]].isna().sum(axis=1),
        flat=shapely.get_dimensions(shapes) < 2,
    )
    return records.sort_values(["cluster", "rank", "empty", "flat", "facility_id"], kind="stable").reset_index(
        drop=True
    )


def _merged(records: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, shapely.Geometry]]:
    """One row a place, filled from its records in their order; and the shapes of places that are more than points."""
    groups = records.groupby("cluster", sort=True)
    filled = ["name", "floor_area_m2", "site_area_m2", "hours", "wheelchair", "enrolment_code"]
    merged = groups[filled].first()  # the first that is not null
    lead = records.drop_duplicates("cluster").set_index("cluster")
    for column in ("facility_id", "status", "source", "as_of", "geometry"):
        merged[column] = lead[column]
    merged["source_refs"] = groups["facility_id"].agg(" ".join)
    merged["source_rows"] = groups["source_row"].agg(" | ".join)
    shapes = np.asarray(merged["geometry"], dtype=object)
    extended = records[~records["flat"] | (shapely.get_dimensions(np.asarray(records["geometry"], dtype=object)) == 1)]
    first = extended.drop_duplicates("cluster")
    sites = dict(zip(first["cluster"], first["geometry"], strict=True))
    merged["geometry"] = shapely.point_on_surface(shapes)
    return merged.reset_index(), {merged.loc[cluster, "facility_id"]: shape for cluster, shape in sites.items()}


def _served(merged: pd.DataFrame, records: pd.DataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """One row a place and element: each value from the first record that has it."""
    order = pd.DataFrame(
        {"facility_id": records["facility_id"], "cluster": records["cluster"], "order": np.arange(len(records))}
    )
    rows = services.merge(order, on="facility_id").sort_values(["order", "element"], kind="stable")
    columns = ["floor_area_m2", "capacity", "capacity_unit", "used", "hours", "grade", "satisfaction", "shared"]
    served = rows.groupby(["cluster", "element"], sort=True)[columns].first().reset_index()
    table = served.merge(merged, on="cluster", suffixes=("", "_whole"))
    alone = table.groupby("cluster")["element"].transform("size") == 1
    # The whole's floor area serves an element only where no other element shares it.
    table["floor_area_m2"] = table["floor_area_m2"].fillna(table["floor_area_m2_whole"].where(alone))
    table["hours"] = table["hours"].fillna(table["hours_whole"])
    return table


def _locate(city: City, points: pd.DataFrame) -> None:
    """Community and official grid cell of each point (落格)."""
    spots = points["geometry"].to_numpy(dtype=object)
    for column, level in (("community_code", "community"), ("grid_code", SetKind.OFFICIAL_GRID.value)):
        found = city.areas.locate(spots, level)
        known = points[column].to_numpy(dtype=object) if column in points.columns else np.full(len(points), None)
        points[column] = np.where(pd.isna(found), known, found)


def _access_points(city: City, points: pd.DataFrame, shapes: dict[str, shapely.Geometry]) -> pd.DataFrame:
    crs = city.config.crs
    book = load_catalogue().elements
    # One may walk into a park, and onto a greenway, wherever a street runs along it.
    areal = {name for name, element in book.items() if element.kind in (Kind.AREA, Kind.LINE)}
    places = points.drop_duplicates("facility_id")
    ids = places["facility_id"].to_numpy(dtype=object)
    spots = places["geometry"].to_numpy(dtype=object)
    sites = np.array([shapes.get(name, spot) for name, spot in zip(ids.tolist(), spots, strict=True)], dtype=object)
    open_ids = set(points.loc[points["element"].isin(areal), "facility_id"])
    nodes = city.geo("street_nodes")
    streets = np.asarray(city.geo("street_edges").geometry.array)
    table = access_points(
        _projected(sites, crs),
        np.array([name in open_ids for name in ids.tolist()]),
        nodes,
        _projected(np.asarray(nodes.geometry.array), crs),
        _projected(streets, crs),
    )
    table["facility_id"] = ids[table["site"].to_numpy(dtype=np.int64)]
    table["geometry"] = shapely.transform(table["geometry"].to_numpy(dtype=object), lambda xy: to_geographic(xy, crs))
    return table


def _projected(shapes: Shapes, crs: str) -> Shapes:
    return np.asarray(shapely.transform(shapes, lambda lonlat: to_projected(lonlat, crs)), dtype=object)
