"""The desk, and the words of the office's closed lists."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong import clock
from kezhong.office.desk import desk as sections_of
from kezhong.office.models import Programme, Stage
from kezhong.office.words import all_words
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office.desk import Desk, Words, entry
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ

router = APIRouter(tags=["office: desk"])


@router.get("/office/words", response_model=Words, responses=READ, dependencies=[require(Permission.PUBLIC)])
def words(request: Request) -> Response:
    """Names of states, steps, roles, kinds and lights in both languages."""
    return respond(request, prepare(all_words()))


@router.get("/office/desk", response_model=Desk, responses=READ, dependencies=[require(Permission.READ_PROGRAMME)])
def desk(request: Request, work: Unit) -> Response:
    """What is due, late, returned, to be reviewed and new, within the caller's scope."""
    today = clock.today(work.office.config.timezone)
    with work() as session:
        sections = sections_of(session)
        now = session.execute(
            select(Programme.name, Stage.name)
            .join(Stage, Stage.programme_id == Programme.id)
            .where(Programme.state == "running", Stage.starts_on <= today)
            .order_by(Stage.ends_on < today, Stage.number.desc())
            .limit(1)
        ).first()
    value = {
        "sections": [
            {
                "id": section.id,
                "count": section.count,
                "entries": [entry(one) for one in section.entries],
                "query": section.query,
                "counts": section.counts,
            }
            for section in sections
        ],
        "today": today.isoformat(),
        "programme": now[0] if now else None,
        "stage": now[1] if now else None,
    }
    return respond(request, prepare(value))
