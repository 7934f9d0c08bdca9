"""Recognising elements in OpenStreetMap tags and Amap records.

An object may be several elements at once (a library inside a community centre), or none. The index is by key and
value of one telling condition of each rule, so that the many objects no element is interested in cost a few
dictionary look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kezhong.catalogue.model import Element, OsmTags

_NAME_KEYS = ("name", "name:zh", "official_name", "alt_name", "short_name")
#: Keys too common to find a rule by.
_WEAK = frozenset({"name", "access", "bus", "bicycle", "foot", "building", "operator", "sidewalk", "wheelchair"})


@dataclass(frozen=True, slots=True)
class _Rule:
    order: int
    element: str
    needed: tuple[tuple[str, frozenset[str]], ...]  # an empty set: any value
    excluded: tuple[tuple[str, frozenset[str]], ...]
    contains: re.Pattern[str] | None
    lacks: re.Pattern[str] | None
    low: float | None
    high: float | None

    def fits(self, tags: Mapping[str, str], area_m2: float | None) -> bool:
        """Whether an object with these tags and this area is the rule's element."""
        return (
            all(_has(tags, key, values) for key, values in self.needed)
            and not any(_has(tags, key, values) for key, values in self.excluded)
            and self._area_fits(area_m2)
            and self._name_fits(tags)
        )

    def _area_fits(self, area_m2: float | None) -> bool:
        if self.low is None and self.high is None:
            return True
        if area_m2 is None:
            return self.low is None
        return (self.low is None or area_m2 >= self.low) and (self.high is None or area_m2 < self.high)

    def _name_fits(self, tags: Mapping[str, str]) -> bool:
        if self.contains is None and self.lacks is None:
            return True
        names = " | ".join(tags[key] for key in _NAME_KEYS if key in tags)
        if self.contains is not None and self.contains.search(names) is None:
            return False
        return self.lacks is None or self.lacks.search(names) is None


@dataclass(frozen=True, slots=True)
class OsmIndex:
    """Rules by key and value; ``any_value`` holds the rules that take any value of a key."""

    by_value: dict[str, dict[str, list[_Rule]]]
    any_value: dict[str, list[_Rule]]
    keys: frozenset[str]

    def match(self, tags: Mapping[str, str], area_m2: float | None) -> tuple[str, ...]:
        """Ids of the elements an object is, in the catalogue's order."""
        found: dict[str, int] = {}
        for key, value in tags.items():
            if key not in self.keys:
                continue
            values = self.by_value.get(key, {})
            rules = values.get(value, ())
            if ";" in value:
                rules = [rule for part in value.split(";") for rule in values.get(part.strip(), ())]
            for rule in (*rules, *self.any_value.get(key, ())):
                if rule.element not in found and rule.fits(tags, area_m2):
                    found[rule.element] = rule.order
        return tuple(sorted(found, key=found.__getitem__)) if len(found) > 1 else tuple(found)


def build_index(elements: Iterable[Element]) -> OsmIndex:
    """Compile the elements' tags."""
    by_value: dict[str, dict[str, list[_Rule]]] = {}
    any_value: dict[str, list[_Rule]] = {}
    for order, element in enumerate(elements):
        for tags in element.osm:
            rule = _compiled(order, element.id, tags)
            key, values = min(rule.needed, key=lambda item: (item[0] in _WEAK, not item[1]))
            if not values:
                any_value.setdefault(key, []).append(rule)
            for value in values:
                by_value.setdefault(key, {}).setdefault(value, []).append(rule)
    return OsmIndex(by_value, any_value, frozenset(by_value) | frozenset(any_value))


def match_amap(elements: Iterable[Element], type_code: str, name: str) -> tuple[str, ...]:
    """Ids of the elements an Amap record is: by type code or by name, unless the name is one to reject.

    Parameters
    ----------
    type_code
        Amap's six-digit code, several separated by ``|``; may be empty.
    name
        Name of the place; text in brackets (branch names) is not looked at.
    """
    codes = [code.strip() for code in type_code.split("|") if code.strip()]
    bare = _without_brackets(name)
    found = []
    for element in elements:
        amap = element.amap
        hit = any(_code_fits(code, wanted) for code in codes for wanted in amap.types) or any(
            word in bare for word in amap.keywords
        )
        if hit and not any(word in name for word in amap.reject_name):
            found.append(element.id)
    return tuple(found)


def _compiled(order: int, element: str, tags: OsmTags) -> _Rule:
    return _Rule(
        order=order,
        element=element,
        needed=tuple((key, _values(text)) for key, text in tags.all.items()),
        excluded=tuple((key, _values(text)) for key, text in tags.exclude.items()),
        contains=_words(tags.name_contains),
        lacks=_words(tags.name_excludes),
        low=tags.area_m2[0],
        high=tags.area_m2[1],
    )


def _words(parts: tuple[str, ...]) -> re.Pattern[str] | None:
    """Any of these anywhere in a name; words in Latin letters begin a word, abbreviations are whole words."""
    if not parts:
        return None
    return re.compile("|".join(_word(part) for part in parts), re.IGNORECASE)


def _word(part: str) -> str:
    if not part[0].isascii() or not part[0].isalpha():
        return re.escape(part)
    return rf"\b{re.escape(part)}" + (r"\b" if part.isupper() and part[-1].isalpha() else "")


def _values(text: str) -> frozenset[str]:
    return frozenset() if text == "*" else frozenset(text.split("|"))


def _has(tags: Mapping[str, str], key: str, values: frozenset[str]) -> bool:
    value = tags.get(key)
    if value is None:
        return False
    if not values:
        return value != "no"
    if value in values:
        return True
    return ";" in value and any(part.strip() in values for part in value.split(";"))


def _code_fits(code: str, wanted: str) -> bool:
    if wanted.endswith("0000"):
        return code[:2] == wanted[:2]
    if wanted.endswith("00"):
        return code[:4] == wanted[:4]
    return code == wanted


def _without_brackets(name: str) -> str:
    for opening, closing in (("\uff08", "\uff09"), ("(", ")"), ("[", "]"), ("【", "】")):
        while opening in name and closing in name[name.index(opening) :]:
            start = name.index(opening)
            name = name[:start] + name[name.index(closing, start) + 1 :]
    return name
