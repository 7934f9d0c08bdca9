"""Every code that is raised has its four texts, and every text is used."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from kezhong import messages

SOURCE = Path(__file__).resolve().parents[1] / "src" / "kezhong"
ROOMS = sorted({code.partition(".")[0] for code in messages.load()})
CODE = re.compile(rf'"((?:{"|".join(ROOMS)})\.[a-z0-9_]+)"')


#: Names of files and of columns look like codes.
SUFFIXES = (
    ".csv",
    ".json",
    ".jsonl",
    ".toml",
    ".yaml",
    ".xlsx",
    ".pbf",
    ".py",
    ".txt",
    ".key",
    ".log",
    ".id",
    "people.serves",
    "people.required",
)
#: So do names of actions, which the audit keeps: they are no messages.
ACTION = re.compile(r'(?:\b(?:because|note|_audit|_note)\(\s*|column=|if clear else )"([a-z_.-]+)"')


def _used() -> set[str]:
    texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py")]
    actions = {code for text in texts for code in ACTION.findall(text)}
    found = {code for text in texts for code in CODE.findall(text)} - actions
    return {code for code in found if not code.endswith(SUFFIXES)}


def test_every_code_in_the_sources_has_a_message() -> None:
    assert sorted(_used() - set(messages.load())) == []


def test_every_message_is_used() -> None:
    assert sorted(set(messages.load()) - _used()) == []


@pytest.mark.parametrize("code", sorted(messages.load()))
def test_texts_are_written_in_both_languages_with_the_same_details(code: str) -> None:
    message = messages.load()[code]
    assert message.zh
    assert message.en
    assert re.search(r"[\u4e00-\u9fff]", message.zh)
    for template in (message.zh, message.en, message.todo_zh, message.todo_en):
        list(string.Formatter().parse(template))
    assert bool(message.todo_zh) == bool(message.todo_en)


def test_a_missing_detail_does_not_hide_the_error() -> None:
    assert "–" in messages.text("city.no_run", {})
