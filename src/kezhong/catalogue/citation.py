"""Evidence: where a figure comes from and how sure that is."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

PROPOSAL_ZH = "建议值(待核)"
PROPOSAL_EN = "proposal (to be checked)"


class Record(BaseModel):
    """An immutable entry of the catalogue; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(StrEnum):
    """How sure a figure is."""

    FOUND = "found"  # figure and clause seen in a public source
    PARTLY_FOUND = "partly_found"  # the item was seen, the figure was not
    MEMORY = "memory"  # from professional memory
    PROPOSAL = "proposal"  # this project's own proposal


class Named(Record):
    """Something with a name in both languages."""

    id: str
    zh: str
    en: str


class Citation(Record):
    """Where a figure comes from."""

    document: str  # id of a Document
    clause: str = ""  # empty: not seen, the figure is a proposal
    clause_en: str = ""
    evidence: Evidence
    note: str = ""

    @property
    def normative(self) -> bool:
        """Whether the figure may be credited to its document: clause known and figure found."""
        return bool(self.clause) and self.evidence is Evidence.FOUND
