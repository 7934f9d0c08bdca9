"""Routes of the office by subject; each module has one ``router``."""

from __future__ import annotations

from fastapi import APIRouter

from kezhong.server.routes.office import (
    account,
    appraisal,
    audit,
    desk,
    dispatch,
    measurement,
    notices,
    organisation,
    people,
    pilots,
    programme,
    projects,
    running,
    submissions,
    tasks,
)


def routers() -> list[APIRouter]:
    """All of them, in the order in which they are matched."""
    modules = (
        account, people, organisation, programme, tasks, pilots, submissions, projects, measurement, dispatch,
        appraisal, audit, notices, desk, running,
    )  # fmt: skip
    return [module.router for module in modules]
