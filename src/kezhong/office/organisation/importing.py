"""Units and people from tables, and back into tables; all of a table or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import or_, select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.errors import KezhongError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.identity.granting import grant_role, in_force
from kezhong.office.identity.people import PersonData, create_person, person_values
from kezhong.office.models import Organisation, Person, Post, RoleGrant
from kezhong.office.organisation.changes import KINDS, UnitData, create_unit
from kezhong.office.organisation.tables import (
    PEOPLE_COLUMNS,
    UNIT_COLUMNS,
    Problems,
    Row,
    content_of,
    read_table,
    require_filled,
    write_workbook,
)
from kezhong.office.organisation.versions import Order
from kezhong.office.session import OfficeSession

#: Words of the kinds of units, as they stand in tables.
KIND_WORDS = {
    "leading_group": "领导小组", "office": "办公室", "government": "政府", "department": "部门",
    "street_office": "街道办事处", "community_committee": "社区居委会",
    "grid_team": "网格团队", "company": "企业", "association": "社会组织",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    created: int
    unchanged: int


def import_units(session: OfficeSession, file: str | Path | bytes, name: str | None = None) -> Imported:
    """Units from a table; those that are there with the same values are left as they are.

    Raises
    ------
    InputError
        Everything that is wrong, by row and column; nothing was written.
    """
    content, name = content_of(file, name)
    rows = read_table(content, name, UNIT_COLUMNS)
    problems = Problems(name, UNIT_COLUMNS)
    require_filled(rows, UNIT_COLUMNS, problems)
    problems.refuse()
    have = {unit.code: unit for unit in session.scalars(select(Organisation))}
    created = unchanged = 0
    seen: set[str] = set()
    order = Order(clock.today(), None, name)
    for row in rows:
        data = _unit(row, have, problems)
        code = row.values["code"]
        if code in seen:
            problems.add(row.number, "code", code, "重复 / occurs twice")
        elif data is not None and code in have:
            unchanged += 1
            _compare(row, have[code], data, problems)
        elif data is not None:
            try:
                have[code] = create_unit(session, data, order)
                created += 1
            except KezhongError as problem:
                problems.add(row.number, _column_of(problem), row.values["code"], problem)
        seen.add(code)
    problems.refuse()
    return Imported(created, unchanged)


def import_people(session: OfficeSession, file: str | Path | bytes, name: str | None = None) -> Imported:
    """People with their posts and roles from a table; one whose user name is there already is left as they are.

    Raises
    ------
    InputError
        Everything that is wrong, by row and column; nothing was written.
    """
    content, name = content_of(file, name)
    rows = read_table(content, name, PEOPLE_COLUMNS)
    problems = Problems(name, PEOPLE_COLUMNS)
    require_filled(rows, PEOPLE_COLUMNS, problems)
    problems.refuse()
    units = {
        unit.code: unit.id for unit in session.scalars(select(Organisation).where(Organisation.valid_to.is_(None)))
    }
    everybody = select(Person.username).where(Person.username.is_not(None)).execution_options(through_parent=True)
    known = set(session.scalars(everybody))
    created = unchanged = 0
    for row in rows:
        values = row.values
        org_id = units.get(values["unit_code"])
        if org_id is None:
            problems.add(row.number, "unit_code", values["unit_code"], "没有这个单位编码 / no unit has this code")
            continue
        wanted = _roles(row, problems)
        username = values.get("username", "").strip().casefold()
        if username and username in known:
            unchanged += 1
            continue
        try:
            person = create_person(
                session,
                PersonData(values["name"], username or None, values.get("phone") or None, values.get("email") or None),
                org_id,
                values["title"],
                is_contact=_yes(row, problems),
            )
            session.flush()
            for role_id in wanted:
                grant_role(session, person.id, role_id, org_id)
            created += 1
            known.add(username)
        except KezhongError as problem:
            problems.add(row.number, _column_of(problem), values["name"], problem)
    problems.refuse()
    return Imported(created, unchanged)


def export_units(session: OfficeSession) -> bytes:
    """All units in force as a workbook that can be read back."""
    units = list(
        session.scalars(select(Organisation).where(Organisation.valid_to.is_(None)).order_by(Organisation.path))
    )
    codes = {unit.id: unit.code for unit in units}
    units.sort(key=lambda unit: (unit.path.count("/"), unit.id))
    rows = [
        (
            unit.code, unit.name, unit.short_name, KIND_WORDS.get(unit.kind, unit.kind), unit.area_code,
            codes.get(unit.parent_id or 0, ""), unit.department or "",
        )
        for unit in units
    ]  # fmt: skip
    return write_workbook(UNIT_COLUMNS, rows, "单位")


def export_people(session: OfficeSession, *, clear: bool) -> bytes:
    """People in scope as a workbook; contact data masked unless ``clear``, which is noted in the audit."""
    if clear:
        session.actor.require(Permission.REVEAL_PEOPLE)
    today = clock.today()
    people = session.rows(
        select(Person).where(Person.status == "active").order_by(Person.org_path, Person.id),
        Permission.REVEAL_PEOPLE if clear else None,
    )
    ids = [person.id for person in people]
    units = {unit.id: unit.code for unit in session.scalars(select(Organisation))}
    posts = {
        post.person_id: post
        for post in session.scalars(
            select(Post)
            .where(Post.person_id.in_(ids), or_(Post.valid_to.is_(None), Post.valid_to >= today))
            .order_by(Post.is_main, Post.id)
        )
    }
    held: dict[int, list[str]] = {}
    grants = select(RoleGrant).where(RoleGrant.person_id.in_(ids), RoleGrant.delegation_id.is_(None), in_force())
    for grant in session.scalars(grants.order_by(RoleGrant.id)):
        held.setdefault(grant.person_id, []).append(roles()[grant.role].zh if grant.role in roles() else grant.role)
    rows = []
    for person in people:
        post = posts.get(person.id)
        contact = person_values(person, clear=clear)
        rows.append(
            (
                person.name, units.get(person.org_id, ""), post.title if post else "", person.username or "",
                contact["phone"] or "", contact["email"] or "", "是" if post and post.is_contact else "否",
                "、".join(held.get(person.id, [])),
            )
        )  # fmt: skip
    session.audit.note("personal.export" if clear else "people.export", "person", "*", rows=len(rows))
    return write_workbook(PEOPLE_COLUMNS, rows, "人员")


def _unit(row: Row, have: dict[str, Organisation], problems: Problems) -> UnitData | None:
    values = row.values
    kinds = {word: kind for kind, word in KIND_WORDS.items()} | {kind: kind for kind in KINDS}
    kind = kinds.get(values["kind"])
    if kind is None:
        problems.add(
            row.number, "kind", values["kind"], "不认识的类别 / unknown kind: " + "、".join(KIND_WORDS.values())
        )
    parent = values.get("parent_code", "")
    if parent and parent not in have:
        problems.add(
            row.number,
            "parent_code",
            parent,
            "没有这个上级编码（上级须写在前面） / no such unit above, earlier in the table",
        )
    lines = load_catalogue().departments
    line = values.get("department", "")
    department = line if line in lines else next((each.id for each in lines.values() if each.zh == line), None)
    if line and department is None:
        problems.add(row.number, "department", line, "目录中没有这个条线 / no such line in the catalogue")
    if kind is None or (parent and parent not in have) or (line and department is None):
        return None
    return UnitData(
        code=values["code"],
        name=values["name"],
        short_name=values.get("short_name", ""),
        kind=kind,
        area_code=values["area_code"],
        parent_id=have[parent].id if parent else None,
        department=department,
    )


def _compare(row: Row, unit: Organisation, data: UnitData, problems: Problems) -> None:
    """A unit that is there is not changed by a table: renaming and moving have a day and a paper."""
    said = {
        "name": (unit.name, data.name),
        "kind": (unit.kind, data.kind),
        "area_code": (unit.area_code, data.area_code),
        "parent_code": (unit.parent_id, data.parent_id),
        "department": (unit.department, data.department),
    }
    for column, (have, new) in said.items():
        if have != new:
            message = "单位已存在且取值不同，请用更名、划转等变更 / exists with another value: use a change of the unit"
            problems.add(row.number, column, row.values.get(column, ""), message)


def _roles(row: Row, problems: Problems) -> list[str]:
    words = {each.zh: each.id for each in roles().values()} | {each.id: each.id for each in roles().values()}
    found = []
    for text in row.values.get("roles", "").replace(",", "、").replace("，", "、").split("、"):
        if not text.strip():
            continue
        role_id = words.get(text.strip())
        if role_id is None:
            problems.add(
                row.number,
                "roles",
                text,
                "没有这个角色 / no such role: " + "、".join(each.zh for each in roles().values()),
            )
        else:
            found.append(role_id)
    return found


def _yes(row: Row, problems: Problems) -> bool:
    text = row.values.get("is_contact", "").strip().lower()
    if text not in ("", "是", "否", "yes", "no", "1", "0"):
        problems.add(row.number, "is_contact", text, "请填“是”或“否” / write 是 or 否")
    return text in ("是", "yes", "1")


_COLUMNS = {
    "people.bad_username": "username", "people.username_taken": "username", "people.bad_phone": "phone",
    "people.bad_email": "email", "people.bad_name": "name", "people.bad_title": "title", "people.role_level": "roles",
    "people.has_role": "roles", "organisation.no_area": "area_code", "organisation.area_outside_parent": "area_code",
    "organisation.bad_name": "name", "organisation.bad_department": "department", "organisation.ended": "parent_code",
}  # fmt: skip


def _column_of(problem: KezhongError) -> str:
    """The column to which an error of a service belongs."""
    default = "code" if problem.code.startswith("organisation.") else "name"
    return _COLUMNS.get(problem.code, default)


__all__ = ["Imported", "export_people", "export_units", "import_people", "import_units"]
