"""Real street networks, read independently of intake by the benchmarks' own reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, Path(__file__).resolve().parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from kezhong.network import warm_up  # noqa: E402  # the oracle beside this file must be importable first


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """Compile before any test with a deadline runs."""
    warm_up()
