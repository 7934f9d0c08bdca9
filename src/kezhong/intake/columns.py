"""How columns are called in practice, by kind of file: the spellings of ``columns.toml``, and what is compared of them.

Spellings are compared after :func:`plain`: half-width, lower case, without units in brackets, blanks and underscores.
The order of the spellings is the order of preference.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from kezhong.intake.values import half_width

#: Field → the names under which it is recognised, best first.
Fields = dict[str, tuple[str, ...]]

_UNIT = re.compile(r"[(\uff08\[【]([^)\uff09\]】]*)[)\uff09\]】]")
#: Factors that turn a heading's unit into ours.
UNIT_FACTORS = {
    "万人": 1e4,
    "万户": 1e4,
    "万平方米": 1e4,
    "万m2": 1e4,
    "万㎡": 1e4,
    "公顷": 1e4,
    "ha": 1e4,
    "亩": 10000 / 15,
    "平方公里": 1e6,
    "km2": 1e6,
    "%": 0.01,
}
_ALSO = "also"  # the key that appends groups of fields
_SAME = "="  # starts a reference to another kind's field
_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def plain(name: str) -> str:
    """A heading reduced to what is compared."""
    return re.sub(r"[\s_\-·.、:*#]", "", _UNIT.sub("", half_width(name).lower()))


def unit_factor(name: str) -> float:
    """Factor of the unit that a heading names in brackets (1 where there is none or it is ours)."""
    for unit in _UNIT.findall(half_width(name).lower()):
        if unit.strip() in UNIT_FACTORS:
            return UNIT_FACTORS[unit.strip()]
    return 1.0


def fields_of(kind: str) -> Fields:
    """The fields of a kind of file (``estates``, ``population`` …), in the order in which they are recognised."""
    return dict(_every_kind()[kind])


@cache
def _every_kind() -> dict[str, Fields]:
    return read_fields(resources.files("kezhong.intake").joinpath("columns.toml").read_text("utf-8"))


def read_fields(text: str) -> dict[str, Fields]:
    """Kinds and groups of a document like ``columns.toml``, references resolved.

    Raises
    ------
    ValueError
        A field without spellings or with one twice, a name that is no field's, a reference that leads nowhere.
    """
    raw = tomllib.loads(text)
    found: dict[str, Fields] = {}
    for kind, entries in raw.items():
        fields = {which: _spellings(raw, kind, which) for which in entries if which != _ALSO}
        for group in entries.get(_ALSO, ()):
            if group not in found:
                raise ValueError(f"columns.toml: {kind} appends {group!r}, which is not defined above it")
            fields.update({which: names for which, names in found[group].items() if which not in fields})
        found[kind] = fields
    return found


def _spellings(raw: Mapping[str, Mapping[str, object]], kind: str, which: str) -> tuple[str, ...]:
    """The spellings of one field, its own or those of the field it refers to."""
    stated = raw[kind][which]
    if isinstance(stated, str) and stated.startswith(_SAME):
        other, _, field = stated.removeprefix(_SAME).partition(".")
        stated = raw.get(other, {}).get(field)
    names = tuple(stated) if isinstance(stated, list) else ()
    forms = [plain(name) if isinstance(name, str) else "" for name in names]
    if not forms or not all(forms) or len(set(forms)) < len(forms) or not _FIELD.fullmatch(which):
        raise ValueError(f"columns.toml: {kind}.{which} has no usable spellings: {stated!r}")
    return names
