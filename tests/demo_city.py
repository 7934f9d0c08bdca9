"""The demonstration city for tests: built once, found again by later sessions and by the workers beside this one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from kezhong.demo import make_demo

#: More than a build takes on a slow machine with every worker busy.
PATIENCE_S = 600


def copy_demo_city(config: pytest.Config, target: Path) -> Path:
    """Copy the demonstration city to ``target``, so that no test changes what another sees.

    ``KEZHONG_DEMO_CITY`` names a folder that holds one already. Else it lies in pytest's cache, and
    :func:`kezhong.demo.make_demo` builds it anew when the program that shapes it has changed.
    """
    ready = os.environ.get("KEZHONG_DEMO_CITY")
    if ready:
        return Path(shutil.copytree(ready, target))
    assert config.cache is not None
    shelf = config.cache.mkdir("demo-city")
    with FileLock(shelf / "lock", timeout=PATIENCE_S):
        folder = make_demo(shelf / "city").folder
        return Path(shutil.copytree(folder, target))
