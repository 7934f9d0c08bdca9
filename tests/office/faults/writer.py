"""A process that writes tasks until it is killed, and notes what was acknowledged.

Run as a program it prepares everything and then, for each line ``<seed>`` on its input, forks a child that opens the
database and writes. The child appends a line to the acknowledgement file only after the unit of work has returned:
``kill -9`` at any moment must leave every such line true.
"""

from __future__ import annotations

import os
import random
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from sqlalchemy.engine import make_url

from kezhong.city.config import read_config
from kezhong.office.access.permissions import Permission
from kezhong.office.audit.anchors import anchor
from kezhong.office.database import Database, DatabaseAddress
from kezhong.office.models import Organisation, Task, TaskUnit
from kezhong.office.office import Office
from kezhong.office.secrets import derive


def write_for_ever(city: Path, url: str, acknowledged: Path, seed: int) -> None:
    """Create and edit tasks, each with a child row, now and then an anchor; never returns."""
    database = Database(DatabaseAddress(make_url(url), None))
    office = Office(city, read_config(city), database, derive(b"for tests only" * 4), ExitStack())
    chance = random.Random(seed)
    handle = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with office.acting(office.system("writer")) as session:
        unit = session.query(Organisation).filter_by(code="east").one()
        programme = session.query(Task.programme_id).limit(1).scalar() or 1
        place = {"area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path}
    own: list[int] = []
    number = 0
    while True:
        number += 1
        with office.acting(office.system("writer")) as session:
            if own and chance.random() < 0.5:
                task = session.one(Task, chance.choice(own), Permission.WRITE_TASK, lock=True)
                task.progress = chance.randrange(101)
                task.progress_note = f"{seed}-{number}"
            else:
                task = Task(
                    programme_id=programme, code=f"{seed}-{number}", title="写入中断试验", level="district",
                    starts_on=date(2022, 3, 1), progress_note=f"{seed}-{number}", **place,
                )  # fmt: skip
                session.add(task)
                session.flush()
                session.add(TaskUnit(task_id=task.id, organisation_id=unit.id, duty="joint"))
        os.write(handle, f"{task.id} {task.version} {task.progress_note} {task.progress}\n".encode())
        own.append(task.id)
        if number % 7 == 0:
            anchor(office, force=True)


def main() -> None:
    """Fork a writer for each line of the input and tell its process id."""
    city, url, acknowledged = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            write_for_ever(city, url, acknowledged, int(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
