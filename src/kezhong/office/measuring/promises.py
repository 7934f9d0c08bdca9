"""A pilot's promises: before, promised, measured."""

from __future__ import annotations

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.figures import Figure, FigureReader, IndexedRun
from kezhong.office.measuring.judging import judge
from kezhong.office.models import Pilot, Promise
from kezhong.office.session import OfficeSession


def measure_promises(session: OfficeSession, reader: FigureReader, run_id: str) -> list[Promise]:
    """Note with each promise what a run says of it; an older run does not overwrite a newer one.

    A promise without a *before* keeps none: a figure of after the building is no beginning.

    Raises
    ------
    NotFoundError
        No such run.
    """
    run = reader.run(run_id)
    promises: list[Promise] = session.rows(select(Promise).order_by(Promise.id), Permission.WRITE_MEASUREMENT)
    with session.because("measurement.promises", run_id):
        for one in promises:
            if one.measured_run and one.measured_run != run_id and _newer(reader, one.measured_run, run):
                continue
            figure = _figure(reader, run_id, one)
            verdict = judge(figure.status, figure.value, one.promised, one.comparison, figure.low, figure.high)
            if (one.measured_run, one.measured, one.measured_status) == (run_id, figure.value, verdict.status):
                continue
            session.admit(one, Permission.WRITE_MEASUREMENT)
            one.measured, one.measured_run, one.measured_status = figure.value, run_id, verdict.status
            one.measured_at = clock.now()
    return promises


def _newer(reader: FigureReader, run_id: str, than: IndexedRun) -> bool:
    """Whether the run a promise was measured by was made after another; one that is gone is no obstacle."""
    try:
        return reader.run(run_id).made > than.made
    except NotFoundError:
        return False


def _figure(reader: FigureReader, run_id: str, promise: Promise) -> Figure:
    try:
        return reader.figure(run_id, promise.figure_key)
    except InputError:  # a key that is none: told as such, instead of stopping all the others
        return Figure(run_id, "", known=False, reason="bad_key")


def promises_of(
    session: OfficeSession, reader: FigureReader, pilot_id: int
) -> list[tuple[Promise, Figure | None, bool]]:
    """A pilot's promises with the figure they were measured by, and whether its interval straddles the promise."""
    session.one(Pilot, pilot_id)
    rows = session.execute(
        select(Promise).where(Promise.pilot_id == pilot_id).order_by(Promise.id).execution_options(through_parent=True)
    ).scalars()
    found = []
    for one in rows:
        figure = None
        if one.measured_run:
            try:
                figure = _figure(reader, one.measured_run, one)
            except NotFoundError:  # the run was deleted: what was noted of it stays
                figure = None
        uncertain = figure is not None and (
            judge(figure.status, figure.value, one.promised, one.comparison, figure.low, figure.high).uncertain
        )
        found.append((one, figure, uncertain))
    return found
