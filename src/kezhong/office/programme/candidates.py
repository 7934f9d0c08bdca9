"""Life circles that the actor may nominate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, Pilot, Programme, Target
from kezhong.office.session import OfficeSession


def candidates(session: OfficeSession, programme_id: int) -> dict[str, Any]:
    """Life circles within the actor's districts with their communities, and what the plan asks for there.

    Raises
    ------
    NotFoundError
        No such programme.
    """
    session.one(Programme, programme_id)
    paths = sorted({grant.area_path for grant in session.actor.grants_for(Permission.NOMINATE_PILOT)})
    circles = [
        one
        for one in session.execute(
            select(Area).where(Area.level == "life_circle", Area.valid_to.is_(None)).order_by(Area.code)
        ).scalars()
        if session.actor.everything or any(one.path.startswith(path) for path in paths)
    ]
    members = {code for one in circles for code in one.members}
    names = {
        one.code: {"code": one.code, "name": one.name, "level": one.level, "full_name": one.full_name}
        for one in session.execute(select(Area).where(Area.code.in_(members))).scalars()
    }
    taken = {
        row.life_circle: row.code
        for row in session.execute(
            select(Pilot.life_circle, Pilot.code)
            .where(Pilot.programme_id == programme_id, Pilot.state.not_in(("withdrawn", "declined")))
            .execution_options(through_parent=True)
        ).all()
    }
    return {
        "items": [
            {
                "code": one.code,
                "name": one.name,
                "communities": [names[code] for code in one.members if code in names],
                "people": one.people,
                "nominated": taken.get(one.code),
            }
            for one in circles
        ],
        "compared": _compared(session, programme_id, paths),
    }


def _compared(session: OfficeSession, programme_id: int, paths: list[str]) -> dict[str, Any] | None:
    """What is nominated in the actor's district beside what the plan asks for; ``None`` for more than one district."""
    if len(paths) != 1:
        return None
    own = (
        select(func.count())
        .select_from(Pilot)
        .where(
            Pilot.programme_id == programme_id,
            Pilot.kind == "pilot",
            Pilot.state != "withdrawn",
            Pilot.area_path.startswith(paths[0], autoescape=True),
        )
    )
    wanted = select(Target.value).where(
        Target.programme_id == programme_id, Target.metric == "pilots_nominated", Target.area_path == paths[0]
    )
    number = int(session.execute(own).scalar_one())
    target = session.execute(wanted).scalars().first()
    return {"nominated": number, "target": target, "over": target is not None and number > target}
