"""One object of every kind for a unit, for tests that go through all endpoints: register new path parameters here.

``FACTORIES`` maps the name of a path parameter to what makes a value for it. A parameter that is missing makes the
matrix test fail with the advice to add it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Float, Integer, inspect
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kezhong import clock
from kezhong.office import models as m
from kezhong.office.models.base import Base, Instant, Scoped
from kezhong.office.session import OfficeSession
from office_world import World

_number = count(1)


@dataclass
class Objects:
    """What was made for one unit, each kind once; every text of it holds ``marker``."""

    world: World
    session: OfficeSession
    unit: m.Organisation
    marker: str
    made: dict[type[Any], Any] = field(default_factory=dict)

    def of(self, cls: type[Any]) -> Any:
        """The unit's object of a class."""
        if cls not in self.made:
            row = cls(**self._values(cls))
            self.session.add(row)
            self.session.flush()
            self.made[cls] = row
        return self.made[cls]

    def _values(self, cls: type[Any]) -> dict[str, Any]:
        unit = self.unit
        values: dict[str, Any] = {}
        if issubclass(cls, Scoped):
            values = {
                "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path,
                "department": unit.department,
            }  # fmt: skip
        special = SPECIAL.get(cls, {})
        for attribute in inspect(cls).column_attrs:
            column = attribute.columns[0]
            name = attribute.key
            if name in values or name == "version":
                continue
            if name in special:
                made = special[name]
                values[name] = made(self) if callable(made) else made
            elif column.foreign_keys and not column.nullable:
                values[name] = self._foreign(column)
            elif not (column.nullable or column.identity is not None or column.default is not None):
                values[name] = self._filler(column)
        return values

    def _foreign(self, column: Any) -> Any:
        table = next(iter(column.foreign_keys)).column.table.name
        if table == "area":
            return self.unit.area_code
        if table == "organisation":
            return self.unit.id
        if table == "programme":
            return self.world.programme
        if table == "stage":
            return self.world.stage[1]
        cls = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table.name == table)
        return self.of(cls).id

    def _filler(self, column: Any) -> Any:
        kind = column.type
        if isinstance(kind, JSONB):
            return {}
        if isinstance(kind, ARRAY):
            return []
        if isinstance(kind, Boolean):
            return False
        if isinstance(kind, Integer | BigInteger | Float):
            return 1
        if isinstance(kind, Date):
            return clock.today() + timedelta(days=30)
        if isinstance(kind, Instant):
            return clock.now() + timedelta(days=30)
        return f"{self.marker}{next(_number)}"


def _life_circle(objects: Objects) -> str:
    circles = objects.session.query(m.Area).where(m.Area.level == "life_circle").all()
    return circles[0].code if circles else objects.unit.area_code


#: What a filler cannot know: vocabularies, lists, and columns that tests want to hold the marker.
SPECIAL: dict[type[Any], dict[str, Any]] = {
    m.Person: {"status": "active", "digest_key": lambda _: secrets.token_bytes(32), "phone": "13700000000"},
    m.RoleGrant: {"role": "analyst", "valid_from": lambda _: clock.now() + timedelta(days=1)},
    m.Delegation: {"starts_at": lambda _: clock.now(), "ends_at": lambda _: clock.now() + timedelta(days=1)},
    m.Post: {"valid_from": date(2024, 1, 1), "is_main": False},
    m.Task: {"level": lambda o: o.unit.level, "state": "accepted", "starts_on": date(2024, 1, 1), "measure": lambda o: o.marker},
    m.Target: {"kind": "count", "name": "目标", "source": "方案", "metric": "pilots_nominated", "unit": "个"},
    m.Pilot: {"life_circle": _life_circle, "communities": lambda _: [], "grounds": lambda o: o.marker},
    m.Submission: {"kind": "other"},
    m.Money: {"kind": "budget"},
    m.Offer: {"from_kind": "resident", "kind": "room"},
    m.Application: {"level": "province"},
    m.SiteUse: {"kind": "idle"},
    m.Promise: {"figure_key": lambda _: {}, "unit": "%"},
    m.Inspection: {"kind": "inspection", "verdict": "passed", "items": lambda _: []},
    m.Verification: {"measured": lambda _: {}, "state": "issued"},
    m.Objection: {"object_kind": "verification", "object_id": lambda o: o.of(m.Verification).id, "state": "filed"},
    m.DispatchRound: {"kind": "monthly", "period": lambda _: f"2026-{next(_number):02d}"},
    m.DispatchSheet: {"rows": lambda _: [], "nonce": "n", "state": "sent", "summary": lambda o: o.marker},
    m.Appraisal: {"kind": "annual", "state": "published_for_comment", "published_at": lambda _: clock.now(), "period": lambda _: f"{next(_number)}", "rules": lambda _: {}},
    m.AppraisalUnit: {"state": "published_for_comment", "published_at": lambda _: clock.now()},
    m.AppraisalScore: {
        "status": "scored", "rows": lambda _: [], "appraisal_id": lambda o: o.of(m.AppraisalUnit).appraisal_id,
    },
    m.Comment: {"object_kind": "task", "object_id": lambda o: o.of(m.Task).id, "mentions": lambda _: []},
    m.FileStored: {
        "object_kind": "task", "object_id": lambda o: o.of(m.Task).id, "media_type": "text/plain", "sha256": "0" * 64,
    },
    m.StepTaken: {"object_kind": "task", "object_id": lambda o: o.of(m.Task).id},
    m.GridTeam: {"template": "custom", "name": "网格", "code": lambda _: f"G{next(_number)}"},
    m.GridTeamMember: {"post": "网格长", "valid_from": date(2024, 1, 1)},
    m.OrganisationChange: {"change": "rename", "values": lambda _: {}},
    m.CircleDuty: {"circle": "community_culture", "duty": "joint"},
    m.Webhook: {"url": "https://hooks.example.org/x", "events": lambda _: []},
    m.Delivery: {"channel": "email", "payload": lambda _: {}},
    m.SavedView: {"page": "tasks", "query": ""},
}  # fmt: skip

