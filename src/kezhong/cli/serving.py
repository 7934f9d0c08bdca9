"""``kezhong serve`` and ``kezhong demo``."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

from kezhong.cli.console import progress_bar, say
from kezhong.errors import ConflictError, PermissionDeniedError


def serve(city_dir: Path, host: str, port: int) -> None:
    """Serve a city until interrupted.

    Raises
    ------
    PermissionDeniedError
        The address is not this machine's own: there is no sign-in yet.
    ConflictError
        The port is taken.
    """
    _require_loopback(host)
    _require_free(host, port)
    import uvicorn

    from kezhong.server import create_app

    application = create_app(city_dir)
    shown = f"[{host}]" if ":" in host else host
    say(
        f"刻钟已启动：http://{shown}:{port}（按 Ctrl+C 停止）",
        f"Kezhong is running: http://{shown}:{port} (Ctrl+C stops it)",
    )
    uvicorn.run(application, host=host, port=port, log_level="warning", access_log=False)


def demo(out: Path, host: str, port: int, *, no_serve: bool) -> None:
    """Generate the demonstration city in ``out`` unless a current one is there, then serve it."""
    if not no_serve:
        _require_loopback(host)
        _require_free(host, port)
    from kezhong.demo import make_demo

    with progress_bar("demo") as progress:
        made = make_demo(out, progress=progress)
    say(
        f"示范市（合成数据）{'已生成' if made.fresh else '已是最新'}：{made.folder}",
        f"demonstration city (synthetic data) {'made' if made.fresh else 'is current'}: {made.folder}",
    )
    if not no_serve:
        serve(made.folder, host, port)


def _require_loopback(host: str) -> None:
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError as problem:
        raise PermissionDeniedError("cli.not_loopback", value=host) from problem
    if not all(ipaddress.ip_address(str(address)).is_loopback for address in addresses):
        raise PermissionDeniedError("cli.not_loopback", value=host)


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            with socket.socket(family, socket.SOCK_STREAM) as other:
                other.bind((host, 0))
                free = other.getsockname()[1]
            raise ConflictError("cli.port_in_use", value=port, free=free) from problem
