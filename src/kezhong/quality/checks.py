"""The checks on streets, people and facilities. Each takes the facts and gives one :class:`Check`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import shapely

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.model import Kind
from kezhong.quality.facts import NEAR_STREET_M, Facts
from kezhong.quality.model import Check, Status, graded

#: Facilities per 1,000 people: below the first figure data are missing, from the second on there are enough of them.
#: (Las Palmas in OpenStreetMap has 18, Helsinki's centre 12, a street file without places 0.1.)
FEW_PER_1000, ENOUGH_PER_1000 = 0.5, 2.0
#: Share of the catalogue's point and area elements that a well-mapped city shows.
ELEMENTS_SHOWN = 0.4
#: A facility farther from all people and all streets than this is misplaced.
FAR_M = 2000.0
#: Years after which a source is called old, and after which it counts for nothing.
OLD_YEARS, WORTHLESS_YEARS = 3.0, 8.0


def network(facts: Facts) -> Check:
    """Is there a network, and does it hang together?"""
    zh, en = "步行路网连通", "walking network hangs together"
    if facts.edges.empty:
        return Check(
            "network", zh, en, "fail", 0.0, 0.9, "share", 0.0, "没有导入路网", "no streets were imported", key=True
        )
    length = facts.edges["length_m"].to_numpy(dtype=float)
    share = float(length[facts.on_main].sum() / length.sum())
    islands = float(length[~facts.on_main].sum()) / 1000
    status: Status = "pass" if share >= 0.9 else "warn"
    return Check(
        "network", zh, en, status, share, 0.9, "share", graded(share, 0.4, 0.95),
        f"路网合计 {length.sum() / 1000:,.0f} 公里，其中 {islands:,.1f} 公里为互不相连的小片({1 - share:.1%})",
        f"{length.sum() / 1000:,.0f} km of streets, {islands:,.1f} km of them on small islands ({1 - share:.1%})",
        key=True,
    )  # fmt: skip


def street_reach(facts: Facts) -> Check:
    """How many people have a street near them?"""
    zh, en = f"居民 {NEAR_STREET_M:.0f} 米内有路", f"people within {NEAR_STREET_M:.0f} m of a street"
    if facts.people.sum() <= 0 or facts.edges.empty:
        return _not_applicable("street_reach", zh, en)
    near = float(facts.people[facts.gap <= NEAR_STREET_M].sum() / facts.people.sum())
    # Where most people live beyond the mapped streets, the file does not cover the city.
    status: Status = "pass" if near >= 0.95 else "warn" if near >= 0.5 else "fail"
    far = facts.people.sum() * (1 - near)
    return Check(
        "street_reach", zh, en, status, near, 0.95, "share", graded(near, 0.5, 0.97),
        f"{near:.1%} 的居民附近有路，约 {far:,.0f} 人附近没有",
        f"{near:.1%} of the people have a street nearby, about {far:,.0f} have none",
        key=True,
    )  # fmt: skip


def snap_distance(facts: Facts) -> Check:
    """How far are people from the street they are put on?"""
    zh, en = "居民点到路网的距离", "distance from people to the network"
    if facts.people.sum() <= 0 or facts.edges.empty:
        return _not_applicable("snap_distance", zh, en)
    half, most = _weighted(facts.gap, facts.people, (0.5, 0.95))
    status: Status = "pass" if most <= 150 else "warn"
    return Check(
        "snap_distance", zh, en, status, most, 150.0, "m", graded(most, 500.0, 100.0),
        f"中位数 {half:.0f} 米，95% 的居民在 {most:.0f} 米以内",
        f"median {half:.0f} m, 95 % of the people within {most:.0f} m",
    )  # fmt: skip


def population(facts: Facts) -> Check:
    """Are there people, and are they within the communities?"""
    zh, en = "人口数据", "population data"
    people = float(facts.people.sum())
    if people <= 0:
        return Check(
            "population", zh, en, "fail", 0.0, 1.0, "people", 0.0,
            "没有人口数据：按人口计算的覆盖率和短板无法得出",
            "no population data: coverage and shortfalls by people cannot be computed",
            key=True,
        )  # fmt: skip
    placed = 1.0
    if facts.city.areas.communities and facts.city.areas.frame.geometry.notna().any():
        placed = float(facts.people[facts.demand["community_code"].notna().to_numpy()].sum() / people)
    aged = float(facts.people[(facts.demand["age_basis"] != "none").to_numpy(dtype=bool)].sum() / people)
    status: Status = "pass" if placed >= 0.95 else "warn"
    zh_age = "无年龄结构，按年龄的目标人群只能用总人口代替" if aged < 0.5 else f"{aged:.0%} 有年龄结构"
    en_age = "no ages: target groups cannot be told apart" if aged < 0.5 else f"{aged:.0%} with ages"
    return Check(
        "population", zh, en, status, people, 1.0, "people", graded(placed, 0.5, 0.95) * (1.0 if aged >= 0.5 else 0.8),
        f"{people:,.0f} 人，{placed:.1%} 落在社区范围内；{zh_age}",
        f"{people:,.0f} people, {placed:.1%} within the communities; {en_age}",
        key=True,
    )  # fmt: skip


def facility_density(facts: Facts) -> Check:
    """Are there as many facilities as so many people must have?"""
    zh, en = "设施数量与人口相称", "facilities in proportion to people"
    people, found = float(facts.people.sum()), len(facts.places)
    if found == 0:
        return Check(
            "facility_density", zh, en, "fail", 0.0, ENOUGH_PER_1000, "per 1000 people", 0.0,
            "没有任何设施数据", "no facilities at all", key=True,
        )  # fmt: skip
    if people <= 0:
        return _not_applicable("facility_density", zh, en)
    rate = found / people * 1000
    status: Status = "fail" if rate < FEW_PER_1000 else "warn" if rate < ENOUGH_PER_1000 else "pass"
    thin_zh, thin_en = _circles(facts, people)
    missing_zh = "。这么多居民不可能只有这些设施：是数据缺失，不是服务缺失" if status == "fail" else thin_zh
    missing_en = ". So many people cannot have so few: data are missing, not services" if status == "fail" else thin_en
    return Check(
        "facility_density", zh, en, status, rate, ENOUGH_PER_1000, "per 1000 people",
        graded(np.log10(max(rate, 1e-3)), np.log10(FEW_PER_1000), np.log10(ENOUGH_PER_1000)),
        f"{people:,.0f} 人有设施 {found:,} 处，每千人 {rate:.2g} 处{missing_zh}",
        f"{found:,} facilities for {people:,.0f} people, {rate:.2g} per 1,000{missing_en}",
        key=True,
    )  # fmt: skip


def elements_found(facts: Facts) -> Check:
    """How many of the catalogue's elements does the city show at all?"""
    zh, en = "服务要素检出率", "service elements found"
    elements = load_catalogue().elements.values()
    places = {element.id for element in elements if element.kind in (Kind.POINT, Kind.AREA)}
    if facts.services.empty:
        return _not_applicable("elements_found", zh, en)
    found = places & set(facts.services["element"])
    share = len(found) / len(places)
    status: Status = "pass" if share >= ELEMENTS_SHOWN else "warn"
    missing = [element.zh for element in elements if element.id in places - found and element.tier == "basic"]
    missing_en = [element.en for element in elements if element.id in places - found and element.tier == "basic"]
    return Check(
        "elements_found", zh, en, status, share, ELEMENTS_SHOWN, "share", graded(share, 0.0, ELEMENTS_SHOWN),
        f"{len(places)} 类设施要素中检出 {len(found)} 类；"
        f"未检出的基础保障类要素 {len(missing)} 类，须核实后才能判定有无"
        + (f"（如{'、'.join(missing[:5])}）" if missing else ""),
        f"{len(found)} of {len(places)} kinds of facility found; {len(missing)} basic ones were not detected and need "
        "verification" + (f" ({', '.join(missing_en[:5])} …)" if missing else ""),
    )  # fmt: skip


