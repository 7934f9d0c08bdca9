"""Scenarios: ordered lists of typed edits of one city, and how two of them go together.

A scenario changes no layer. Its id is a hash of its edits, so that the same edits have the same id whoever made them.
Facilities it adds are called ``scenario:1``, ``scenario:2`` … in the order in which they are added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.errors import ConflictError, InputError

#: A scenario holds at most so many edits.
MOST_EDITS = 500
_DIGITS = 7  # of longitude and latitude: about a centimetre
ADDED = "scenario:"


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), AfterValidator(_rounded)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), AfterValidator(_rounded)]
LonLat = tuple[Longitude, Latitude]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Factor = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AddFacility(_Edit):
    """A new facility that is entered where it stands; with several elements it serves each of them."""

    kind: Literal["add_facility"] = "add_facility"
    elements: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    lon: Longitude
    lat: Latitude
    capacity: Amount | None = Field(default=None, description="in the element's unit; for a single element only")
    hours: Annotated[str, Field(max_length=500)] | None = None
    floor_area_m2: Amount | None = None
    site_area_m2: Amount | None = None
    name: Annotated[str, Field(max_length=200)] | None = None


class MoveFacility(_Edit):
    """A facility stands and is entered elsewhere."""

    kind: Literal["move_facility"] = "move_facility"
    facility: Id
    lon: Longitude
    lat: Latitude


class CloseFacility(_Edit):
    """A facility, or one of its services, is gone."""

    kind: Literal["close_facility"] = "close_facility"
    facility: Id
    element: Id | None = Field(default=None, description="only this service of it")


class ResizeFacility(_Edit):
    """A facility has another capacity."""

    kind: Literal["resize_facility"] = "resize_facility"
    facility: Id
    capacity: Amount
    element: Id | None = Field(default=None, description="needed where it serves several")


class OpenLink(_Edit):
    """A new way between two places on streets."""

    kind: Literal["open_link"] = "open_link"
    begin: LonLat = Field(alias="from")
    end: LonLat = Field(alias="to")
    via: Annotated[tuple[LonLat, ...], Field(max_length=100)] = ()
    link: Literal["street", "crossing", "bridge"] = "street"


class CloseEdge(_Edit):
    """A segment of street can no longer be walked."""

    kind: Literal["close_edge"] = "close_edge"
    edge: Id


class OpenEdge(_Edit):
    """A segment that the scenario closed is open again."""

    kind: Literal["open_edge"] = "open_edge"
    edge: Id


class CloseGate(_Edit):
    """Nobody passes a node any more: all segments that meet there are closed."""

    kind: Literal["close_gate"] = "close_gate"
    node: Id


class OpenGate(_Edit):
    """A node that the scenario closed is open again."""

    kind: Literal["open_gate"] = "open_gate"
    node: Id


class ChangePeople(_Edit):
    """More or fewer people live somewhere: all by one factor, or age bands by factors of their own."""

    kind: Literal["change_people"] = "change_people"
    area: Id | None = Field(default=None, description="code of an area or life circle")
    demand: Annotated[tuple[Id, ...], Field(max_length=20000)] = Field(default=(), description="ids of demand units")
    factor: Factor | None = None
    ages: dict[Literal["age_0_2", "age_3_5", "age_6_11", "age_12_14", "age_15_59", "age_60_69", "age_70_79",
                       "age_80_plus"], Factor] = Field(default_factory=dict)  # fmt: skip


Edit = Annotated[
    AddFacility
    | MoveFacility
    | CloseFacility
    | ResizeFacility
    | OpenLink
    | CloseEdge
    | OpenEdge
    | CloseGate
    | OpenGate
    | ChangePeople,
    Field(discriminator="kind"),
]
_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
#: Kinds of edits of the network.
STREET_EDITS = (OpenLink, CloseEdge, OpenEdge, CloseGate, OpenGate)


def edit_of(document: Any, row: int = 0) -> Edit:
    """An edit from JSON.

    Parameters
    ----------
    row
        Its number in the list, for the message.

    Raises
    ------
    InputError
        Unknown kind, unknown or missing field, a value out of range.
    """
    try:
        return _EDIT.validate_python(document)
    except ValidationError as problem:
        first = problem.errors()[0]
        column = ".".join(str(part) for part in first["loc"]) or "kind"
        value = str(first.get("input"))[:200]
        raise InputError("whatif.bad_edit", row=row, column=column, value=value, expected=first["msg"]) from problem


def document_of(edit: Edit) -> dict[str, Any]:
    """JSON of an edit, without what was left out."""
    found = edit.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in found.items() if value not in ([], {})}


@dataclass(frozen=True, slots=True)
class Scenario:
    """An ordered list of edits."""

    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, documents: Iterable[Any]) -> Scenario:
        """From JSON.

        Raises
        ------
        InputError
            An edit that cannot be read, or too many of them.
        """
        return cls(tuple(edit_of(one, row) for row, one in enumerate(documents, start=1))).checked()

    def checked(self) -> Scenario:
        """The scenario itself, if it is not too long."""
        if len(self.edits) > MOST_EDITS:
            raise InputError("whatif.too_many", value=len(self.edits), expected=MOST_EDITS)
        return self

    @property
    def id(self) -> str:
        """``sc-`` and 16 hexadecimal digits of the edits in canonical JSON."""
        text = json.dumps(self.documents(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "sc-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def documents(self) -> list[dict[str, Any]]:
        """JSON of the edits."""
        return [document_of(edit) for edit in self.edits]

    def then(self, edit: Edit) -> Scenario:
        """With one more edit."""
        return Scenario((*self.edits, edit)).checked()

    def undone(self) -> Scenario:
        """Without the last edit.

        Raises
        ------
        ConflictError
            There is none.
        """
        if not self.edits:
            raise ConflictError("whatif.nothing_to_undo")
        return Scenario(self.edits[:-1])

    @property
    def n_added(self) -> int:
        """How many facilities it adds."""
        return sum(isinstance(edit, AddFacility) for edit in self.edits)

    def added_id(self, position: int) -> str | None:
        """Id of the facility that the edit at a position adds; ``None`` where it adds none."""
        if not isinstance(self.edits[position], AddFacility):
            return None
        return f"{ADDED}{Scenario(self.edits[: position + 1]).n_added}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two edits, one of each scenario, that concern the same thing. Numbers count from 1."""

    first: int
    second: int
    kind: Literal["facility", "edge", "node", "people"]
    id: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Two scenarios in one, the second after the first, and where they contradict one another."""

    scenario: Scenario
    conflicts: tuple[Conflict, ...]


def merge(first: Scenario, second: Scenario) -> Merged:
    """Put the second scenario after the first. Facilities that the second adds are numbered on.

    Two edits conflict where they touch the same facility of the city, the same segment or node, the people of the same
    unit or area. Which of them is meant is for people to say: nothing is left out.
    """
    shifted = tuple(_shifted(edit, first.n_added) for edit in second.edits)
    touched: dict[tuple[str, str], int] = {}
    for number, edit in enumerate(first.edits, start=1):
        for key in _touches(edit):
            touched.setdefault(key, number)
    conflicts = [
        Conflict(touched[key], number, key[0], key[1])  # type: ignore[arg-type]
        for number, edit in enumerate(second.edits, start=1)
        for key in _touches(edit)
        if key in touched and not key[1].startswith(ADDED)
    ]
    return Merged(Scenario((*first.edits, *shifted)).checked(), tuple(conflicts))


def _touches(edit: Edit) -> list[tuple[str, str]]:
    if isinstance(edit, MoveFacility | CloseFacility | ResizeFacility):
        return [("facility", edit.facility)]
    if isinstance(edit, CloseEdge | OpenEdge):
        return [("edge", edit.edge)]
    if isinstance(edit, CloseGate | OpenGate):
        return [("node", edit.node)]
    if isinstance(edit, ChangePeople):
        return [("people", name) for name in ([edit.area] if edit.area else edit.demand)]
    return []


def _shifted(edit: Edit, by: int) -> Edit:
    """The edit with the facilities that its own scenario adds numbered on."""
    if by and isinstance(edit, MoveFacility | CloseFacility | ResizeFacility) and edit.facility.startswith(ADDED):
        number = edit.facility.removeprefix(ADDED)
        return edit.model_copy(update={"facility": f"{ADDED}{int(number) + by}"}) if number.isdigit() else edit
    return edit


def bands(edit: ChangePeople) -> Mapping[str, float]:
    """Factor of every age band."""
    common = 1.0 if edit.factor is None else edit.factor
    return {band: edit.ages.get(band, 1.0) * common for band in AGE_COLUMNS}  # type: ignore[call-overload]
