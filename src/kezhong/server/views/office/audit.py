"""The audit, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kezhong.errors import NotFoundError
from kezhong.jobs import Job, JobSnapshot
from kezhong.office.audit import history
from kezhong.office.audit.verify import Finding, Verdict, verify
from kezhong.office.fields import field_name, kind_name
from kezhong.office.models import AuditEntry
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.office.status import Status
from kezhong.progress import Progress
from kezhong.server.state import ServerState

KIND = "audit-verify"
_VERBS = {
    "create": ("新增", "created"), "update": ("修改", "changed"), "delete": ("删除", "removed"),
}  # fmt: skip
#: Actions that are not a table and a verb; others are shown as they are called.
_ACTIONS = {
    "sign-in": ("登录", "signed in"),
    "sign-in.failed": ("登录失败", "sign-in failed"),
    "sign-in.locked": ("登录锁定", "sign-in locked"),
    "sign-out": ("退出登录", "signed out"),
    "personal.read": ("查看个人信息", "personal data read"),
    "evidence.export": ("导出审计证据", "evidence exported"),
    "data.export": ("导出全部数据", "all data exported"),
    "data.import": ("导入全部数据", "all data imported"),
    "clock.round": ("定时任务", "round of the clock"),
    "calendar.set": ("设置工作日历", "working calendar set"),
    "calendar.remove": ("撤销工作日历", "working calendar taken back"),
    "calendar.import": ("导入工作日历", "working calendar imported"),
    "reminders.set": ("设置提醒规则", "reminder rules set"),
    "office-founded": ("设立办公室", "office set up"),
    "person.created": ("新增人员", "person entered"),
    "role.granted": ("授予角色", "role granted"),
}


def action_name(action: str) -> dict[str, str]:
    """What an action is called."""
    known = _ACTIONS.get(action)
    if known is None:
        kind, dot, verb = action.rpartition(".")
        if dot and verb in _VERBS:
            return {"zh": _VERBS[verb][0] + kind_name(kind), "en": f"{kind_name(kind, 'en')} {_VERBS[verb][1]}"}
        known = _machine_words(kind, verb) or (action, action)
    return {"zh": known[0], "en": known[1]}


def _machine_words(kind: str, verb: str) -> tuple[str, str] | None:
    """``task.report`` is a step of a state machine, which has words of its own."""
    from kezhong.office.machines import load_machines

    machine = load_machines().get(kind)
    step = machine.transitions.get(verb) if machine is not None else None
    if machine is None or step is None:
        return None
    return f"{machine.zh}：{step.zh}", f"{machine.en}: {step.en}"


def entries(session: OfficeSession, rows: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """Entries on the wire."""
    who = history.people(session, {row.actor_id for row in rows if row.actor_id is not None})
    return [_entry(row, who) for row in rows]


def _entry(row: AuditEntry, who: Mapping[int, history.Who]) -> dict[str, Any]:
    person = who.get(row.actor_id) if row.actor_id is not None else None
    return {
        "id": row.seq,
        "kind": "audit_entry",
        "at": row.at,
        "who": {
            "person_id": row.actor_id, "kind": row.actor, "name": person.name if person else None,
            "post": person.post if person else None, "unit": person.unit if person else None,
        },
        "action": row.action,
        "action_name": action_name(row.action),
        "object_kind": row.object_kind,
        "object_name": {"zh": kind_name(row.object_kind), "en": kind_name(row.object_kind, "en")},
        "object_id": row.object_id,
        "area_path": row.area_path,
        "reason": row.reason,
        "request_id": row.request_id,
        "changes": [
            {
                "field": one.field,
                "name": {
                    "zh": field_name(row.object_kind, one.field), "en": field_name(row.object_kind, one.field, "en"),
                },
                "before": one.before, "after": one.after, "masked": one.masked,
            }
            for one in history.changes(row)
        ],
        "hash": row.hash.hex(),
    }  # fmt: skip


def anchor_state(status: Status) -> dict[str, Any]:
    """The anchors in short."""
    return {
        "anchors": status.anchors, "seq": status.anchor_seq, "at": status.anchor_at, "signed": status.anchor_signed,
        "key": status.key, "second": status.second_anchors,
    }  # fmt: skip


def start_verification(state: ServerState, office: Office) -> Job:
    """Verify in the background; one at a time."""

    def work(progress: Progress) -> Mapping[str, Any]:
        return {"verdict": verdict(verify(office, progress=progress))}

    return state.jobs.submit(KIND, work, key=KIND)


def verification(state: ServerState, job_id: str) -> Job:
    """The job of a verification.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    job = state.jobs.get(job_id)
    if job.now().kind != KIND:
        raise NotFoundError("jobs.unknown", value=job_id)
    return job


def verification_out(snapshot: JobSnapshot) -> dict[str, Any]:
    """A verification on the wire."""
    return {
        "id": snapshot.id,
        "state": snapshot.state.value,
        "progress": round(snapshot.progress, 4),
        "verdict": snapshot.result["verdict"] if snapshot.result else None,
        "error": snapshot.error.envelope()["error"] if snapshot.error else None,
        "created": snapshot.created,
        "finished": snapshot.finished,
    }


def verdict(found: Verdict) -> dict[str, Any]:
    """A verdict on the wire."""
    return {
        "whole": found.whole, "entries": found.entries, "seq": found.seq, "hash": found.hash,
        "findings": [_finding(one) for one in found.findings], "count": found.count,
        "warnings": [_finding(one) for one in found.warnings], "anchors": found.anchors, "signed": found.signed,
        "protected": found.protected, "protected_at": found.protected_at, "seconds": round(found.seconds, 2),
    }  # fmt: skip


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "message": {"zh": found.text("zh"), "en": found.text("en")},
        "action": {"zh": found.todo("zh"), "en": found.todo("en")},
    }
