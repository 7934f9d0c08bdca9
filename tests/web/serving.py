"""An application behind a free port of this machine."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from fastapi import FastAPI

from absence import absent
from kezhong.server.routes.pages import STATIC


def built_pages() -> Path:
    """Folder of the built web application; ``KEZHONG_STATIC`` names another build. Skips where there is none."""
    static = Path(os.environ.get("KEZHONG_STATIC") or STATIC)
    if not (static / "index.html").is_file():
        absent("the web application is not built: run `make setup`")
    return static


@contextmanager
def serve(app: FastAPI, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """Address of the running application. Off: what the application was given (an office) stays open after it."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False, lifespan=lifespan))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
