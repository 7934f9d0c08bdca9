"""Who calls the application in the tests, and where."""

from __future__ import annotations

import warnings
from collections.abc import Callable

with warnings.catch_warnings():
    # Starlette would rather have a successor of httpx, which is not among our dependencies.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["API", "BASE", "LOCAL", "SignIn", "TestClient"]

BASE = "http://127.0.0.1:8000"
LOCAL = ("127.0.0.1", 50000)
API = "/api/v1"
#: Signs a person of the test office in by user name.
SignIn = Callable[[str], TestClient]
