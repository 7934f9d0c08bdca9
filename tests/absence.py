"""What a test does that lacks something outside the repository: real data, a browser, the web build."""

from __future__ import annotations

import os

import pytest

#: Set in CI: what would be skipped for want of data or of a browser fails there instead.
REQUIRE_ALL = bool(os.environ.get("KEZHONG_REQUIRE_ALL"))


def absent(reason: str) -> None:
    """Skip the test, saying why; in CI fail it."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)
