"""Search by name, code, pinyin and pinyin initials over areas, elements, facilities and shortfalls.

Each way of writing a name is one long text with a line per entry, so that a search is a few passes of ``str.find``
over memory instead of a loop over entries.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from kezhong.catalogue import load_catalogue
from kezhong.city.areas import ROLL_UP
from kezhong.city.results import Run
from kezhong.city.workspace import City
from kezhong.pinyin import fold, known_syllables
from kezhong.server.state import ServerState
from kezhong.server.views.areas import level_shapes

_HAN = re.compile(r"[\u3400-\u9fff]")
_LEVELS = {
    "community": ("社区", "community"),
    "life_circle": ("生活圈", "life circle"),
    "street": ("街道", "street"),
    "district": ("区", "district"),
    "city": ("市", "city"),
}
_KINDS = ("area", "element", "facility", "shortfall")
#: Occurrences looked at in each text; what is found later is worse.
_ENOUGH = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found."""

    kind: str
    id: str
    zh: str
    en: str
    sub_zh: str
    sub_en: str
    lon: float | None
    lat: float | None
    words: tuple[str, ...] = ()  # codes and other names


class Haystack:
    """Lines of text, one or more per entry, searched together."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        starts, owners, texts, place = [], [], [], 1
        for owner, text in lines:
            starts.append(place)
            owners.append(owner)
            texts.append(text)
            place += len(text) + 1
        self._starts, self._owners = starts, owners
        self._text = "\n" + "\n".join(texts) + "\n"

    def find(self, needle: str, *, anywhere: bool) -> dict[int, float]:
        """Entry → score: 4 a whole line, 3 its beginning, 2 the beginning of a word, 1 anywhere; short lines first."""
        found: dict[int, float] = {}
        for prefix, score in (("\n", 3.0), (" ", 2.0), ("", 1.0)):
            if not anywhere and score < 3.0:
                break
            self._scan(prefix + needle, len(prefix), score, found)
        return found

    def _scan(self, pattern: str, skip: int, score: float, found: dict[int, float]) -> None:
        place = self._text.find(pattern)
        for _ in range(_ENOUGH):
            if place < 0:
                return
            line = bisect_right(self._starts, place + skip) - 1
            end = self._text.index("\n", place + skip)
            length = end - self._starts[line]
            whole = score == 3.0 and length == len(pattern) - skip
            value = (4.0 if whole else score) - min(length, 500) / 1000
            owner = self._owners[line]
            found[owner] = max(found.get(owner, 0.0), value)
            place = self._text.find(pattern, end if score == 3.0 else place + 1)


class SearchIndex:
    """Everything of one city (and run) that can be found."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._names = Haystack((n, fold(text)) for n, entry in enumerate(entries) for text in _texts(entry))
        spoken = [(n, *pinyin(entry.zh)) for n, entry in enumerate(entries) if _HAN.search(entry.zh)]
        self._pinyin = Haystack((n, full) for n, full, _ in spoken)
        self._initials = Haystack((n, initials) for n, _, initials in spoken)

    def find(self, text: str, limit: int) -> list[dict[str, Any]]:
        """Hits, best first: names and codes before pinyin, areas before elements, facilities and shortfalls."""
        needle = fold(text)
        if not needle:
            return []
        scores = self._names.find(needle, anywhere=True)
        letters = needle.replace(" ", "").replace("'", "")
        if letters.isascii() and letters.isalnum():
            for haystack, worse, anywhere in ((self._initials, 0.5, False), (self._pinyin, 0.6, len(letters) > 3)):
                for owner, score in haystack.find(letters, anywhere=anywhere).items():
                    scores[owner] = max(scores.get(owner, 0.0), score - worse)
        order = sorted(scores, key=lambda n: (-scores[n], _KINDS.index(self._entries[n].kind), n))
        return [_hit(self._entries[n]) for n in order[:limit]]


