"""The one error tree.

::

    KezhongError
    ├── InputError          (ValueError)        a file, row, column or option is wrong
    ├── NotFoundError       (LookupError)       an area, element, run, basis … does not exist
    ├── ConflictError       (RuntimeError)      somebody else changed it, or it is busy
    ├── PermissionDeniedError (PermissionError) the caller may not
    ├── WorkspaceError      (OSError)           the city folder cannot be read or written
    ├── DataMissingError    (ValueError)        the city lacks what the question needs
    └── CancelledError      (RuntimeError)      the user stopped the work

Each carries a code of the message catalogue and details; the usual keys of the details are ``file``, ``row``,
``column``, ``value``, ``expected``.
"""

from __future__ import annotations

from kezhong import messages
from kezhong.messages import Language


class KezhongError(Exception):
    """Anything the software can explain to its user.

    Parameters
    ----------
    code
        Dotted code of the message catalogue, e.g. ``intake.missing_column``.
    details
        Values for the message's template; JSON-compatible or with a sensible ``str``.
    """

    http_status = 500

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(code, details)

    def message(self, language: Language = "zh") -> str:
        """What is wrong."""
        return messages.text(self.code, self.details, language)

    def action(self, language: Language = "zh") -> str:
        """What to do."""
        return messages.action(self.code, self.details, language)

    def envelope(self, request_id: str | None = None) -> dict[str, object]:
        """The one form in which errors travel on the wire."""
        return {
            "error": {
                "code": self.code,
                "message": {"zh": self.message("zh"), "en": self.message("en")},
                "action": {"zh": self.action("zh"), "en": self.action("en")},
                "details": {key: _plain(value) for key, value in self.details.items()},
                "request_id": request_id,
            }
        }

    def __str__(self) -> str:
        return f"{self.message('zh')} / {self.message('en')} [{self.code}]"


class InputError(KezhongError, ValueError):
    """A file, row, column or option is wrong; nothing of it was taken in."""

    http_status = 422


class NotFoundError(KezhongError, LookupError):
    """The thing asked for does not exist."""

    http_status = 404


class ConflictError(KezhongError, RuntimeError):
    """Somebody else changed it first, or another process holds it."""

    http_status = 409


class PermissionDeniedError(KezhongError, PermissionError):
    """The caller may not do this here."""

    http_status = 403


class WorkspaceError(KezhongError, OSError):
    """The city folder cannot be read or written (not a city, wrong format, disk full)."""

    http_status = 500


class DataMissingError(KezhongError, ValueError):
    """The city lacks a layer that the question needs."""

    http_status = 409


class CancelledError(KezhongError, RuntimeError):
    """The user stopped the work; what was there before is whole."""

    http_status = 409


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)
