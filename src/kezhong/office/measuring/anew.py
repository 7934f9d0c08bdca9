"""Measuring anew: what became of the shortfalls whose tasks were closed (待复测).

A task that came of a shortfall is not done because it was reported as done. After its closing the next run on newer
data decides:

- the shortfall has left the list and the requirement is met: 实测达标;
- it still stands: the community is asked to look; nothing else happens until it has;
- the data do not suffice, nothing was detected, there are no data, nobody is concerned any more: the task keeps
  waiting, and this is held against nobody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.figures import Figure, FigureReader, IndexedRun
from kezhong.office.measuring.sheets import OPEN, sheets_of
from kezhong.office.models import StepTaken, Task, Verification
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step

#: Why a task keeps waiting, in words.
WAITS: dict[str, tuple[str, str]] = {
    "data_insufficient": ("数据不足", "insufficient data"),
    "not_detected": ("未检出，需核实数据", "not detected: the data are to be checked"),
    "no_data": ("无数据", "no data"),
    "not_applicable": ("本次体检对该区域已无此要求", "this run asks for it here no longer"),
    "other_basis": ("本次体检口径与短板所依据的口径不同", "the run is of another basis than the shortfall"),
    "not_in_list": (
        "未列入短板清单，但要求尚未达到，待核",
        "not in the list, yet the requirement is not met: to be checked",
    ),
    "data_correction": ("社区核验已建成，数据待更正", "the community found it built: the data are to be corrected"),
}


@dataclass
class Remeasured:
    """What a re-measurement did: number of tasks by outcome, and each task's outcome."""

    run_id: str
    outcomes: dict[int, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Number of tasks by outcome: met, sheet_issued, sheet_pending, waiting, not_newer."""
        return dict(Counter(one.partition(":")[0] for one in self.outcomes.values()))


@dataclass(frozen=True, slots=True)
class Found:
    """What a run says of one shortfall: ``met``, ``standing``, or why nothing can be said."""

    outcome: str
    figure: Figure
    row: dict[str, Any] | None = None


def remeasure(session: OfficeSession, reader: FigureReader, run_id: str) -> Remeasured:
    """Look at all tasks that await their measurement; doing it twice with one run changes nothing more.

    Raises
    ------
    NotFoundError
        No such run.
    """
    run = reader.run(run_id)
    made = reader.snapshot_made(run_id)
    result = Remeasured(run_id)
    waiting = (
        select(Task)
        .where(Task.state == "awaiting_measurement", Task.shortfall_id.is_not(None))
        .order_by(Task.id)
        .with_for_update(of=Task)
    )
    with session.because("measurement.anew", run_id):
        for task in session.rows(waiting, Permission.WRITE_MEASUREMENT):
            # Data from before the closing cannot show what was built by then.
            if made is None or task.done_at is None or made <= task.done_at:
                result.outcomes[task.id] = "not_newer"
                continue
            session.admit(task, Permission.WRITE_MEASUREMENT)
            result.outcomes[task.id] = _settle(session, task, look(run, task), run)
    return result


def look(run: IndexedRun, task: Task) -> Found:
    """What a run says of the shortfall of a task."""
    shortfall = task.shortfall or {}
    area, element = str(shortfall.get("area_code", "")), str(shortfall.get("element", ""))
    requirement = str(shortfall.get("requirement_id", ""))
    row = run.shortfall(task.shortfall_id or "")
    if not (area and element and requirement):
        return Found("standing" if row is not None else "no_data", Figure(run.id, run.snapshot, known=False), row)
    figure = _verdict_row(run, area, element, requirement)
    if row is not None and figure.status not in ("data_insufficient", "not_detected", "no_data"):
        return Found("standing", figure, row)
    if row is not None and not figure.known:  # the list is the verdict's own row
        return Found("standing", figure, row)
    if figure.known and figure.status == "meets":
        return Found("met", figure)
    if figure.known and figure.status in ("falls_short", "confirmed_absent"):
        return Found("not_in_list", figure)
    if figure.known and figure.status in WAITS:
        return Found(figure.status, figure, row)
    basis = shortfall.get("basis")
    if basis and basis != run.run.manifest["basis"]:
        return Found("other_basis", figure)
    return Found("not_applicable" if run.of_area(area).shape[0] else "no_data", figure)


def _verdict_row(run: IndexedRun, area: str, element: str, requirement: str) -> Figure:
    """The row that says whether a requirement is met; its walker depends on the requirement."""
    rows = run.of_area(area)
    rows = rows[
        ((rows["indicator"] == "requirement_met") & (rows["element"] == element) & (rows["variant"] == requirement))
        .fillna(value=False)
        .to_numpy(dtype=bool)
    ]
    if not len(rows):
        return Figure(run.id, run.snapshot, known=False)
    key = {"area_code": area, "element": element, "indicator": "requirement_met", "variant": requirement}
    return run.figure({**key, "walker": str(rows.iloc[0]["walker"]), "window": str(rows.iloc[0]["window"])})


def measured_document(found: Found, run: IndexedRun, task: Task) -> dict[str, Any]:
    """What is kept of a measurement with the sheet and with the step."""
    row, before = found.row or {}, task.shortfall or {}
    return {
        "run": run.id,
        "snapshot": run.snapshot,
        "made": str(run.run.manifest["created"]),
        "status": found.figure.status if found.figure.known else "falls_short" if found.row else "no_data",
        "reason": found.figure.reason if found.figure.known else "",
        "quality": found.figure.quality,
        **{
            name: row.get(name) or before.get(name)
            for name in ("area_code", "area_name", "element", "element_zh", "element_en", "requirement_id",
                         "requirement_zh", "requirement_en", "clause", "evidence", "lon", "lat")
        },
        **{name: row.get(name) for name in ("gap_zh", "gap_en", "present_zh", "present_en", "people_affected",
                                            "certainty", "nearest_m")},
        "before": {name: before.get(name) for name in ("gap_zh", "gap_en", "people_affected")},
    }  # fmt: skip


def _settle(session: OfficeSession, task: Task, found: Found, run: IndexedRun) -> str:
    sheets = sheets_of(session, task.id)
    pending = [one for one in sheets if one.state in OPEN]
    if found.outcome == "met":
        for one in pending:
            _supersede(session, one, "新的实测结果已达标")
        fields = {"result": "复测达标，已不在短板清单", "run": run.id}
        take_step(session, task, "measure_met", fields=fields, by_system=True)
        return "met"
    if found.outcome == "standing":
        return _still_there(session, task, found, run, sheets, pending)
    # What cannot be measured asks nobody to do anything: a sheet about it would have no ground any more.
    for one in pending:
        if one.state == "issued":
            _supersede(session, one, f"本次实测{WAITS[found.outcome][0]}")
    return _wait(session, task, found.outcome, run.id)


def _still_there(
    session: OfficeSession, task: Task, found: Found, run: IndexedRun, sheets: list[Verification],
    pending: list[Verification],
) -> str:  # fmt: skip
    if any(one.state != "issued" for one in pending) or any(one.run_id == run.id for one in sheets if one in pending):
        return "sheet_pending"  # somebody has looked, or is asked already
    last = next((one for one in reversed(sheets) if one.state == "confirmed"), None)
    if last is not None and last.finding == "built_but_missing_in_data":
        # The community has said so; to ask again until the data are mended would be a burden without use.
        return _wait(session, task, "data_correction", run.id)
    for one in pending:
        _supersede(session, one, "以新的实测结果重新核验")
    fields = {"result": "复测仍有短板，请社区核验", "run": run.id, "measured": measured_document(found, run, task)}
    take_step(session, task, "request_verification", fields=fields, by_system=True)
    return "sheet_issued"


def _supersede(session: OfficeSession, sheet: Verification, why: str) -> None:
    session.admit(sheet, Permission.WRITE_MEASUREMENT)
    take_step(session, sheet, "supersede", reason=why, by_system=True)


def _wait(session: OfficeSession, task: Task, why: str, run_id: str) -> str:
    said = session.execute(
        select(StepTaken.details)
        .where(StepTaken.object_kind == "task", StepTaken.object_id == task.id)
        .order_by(StepTaken.id.desc())
        .limit(1)
        .execution_options(through_parent=True)
    ).scalar()
    if not (said and said.get("run") == run_id and said.get("status") == why):
        fields = {"run": run_id, "status": why}
        take_step(session, task, "keep_awaiting", reason=WAITS[why][0], fields=fields, by_system=True)
    return f"waiting:{why}"
