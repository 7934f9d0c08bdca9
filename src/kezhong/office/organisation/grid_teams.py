"""Grid teams: from templates as data, with members from a day to a day; no positions and no tracks of anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import yaml
from sqlalchemy import or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.places import last_day, unit_in_force
from kezhong.office.models import Area, GridTeam, GridTeamMember, Organisation, Person
from kezhong.office.organisation.checks import require_unit
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_ORGANISATION
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")


@dataclass(frozen=True, slots=True)
class TeamPost:
    """A post of a form of team, and how many people hold it."""

    id: str
    zh: str
    en: str
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class TeamTemplate:
    """A form of team; ``assumed`` where its posts are not from the plan."""

    id: str
    zh: str
    en: str
    source: str
    assumed: bool
    posts: tuple[TeamPost, ...]


@cache
def team_templates() -> Mapping[str, TeamTemplate]:
    """The forms as shipped, by id."""
    text = resources.files("kezhong.office").joinpath("data/grid_teams.yaml").read_text("utf-8")
    return {
        row["id"]: TeamTemplate(
            row["id"],
            row["zh"],
            row["en"],
            row["source"],
            bool(row["assumed"]),
            tuple(TeamPost(post["id"], post["zh"], post["en"], post["min"], post["max"]) for post in row["posts"]),
        )
        for row in yaml.safe_load(text)["templates"]
    }


def create_team(
    session: OfficeSession, code: str, name: str, template: str, org_id: int, area_code: str, grid_code: str | None
) -> GridTeam:
    """A grid team of a unit, in its area or below.

    Raises
    ------
    InputError
        Unknown form, an area that is not the unit's, no name.
    ConflictError
        The code is taken.
    """
    if template not in team_templates():
        raise InputError("organisation.no_template", value=template, expected=", ".join(team_templates()))
    unit = unit_in_force(session, org_id)
    require_unit(session, unit)
    area = session.get(Area, area_code)
    if area is None or not area.path.startswith(unit.area_path):
        raise InputError("organisation.area_outside_parent", value=area_code, parent=unit.name)
    if not name.strip() or not _CODE.match(code):
        raise InputError("organisation.bad_code", value=code)
    if session.scalar(select(GridTeam.id).where(GridTeam.code == code)) is not None:
        raise ConflictError("organisation.code_taken", value=code)
    team = GridTeam(
        code=code,
        name=name.strip(),
        template=template,
        area_code=area.code,
        area_path=area.path,
        grid_code=grid_code or None,
        organisation_id=unit.id,
    )
    with session.because("grid_team.created"):
        session.create(team, _WRITE)
    return team


def add_member(
    session: OfficeSession, team_id: int, person_id: int, post: str, valid_from: date | None = None
) -> GridTeamMember:
    """Put a person on a post of a team.

    Raises
    ------
    InputError
        The form has no such post.
    ConflictError
        The post is full, or the person has it already.
    """
    team = _team(session, team_id)
    person = session.one(Person, person_id)
    if person.status != "active":
        raise ConflictError("people.not_active", value=person.name or "–")
    form = team_templates()[team.template]
    known = {each.id: each for each in form.posts}
    if known and post not in known:
        raise InputError("organisation.no_team_post", value=post, expected=", ".join(known))
    if not post.strip() or len(post) > 40:
        raise InputError("organisation.no_team_post", value=post[:40], expected="1–40")
    holders = [member for member in members_of(session, [team_id]) if member.post == post]
    most = known[post].most if known else None
    if any(member.person_id == person_id for member in holders):
        raise ConflictError("organisation.member_already", value=person.name)
    if most is not None and len(holders) >= most:
        raise ConflictError("organisation.post_full", value=known[post].zh, expected=most)
    former = session.scalar(
        select(GridTeamMember).where(
            GridTeamMember.team_id == team_id, GridTeamMember.person_id == person_id, GridTeamMember.post == post
        )
    )
    with session.because("grid_team.joined"):
        if former is not None:
            former.valid_from, former.valid_to = valid_from or clock.today(), None
            return former
        member = GridTeamMember(team_id=team_id, person_id=person_id, post=post, valid_from=valid_from or clock.today())
        session.add(member)
    return member


def end_member(session: OfficeSession, team_id: int, member_id: int) -> None:
    """Take a person off a post of a team, from today on."""
    _team(session, team_id)
    member = session.scalar(
        select(GridTeamMember).where(GridTeamMember.id == member_id, GridTeamMember.team_id == team_id)
    )
    if member is None:
        raise NotFoundError("office.no_such", kind="grid_team_member", value=member_id)
    with session.because("grid_team.left"):
        member.valid_to = last_day()


def end_team(session: OfficeSession, team_id: int, version: int) -> GridTeam:
    """Dissolve a team and its posts."""
    team = _team(session, team_id, version)
    with session.because("grid_team.ended"):
        for member in members_of(session, [team_id]):
            member.valid_to = last_day()
        team.valid_to = last_day()
    return team


def teams(session: OfficeSession, area_path: str = "") -> list[GridTeam]:
    """Teams in force in an area and below, by code."""
    statement = select(GridTeam).where(
        GridTeam.area_path.startswith(area_path, autoescape=True),
        or_(GridTeam.valid_to.is_(None), GridTeam.valid_to >= clock.today()),
    )
    return list(session.scalars(statement.order_by(GridTeam.code)))


def members_of(session: OfficeSession, team_ids: list[int]) -> list[GridTeamMember]:
    """Members of teams today."""
    today = clock.today()
    statement = select(GridTeamMember).where(
        GridTeamMember.team_id.in_(team_ids),
        GridTeamMember.valid_from <= today,
        or_(GridTeamMember.valid_to.is_(None), GridTeamMember.valid_to >= today),
    )
    return list(session.scalars(statement.order_by(GridTeamMember.id)))


def vacancies(template: str, posts: list[str]) -> list[TeamPost]:
    """Posts of the form that too few people hold."""
    return [post for post in team_templates()[template].posts if posts.count(post.id) < post.least]


def _team(session: OfficeSession, team_id: int, version: int | None = None) -> GridTeam:
    team = session.one(GridTeam, team_id, _WRITE, version=version, lock=True)
    require_unit(session, session.get_one(Organisation, team.organisation_id))
    return team
