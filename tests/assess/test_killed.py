"""A process killed in the middle of an assessment leaves the city whole; a re-run completes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assess.cities import Lattice
from kezhong.assess import assess
from kezhong.city.results import RunStore
from kezhong.city.workspace import City

_CHILD = """
import sys, time
from kezhong.assess import assess
from kezhong.city.workspace import City

def report(share, step):
    print(f"{share:.3f}", flush=True)
    if share >= float(sys.argv[2]):
        time.sleep(60)

assess(City.open(sys.argv[1]), progress=report)
"""


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.3, 0.72, 0.95])
def test_a_killed_assessment_leaves_everything_whole(tmp_path: Path, share: float) -> None:
    lattice = Lattice(tmp_path / "city")
    lattice.add("wet_market", 300, 300)
    lattice.add("kindergarten", 900, 300, capacity=100.0)
    city = lattice.build()
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(city.folder), str(share)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        end = time.monotonic() + 120
        for line in child.stdout:
            if float(line) >= share or time.monotonic() > end:
                break
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    assert RunStore(city.folder).all() == []
    again = City.open(city.folder)
    assert again.snapshot.id == city.snapshot.id
    found = assess(again, progress=lambda share, step: None)
    assert len(found.figures)
    assert len(RunStore(city.folder).all()) == 1
