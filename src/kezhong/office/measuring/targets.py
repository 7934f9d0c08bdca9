"""Targets bound to figures, and what each run says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.city.results import FIGURE_KEY
from kezhong.errors import InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.counting import Counted, circle_coverage, count
from kezhong.office.measuring.figures import Figure, FigureReader, normal_key
from kezhong.office.measuring.judging import judge
from kezhong.office.models import Area, Measurement, Target
from kezhong.office.session import OfficeSession

#: Kinds that the office counts itself, and kinds that are read from the figures.
COUNTED = ("count", "circle_coverage")
BOUND = ("access_coverage", "indicator")
#: Indicators that say how many people reach something, and how they are to be compared.
ACCESS = {"complete_access": "at_least", "coverage": "at_least", "lived_access": "at_least", "blind_spot": "at_most"}
#: Variants that count people (not land, buildings or estates).
OF_PEOPLE = ("population", "target_pop")


def bind_target(
    session: OfficeSession, target_id: int, figure_key: Mapping[str, Any], *, version: int | None = None
) -> Target:
    """Bind a target to a row of figures, by the key without the run.

    Raises
    ------
    InputError
        The kind is counted, not read; the key is none; its area lies outside the target's; an access coverage must
        count people.
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`.
    """
    target = session.one(Target, target_id, Permission.WRITE_MEASUREMENT, version=version)
    if target.kind not in BOUND:
        raise InputError("measuring.not_bound", value=target.kind, expected=", ".join(BOUND))
    key = normal_key(figure_key)
    _check(session, target, key)
    with session.because("target.bind"):
        target.figure_key = key
        # Another figure has another beginning: a baseline of the former would be a comparison of two things.
        target.baseline = target.baseline_run = None
    return target


def _check(session: OfficeSession, target: Target, key: Mapping[str, Any]) -> None:
    path = session.execute(select(Area.path).where(Area.code == key["area_code"])).scalar()
    if path is None or not path.startswith(target.area_path):
        raise InputError(
            "measuring.area_outside", column="area_code", value=key["area_code"], expected=target.area_code
        )
    book = load_catalogue()
    if key["indicator"] not in book.indicators:
        raise InputError("measuring.unknown_indicator", column="indicator", value=key["indicator"])
    if key["element"] != "*":
        book.element(key["element"])
    if target.kind == "access_coverage":
        if key["indicator"] not in ACCESS or key["variant"] not in OF_PEOPLE:
            raise InputError(
                "measuring.not_of_people",
                column="indicator",
                value=f"{key['indicator']}/{key['variant']}",
                expected="; ".join(f"{name}/{variant}" for name in ACCESS for variant in OF_PEOPLE),
            )
        if ACCESS[key["indicator"]] != target.comparison:
            raise InputError(
                "measuring.wrong_way",
                column="comparison",
                value=target.comparison,
                expected=ACCESS[key["indicator"]],
            )


def value_of(session: OfficeSession, target: Target, reader: FigureReader, run_id: str | None) -> Counted:
    """What is measured for a target: counted in the programme now, or read from the run."""
    if target.kind == "count":
        return count(session, target)
    if target.kind == "circle_coverage":
        return circle_coverage(session, target)
    if target.kind not in BOUND:
        return Counted(None, status="no_data", reason="unknown_kind")
    if not target.figure_key:
        return Counted(None, status="no_data", reason="not_bound")
    if not run_id:
        return Counted(None, status="no_data", reason="no_run")
    return _read(reader.figure(run_id, target.figure_key))


def _read(figure: Figure) -> Counted:
    details = {
        "unit": figure.unit,
        "quality": figure.quality,
        "requirement_id": figure.requirement_id,
        "basis_hash": figure.basis_hash,
        "figure_status": figure.status,
        "snapshot": figure.snapshot,
    }
    return Counted(
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.low,
        figure.high,
        figure.status,
        figure.reason,
        details,
    )


def measure_targets(session: OfficeSession, reader: FigureReader, run_id: str) -> list[Measurement]:
    """One measurement of each target by a run; a second time the same row is brought up to date.

    What the office counts itself is counted as it stands now, and kept with the run so that it has a course too. The
    first value there is becomes the target's baseline and stays it.

    Raises
    ------
    NotFoundError
        No such run.
    """
    reader.run(run_id)
    targets = session.rows(select(Target).order_by(Target.id), Permission.WRITE_MEASUREMENT)
    with session.because("measurement.targets", run_id):
        return [measure_target(session, one, reader, run_id) for one in targets]


def measure_target(session: OfficeSession, target: Target, reader: FigureReader, run_id: str) -> Measurement:
    """One target by one run; see :func:`measure_targets`."""
    run = reader.run(run_id)
    return _keep(session, target, value_of(session, target, reader, run_id), run_id, run.snapshot, run.made)


def measure_counts(session: OfficeSession, programme_id: int) -> list[Measurement]:
    """What is counted in the programme itself, as it stands now (rows without a run)."""
    targets = session.rows(
        select(Target).where(Target.programme_id == programme_id, Target.kind.in_(COUNTED)).order_by(Target.id),
        Permission.WRITE_MEASUREMENT,
    )
    now = clock.now()
    counted = [(one, count(session, one) if one.kind == "count" else circle_coverage(session, one)) for one in targets]
    with session.because("measurement.targets"):
        return [_keep(session, one, found, "", "", now) for one, found in counted]


def _keep(
    session: OfficeSession, target: Target, found: Counted, run_id: str, snapshot: str, made: datetime
) -> Measurement:
    verdict = judge(found.status, found.value, target.value, target.comparison, found.low, found.high)
    statement = select(Measurement).where(Measurement.target_id == target.id, Measurement.run_id == run_id)
    row = session.execute(statement.execution_options(through_parent=True)).scalar_one_or_none()
    values = {
        "at": clock.now() if target.kind in COUNTED else made,
        "value": found.value,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "low": found.low,
        "high": found.high,
        "status": verdict.status,
        "uncertain": verdict.uncertain,
        "reason": found.reason,
        "quality": found.details.get("quality"),
        "snapshot": snapshot,
        "details": found.details,
    }
    if row is None:
        place = {name: getattr(target, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}
        row = Measurement(target_id=target.id, run_id=run_id, **values, **place)
        session.admit(row, Permission.WRITE_MEASUREMENT)
        session.add(row)
    elif any(getattr(row, name) != value for name, value in values.items() if name != "at"):
        session.admit(row, Permission.WRITE_MEASUREMENT)
        for name, value in values.items():
            if name != "details" or value != row.details:
                setattr(row, name, value)
    if target.baseline is None and found.value is not None and verdict.status in ("met", "not_met"):
        session.admit(target, Permission.WRITE_MEASUREMENT)
        target.baseline, target.baseline_run = found.value, run_id
    session.flush()
    return row


def course_of(session: OfficeSession, targets: list[Target]) -> dict[int, list[Measurement]]:
    """All measurements of some targets that were found in scope, oldest first."""
    found: dict[int, list[Measurement]] = {one.id: [] for one in targets}
    statement = (
        select(Measurement).where(Measurement.target_id.in_(list(found))).order_by(Measurement.at, Measurement.id)
    )
    for row in session.execute(statement.execution_options(through_parent=True)).scalars():
        found[row.target_id].append(row)
    return found


def now_of(session: OfficeSession, target: Target, course: list[Measurement]) -> Counted | None:
    """What is shown as measured: counted this moment where the office counts, else the newest measurement."""
    if target.kind in COUNTED:
        return count(session, target) if target.kind == "count" else circle_coverage(session, target)
    if not course:
        return None
    last = course[-1]
    status = str(last.details.get("figure_status", last.status))
    return replace(
        Counted(last.value, last.numerator, last.denominator, last.low, last.high, status, last.reason),
        details=dict(last.details),
    )


def bindable(reader: FigureReader, area: str, element: str, run_id: str | None = None) -> list[dict[str, Any]]:
    """The figures of an area and element that a target can be bound to, as keys with their present values.

    Raises
    ------
    NotFoundError
        There is no run.
    """
    run = reader.default() if run_id is None else reader.manifest(run_id)
    if run is None:
        raise NotFoundError("measuring.no_run")
    rows = reader.run(run.id).of_area(area)
    rows = rows[(rows["element"] == element).to_numpy(dtype=bool)]
    found = []
    for row in rows.to_dict("records"):
        key = normal_key({name: row[name] for name in FIGURE_KEY})
        figure = reader.figure(run.id, key)
        found.append({"key": key, "figure": figure.document(), "of_people": _of_people(key)})
    return found


def _of_people(key: Mapping[str, Any]) -> bool:
    return key["indicator"] in ACCESS and key["variant"] in OF_PEOPLE
