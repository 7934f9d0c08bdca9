"""The page on the command line is what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

from kezhong.cli.docs import render

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m kezhong.cli.docs > docs/cli.md"
