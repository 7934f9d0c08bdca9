"""The office of one city, opened: its database, its secrets, and units of work."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from kezhong import clock
from kezhong.city.config import CityConfig, read_config
from kezhong.city.files import write_json
from kezhong.city.workspace import City
from kezhong.errors import ConflictError, NotFoundError
from kezhong.office import migrations, secrets
from kezhong.office.access.actor import Actor, system
from kezhong.office.database import Database, open_database, state_folder
from kezhong.office.database.address import given_address
from kezhong.office.models import Area
from kezhong.office.session import ChangedMeanwhileError, OfficeSession
from kezhong.office.sync import sync_areas

#: Below the city folder: what of the office lies outside its database.
FOLDER = "office"
_MARK = "office.json"


def has_office(city_folder: str | Path) -> bool:
    """Whether an office was set up for the city."""
    return (Path(city_folder) / FOLDER / _MARK).is_file()


class Office:
    """The office of a city; close it, or use it as a context manager.

    Parameters
    ----------
    city_folder
        Folder of the city; files and anchors of the audit lie in its ``office/``.
    config
        The city's settings.
    database
        Migrated; closed with the office.
    keys
        Derived secrets.
    """

    def __init__(
        self,
        city_folder: Path,
        config: CityConfig,
        database: Database,
        keys: secrets.Secrets,
        open_: ExitStack | None = None,
    ) -> None:
        self._open = open_ or ExitStack()
        self._closed = False
        self.city_folder = city_folder
        self.config = config
        self.database = database
        self.secrets = keys
        self._root_path = ""

    @property
    def folder(self) -> Path:
        """``office/`` in the city folder."""
        return self.city_folder / FOLDER

    @property
    def files_folder(self) -> Path:
        """Files by content hash."""
        return self.folder / "files"

    @property
    def anchors_file(self) -> Path:
        """Signed heads of the chain, one JSON object a line."""
        return self.folder / "anchors.jsonl"

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[OfficeSession]:
        """A unit of work of ``actor``: committed at the end, rolled back by an exception.

        Raises
        ------
        ChangedMeanwhileError
            Somebody else wrote one of the rows between reading and writing it.
        """
        session = OfficeSession(self.database.app_engine, actor, self.secrets, self.root_path)
        try:
            yield session
            session.commit()
        except StaleDataError as problem:
            session.rollback()
            raise ChangedMeanwhileError(
                "office.changed_meanwhile", kind="", value="", yours="", current=""
            ) from problem
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    def system(self, name: str) -> Actor:
        """The system as an actor, named for the audit."""
        return system(name)

    @property
    def root_path(self) -> str:
        """Path of the city itself; empty before the first sync."""
        if not self._root_path:
            with self.database.app_engine.connect() as connection:
                found = connection.execute(select(Area.path).where(Area.level == "city")).scalar()
            self._root_path = found or ""
        return self._root_path

    def forget_root(self) -> None:
        """Look for the city's area anew: an import has replaced the areas."""
        self._root_path = ""

    def unmark(self) -> None:
        """Take back what :func:`make_office` noted: filling the new office failed."""
        (self.folder / _MARK).unlink(missing_ok=True)

    def sync(self) -> None:
        """Copy the city's areas of the newest snapshot."""
        with self.acting(self.system("sync")) as session:
            sync_areas(session, City.open(self.city_folder))

    def close(self) -> None:
        """Write the head of the chain outside and let go; an embedded server stops with its last user."""
        if self._closed:  # the application and whoever opened the office for it may both close it
            return
        self._closed = True
        from kezhong.office.audit.anchors import anchor_quietly

        anchor_quietly(self)
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_office(city_folder: str | Path, *, environ: Mapping[str, str] = os.environ) -> Office:
    """Open the office of a city, with its schema at the newest revision.

    Raises
    ------
    NotFoundError
        No office was set up.
    ConflictError
        Its database is of a newer program.
    """
    folder = Path(city_folder).resolve()
    if not has_office(folder):
        raise NotFoundError("office.not_enabled", folder=city_folder)
    return _open(folder, environ)


def make_office(city_folder: str | Path, *, environ: Mapping[str, str] = os.environ) -> Office:
    """Set up the office of a city: schema, areas. No people yet.

    Raises
    ------
    ConflictError
        There is one already.
    DataMissingError
        The city has no areas.
    """
    folder = Path(city_folder).resolve()
    if has_office(folder):
        raise ConflictError("office.exists", folder=city_folder)
    office = _open(folder, environ)
    try:
        office.sync()
        office.folder.mkdir(exist_ok=True)
        write_json(office.folder / _MARK, {"format": 1, "made": clock.stamp()})
    except BaseException:
        office.close()
        raise
    return office


def _open(folder: Path, environ: Mapping[str, str]) -> Office:
    config = read_config(folder)
    with ExitStack() as stack:
        database = stack.enter_context(open_database(config.city_id, environ=environ))
        _migrate(database)
        state = None if given_address(environ) else state_folder(environ) / config.city_id
        return Office(folder, config, database, secrets.load(state, environ), stack.pop_all())


def _migrate(database: Database) -> None:
    """With the owner's address bring the schema up; without it, only refuse another revision than this program's."""
    if database.address.owner_url is not None:
        migrations.upgrade(database.owner_engine, database.app_role)
    elif (have := migrations.present(database.app_engine)) != migrations.newest():
        raise ConflictError("office.other_revision", value=have or "–", known=migrations.newest())
    database.check_tables()


def mark(city_folder: Path) -> dict[str, object]:
    """What was noted when the office was set up."""
    return dict(json.loads((city_folder / FOLDER / _MARK).read_text("utf-8")))
