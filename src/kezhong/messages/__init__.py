"""The message catalogue: what the software says when something is wrong, in Chinese and in English.

Each room owns one TOML file beside this module. A message has a dotted code whose first part is the file's
name, and four texts: ``zh``/``en`` say what is wrong, ``todo_zh``/``todo_en`` what to do. Texts are
``str.format`` templates over the error's details.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue; templates, not yet filled."""

    code: str
    zh: str
    en: str
    todo_zh: str
    todo_en: str


class _Gaps(dict[str, object]):
    """A detail that was not given shows as a dash: a broken message must never hide the error itself."""

    def __missing__(self, key: str) -> str:
        return "–"


@cache
def load() -> Mapping[str, Message]:
    """All messages by code."""
    found: dict[str, Message] = {}
    for entry in sorted(resources.files(__name__).iterdir(), key=lambda path: path.name):
        if not entry.name.endswith(".toml"):
            continue
        room = entry.name.removesuffix(".toml")
        for name, texts in tomllib.loads(entry.read_text("utf-8")).items():
            code = f"{room}.{name}"
            found[code] = Message(code, texts["zh"], texts["en"], texts["todo_zh"], texts["todo_en"])
    return found


def text(code: str, details: Mapping[str, object], language: Language = "zh") -> str:
    """What is wrong, filled in. An unknown code is shown as itself."""
    message = load().get(code)
    if message is None:
        return code
    return _fill(message.zh if language == "zh" else message.en, details)


def action(code: str, details: Mapping[str, object], language: Language = "zh") -> str:
    """What to do, filled in; empty where the code is unknown."""
    message = load().get(code)
    if message is None:
        return ""
    return _fill(message.todo_zh if language == "zh" else message.todo_en, details)


def _fill(template: str, details: Mapping[str, object]) -> str:
    return string.Formatter().vformat(template, (), _Gaps(details))
