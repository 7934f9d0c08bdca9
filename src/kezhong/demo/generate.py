"""Write the raw files of the demonstration city, as a real city would deliver them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kezhong import clock
from kezhong.city.crs import to_projected
from kezhong.demo import osm, surveys
from kezhong.demo.communities import lay_out
from kezhong.demo.estates import build_estates, building_rings, settle
from kezhong.demo.facilities import provide
from kezhong.demo.layout import CRS, ORIGIN_LAT, ORIGIN_LON
from kezhong.demo.ledgers import Ground, Sent, write_ledgers
from kezhong.demo.planted import SILENT
from kezhong.demo.streets import Net, connect, side_streets
from kezhong.errors import WorkspaceError

SEED = 20261123


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The delivered files. Every path is absolute."""

    folder: Path
    osm: Path
    boundary: Path
    areas: Path
    circles: Path
    grid: Path
    estates: Path
    gates: Path
    population: Path
    buildings: Path
    landuse: Path
    sites: Path
    ratios: Path
    ledgers: tuple[Sent, ...]
    today: dt.date

    def all(self) -> list[Path]:
        """Every file, sorted."""
        single = [
            self.osm, self.boundary, self.areas, self.circles, self.grid, self.estates, self.gates, self.population,
            self.buildings, self.landuse, self.sites, self.ratios,
        ]  # fmt: skip
        mappings = [sent.mapping for sent in self.ledgers if sent.mapping is not None]
        return sorted([*single, *mappings, *(sent.file for sent in self.ledgers)])


def generate_files(folder: str | Path, seed: int = SEED, today: dt.date | None = None) -> DemoFiles:
    """Write the raw files of the demonstration city into ``folder`` (made where it does not exist).

    Parameters
    ----------
    seed
        Decides details: jitter of streets, names of estates, people by group of buildings, sizes of facilities. The
        plan of the city and the planted shortfalls are the same for every seed.
    today
        Day that all dates are relative to; default: the clock's.

    Returns
    -------
    DemoFiles
        The same seed and day give the same bytes.

    Raises
    ------
    WorkspaceError
        The folder cannot be written.
    """
    path = Path(folder).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return _generate(path, seed, today or clock.today())
    except OSError as problem:
        if isinstance(problem, WorkspaceError):
            raise
        raise WorkspaceError("demo.cannot_write", folder=path, problem=problem.strerror or str(problem)) from problem


def _generate(folder: Path, seed: int, today: dt.date) -> DemoFiles:
    rng = np.random.default_rng(seed)
    blocks, communities = lay_out(rng)
    net = Net()
    estates = build_estates(net, communities, blocks, rng)
    side_streets(net, blocks)
    connect(net, communities, rng)
    people = settle(estates, communities, rng)
    stock = provide(net, estates, people, communities, rng)
    buildings = building_rings(estates, rng)
    east, north = to_projected(np.array([[ORIGIN_LON, ORIGIN_LAT]]), CRS)[0].round().tolist()
    ground = Ground((float(east), float(north)))
    silent = next(community.code for community in communities if community.short == SILENT)
    drawing = osm.draw(net, blocks, estates, buildings, stock, people, silent, rng)
    osm.write(drawing, folder / "demo.osm.pbf", ground.offset)
    plan = surveys.Plan(blocks, communities, estates, people, buildings, net, ground, today)
    surveys.write_areas(folder, plan)
    surveys.write_people(folder, plan)
    surveys.write_ground(folder, plan)
    surveys.write_sites(folder, plan)
    surveys.write_ratios(folder, plan, rng)
    sent = write_ledgers(folder, stock.facilities, communities, ground, today)
    return DemoFiles(
        folder=folder,
        osm=folder / "demo.osm.pbf",
        boundary=folder / "boundary.geojson",
        areas=folder / "行政区划.geojson",
        circles=folder / "一刻钟社区生活圈划定表.xlsx",
        grid=folder / "城市管理单元网格.gpkg",
        estates=folder / "住建局_住宅小区.geojson",
        gates=folder / "小区出入口.csv",
        population=folder / "公安局_楼栋组团人口.csv",
        buildings=folder / "自然资源局_建筑.gpkg",
        landuse=folder / "自然资源局_用地.geojson",
        sites=folder / "闲置资产与留白台账.xlsx",
        ratios=folder / "统计类指标台账.xlsx",
        ledgers=tuple(sent),
        today=today,
    )
