"""What the commands print, and in which language."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kezhong import messages
from kezhong.errors import KezhongError
from kezhong.messages import Language
from kezhong.progress import Progress, silent


def language() -> Language:
    """``en`` where KEZHONG_LANG says so, else Chinese."""
    return "en" if os.environ.get("KEZHONG_LANG", "zh").lower().startswith("en") else "zh"


def say(zh: str, en: str) -> None:
    """Print a line in the user's language."""
    sys.stdout.write((zh if language() == "zh" else en) + "\n")


def local_time(stamp: str, zone: str) -> str:
    """A stored moment (ISO 8601, UTC) as the clock on the city's wall shows it, e.g. ``2026-11-23 16:00``."""
    if not stamp:
        return "–"
    return datetime.fromisoformat(stamp).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def print_error(problem: KezhongError) -> None:
    """What is wrong and what to do, in both languages, on standard error; the user's language first."""
    order: tuple[Language, ...] = ("zh", "en") if language() == "zh" else ("en", "zh")
    mark = {"zh": ("错误", "处理办法"), "en": ("error", "what to do")}
    for lang in order:
        wrong, todo = mark[lang]
        sys.stderr.write(f"{wrong}: {problem.message(lang)}\n")
        action = problem.action(lang)
        if action:
            sys.stderr.write(f"  {todo}: {action}\n")


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A progress bar on standard error where that is a terminal, else silence."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def report(share: float, step: str) -> None:
            bar.update(task, completed=share, description=messages.text(step, {}, language()))

        yield report


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """Print a plain table; ``right`` names the columns to be aligned to the right."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        grid.add_column(heading, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*("–" if cell is None else str(cell) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, soft_wrap=not sys.stdout.isatty()).print(grid)
