"""After ``kezhong assess`` in a city with an office: targets and tasks are measured by the run, as the server does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kezhong.cli.console import language, say
from kezhong.errors import KezhongError, WorkspaceError

if TYPE_CHECKING:
    from kezhong.office.measuring.after import Measured

#: What became of the tasks that await their measurement, by outcome.
OUTCOMES: dict[str, tuple[str, str]] = {
    "met": ("实测达标", "measured as met"),
    "sheet_issued": ("仍有短板，已发核验单", "still short, sheets issued"),
    "sheet_pending": ("核验中", "being verified"),
    "waiting": ("继续待复测", "go on waiting"),
    "not_newer": ("数据早于办结，继续待复测", "the data are older than the closing, go on waiting"),
}


def measure_office(city_dir: Path, run_id: str) -> tuple[Measured | None, KezhongError | None]:
    """Measure by a run: what was done (``None``: the run is not the one that measures), or why it could not be.

    The run is stored already, so that a database out of reach is told and does not undo it.
    """
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    from kezhong.office.measuring.after import measure_by
    from kezhong.office.office import open_office

    try:
        with open_office(city_dir) as office:
            return measure_by(office, run_id), None
    except KezhongError as problem:
        return None, problem
    except (SQLAlchemyError, psycopg.Error) as problem:
        # The driver's words may quote addresses and rows; only their kind is told.
        return None, WorkspaceError("measuring.interrupted", problem=type(problem).__name__)


def tell(city_dir: Path, run_id: str, done: Measured | None, problem: KezhongError | None) -> None:
    """Print what was measured; what was not done goes to standard error, with the way to do it later."""
    if problem is not None:
        zh = language() == "zh"
        later = f"kezhong office measure {city_dir}"
        sys.stderr.write(
            f"! 体检已完成并保存（{run_id}），但办公室的目标和任务没有复测：{problem.message('zh')}\n"
            f"  {problem.action('zh')}；之后运行：{later}\n"
            if zh
            else f"! run {run_id} is done and kept, but the office was not measured by it: {problem.message('en')}\n"
            f"  {problem.action('en')}; afterwards run: {later}\n"
        )
        return
    if done is None:
        say(
            "办公室未复测：只有默认口径、标准步行者、不限时段、最新快照的体检才用于复测",
            "the office was not measured: only a run of the default basis, the standard walker, any time and the"
            " newest snapshot measures",
        )
        return
    say(
        f"办公室已按本次体检复测：目标 {done.targets} 项，试点承诺 {done.promises} 项，"
        f"待复测任务 {sum(done.tasks.values())} 项",
        f"the office was measured by this run: {done.targets} targets, {done.promises} promises of pilots,"
        f" {sum(done.tasks.values())} tasks that awaited it",
    )
    for outcome, number in sorted(done.tasks.items()):
        zh_word, en_word = OUTCOMES[outcome]
        say(f"  {zh_word} {number}", f"  {number} {en_word}")


def as_json(done: Measured | None, problem: KezhongError | None) -> dict[str, Any]:
    """The same for a program that reads it."""
    if problem is not None:
        return {"measured": False, "error": problem.envelope()["error"]}
    if done is None:
        return {"measured": False, "error": None}
    return {
        "measured": True, "error": None, "targets": done.targets, "promises": done.promises, "tasks": done.tasks,
    }  # fmt: skip
