"""What travels on the wire: response models of ``/api/v1``, from which the typed client of the web is generated.

Bodies are prepared as bytes and sent as they are (see :mod:`kezhong.server.etag`); these models declare their form
and the tests hold every body against them. Numbers are raw: shares 0–1, metres, minutes. ``null`` means that there is
no value, never zero.
"""

from __future__ import annotations

from kezhong.server.models.catalogue import (
    BasisOut,
    CatalogueOut,
    CircleOut,
    DocumentOut,
    ElementOut,
    RequirementOut,
    ThresholdOut,
    WalkerOut,
)
from kezhong.server.models.city import (
    CityInfo,
    Counts,
    Quality,
    QualityCheck,
    SnapshotInfo,
)
from kezhong.server.models.common import (
    Bilingual,
    ErrorBody,
    ErrorEnvelope,
    Health,
    NamedItem,
    Session,
)
from kezhong.server.models.explanation import (
    ExplainedArea,
    ExplainedElement,
    ExplainedFacility,
    ExplainedRequirement,
    ExplainedUnit,
    Explanation,
)
from kezhong.server.models.runs import (
    AreaCollection,
    AreaFeature,
    AreaProperties,
    Cells,
    Coverage,
    CoverageRow,
    CoverageVariant,
    FacilityCollection,
    FacilityFeature,
    FacilityProperties,
    Failing,
    Geometry,
    ResolvedRun,
    RunDetail,
    RunList,
    RunSummary,
    RunTotals,
)
from kezhong.server.models.shortfalls import (
    Facets,
    ShortfallDetail,
    ShortfallPage,
    ShortfallRow,
)
from kezhong.server.models.work import (
    Hit,
    Hits,
    JobList,
    JobOut,
    JobRequest,
    JobResult,
)

__all__ = [
    "AreaCollection",
    "AreaFeature",
    "AreaProperties",
    "BasisOut",
    "Bilingual",
    "CatalogueOut",
    "Cells",
    "CircleOut",
    "CityInfo",
    "Counts",
    "Coverage",
    "CoverageRow",
    "CoverageVariant",
    "DocumentOut",
    "ElementOut",
    "ErrorBody",
    "ErrorEnvelope",
    "ExplainedArea",
    "ExplainedElement",
    "ExplainedFacility",
    "ExplainedRequirement",
    "ExplainedUnit",
    "Explanation",
    "Facets",
    "FacilityCollection",
    "FacilityFeature",
    "FacilityProperties",
    "Failing",
    "Geometry",
    "Health",
    "Hit",
    "Hits",
    "JobList",
    "JobOut",
    "JobRequest",
    "JobResult",
    "NamedItem",
    "Quality",
    "QualityCheck",
    "RequirementOut",
    "ResolvedRun",
    "RunDetail",
    "RunList",
    "RunSummary",
    "RunTotals",
    "Session",
    "ShortfallDetail",
    "ShortfallPage",
    "ShortfallRow",
    "SnapshotInfo",
    "ThresholdOut",
    "WalkerOut",
]
