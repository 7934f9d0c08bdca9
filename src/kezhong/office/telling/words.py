"""What a notice says, in both languages: one sentence about one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kezhong.office.models import Notice

#: kind → zh, en; filled from the notice's details.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "assigned": ("新任务待签收：{what}{due_zh}", "New task to accept: {what}{due_en}"),
    "returned": ("被退回：{what}{reason_zh}", "Returned: {what}{reason_en}"),
    "refused": ("责任单位退单：{what}{reason_zh}", "The unit refused it as not its duty: {what}{reason_en}"),
    "reported": ("申请销号，待审核：{what}", "Reported as done, waiting for review: {what}"),
    "approved": ("已审核通过：{what}", "Approved: {what}"),
    "due_soon": ("即将到期（{rule_zh}）：{what}{due_zh}", "Due soon ({rule_en}): {what}{due_en}"),
    "due_today": ("今日到期：{what}{due_zh}", "Due today: {what}{due_en}"),
    "overdue": ("已逾期（{rule_zh}）：{what}{due_zh}", "Overdue ({rule_en}): {what}{due_en}"),
    "escalated": (
        "预警升级（{rule_zh}）：{unit}的{what}{due_zh}{reason_zh}",
        "Escalated ({rule_en}): {what} of {unit}{due_en}{reason_en}",
    ),
    "reminded": ("催办：{what}{due_zh}{reason_zh}", "Reminder: {what}{due_en}{reason_en}"),
    "mentioned": ("有人在评论中提到您：{what}{reason_zh}", "You were mentioned: {what}{reason_en}"),
    "changed": ("{step_zh}：{what}{reason_zh}", "{step_en}: {what}{reason_en}"),
}
_OBJECTS = {
    "task": ("任务", "task"), "pilot": ("试点", "pilot"), "submission": ("报送材料", "submission"),
    "project": ("项目", "project"), "dispatch_sheet": ("调度表", "dispatch sheet"), "offer": ("共建意向", "offer"),
    "verification": ("核验单", "verification sheet"), "objection": ("异议", "objection"),
    "application": ("试点申报", "application"), "appraisal_score": ("考核", "appraisal"),
    "appraisal": ("考核", "appraisal"), "appraisal_unit": ("考核", "appraisal"),
}  # fmt: skip
#: Where the pages of an object are.
_PAGES = {
    "task": "/tasks/{id}", "pilot": "/pilots/{id}", "submission": "/submissions/{id}", "project": "/projects/{id}",
    "dispatch_sheet": "/dispatch/sheets/{id}", "verification": "/measurement/sheets/{id}",
    "objection": "/measurement/objections/{id}", "offer": "/projects/offers/{id}",
    "application": "/projects/applications/{id}", "appraisal_unit": "/appraisal", "appraisal_score": "/appraisal",
}  # fmt: skip


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def words_of(kind: str, object_kind: str, details: Mapping[str, Any]) -> dict[str, str]:
    """``zh`` and ``en`` of a notice."""
    name = str(details.get("title") or details.get("name") or details.get("code") or "")
    code = str(details.get("code") or "")
    what_zh, what_en = _OBJECTS.get(object_kind, (object_kind, object_kind))
    label = f"{code} {name}".strip() if code and code != name else name
    due, reason = details.get("due_on"), str(details.get("reason") or "")
    values = _Blank(
        {key: str(value) for key, value in details.items() if value is not None},
        due_zh=f"（时限 {due}）" if due else "",
        due_en=f" (deadline {due})" if due else "",
        reason_zh=f"。{reason}" if reason else "",
        reason_en=f". {reason}" if reason else "",
    )
    zh, en = _SENTENCES.get(kind, ("{what}", "{what}"))
    if not label and "{unit}" not in zh:  # a monthly sheet has no name of its own: it is its unit's
        label = str(details.get("unit") or "")
    return {
        "zh": zh.format_map(_Blank(values, what=f"{what_zh}“{label}”" if label else what_zh)),
        "en": en.format_map(_Blank(values, what=f"{what_en} “{label}”" if label else what_en)),
    }


def page_of(object_kind: str, object_id: int) -> str:
    """Address of the object's page within the application."""
    return _PAGES.get(object_kind, "/desk").format(id=object_id)


def subject_of(notice: Notice) -> str:
    """Subject of the e-mail."""
    return "【刻钟】" + words_of(notice.kind, notice.object_kind, notice.details)["zh"][:120]


def sentence(notice: Notice, base: str = "") -> str:
    """Text of the e-mail."""
    words = words_of(notice.kind, notice.object_kind, notice.details)
    link = f"\n{base}{page_of(notice.object_kind, notice.object_id)}" if base else ""
    return f"{words['zh']}\n{words['en']}\n{link}\n\n本邮件由系统自动发送,请勿回复。可在“消息 · 设置”中关闭邮件提醒。\n"
