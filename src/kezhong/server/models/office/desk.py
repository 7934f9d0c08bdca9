"""The desk and the words of the office."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual


class DeskEntry(BaseModel):
    kind: str
    id: int
    title: str
    state: str
    unit: str
    area: str
    due_on: str | None
    at: str | None
    light: str
    note: str


class DeskSection(BaseModel):
    id: str
    count: int
    entries: list[DeskEntry]
    query: str = Field(description="address of the page that shows all of them")
    counts: dict[str, int]


class Desk(BaseModel):
    sections: list[DeskSection]
    today: str
    programme: str | None
    stage: str | None


class MachineState(Bilingual):
    id: str
    kind: str
    terminal: bool


class MachineStep(Bilingual):
    id: str
    to: str


class MachineOut(Bilingual):
    initial: str
    states: list[MachineState]
    transitions: list[MachineStep]


class Words(BaseModel):
    kinds: dict[str, dict[str, Bilingual]]
    roles: dict[str, Bilingual]
    circles: dict[str, Bilingual]
    departments: dict[str, Bilingual]
    machines: dict[str, MachineOut]


def entry(value: Any) -> dict[str, Any]:
    """One line of the desk for the wire."""
    return {
        "kind": value.kind,
        "id": value.id,
        "title": value.title,
        "state": value.state,
        "unit": value.unit,
        "area": value.area,
        "due_on": value.due_on.isoformat() if value.due_on else None,
        "at": value.at.strftime("%Y-%m-%dT%H:%M:%SZ") if value.at else None,
        "light": value.light,
        "note": value.note,
    }
