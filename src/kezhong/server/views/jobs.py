"""Jobs: what may be asked for, and how a job is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kezhong import messages
from kezhong.catalogue import load_catalogue
from kezhong.jobs import Job, JobSnapshot
from kezhong.progress import Progress
from kezhong.server.models import JobRequest
from kezhong.server.state import ServerState
from kezhong.server.views import runs as runs_view
from kezhong.server.views.catalogue import basis_of


def submit(
    state: ServerState,
    wanted: JobRequest,
    idempotency_key: str | None,
    afterwards: Callable[[str], object] | None = None,
) -> Job:
    """Start the assessment that is asked for, or give the result that is there.

    ``afterwards`` is called with the id of a run that was made.

    Raises
    ------
    NotFoundError
        No such basis or walker.
    ConflictError
        The idempotency key was used for other work, or too many jobs wait.
    """
    city = state.city()
    basis = basis_of(city, wanted.basis or city.config.basis)
    walker = load_catalogue().walker(wanted.walker)
    parameters = {"basis": basis.id, "walker": walker.id, "snapshot": city.snapshot.id, "force": wanted.force}
    key = "/".join(map(str, parameters.values()))
    found = None if wanted.force else runs_view.resolve(state, basis.id, walker.id, None)
    if found is not None:
        return state.jobs.record(
            "assess", {"run": found.id}, key=key, parameters=parameters, idempotency_key=idempotency_key
        )

    def work(progress: Progress) -> Mapping[str, Any]:
        from kezhong.assess import assess

        made = assess(city, basis=basis.id, walker=walker.id, progress=progress, force=wanted.force)
        if afterwards is not None:
            afterwards(made.run.id)
        return {"run": made.run.id}

    return state.jobs.submit("assess", work, key=key, parameters=parameters, idempotency_key=idempotency_key)


def job(snapshot: JobSnapshot) -> dict[str, Any]:
    """A job on the wire (:class:`kezhong.server.models.JobOut`)."""
    step = snapshot.step
    error = snapshot.error.envelope()["error"] if snapshot.error else None
    return {
        "id": snapshot.id,
        "kind": snapshot.kind,
        "state": snapshot.state.value,
        "progress": round(snapshot.progress, 4),
        "step": {"zh": messages.text(step, {}, "zh"), "en": messages.text(step, {}, "en")},
        "parameters": dict(snapshot.parameters),
        "result": dict(snapshot.result) if snapshot.result is not None else None,
        "error": error,
        "created": snapshot.created,
        "started": snapshot.started,
        "finished": snapshot.finished,
    }
