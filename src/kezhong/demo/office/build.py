"""Make the office of the demonstration city, with its programme under way up to today."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from secrets import token_bytes
from typing import Any

from sqlalchemy import event, func, select, text

from kezhong import clock
from kezhong.demo.office.cast import Cast
from kezhong.demo.office.people import ROLE_OF, accounts, name_for, title_for
from kezhong.demo.office.units import Place, planned_units
from kezhong.errors import ConflictError
from kezhong.office.identity.passwords import check_rules, hash_password
from kezhong.office.models import (
    Area,
    Base,
    Credential,
    Organisation,
    OrganisationVersion,
    Person,
    Post,
    RoleGrant,
)
from kezhong.office.office import Office, make_office
from kezhong.office.session import OfficeSession
from kezhong.progress import Progress, silent, span

#: Before this month the second stage has hardly begun: the demonstration is then in the third.
_FIRST_MONTH = 4
#: With this variable the demonstration's accounts have a password; without, one enters from this machine only.
PASSWORD_VARIABLE = "KEZHONG_DEMO_PASSWORD"  # noqa: S105 - the name of a variable


def build_office(
    city_folder: str | Path, progress: Progress = silent, *, environ: Mapping[str, str] = os.environ
) -> None:
    """Set up the office of a demonstration city that is imported and assessed, and play its programme up to today.

    Raises
    ------
    ConflictError
        The city has an office already, or the database of the environment holds another one.
    InputError
        ``KEZHONG_DEMO_PASSWORD`` is a password that is guessed first.
    """
    from kezhong.demo.office.course import play

    password = environ.get(PASSWORD_VARIABLE, "")
    if password:
        check_rules(password, None)
    today = clock.today()
    year = today.year if today.month >= _FIRST_MONTH else today.year - 1
    progress(0.0, "demo.office")
    with make_office(city_folder, environ=environ) as office:
        _require_empty(office)
        # Until the city appears under its name nobody relies on it: a crash leaves nothing behind, so that no commit
        # has to wait for the disk. The connections are the build's own and end with it.
        event.listen(office.database.app_engine, "connect", _do_not_wait)
        office.database.app_engine.dispose()
        cast = Cast(office, year, clock.now())
        with (
            clock.frozen(cast.moment(1, 10)),
            office.acting(office.system("demo")) as session,
            session.because("demo.setup"),
        ):
            make_units(session, cast)
            make_people(session, cast, hash_password(password) if password else None)
        with _little_garbage():
            play(cast, span(progress, 0.1, 1.0))


@contextmanager
def _little_garbage() -> Iterator[None]:
    """Look for garbage seldom: most of what there is lives until the end, and looking takes a tenth of the time."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _do_not_wait(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    connection.commit()


def _require_empty(office: Office) -> None:
    with office.acting(office.system("demo")) as session:
        if session.scalar(select(func.count()).select_from(Organisation)):
            raise ConflictError("demo.database_in_use", folder=office.city_folder)


def _numbers(session: OfficeSession, table: type[Base], count: int) -> list[int]:
    """Numbers for new rows, taken before they are made, so that all of them go out at once."""
    taken = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    found = session.connection().execute(taken, {"table": table.__tablename__, "count": count})
    return [int(one) for one in found.scalars()]


def make_units(session: OfficeSession, cast: Cast) -> None:
    """Make the units of the demonstration city, from its areas; their ids go into the cast."""
    areas = {area.code: area for area in session.scalars(select(Area))}
    places = [
        Place(area.code, area.name, area.level, area.parent_code)
        for area in sorted(areas.values(), key=lambda area: (area.path.count("/"), area.code))
        if area.level != "life_circle"
    ]
    city = next(place.name for place in places if place.level == "city")
    since = date(cast.year - 3, 1, 1)
    planned = planned_units(places, city)
    paths: dict[str, str] = {}
    for key, plan in zip(_numbers(session, Organisation, len(planned)), planned, strict=True):
        area = areas[plan.area_code]
        cast.units[plan.code] = key
        paths[plan.code] = f"{paths.get(plan.parent or '', '')}{key}/"
        unit = Organisation(
            id=key, code=plan.code, name=plan.name, short_name=plan.short_name, kind=plan.kind,
            level=area.level, department=plan.department, parent_id=cast.units.get(plan.parent or ""),
            path=paths[plan.code], area_code=area.code, area_path=area.path, valid_from=since,
        )  # fmt: skip
        session.add(unit)
    session.flush()
    session.add_all(
        OrganisationVersion(
            organisation_id=cast.units[plan.code], name=plan.name, short_name=plan.short_name,
            department=plan.department, parent_id=cast.units.get(plan.parent or ""), valid_from=since,
            change="created",
        )
        for plan in planned
    )  # fmt: skip
    session.flush()


def make_people(session: OfficeSession, cast: Cast, secret: str | None) -> None:
    """Make the people of all units with their posts and roles; ``secret`` is the hash of the accounts' password."""
    units = {unit.code: unit for unit in session.scalars(select(Organisation))}
    community = min(code for code, unit in units.items() if unit.kind == "community_committee")
    wanted = [
        (units[one.unit], one.role, one.title, one.username)
        for one in accounts(community[:6], community[:9], community)
    ]
    wanted += [
        (unit, ROLE_OF[unit.kind], title_for(unit.kind), "") for unit in units.values() if unit.kind in ROLE_OF
    ]  # fmt: skip
    keys = _numbers(session, Person, len(wanted))
    later: list[Base] = []
    for key, (unit, role, title, username) in zip(keys, wanted, strict=True):
        cast.people[username or unit.code] = key
        place = {
            "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path,
            "department": unit.department,
        }  # fmt: skip
        session.add(
            Person(
                id=key, username=username or f"u{unit.id}", name=name_for(username or unit.code),
                phone=f"1{unit.id:010d}"[:11], demo=bool(username), digest_key=token_bytes(32), **place,
            )
        )  # fmt: skip
        contact = not username or role in ROLE_OF.values()  # who only looks on is not told first
        later += [
            Post(person_id=key, organisation_id=unit.id, title=title, is_contact=contact, valid_from=unit.valid_from),
            RoleGrant(person_id=key, role=role, valid_from=clock.now(), **place),
        ]
        if secret and username:
            later.append(Credential(person_id=key, password_hash=secret, changed_at=clock.now()))
    session.flush()  # people before what refers to them
    session.add_all(later)
    session.flush()
