"""The facilities of the invented city: which, where, how large, when open, and in whose ledger."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.demo import names
from kezhong.demo.communities import Community
from kezhong.demo.estates import Estate, People
from kezhong.demo.kinds import Kind, kinds
from kezhong.demo.layout import Array
from kezhong.demo.placement import Reach, Task, measure, network_matrix, place
from kezhong.demo.planted import LAGGING, PLANTED, SILENT
from kezhong.demo.streets import Net

CANDIDATES = 2400


@dataclass(slots=True)
class Facility:
    """One facility as its department knows it."""

    key: str
    kind: Kind
    name: str
    x: float
    y: float
    node: int
    community: str  # code
    status: str = "open"
    floor: int = 0
    site: int = 0
    capacity: int = 0
    used: int = 0
    hours: str = ""
    also: tuple[str, ...] = ()  # further elements served at the same address
    shared: bool = False  # another facility's ground, opened at other hours
    note: str = ""


@dataclass(slots=True)
class Stock:
    """All facilities, and the places where small parks lie."""

    facilities: list[Facility] = field(default_factory=list)
    parks: list[tuple[int, str]] = field(default_factory=list)  # node, name


def provide(
    net: Net, estates: list[Estate], people: People, communities: list[Community], rng: np.random.Generator
) -> Stock:
    """Place every element and write down what its department would."""
    number = {community.code: k for k, community in enumerate(communities)}
    of_group = np.array([number[code] for code in people.community.tolist()])
    candidates, home = _candidates(net, estates, people, of_group, rng)
    reach = measure(net, people, estates, candidates)
    stock = Stock()
    chosen: dict[str, list[int]] = {}
    park = kinds("park")[0]
    for kind in (*kinds("town"), park):
        fixed = np.zeros(reach.groups)
        for other in kind.served_by:
            fixed += np.asarray(reach.within(kind.served_within * 0.95)[chosen[other]].sum(axis=0)).ravel()
        if kind is park:
            fixed += _near_big_parks(net, people)
        task = _task(kind, people, of_group, communities, home)
        if kind.element == "wet_market":
            task.forced = _across_the_rails(net, reach, people, of_group, communities, home)
        chosen[kind.element] = place(reach, task, rng, fixed=(fixed > 0).astype(float))
        serial: dict[str, int] = {}
        users = reach.users(chosen[kind.element], kind.metres, task.weight)
        for c, load in zip(chosen[kind.element], users, strict=True):
            community = communities[home[c]]
            serial[community.code] = serial.get(community.code, 0) + 1
            node = int(candidates[c])
            if kind is park:
                stock.parks.append((node, f"{community.short}{names.ESTATE_FIRST[node % 28]}游园"))
                continue
            stock.facilities.append(_facility(net, kind, node, community, serial[community.code], load, rng))
    for community in communities:
        if community.kind == "village":
            stock.facilities += _village(net, community, rng)
    stock.facilities += _homes(net, candidates, home, communities, people, rng)
    stock.facilities += _unopened(net, candidates, home, communities, rng)
    _combine(stock, reach, candidates, people, of_group, communities)
    stock.facilities += _opened_grounds(stock, reach, candidates, of_group, communities)
    for k, facility in enumerate(stock.facilities, 1):
        facility.key = f"{facility.kind.ledger}-{k:05d}"
    return stock


def _candidates(
    net: Net, estates: list[Estate], people: People, of_group: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Nodes where facilities may stand, and the community of each."""
    from scipy.spatial import cKDTree

    found = network_matrix(net).tocoo()
    gates = np.array([gate for estate in estates for gate in estate.gates])
    public = np.setdiff1d(np.unique(np.concatenate([found.row, found.col])), gates)
    gap, near = cKDTree(people.xy).query(np.array(net.xy)[public])
    public, near = public[gap < 160], near[gap < 160]
    pick = np.sort(rng.choice(len(public), min(CANDIDATES, len(public)), replace=False))
    return public[pick].astype(np.int64), of_group[near[pick]]


def _task(
    kind: Kind,
    people: People,
    of_group: npt.NDArray[np.int64],
    communities: list[Community],
    home: npt.NDArray[np.int64],
) -> Task:
    elements = {kind.element, kind.stands_for}
    if kind.ledger == "osm":
        elements.add("residential_park_5")
    gone = {plant.community for plant in PLANTED if plant.element in elements}
    withheld = tuple(k for k, community in enumerate(communities) if community.short in gone)
    asked = np.array([community.kind != "village" and community.short != SILENT for community in communities])
    closed = np.array([communities[k].short == SILENT or communities[k].kind == "village" for k in home.tolist()])
    fills_in = kind.element == "community_health_station"  # needed by everyone whom no centre reaches
    lagging = np.array([kind.element in LAGGING.get(community.street_name, ()) for community in communities])
    return Task(kind.metres, target_of(kind, people), of_group, withheld, asked, closed, kind.gaps, lagging, fills_in)


