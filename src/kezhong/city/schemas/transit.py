"""What a timetable says of the stops among the facilities."""

from __future__ import annotations

from kezhong.city.schemas.declaration import AS_OF, SOURCE, Column, LayerSchema, text

#: Day types of a timetable.
DAY_TYPES = ("weekday", "saturday", "sunday")

SCHEMAS = (
    LayerSchema(
        "stop_service",
        "公交班次",
        "departures of public transport stops by hour; an hour without a row has no departure, a day type without any "
        "row of the source is not known",
        ("facility_id", "day_type", "hour"),
        (
            text("facility_id", "设施编码", "stop, as in facilities", required=True),
            text("day_type", "日类型", "weekday, saturday or sunday", required=True, values=DAY_TYPES),
            Column("hour", "int64", "小时", "hour of the day, 0–23", "h", required=True, minimum=0, maximum=23),
            Column("departures", "int64", "发车数", "departures in this hour", "班", required=True, minimum=1),
            SOURCE,
            AS_OF,
        ),
        command="gtfs",
    ),
)