def attributes(facts: Facts) -> Check:
    """How complete are names, hours, floor areas and places?"""
    zh, en = "设施属性完整", "attributes of facilities are complete"
    services = facts.services
    if services.empty:
        return _not_applicable("attributes", zh, en)
    book = load_catalogue().elements
    counted = services["element"].map(lambda name: bool(name in book and book[name].capacity_unit)).to_numpy(dtype=bool)
    shares = {
        ("名称", "names"): services["name"].notna().mean(),
        ("开放时间", "hours"): services["hours"].notna().mean(),
        ("面积", "areas"): (services["floor_area_m2"].notna() | services["site_area_m2"].notna()).mean(),
    }
    if counted.any():
        shares[("学位床位等容量", "places or beds")] = services.loc[counted, "capacity"].notna().mean()
    mean = float(np.mean(list(shares.values())))
    return Check(
        "attributes", zh, en, "pass" if mean >= 0.5 else "warn", mean, 0.5, "share", graded(mean, 0.0, 0.7),
        "填写率：" + "、".join(f"{name} {share:.0%}" for (name, _), share in shares.items()),
        "filled: " + ", ".join(f"{name} {share:.0%}" for (_, name), share in shares.items()),
    )  # fmt: skip


def duplicates(facts: Facts) -> Check:
    """How many records describe a facility that another record describes?"""
    zh, en = "重复设施", "duplicate facilities"
    if facts.places.empty:
        return _not_applicable("duplicates", zh, en)
    records = facts.places["source_refs"].str.count(" ").to_numpy(dtype=float) + 1
    crowds = int((records > 5).sum())
    share = float((records - 1).sum() / records.sum())
    status: Status = "pass" if share <= 0.3 else "warn"
    return Check(
        "duplicates", zh, en, status, share, 0.3, "share", graded(share, 0.8, 0.3),
        f"{records.sum():,.0f} 条记录合并为 {len(records):,} 处设施，合并率 {share:.1%}"
        + (f";{crowds} 处由 5 条以上记录合并，请核对" if crowds else ""),
        f"{records.sum():,.0f} records were joined into {len(records):,} facilities ({share:.1%})"
        + (f"; {crowds} of them from more than five records: please check" if crowds else ""),
    )  # fmt: skip


