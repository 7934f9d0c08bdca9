"""What stands behind a figure: clause, people, facilities, source rows, verification, parameters, versions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.certainty import Sampler, sensitivity
from kezhong.assess.ground import Ground
from kezhong.assess.origins import UNREACHED
from kezhong.assess.prepare import prepare
from kezhong.assess.reasons import REACH_CODES, REACH_REASONS
from kezhong.assess.rules import apply_rules, substitutes
from kezhong.assess.streets import lonlat, project
from kezhong.assess.study import STANDARD, assessed_points
from kezhong.assess.wording import CERTAINTY, citation_text
from kezhong.catalogue import requirement_text, source_text
from kezhong.catalogue.model import Citation, Element, Requirement
from kezhong.city.vocabulary import AGE_GROUPS, FigureStatus
from kezhong.progress import silent

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment

SHOWN_FACILITIES = 5
SHOWN_FINDINGS = 50


class Evidence:
    """Looks things up for the explanations of one assessment; keeps what several of them share."""

    def __init__(self, assessment: Assessment) -> None:
        self.found = assessment
        self.city = assessment.city
        self.run = assessment.run

    @cached_property
    def city_code(self) -> str:
        """Code of the city itself."""
        grades = self.found.grades
        return str(grades.loc[grades["area_level"] == "city", "area_code"].iloc[0])

    @cached_property
    def xy(self) -> npt.NDArray[np.float64]:
        """Demand units in metres (D, 2)."""
        return project(lonlat(self.city.geo("demand")), self.city.config.crs)

    @cached_property
    def points(self) -> Any:
        """The service points of the run, in its order."""
        return assessed_points(self.city, self.found.catalogue, self.run.manifest["window"])

    @cached_property
    def ground(self) -> Ground:
        """What was found on the ground."""
        return Ground.of(self.city)

    def members(self, code: str) -> npt.NDArray[np.bool_]:
        """Demand units of an area."""
        demand = self.city.geo("demand")
        if code == self.city_code:
            return np.ones(len(demand), dtype=bool)
        tree = self.city.areas
        communities = tree.communities_in(code)
        if communities:
            return np.asarray(demand["community_code"].isin(communities).to_numpy(dtype=bool))
        located = tree.locate(np.asarray(demand.geometry.array), tree.level[code])
        return np.asarray(located == code, dtype=bool)

    def counting(self, rule: Requirement | None, item: Element) -> tuple[str, ...]:
        """Elements that count towards the requirement, as in the verdict."""
        return (item.id,) if rule is None else substitutes(self.found.basis, self.found.catalogue, rule)

    def area_of(self, code: str) -> dict[str, Any]:
        """The area: names, level, grade, people."""
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

    def requirement(self, rule: Requirement) -> dict[str, Any]:
        """The requirement in words, with clause and evidence."""
        basis = self.found.basis
        return {
            "id": rule.id,
            "zh": requirement_text(rule),
            "en": requirement_text(rule, "en"),
            "status": rule.status,
            "elements": list(substitutes(basis, self.found.catalogue, rule)),
            "threshold": None
            if rule.threshold is None
            else {"value": rule.threshold.value, "unit": rule.threshold.unit},
            "scales": [scale.model_dump(mode="json", exclude={"cite"}) for scale in rule.scales],
            "pass_share": rule.pass_share or basis.pass_share,
            "clause": citation_text(cite_of(rule), basis),
            "clause_en": citation_text(cite_of(rule), basis, "en"),
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

    def people(self, code: str, item: Element, shortfall: dict[str, Any] | None) -> dict[str, Any]:
        """Residents, target group, and those affected."""
        demand = self.city.geo("demand")[self.members(code)]
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

    def unit(self, unit: int, dm: Any, ds: Any, item: Element) -> dict[str, Any]:
        """One demand unit and how it reaches the element."""
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

    def facility(self, row: int, metres: float | None = None, minutes: float | None = None) -> dict[str, Any]:
        """One facility with its source rows."""
        point = self.points.iloc[row]
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

    def present(self, code: str, rule: Requirement | None, item: Element) -> list[dict[str, Any]]:
        """The first few facilities of the elements that stand in the area."""
        points = self.points
        elements = self.counting(rule, item)
        inside = points["element"].isin(elements).to_numpy(dtype=bool).copy()
        if code != self.city_code:
            tree = self.city.areas
            communities = tree.communities_in(code)
            if communities:
                inside &= points["community_code"].isin(communities).to_numpy(dtype=bool)
            else:
                inside &= np.asarray(
                    tree.locate(np.asarray(points.geometry.array), tree.level[code]) == code, dtype=bool
                )
        return [self.facility(int(row)) for row in np.flatnonzero(inside)[:SHOWN_FACILITIES]]

    def sources(self, unit: int | None, facility: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Source rows behind the figure: facility and people."""
        found: list[dict[str, Any]] = []
        if facility is not None:
            rows = str(facility["source_rows"]).split(" | ")
            refs = str(facility["source_refs"]).split(" ")
            found.append(
                {"what": "facility", "zh": "设施", "en": "facility", "id": facility["facility_id"],
                 "source": facility["source"], "rows": rows, "records": refs, "as_of": facility["as_of"]}
            )  # fmt: skip
        if unit is not None:
            row = self.city.geo("demand").iloc[unit]
            found.append(
                {"what": "people", "zh": "人口", "en": "people", "id": str(row["demand_id"]), "source": row["source"],
                 "method": row["method"], "age_basis": row["age_basis"]}
            )  # fmt: skip
        found.append(
            {
                "what": "streets",
                "zh": "步行路网",
                "en": "walking network",
                "source": ", ".join(self.city.sources("street_edges")),
            }
        )
        return found

    def verification(self, code: str, rule: Requirement | None, item: Element) -> list[dict[str, Any]]:
        """The first rows of what was found on the ground."""
        rows = self.city.layer("verification")
        communities = self.city.areas.communities_in(code) if code in self.city.areas.level else []
        elements = self.counting(rule, item)
        rows = rows[rows["community_code"].isin(communities) & rows["element"].isin(elements)]
        return [dict(row) for row in rows.head(SHOWN_FINDINGS).to_dict("records")]

    @cached_property
    def _sampler(self) -> Sampler | None:
        """The samples of the run: drawn again, and the same, for the seed is the content of the data."""
        found = self.found
        study = prepare(self.city, found.basis, found.walker, self.run.manifest["window"], silent)
        return Sampler.of(study)

    def sensitivity_of(self, code: str, rule: Requirement | None, rows: pd.DataFrame) -> dict[str, Any] | None:
        """What makes the figure of the verdict uncertain, where it has an interval."""
        if rule is None or rule.threshold is None:
            return None
        cover = rows[(rows["indicator"] == "coverage") & rows["low"].notna()]
        own = cover[(cover["status"] != FigureStatus.INFORMATIVE.value) & (cover["variant"] != "buffer")]
        own = own if len(own) else cover[cover["variant"] == "population"]
        if not len(own) or self._sampler is None:
            return None
        study, basis = self._sampler.study, self.found.basis
        same = [
            number
            for number, other in enumerate(basis.requirements)
            if other.element == rule.element and other.threshold == rule.threshold
        ]
        parts = apply_rules(study, same)
        found = sensitivity(self._sampler, parts, study.units.row[code], str(own["variant"].iloc[0]))
        return None if found is None else found.to_dict()

    def certainty(
        self, code: str, rule: Requirement | None, item: Element, shortfall: dict[str, Any] | None
    ) -> dict[str, str]:
        """How sure the finding is, by the one rule of :mod:`kezhong.assess.ground`."""
        grade = self.ground.certainty(self.counting(rule, item), code) if shortfall is None else shortfall["certainty"]
        zh, en = CERTAINTY[grade]
        return {"id": grade, "zh": zh, "en": en}

    def parameters(self) -> dict[str, Any]:
        """Walker, window and bounds of the search."""
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

    def versions(self) -> dict[str, Any]:
        """Run, snapshot, layers, basis and software."""
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


def cite_of(rule: Requirement | None) -> Citation | None:
    """Where the figure that decides comes from."""
    if rule is None:
        return None
    if rule.threshold is not None:
        return rule.threshold.cite
    return rule.scales[0].cite if rule.scales else rule.cite
