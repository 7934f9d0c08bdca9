"""Reading the catalogue's data files.

The files are YAML, one subject each, under ``catalogue/data``: ``elements/<circle>.yaml`` and ``bases/<id>.yaml``
beside the small lists. What every element of a kind shares (indicators, remedies, where data come from) is filled in
here, so that the files say only what is particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from kezhong.catalogue.book import Catalogue
from kezhong.catalogue.model import (
    Basis,
    Circle,
    Department,
    Document,
    Element,
    Indicator,
    Kind,
    Level,
    Named,
    Remedy,
    Walker,
)
from kezhong.catalogue.walkers import Crossings

_Model = TypeVar("_Model", bound=BaseModel)
#: Remedies that fit a kind of element where its entry names none.
_REMEDIES: dict[str, tuple[str, ...]] = {
    Kind.POINT: ("share", "extend_hours", "convert", "extend", "new"),
    Kind.AREA: ("share", "convert", "extend", "new"),
    Kind.LINE: ("convert", "extend", "new"),
    Kind.RATIO: ("share", "convert", "extend", "new"),
    Kind.PROGRAM: ("share", "mobile", "new"),
}


def parse_yaml(text: str) -> Any:
    """Parse YAML, with libyaml where it is there (ten times as fast)."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders


@cache
def load_catalogue() -> Catalogue:
    """The catalogue as shipped, read once; immutable."""
    data = resources.files("kezhong.catalogue").joinpath("data")
    indicators = _by_id(Indicator, _read(data / "indicators.yaml"))
    documents = _by_id(Document, _read(data / "documents.yaml"))
    circles = _by_id(Circle, _read(data / "circles.yaml"))
    elements: dict[str, Element] = {}
    for circle in circles.values():
        page = _read(data / "elements" / f"{circle.id}.yaml")
        for entry in page["elements"]:
            element = Element.model_validate(_completed(entry, circle, indicators))
            if element.id in elements:
                msg = f"element {element.id} is in two files"
                raise ValueError(msg)
            elements[element.id] = element
    walkers = _read(data / "walkers.yaml")
    bases = {name: _basis(_read(data / "bases" / f"{name}.yaml")) for name in _read(data / "bases.yaml")}
    return Catalogue(
        circles=circles,
        aspects=_by_id(Named, _read(data / "aspects.yaml")),
        tiers=_by_id(Named, _read(data / "tiers.yaml")),
        levels=_by_id(Level, _read(data / "levels.yaml")),
        departments=_by_id(Department, _read(data / "departments.yaml")),
        documents=documents,
        walkers=_by_id(Walker, walkers["walkers"]),
        crossings=Crossings.model_validate(walkers["crossings"]),
        indicators=indicators,
        remedies=_by_id(Remedy, _read(data / "remedies.yaml")),
        elements=MappingProxyType(elements),
        bases=MappingProxyType(bases),
    )


def _basis(page: dict[str, Any]) -> Basis:
    """A basis's page; ``x_cites`` only holds the citations its entries refer to."""
    return Basis.model_validate({name: value for name, value in page.items() if name != "x_cites"})


def _completed(entry: dict[str, Any], circle: Circle, indicators: Mapping[str, Indicator]) -> dict[str, Any]:
    """An element's entry with what follows from its circle and kind."""
    full = {"circle": circle.id, "lead_department": circle.lead_department, **entry}
    full.setdefault("responsible_department", full["lead_department"])
    kind = full["kind"]
    full.setdefault("remedies", _REMEDIES[kind])
    full.setdefault("indicators", [one.id for one in indicators.values() if kind in one.kinds and _has(full, one)])
    if "data_from" not in full:
        if kind == Kind.RATIO:
            full["data_from"] = ["ratio"]
        elif kind == Kind.PROGRAM:
            full["data_from"] = ["ratio", "survey"]
        else:
            full["data_from"] = [
                *(["osm"] if full.get("osm") else []),
                "ledger",
                *(["amap"] if full.get("amap") else []),
                "survey",
            ]
    return full


def _has(entry: Mapping[str, Any], indicator: Indicator) -> bool:
    """Whether an element has what an indicator needs."""
    if indicator.needs == "capacity":
        return bool(entry.get("capacity_unit"))
    if indicator.needs == "hours":
        return bool(entry.get("hours"))
    if indicator.needs == "target_group":
        return str(entry.get("age_group", "all")) != "all"
    if indicator.needs == "ratio":
        return bool(entry.get("ratio_metric"))
    return True


def _read(file: Traversable) -> Any:
    return parse_yaml(file.read_text("utf-8"))


def _by_id(model: type[_Model], entries: list[dict[str, Any]]) -> Mapping[str, _Model]:
    found: dict[str, _Model] = {}
    for entry in entries:
        if entry["id"] in found:
            msg = f"{model.__name__} {entry['id']} occurs twice"
            raise ValueError(msg)
        found[entry["id"]] = model.model_validate(entry)
    return MappingProxyType(found)
