"""An office on a cluster of its own, which a test may kill, fill up or restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import small_city
from kezhong import clock
from kezhong.city.files import write_json
from kezhong.office import migrations
from kezhong.office.database import EmbeddedServer, running
from kezhong.office.office import Office
from kezhong.office.secrets import derive
from office_world import World, make_world


@contextmanager
def own_office(state: Path, folder: Path) -> Iterator[tuple[EmbeddedServer, World]]:
    """A filled office on an embedded server that waits for the disk as in production."""
    server = EmbeddedServer(state, "faults")
    with running(server) as database:
        migrations.upgrade(database.owner_engine, database.app_role)
        city = small_city.make(folder).city
        office = Office(city.folder, city.config, database, derive(b"for tests only" * 4), ExitStack())
        office.folder.mkdir(exist_ok=True)
        write_json(office.folder / "office.json", {"format": 1, "made": clock.stamp()})
        office.sync()
        yield server, make_world(office)
