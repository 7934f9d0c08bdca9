"""Runs: what each was made from, and which one answers a context."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kezhong.catalogue import load_catalogue
from kezhong.city.results import Run
from kezhong.server.state import ServerState
from kezhong.server.views.catalogue import basis_of

STANDARD_WALKER = "standard"


def summary(run: Run) -> dict[str, Any]:
    """One line of the list of runs."""
    made = run.manifest
    return {
        "id": run.id,
        "basis": made["basis"],
        "walker": made["walker"],
        "window": made["window"],
        "snapshot": made["snapshot"],
        "created": made["created"],
        "quality": made["quality"],
        "insufficient": bool(made["insufficient"]),
    }


def summaries(state: ServerState, basis: str | None, walker: str | None) -> list[dict[str, Any]]:
    """Runs newest first, of one basis or walker where these are given."""
    return [
        summary(run)
        for run in state.runs()
        if basis in (None, run.manifest["basis"]) and walker in (None, run.manifest["walker"])
    ]


def resolve(state: ServerState, basis: str | None, walker: str | None, snapshot: str | None) -> Run | None:
    """The run that answers a context with the basis as it is now, by this version; ``None``: it was not made yet.

    Raises
    ------
    NotFoundError
        No such basis or walker.
    """
    from kezhong.assess import run_key

    present = state.city()
    wanted = basis_of(present, basis or present.config.basis)
    pace = load_catalogue().walker(walker or STANDARD_WALKER)
    city = present
    if snapshot is not None and snapshot != present.snapshot.id:
        if snapshot not in {found.id for found in present.history()}:
            return None
        city = state.city_at(snapshot)
    key = run_key(city, wanted, pace)
    return state.run(key.run_id) if state.runs_folder.find(key) is not None else None


def detail(state: ServerState, run: Run) -> dict[str, Any]:
    """The body of ``GET /runs/{run}``."""
    made = run.manifest
    book = load_catalogue()
    basis = book.bases.get(str(made["basis"]))
    return {
        **summary(run),
        "basis_hash": made["basis_hash"],
        "basis_name": {"zh": basis.zh if basis else made["basis"], "en": basis.en if basis else made["basis"]},
        "version": made["version"],
        "parameters": made["parameters"],
        "elements": run.elements,
        "totals": _totals(run),
    }


def _totals(run: Run) -> dict[str, Any]:
    grades, rows = run.grades, run.shortfalls
    communities = grades[grades["area_level"] == "community"]
    whole = grades[grades["area_level"] == "city"]
    asked = int(communities["required_total"].sum())
    by_circle = rows.groupby("circle", observed=True)
    by_level = grades.groupby(["area_level", "grade"], observed=True).size()
    counted: dict[str, dict[str, int]] = {}
    for (level, grade), number in by_level.items():
        counted.setdefault(str(level), {})[str(grade)] = int(number)
    return {
        "people": float((whole if len(whole) else communities)["people"].sum()),
        "required_met_share": float(communities["required_met"].sum() / asked) if asked else None,
        "shortfalls": len(rows),
        "shortfalls_by_circle": _by_name(by_circle.size(), int),
        "people_affected_by_circle": _by_name(by_circle["people_affected"].sum(), float),
        "grades": counted,
    }


def _by_name(series: pd.Series, kind: type[int] | type[float]) -> dict[str, Any]:
    return {str(name): kind(value) for name, value in series.items()}
