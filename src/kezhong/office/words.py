"""All closed vocabularies of the office in both languages: states and steps, roles, kinds, lights, circles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from kezhong.catalogue import load_catalogue
from kezhong.office.access.roles import roles
from kezhong.office.machines import load_machines

Word = Mapping[str, str]


@cache
def kinds() -> Mapping[str, Mapping[str, Word]]:
    """Vocabulary → id → ``{zh, en}`` (``data/words.yaml``)."""
    text = resources.files("kezhong.office").joinpath("data/words.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Word]] = yaml.safe_load(text)
    return found


def word(vocabulary: str, key: str | None, language: str = "zh") -> str:
    """The word for a key, or the key itself where the vocabulary does not know it."""
    entry = kinds().get(vocabulary, {}).get(key or "")
    return entry[language] if entry else (key or "")


@cache
def all_words() -> Mapping[str, Any]:
    """Everything a page needs to name what travels as an id."""
    catalogue = load_catalogue()
    return {
        "kinds": kinds(),
        "roles": {role.id: {"zh": role.zh, "en": role.en} for role in roles().values()},
        "circles": {circle.id: {"zh": circle.zh, "en": circle.en} for circle in catalogue.circles.values()},
        "departments": {unit.id: {"zh": unit.zh, "en": unit.en} for unit in catalogue.departments.values()},
        "machines": {
            machine.id: {
                "zh": machine.zh,
                "en": machine.en,
                "initial": machine.initial,
                "states": [
                    {"id": one.id, "zh": one.zh, "en": one.en, "kind": one.kind.value, "terminal": one.terminal}
                    for one in machine.states.values()
                ],
                "transitions": [
                    {"id": one.id, "zh": one.zh, "en": one.en, "to": one.to} for one in machine.transitions.values()
                ],
            }
            for machine in load_machines().values()
        },
    }