def placement(facts: Facts) -> Check:
    """Do the facilities lie in the city, near people or streets?"""
    zh, en = "设施位置合理", "facilities lie where they can be"
    if facts.places.empty:
        return _not_applicable("placement", zh, en)
    points = facts.place_points
    outside = np.zeros(len(points), dtype=bool)
    if facts.outline is not None:
        shapely.prepare(facts.outline)
        outside = ~shapely.intersects(facts.outline, points)
    far = np.minimum(facts.to_street(points), _to_people(facts)) > FAR_M
    wrong = float((outside | far).mean())
    status: Status = "pass" if wrong <= 0.05 else "warn" if wrong <= 0.3 else "fail"
    return Check(
        "placement", zh, en, status, wrong, 0.05, "share", graded(wrong, 0.5, 0.02),
        f"{int(outside.sum()):,} 处在城市范围之外，{int(far.sum()):,} 处远离道路和居民（超过 {FAR_M / 1000:.0f} 公里）",
        f"{int(outside.sum()):,} lie outside the city, {int(far.sum()):,} more than {FAR_M / 1000:.0f} km from streets "
        "and people",
    )  # fmt: skip


def verification(facts: Facts) -> Check:
    """How many communities have been looked at on the ground?"""
    zh, en = "社区核实", "verified on the ground"
    communities = facts.city.areas.communities
    if not communities:
        return _not_applicable("verification", zh, en)
    seen = set(facts.city.layer("verification")["community_code"]) & set(communities)
    share = len(seen) / len(communities)
    return Check(
        "verification", zh, en, "pass" if share >= 0.8 else "warn", share, 0.8, "share", share,
        f"{len(communities)} 个社区中 {len(seen)} 个提交过核实台账；未核实的社区里没找到的设施只能记为未检出",
        f"{len(seen)} of {len(communities)} communities sent a verification ledger; elsewhere what was not "
        "found is only not detected",
    )  # fmt: skip


