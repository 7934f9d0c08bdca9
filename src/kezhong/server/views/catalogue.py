"""The catalogue and the bases, as the web needs them."""

from __future__ import annotations

from typing import Any

from kezhong.catalogue import Basis, Requirement, clause_text, load_basis, load_catalogue, requirement_text
from kezhong.catalogue.overlay import FILE as OVERLAY
from kezhong.city.vocabulary import AGE_GROUPS
from kezhong.city.workspace import City
from kezhong.server.etag import Prepared
from kezhong.server.state import ServerState

_AGE_NAMES = {
    "all": ("全体居民", "all residents"),
    "age_0_2": ("0–2 岁", "0–2 years"),
    "age_3_5": ("3–5 岁", "3–5 years"),
    "age_6_11": ("6–11 岁", "6–11 years"),
    "age_12_14": ("12–14 岁", "12–14 years"),
    "age_15_59": ("15–59 岁", "15–59 years"),
    "children": ("儿童（0–14 岁）", "children (0–14)"),
    "elderly": ("老年人（60 岁及以上）", "older people (60 and over)"),
    "elderly_70": ("70 岁及以上", "70 and over"),
    "elderly_80": ("80 岁及以上", "80 and over"),
}


def catalogue() -> dict[str, Any]:
    """The body of ``GET /catalogue``."""
    book = load_catalogue()
    return {
        "circles": [
            {**_named(circle), "lead_department": _department(circle.lead_department)}
            for circle in book.circles.values()
        ],
        "aspects": [_named(entry) for entry in book.aspects.values()],
        "tiers": [_named(entry) for entry in book.tiers.values()],
        "levels": [_named(entry) for entry in book.levels.values()],
        "elements": [
            {
                **_named(element),
                "circle": element.circle.value,
                "also_circles": [circle.value for circle in element.also_circles],
                "aspect": element.aspect.value,
                "tier": element.tier.value,
                "level": element.level.value,
                "kind": element.kind.value,
                "age_group": element.age_group,
                "capacity_unit": element.capacity_unit,
            }
            for element in book.elements.values()
        ],
        "age_groups": [{"id": group, "zh": zh, "en": en} for group, (zh, en) in _AGE_NAMES.items()],
        "walkers": [{**_named(walker), "m_per_min": walker.m_per_min} for walker in book.walkers.values()],
        "remedies": [_named(entry) for entry in sorted(book.remedies.values(), key=lambda entry: entry.order)],
    }


def prepared_bases(state: ServerState) -> Prepared:
    """The body of ``GET /bases``; made anew when a file of the city's overlays changed."""
    city = state.city()
    overlay = city.folder / OVERLAY
    stamp = overlay.stat().st_mtime_ns if overlay.is_file() else None
    return state.bodies.get(("bases", stamp), lambda: [basis_body(basis_of(city, name)) for name in basis_names()])


def basis_names() -> list[str]:
    """Ids of the bases, in the catalogue's order."""
    return list(load_catalogue().bases)


def basis_of(city: City, basis_id: str) -> Basis:
    """A basis with the city's overlay, or :class:`NotFoundError`."""
    return load_basis(basis_id, city.folder)


def basis_body(basis: Basis) -> dict[str, Any]:
    """One basis with its requirements."""
    document = load_catalogue().document(basis.document, basis)
    return {
        **_named(basis),
        "version": basis.version,
        "scope_zh": basis.scope_zh,
        "scope_en": basis.scope_en,
        "document": {**_named(document), "number": document.number, "nature": document.nature},
        "pass_share": basis.pass_share,
        "required": list(basis.required),
        "requirements": [requirement_body(basis, rule) for rule in basis.requirements],
    }


def requirement_body(basis: Basis, rule: Requirement) -> dict[str, Any]:
    """One requirement: what it asks, and by which clause."""
    cite = rule.threshold.cite if rule.threshold else next(iter(rule.citations), None)
    return {
        "id": rule.id,
        "element": rule.element,
        "any_of": list(rule.any_of),
        "status": rule.status,
        "community_types": list(rule.community_types),
        "threshold": {"value": rule.threshold.value, "unit": rule.threshold.unit} if rule.threshold else None,
        "clause": {"zh": clause_text(cite, "zh", basis), "en": clause_text(cite, "en", basis)},
        "evidence": cite.evidence.value if cite else "proposal",
        "normative": bool(cite and cite.normative),
        "text": {"zh": requirement_text(rule, "zh"), "en": requirement_text(rule, "en")},
    }


def requirement_for(basis: Basis, element: str) -> dict[str, Any] | None:
    """What the basis asks of an element, the strictest status first; ``None``: nothing."""
    order = ("required", "conditional", "recommended", "optional")
    rules = sorted(
        (rule for rule in basis.requirements if rule.element == element), key=lambda r: order.index(r.status)
    )
    return requirement_body(basis, rules[0]) if rules else None


def _named(entry: Any) -> dict[str, str]:
    return {"id": str(entry.id), "zh": entry.zh, "en": entry.en}


def _department(department: str) -> dict[str, str]:
    book = load_catalogue()
    return {"zh": book.department_name(department, "zh"), "en": book.department_name(department, "en")}


if set(_AGE_NAMES) != set(AGE_GROUPS):
    msg = "every age group needs a name"
    raise RuntimeError(msg)
