"""Names of service elements as people write them → ids of the catalogue."""

from __future__ import annotations

import difflib
import re
from functools import cache

from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError
from kezhong.intake.columns import plain

_SEPARATORS = re.compile(r"[、;\uff1b,\uff0c/|+]+|\s{2,}|\n")


@cache
def _names() -> dict[str, str]:
    """Reduced spelling → id; ids win over names."""
    elements = load_catalogue().elements
    found: dict[str, str] = {}
    for element in elements.values():
        for name in (element.en, element.zh):
            found.setdefault(plain(name), element.id)
    found.update({plain(element_id): element_id for element_id in elements})
    for part, ids in _alternatives().items():
        if len(ids) == 1:
            found.setdefault(plain(part), ids.pop())
    return found


def _alternatives() -> dict[str, set[str]]:
    """One of the alternatives of a name stands for it too (菜市场 for 菜市场或生鲜超市) → the elements that have it."""
    found: dict[str, set[str]] = {}
    for element in load_catalogue().elements.values():
        for part in element.zh.split("或") if "或" in element.zh else ():
            if len(part) > 2:
                found.setdefault(part, set()).add(element.id)
    return found


def find_element(text: str) -> str | None:
    """Id of the element with this id, Chinese or English name; ``None`` where there is none."""
    return _names().get(plain(text))


def near_elements(text: str, n: int = 5) -> str:
    """Elements that are written alike, for a message."""
    elements = load_catalogue().elements
    forms = {form: element.id for element in elements.values() for form in (element.id, element.zh, element.en.lower())}
    forms.update({part: min(ids) for part, ids in _alternatives().items()})
    close = difflib.get_close_matches(text.lower(), list(forms), n=n, cutoff=0.4)
    inside = [form for form in forms if len(text) > 1 and (text in form or form in text)]
    ids = list(dict.fromkeys(forms[form] for form in [*inside, *close]))[:n]
    return "、".join(f"{elements[one].zh}({one})" for one in ids) or "–"


def need_element(text: str, option: str = "element") -> str:
    """:func:`find_element`, or an error with similar names."""
    found = find_element(text)
    if found is None:
        raise InputError("intake.no_such_element", option=option, value=text, near=near_elements(text))
    return found


def split_names(text: str) -> list[str]:
    """Several names in one cell; a name that contains a separator itself is kept whole."""
    if find_element(text):
        return [text]
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def capacity_unit(element_id: str) -> str | None:
    """The element's own unit of capacity."""
    return load_catalogue().elements[element_id].capacity_unit or None
