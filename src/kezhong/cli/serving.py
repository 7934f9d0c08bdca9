"""``kezhong serve`` and ``kezhong demo``."""

from __future__ import annotations

import errno
import socket
import sys
from pathlib import Path

from kezhong.cli.console import progress_bar, say
from kezhong.errors import ConflictError, WorkspaceError

#: Where no PostgreSQL can run, the demonstration still shows the city.
_NO_DATABASE = frozenset({"database.no_programs", "database.not_posix", "database.no_account"})


def serve(city_dir: Path, host: str, port: int, public_url: str | None = None) -> None:
    """Serve a city until interrupted, with its office where it has one; the log goes to standard error as JSON lines.

    Raises
    ------
    PermissionDeniedError
        The address is not this machine's own, and there is no office or no public address.
    ConflictError
        The port is taken.
    WorkspaceError
        No city there, or the system refuses the address or port.
    """
    from kezhong.office.office import has_office, open_office

    with_office = has_office(city_dir)
    _require_place(host, port, public=with_office and public_url is not None)
    import uvicorn

    from kezhong.server import create_app
    from kezhong.server.logs import configure_logging

    office = open_office(city_dir) if with_office else None
    try:
        application = create_app(city_dir, host=host, office=office, public_url=public_url)
        configure_logging()
        shown = public_url or address(host, port)
        say(f"刻钟已启动：{shown}（按 Ctrl+C 停止）", f"Kezhong is running: {shown} (Ctrl+C stops it)")
        sys.stdout.flush()  # a pipe or a file shows the address now, not when the server ends
        # Forwarded headers are read by our own guard, which knows whose to believe.
        uvicorn.run(
            application,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # Longer than people think between two clicks: a connection that is closed just then fails a request.
            timeout_keep_alive=75,
        )
    finally:
        if office is not None:
            office.close()


def demo(out: Path, host: str, port: int, *, no_serve: bool) -> None:
    """Generate the demonstration city in ``out`` unless a current one is there, then serve it."""
    if not no_serve:
        _require_place(host, port)
    from kezhong.demo import make_demo

    with progress_bar("demo") as progress:
        try:
            made = make_demo(out, office=True, progress=progress)
        except WorkspaceError as problem:
            if problem.code not in _NO_DATABASE:
                raise
            sys.stderr.write(f"{problem}\n")
            say(
                "没有可用的 PostgreSQL，只生成示范市，不带办公室",
                "no PostgreSQL to be had: the city is made without an office",
            )
            made = make_demo(out, progress=progress)
    say(
        f"示范市（合成数据）{'已生成' if made.fresh else '已是最新'}：{made.folder}",
        f"demonstration city (synthetic data) {'made' if made.fresh else 'is current'}: {made.folder}",
    )
    if not no_serve:
        serve(made.folder, host, port)


def address(host: str, port: int) -> str:
    """What to type into a browser; an IPv6 address goes into brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_place(host: str, port: int, *, public: bool = False) -> None:
    """Nothing is generated or loaded for an address that will be refused."""
    from kezhong.server.guard import check_bind

    check_bind(host, public=public)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise ConflictError("cli.port_in_use", value=port, free=_free_port(host, family)) from problem
        raise WorkspaceError(
            "cli.cannot_listen", host=host, port=port, problem=problem.strerror or problem
        ) from problem


def _free_port(host: str, family: socket.AddressFamily) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
