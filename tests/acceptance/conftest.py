"""A small city made through the commands, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from acceptance.command import Command, make_city, write_files


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the files and ``city``."""
    folder = tmp_path_factory.mktemp("bad-input")
    write_files(folder)
    make_city(Command(folder))
    return folder


@pytest.fixture
def command(pattern: Path, tmp_path: Path) -> Command:
    """The command in a fresh copy of the pattern."""
    folder = tmp_path / "work"
    shutil.copytree(pattern, folder)
    return Command(folder)
