"""What the command-line library says of a wrong command line, as errors of ours in two languages."""

from __future__ import annotations

import difflib
from typing import Any

from kezhong.errors import InputError


def usage_error(problem: Exception) -> InputError | None:
    """The error to print, or ``None`` where ``problem`` is no matter of the command line.

    The library's classes are told by name: they have moved between its releases.
    """
    kinds = {kind.__name__ for kind in type(problem).__mro__}
    if "ClickException" not in kinds:
        return None
    context: Any = getattr(problem, "ctx", None)
    command = context.command_path if context is not None else "kezhong"
    said = str(getattr(problem, "message", "") or problem)
    if "MissingParameter" in kinds:
        return InputError("cli.missing_option", value=_parameter(problem), command=command)
    if "BadParameter" in kinds:
        return InputError("cli.bad_option", option=_parameter(problem), problem=said, command=command)
    if "NoSuchOption" in kinds:
        near = getattr(problem, "possibilities", None) or ()
        name = getattr(problem, "option_name", said)
        return InputError("cli.unknown_option", value=name, near=", ".join(sorted(near)) or "–", command=command)
    commands: dict[str, Any] = getattr(context.command, "commands", {}) if context is not None else {}
    if commands:
        value = said.split("'")[1] if said.count("'") > 1 else said
        near = difflib.get_close_matches(value, list(commands), n=3) or list(commands)
        return InputError("cli.unknown_command", value=value, near=", ".join(near), command=command)
    return InputError("cli.usage", problem=said, command=command)


def _parameter(problem: Exception) -> str:
    """``--area`` or ``CITY_DIR``."""
    found: Any = getattr(problem, "param", None)
    if found is None:
        return str(getattr(problem, "param_hint", None) or "–")
    if getattr(found, "param_type_name", "option") == "argument":
        return str(found.metavar or found.name.upper()).strip("{}")
    return str(max(found.opts, key=len))
