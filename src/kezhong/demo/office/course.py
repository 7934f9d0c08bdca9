"""The course of the demonstration programme: all its scenes, and their playing up to today."""

from __future__ import annotations

from datetime import timedelta

from kezhong import clock
from kezhong.demo.office import closing, dispatch, handing_down, offers, papers, pilots, plan, works
from kezhong.demo.office.cast import Cast, Script
from kezhong.office.audit.anchors import anchor
from kezhong.office.telling.round import clock_round
from kezhong.progress import Progress

_PARTS = (plan, handing_down, pilots, papers, works, offers, dispatch, closing)


def play(cast: Cast, progress: Progress) -> None:
    """Play what has happened so far, and leave everything as it is today."""
    script = Script(cast)
    for part in _PARTS:
        part.write(script, cast)
    _watch(script, cast)
    script.play(progress)
    closing.today(cast)
    clock_round(cast.office, clock.now())
    anchor(cast.office, force=True)
    progress(1.0, "demo.office")


def _watch(script: Script, cast: Cast) -> None:
    """The clock's round once a week, so that reminders and escalations went out in their time."""
    day = cast.day(3, 7)
    last = min(cast.now, cast.moment(15, 31))
    while cast.at(day) < last:
        script.add(cast.at(day, 9, 5), lambda: clock_round(cast.office))
        day += timedelta(days=7)
