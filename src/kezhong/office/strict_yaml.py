"""Reading the office's data files: YAML in which no key is written twice and no key is unknown.

PyYAML silently keeps the last of two equal keys; in a state machine that would drop a rule without a word.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from kezhong.errors import InputError


class _Strict(yaml.SafeLoader):
    """The safe loader, without tolerance for keys written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"“{key}” is written twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_strict(text: str, file: str) -> dict[str, Any]:
    """Parse ``text``, which must be one mapping.

    Raises
    ------
    InputError
        It is no YAML, a key occurs twice, or it is no mapping: with file and row.
    """
    try:
        page = yaml.load(text, Loader=_Strict)  # noqa: S506  # a subclass of the safe loader
    except (yaml.YAMLError, ValueError) as problem:  # ValueError: 2022-02-30 written as a date
        mark = getattr(problem, "problem_mark", None)
        row = mark.line + 1 if mark is not None else "–"
        words = str(getattr(problem, "problem", None) or "YAML")
        raise InputError("machines.unreadable", file=file, row=row, value=words) from problem
    if not isinstance(page, dict):
        raise InputError("machines.unreadable", file=file, row=1, value=type(page).__name__)
    return page


def unknown_keys(entry: Mapping[str, Any], required: frozenset[str], optional: frozenset[str]) -> list[tuple[str, str]]:
    """What is wrong with the keys of ``entry``: pairs (zh, en)."""
    missing = sorted(required - entry.keys())
    unknown = sorted(str(name) for name in entry.keys() - required - optional)
    return [
        *((f"缺少“{key}”", f"“{key}” is missing") for key in missing),
        *((f"不认识的键“{key}”", f"“{key}” is unknown") for key in unknown),
    ]
