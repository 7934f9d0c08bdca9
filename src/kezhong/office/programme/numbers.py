"""Numbers of new rows, and the stage that runs."""

from __future__ import annotations

from sqlalchemy import select, text

from kezhong import clock
from kezhong.office.models import Base, Stage
from kezhong.office.session import OfficeSession


def next_id(session: OfficeSession, table: type[Base]) -> int:
    """The next number of a table, taken before the row is made, so that its code can bear it."""
    statement = text("select nextval(pg_get_serial_sequence(:table, 'id'))")
    return int(session.connection().execute(statement, {"table": table.__tablename__}).scalar_one())


def stage_now(session: OfficeSession, programme_id: int) -> int | None:
    """The stage that runs today; the later one where two do."""
    today = clock.today()
    found: int | None = session.execute(
        select(Stage.id)
        .where(Stage.programme_id == programme_id, Stage.starts_on <= today, Stage.ends_on >= today)
        .order_by(Stage.number.desc())
        .limit(1)
    ).scalar()
    return found
