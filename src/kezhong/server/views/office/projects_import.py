"""The job that brings projects in use into the city's data and assesses anew."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.jobs import Job
from kezhong.office.measuring.after import after_run
from kezhong.office.measuring.in_use import SOURCE, InUse, ledger
from kezhong.office.office import Office
from kezhong.progress import Progress, span
from kezhong.server.state import ServerState


def submit_import(
    state: ServerState, office: Office, rows: list[InUse], replaces: frozenset[str] | None, idempotency_key: str | None
) -> Job:
    """Queue the import of the projects that lack nothing; see :class:`~kezhong.office.measuring.in_use.Importable`.

    Raises
    ------
    InputError
        No project can go in.
    """
    if all(one.lacks for one in rows):
        raise InputError("measuring.nothing_in_use", value=len(rows))
    text = ledger(rows)
    asked = "\n".join([text, "*" if replaces is None else "\n".join(sorted(replaces))])
    key = hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()

    def work(progress: Progress) -> Mapping[str, Any]:
        return import_and_assess(office, text, progress, replaces=replaces)

    parameters = {"source": SOURCE, "facilities": sum(not one.lacks for one in rows)}
    return state.jobs.submit("import-projects", work, key=key, parameters=parameters, idempotency_key=idempotency_key)


def import_and_assess(
    office: Office, text: str, progress: Progress, *, replaces: frozenset[str] | None = None
) -> Mapping[str, Any]:
    """Import a ledger of projects in use, assess the new snapshot, and measure by that run.

    ``replaces`` are the sources for which the ledger speaks; what came of other projects stays. ``None``: all.
    """
    from kezhong.assess import assess
    from kezhong.intake.ledgers import import_ledger

    progress(0.02, "measuring.step_import")
    with tempfile.TemporaryDirectory(prefix="kezhong-") as folder:
        file = Path(folder) / f"{SOURCE}.csv"
        file.write_text(text, "utf-8")
        import_ledger(City.open(office.city_folder), file, source=SOURCE, datum="wgs84", replaces=replaces)
    progress(0.2, "measuring.step_import")
    made = assess(City.open(office.city_folder), progress=span(progress, 0.2, 1.0))
    after_run(office, made.run.id)
    return {"run": made.run.id}
