"""Names of tables and columns in both languages (``data/fields.yaml``), for the audit and for exports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from kezhong.messages import Language


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("kezhong.office").joinpath("data/fields.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return found


def kind_name(kind: str, language: Language = "zh") -> str:
    """What a table's rows are called; the id itself where it has no name."""
    return _names()["kinds"].get(kind, kind) if language == "zh" else kind.replace("_", " ")


def field_name(kind: str, column: str, language: Language = "zh") -> str:
    """What a column is called; its id where it has no name."""
    if language != "zh":
        return column.replace("_", " ")
    names = _names()
    return names["special"].get(f"{kind}.{column}") or names["fields"].get(column, column)


def has_name(kind: str, column: str | None = None) -> bool:
    """Whether a table, or a column, has a Chinese name."""
    return kind in _names()["kinds"] if column is None else column in _names()["fields"]
