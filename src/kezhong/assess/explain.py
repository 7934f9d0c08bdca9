"""Explanation: one figure followed to its source rows, clause, parameters and versions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.journey import walk
from kezhong.assess.reach import UNREACHED, limit_dm
from kezhong.assess.reasons import REACH_CODES, REACH_REASONS, REASONS, Words
from kezhong.assess.streets import lonlat, project
from kezhong.assess.study import STANDARD, assessed_points
from kezhong.assess.wording import CERTAINTY, Finding, citation_text, people_text, share_text
from kezhong.catalogue import conflicts, requirement_text, source_text
from kezhong.catalogue.model import Citation, Element, Requirement
from kezhong.city.vocabulary import AGE_GROUPS, FigureStatus
from kezhong.errors import NotFoundError

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment

_STATUS: dict[str, tuple[str, str]] = {
    "meets": ("达到", "met"),
    "falls_short": ("未达到", "not met"),
    "informative": ("仅列数值", "for information"),
    "data_insufficient": ("数据不足", "data insufficient"),
    "not_detected": ("未检出", "not detected"),
    "no_data": ("无数据", "no data"),
    "confirmed_absent": ("确无", "confirmed absent"),
    "not_applicable": ("不适用", "not applicable"),
}
#: Farthest a demand unit may be from a position that is asked for (metres).
POINT_M = 2000.0
#: Indicators that the page of text shows; the JSON form holds all.
_SHOWN = ("coverage", "lived_access", "nearest_m", "facilities", "capacity", "capacity_per_1000", "requirement_met")
SHOWN_FACILITIES = 5
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one verdict; :meth:`to_dict` is what the API sends."""

    area: dict[str, Any]
    element: dict[str, Any]
    verdict_zh: str
    verdict_en: str
    status: str
    status_zh: str
    status_en: str
    reason_zh: str
    reason_en: str
    figures: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    people: dict[str, Any]
    unit: dict[str, Any] | None
    facility: dict[str, Any] | None
    facilities: list[dict[str, Any]]
    route: dict[str, Any] | None
    steps: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    verification: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    certainty: dict[str, str]
    parameters: dict[str, Any]
    versions: dict[str, Any]
    shortfall_id: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        found: dict[str, Any] = _json(asdict(self))
        return found

    def text(self, language: str = "zh") -> str:
        """A page of text for the terminal."""
        return _page(self, zh=language == "zh")


