"""The examples of docs/python.md run, in their order, on a tiny city."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acceptance.command import write_files

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 7
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"python.md block {number + 1}", "exec"), names)  # noqa: S102  # our own page
    assert len(names["coverage"]) == 2  # type: ignore[arg-type]
    assert (tmp_path / "shortfalls.xlsx").stat().st_size > 1000
    assert list((tmp_path / "ledgers").glob("*.xlsx"))
