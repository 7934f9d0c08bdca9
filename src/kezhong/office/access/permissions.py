"""The actions that can be permitted. An endpoint asks for exactly one of them; a role is a set of them."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What an endpoint may ask for."""

    PUBLIC = "public"  # health, the pages themselves, sign-in
    SIGNED_IN = "signed-in"  # one's own account, one's own notices

    # measuring and planning
    READ_CITY = "city:read"
    READ_RESULTS = "results:read"
    EXPORT_RESULTS = "results:export"
    READ_JOBS = "jobs:read"
    RUN_JOBS = "jobs:run"
    EXPLORE = "what-if:run"
    KEEP_SCENARIOS = "scenarios:write"

    # organisation and people
    READ_ORGANISATION = "organisation:read"
    WRITE_ORGANISATION = "organisation:write"
    READ_PEOPLE = "people:read"  # names and posts; contact data masked
    REVEAL_PEOPLE = "people:reveal"  # contact data in clear, each reading audited
    WRITE_PEOPLE = "people:write"
    GRANT_ROLES = "roles:grant"
    DELEGATE = "roles:delegate"  # one's own roles, to a deputy, until a date
    ERASE_PERSON = "people:erase"

    # audit
    READ_AUDIT = "audit:read"
    EXPORT_AUDIT = "audit:export"

    # programme
    READ_PROGRAMME = "programme:read"
    WRITE_PROGRAMME = "programme:write"  # stages, targets, duties, calendar, rules
    READ_TASK = "task:read"
    WRITE_TASK = "task:write"  # draft, edit, decompose, issue
    HANDLE_TASK = "task:handle"  # accept, progress, report, evidence
    REVIEW_TASK = "task:review"  # return, close, suspend, withdraw
    READ_PILOT = "pilot:read"
    NOMINATE_PILOT = "pilot:nominate"
    BUILD_PILOT = "pilot:build"  # plan, build, self-check
    REVIEW_PILOT = "pilot:review"  # approve, decline, return
    INSPECT_PILOT = "pilot:inspect"
    ACCEPT_PILOT = "pilot:accept"
    READ_SUBMISSION = "submission:read"
    HAND_IN = "submission:hand-in"
    REVIEW_SUBMISSION = "submission:review"
    READ_PROJECT = "project:read"
    WRITE_PROJECT = "project:write"
    REVIEW_PROJECT = "project:review"
    READ_OFFER = "offer:read"
    WRITE_OFFER = "offer:write"
    READ_EXPERIENCE = "experience:read"
    WRITE_EXPERIENCE = "experience:write"
    READ_APPLICATION = "application:read"
    WRITE_APPLICATION = "application:write"
    REVIEW_APPLICATION = "application:review"
    COMMENT = "comment:write"

    # measured, not claimed
    READ_MEASUREMENT = "measurement:read"
    WRITE_MEASUREMENT = "measurement:write"  # bind targets, measure anew
    VERIFY = "measurement:verify"  # the community's verification sheet
    OBJECT = "measurement:object"
    DECIDE_OBJECTION = "measurement:decide"

    # supervision and appraisal
    READ_DISPATCH = "dispatch:read"
    SEND_DISPATCH = "dispatch:send"
    FILL_DISPATCH = "dispatch:fill"
    REVIEW_DISPATCH = "dispatch:review"
    READ_APPRAISAL = "appraisal:read"
    WRITE_APPRAISAL = "appraisal:write"
    APPEAL = "appraisal:appeal"
    DECIDE_APPEAL = "appraisal:decide"

    # running the office
    RUN_OFFICE = "office:run"  # import, export, backup, reminders, webhooks


#: What there is one of in the whole city (calendar, reminder rules, webhooks, backups): no scope of a query can narrow
#: it, so a grant for less than the city does not hold it.
CITY_WIDE = frozenset({Permission.RUN_OFFICE})