class Explainer:
    """Answers questions about one assessment; keeps what several answers share."""

    def __init__(self, assessment: Assessment) -> None:
        self.found = assessment
        self.city = assessment.city
        self.run = assessment.run

    # ---- questions -------------------------------------------------------------------------------------

    def area(self, area: str, element: str) -> Explanation:
        """Explain one element in one area."""
        item = self.found.catalogue.element(element)
        code = self._code(area)
        units = np.flatnonzero(self._members(code))
        rule = self._rule(item, code)
        return self._explain(code, item, rule, self._typical(units, rule, item))

    def point(self, lon: float, lat: float, element: str) -> Explanation:
        """Explain one element for the demand unit nearest to a position."""
        item = self.found.catalogue.element(element)
        crs = self.city.config.crs
        where = f"{lon:.5f}, {lat:.5f}"
        if not len(self._xy):
            raise NotFoundError("assess.no_demand_point", value=where)
        metres = np.hypot(*(self._xy - project(np.array([[lon, lat]]), crs)).T)
        unit = int(np.argmin(metres))
        if metres[unit] > POINT_M:
            raise NotFoundError("assess.no_demand_point", value=where)
        community = self.city.geo("demand")["community_code"].iloc[unit]
        code = self._code(str(community)) if not pd.isna(community) else self._city_code
        return self._explain(code, item, self._rule(item, code), unit)

    # ---- parts -----------------------------------------------------------------------------------------

    @cached_property
    def _city_code(self) -> str:
        grades = self.found.grades
        return str(grades.loc[grades["area_level"] == "city", "area_code"].iloc[0])

    @cached_property
    def _xy(self) -> npt.NDArray[np.float64]:
        return project(lonlat(self.city.geo("demand")), self.city.config.crs)

    def _code(self, area: str) -> str:
        known = set(self.found.grades["area_code"].astype(str))
        code = area if area in known else self.city.areas.find(area)
        if code not in known:
            raise NotFoundError("assess.not_in_area", value=area, expected=", ".join(self.found.levels))
        return code

    def _members(self, code: str) -> npt.NDArray[np.bool_]:
        """Demand units of an area."""
        demand = self.city.geo("demand")
        if code == self._city_code:
            return np.ones(len(demand), dtype=bool)
        tree = self.city.areas
        communities = tree.communities_in(code)
        if communities:
            return np.asarray(demand["community_code"].isin(communities).to_numpy(dtype=bool))
        located = tree.locate(np.asarray(demand.geometry.array), tree.level[code])
        return np.asarray(located == code, dtype=bool)

    def _rule(self, item: Element, code: str) -> Requirement | None:
        """The requirement of the basis on this element that was tested in the area; its own before a substitute's."""
        rules = [rule for rule in self.found.basis.requirements if item.id in rule.elements]
        rules.sort(key=lambda rule: rule.element != item.id)
        kind = self.city.areas.community_type.get(code) if code in self.city.areas.parent else None
        tested = set(self._rows(code, item.id)["requirement_id"].astype(str))
        for rule in rules:
            if rule.id in tested and rule.applies_to(kind):
                return rule
        return next((rule for rule in rules if rule.id in tested), rules[0] if rules else None)

    @cached_property
    def _positions(self) -> dict[str, Any]:
        return dict(self.found.figures.groupby("element", observed=True, sort=False).indices)

    def _rows(self, code: str, element: str) -> pd.DataFrame:
        rows = self.found.figures.iloc[self._positions.get(element, [])]
        return rows[rows["area_code"] == code]

    def _nearest(self, rule: Requirement | None, item: Element) -> tuple[Any, Any, Any]:
        """Decimetres, facility row and walker's deciseconds per unit, the least over the elements that count."""
        elements = [e for e in (rule.elements if rule else (item.id,)) if e in self.run.elements]
        rows = [self.run.elements.index(element) for element in elements]
        n = len(self._xy)
        if not rows:
            return np.full(n, UNREACHED, np.uint32), np.full(n, -1), np.full(n, UNREACHED, np.uint32)
        dm = np.asarray(self.run.array("nearest_dm")[rows])
        best = dm.argmin(axis=0)
        at = np.arange(n)
        which = np.asarray(self.run.array("nearest_facility")[rows])[best, at]
        return dm[best, at], which, np.asarray(self.run.array("walker_ds")[rows]).min(axis=0)

    def _typical(self, units: npt.NDArray[np.intp], rule: Requirement | None, item: Element) -> int | None:
        """The unit that stands for an area: of those beyond the threshold the one with most people, else of all."""
        if not len(units):
            return None
        people = self.city.geo("demand")["people"].to_numpy(dtype=np.float64)
        beyond = units[self._nearest(rule, item)[0][units] > self._limit(rule)]
        chosen = beyond if len(beyond) else units
        return int(chosen[int(np.argmax(people[chosen]))])

    def _limit(self, rule: Requirement | None) -> int:
        if rule is None or rule.threshold is None:
            return UNREACHED - 1
        pace = self.found.catalogue.walker(STANDARD).m_per_min
        return limit_dm(rule.threshold.value, rule.threshold.unit, pace)

    @cached_property
    def _points(self) -> Any:
        return assessed_points(self.city, self.found.catalogue, self.run.manifest["window"])

    def _explain(self, code: str, item: Element, rule: Requirement | None, unit: int | None) -> Explanation:
        rows = self._rows(code, item.id) if rule is None else self._rows(code, rule.element)
        if rule is not None and rule.element != item.id:
            rows = pd.concat([self._rows(code, item.id), rows])
        shortfall = self._shortfall(code, rule)
        status, reason = self._status(rows, rule)
        dm, which, ds = self._nearest(rule, item)
        facility = journey = None
        if unit is not None and which[unit] >= 0:
            facility = self._facility(int(which[unit]), float(dm[unit]) / 10.0, float(ds[unit]) / 600.0)
            journey = walk(self.city, self._points, unit, int(which[unit]))
        verdict = {
            language: self._verdict(language, code, item, rule, rows, shortfall, status, reason)
            for language in ("zh", "en")
        }
        return Explanation(
            area=self._area(code),
            element={"id": item.id, "zh": item.zh, "en": item.en, "kind": item.kind.value, "level": item.level.value},
            verdict_zh=verdict["zh"],
            verdict_en=verdict["en"],
            status=status,
            status_zh=_STATUS[status][0],
            status_en=_STATUS[status][1],
            reason_zh=reason.zh,
            reason_en=reason.en,
            figures=[_figure(row) for row in rows.to_dict("records")],
            requirements=[] if rule is None else [self._requirement(rule)],
            people=self._people(code, item, shortfall),
            unit=None if unit is None else self._unit(unit, dm, ds, item),
            facility=facility,
            facilities=self._present(code, rule, item),
            route=None if journey is None else journey.geojson(),
            steps=[] if journey is None else journey.steps,
            sources=self._sources(unit, facility),
            verification=self._verification(code, rule, item),
            conflicts=[_conflict(row) for row in conflicts(item.id)],
            certainty=self._certainty(code, rule, item, shortfall),
            parameters=self._parameters(),
            versions=self._versions(),
            shortfall_id=None if shortfall is None else str(shortfall["shortfall_id"]),
        )

    def _shortfall(self, code: str, rule: Requirement | None) -> dict[str, Any] | None:
        table = self.found.shortfalls
        if rule is None or not len(table):
            return None
        rows = table[(table["area_code"] == code) & (table["requirement_id"] == rule.id)]
        return None if not len(rows) else dict(rows.iloc[0])

    def _status(self, rows: pd.DataFrame, rule: Requirement | None) -> tuple[str, Words]:
        """Status of the requirement in the area, else of the coverage, else not applicable."""
        if rule is not None:
            met = rows[(rows["indicator"] == "requirement_met") & (rows["requirement_id"] == rule.id)]
            if not len(met):
                met = rows[(rows["indicator"] == "coverage") & (rows["requirement_id"] == rule.id)]
                met = met[met["status"] != FigureStatus.INFORMATIVE.value]
            if len(met):
                return str(met["status"].iloc[0]), REASONS[str(met["reason"].iloc[0])]
            return FigureStatus.NOT_APPLICABLE.value, REASONS["not_required"]
        if len(rows):
            return FigureStatus.INFORMATIVE.value, Words("本口径对该要素无要求", "the basis does not ask for it")
        return FigureStatus.NO_DATA.value, REASONS["no_source"]

    def _verdict(
        self, language: str, code: str, item: Element, rule: Requirement | None, rows: pd.DataFrame,
        shortfall: dict[str, Any] | None, status: str, reason: Words,
    ) -> str:  # fmt: skip
        zh = language == "zh"
        area = self.city.areas.name.get(code, self.city.config.name)
        name = item.zh if zh else item.en
        source = citation_text(_cite(rule), self.found.basis, "zh" if zh else "en") if rule else ""
        if shortfall is not None:
            return _short_sentence(area, shortfall, zh=zh)
        cover = rows[(rows["indicator"] == "coverage") & (rows["status"] == status)] if rule else rows.iloc[:0]
        told = reason.zh if zh else reason.en
        state = _STATUS[status][0 if zh else 1]
        if len(cover) and not pd.isna(cover["value"].iloc[0]) and rule is not None and rule.threshold is not None:
            row = cover.iloc[0]
            limit = f"{rule.threshold.value:g}"
            share = share_text(float(row["value"]))
            if zh:
                unit = "米" if rule.threshold.unit == "m" else "分钟"
                return f"{area}:{name}步行 {limit} {unit}覆盖 {share},{state}。依据:{source}。"
            return f"{area}: {share} within {limit} {rule.threshold.unit} of {name.lower()}, {state}. Source: {source}."
        tail = (f"({told})" if zh else f" ({told})") if told else ""
        end = (f"依据:{source}。" if zh else f" Source: {source}.") if source else ""
        return f"{area}:{name}{state}{tail}。{end}" if zh else f"{area}: {name}, {state}{tail}.{end}"

    def _area(self, code: str) -> dict[str, Any]:
        grades = self.found.grades
        row = grades[grades["area_code"] == code].iloc[0]
        tree = self.city.areas
        return {
            "code": code,
            "name": tree.name.get(code, self.city.config.name),
            "full_name": tree.full_name(code) if code in tree.level else self.city.config.name,
            "level": str(row["area_level"]),
            "community_type": tree.community_type.get(code),
            "grade": str(row["grade"]),
            "people": float(row["people"]),
        }

    def _requirement(self, rule: Requirement) -> dict[str, Any]:
        basis = self.found.basis
        return {
            "id": rule.id,
            "zh": requirement_text(rule),
            "en": requirement_text(rule, "en"),
            "status": rule.status,
            "elements": list(rule.elements),
            "threshold": None
            if rule.threshold is None
            else {"value": rule.threshold.value, "unit": rule.threshold.unit},
            "scales": [scale.model_dump(mode="json", exclude={"cite"}) for scale in rule.scales],
            "pass_share": rule.pass_share or basis.pass_share,
            "clause": citation_text(_cite(rule), basis),
            "clause_en": citation_text(_cite(rule), basis, "en"),
            "evidence": [
                {
                    "zh": source_text(cite, "zh", basis),
                    "en": source_text(cite, "en", basis),
                    "grade": cite.evidence.value,
                    "normative": cite.normative,
                }
                for cite in rule.citations
            ],
            "reason_zh": rule.reason_zh,
            "reason_en": rule.reason_en,
        }

    def _people(self, code: str, item: Element, shortfall: dict[str, Any] | None) -> dict[str, Any]:
        demand = self.city.geo("demand")[self._members(code)]
        group = list(AGE_GROUPS[item.age_group])
        ages = demand[group].sum(axis=1, skipna=False)
        known = bool(ages.notna().all()) and len(demand) > 0
        found: dict[str, Any] = {
            "residents": float(demand["people"].sum()),
            "target_group": item.age_group,
            "target": float(ages.sum()) if known and item.age_group != "all" else None,
            "age_basis": sorted(demand["age_basis"].dropna().unique().tolist()),
        }
        for name in ("people_affected", "children_affected", "elderly_affected", "target_affected", "target_share"):
            found[name] = None if shortfall is None else float(shortfall[name])
        return found

    def _unit(self, unit: int, dm: Any, ds: Any, item: Element) -> dict[str, Any]:
        row = self.city.geo("demand").iloc[unit]
        code = REACH_CODES.index("beyond")
        if item.id in self.run.elements:
            code = int(self.run.array("reason")[self.run.elements.index(item.id)][unit])
        reached = dm[unit] != UNREACHED
        words = REACH_REASONS[REACH_CODES[code]]
        return {
            "demand_id": str(row["demand_id"]),
            "cell_id": str(row["cell_id"]),
            "lon": float(row.geometry.x),
            "lat": float(row.geometry.y),
            "metres": float(dm[unit]) / 10.0 if reached else None,
            "minutes": float(ds[unit]) / 600.0 if ds[unit] != UNREACHED else None,
            "reason": REACH_CODES[0] if reached else REACH_CODES[code],
            "reason_zh": "" if reached else words.zh,
            "reason_en": "" if reached else words.en,
        }

    def _facility(self, row: int, metres: float | None = None, minutes: float | None = None) -> dict[str, Any]:
        point = self._points.iloc[row]
        fields = ("facility_id", "element", "name", "status", "capacity", "capacity_unit", "floor_area_m2",
                  "site_area_m2", "hours", "wheelchair", "source", "source_refs", "source_rows", "as_of")  # fmt: skip
        found = {name: point[name] for name in fields}
        late = minutes if minutes is not None and minutes < UNREACHED / 600.0 else None
        return {
            **found,
            "lon": float(point.geometry.x),
            "lat": float(point.geometry.y),
            "metres": metres,
            "minutes": late,
        }

    def _present(self, code: str, rule: Requirement | None, item: Element) -> list[dict[str, Any]]:
        """The first few facilities of the elements that stand in the area."""
        points = self._points
        elements = rule.elements if rule else (item.id,)
        inside = points["element"].isin(elements).to_numpy(dtype=bool).copy()
        if code != self._city_code:
            tree = self.city.areas
            communities = tree.communities_in(code)
            if communities:
                inside &= points["community_code"].isin(communities).to_numpy(dtype=bool)
            else:
                inside &= np.asarray(
                    tree.locate(np.asarray(points.geometry.array), tree.level[code]) == code, dtype=bool
                )
        return [self._facility(int(row)) for row in np.flatnonzero(inside)[:SHOWN_FACILITIES]]

    def _sources(self, unit: int | None, facility: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Source rows behind the figure: facility and people."""
        found: list[dict[str, Any]] = []
        if facility is not None:
            rows = str(facility["source_rows"]).split(" | ")
            refs = str(facility["source_refs"]).split(" ")
            found.append(
                {"what": "facility", "zh": "设施", "id": facility["facility_id"], "source": facility["source"],
                 "rows": rows, "records": refs, "as_of": facility["as_of"]}
            )  # fmt: skip
        if unit is not None:
            row = self.city.geo("demand").iloc[unit]
            found.append(
                {"what": "people", "zh": "人口", "id": str(row["demand_id"]), "source": row["source"],
                 "method": row["method"], "age_basis": row["age_basis"]}
            )  # fmt: skip
        found.append({"what": "streets", "zh": "步行路网", "source": ", ".join(self.city.sources("street_edges"))})
        return found

    def _verification(self, code: str, rule: Requirement | None, item: Element) -> list[dict[str, Any]]:
        rows = self.city.layer("verification")
        communities = self.city.areas.communities_in(code) if code in self.city.areas.level else []
        elements = rule.elements if rule else (item.id,)
        rows = rows[rows["community_code"].isin(communities) & rows["element"].isin(elements)]
        return [dict(row) for row in rows.head(50).to_dict("records")]

    def _certainty(
        self, code: str, rule: Requirement | None, item: Element, shortfall: dict[str, Any] | None
    ) -> dict[str, str]:
        grade = str(shortfall["certainty"]) if shortfall is not None else self._grade_of(code, rule, item)
        zh, en = CERTAINTY[grade]
        return {"id": grade, "zh": zh, "en": en}

    def _grade_of(self, code: str, rule: Requirement | None, item: Element) -> str:
        verified = {row["community_code"] for row in self._verification(code, rule, item)}
        communities = set(self.city.areas.communities_in(code)) if code in self.city.areas.level else set()
        if communities and communities <= verified:
            return "high"
        services = self.city.layer("facility_services")
        services = services[services["element"].isin(rule.elements if rule else (item.id,))]
        return "medium" if (~services["facility_id"].str.startswith("osm:")).any() else "low"

    def _parameters(self) -> dict[str, Any]:
        manifest = self.run.manifest
        walker = self.found.walker
        return {
            "walker": walker.id,
            "walker_zh": walker.zh,
            "walker_en": walker.en,
            "m_per_min": walker.m_per_min,
            "standard_m_per_min": self.found.catalogue.walker(STANDARD).m_per_min,
            "avoid_steps": walker.avoid_steps,
            "window": manifest["window"],
            "search_bound_m": manifest["bound_m"],
            **manifest["parameters"],
        }

    def _versions(self) -> dict[str, Any]:
        manifest = self.run.manifest
        return {
            "run": self.run.id,
            "created": manifest["created"],
            "snapshot": manifest["snapshot"],
            "layers": manifest["layers"],
            "basis": manifest["basis"],
            "basis_version": self.found.basis.version,
            "basis_hash": manifest["basis_hash"],
            "software": manifest["version"],
            "quality": manifest["quality"],
        }


def _cite(rule: Requirement | None) -> Citation | None:
    if rule is None:
        return None
    if rule.threshold is not None:
        return rule.threshold.cite
    return rule.scales[0].cite if rule.scales else rule.cite


def _short_sentence(area: str, row: dict[str, Any], *, zh: bool) -> str:
    """The sentence of a row of the list."""
    finding = Finding(
        element_zh=row["element_zh"], element_en=row["element_en"], cause="", threshold=_NAN, threshold_unit="",
        nearest_m=_NAN, minutes=_NAN, bound_m=_NAN, share=_NAN, covered=_NAN, total=_NAN,
        people=row["people_affected"], elderly=row["elderly_affected"], children=row["children_affected"],
        group=row["target_group"], group_affected=row["target_affected"],
    )  # fmt: skip
    if zh:
        head = str(row["present_zh"]).split(";", maxsplit=1)[0]
        mark = f"({row['wording']})" if row["wording"] == "对照差距" else ""
        return f"{area}:{head},{row['gap_zh']}{mark};{people_text(finding)}。依据:{row['clause']}。"
    head = str(row["present_en"]).split(";", maxsplit=1)[0]
    mark = " (gap by comparison)" if row["wording"] == "对照差距" else ""
    return f"{area}: {head}, {row['gap_en']}{mark}; {people_text(finding, 'en')}. Source: {row['clause']}."


def _figure(row: dict[str, Any]) -> dict[str, Any]:
    words = REASONS.get(str(row["reason"]), REASONS[""])
    zh, en = _STATUS[str(row["status"])]
    return {**row, "status_zh": zh, "status_en": en, "reason_zh": words.zh, "reason_en": words.en}


def _conflict(row: Any) -> dict[str, Any]:
    cite = row.cite
    return {
        "basis": row.basis, "requirement": row.requirement, "status": row.status, "item": row.item, "value": row.value,
        "maximum": row.maximum, "unit": row.unit,
        "clause": citation_text(cite, _NO_BASIS) if cite is not None else "",
        "evidence": cite.evidence.value if cite is not None else "",
    }  # fmt: skip


_NO_BASIS: Any = None


def _json(value: Any) -> Any:
    """Plain JSON types; missing values become null."""
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    return value if isinstance(value, str | int | bool) else str(value)


def _page(found: Explanation, *, zh: bool) -> str:
    lines = [found.verdict_zh if zh else found.verdict_en, ""]

    def say(title_zh: str, title_en: str, text: object) -> None:
        lines.append(f"{title_zh if zh else title_en}{':' if zh else ': '}{text}")

    for rule in found.requirements:
        say("要求", "requirement", rule["zh" if zh else "en"])
        say("依据", "source", rule["clause" if zh else "clause_en"])
        lines += [f"  · {item['zh' if zh else 'en']}" for item in rule["evidence"]]
    say("状态", "status", f"{found.status_zh if zh else found.status_en} {found.reason_zh if zh else found.reason_en}")
    lines += ["  " + _figure_line(row, zh=zh) for row in found.figures if row["indicator"] in _SHOWN]
    if found.facility is not None:
        place = found.facility
        say("最近设施", "nearest facility", f"{place['name']} [{place['facility_id']}] {place['metres']:.0f} m")
    for source in found.sources:
        rows = source.get("rows") or []
        say("来源", "source rows", f"{source['zh'] if zh else source['what']} {source['source']} {' | '.join(rows)}")
    say("把握程度", "certainty", found.certainty["zh" if zh else "en"])
    say("参数", "parameters", found.parameters)
    versions = found.versions
    say(
        "版本", "versions", f"{versions['run']} · {versions['snapshot']} · {versions['basis']} {versions['basis_hash']}"
    )
    for layer, parts in versions["layers"].items():
        lines.append(f"  {layer}: " + ", ".join(f"{source}={digest[:12]}" for source, digest in parts.items()))
    return "\n".join(lines)


def _figure_line(row: dict[str, Any], *, zh: bool) -> str:
    value = row["value"]
    shown = (
        "–"
        if pd.isna(value)
        else (share_text(float(value)) if row["unit"] == "share" else f"{value:,.1f} {row['unit']}")
    )
    parts = [row["indicator"], row["variant"], row["walker"]]
    if not pd.isna(row["threshold"]):
        parts.append(f"{row['threshold']:g} {row['threshold_unit']}")
    if not pd.isna(row["denominator"]):
        parts.append(f"({row['numerator']:,.1f}/{row['denominator']:,.1f})")
    return f"{shown}  {' '.join(part for part in parts if part)}  {row['status_zh'] if zh else row['status_en']}"
