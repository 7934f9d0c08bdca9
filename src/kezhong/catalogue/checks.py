"""Cross-checks of the catalogue: what types alone cannot say.

:func:`problems` lists everything wrong; :func:`validate` raises on the first. An overlay goes through the same checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kezhong.catalogue.book import Catalogue
from kezhong.catalogue.load import load_catalogue
from kezhong.catalogue.model import (
    AGE_GROUP_IDS,
    COMMUNITY_TYPE_IDS,
    REMEDY_IDS,
    Basis,
    CircleId,
    Citation,
    Element,
    Evidence,
    Kind,
    LevelId,
    Requirement,
)
from kezhong.errors import InputError

#: Required elements for one community type, overlay included: a gate of many more lets no circle pass anywhere. The
#: shipped bases keep to 20.
MAX_REQUIRED = 22
_LEVEL_ORDER = (LevelId.BLOCK, LevelId.L5, LevelId.L10, LevelId.L15, LevelId.DISTRICT)


def validate(catalogue: Catalogue | None = None) -> None:
    """Raise :class:`InputError` with the first problem of the catalogue (default: the shipped one)."""
    found = problems(catalogue)
    if found:
        raise InputError("catalogue.invalid", problem=found[0], count=len(found))


def problems(catalogue: Catalogue | None = None) -> list[str]:
    """Everything wrong with the catalogue, one sentence each; empty where it is sound."""
    if catalogue is None:
        catalogue = load_catalogue()
    return [
        *_list_problems(catalogue),
        *(text for element in catalogue.elements.values() for text in _element_problems(catalogue, element)),
        *(text for basis in catalogue.bases.values() for text in basis_problems(catalogue, basis)),
    ]


def basis_problems(catalogue: Catalogue, basis: Basis) -> list[str]:
    """Everything wrong with one basis, its overlay included."""
    return list(_basis_problems(catalogue, basis))


def _list_problems(catalogue: Catalogue) -> Iterator[str]:
    if tuple(catalogue.circles) != tuple(CircleId):
        yield "circles.yaml does not hold the eight circles in the plan's order"
    for circle in catalogue.circles.values():
        if circle.lead_department not in catalogue.departments:
            yield f"circle {circle.id}: unknown department {circle.lead_department}"
    if tuple(catalogue.remedies) != REMEDY_IDS:
        yield "remedies.yaml does not hold the six remedies, least building first"
    if [remedy.order for remedy in catalogue.remedies.values()] != list(range(1, len(REMEDY_IDS) + 1)):
        yield "remedies.yaml: orders are not 1 to 6"
    if tuple(catalogue.levels) != tuple(level for level in catalogue.levels if level in tuple(LevelId)):
        yield "levels.yaml holds an unknown level"
    yield from _walker_problems(catalogue)
    names = Counter(element.zh for element in catalogue.elements.values())
    for name, count in names.items():
        if count > 1:
            yield f"{count} elements are called {name}"


def _walker_problems(catalogue: Catalogue) -> Iterator[str]:
    for walker in catalogue.walkers.values():
        for cite in walker.citations:
            yield from _cite_problems(catalogue, cite, f"walker {walker.id}", None)
        for alias in walker.aliases:
            if alias in catalogue.walkers:
                yield f"walker {walker.id}: {alias} is a walker of its own"
        for group in walker.age_groups:
            if group not in AGE_GROUP_IDS:
                yield f"walker {walker.id}: unknown age group {group}"
    for cite in (catalogue.crossings.cite, catalogue.crossings.roads_cite):
        yield from _cite_problems(catalogue, cite, "crossings", None)


def _element_problems(catalogue: Catalogue, element: Element) -> Iterator[str]:
    where = f"element {element.id}"
    for department in (element.lead_department, element.responsible_department):
        known = catalogue.departments.get(department)
        if known is None:
            yield f"{where}: unknown department {department}"
        elif known.until:
            yield f"{where}: department {department} ended in {known.until}"
    if element.lead_department != catalogue.circles[element.circle].lead_department:
        yield f"{where}: its lead department is not its circle's"
    if element.circle in element.also_circles:
        yield f"{where}: also_circles repeats its circle"
    if element.age_group not in AGE_GROUP_IDS:
        yield f"{where}: unknown age group {element.age_group}"
    if element.capacity_unit not in ("", "places", "beds", "classes", "spaces"):
        yield f"{where}: unknown capacity unit {element.capacity_unit}"
    if not element.functions:
        yield f"{where}: no function"
    for indicator in element.indicators:
        if indicator not in catalogue.indicators:
            yield f"{where}: unknown indicator {indicator}"
        elif element.kind not in catalogue.indicators[indicator].kinds:
            yield f"{where}: indicator {indicator} does not apply to its kind"
    positions = [REMEDY_IDS.index(remedy) for remedy in element.remedies if remedy in REMEDY_IDS]
    if len(positions) != len(element.remedies) or not positions:
        yield f"{where}: unknown remedy, or none"
    elif positions != sorted(set(positions)):
        yield f"{where}: remedies are not least building first"
    yield from _source_problems(element, where)


def _source_problems(element: Element, where: str) -> Iterator[str]:
    """Whether the sources an element names are those it can be recognised in."""
    if element.kind is Kind.RATIO and not element.ratio_metric:
        yield f"{where}: a ledger ratio without its metric"
    if "amap" in element.data_from and not (element.amap.types or element.amap.keywords):
        yield f"{where}: comes from Amap, but nothing says how it is recognised there"
    if element.osm and "osm" not in element.data_from:
        yield f"{where}: has OSM tags, but does not come from OSM"
    for code in element.amap.types:
        if len(code) != 6 or not code.isdigit():
            yield f"{where}: {code} is no Amap code of six digits"
    for tags in element.osm:
        if not tags.all or any(not value for value in tags.all.values()):
            yield f"{where}: an OSM rule without conditions"
        if tags.all.get("amenity") is None and "social_facility" in tags.all:
            yield f"{where}: social_facility needs amenity=social_facility"
        low, high = tags.area_m2
        if low is not None and high is not None and low >= high:
            yield f"{where}: an empty range of areas"


def _basis_problems(catalogue: Catalogue, basis: Basis) -> Iterator[str]:
    where = f"basis {basis.id}"
    documents = {document.id for document in basis.documents} | set(catalogue.documents)
    if basis.document not in documents:
        yield f"{where}: unknown document {basis.document}"
    yield from _cite_problems(catalogue, basis.pass_share_cite, where, basis)
    yield from _cite_problems(catalogue, basis.weights.cite, where, basis)
    weights = basis.weights
    if abs(weights.content_scale + weights.coverage + weights.efficiency + weights.quality - 1.0) > 1e-9:
        yield f"{where}: weights do not add up to 1"
    if not 0 < basis.pass_share <= 1:
        yield f"{where}: pass share {basis.pass_share:g} is no share"
    if [grade.min_score for grade in basis.grades] != sorted((g.min_score for g in basis.grades), reverse=True):
        yield f"{where}: grades do not go from the best to the worst"
    for name, count in Counter(rule.id for rule in basis.requirements).items():
        if count > 1:
            yield f"{where}: requirement {name} occurs {count} times"
    for kind in COMMUNITY_TYPE_IDS:
        required = {rule.element for rule in basis.requirements_for(kind) if rule.status == "required"}
        if len(required) > MAX_REQUIRED:
            yield f"{where}: {len(required)} required elements for {kind}, at most {MAX_REQUIRED}"
    for rule in basis.requirements:
        yield from _rule_problems(catalogue, basis, rule)
    counted = {rule.examination_count for rule in basis.requirements if rule.examination_count}
    odd = sorted(counted ^ set(basis.examination_counts))
    if odd:
        yield f"{where}: examination counts and requirements do not fit: {odd}"


def _rule_problems(catalogue: Catalogue, basis: Basis, rule: Requirement) -> Iterator[str]:
    where = f"{basis.id}/{rule.id}"
    for element in (*rule.elements, *rule.any_of_count):
        if element not in catalogue.elements:
            yield f"{where}: unknown element {element}"
            return
    if len(set(rule.elements)) != len(rule.elements):
        yield f"{where}: an element is its own substitute"
    if not set(rule.any_of_count) <= set(rule.any_of):
        yield f"{where}: any_of_count names what any_of does not"
    for kind in (*rule.community_types, *(rule.required_if.community_types if rule.required_if else ())):
        if kind not in COMMUNITY_TYPE_IDS:
            yield f"{where}: unknown community type {kind}"
    for cite in rule.citations:
        yield from _cite_problems(catalogue, cite, where, basis)
    if rule.in_district and rule.threshold:
        yield f"{where}: what counts in the district has no radius"
    if rule.status == "required" and not (rule.threshold or rule.scales):
        yield f"{where}: required, but nothing is asked for that could be tested"
    if rule.pass_share is not None and not 0 < rule.pass_share <= 1:
        yield f"{where}: pass share {rule.pass_share:g} is no share"
    yield from _condition_problems(basis, rule, where)
    yield from _scale_problems(catalogue, rule, where)
    if basis.non_inclusive:
        yield from _level_problems(catalogue, rule, where)


def _condition_problems(basis: Basis, rule: Requirement, where: str) -> Iterator[str]:
    other = rule.required_if.unless_reached if rule.required_if else None
    if other is None:
        return
    if not any(one.element == other and one.threshold for one in basis.requirements):
        yield f"{where}: depends on the reach of {other}, for which the basis states no threshold"


def _scale_problems(catalogue: Catalogue, rule: Requirement, where: str) -> Iterator[str]:
    element = catalogue.elements[rule.element]
    if rule.threshold and element.kind not in (Kind.POINT, Kind.AREA):
        yield f"{where}: a {element.kind.value} has no walking threshold"
    for scale in rule.scales:
        if scale.maximum is not None and scale.maximum < scale.minimum:
            yield f"{where}: maximum below minimum"
        if scale.metric == "ratio" and not element.ratio_metric:
            yield f"{where}: {element.id} has no ledger ratio"
        if scale.metric == "capacity" and not element.capacity_unit:
            yield f"{where}: {element.id} has no capacity"
        if scale.metric == "capacity" and scale.unit != element.capacity_unit:
            yield f"{where}: capacity in {scale.unit}, the element's is in {element.capacity_unit}"


def _level_problems(catalogue: Catalogue, rule: Requirement, where: str) -> Iterator[str]:
    """Where upper levels do not replace lower ones, an upper level's element is no substitute."""
    mine = rule.level or catalogue.elements[rule.element].level
    for other in rule.any_of:
        theirs = catalogue.elements[other].level
        if mine in _LEVEL_ORDER and theirs in _LEVEL_ORDER and _LEVEL_ORDER.index(theirs) > _LEVEL_ORDER.index(mine):
            yield f"{where}: {other} of an upper level cannot replace {rule.element}"


def _cite_problems(catalogue: Catalogue, cite: Citation, where: str, basis: Basis | None) -> Iterator[str]:
    own = {document.id for document in basis.documents} if basis else set()
    if cite.document not in catalogue.documents and cite.document not in own:
        yield f"{where}: unknown document {cite.document}"
    if cite.evidence is Evidence.FOUND and not cite.clause:
        yield f"{where}: a figure marked found without its clause"
    if cite.evidence is not Evidence.FOUND and cite.clause:
        yield f"{where}: a clause for a figure that was not found in it"