def _across_the_rails(
    net: Net,
    reach: Reach,
    people: People,
    of_group: npt.NDArray[np.int64],
    communities: list[Community],
    home: npt.NDArray[np.int64],
) -> tuple[int, ...]:
    """A market that 信号楼 sees on the other side of the railway, and cannot walk to within the threshold."""
    east = {"东站街道", "云麓街道"}
    seen_from = next(k for k, community in enumerate(communities) if community.short == "信号楼")
    theirs = of_group == seen_from
    xy = np.array(net.xy)[reach.nodes]
    gaps = np.hypot(*(xy[:, None, :] - people.xy[theirs][None, :, :]).transpose(2, 0, 1))
    west = np.array([communities[k].zone == "A" and communities[k].street_name not in east for k in home.tolist()])
    walked = np.asarray(reach.within(620.0) @ theirs.astype(float)).ravel()
    near = np.where(west & (walked == 0), np.sort(gaps, axis=1)[:, :10].mean(axis=1), np.inf)
    return (int(np.argmin(near)),) if np.isfinite(near).any() else ()


def target_of(kind: Kind, people: People) -> Array:
    """Size of the element's target group, by group of people."""
    if not kind.target:
        return people.total.astype(float)
    found: Array = people.ages[:, [AGE_COLUMNS.index(age) for age in kind.target]].sum(axis=1).astype(float)
    return found


def _near_big_parks(net: Net, people: People) -> Array:
    from scipy.spatial import cKDTree

    nodes = [node for way, tags in net.ways if tags.get("surface") == "paving_stones" and "name" not in tags
             and tags["highway"] == "footway" for node in (way[0], way[-1])]  # fmt: skip
    gap, _ = cKDTree(np.array([net.xy[node] for node in nodes])).query(people.xy)
    found: Array = (gap < 300).astype(float)
    return found


def _offset(net: Net, node: int, rng: np.random.Generator) -> tuple[float, float]:
    x, y = net.xy[node]
    angle = float(rng.uniform(0, 2 * np.pi))
    return x + 11 * np.cos(angle), y + 11 * np.sin(angle)


def _facility(
    net: Net, kind: Kind, node: int, community: Community, serial: int, load: float, rng: np.random.Generator
) -> Facility:
    x, y = _offset(net, node, rng)
    low, high = kind.floor
    floor = int(rng.integers(low, high + 1)) if high else 0
    capacity = 0
    if kind.unit:
        step = {"kindergarten": 30, "primary_school": 45, "junior_middle_school": 50}.get(kind.element, 5)
        share = {"nursery": 0.12, "elderly_day_care": 0.05, "elderly_canteen": 0.08}.get(kind.element, 1.4)
        capacity = max(2, math.ceil(load * share * float(rng.uniform(1.0, 1.25)) / step)) * step
    found = Facility(
        "", kind, _name(kind, community, serial, rng), x, y, node, community.code, floor=floor, capacity=capacity,
        hours=kind.hours,
    )  # fmt: skip
    found.used = min(capacity, int(capacity * float(rng.uniform(0.58, 0.9))))
    if kind.element in ("kindergarten", "primary_school", "junior_middle_school"):
        found.site = int(floor * float(rng.uniform(1.5, 2.1)))
    if kind.ledger == "文体" and not floor:
        found.site = int(rng.integers(420, 1250))
    if kind.element in ("childrens_playground", "emergency_shelter"):
        found.site = int(rng.integers(180, 460)) * (10 if kind.element == "emergency_shelter" else 1)
    return found


def _name(kind: Kind, community: Community, serial: int, rng: np.random.Generator) -> str:
    short = community.short
    number = "" if serial == 1 else ("第二", "第三", "第四", "第五", "第六", "第七", "第八", "第九")[min(serial - 2, 7)]
    brand = names.BRANDS[int(rng.integers(len(names.BRANDS)))]
    if kind.element in ("kindergarten", "primary_school", "junior_middle_school"):
        return f"示范市{short}{number}{kind.suffix}"
    if kind.element == "community_service_centre":
        return f"{community.street_name}{number}{kind.suffix}"
    if kind.element == "bus_stop":
        return f"{short}{('', '东', '西', '南', '北', '路口', '小区', '街', '新村')[min(serial - 1, 8)]}{kind.suffix}"
    if kind.ledger == "商务" and kind.element != "wet_market":
        return f"{brand}{kind.suffix}({short}{serial}店)"
    return f"{short}{number}{kind.suffix}"


def _village(net: Net, community: Community, rng: np.random.Generator) -> list[Facility]:
    gone = {plant.element for plant in PLANTED if plant.community == community.short}
    if community.town is None:
        return []
    middle = (community.town.x, community.town.y)
    own = [node for key, node in net.corner.items() if key[0] == community.code[-9:]]
    own.sort(key=lambda node: float(np.hypot(net.xy[node][0] - middle[0], net.xy[node][1] - middle[1])))
    found = []
    for k, kind in enumerate(kinds("village")):
        if kind.element not in gone:
            found.append(_facility(net, kind, own[k % 3], community, 1, 60.0, rng))
    return found


