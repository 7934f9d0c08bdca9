"""After a run: everything that is measured, in one go."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from kezhong.city import snapshots
from kezhong.city.results import Run
from kezhong.office.measuring.anew import remeasure
from kezhong.office.measuring.figures import STANDARD_WALKER, FigureReader
from kezhong.office.measuring.promises import measure_promises
from kezhong.office.measuring.targets import measure_targets
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession

_log = logging.getLogger("kezhong.office.measuring")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run was used for."""

    run_id: str
    targets: int
    promises: int
    tasks: dict[str, int] = field(default_factory=dict)


def measure(session: OfficeSession, reader: FigureReader, run_id: str) -> Measured:
    """Targets, promises and awaiting tasks by one run, within the scope of whoever asks for it."""
    targets = measure_targets(session, reader, run_id)
    promises = measure_promises(session, reader, run_id)
    return Measured(run_id, len(targets), len(promises), remeasure(session, reader, run_id).counts)


def is_default(office: Office, run: Run) -> bool:
    """Whether a run is the one that measures: the city's basis, the standard walker, any time, of HEAD."""
    made: dict[str, Any] = run.manifest
    return (
        made["basis"] == office.config.basis
        and made["walker"] == STANDARD_WALKER
        and made.get("window", "any") == "any"
        and not made.get("scenario")
        and made["snapshot"] == snapshots.head(office.city_folder / "snapshots")
    )


def measure_by(office: Office, run_id: str) -> Measured | None:
    """Measure the whole office by a run, in the system's name; nothing where the run is not the default one.

    Doing it again changes nothing more.

    Raises
    ------
    NotFoundError
        No such run.
    ConflictError
        Somebody else wrote one of the tasks meanwhile, or the city's areas cannot be copied.
    """
    reader = FigureReader(office.city_folder)
    if not is_default(office, reader.manifest(run_id)):
        return None
    office.sync()
    with office.acting(office.system("measurement")) as session:
        return measure(session, reader, run_id)


def after_run(office: Office, run_id: str) -> Measured | None:
    """:func:`measure_by` a run that has just been made in the server.

    Called at the end of a job: the run is there whatever happens here, so that a failure is logged and told nobody; the
    page measures again on request.
    """
    try:
        return measure_by(office, run_id)
    except Exception:
        _log.exception("measuring after a run failed", extra={"run": run_id})
        return None
