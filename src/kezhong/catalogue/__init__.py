"""The catalogue of service elements (服务要素) and of bases (口径集), as typed, validated data."""

from __future__ import annotations

from collections.abc import Mapping

from kezhong.catalogue import matching
from kezhong.catalogue.book import Catalogue, ConflictRow, Difference, basis_differences, conflict_rows, disagree
from kezhong.catalogue.checks import problems, validate
from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.model import (
    AGE_GROUP_IDS,
    COMMUNITY_TYPE_IDS,
    PROPOSAL_EN,
    PROPOSAL_ZH,
    Basis,
    Citation,
    Element,
    Evidence,
    Requirement,
    Scale,
    Threshold,
    Walker,
)
from kezhong.catalogue.overlay import load_basis
from kezhong.catalogue.wording import clause_text, requirement_text, source_text

__all__ = [
    "AGE_GROUP_IDS",
    "COMMUNITY_TYPE_IDS",
    "PROPOSAL_EN",
    "PROPOSAL_ZH",
    "Basis",
    "Catalogue",
    "Citation",
    "ConflictRow",
    "Difference",
    "Element",
    "Evidence",
    "Requirement",
    "Scale",
    "Threshold",
    "Walker",
    "clause_text",
    "conflicts",
    "diff",
    "disagree",
    "load_basis",
    "load_catalogue",
    "match_amap",
    "match_osm",
    "osm_keys",
    "problems",
    "requirement_text",
    "source_text",
    "validate",
]


def match_osm(tags: Mapping[str, str], area_m2: float | None = None) -> tuple[str, ...]:
    """Ids of the elements an OpenStreetMap object is, in the catalogue's order; usually none or one.

    Parameters
    ----------
    tags
        The object's tags.
    area_m2
        Area of its polygon; ``None`` for points and where it is unknown.
    """
    return load_catalogue().osm_index.match(tags, area_m2)


def osm_keys() -> frozenset[str]:
    """Tag keys worth looking at: an object with none of them is no element."""
    return load_catalogue().osm_index.keys


def match_amap(type_code: str, name: str) -> tuple[str, ...]:
    """Ids of the elements an Amap record is, by type code or name; see :func:`matching.match_amap`."""
    return matching.match_amap(load_catalogue().elements.values(), type_code, name)


def conflicts(element_id: str) -> list[ConflictRow]:
    """What each basis states for an element, side by side, never merged; :func:`disagree` tells whether they differ."""
    return conflict_rows(load_catalogue(), element_id)


def diff(before: str | Basis, after: str | Basis) -> list[Difference]:
    """Requirements in which two bases differ (by id, or given, e.g. one with its overlay)."""
    catalogue = load_catalogue()
    first = before if isinstance(before, Basis) else catalogue.basis(before)
    second = after if isinstance(after, Basis) else catalogue.basis(after)
    return basis_differences(first, second)
