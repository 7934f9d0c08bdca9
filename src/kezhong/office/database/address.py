"""Where the database is. Addresses carry passwords: they are never shown, neither in a repr nor in an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from kezhong.errors import InputError
from kezhong.office.database.settings import APP, DATABASE, OWNER

APP_VARIABLE = "KEZHONG_DATABASE_URL"
OWNER_VARIABLE = "KEZHONG_DATABASE_OWNER_URL"
DRIVER = "postgresql+psycopg"


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseAddress:
    """The two ways into one database: as the plain role of the office, and as the owner of its tables.

    ``owner_url`` is None where only the app's address was given: migrations, backup and restore are then refused.
    """

    app_url: URL
    owner_url: URL | None

    @property
    def app_role(self) -> str:
        """The role that migrations grant rights to."""
        return self.app_url.username or ""

    def __repr__(self) -> str:
        return f"DatabaseAddress({shown(self.app_url)!r}, owner={self.owner_url is not None})"


def shown(url: URL) -> str:
    """Host, port and database; no role, no password, no option."""
    host = url.query.get("host", "") if not url.host else url.host
    name = host if isinstance(host, str) else ",".join(host)
    return f"{name}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def given_address(environ: Mapping[str, str]) -> DatabaseAddress | None:
    """The address from the environment, None where none is set.

    Raises
    ------
    InputError
        It is no address of PostgreSQL, or names no database or role.
    """
    app = environ.get(APP_VARIABLE)
    owner = environ.get(OWNER_VARIABLE)
    if not app:
        if owner:
            raise InputError("database.owner_alone", value=OWNER_VARIABLE, expected=APP_VARIABLE)
        return None
    return DatabaseAddress(_parse(app, APP_VARIABLE), _parse(owner, OWNER_VARIABLE) if owner else None)


def socket_address(socket: Path, database: str = DATABASE) -> DatabaseAddress:
    """The address of the embedded server, which knows us by our user of the system."""
    return DatabaseAddress(
        *(URL.create(DRIVER, username=role, database=database, query={"host": str(socket)}) for role in (APP, OWNER))
    )


def _parse(text: str, variable: str) -> URL:
    try:
        url = make_url(text)
        # The words of the failure quote the address: they are dropped, not chained.
        good = url.drivername in {"postgresql", "postgres", DRIVER} and bool(url.database) and bool(url.username)
    except (ArgumentError, ValueError):
        good = False
    if not good:
        raise InputError(
            "database.bad_address", value=variable, expected="postgresql://role:password@host:5432/database"
        )
    return url.set(drivername=DRIVER)
