"""What other offices deliver: boundaries, estates, people, buildings, land use, idle assets, ledger ratios."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from kezhong.demo import names
from kezhong.demo.boundaries import area_rows, grid_cells, life_circles
from kezhong.demo.communities import Community
from kezhong.demo.estates import Estate, People
from kezhong.demo.layout import Array, Block
from kezhong.demo.ledgers import Ground
from kezhong.demo.sheets import write_layer, write_workbook
from kezhong.demo.streets import Net

_AGES_ZH = ("0-2岁", "3-5岁", "6-11岁", "12-14岁", "15-59岁", "60-69岁", "70-79岁", "80岁及以上")
_PER_HOUSEHOLD = {"old": 2.3, "existing": 2.6, "new": 2.9, "village": 2.7}
_USE_ZH = {
    "residential": "居住用地",
    "park": "公园绿地",
    "factory": "工业用地",
    "office": "商务办公用地",
    "reserve": "留白用地",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the writers need."""

    blocks: list[Block]
    communities: list[Community]
    estates: list[Estate]
    people: People
    buildings: list[tuple[Array, int, int]]
    net: Net
    ground: Ground
    today: dt.date


def _manager(estate: Estate) -> str | None:
    return None if estate.kind in ("old", "village") else f"{names.BRANDS[estate.number % 24]}物业"


def _geojson(frame: gpd.GeoDataFrame, file: Path) -> None:
    file.write_text(frame.to_json(ensure_ascii=False, drop_id=True) + "\n", "utf-8")


def _shapes(plan: Plan, shapes: list[shapely.Geometry]) -> list[shapely.Geometry]:
    return [plan.ground.shape(shape) for shape in shapes]


def write_areas(folder: Path, plan: Plan) -> None:
    """``boundary.geojson``, the area tree, the life circles and the official grid."""
    rows = area_rows(plan.blocks, plan.communities)
    shapes = _shapes(plan, [row.shape for row in rows])
    frame = gpd.GeoDataFrame(
        {
            "编码": [row.code for row in rows],
            "名称": [row.name for row in rows],
            "层级": [row.level for row in rows],
            "上级编码": [row.parent for row in rows],
            "社区类型": [row.kind for row in rows],
            "户数": [row.households for row in rows],
        },
        geometry=shapes,
        crs="EPSG:4326",
    )
    _geojson(frame, folder / "行政区划.geojson")
    city = gpd.GeoDataFrame({"name": [names.CITY]}, geometry=shapes[:1], crs="EPSG:4326")
    _geojson(city, folder / "boundary.geojson")
    named = {community.code: community.name for community in plan.communities}
    circles = life_circles(plan.communities)
    table = [(code, name, member, named[member]) for code, name, members in circles for member in members]
    write_workbook(
        folder / "一刻钟社区生活圈划定表.xlsx", "示范市一刻钟社区生活圈划定表",
        ("生活圈编码", "生活圈名称", "社区编码", "社区名称"), table, sheet="生活圈", note=names.NOTE,
    )  # fmt: skip
    codes, cells = grid_cells(plan.blocks, plan.communities)
    grid = gpd.GeoDataFrame({"网格编码": codes}, geometry=_shapes(plan, list(cells)), crs="EPSG:4490")
    write_layer(grid, folder / "城市管理单元网格.gpkg", "单元网格")


