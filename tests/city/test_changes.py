"""What made a snapshot, in two languages; every message that the sources write is known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kezhong.city.changes import change_text

SOURCES = Path(__file__).resolve().parents[2] / "src" / "kezhong"
HAN = re.compile(r"[\u4e00-\u9fff]")
#: Calls of ``edit`` with a text; the example in the docstring of ``City.edit`` is none.
MESSAGE = re.compile(r"^ *with \S*\.edit\(f?\"([^\"]+)\"\)", re.MULTILINE)


@pytest.mark.parametrize(
    ("message", "zh"),
    [
        ("new city", "新建城市"),
        ("template wuhai", "按模板“wuhai”建立区域"),
        ("import streets osm: city.osm.pbf", "导入步行路网（来源“osm”）：city.osm.pbf"),
        ("import facilities: 幼儿园", "导入设施：幼儿园"),
        ("import built_up: 城区", "导入城区范围：城区"),
        ("import circles: a: b", "导入生活圈：a: b"),
        ("verify import: 和平社区.xlsx", "收回核实台账：和平社区.xlsx"),
        ("by hand", "by hand"),
        ("", ""),
    ],
)
def test_messages(message: str, zh: str) -> None:
    assert change_text(message) == zh
    assert change_text(message, "en") == message


def test_every_message_of_the_sources_has_its_chinese() -> None:
    found = {text for path in SOURCES.rglob("*.py") for text in MESSAGE.findall(path.read_text("utf-8"))}
    assert len(found) >= 6
    for template in found:
        message = re.sub(r"\{[^}]+\}", "streets", template)
        assert HAN.search(change_text(message)), template
