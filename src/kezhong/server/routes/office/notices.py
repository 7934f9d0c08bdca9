"""What one is told; webhooks, deliveries and the clock's round for who runs the office."""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import func, select
from starlette.responses import Response

from kezhong import clock
from kezhong.errors import InputError, NotFoundError
from kezhong.office.machines import load_machines
from kezhong.office.models import Delivery, Webhook
from kezhong.office.session import ChangedMeanwhileError, OfficeSession
from kezhong.office.telling import notices, webhooks
from kezhong.office.telling.delivering import give_up_on, send_test
from kezhong.office.telling.mail import mail_is_set
from kezhong.office.telling.round import clock_round
from kezhong.office.telling.words import page_of, words_of
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import notices as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ

router = APIRouter(tags=["office: notices"])
Id = Annotated[int, Path(ge=1, le=2**62)]


def _notice(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "kind": row.kind, "urgency": row.urgency, "object_kind": row.object_kind,
        "object_id": row.object_id, "text": words_of(row.kind, row.object_kind, row.details),
        "page": page_of(row.object_kind, row.object_id), "at": row.at, "read": row.read_at is not None,
    }  # fmt: skip


@router.get(
    "/office/notices", response_model=wire.NoticePage, responses=READ, dependencies=[require(Permission.SIGNED_IN)]
)
def my_notices(
    request: Request,
    work: Unit,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
    unread: bool = False,
    kind: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The caller's own notices, newest first."""
    mark = digest(["notices", work.actor.person_id, unread, kind])
    before = read_cursor(cursor, mark) or None
    person = work.actor.person_id or 0
    with work() as session:
        found = notices.my_notices(session, person, limit=limit + 1, before=before, unread=unread, kind=kind)
        value = {
            "items": [_notice(row) for row in found[:limit]],
            "next_cursor": write_cursor(found[limit - 1].id, mark) if len(found) > limit else None,
            **notices.unread_count(session, person),
        }
    return respond(request, prepare(value))


@router.get(
    "/office/notices/unread", response_model=wire.Unread, responses=READ, dependencies=[require(Permission.SIGNED_IN)]
)
def unread(request: Request, work: Unit) -> Response:
    """How many are unread: asked for every minute, so it is small and has an ETag."""
    with work() as session:
        value = notices.unread_count(session, work.actor.person_id or 0)
    return respond(request, prepare(value))


@router.post(
    "/office/notices/read", response_model=wire.Unread, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)]
)
def mark_read(request: Request, work: Unit, body: wire.ReadRequest) -> Response:
    """Mark some of one's own notices, or all, as read."""
    person = work.actor.person_id or 0
    with work() as session:
        notices.mark_read(session, person, body.ids)
        value = notices.unread_count(session, person)
    return respond(request, prepare(value))


def _preference(row: Any) -> dict[str, Any]:
    return {
        "email": row.email, "muted": row.muted, "mail_available": mail_is_set(), "kinds": list(notices.KINDS),
    }  # fmt: skip


@router.get(
    "/office/notices/preferences",
    response_model=wire.PreferenceOut,
    responses=READ,
    dependencies=[require(Permission.SIGNED_IN)],
)
def preferences(request: Request, work: Unit) -> Response:
    """What the caller wants to be told, and how."""
    with work() as session:
        value = _preference(notices.preference(session, work.actor.person_id or 0))
    return respond(request, prepare(value))


