"""Taking away the office of a synthetic city. That of a real city is never deleted by the software."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select

from kezhong.city.config import read_config
from kezhong.errors import PermissionDeniedError
from kezhong.office.database.address import given_address
from kezhong.office.database.embedded import EmbeddedServer, state_folder
from kezhong.office.models import AuditEntry, AuditHead
from kezhong.office.office import FOLDER, has_office, open_office


def remove_office(city_folder: str | Path, *, environ: Mapping[str, str] = os.environ) -> None:
    """Delete the office of a synthetic city: its embedded database, its files and its anchors.

    Only what was made for this very city goes: the cluster that bears its id, and ``office/`` in its folder.

    Raises
    ------
    PermissionDeniedError
        The city is not synthetic, or its database is a server of the city's own.
    ConflictError
        Somebody uses it.
    """
    folder = Path(city_folder).resolve()
    config = read_config(folder)
    if not config.synthetic:
        raise PermissionDeniedError("office.not_synthetic", folder=folder)
    if given_address(environ) is not None:
        raise PermissionDeniedError("office.own_server", folder=folder)
    EmbeddedServer(state_folder(environ), config.city_id).remove()
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def in_use(city_folder: str | Path, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a process uses the embedded database of a city."""
    config = read_config(Path(city_folder))
    return given_address(environ) is None and EmbeddedServer(state_folder(environ), config.city_id).in_use()


def head_of_chain(city_folder: str | Path, *, environ: Mapping[str, str] = os.environ) -> int:
    """Number of the last entry of the chain."""
    with open_office(city_folder, environ=environ) as office, office.database.app_engine.connect() as connection:
        return int(connection.execute(select(AuditHead.seq)).scalar_one())


def worked_in(city_folder: str | Path, since: int, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether people did more in an office than look at it, after an entry of its chain."""
    if not has_office(city_folder):
        return False
    with open_office(city_folder, environ=environ) as office, office.database.app_engine.connect() as connection:
        done = select(func.count()).where(
            AuditEntry.seq > since,
            AuditEntry.actor_id.is_not(None),
            AuditEntry.action.not_like("sign-%"),
            AuditEntry.action.not_like("%.export"),
            AuditEntry.action != "personal.read",
        )
        return bool(connection.execute(done).scalar())
