"""Off-peak opening (错峰开放) of school grounds, as rows that a scenario adds to the city.

A school that opens its grounds serves another element in the hours in which it teaches nobody. The schedule is data:
the proposal shipped beside this file, or the city's own ``offpeak.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kezhong.assess.week import week_bits
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.model import Evidence
from kezhong.city.vocabulary import FacilityStatus
from kezhong.errors import InputError

FILE = "offpeak.toml"
_SHIPPED = Path(__file__).with_name(FILE)
#: Columns of the rows, as in the layer ``facility_services``.
COLUMNS = ("facility_id", "element", "hours", "shared", "matched_by", "source")
SOURCE = "offpeak"


@dataclass(frozen=True, slots=True)
class Opening:
    """Facilities of these elements serve those elements in these hours."""

    providers: tuple[str, ...]
    serve: tuple[str, ...]
    hours: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of off-peak opening, with what supports it."""

    openings: tuple[Opening, ...]
    evidence: Evidence
    note_zh: str
    note_en: str
    file: str


def schedule_of(folder: Path | None = None) -> Schedule:
    """The city's own schedule, or the proposal where it has none.

    Raises
    ------
    InputError
        The city's file is broken, names an unknown element, or states hours that cannot be read.
    """
    own = None if folder is None else folder / FILE
    return read_schedule(own if own is not None and own.is_file() else _SHIPPED)


def read_schedule(path: Path) -> Schedule:
    """Read a schedule.

    Raises
    ------
    InputError
        With file, entry, key and value.
    """
    try:
        page = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError("windows.broken_schedule", file=path.name, problem=str(problem)) from problem
    entries = page.get("open")
    if not isinstance(entries, list) or not entries:
        raise InputError("windows.broken_schedule", file=path.name, problem="[[open]] 缺少 / is missing")
    evidence = str(page.get("evidence", Evidence.PROPOSAL.value))
    if evidence not in set(Evidence):
        raise InputError("windows.broken_schedule", file=path.name, problem=f"evidence = {evidence}")
    openings = tuple(_opening(path, number, entry) for number, entry in enumerate(entries, start=1))
    notes = [str(page.get(key, "")) for key in ("note_zh", "note_en")]
    return Schedule(openings, Evidence(evidence), notes[0], notes[1], path.name)


def off_peak_services(points: pd.DataFrame, schedule: Schedule, only: Collection[str] | None = None) -> pd.DataFrame:
    """The services that the schedule adds.

    Parameters
    ----------
    points
        Rows ``facility_id`` and ``element`` (layer ``service_points`` or ``facility_services``); where there is a
        column ``status``, only open facilities count.
    only
        Ids of the facilities that open; all that the schedule covers by default.

    Returns
    -------
    Rows with :data:`COLUMNS`, one a facility and element, in their order. A facility that serves the element already
    is left out: its own hours stand. Where two entries give one facility the same element, the first decides.

    Raises
    ------
    InputError
        ``only`` names a facility that no entry of the schedule covers.
    """
    alive = points
    if "status" in points.columns:
        alive = points[points["status"] == FacilityStatus.OPEN]
    found = [
        alive.loc[alive["element"].isin(opening.providers), ["facility_id"]].assign(element=name, hours=opening.hours)
        for opening in schedule.openings
        for name in opening.serve
    ]
    rows = pd.concat(found, ignore_index=True).drop_duplicates(["facility_id", "element"])
    if only is not None:
        strange = sorted(set(only) - set(rows["facility_id"]))
        if strange:
            raise InputError("windows.not_in_schedule", value=strange[0], file=schedule.file)
        rows = rows[rows["facility_id"].isin(list(only))]
    served = pd.MultiIndex.from_frame(points[["facility_id", "element"]])
    rows = rows[~pd.MultiIndex.from_frame(rows[["facility_id", "element"]]).isin(served)]
    rows = rows.sort_values(["facility_id", "element"], kind="stable").reset_index(drop=True)
    rows["shared"] = True
    rows["matched_by"] = f"错峰开放 {schedule.file}"
    rows["source"] = SOURCE
    return rows[list(COLUMNS)]


def _opening(path: Path, number: int, entry: Any) -> Opening:
    def wrong(key: str, value: object) -> InputError:
        return InputError("windows.bad_schedule_entry", file=path.name, row=number, column=key, value=value)

    if not isinstance(entry, dict):
        raise wrong("open", entry)
    known = load_catalogue().elements
    names: dict[str, tuple[str, ...]] = {}
    for key in ("from", "serve"):
        value = entry.get(key)
        if not isinstance(value, list) or not value:
            raise wrong(key, value)
        for name in value:
            if name not in known:
                raise wrong(key, name)
        names[key] = tuple(value)
    hours = entry.get("hours")
    if not isinstance(hours, str) or week_bits(hours) is None:
        raise wrong("hours", hours)
    return Opening(names["from"], names["serve"], hours)
