"""What differs between two pictures of a city: people, elements, areas and shortfalls."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kezhong.assess.coverage import VARIANTS
from kezhong.assess.figures import STATUSES
from kezhong.assess.whatif_picture import Picture, Row
from kezhong.city.areas import AreaTree
from kezhong.city.vocabulary import AGE_GROUPS

Flags = npt.NDArray[np.bool_]
_NAN = float("nan")


def change(before: Picture, after: Picture, areas: AreaTree) -> dict[str, Any]:
    """The difference, JSON-compatible but for NaN (no value)."""
    return {
        "people": _people(before, after),
        "elements": _elements(before, after),
        "areas": _areas(before, after, areas),
        "shortfalls": _shortfalls(before, after),
        "units": int(moved(before, after).sum()),
    }


def moved(before: Picture, after: Picture) -> Flags:
    """Demand units from which any element is nearer or farther."""
    found = np.zeros(len(before.units.people), dtype=bool)
    for name in {**before.answers, **after.answers}:
        if before.answers.get(name) is not after.answers.get(name):
            found |= before.near(name) != after.near(name)
    return found


def _crossings(before: Picture, after: Picture) -> list[tuple[int, Flags, Flags]]:
    """Requirement, and who comes within its threshold or falls out of it."""
    found = []
    for number, (old, new) in enumerate(zip(before.rules, after.rules, strict=True)):
        if old is new or not new.by_walking:
            continue
        past, now = old.applies & old.covered, new.applies & new.covered
        gain, loss = new.applies & now & ~old.covered, old.applies & past & ~new.covered
        if gain.any() or loss.any():
            found.append((number, gain, loss))
    return found


def _total(values: npt.NDArray[np.float64], mask: Flags, people: npt.NDArray[np.float64]) -> float:
    """Sum over some units; no value where the ages of anybody among them are unknown."""
    chosen = values[mask]
    unknown = np.isnan(chosen)
    return _NAN if (unknown & (people[mask] > 0)).any() else float(chosen[~unknown].sum())


def _people(before: Picture, after: Picture) -> list[dict[str, Any]]:
    n = len(after.units.people)
    gain, loss = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for number, more, fewer in _crossings(before, after):
        if after.rules[number].binding:
            gain |= more
            loss |= fewer
    return [
        {
            "group": name,
            "gain": _total(after.units.group(name), gain, after.units.people),
            "loss": _total(before.units.group(name), loss, before.units.people),
        }
        for name in AGE_GROUPS
    ]


def _elements(before: Picture, after: Picture) -> list[dict[str, Any]]:
    found = []
    for number, gain, loss in _crossings(before, after):
        rule = after.rules[number]
        group = rule.element.age_group
        new, old = after.units, before.units
        found.append(
            {
                "element": rule.element.id, "zh": rule.element.zh, "en": rule.element.en, "requirement": rule.id,
                "gain": float(new.people[gain].sum()), "loss": float(old.people[loss].sum()),
                "target_gain": _total(new.group(group), gain, new.people),
                "target_loss": _total(old.group(group), loss, old.people),
            }
        )  # fmt: skip
    return found


def _areas(before: Picture, after: Picture, areas: AreaTree) -> list[dict[str, Any]]:
    old, new = before.graded, after.graded
    differs = np.array(old.grade, dtype=object) != np.array(new.grade, dtype=object)
    people = (before.units.residents, after.units.residents)
    for a, b in ((old.score, new.score), (old.met, new.met), people):
        differs |= _unequal(a, b)
    past, now = before.coverage, after.coverage
    cells = (past.status != now.status) | (past.variant != now.variant) | _unequal(past.share, now.share)
    cells &= np.array([rule.by_walking for rule in after.rules], dtype=bool)[None, :]
    found = []
    for row in np.flatnonzero(differs | cells.any(axis=1)).tolist():
        code = str(after.units.codes[row])
        found.append(
            {
                "code": code,
                "name": areas.full_name(code) if code in areas.level else str(after.units.names[row]),
                "level": str(after.units.levels[row]),
                "grade": [old.grade[row], new.grade[row]],
                "score": [float(old.score[row]), float(new.score[row])],
                "met": [int(old.met[row]), int(new.met[row])],
                "people": [float(people[0][row]), float(people[1][row])],
                "coverage": [
                    {
                        "element": after.rules[column].element.id,
                        "requirement": after.rules[column].id,
                        "variant": VARIANTS[now.variant[row, column]],
                        "share": [float(past.share[row, column]), float(now.share[row, column])],
                        "status": [STATUSES[past.status[row, column]], STATUSES[now.status[row, column]]],
                    }
                    for column in np.flatnonzero(cells[row]).tolist()
                ],
            }
        )
    return found


def _unequal(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Flags:
    """Where two arrays differ; two unknown numbers do not."""
    return np.asarray((a != b) & ~(np.isnan(a) & np.isnan(b)))


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) or (a != a and b != b)


def rows_of(picture: Picture) -> dict[str, Row]:
    """All shortfalls by id."""
    return {name: row for own in picture.rows for name, row in own.items()}


def _shortfalls(before: Picture, after: Picture) -> dict[str, Any]:
    old, new = rows_of(before), rows_of(after)
    return {
        "total": [len(old), len(new)],
        "appeared": [row for name, row in new.items() if name not in old],
        "vanished": [row for name, row in old.items() if name not in new],
        "changed": [
            {"before": old[name], "after": row}
            for name, row in new.items()
            if name in old and old[name] is not row and not all(_same(old[name][key], row[key]) for key in row)
        ],
    }


def difference(base: Picture, first: Picture, second: Picture, areas: AreaTree) -> dict[str, Any]:
    """Two scenarios beside the city as it is."""
    gains = [change(base, one, areas) for one in (first, second)]
    people = [
        {"group": a["group"], "first": [a["gain"], a["loss"]], "second": [b["gain"], b["loss"]]}
        for a, b in zip(gains[0]["people"], gains[1]["people"], strict=True)
    ]
    concerned = sorted({one["code"] for each in gains for one in each["areas"]})
    row, names = base.units.row, base.units.names
    grades = [one.graded for one in (base, first, second)]
    rows = [rows_of(one) for one in (base, first, second)]
    return {
        "first": gains[0],
        "second": gains[1],
        "difference": {
            "people": people,
            "areas": [
                {
                    "code": code,
                    "name": areas.full_name(code) if code in areas.level else str(names[row[code]]),
                    "level": str(base.units.levels[row[code]]),
                    "grade": [one.grade[row[code]] for one in grades],
                    "score": [float(one.score[row[code]]) for one in grades],
                    "met": [int(one.met[row[code]]) for one in grades],
                }
                for code in concerned
            ],
            "shortfalls": {
                "total": [len(one) for one in rows],
                "only_first": [found for name, found in rows[1].items() if name not in rows[2]],
                "only_second": [found for name, found in rows[2].items() if name not in rows[1]],
            },
        },
    }
