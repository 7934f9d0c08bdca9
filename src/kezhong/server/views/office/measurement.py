"""Targets, promises and facilities in use on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from kezhong.catalogue import load_catalogue
from kezhong.city import snapshots
from kezhong.city.results import Run
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.counting import Counted
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.measuring.in_use import InUse
from kezhong.office.measuring.judging import judge
from kezhong.office.measuring.targets import BOUND, COUNTED, now_of
from kezhong.office.models import Area, Measurement, Promise, Target
from kezhong.office.session import OfficeSession
from kezhong.server.views.office.naming import Names, stamp

#: Sources of targets that no clause of a plan stands behind.
_PROPOSAL = "建议值"


def run_shown(reader: FigureReader, run: Run) -> dict[str, Any]:
    """The run that measures."""
    made = run.manifest
    return {
        "id": run.id,
        "basis": made["basis"],
        "walker": made["walker"],
        "window": made.get("window", "any"),
        "snapshot": made["snapshot"],
        "made": made["created"],
        "quality": made.get("quality"),
        "insufficient": bool(made.get("insufficient")),
        "current": made["snapshot"] == snapshots.head(reader.folder / "snapshots"),
    }


def counts(session: OfficeSession, cls: type[Any], *conditions: Any) -> dict[str, int]:
    """Rows in scope by state."""
    rows = session.execute(select(cls.state, func.count()).where(*conditions).group_by(cls.state))
    return {str(state): int(number) for state, number in rows}


# targets --------------------------------------------------------------------------------------------------------------


def figure_name(key: Mapping[str, Any]) -> dict[str, str]:
    """Element, indicator and threshold in words."""
    book = load_catalogue()
    element = book.elements.get(str(key["element"]))
    indicator = book.indicators.get(str(key["indicator"]))
    limit = f" {key['threshold']:g} {key['threshold_unit']}" if key.get("threshold") is not None else ""
    parts = {}
    for language in ("zh", "en"):
        first = getattr(element, language) if element is not None else ""
        second = getattr(indicator, language) if indicator is not None else str(key["indicator"])
        parts[language] = (f"{first} · {second}" if first else second) + limit
    return parts


def _explain(names: dict[str, Area], key: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not key or key["element"] == "*":
        return None
    area = names.get(str(key["area_code"]))
    return {"area": key["area_code"], "level": area.level if area is not None else "", "element": key["element"]}


def measured(row: Measurement) -> dict[str, Any]:
    """One measurement."""
    return {
        "run_id": row.run_id,
        "snapshot": row.snapshot,
        "at": stamp(row.at),
        "value": row.value,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "low": row.low,
        "high": row.high,
        "status": row.status,
        "reason": row.reason,
        "uncertain": row.uncertain,
        "quality": row.quality,
    }


def _now(target: Target, counted: Counted | None, rows: list[Measurement]) -> dict[str, Any] | None:
    if target.kind in BOUND:
        return measured(rows[-1]) if rows else None
    if counted is None:
        return None
    verdict = judge(counted.status, counted.value, target.value, target.comparison, counted.low, counted.high)
    return {
        "run_id": "",
        "snapshot": "",
        "at": None,
        "value": counted.value,
        "numerator": counted.numerator,
        "denominator": counted.denominator,
        "low": counted.low,
        "high": counted.high,
        "status": verdict.status,
        "reason": counted.reason,
        "uncertain": verdict.uncertain,
        "quality": None,
    }


def target(
    session: OfficeSession,
    names: Names,
    areas: dict[str, Area],
    row: Target,
    rows: list[Measurement],
    *,
    detail: bool = False,
) -> dict[str, Any]:
    """A target with what was measured."""
    counted = now_of(session, row, rows) if row.kind in COUNTED else None
    value: dict[str, Any] = {
        "id": row.id,
        "version": row.version,
        "kind": "target",
        "target_kind": row.kind,
        "metric": row.metric,
        "name": row.name,
        "circle": row.circle,
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "org": names.unit(row.org_id),
        "stage_id": row.stage_id,
        "comparison": row.comparison,
        "wanted": row.value,
        "unit": row.unit,
        "due_on": row.due_on.isoformat(),
        "source": row.source,
        "proposal": row.source.startswith(_PROPOSAL),
        "figure_key": row.figure_key,
        "figure_name": figure_name(row.figure_key) if row.figure_key else None,
        "explain": _explain(areas, row.figure_key),
        "baseline": row.baseline,
        "baseline_run": row.baseline_run,
        "now": _now(row, counted, rows),
        "course": [measured(one) for one in rows if one.run_id],
        "allowed": ["bind"] if row.kind in BOUND and session.actor.may(Permission.WRITE_MEASUREMENT) else [],
    }
    if detail:
        made_of = counted.details if counted is not None else {}
        value |= {name: made_of.get(name, []) for name in ("covered", "missing", "unknown", "pilots", "redrawn")}
    return value


def key_areas(session: OfficeSession, keys: Iterable[Mapping[str, Any] | None]) -> dict[str, Area]:
    """Areas that figure keys name."""
    codes = {str(key["area_code"]) for key in keys if key and "area_code" in key}
    return {one.code: one for one in session.scalars(select(Area).where(Area.code.in_(codes)))}


# promises and facilities ----------------------------------------------------------------------------------------------


def promises(session: OfficeSession, found: list[tuple[Promise, Any, bool]]) -> list[dict[str, Any]]:
    """A pilot's promises."""
    areas = key_areas(session, (one.figure_key for one, _, _ in found))
    return [
        {
            "id": one.id,
            "version": one.version,
            "kind": "promise",
            "name": one.name,
            "unit": one.unit,
            "comparison": one.comparison,
            "before": one.before,
            "before_run": one.before_run,
            "promised": one.promised,
            "measured": one.measured,
            "status": one.measured_status,
            "run_id": one.measured_run,
            "measured_at": stamp(one.measured_at),
            **{
                name: getattr(figure, name) if figure is not None else None
                for name in ("low", "high", "numerator", "denominator")
            },
            "uncertain": uncertain,
            "explain": _explain(areas, one.figure_key) if "element" in one.figure_key else None,
        }
        for one, figure, uncertain in found
    ]


def facility(row: InUse) -> dict[str, Any]:
    """A project in use."""
    element = load_catalogue().elements.get(row.element or "")
    return {
        "project_id": row.id,
        "code": row.code,
        "name": row.name,
        "element": row.element,
        "element_name": None if element is None else {"zh": element.zh, "en": element.en},
        "lon": row.lon,
        "lat": row.lat,
        "opened": row.opened.isoformat() if row.opened else None,
        "source": row.source,
        "lacks": list(row.lacks),
    }
