"""What the embedded server is told: durable, quiet about people, modest in memory, reachable through one socket."""

from __future__ import annotations

from pathlib import Path

#: Creates everything and answers to the administrator only; no part of the office connects as this role.
ADMIN = "kezhong_admin"
#: Owns the schema and runs migrations.
OWNER = "kezhong_owner"
#: What the office connects as: no superuser, bound by row-level security.
APP = "kezhong_app"
DATABASE = "kezhong"

_SETTINGS = {
    # a commit that was confirmed survives the power cut
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # an office PC with two cores and a browser open
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_connections": "80",
    "max_wal_size": "512MB",
    "min_wal_size": "80MB",
    "jit": "off",
    # parallel workers would gain little on two cores and need /dev/shm, of which containers have 64 MB
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "random_page_cost": "1.5",
    # a record of people must not leak into a log: neither statements nor the row that broke a constraint
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.simple",
    "password_encryption": "scram-sha-256",
    "restart_after_crash": "on",
}
#: Tests may lose their data in a power cut.
_HASTY = {"fsync": "off", "full_page_writes": "off"}

#: The classification of letters must be a UTF-8 one, else Chinese trigrams come out empty. The collation is
#: PostgreSQL's own: the one of the system changes with its updates and would leave indexes silently wrong.
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C")
CTYPES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "zh_CN.UTF-8")


def write_settings(cluster: Path, socket: Path, user: str, *, durable: bool) -> None:
    """Write the three files of configuration of ``cluster``; what was in them is replaced.

    Connecting needs no password: the socket lies in a folder that only the server's user may enter, and *peer* lets
    the kernel tell who is at the other end (``user``, the one who runs us). A password would have to lie in a file
    which the same user can read, so it would protect nothing more and could leak.
    """
    values = {
        **_SETTINGS,
        **({} if durable else _HASTY),
        "listen_addresses": "",
        "unix_socket_directories": _listed(socket),
        "unix_socket_permissions": "0700",
    }
    lines = [f"{name} = '{_quoted(value)}'" for name, value in values.items()]
    (cluster / "postgresql.conf").write_text("# written at each start\n" + "\n".join(lines) + "\n", "utf-8")
    (cluster / "pg_hba.conf").write_text("local all all peer map=kezhong\n", "utf-8")
    (cluster / "pg_ident.conf").write_text(f'kezhong "{user}" all\n', "utf-8")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _listed(path: Path) -> str:
    """As an entry of a list separated by commas."""
    return '"{}"'.format(str(path).replace('"', '""'))
