"""Appraisals, scores with their rows, appeals, satisfaction."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kezhong.office.supervision.values import clean_text

Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True), AfterValidator(clean_text)]
Must = Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=2000)]
Word = Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=60)]
Period = Annotated[str, StringConstraints(min_length=4, max_length=10)]


class AppraisalWanted(BaseModel):
    """An appraisal to be opened: by the city's rules, by the id of a shipped rule set, or by a whole one."""

    model_config = ConfigDict(extra="forbid")

    programme_id: int = Field(ge=1, le=2**62)
    period: Period = Field(description="2026 or 2026H2")
    rules: Word | dict[str, Any] | None = None


class Publication(BaseModel):
    """Until when comments are taken; by default the rules' working days."""

    model_config = ConfigDict(extra="forbid")

    due_on: date | None = None


class VetoWanted(BaseModel):
    """A veto with its grounds; an empty reason takes it back."""

    model_config = ConfigDict(extra="forbid")

    veto: Word
    reason: Text = ""


class AppealWanted(BaseModel):
    """Why the score is wrong."""

    model_config = ConfigDict(extra="forbid")

    text: Must


class Decision(BaseModel):
    """A step of an appeal."""

    model_config = ConfigDict(extra="forbid")

    step: Literal["take_up", "uphold", "dismiss", "correct", "review_again"]
    reason: Text = ""
    due: date | None = None
    share: float | None = Field(default=None, allow_inf_nan=False, description="with correct: the share, 0 to 1")


class CorrectionWanted(BaseModel):
    """The share that a final result should have found for an item, and on what that rests."""

    model_config = ConfigDict(extra="forbid")

    share: float = Field(ge=0, le=1, allow_inf_nan=False)
    reason: Must


class Withdrawal(BaseModel):
    """Why something is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Text = ""


class SurveyWanted(BaseModel):
    """A survey of residents' satisfaction."""

    model_config = ConfigDict(extra="forbid")

    area_code: Word
    period: Period
    asked: int = Field(ge=0, le=10_000_000)
    satisfied: int = Field(ge=0, le=10_000_000)
    method: Must
    source: Must
    note: Text = ""


class ItemOut(BaseModel):
    id: str
    zh: str
    en: str
    weight: float
    full_at: float
    measure: str
    measure_zh: str
    measure_en: str
    parameters: dict[str, Any]


class GroupOut(BaseModel):
    id: str
    zh: str
    en: str
    items: list[ItemOut]


class RulesOut(BaseModel):
    id: str
    zh: str
    en: str
    proposal: bool = Field(description="no document prescribes them: 建议值")
    comment_days: int
    groups: list[GroupOut]
    vetoes: list[dict[str, str]]
    document: str = Field(description="what prescribes them; empty where nothing does")


class MeasureOut(BaseModel):
    id: str
    zh: str
    en: str
    parameters: dict[str, float] = Field(description="with their defaults")


class RulesInUse(BaseModel):
    id: int
    period_zh: str
    state: str


class RulesInForce(BaseModel):
    """The rules for the next appraisal; ``version`` 0 where the shipped ones hold."""

    version: int
    own: bool
    rules: RulesOut
    measures: list[MeasureOut]
    in_use: list[RulesInUse] = Field(description="appraisals under way, which keep the rules they were opened with")
    may_write: bool


class ItemWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Word
    zh: Word
    en: Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=120)]
    weight: float = Field(gt=0, le=1000, allow_inf_nan=False)
    full_at: float = Field(default=1, gt=0, le=1, allow_inf_nan=False)
    measure: Word
    parameters: dict[str, Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]] = Field(
        default_factory=dict, max_length=10
    )


class GroupWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Literal["district", "department"]
    zh: Word
    en: Word
    items: list[ItemWanted] = Field(min_length=1, max_length=40)


class VetoRule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Word
    zh: Word
    en: Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=120)]


class RulesWanted(BaseModel):
    """The city's own rules."""

    model_config = ConfigDict(extra="forbid")

    zh: Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=200)]
    en: Annotated[str, AfterValidator(clean_text), StringConstraints(min_length=1, max_length=200)]
    proposal: bool
    document: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(clean_text)] = ""
    comment_days: int = Field(ge=0, le=100)
    groups: list[GroupWanted] = Field(min_length=1, max_length=2)
    vetoes: list[VetoRule] = Field(default_factory=list, max_length=20)
    reason: Text = ""


class RulesList(BaseModel):
    items: list[RulesOut]


class AppraisalOut(BaseModel):
    id: int
    version: int
    kind: Literal["appraisal"]
    appraisal_kind: str
    programme_id: int
    programme: str
    period: str
    period_zh: str
    state: str
    rules_id: str
    rules_zh: str
    proposal: bool
    published_at: str | None
    final_at: str | None
    allowed: list[str] = Field(description="compute, publish, finalise: what the caller may do now")


class AppraisalList(BaseModel):
    items: list[AppraisalOut]
    next_cursor: str | None


class ScoreCell(BaseModel):
    id: int
    item: str
    name: str
    weight: float
    effective_weight: float | None
    value: float | None
    score: float | None
    status: str
    appealed: bool


class CorrectionOut(BaseModel):
    """A correction of a score: figures before and after, who, when and why."""

    score_id: int
    item: str
    at: str
    unit: str = Field(description="the unit that corrected it")
    person: str = Field(description="empty for those whose business the rows behind the score are not")
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    final: bool = Field(description="the result was final already")


class AppraisedUnit(BaseModel):
    """A line of the table: one unit with the scores of its items."""

    id: int
    version: int
    org_id: int
    name: str
    group: str
    state: str
    total: float | None
    measured_weight: float | None
    vetoes: list[dict[str, Any]]
    due_on: str | None
    open_to_caller: bool = Field(description="whether the caller may see the rows behind the scores")
    scores: list[ScoreCell]
    corrections: list[CorrectionOut]


class AppealOut(BaseModel):
    id: int
    version: int
    score_id: int
    item: str
    unit: str
    text: str
    state: str
    decision: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    due_on: str | None
    at: str
    decided_at: str | None
    allowed: list[dict[str, Any]]
    course: list[dict[str, Any]]


class AppraisalDetail(AppraisalOut):
    rules: RulesOut
    units: list[AppraisedUnit]
    hidden: bool = Field(description="not published yet: the caller sees no scores")
    appeals: list[AppealOut]
    may_veto: bool


class ScoreOut(ScoreCell):
    """A score with what it was counted from."""

    version: int
    kind: Literal["appraisal_score"]
    unit: str
    unit_state: str
    appraisal_id: int
    numerator: float | None
    denominator: float | None
    details: dict[str, Any]
    corrected_from: float | None
    correction: str
    rows: list[dict[str, Any]]
    appeals: list[AppealOut]
    corrections: list[CorrectionOut]
    may_appeal: bool
    may_correct: bool = Field(description="the result is final, and the caller may correct it")


class ScoreDifference(BaseModel):
    score_id: int
    item: str
    field: str
    file: float | str | None
    kept: float | str | None


class ScoreComparison(BaseModel):
    """What a score sheet says otherwise than what is kept; empty: they are equal."""

    scores: int
    differences: list[ScoreDifference]


class SurveyOut(BaseModel):
    id: int
    kind: Literal["satisfaction"]
    area_code: str
    area: str
    period: str
    asked: int
    satisfied: int
    share: float
    low: float
    high: float
    method: str
    source: str
    note: str
    withdrawn_at: str | None


class SurveyList(BaseModel):
    items: list[SurveyOut]
    next_cursor: str | None
