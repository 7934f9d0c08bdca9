"""How long work tells where it stands, and how it is stopped."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then with the share done (0–1) and what is being done (a code of the message catalogue).

    It may raise :class:`kezhong.errors.CancelledError`; the work then ends and leaves what was there before.
    """

    def __call__(self, share: float, step: str) -> None: ...


def silent(share: float, step: str) -> None:
    """Progress for callers who do not care."""


def span(progress: Progress, start: float, end: float) -> Progress:
    """Map a part's own 0–1 onto ``start``–``end`` of the whole."""

    def report(share: float, step: str) -> None:
        progress(start + (end - start) * share, step)

    return report


def called(progress: Progress, name: str) -> Progress:
    """Report a part under one step of the caller's, whatever the part itself calls it."""

    def report(share: float, step: str) -> None:
        progress(share, name)

    return report
