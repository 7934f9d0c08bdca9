"""What made a snapshot, in words: its message is kept in English and said in both languages."""

from __future__ import annotations

import re

from kezhong.city.schemas import LAYERS
from kezhong.messages import Language

#: What is imported and is no layer of its own name.
_KINDS_ZH = {
    "circles": "生活圈",
    "built_up": "城区范围",
    "enrolment": "学区",
    "grid": "官方网格",
    "streets": "步行路网",
}
_IMPORT = re.compile(r"^import (?P<kind>[\w-]+)(?: (?P<source>[^:]+))?: (?P<file>.+)$")
_TEMPLATE = re.compile(r"^template (?P<name>.+)$")
_VERIFY = re.compile(r"^verify import: (?P<file>.+)$")


def change_text(message: str, language: Language = "zh") -> str:
    """A snapshot's message in a language; one that nobody of ours wrote stays as it is.

    >>> change_text("import streets osm: city.osm.pbf")
    '导入步行路网（来源“osm”）：city.osm.pbf'
    """
    if language == "en":
        return message
    if message == "new city":
        return "新建城市"
    if found := _TEMPLATE.match(message):
        return f"按模板“{found['name']}”建立区域"
    if found := _VERIFY.match(message):
        return f"收回核实台账：{found['file']}"
    if found := _IMPORT.match(message):
        kind = found["kind"]
        layer = LAYERS.get(kind)
        name = _KINDS_ZH.get(kind) or (layer.zh if layer else kind)
        source = f"（来源“{found['source']}”）" if found["source"] else ""
        return f"导入{name}{source}：{found['file']}"
    return message