Make = Callable[[Objects], Any]


def _id(cls: type[Any]) -> Make:
    return lambda objects: objects.of(cls).id


def _appeal(objects: Objects) -> int:
    """An objection against a score: the same class as one against a measurement."""
    values = objects._values(m.Objection) | {
        "object_kind": "appraisal_score",
        "object_id": objects.of(m.AppraisalScore).id,
    }
    row = m.Objection(**values)
    objects.session.add(row)
    objects.session.flush()
    return int(row.id)


def _constant(value: Any) -> Make:
    return lambda _: value


#: Path parameter, or ``segment/parameter`` where one name means several kinds, to what makes its value.
FACTORIES: dict[str, Make] = {
    "task_id": _id(m.Task), "pilot_id": _id(m.Pilot), "submission_id": _id(m.Submission), "project_id": _id(m.Project),
    "money_id": _id(m.Money), "use_id": _id(m.SiteUse), "offer_id": _id(m.Offer), "note_id": _id(m.Experience),
    "application_id": _id(m.Application), "promise_id": _id(m.Promise), "target_id": _id(m.Target),
    "verifications/sheet_id": _id(m.Verification), "sheets/sheet_id": _id(m.DispatchSheet),
    "objection_id": _id(m.Objection), "appeal_id": _appeal, "survey_id": _id(m.Satisfaction),
    "unit_id": _id(m.AppraisalUnit), "score_id": _id(m.AppraisalScore), "comment_id": _id(m.Comment),
    "file_id": _id(m.FileStored), "person_id": _id(m.Person), "post_id": _id(m.Post), "grant_id": _id(m.RoleGrant),
    "delegation_id": _id(m.Delegation),
    # seen by everybody, or by their owner only
    "org_id": lambda objects: objects.unit.id, "change_id": _id(m.OrganisationChange), "team_id": _id(m.GridTeam),
    "member_id": _id(m.GridTeamMember), "duty_id": _id(m.CircleDuty), "round_id": _id(m.DispatchRound),
    "appraisal_id": _id(m.Appraisal), "webhook_id": _id(m.Webhook), "delivery_id": _id(m.Delivery),
    "view_id": _id(m.SavedView), "programme_id": lambda objects: objects.world.programme,
    "stage_id": lambda objects: objects.world.stage[1],
    "object_id": _id(m.Task), "kind": _constant("task"), "step": _constant("withdraw"),
    "session_id": _constant(1), "token_id": _constant(1), "year": _constant(2026), "day": _constant("2026-10-01"),
    # of the city folder and of the server's memory, not of the office
    "run_id": _constant("r-none"), "shortfall_id": _constant("none"), "job_id": _constant("none"),
    "session": _constant("none"), "scenario": _constant("none"), "path:path": _constant(""),
}  # fmt: skip
#: Parameters whose objects lie in an area: out of scope they are *not found*.
SCOPED = {
    "task_id", "pilot_id", "submission_id", "project_id", "money_id", "use_id", "offer_id", "note_id", "application_id",
    "promise_id", "sheet_id", "objection_id", "appeal_id", "unit_id", "score_id", "comment_id", "file_id",
    "person_id", "post_id", "grant_id", "delegation_id", "object_id", "survey_id",
}  # fmt: skip


def value_for(objects: Objects, path: str, parameter: str) -> str:
    """The value of a path parameter for the unit's object."""
    before = path.split("{" + parameter)[0].rstrip("/").rsplit("/", 1)[-1]
    make = FACTORIES.get(f"{before}/{parameter}") or FACTORIES.get(parameter)
    if make is None:
        msg = f"{path}: add a factory for {{{parameter}}} to tests/server/office/objects.py"
        raise AssertionError(msg)
    return str(make(objects))