def age(facts: Facts) -> Check:
    """How old are the facility data at the moment of the snapshot?"""
    zh, en = "数据时效", "age of the data"
    facilities = facts.city.layer("facilities")
    if facilities.empty:
        return _not_applicable("age", zh, en)
    made = facts.city.snapshot.created[:10]
    moment = date.fromisoformat(made) if made else clock.today(facts.city.config.timezone)
    days = pd.to_datetime(facilities["as_of"], errors="coerce")
    known = days.notna()
    if not known.any():
        return Check(
            "age", zh, en, "warn", None, OLD_YEARS, "years", 0.3,
            "各来源均未注明数据日期", "no source says which day it describes",
        )  # fmt: skip
    years = (pd.Timestamp(moment) - days[known]).dt.days / 365.25
    middle = float(max(years.median(), 0.0))
    oldest = years.groupby(facilities.loc[known, "source"].to_numpy()).median().sort_values()
    status: Status = "pass" if middle <= OLD_YEARS and known.mean() >= 0.5 else "warn"
    name, most = str(oldest.index[-1]), float(oldest.iloc[-1])
    return Check(
        "age", zh, en, status, middle, OLD_YEARS, "years",
        graded(middle, WORTHLESS_YEARS, 1.0) * (0.5 + 0.5 * float(known.mean())),
        f"设施数据距今中位数 {middle:.1f} 年，最旧的来源“{name}”{most:.1f} 年；{1 - known.mean():.0%} 未注明日期",
        f"facility data are {middle:.1f} years old (median), the oldest source “{name}” {most:.1f}; "
        f"{1 - known.mean():.0%} undated",
    )  # fmt: skip


def _circles(facts: Facts, people: float) -> tuple[str, str]:
    """Circles in which the city shows nothing or next to nothing."""
    book = load_catalogue()
    circle = facts.services["element"].map(
        lambda name: str(book.elements[name].circle) if name in book.elements else ""
    )
    counts: Mapping[str, int] = circle.value_counts().to_dict()
    thin = [
        found
        for name, found in book.circles.items()
        if counts.get(str(name), 0) / people * 10000 < 0.5 and _has_places(str(name))
    ]
    if not thin:
        return "", ""
    return (
        f";{'、'.join(found.zh for found in thin)}的设施记录很少",
        f"; few records in {', '.join(found.en for found in thin)}",
    )


def _has_places(circle: str) -> bool:
    kinds = {str(element.kind) for element in load_catalogue().elements.values() if element.circle == circle}
    return bool(kinds & {Kind.POINT.value, Kind.AREA.value})


def _to_people(facts: Facts) -> np.ndarray:
    found = np.full(len(facts.place_points), np.inf)
    if len(facts.demand_points) == 0:
        return found
    tree = shapely.STRtree(facts.demand_points)
    (place, _), distance = tree.query_nearest(facts.place_points, return_distance=True, all_matches=False)
    found[place] = distance
    return found


def _weighted(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order]) / weights.sum()
    return [float(values[order][min(int(np.searchsorted(heaped, share)), len(order) - 1)]) for share in shares]


def _not_applicable(name: str, zh: str, en: str) -> Check:
    return Check(
        name, zh, en, "na", None, None, "", None, "缺少所需数据，未检查", "the data it needs are not there: not checked"
    )
