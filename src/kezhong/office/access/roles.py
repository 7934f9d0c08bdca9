"""Roles as data (``office/data/roles.yaml``): which permissions each holds and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import yaml

from kezhong.errors import NotFoundError
from kezhong.office.access.permissions import Permission


class Reach(StrEnum):
    """How far a role reaches; see ``roles.yaml``."""

    AREA = "area"
    LINE = "line"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its names, the levels at which it can be granted, its reach and its permissions."""

    id: str
    zh: str
    en: str
    levels: tuple[str, ...]
    reach: Reach
    permissions: frozenset[Permission]


@cache
def roles() -> Mapping[str, Role]:
    """All roles by id, in the order of the file.

    Raises
    ------
    ValueError
        The shipped file names a permission or a reach that does not exist.
    """
    text = resources.files("kezhong.office").joinpath("data/roles.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    everybody = frozenset(Permission(name) for name in data["everybody"])
    return {
        row["id"]: Role(
            row["id"],
            row["zh"],
            row["en"],
            tuple(row["levels"]),
            Reach(row["reach"]),
            everybody | {Permission(name) for name in row["permissions"]},
        )
        for row in data["roles"]
    }


def role(role_id: str) -> Role:
    """The role with this id.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = roles().get(role_id)
    if found is None:
        raise NotFoundError("office.unknown_role", value=role_id, near=", ".join(roles()))
    return found
