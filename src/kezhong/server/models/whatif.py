"""What-if sessions and scenarios."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.city.scenarios import Edit
from kezhong.server.models.common import Bilingual

Pair = tuple[float | None, float | None]
Words = tuple[str | None, str | None]
Short = Annotated[str, Field(max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhatIfRequest(_Request):
    """A new session; with a stored scenario, edits, or both (in this order)."""

    basis: Short | None = Field(default=None, description="null: the city's own")
    walker: Short = "standard"
    scenario: Short | None = None
    edits: Annotated[list[Edit], Field(max_length=500)] = Field(default_factory=list)


class SaveRequest(_Request):
    name: Annotated[str, Field(max_length=1000)]
    note: Annotated[str, Field(max_length=2000)] = ""


class MergeRequest(_Request):
    """The second scenario after the first; stored where a name is given and nothing conflicts."""

    first: Short
    second: Short
    name: Annotated[str, Field(max_length=1000)] | None = None


class CompareRequest(_Request):
    """Two scenarios; ``null`` is the city as it is."""

    first: Short | None
    second: Short | None
    basis: Short | None = None
    walker: Short = "standard"


class ListedEdit(BaseModel):
    n: int
    edit: Edit
    facility: str | None = Field(description="id of the facility that it adds or concerns")
    label: Bilingual


class GroupChange(BaseModel):
    """People for whom a binding requirement comes within its threshold (gain) or falls out of it (loss)."""

    group: str
    gain: float | None
    loss: float | None


class ElementChange(BaseModel):
    element: str
    zh: str
    en: str
    requirement: str
    gain: float | None
    loss: float | None
    target_gain: float | None
    target_loss: float | None


class CoverageChange(BaseModel):
    element: str
    requirement: str
    variant: str | None
    share: Pair
    status: Words


class AreaChange(BaseModel):
    """An area in which something changed; pairs are before and after."""

    code: str
    name: str
    level: str
    grade: Words
    score: Pair
    met: Pair
    people: Pair
    coverage: list[CoverageChange]


class ShortfallLine(BaseModel):
    id: str
    area_code: str
    area_name: str
    element: str
    element_zh: str
    element_en: str
    circle: str
    requirement: str
    people: float | None
    elderly: float | None
    children: float | None
    target: float | None
    share: float | None
    nearest_m: float | None


class ShortfallPair(BaseModel):
    before: ShortfallLine
    after: ShortfallLine


class ShortfallChange(BaseModel):
    total: tuple[int, int]
    appeared: list[ShortfallLine]
    vanished: list[ShortfallLine]
    changed: list[ShortfallPair]


class WhatIfChange(BaseModel):
    people: list[GroupChange]
    elements: list[ElementChange]
    areas: list[AreaChange]
    shortfalls: ShortfallChange
    units: int = Field(description="demand units from which an element is nearer or farther")


class WhatIfState(BaseModel):
    """A session: its edits and what they change, against the city as it is and against the last state."""

    session: str
    snapshot: str
    basis: str
    walker: str
    revision: int
    scenario: str | None = Field(description="id that these edits have as a scenario")
    edits: list[ListedEdit]
    elapsed_ms: float
    total: WhatIfChange
    last: WhatIfChange | None


class SessionLine(BaseModel):
    session: str
    snapshot: str
    basis: str
    walker: str
    revision: int
    edits: int
    created: str


class SessionList(BaseModel):
    items: list[SessionLine]


class ChangedCells(BaseModel):
    """Demand units from which an element is nearer or farther, as columns; ``people`` is null below five."""

    element: str
    n: int
    lon: list[float]
    lat: list[float]
    people: list[float | None]
    before_m: list[float | None]
    after_m: list[float | None]
    state: list[int] = Field(description="1 gained, −1 lost, 0 nearer or farther without crossing a threshold")


class PointGeometry(BaseModel):
    """GeoJSON; longitude and latitude in WGS 84."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class LineGeometry(BaseModel):
    """GeoJSON; longitudes and latitudes in WGS 84."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class PlacedFacility(BaseModel):
    id: str
    element: str
    name: str | None
    capacity: float | None
    state: Literal["open", "closed", "added", "moved", "resized"]


class PlacedFacilityFeature(BaseModel):
    type: Literal["Feature"]
    geometry: PointGeometry
    properties: PlacedFacility


class PlacedFacilities(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[PlacedFacilityFeature]


class PlacedLink(BaseModel):
    edit: int = Field(description="number of the edit")
    kind: str


class PlacedLinkFeature(BaseModel):
    type: Literal["Feature"]
    geometry: Annotated[LineGeometry | PointGeometry, Field(discriminator="type")]
    properties: PlacedLink


class PlacedLinks(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[PlacedLinkFeature]


class NearEdge(BaseModel):
    id: str
    name: str | None
    highway: str | None
    closed: bool
    metres: float
    geometry: LineGeometry


class NearNode(BaseModel):
    id: str
    kind: str | None
    name: str | None
    lon: float
    lat: float
    closed: bool
    metres: float


class Near(BaseModel):
    """What a click can open or close, the nearest first."""

    edges: list[NearEdge]
    nodes: list[NearNode]


class ScenarioOut(BaseModel):
    id: str
    name: str
    note: str
    created: str
    edits: int
    snapshot: str = Field(description="of the city in which it was made")
    listed: list[ListedEdit] | None = Field(default=None, alias="list")


class ScenarioList(BaseModel):
    items: list[ScenarioOut]


class ConflictOut(BaseModel):
    """Two edits, one of each scenario (numbered from 1), that concern the same thing."""

    first: int
    second: int
    kind: Literal["facility", "edge", "node", "people"]
    id: str
    message: Bilingual


class MergeOut(BaseModel):
    scenario: ScenarioOut | None
    conflicts: list[ConflictOut]


class PeopleDifference(BaseModel):
    group: str
    first: Pair
    second: Pair


class AreaDifference(BaseModel):
    """The city as it is, the first, the second."""

    code: str
    name: str
    level: str
    grade: tuple[str | None, str | None, str | None]
    score: tuple[float | None, float | None, float | None]
    met: tuple[float | None, float | None, float | None]


class ShortfallDifference(BaseModel):
    total: tuple[int, int, int]
    only_first: list[ShortfallLine]
    only_second: list[ShortfallLine]


class Difference(BaseModel):
    people: list[PeopleDifference]
    areas: list[AreaDifference]
    shortfalls: ShortfallDifference


class Comparison(BaseModel):
    first: WhatIfChange
    second: WhatIfChange
    difference: Difference