def index_for(state: ServerState, run_id: str | None) -> SearchIndex:
    """The index of a run's city with its shortfalls, or of the present city without any."""
    if run_id is None:
        city = state.city()
        return state.keep(("search", city.snapshot.id), lambda: SearchIndex(city_entries(city)))
    run = state.run(run_id)
    return state.view(run, "search", lambda: SearchIndex([*city_entries(state.city_of(run)), *shortfall_entries(run)]))


def city_entries(city: City) -> list[Entry]:
    """Areas, elements and facilities."""
    return [*_areas(city), *_elements(), *_facilities(city)]


def shortfall_entries(run: Run) -> list[Entry]:
    """The run's shortfalls, by area and element."""
    names = ("shortfall_id", "area_name", "element_zh", "element_en", "gap_zh", "gap_en", "lon", "lat")
    columns = [run.shortfalls[name].astype(object).where(run.shortfalls[name].notna(), None) for name in names]
    return [
        Entry("shortfall", key, f"{area} {zh}", f"{area} {en}", gap_zh or "", gap_en or "", lon, lat)
        for key, area, zh, en, gap_zh, gap_en, lon, lat in zip(*columns, strict=True)
    ]


@lru_cache(maxsize=200_000)
def pinyin(text: str) -> tuple[str, str]:
    """Pinyin without tones and blanks, and its initials: 和平社区 → ``hepingshequ``, ``hpsq``."""
    kept = known_syllables(text)
    return "".join(kept), "".join(part[0] for part in kept if part)


def _texts(entry: Entry) -> tuple[str, ...]:
    return tuple(dict.fromkeys((entry.zh, entry.en, *entry.words)))


def _hit(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "id": entry.id,
        "zh": entry.zh,
        "en": entry.en,
        "sub": {"zh": entry.sub_zh, "en": entry.sub_en},
        "lon": entry.lon,
        "lat": entry.lat,
    }


def _areas(city: City) -> list[Entry]:
    found: list[Entry] = []
    for level in reversed(ROLL_UP):
        shapes = level_shapes(city.areas, level)
        geometry = np.asarray(shapes.geometry.array)
        inside = shapely.point_on_surface(geometry)
        lon, lat = shapely.get_x(inside), shapely.get_y(inside)
        zh, en = _LEVELS[level]
        for place, code in enumerate(shapes["code"]):
            name, full = city.areas.name[code], city.areas.full_name(code)
            x, y = (None, None) if geometry[place] is None else (float(lon[place]), float(lat[place]))
            sub = full.removesuffix(name)
            found.append(
                Entry("area", code, name, name, f"{zh} {sub}".strip(), f"{en} {sub}".strip(), x, y, (code, full))
            )
    return found


def _elements() -> list[Entry]:
    book = load_catalogue()
    return [
        Entry("element", one.id, one.zh, one.en, book.circles[one.circle].zh, book.circles[one.circle].en, None, None,
              (one.id,))
        for one in book.elements.values()
    ]  # fmt: skip


def _facilities(city: City) -> list[Entry]:
    points = city.geo("service_points")
    if points.empty:
        return []
    elements = load_catalogue().elements
    names = pd.DataFrame({
        "facility_id": points["facility_id"],
        "zh": points["element"].map({key: one.zh for key, one in elements.items()}).fillna(points["element"]),
        "en": points["element"].map({key: one.en for key, one in elements.items()}).fillna(points["element"]),
    }).groupby("facility_id", sort=False).agg({"zh": "、".join, "en": ", ".join})  # fmt: skip
    once = points.drop_duplicates("facility_id")
    shapes = np.asarray(once.geometry.array)
    rows = zip(
        once["facility_id"], once["name"].astype(object).where(once["name"].notna(), ""),
        names.loc[once["facility_id"], "zh"], names.loc[once["facility_id"], "en"],
        shapely.get_x(shapes).tolist(), shapely.get_y(shapes).tolist(), strict=True,
    )  # fmt: skip
    return [
        Entry("facility", key, name or zh, name or en, zh, en, lon, lat, (key,)) for key, name, zh, en, lon, lat in rows
    ]
