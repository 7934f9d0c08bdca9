"""The ``kezhong`` command.

Every error that a user can cause is a :class:`~kezhong.errors.KezhongError` and is printed with what to do; anything
else is a bug of ours: its traceback goes to a file, and the user is told where.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from kezhong.errors import CancelledError, KezhongError

__all__ = ["main"]

EXIT_ERROR = 2
EXIT_INTERNAL = 70
EXIT_CANCELLED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns (and exits with) the status."""
    from kezhong.cli.app import app
    from kezhong.cli.console import print_error

    try:
        app(args=arguments, standalone_mode=True)
    except CancelledError as problem:
        print_error(problem)
        sys.exit(EXIT_CANCELLED)
    except KezhongError as problem:
        print_error(problem)
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        print_error(CancelledError("cli.interrupted"))
        sys.exit(EXIT_CANCELLED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) went away: no error, but Python must not complain while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as problem:
        if os.environ.get("KEZHONG_DEBUG"):
            raise
        print_error(KezhongError("cli.internal", problem=type(problem).__name__, file=_write_traceback()))
        sys.exit(EXIT_INTERNAL)
    return 0


def _write_traceback() -> Path:
    handle, name = tempfile.mkstemp(prefix="kezhong-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return Path(name)
