"""The planted shortfalls: what is missing where, and the story a city leader is told.

The generator leaves these gaps on purpose and covers everything else; the tests know this list. ``story_*`` is what
the tour in ``docs/demo.md`` says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted shortfall."""

    circle: str  # one of the eight circles
    community: str  # name without 社区
    element: str  # service element of the requirement that falls short
    story_zh: str
    story_en: str


PLANTED: tuple[Planted, ...] = (
    # 舒适安居圈
    Planted(
        "comfortable_living", "东站", "childrens_playground",
        "铁路沿线老片区，院落全部停车，孩子没有活动场地", "old quarter by the railway: every yard is a car park",
    ),
    Planted(
        "comfortable_living", "矿工新村", "childrens_playground",
        "矿区职工宿舍改造只修了管线，没有留儿童场地", "the miners' housing got new pipes and no playground",
    ),
    # 便民消费圈
    Planted(
        "convenient_consumption", "信号楼", "wet_market",
        "铁路西侧就有菜市场，直线很近，却要绕到下穿通道才过得去",
        "there is a market in sight across the railway, and no way over",
    ),
    Planted(
        "convenient_consumption", "凌霄", "pharmacy",
        "封闭小区只开背街一个门，到药店要绕大半圈", "walled estates with one gate each, on the far side",
    ),
    Planted(
        "convenient_consumption", "炉前", "parcel_station",
        "老厂区宿舍，快递堆在路边，没有末端驿站", "works housing: parcels are left at the roadside",
    ),
    # 社区文化圈
    Planted(
        "community_culture", "朝霞", "cultural_station",
        "新区边缘，文化活动站规划了但还没有建", "edge of the new district: the cultural station is still a plan",
    ),
    Planted(
        "community_culture", "炼焦里", "small_sports_ground",
        "焦化厂旁的老社区，没有一块运动场地", "old quarter beside the coking plant without any sports ground",
    ),
    # 优教普惠圈
    Planted(
        "inclusive_education", "启明", "kindergarten",
        "新区入住快，配建幼儿园在建未开", "people moved in fast; the kindergarten is still being built",
    ),
    Planted(
        "inclusive_education", "百合", "primary_school",
        "西岸新区北缘，小学还停留在规划图上", "north edge of the west bank: the school exists on paper",
    ),
    # 养老服务圈
    Planted(
        "elderly_care", "机务", "elderly_day_care",
        "机务段家属区，三成以上是老人，没有日间照料", "railway housing, a third of it old people, no day care",
    ),
    Planted(
        "elderly_care", "红砖", "elderly_day_care",
        "红砖房老社区，日间照料站因经营困难停办", "brick terraces: the day-care station closed for want of money",
    ),
    # 健康医疗圈
    Planted(
        "health_medical", "芦草湾村", "village_clinic",
        "离镇近三公里，村医退休后诊室关门", "three kilometres from the town: the doctor retired, the clinic closed",
    ),
    Planted(
        "health_medical", "高粱地村", "village_clinic",
        "看病要到镇上，往返近五公里", "the nearest clinic is in the town, five kilometres there and back",
    ),
    # 城市颜值圈
    Planted(
        "city_appearance", "丹霞", "public_toilet",
        "沿街店铺多、公厕少，老人不敢走远", "shops everywhere and no public toilet",
    ),
    Planted(
        "city_appearance", "鹰嘴", "bus_stop",
        "坡上新扩片区，公交尚未延伸", "on the slope: the bus does not come up here yet",
    ),
    # 服务响应圈
    Planted(
        "service_response", "渔火", "community_service_station",
        "江边老社区，办事要走到别的社区", "by the river: people go to another community for every errand",
    ),
    Planted(
        "service_response", "黑石崖村", "village_service_station",
        "村级服务站撤并后，办事要到镇上", "the village station was merged away",
    ),
)  # fmt: skip

#: The community whose ledgers never came: thousands of people, no facility on record.
SILENT = "青盐"

#: Streets that lag behind as a whole, and in which elements: lesser gaps in most of their communities, so that their
#: life circles come out at C or D while others are A or B.
LAGGING: dict[str, tuple[str, ...]] = {
    "炉前街道": (
        "wet_market",
        "pharmacy",
        "public_toilet",
        "bus_stop",
        "cultural_station",
        "community_service_station",
        "pocket_park",
        "convenience_store",
        "kindergarten",
        "primary_school",
    ),
    "云麓街道": ("wet_market", "community_service_station", "public_toilet", "primary_school"),
    "晴岚街道": ("wet_market", "elderly_day_care", "cultural_station", "bus_stop", "childrens_playground"),
    "西堤街道": ("elderly_day_care", "small_sports_ground"),
    "渡江路街道": ("childrens_playground", "parcel_station", "pharmacy"),
}
