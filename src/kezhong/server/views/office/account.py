"""What a person sees of themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from kezhong import clock
from kezhong.office.access.actor import Actor
from kezhong.office.access.roles import roles
from kezhong.office.identity.accounts import tokens_of, username_of_person
from kezhong.office.identity.sessions import sessions_of
from kezhong.office.models import Area, Credential, Delegation, Organisation, Person, Post, RoleGrant, table_of
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession

_PERSON, _POST, _ORG, _AREA = table_of(Person), table_of(Post), table_of(Organisation), table_of(Area)
_LEVELS = ("city", "district", "street", "community")


def person_of(office: Office, actor: Actor) -> dict[str, Any] | None:
    """The signed-in person with posts and the grants of this moment, names filled in."""
    if actor.person_id is None:
        return None
    today = clock.today(office.config.timezone)
    lent = [grant.delegated for grant in actor.grants if grant.delegated is not None]
    lender = _PERSON.alias("lender")
    with office.database.app_engine.connect() as connection:
        demo = connection.execute(select(_PERSON.c.demo).where(_PERSON.c.id == actor.person_id)).scalar()
        posts = connection.execute(
            select(_POST.c.title, _POST.c.organisation_id, _ORG.c.name, _POST.c.is_main)
            .join(_ORG, _ORG.c.id == _POST.c.organisation_id)
            .where(_POST.c.person_id == actor.person_id, _POST.c.valid_from <= today)
            .where(or_(_POST.c.valid_to.is_(None), _POST.c.valid_to >= today))
            .order_by(_POST.c.is_main.desc(), _POST.c.id)
        ).all()
        units = connection.execute(
            select(_ORG.c.id, _ORG.c.name, _ORG.c.level).where(_ORG.c.id.in_([grant.org_id for grant in actor.grants]))
        )
        unit = {row.id: row for row in units}
        paths = {grant.area_path for grant in actor.grants}
        area = {
            row.path: row
            for row in connection.execute(
                select(_AREA.c.path, _AREA.c.code, _AREA.c.name).where(_AREA.c.path.in_(paths))
            )
        }
        table = table_of(Delegation)
        delegation = {
            row.id: row
            for row in connection.execute(
                select(table.c.id, table.c.ends_at, lender.c.name)
                .join(lender, lender.c.id == table.c.from_person_id)
                .where(table.c.id.in_(lent))
            )
        }
    return {
        "id": actor.person_id,
        "name": actor.name,
        "demo": bool(demo),
        "posts": [
            {
                "title": row.title,
                "organisation_id": row.organisation_id,
                "organisation": row.name,
                "is_main": row.is_main,
            }
            for row in posts
        ],
        "grants": [
            {
                "role": grant.role,
                "zh": roles()[grant.role].zh,
                "en": roles()[grant.role].en,
                "organisation_id": grant.org_id,
                "organisation": unit[grant.org_id].name,
                "level": unit[grant.org_id].level,
                "area_code": area[grant.area_path].code if grant.area_path in area else "",
                "area": area[grant.area_path].name if grant.area_path in area else "",
                "delegated": grant.delegated is not None,
                "until": delegation[grant.delegated].ends_at if grant.delegated in delegation else None,
                "lent_by": delegation[grant.delegated].name if grant.delegated in delegation else None,
            }
            for grant in actor.grants
        ],
    }


def account(session: OfficeSession) -> dict[str, Any]:
    """One's own account."""
    actor = session.actor
    credential = session.get(Credential, actor.person_id)
    return {
        "username": username_of_person(session, actor.person_id),
        "has_password": credential is not None and credential.password_hash is not None,
        "changed_at": credential.changed_at if credential is not None else None,
        "totp": credential is not None and credential.totp_confirmed_at is not None,
        "recovery_left": len(credential.recovery_hashes) if credential is not None else 0,
        "sessions": [
            {
                "id": row.id,
                "here": row.id == actor.session_id,
                "method": row.method,
                "user_agent": row.user_agent,
                "created_at": row.created_at,
                "seen_at": row.seen_at,
                "expires_at": row.expires_at,
            }
            for row in sessions_of(session)
        ],
        "tokens": [
            {
                "id": row.id,
                "name": row.name,
                "hint": row.hint,
                "permissions": row.permissions,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "used_at": row.used_at,
                "revoked_at": row.revoked_at,
            }
            for row in tokens_of(session)
        ],
    }


def must_change(office: Office, actor: Actor) -> bool:
    """Whether the person has to choose another password before anything else."""
    if actor.person_id is None or actor.limit is None or actor.session_id is None:
        return False
    table = table_of(Credential)
    with office.database.app_engine.connect() as connection:
        return bool(
            connection.execute(select(table.c.must_change).where(table.c.person_id == actor.person_id)).scalar()
        )


def demo_accounts(office: Office) -> list[dict[str, Any]]:
    """The demonstration's accounts, by level, with their roles and units."""
    now = clock.now()
    grant = table_of(RoleGrant)
    statement = (
        select(_PERSON.c.id, _PERSON.c.name, _ORG.c.name.label("organisation"), _ORG.c.level, grant.c.role)
        .join(grant, grant.c.person_id == _PERSON.c.id)
        .join(_ORG, _ORG.c.id == grant.c.org_id)
        .where(_PERSON.c.demo.is_(True), _PERSON.c.status == "active", grant.c.revoked_at.is_(None))
        .where(grant.c.valid_from <= now, or_(grant.c.valid_to.is_(None), grant.c.valid_to > now))
        .where(grant.c.delegation_id.is_(None))
        .order_by(_PERSON.c.id, grant.c.id)
    )
    found: dict[int, dict[str, Any]] = {}
    with office.database.app_engine.connect() as connection:
        for row in connection.execute(statement):
            role = roles().get(row.role)
            entry = found.setdefault(
                row.id,
                {"id": row.id, "name": row.name, "organisation": row.organisation, "level": row.level, "roles": []},
            )
            if role is not None:
                entry["roles"].append({"id": role.id, "zh": role.zh, "en": role.en})
    order = list(roles())
    return sorted(
        found.values(),
        key=lambda entry: (
            _LEVELS.index(entry["level"]),
            min((order.index(role["id"]) for role in entry["roles"]), default=99),
            entry["id"],
        ),
    )
