"""``python -m kezhong.cli.docs``: docs/cli.md, made from the commands' own help (a test compares the two)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from kezhong.cli.app import app

_WIDTH = 100
_HEAD = """# The `kezhong` command

Made by `python -m kezhong.cli.docs > docs/cli.md` from the commands themselves; do not edit.
Messages are Chinese; `KEZHONG_LANG=en` makes them English. `KEZHONG_DEBUG=1` shows the traceback of an internal error.

Exit status: 0 done, 1 `check` found the data insufficient, 2 an error that the message explains, 70 a defect of
Kezhong, 130 stopped by the user.
"""


def render() -> str:
    """The whole page as Markdown."""
    return _HEAD + "".join(f"\n## {name}\n\n```\n{text}\n```\n" for name, text in _pages(get_command(app), "kezhong"))


def _pages(command: Any, path: str) -> Iterator[tuple[str, str]]:
    with typer.Context(command, info_name=path, terminal_width=_WIDTH, max_content_width=_WIDTH) as context:
        lines = command.get_help(context).splitlines()
        yield f"`{path}`", "\n".join(line.rstrip() for line in lines).strip()
        for name, sub in sorted(getattr(command, "commands", {}).items()):
            yield from _pages(sub, f"{path} {name}")


if __name__ == "__main__":
    sys.stdout.write(render())
