"""Jobs: what may be asked for, and how a job is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kezhong import messages
from kezhong.catalogue import load_catalogue
from kezhong.jobs import Job, JobSnapshot
from kezhong.progress import Progress
from kezhong.server.models import AssessRequest, OpeningsRequest
from kezhong.server.state import ServerState
from kezhong.server.views import runs as runs_view
from kezhong.server.views.catalogue import basis_of
from kezhong.server.views.openings import OpeningsAsked, result

#: What is called with the id of a run that was made.
Afterwards = Callable[[str], object]


def submit(
    state: ServerState,
    wanted: AssessRequest | OpeningsRequest,
    idempotency_key: str | None,
    afterwards: Afterwards | None = None,
) -> Job:
    """Start the work that is asked for, or give the result that is there.

    Raises
    ------
    NotFoundError
        No such basis, walker or element.
    ConflictError
        The idempotency key was used for other work, or too many jobs wait.
    """
    if isinstance(wanted, OpeningsRequest):
        return _openings(state, wanted, idempotency_key)
    return _assess(state, wanted, idempotency_key, afterwards)


def _openings(state: ServerState, wanted: OpeningsRequest, idempotency_key: str | None) -> Job:
    asked = OpeningsAsked.of(state, wanted.basis, wanted.walker, wanted.element)
    key, found = "/".join(map(str, asked.key)), asked.kept(state)
    if found is not None:
        return state.jobs.record(
            "openings", result(found), key=key, parameters=asked.parameters, idempotency_key=idempotency_key
        )
    return state.jobs.submit(
        "openings", partial(asked.work, state), key=key, parameters=asked.parameters, idempotency_key=idempotency_key
    )


def _assess(
    state: ServerState, wanted: AssessRequest, idempotency_key: str | None, afterwards: Afterwards | None
) -> Job:
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