def write_people(folder: Path, plan: Plan) -> None:
    """Estates, gates and the population register by group of buildings."""
    estates = plan.estates
    kinds = {community.code: community.kind for community in plan.communities}
    homes = [max(1, round(estate.people / _PER_HOUSEHOLD[kinds[estate.community]])) for estate in estates]
    ids = [f"XQ{estate.number + 1:04d}" for estate in estates]
    frame = gpd.GeoDataFrame(
        {
            "小区编码": ids,
            "小区名称": [estate.name for estate in estates],
            "是否封闭": ["是" if estate.gated else "否" for estate in estates],
            "建成年份": [estate.built for estate in estates],
            "户数": homes,
            "物业公司": [_manager(estate) for estate in estates],
        },
        geometry=_shapes(plan, [shapely.Polygon(estate.ring) for estate in estates]),
        crs="EPSG:4326",
    )  # fmt: skip
    _geojson(frame, folder / "住建局_住宅小区.geojson")
    gates = [(ids[estate.number], f"{k}号门", gate) for estate in estates for k, gate in enumerate(estate.gates, 1)]
    lonlat = plan.ground.lonlat(np.array([plan.net.xy[gate] for _, _, gate in gates]))
    with (folder / "小区出入口.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("编号", "小区编码", "出入口名称", "通行方式", "经度", "纬度"))
        for k, ((estate_id, name, _), (lon, lat)) in enumerate(zip(gates, lonlat.tolist(), strict=True), 1):
            writer.writerow((f"M{k:05d}", estate_id, name, "residents", lon, lat))
    lonlat = plan.ground.lonlat(plan.people.xy)
    with (folder / "公安局_楼栋组团人口.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("编号", "经度", "纬度", "常住人口", *_AGES_ZH))
        for k, ((lon, lat), total, ages) in enumerate(
            zip(lonlat.tolist(), plan.people.total.tolist(), plan.people.ages.tolist(), strict=True), 1
        ):
            writer.writerow((f"ZT{k:05d}", lon, lat, total, *ages))


def write_ground(folder: Path, plan: Plan) -> None:
    """Buildings and land use of the natural-resources bureau."""
    buildings = gpd.GeoDataFrame(
        {
            "楼栋编码": [f"L{k:05d}" for k in range(1, len(plan.buildings) + 1)],
            "用途": ["住宅"] * len(plan.buildings),
            "层数": [floors for _, floors, _ in plan.buildings],
        },
        geometry=shapely.polygons([plan.ground.lonlat(ring) for ring, _, _ in plan.buildings]),
        crs="EPSG:4490",
    )
    write_layer(buildings, folder / "自然资源局_建筑.gpkg", "建筑")
    shown = [block for block in plan.blocks if block.use in _USE_ZH]
    planned = {"启明": "幼儿园", "百合": "小学", "朝霞": "文化活动站"}
    uses: list[str] = []
    planned_for: list[str | None] = []
    parcels: list[shapely.Geometry] = []
    for block in shown:
        uses.append(_USE_ZH[block.use])
        planned_for.append(None)
        parcels.append(shapely.Polygon(block.corners))
    for community in plan.communities:
        if community.short in planned:
            block = community.blocks[len(community.blocks) // 2]
            ring = block.at(np.array([0.4, 0.6, 0.6, 0.4]), np.array([0.0, 0.0, 0.05, 0.05]))
            uses.append("社区服务设施用地")
            planned_for.append(planned[community.short])
            parcels.append(shapely.Polygon(ring))
    landuse = gpd.GeoDataFrame(
        {
            "地块编号": [f"DK{k:04d}" for k in range(1, len(uses) + 1)],
            "用地性质": uses,
            "规划现状": ["现状" if planned_for[k] is None else "规划" for k in range(len(uses))],
            "规划设施": planned_for,
        },
        geometry=_shapes(plan, parcels),
        crs="EPSG:4326",
    )
    _geojson(landuse, folder / "自然资源局_用地.geojson")


_ASSETS = (
    ("枕木里", "原铁路货场仓库", "闲置仓库", 5200, 3100, "示范市铁路资产公司", "临铁路东侧,可改造为菜市场"),
    ("炼焦里", "原焦化厂三号车间", "旧厂房", 8600, 4200, "示范市焦化公司", "已停产,结构完好"),
    ("机务", "机务段旧食堂", "闲置用房", 900, 860, "示范市铁路资产公司", "一层,靠近家属区"),
    ("红砖", "红砖里原日间照料站", "闲置用房", 500, 420, "炉前街道办事处", "停业空置"),
    ("渔火", "拆违空地", "拆违空地", 1800, 0, "西堤街道办事处", "沿江"),
    ("启明", "云麓商业综合体北楼", "商业综合体", 3000, 9600, "云麓置业", "空置率七成"),
    ("丹霞", "旧粮站", "闲置用房", 2400, 1500, "曙川区粮食局", "沿街"),
    ("矿工新村", "矿区旧俱乐部", "闲置用房", 2100, 1700, "示范市矿务公司", "可改造"),
    ("鹰嘴", "岭上空闲地", "闲置土地", 4600, 0, "霁岭区自然资源局", "坡地"),
    ("黑石崖村", "旧村小学", "闲置校舍", 3200, 800, "红柳镇人民政府", "撤并后空置"),
    ("高粱地村", "旧供销社", "闲置用房", 700, 380, "河套营镇供销社", "结构完好"),
    ("凌霄", "凌霄路沿街门面", "闲置用房", 0, 260, "云麓置业", "小区围墙外"),
)


def write_sites(folder: Path, plan: Plan) -> None:
    """Idle assets and reserved land."""
    places = {community.short: community for community in plan.communities}
    rows: list[tuple[object, ...]] = []
    for k, (short, name, kind, land, floor, owner, note) in enumerate(_ASSETS, 1):
        block = places[short].blocks[-1]
        lon, lat = plan.ground.lonlat(block.at(np.array([0.5]), np.array([0.03])))[0].tolist()
        free = (plan.today + dt.timedelta(days=30 * (k % 5))).isoformat()
        rows.append((f"ZC{k:03d}", name, kind, land or None, floor or None, owner, free, lon, lat, note))
    reserves = [block for block in plan.blocks if block.use == "reserve"]
    for k, block in enumerate(reserves, 1):
        lon, lat = plan.ground.lonlat(block.middle[None, :])[0].tolist()
        free = (plan.today + dt.timedelta(days=365)).isoformat()
        land = round(block.hectares * 10000)
        rows.append((f"LB{k:03d}", f"留白地块{k}号", "留白用地", land, None, "自然资源局", free, lon, lat, "规划留白"))
    heading = (
        "资产编号",
        "资产名称",
        "资产类型",
        "用地面积",
        "建筑面积",
        "产权单位",
        "腾退时间",
        "经度",
        "纬度",
        "备注",
    )
    write_workbook(
        folder / "闲置资产与留白台账.xlsx", "示范市闲置资产与留白用地台账", heading, rows, sheet="台账", note=names.NOTE
    )


def write_ratios(folder: Path, plan: Plan, rng: np.random.Generator) -> None:
    """Ledger ratios by community: elements that are statistics, not places."""
    metrics = (
        ("物业服务覆盖", "households_with_property_service/households", {"old": 0.62, "existing": 0.9, "new": 0.99}),
        ("家庭医生签约服务", "contracted_residents/residents", {"old": 0.55, "existing": 0.47, "new": 0.35}),
        ("社区智能安防", "estates_with_access_control/estates", {"old": 0.3, "existing": 0.7, "new": 1.0}),
    )
    rows: list[tuple[object, ...]] = []
    for community in plan.communities:
        for element, metric, levels in metrics:
            whole = sum(estate.community == community.code for estate in plan.estates)
            if not metric.endswith("estates"):
                per = 1.0 if metric.endswith("residents") else _PER_HOUSEHOLD[community.kind]
                whole = round(community.people / per)
            share = min(1.0, levels.get(community.kind, 0.4) * float(rng.uniform(0.92, 1.06)))
            rows.append((community.code, community.name, element, metric, round(whole * share), whole))
    rows += [
        (code, name, "学校与公共体育场馆错峰开放", "schools_open/eligible_schools", opened, 20)
        for (code, name), opened in zip(names.DISTRICTS.values(), (6, 4, 2), strict=True)
    ]
    heading = ("社区编码", "社区名称", "服务要素", "指标", "已覆盖户数", "总数")
    write_workbook(folder / "统计类指标台账.xlsx", "示范市统计类指标台账", heading, rows, sheet="指标", note=names.NOTE)