def _homes(
    net: Net,
    candidates: npt.NDArray[np.int64],
    home: npt.NDArray[np.int64],
    communities: list[Community],
    people: People,
    rng: np.random.Generator,
) -> list[Facility]:
    """Care homes, counted by district: 34 to 38 beds for every 1,000 people of 60 and over."""
    kind = kinds("district")[0]
    old = target_of(kind, people)
    zone_of = {community.code: community.zone for community in communities}
    zones = np.array([zone_of[code] for code in people.community.tolist()])
    found = []
    for zone in names.DISTRICTS:
        beds = int(old[zones == zone].sum() * 0.036)
        own = [c for c in range(len(candidates)) if communities[home[c]].zone == zone
               and communities[home[c]].kind != "village" and communities[home[c]].short != SILENT]  # fmt: skip
        n = max(3, round(beds / 190))
        for serial, c in enumerate(rng.choice(own, n, replace=False).tolist(), 1):
            one = _facility(net, kind, int(candidates[c]), communities[home[c]], 1, 0.0, rng)
            one.name = f"{communities[home[c]].short}{('颐寿', '康宁', '松鹤', '夕照', '福泽')[serial % 5]}养老院"
            one.capacity = -(-beds // n)
            one.used = int(one.capacity * float(rng.uniform(0.45, 0.8)))
            one.floor = one.capacity * 36
            found.append(one)
    return found


#: Facilities that do not serve yet, or no longer: community, element, status, remark.
_UNOPENED = (
    ("朝霞", "cultural_station", "planned", "列入明年计划"),
    ("启明", "kindergarten", "building", "主体封顶,计划明年九月招生"),
    ("百合", "primary_school", "planned", "控规已落位"),
    ("红砖", "elderly_day_care", "closed", "运营方退出,房屋仍在"),
    ("澄波", "supermarket", "closed", "商户撤场"),
    ("荷风", "junior_middle_school", "building", "在建"),
)


def _unopened(
    net: Net,
    candidates: npt.NDArray[np.int64],
    home: npt.NDArray[np.int64],
    communities: list[Community],
    rng: np.random.Generator,
) -> list[Facility]:
    by_element = {kind.element: kind for kind in kinds("town")}
    found = []
    for short, element, status, note in _UNOPENED:
        own = [c for c in range(len(candidates)) if communities[home[c]].short == short]
        c = own[len(own) // 2]
        one = _facility(net, by_element[element], int(candidates[c]), communities[home[c]], 9, 400.0, rng)
        one.status, one.note, one.used = status, note, 0
        found.append(one)
    village = next(community for community in communities if community.short == "芦草湾村")
    node = next(node for key, node in net.corner.items() if key[0] == village.code[-9:])
    clinic = _facility(net, kinds("village")[0], node, village, 1, 0.0, rng)
    clinic.status, clinic.note = "closed", "村医退休,暂停执业"
    return [*found, clinic]


def _combine(
    stock: Stock,
    reach: Reach,
    candidates: npt.NDArray[np.int64],
    people: People,
    of_group: npt.NDArray[np.int64],
    communities: list[Community],
) -> None:
    """Let service centres serve several elements at one address, where that closes no planted gap."""
    row = {int(node): c for c, node in enumerate(candidates)}
    number = {community.short: k for k, community in enumerate(communities)}
    inside = reach.within(1100.0)
    for facility in stock.facilities:
        if facility.kind.element != "community_service_centre":
            continue
        groups = inside[row[facility.node]].toarray().ravel() > 0
        near = set(of_group[groups].tolist())
        also = [
            element
            for element in ("cultural_station", "reading_room")
            if not near & {number[plant.community] for plant in PLANTED if plant.element == element}
        ]
        facility.also = (*also, "party_service_centre", "chess_room")
        facility.floor = max(facility.floor, 1100)


def _opened_grounds(
    stock: Stock,
    reach: Reach,
    candidates: npt.NDArray[np.int64],
    of_group: npt.NDArray[np.int64],
    communities: list[Community],
) -> list[Facility]:
    """School grounds that open to everybody at other hours (错峰开放), where no planted gap closes by it."""
    ground = next(kind for kind in kinds("town") if kind.element == "small_sports_ground")
    row = {int(node): c for c, node in enumerate(candidates)}
    gone = {plant.community for plant in PLANTED if plant.element == ground.element}
    spared = {
        k for k, community in enumerate(communities) if community.short in gone or community.street_name == "炉前街道"
    }
    inside = reach.within(1100.0)
    found = []
    schools = [one for one in stock.facilities if one.kind.element == "primary_school" and one.status == "open"]
    for school in schools[::4]:
        groups = inside[row[school.node]].toarray().ravel() > 0
        if spared & set(of_group[groups].tolist()):
            continue
        school.note = "操场错峰向社会开放"
        found.append(
            Facility(
                "",
                ground,
                f"{school.name}操场(错峰开放)",
                school.x + 14,
                school.y - 9,
                school.node,
                school.community,
                site=1200,
                hours="周一至周五 18:00-20:30;周六至周日 08:00-18:00",
                shared=True,
            )
        )
    return found
