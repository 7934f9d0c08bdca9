"""E-mail through the city's own server: ``KEZHONG_SMTP_URL``.

``smtp://user:password@host:25?from=office@example.org`` (``&starttls=1`` asks for encryption and refuses to go on
without), ``smtps://…`` for TLS from the start. Without the variable no e-mail is made; everything is still told in the
application.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from kezhong.errors import InputError

VARIABLE = "KEZHONG_SMTP_URL"
SECONDS = 15.0


class RefusedMailError(InputError):
    """The server refuses this mail for good: trying again would not help."""


class Mailer(Protocol):
    """What sends a mail."""

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send it, or raise."""


def mail_is_set(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether e-mail can be sent."""
    return bool(environ.get(VARIABLE))


@dataclass(frozen=True, slots=True, repr=False)
class SmtpMailer:
    """An SMTP server with what is needed to speak to it; never shown, since it holds a password."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: bool = False
    starttls: bool = False

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one mail over a connection of its own.

        Raises
        ------
        RefusedMailError
            The server refused the receiver or the mail for good (5xx).
        OSError, smtplib.SMTPException
            Anything that may pass.
        """
        message = EmailMessage()
        message["From"], message["To"] = self.sender, _one_line(to)
        message["Subject"] = _one_line(subject)
        message["Date"], message["Message-ID"] = formatdate(), f"<{message_id}@kezhong>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self.tls:
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        with server:
            if self.starttls:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password or "")
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as problem:
                codes = [code for code, _ in problem.recipients.values()]
                if all(500 <= code < 600 for code in codes):
                    raise RefusedMailError("telling.mail_refused", value=codes[0]) from problem
                raise
            except smtplib.SMTPResponseException as problem:
                if 500 <= problem.smtp_code < 600:
                    raise RefusedMailError("telling.mail_refused", value=problem.smtp_code) from problem
                raise


def mailer(environ: Mapping[str, str] = os.environ) -> Mailer | None:
    """The city's mail server; ``None`` where none is named.

    Raises
    ------
    InputError
        The address is none of a mail server.
    """
    given = environ.get(VARIABLE)
    if not given:
        return None
    url = urlsplit(given)
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    try:
        port = url.port or (465 if url.scheme == "smtps" else 25)
    except ValueError:
        port = 0
    sender = options.get("from", "")
    if url.scheme not in ("smtp", "smtps") or not url.hostname or "@" not in sender or not port:
        # The address may hold a password: it is not quoted.
        raise InputError(
            "telling.bad_smtp", value=VARIABLE, expected="smtp://user:password@host:25?from=office@example.org"
        )
    return SmtpMailer(
        url.hostname,
        port,
        sender,
        unquote(url.username) if url.username else None,
        unquote(url.password) if url.password else None,
        tls=url.scheme == "smtps",
        starttls=options.get("starttls") == "1",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
