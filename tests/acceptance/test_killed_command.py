"""A process killed at any moment of an import or an assessment: the previous version is whole, a re-run completes."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acceptance.command import Command, whole
from kezhong.city.results import RunStore
from kezhong.city.workspace import City

KILLS = 10
pytestmark = pytest.mark.slow


def _kill_after(command: Command, seconds: float, *arguments: str) -> bool:
    """Start the command, kill it after some seconds; whether it was still at work."""
    child = subprocess.Popen(
        [sys.executable, "-m", "kezhong", *arguments],
        cwd=command.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        child.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True


def _undisturbed(command: Command, *arguments: str) -> tuple[Path, float]:
    """A copy of the city on which the command ran in peace, and how long that took."""
    calm = command.folder / "calm"
    shutil.copytree(command.folder / "city", calm)
    started = time.perf_counter()
    command.done(*(str(calm) if argument == "city" else argument for argument in arguments))
    return calm, time.perf_counter() - started


def test_a_killed_import(command: Command) -> None:
    arguments = ("import", "facilities", "city", "ledger.csv", "--datum", "wgs84", "--source", "second")
    calm, seconds = _undisturbed(command, *arguments)
    expected = City.open(calm).snapshot
    city = command.folder / "city"
    before = whole(city)
    shutil.copytree(city, command.folder / "untouched")
    chance = random.Random(20261123)
    killed = 0
    for _ in range(KILLS):
        killed += _kill_after(command, chance.uniform(0.4, 1.0) * seconds, *arguments)
        assert whole(city) in (before, expected.id)
        if whole(city) == expected.id:
            shutil.rmtree(city)
            shutil.copytree(command.folder / "untouched", city)
    assert killed
    command.done(*arguments)
    assert City.open(city).snapshot.parts == expected.parts
    assert whole(city) == expected.id


def test_a_killed_assessment(command: Command) -> None:
    calm, seconds = _undisturbed(command, "assess", "city")
    expected = RunStore(calm).all()[0]
    city = command.folder / "city"
    before = whole(city)
    chance = random.Random(20261124)
    killed = 0
    for _ in range(KILLS):
        killed += _kill_after(command, chance.uniform(0.3, 1.0) * seconds, "assess", "city", "--force")
        assert whole(city) == before
        assert [run.id for run in RunStore(city).all()] in ([], [expected.id])
    assert killed
    command.done("assess", "city")
    run = RunStore(city).all()[0]
    assert run.id == expected.id
    assert run.figures.equals(expected.figures)
    assert run.shortfalls.equals(expected.shortfalls)
