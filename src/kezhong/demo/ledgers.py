"""The departments' ledgers, each in its own shape, as they would be sent to the leading group's office."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geocoordinates_ffi
import geopandas as gpd
import numpy as np
import shapely
import tomli_w

from kezhong.city.crs import to_geographic
from kezhong.demo import names
from kezhong.demo.communities import Community
from kezhong.demo.facilities import Facility
from kezhong.demo.layout import CRS, Array
from kezhong.demo.sheets import write_layer, write_workbook

STATUS_ZH = {"open": "在营", "planned": "规划", "building": "在建", "closed": "停业"}


@dataclass(frozen=True, slots=True)
class Ground:
    """From the city's own metres to coordinates."""

    offset: tuple[float, float]

    def lonlat(self, xy: Array) -> Array:
        """WGS 84/CGCS2000 degrees, seven decimals."""
        found: Array = np.round(to_geographic(xy + np.array(self.offset), CRS), 7)
        return found

    def shape(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """A shape in degrees."""
        return shapely.transform(geometry, self.lonlat)


@dataclass(frozen=True, slots=True)
class Sent:
    """A ledger as it was sent: file, datum of its coordinates, day it describes."""

    file: Path
    datum: str
    as_of: str
    mapping: Path | None = None  # which column says what, where the headings alone do not tell


def write_ledgers(
    folder: Path, facilities: list[Facility], communities: list[Community], ground: Ground, today: dt.date
) -> list[Sent]:
    """Write every department's ledger; returns what a clerk would have to know to import them."""
    place = {community.code: community for community in communities}
    writers: dict[str, tuple[Callable[..., None], str, str, int]] = {
        "教育": (_education, "教育局_学校幼儿园台账.xlsx", "cgcs2000", 40),
        "卫健": (_health, "卫健委_医疗托育机构.csv", "gcj02", 55),
        "商务": (_commerce, "商务局_便民商业网点.xlsx", "cgcs2000", 25),
        "民政": (_civil, "民政局_养老服务设施.xlsx", CRS, 32),
        "文体": (_culture, "文体旅游广电局_文体设施.gpkg", "", 90),
        "城管": (_management, "城管局_公厕站点避难场所.csv", "wgs84", 18),
        "住建": (_housing, "住建局_活动场地.geojson", "", 120),
        "政务": (_counters, "政法委_服务网点.xlsx", "cgcs2000", 14),
    }
    sent = []
    for ledger, (writer, file, datum, age) in writers.items():
        own = [facility for facility in facilities if facility.kind.ledger == ledger]
        xy = np.array([(facility.x, facility.y) for facility in own])
        day = (today - dt.timedelta(days=age)).isoformat()
        writer(folder / file, own, xy, place, ground, day)
        mapping = write_mapping(folder / "政法委_服务网点.列对应.toml") if ledger == "政务" else None
        sent.append(Sent(folder / file, datum, day, mapping))
    return sent


def _degrees(ground: Ground, xy: Array) -> list[list[float]]:
    found: list[list[float]] = ground.lonlat(xy).tolist()
    return found


def _blank(value: int) -> object:
    return value or None


def _education(
    file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str
) -> None:
    heading = (
        "编号", "学校名称", "类别", "所属社区", "状态", "核定学位", "在校生数", "建筑面积(平方米)", "用地面积(平方米)",
        "开放时间", "经度", "纬度", "备注",
    )  # fmt: skip
    rows = [
        (
            facility.key, facility.name, facility.kind.zh, place[facility.community].name, STATUS_ZH[facility.status],
            _blank(facility.capacity), _blank(facility.used), _blank(facility.floor), _blank(facility.site),
            facility.hours, lon, lat, facility.note,
        )
        for facility, (lon, lat) in zip(own, _degrees(ground, xy), strict=True)
    ]  # fmt: skip
    note = f"填报单位:示范市教育局 截至 {day} 坐标系:CGCS2000 {names.NOTE}"
    write_workbook(file, "示范市学校、幼儿园基本情况台账", heading, rows, sheet="学校幼儿园", note=note)


def _health(file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str) -> None:
    """GBK, coordinates picked on a commercial map (GCJ-02)."""
    heading = (
        "机构编码",
        "机构名称",
        "类别",
        "地址",
        "运营状态",
        "建筑面积",
        "托位数",
        "接诊时间",
        "经度",
        "纬度",
        "数据日期",
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heading)
    for facility, (lon, lat) in zip(own, _degrees(ground, xy), strict=True):
        shifted_lon, shifted_lat = gcj02(lon, lat)
        community = place[facility.community]
        writer.writerow(
            (
                facility.key, facility.name, facility.kind.zh, f"{community.street_name}{community.name}",
                STATUS_ZH[facility.status], facility.floor or "", facility.capacity or "", facility.hours,
                f"{shifted_lon:.6f}", f"{shifted_lat:.6f}", day,
            )
        )  # fmt: skip
    file.write_bytes(text.getvalue().encode("gbk", errors="replace"))


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """WGS 84 → GCJ-02, as a commercial map would show it."""
    found = geocoordinates_ffi.wgs84_to_gcj02(geocoordinates_ffi.Wgs84(lat=lat, lon=lon))
    return float(found.lon), float(found.lat)


def _commerce(
    file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str
) -> None:
    heading = ("编号", "网点名称", "业态", "街道", "社区名称", "营业状态", "营业面积(㎡)", "营业时间", "经度", "纬度")
    rows = [
        (
            facility.key, facility.name, facility.kind.zh, place[facility.community].street_name,
            place[facility.community].name, STATUS_ZH[facility.status], _blank(facility.floor), facility.hours,
            lon, lat,
        )
        for facility, (lon, lat) in zip(own, _degrees(ground, xy), strict=True)
    ]  # fmt: skip
    note = f"填报单位:示范市商务局 截至 {day} 坐标系:国家2000 {names.NOTE}"
    write_workbook(file, "示范市便民商业网点登记表", heading, rows, sheet="网点", note=note)


def _civil(file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str) -> None:
    """Projected coordinates from the bureau's survey (EPSG:4545)."""
    heading = (
        "编号", "机构名称", "设施类型", "所属社区", "运营状态", "核定床位", "入住人数", "建筑面积(平方米)", "服务时间",
        "东坐标", "北坐标",
    )  # fmt: skip
    rows = [
        (
            facility.key, facility.name, facility.kind.zh, place[facility.community].name, STATUS_ZH[facility.status],
            _blank(facility.capacity), _blank(facility.used), _blank(facility.floor), facility.hours,
            round(x + ground.offset[0], 2), round(y + ground.offset[1], 2),
        )
        for facility, (x, y) in zip(own, xy.tolist(), strict=True)
    ]  # fmt: skip
    note = f"填报单位:示范市民政局 截至 {day} CGCS2000 3度带 108E {names.NOTE}"
    write_workbook(file, "示范市养老服务设施台账", heading, rows, sheet="养老设施", note=note)


def _culture(file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str) -> None:
    frame = gpd.GeoDataFrame(
        {
            "设施编号": [facility.key for facility in own],
            "设施名称": [facility.name for facility in own],
            "设施类型": [facility.kind.zh for facility in own],
            "状态": [STATUS_ZH[facility.status] for facility in own],
            "建筑面积": [float(facility.floor) if facility.floor else None for facility in own],
            "场地面积": [float(facility.site) if facility.site else None for facility in own],
            "开放时间": [facility.hours for facility in own],
            "是否共享": ["是" if facility.shared else "否" for facility in own],
            "数据日期": [day] * len(own),
        },
        geometry=shapely.points(ground.lonlat(xy)),
        crs="EPSG:4490",
    )
    write_layer(frame, file, "文体设施")


def _management(
    file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str
) -> None:
    heading = (
        "编号",
        "名称",
        "类别",
        "管理单位",
        "使用状态",
        "建筑面积",
        "场地面积",
        "开放时间",
        "无障碍",
        "lng",
        "lat",
        "更新日期",
    )
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(heading)
        for k, (facility, (lon, lat)) in enumerate(zip(own, _degrees(ground, xy), strict=True)):
            writer.writerow(
                (
                    facility.key, facility.name, facility.kind.zh, place[facility.community].street_name,
                    STATUS_ZH[facility.status], facility.floor or "", facility.site or "", facility.hours,
                    "有" if k % 3 else "无", lon, lat, day,
                )
            )  # fmt: skip


def _housing(file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str) -> None:
    frame = gpd.GeoDataFrame(
        {
            "编码": [facility.key for facility in own],
            "名称": [facility.name for facility in own],
            "类别": [facility.kind.zh for facility in own],
            "场地面积": [facility.site for facility in own],
            "开放时段": [facility.hours for facility in own],
            "更新时间": [day] * len(own),
        },
        geometry=shapely.points(ground.lonlat(xy)),
        crs="EPSG:4326",
    )
    file.write_text(frame.to_json(ensure_ascii=False, drop_id=True) + "\n", "utf-8")


#: Headings of the floor area that each service has in a shared building.
_SHARES = {
    "community_service_centre": "便民服务厅面积",
    "community_service_station": "社区服务站面积",
    "village_service_station": "村委会办公面积",
    "police_station": "派出所面积",
    "cultural_station": "文化活动面积",
    "reading_room": "社区书房面积",
    "party_service_centre": "党群阵地面积",
    "chess_room": "棋牌室面积",
}
_READING_HOURS = "书房开放时间"


def _counters(
    file: Path, own: list[Facility], xy: Array, place: dict[str, Community], ground: Ground, day: str
) -> None:
    """One row a building, one column a service: a service centre serves several elements at one address."""
    heading = (
        "编号", "网点名称", "所属社区", "运营状态", "建筑面积(平方米)", *_SHARES.values(), _READING_HOURS, "服务时间",
        "经度", "纬度",
    )  # fmt: skip
    rows = []
    for facility, (lon, lat) in zip(own, _degrees(ground, xy), strict=True):
        extra = {element: round(facility.floor * 0.12) for element in facility.also}
        shares = {facility.kind.element: facility.floor - sum(extra.values()), **extra}
        reading = "周一至周日 09:00-21:00" if "reading_room" in shares else None
        rows.append(
            (
                facility.key, facility.name, place[facility.community].name, STATUS_ZH[facility.status], facility.floor,
                *(shares.get(element) for element in _SHARES), reading, facility.hours, lon, lat,
            )
        )  # fmt: skip
    note = f"填报单位:示范市委政法委 截至 {day} 坐标系:CGCS2000 {names.NOTE}"
    write_workbook(file, "示范市服务响应网点台账", heading, rows, sheet="服务网点", note=note)


def write_mapping(file: Path) -> Path:
    """Which column of the counters' ledger says what: the mapping a clerk writes once."""
    entries = []
    for element, column in _SHARES.items():
        entry = {"element": element, "when": column, "floor_area_m2": column}
        entries.append(
            {**entry, "hours": _READING_HOURS} if element == "reading_room" else {**entry, "hours": "服务时间"}
        )
    file.write_text(tomli_w.dumps({"datum": "cgcs2000", "services": entries}), "utf-8")
    return file
