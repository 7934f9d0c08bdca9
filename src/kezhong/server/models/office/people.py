"""People, posts, roles, delegations, hand-over on the wire. Contact data is masked unless a reading asks for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=1, le=2**53)]
Text60 = Annotated[str, Field(min_length=1, max_length=60)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnitName(BaseModel):
    """A unit by its name."""

    id: int
    name: str


class PostOut(BaseModel):
    """A post; without an end it counts today."""

    id: int
    unit: UnitName
    title: str
    is_main: bool
    is_contact: bool
    valid_from: date
    valid_to: date | None


class GrantOut(BaseModel):
    """A role that counts now; a lent one says whose delegation it is."""

    id: int
    role: str
    zh: str
    en: str
    unit: UnitName
    area_code: str
    area: str
    valid_from: datetime
    valid_to: datetime | None
    delegation_id: int | None
    note: str | None


class PersonItem(BaseModel):
    """A person in a list."""

    id: int
    version: int
    kind: str
    name: str
    username: str | None
    phone: str | None
    email: str | None
    status: str
    demo: bool
    unit: UnitName
    title: str
    is_contact: bool
    roles: list[str]


class PeoplePage(BaseModel):
    """A page of people, unit by unit."""

    items: list[PersonItem]
    next_cursor: str | None


class PersonOut(PersonItem):
    """A person with posts and rights; ``allowed`` is what the caller may do with them."""

    posts: list[PostOut]
    grants: list[GrantOut]
    left_on: date | None
    locked_until: datetime | None
    totp: bool
    linked: bool
    allowed: list[str]


class Contact(BaseModel):
    """Contact data in clear; that it was read is in the audit."""

    id: int
    phone: str | None
    email: str | None


class NewPerson(_Request):
    """Somebody new, with the main post."""

    name: Text60
    username: Annotated[str, Field(max_length=40)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=120)] | None = None
    organisation_id: Id
    title: Text60
    is_contact: bool = False


class PersonChange(_Request):
    """What changes; left out stays, empty is removed."""

    name: Annotated[str, Field(max_length=60)] | None = None
    username: Annotated[str, Field(max_length=40)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=120)] | None = None


class NewPost(_Request):
    """A further post, or another main post."""

    organisation_id: Id
    title: Text60
    main: bool = False
    is_contact: bool = False


class NewGrant(_Request):
    """A role for a unit, in its area or a part of it."""

    role: Annotated[str, Field(max_length=40)]
    organisation_id: Id
    area_code: Annotated[str, Field(max_length=40)] | None = None
    valid_to: datetime | None = None
    note: Annotated[str, Field(max_length=300)] | None = None


class Why(_Request):
    """Why it is done; stands in the audit."""

    reason: Reason


class NewDelegation(_Request):
    """One of one's own roles, to a deputy, until a moment."""

    grant_id: Id
    person_id: Id
    ends_at: datetime
    reason: Reason


class DelegationOut(BaseModel):
    """A delegation, from the caller's side."""

    id: int
    kind: str
    role: str
    zh: str
    en: str
    unit: UnitName
    giver: str
    receiver: str
    mine: bool
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    running: bool
    reason: str


class LendableGrant(BaseModel):
    """A role of one's own that can be lent."""

    id: int
    role: str
    zh: str
    en: str
    unit: UnitName


class Delegations(BaseModel):
    """What the caller lent and was lent, and what could be lent."""

    items: list[DelegationOut]
    lendable: list[LendableGrant]
    longest_days: int


class HandOver(_Request):
    """To whom it goes."""

    to_person_id: Id
    note: Annotated[str, Field(max_length=300)] = ""


class HandOverOut(BaseModel):
    """What was handed over."""

    id: int
    counts: dict[str, Any]


class InHand(BaseModel):
    """What a hand-over would move, and who of the unit could take it."""

    counts: dict[str, int]
    successors: list[UnitName]


class FreshPassword(BaseModel):
    """A password to hand to the person; shown this once, to be changed at the first sign-in."""

    password: str


class NewIdentity(_Request):
    """The person's account at the city's directory."""

    subject: Annotated[str, Field(min_length=1, max_length=255)]


class ImportOut(BaseModel):
    """What an import did."""

    created: int
    unchanged: int
