"""The ``kezhong`` command.

Every error that a user can cause is a :class:`~kezhong.errors.KezhongError` and is printed with what to do; anything
else is a bug of ours: its traceback goes to a file, and the user is told where.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

from kezhong.errors import CancelledError, InputError, KezhongError, WorkspaceError

__all__ = ["main"]

EXIT_ERROR = 2
EXIT_INTERNAL = 70
EXIT_CANCELLED = 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns 0, or exits with the status."""
    if arguments is None:  # a process of our own
        _silence_closing()
    status = _status(arguments)
    if status:
        sys.exit(status)
    return 0


def _status(arguments: list[str] | None) -> int:
    from kezhong.cli.app import app
    from kezhong.cli.console import print_error

    try:
        found = app(args=arguments, prog_name="kezhong", standalone_mode=False)
        if found == EXIT_CANCELLED:  # Ctrl+C, which the command-line library has turned into a status
            print_error(CancelledError("cli.interrupted"))
        return found if isinstance(found, int) else 0
    except CancelledError as problem:
        print_error(problem)
        return EXIT_CANCELLED
    except KezhongError as problem:
        print_error(problem)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print_error(CancelledError("cli.interrupted"))
        return EXIT_CANCELLED
    except BrokenPipeError:
        # The reader of a pipe (head, less) went away: no error, but Python must not complain while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:
        return _explained(problem)


def _explained(problem: Exception) -> int:
    """The status of what is no error of ours by type: a wrong command line, the system's refusal, or a defect."""
    from kezhong.cli.console import print_error
    from kezhong.cli.usage import usage_error

    if type(problem).__name__ == "NoArgsIsHelpError":  # a bare `kezhong` or `kezhong verify`: its page of help
        sys.stderr.write(f"{problem}\n")
        return EXIT_ERROR
    usage = usage_error(problem)
    if usage is not None:
        print_error(usage)
        return EXIT_ERROR
    if isinstance(problem, OSError):
        print_error(_system_error(problem))
        return EXIT_ERROR
    if type(problem).__module__ == "pyogrio.errors":
        # GDAL does not pass on why the system refused a file.
        print_error(InputError("cli.geofile", problem=problem))
        return EXIT_ERROR
    if os.environ.get("KEZHONG_DEBUG"):
        raise problem
    print_error(KezhongError("cli.internal", problem=type(problem).__name__, file=_write_traceback(problem)))
    return EXIT_INTERNAL


def _silence_closing() -> None:
    """Files that a full disk left half-written fail once more when they are collected: the user was told already."""
    before = sys.unraisablehook

    def hook(found: sys.UnraisableHookArgs) -> None:
        half_written_zip = getattr(found.object, "__qualname__", "") == "ZipFile.__del__"
        if not half_written_zip and not isinstance(found.exc_value, OSError):
            before(found)

    sys.unraisablehook = hook


def _system_error(problem: OSError) -> KezhongError:
    file = problem.filename or "–"
    if problem.errno in _FULL:
        return WorkspaceError("city.disk_full", file=file)
    return WorkspaceError("cli.system", file=file, problem=problem.strerror or problem)


def _write_traceback(problem: Exception) -> Path:
    handle, name = tempfile.mkstemp(prefix="kezhong-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(problem)))
    return Path(name)
