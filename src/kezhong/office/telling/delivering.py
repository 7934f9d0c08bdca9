"""Sending what waits: e-mails and webhooks, tried again with growing pauses until they are out or given up.

Each is taken under a lock of its row, which other senders skip; the outcome is written with it. A process that is
killed between sending and writing sends again: mails carry the same Message-ID then, webhooks the same delivery id.
"""

from __future__ import annotations

import os
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from kezhong import clock
from kezhong.errors import ConflictError, InputError, KezhongError
from kezhong.office.models import Delivery, Notice, Person, Webhook
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.office.telling import mail, webhooks
from kezhong.office.telling.words import sentence, subject_of

#: Pauses after the first, second … failure; after the last it is given up.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))
_BATCH = 200
#: The event by which an address is tried.
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round of sending did."""

    sent: int = 0
    again: int = 0
    failed: int = 0


def deliver(office: Office, now: datetime | None = None, environ: Mapping[str, str] = os.environ) -> Delivered:
    """Send everything that is due."""
    moment = now or clock.now()
    counts = {"sent": 0, "again": 0, "failed": 0}
    mailer = mail.mailer(environ)
    for _ in range(_BATCH):
        with office.acting(office.system("deliver")) as session:
            found = session.scalars(
                select(Delivery)
                .where(Delivery.state == "waiting", Delivery.next_try_at <= moment)
                .order_by(Delivery.next_try_at, Delivery.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if found is None:
                break
            counts[_one(session, found, moment, mailer, environ)] += 1
    return Delivered(**counts)


def send_test(
    session: OfficeSession, hook: Webhook, now: datetime, environ: Mapping[str, str] = os.environ
) -> Delivery:
    """Tell a webhook of a test, now and once; what became of it is kept with the other deliveries.

    Raises
    ------
    ConflictError
        The webhook is switched off.
    """
    if not hook.active:
        raise ConflictError("telling.webhook_off", value=hook.name)
    payload = {"event": TEST, "at": now.isoformat(timespec="seconds"), "details": {"webhook": hook.name}}
    row = Delivery(
        channel=f"webhook:{hook.id}", key=f"test:{now.timestamp()}", payload=payload, state="waiting", tries=0,
        next_try_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if _one(session, row, now, None, environ) == "again":
        row.state = "failed"  # who tests looks at the answer, and tests again
    session.audit.note(TEST, "webhook", str(hook.id), state=row.state)
    return row


def _one(
    session: OfficeSession, row: Delivery, now: datetime, mailer: mail.Mailer | None, environ: Mapping[str, str]
) -> str:
    row.tries += 1
    try:
        if row.channel == "email":
            _mail(session, row, mailer, environ)
        else:
            _post(session, row, environ)
    except InputError as problem:  # for good
        row.state, row.problem = "failed", problem.message("zh")[:500]
        return "failed"
    except (OSError, smtplib.SMTPException, httpx.HTTPError, KezhongError) as problem:
        row.problem = f"{type(problem).__name__}: {problem}"[:500]
        if row.tries > len(PAUSES):
            row.state = "failed"
            return "failed"
        row.next_try_at = now + PAUSES[row.tries - 1]
        return "again"
    row.state, row.sent_at, row.problem = "sent", now, ""
    return "sent"


def _mail(session: OfficeSession, row: Delivery, mailer: mail.Mailer | None, environ: Mapping[str, str]) -> None:
    if mailer is None:
        raise OSError(f"{mail.VARIABLE} is not set")
    notice = session.get(Notice, row.notice_id)
    person: Any = Person.__table__
    to = None
    if notice is not None:
        to = session.execute(
            select(person.c.email, person.c.status).where(person.c.id == notice.person_id, person.c.email.is_not(None))
        ).first()
    if notice is None or to is None or to.status != "active":
        raise InputError("telling.mail_refused", value="–")  # the person has left, or has no address any more
    base = environ.get("KEZHONG_BASE_URL", "").rstrip("/")
    mailer.send(to.email, subject_of(notice), sentence(notice, base), f"notice-{notice.id}")


def _post(session: OfficeSession, row: Delivery, environ: Mapping[str, str]) -> None:
    hook = session.get(Webhook, int(row.channel.partition(":")[2]))
    if hook is None or not hook.active:
        raise InputError("telling.webhook_failed", problem="–")
    webhooks.post(hook.url, hook.secret_variable, row.payload, row.id, environ)


def give_up_on(session: OfficeSession, webhook_id: int) -> None:
    """Drop what still waits for a webhook that is switched off."""
    session.execute(
        update(Delivery)
        .where(Delivery.channel == f"webhook:{webhook_id}", Delivery.state == "waiting")
        .values(state="failed")
        .execution_options(synchronize_session=False)
    )
