"""The one sentence of a help page that the command-line library writes itself, in our two languages."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

HELP = "显示本页并退出 / show this page and exit"


class Command(TyperCommand):
    """A command with our sentence beside ``--help``."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option ``--help``."""
        return _ours(super().get_help_option(ctx))


class Group(TyperGroup):
    """A group of commands with our sentence beside ``--help``."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option ``--help``."""
        return _ours(super().get_help_option(ctx))


def speak_both(app: typer.Typer) -> None:
    """Let every command and group of ``app`` use :class:`Command` and :class:`Group`."""
    app.info.cls = Group
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            speak_both(group.typer_instance)


def _ours(option: Any) -> Any:
    if option is not None:
        option.help = HELP
    return option