@router.put(
    "/office/notices/preferences",
    response_model=wire.PreferenceOut,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def set_preferences(request: Request, work: Unit, body: wire.PreferenceRequest) -> Response:
    """Change it. What one must act on can be taken out of the mails, not out of the application."""
    act = {kind for kind, urgency in notices.KINDS.items() if urgency == "act"}
    for kind in body.muted:
        if kind not in notices.KINDS or kind in act:
            expected = ", ".join(sorted(set(notices.KINDS) - act))
            raise InputError("telling.bad_preference", column="muted", value=kind, expected=expected)
    if work.actor.person_id is None:
        raise NotFoundError("office.no_such", kind="person", value="–")
    with work() as session:
        value = _preference(notices.set_preference(session, work.actor.person_id, body.email, body.muted))
    return respond(request, prepare(value))


# who runs the office --------------------------------------------------------------------------------------------------


def _events() -> list[str]:
    steps = [f"{one.id}.{step}" for one in load_machines().values() for step in one.transitions]
    return ["*", *(f"{name}.*" for name in load_machines()), "task.reminded", "task.escalated", *steps]


def _check_events(events: list[str]) -> None:
    known = set(_events())
    for event in events:
        if event not in known:
            raise InputError(
                "telling.bad_preference", column="events", value=event, expected="*, task.*, task.return …"
            )


def _hook(row: Webhook, counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    channel = f"webhook:{row.id}"
    return {
        "id": row.id, "version": row.version, "name": row.name, "url": row.url, "secret_variable": row.secret_variable,
        "secret_set": bool(row.secret_variable and os.environ.get(row.secret_variable)), "events": row.events,
        "active": row.active, "waiting": counts.get((channel, "waiting"), 0),
        "failed": counts.get((channel, "failed"), 0),
    }  # fmt: skip


def _counts(session: OfficeSession) -> dict[tuple[str, str], int]:
    statement = select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
    return {(row[0], row[1]): row[2] for row in session.execute(statement)}


@router.get(
    "/office/webhooks", response_model=wire.WebhookList, responses=READ, dependencies=[require(Permission.RUN_OFFICE)]
)
def list_webhooks(request: Request, work: Unit) -> Response:
    """Addresses that are told of events. Secrets are named, never shown."""
    with work() as session:
        counts = _counts(session)
        rows = session.scalars(select(Webhook).order_by(Webhook.id)).all()
        value = {"items": [_hook(row, counts) for row in rows], "events": _events()}
    return respond(request, prepare(value))


@router.post(
    "/office/webhooks",
    status_code=201,
    response_model=wire.WebhookOut,
    responses=COMMON,
    dependencies=[require(Permission.RUN_OFFICE)],
)
def add_webhook(request: Request, work: Unit, body: wire.WebhookRequest) -> Response:
    """Tell an address. One inside the house is refused unless the environment permits its host."""
    _check_events(body.events)
    _check_url(body.url)

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = Webhook(**body.model_dump())
        session.add(row)
        session.flush()
        return _hook(row, {}), row.version

    return created(work, request, body, build)


def _check_url(url: str) -> None:
    try:
        webhooks.check_address(url)
    except OSError as problem:
        raise InputError("telling.webhook_failed", column="url", value=url[:80], problem=str(problem)) from problem


@router.put(
    "/office/webhooks/{webhook_id}",
    response_model=wire.WebhookOut,
    responses=COMMON,
    dependencies=[require(Permission.RUN_OFFICE)],
)
def edit_webhook(request: Request, work: Unit, webhook_id: Id, body: wire.WebhookRequest) -> Response:
    """Change one, or switch it off: what waits for it is then given up."""
    version = version_of(request)
    _check_events(body.events)
    _check_url(body.url)
    with work() as session:
        row = session.get(Webhook, webhook_id)
        if row is None:
            raise NotFoundError("office.no_such", kind="webhook", value=webhook_id)
        if row.version != version:
            raise ChangedMeanwhileError(
                "office.changed_meanwhile", kind="webhook", value=webhook_id, yours=version, current=row.version
            )
        for name, value in body.model_dump().items():
            setattr(row, name, value)
        session.flush()
        if not row.active:
            give_up_on(session, row.id)
        return versioned(request, _hook(row, _counts(session)), row.version)


@router.post(
    "/office/webhooks/{webhook_id}/test",
    response_model=wire.DeliveryOut,
    responses=COMMON,
    dependencies=[require(Permission.RUN_OFFICE)],
)
def try_webhook(request: Request, work: Unit, webhook_id: Id) -> Response:
    """Tell the address of a test, now and once, and answer with what became of it."""
    with work() as session:
        hook = session.get(Webhook, webhook_id)
        if hook is None:
            raise NotFoundError("office.no_such", kind="webhook", value=webhook_id)
        value = _delivery(send_test(session, hook, clock.now()))
    return respond(request, prepare(value))


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id, "channel": row.channel, "state": row.state, "tries": row.tries, "next_try_at": row.next_try_at,
        "problem": row.problem, "sent_at": row.sent_at, "event": str(row.payload.get("event", "")),
    }  # fmt: skip


@router.get(
    "/office/deliveries",
    response_model=wire.DeliveryPage,
    responses=READ,
    dependencies=[require(Permission.RUN_OFFICE)],
)
def deliveries(
    request: Request,
    work: Unit,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    webhook: Annotated[int | None, Query(ge=1, le=2**62, description="those of this webhook")] = None,
    sent: Annotated[bool, Query(description="also those that were delivered")] = False,
) -> Response:
    """The last e-mails and webhooks that wait or failed (``sent``: all), and whether the queue runs."""
    worker = request.app.state.queue_worker
    statement = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if not sent:
        statement = statement.where(Delivery.state != "sent")
    if webhook is not None:
        statement = statement.where(Delivery.channel == f"webhook:{webhook}")
    with work() as session:
        rows = session.scalars(statement).all()
        counts: dict[str, int] = {}
        for (_, state), count in _counts(session).items():
            counts[state] = counts.get(state, 0) + count
        value = {
            "items": [_delivery(row) for row in rows],
            "counts": counts,
            "queue": {
                "running": worker is not None and worker.problem is None, "problem": getattr(worker, "problem", None),
            },
        }  # fmt: skip
    return respond(request, prepare(value))


@router.post(
    "/office/deliveries/{delivery_id}/retry",
    status_code=204,
    responses=COMMON,
    dependencies=[require(Permission.RUN_OFFICE)],
)
def retry_delivery(work: Unit, delivery_id: Id) -> Response:
    """Try one again now."""
    with work() as session:
        row = session.get(Delivery, delivery_id)
        if row is None or row.state == "sent":
            raise NotFoundError("office.no_such", kind="delivery", value=delivery_id)
        row.state, row.next_try_at, row.tries = "waiting", clock.now(), 0
    return Response(status_code=204)


@router.post(
    "/office/round", response_model=wire.ClockRound, responses=COMMON, dependencies=[require(Permission.RUN_OFFICE)]
)
def run_round(request: Request, work: Unit) -> Response:
    """Do the clock's round now: lights, reminders, escalation. Nothing is told twice by it."""
    done = clock_round(work.office)
    value = {
        "lights": done.lights, "reminders": done.reminders, "escalations": done.escalations, "skipped": done.skipped,
    }  # fmt: skip
    return respond(request, prepare(value))
