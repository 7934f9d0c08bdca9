"""The first steps of an office: its unit and its first administrator."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, DataMissingError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.accounts import set_password
from kezhong.office.identity.granting import grant_role
from kezhong.office.identity.passwords import check_rules
from kezhong.office.identity.people import PersonData, create_person
from kezhong.office.models import Area, Organisation, OrganisationVersion, Person
from kezhong.office.office import Office

#: Code of the leading-group office's unit.
UNIT = "office"
#: Roles of the first administrator: without the second there would be nobody to begin the programme.
ROLES = ("administrator", "office")


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made."""

    unit: str
    username: str
    person_id: int


def check_first_password(password: str, username: str) -> None:
    """Refuse a weak password before anything is set up.

    Raises
    ------
    InputError
        Which rule it breaks.
    """
    check_rules(password, username)


def found(office: Office, username: str, password: str, *, name: str = "系统管理员", unit: str = "") -> Founded:
    """Make the unit of the leading-group office, and the first administrator in it.

    Raises
    ------
    ConflictError
        There are people already.
    DataMissingError
        The city has no area of its own.
    InputError
        User name or password is not as required.
    """
    with office.acting(office.system("init")) as session:
        if session.scalars(select(Person.id)).first() is not None:
            raise ConflictError("office.exists", folder=office.city_folder)
        root = session.scalars(select(Area).where(Area.level == "city")).first()
        if root is None:
            raise DataMissingError("office.no_areas", folder=office.city_folder)
        row = session.scalars(select(Organisation).where(Organisation.code == UNIT)).first()
        with session.because("office-founded"):
            if row is None:
                row = _unit(root, unit or f"{root.name}一刻钟便民生活圈建设领导小组办公室")
                session.create(row, Permission.WRITE_ORGANISATION)
                session.flush()
                row.path = f"{row.id}/"
                session.add(_version(row))
                session.flush()
            person = create_person(session, PersonData(name, username), row.id, "系统管理员", is_contact=True)
            session.flush()
            set_password(session, person.id, password, must_change=False)
            for role in ROLES:
                grant_role(session, person.id, role, row.id)
        return Founded(row.name, username, person.id)


def _unit(root: Area, name: str) -> Organisation:
    return Organisation(
        code=UNIT, name=name, short_name="领导小组办公室", kind="office", level="city", department=None, parent_id=None,
        path="", area_code=root.code, area_path=root.path, valid_from=clock.today(),
    )  # fmt: skip


def _version(row: Organisation) -> OrganisationVersion:
    return OrganisationVersion(
        organisation_id=row.id, name=row.name, short_name=row.short_name, department=None, parent_id=None,
        valid_from=row.valid_from, change="created",
    )  # fmt: skip
