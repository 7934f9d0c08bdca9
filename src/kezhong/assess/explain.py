"""Explanation: one figure followed to its source rows, clause, parameters and versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.enrolment import SCHOOLS, Assignment, assignment
from kezhong.assess.evidence import Evidence, cite_of
from kezhong.assess.explanation import STATUS_WORDS, VARIANT_WORDS, Explanation
from kezhong.assess.journey import walk
from kezhong.assess.origins import UNREACHED, Origins, enough_counted
from kezhong.assess.reasons import REASONS, Words
from kezhong.assess.streets import project
from kezhong.assess.study import STANDARD
from kezhong.assess.thresholds import limit_dm
from kezhong.assess.walking import is_plain, rules_of
from kezhong.assess.wording import Language, citation_text, clauses_en, share_text, stated
from kezhong.catalogue import conflicts
from kezhong.catalogue.model import Element, Requirement
from kezhong.city.vocabulary import FigureStatus
from kezhong.errors import NotFoundError

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment

#: Farthest a demand unit may be from a position that is asked for (metres).
POINT_M = 2000.0
_DECIDES = {
    "assigned": {
        "id": "assigned",
        "zh": "按学区对口学校计算；学区以外的住户按最近的学校计算",
        "en": "the school assigned by the enrolment area decides; outside all enrolment areas the nearest",
    },
    "nearest": {
        "id": "nearest",
        "zh": "未导入学区，按最近的学校计算，可能与实际入学安排不同",
        "en": "no enrolment areas were imported, so the nearest school decides, which need not be the assigned one",
    },
    "": {"id": "nearest", "zh": "", "en": ""},
}


class Explainer(Evidence):
    """Answers questions about one assessment."""

    # ---- questions -------------------------------------------------------------------------------------

    def area(self, area: str, element: str, *, sensitive: bool) -> Explanation:
        """Explain one element in one area; ``sensitive`` whether with the sources of its uncertainty."""
        item = self.found.catalogue.element(element)
        code = self._code(area)
        units = np.flatnonzero(self.members(code))
        rule = self._rule(item, code)
        return self._explain(code, item, rule, self._typical(units, rule, item), sensitive=sensitive)

    def sensitivity(self, area: str, element: str) -> dict[str, Any] | None:
        """What makes the figure of the verdict uncertain; ``None`` where it has no interval."""
        item = self.found.catalogue.element(element)
        code = self._code(area)
        rule = self._rule(item, code)
        return self.sensitivity_of(code, rule, self._all_rows(code, item, rule))

    def point(self, lon: float, lat: float, element: str, *, sensitive: bool) -> Explanation:
        """Explain one element for the demand unit nearest to a position."""
        item = self.found.catalogue.element(element)
        crs = self.city.config.crs
        where = f"{lon:.5f}, {lat:.5f}"
        if not len(self.xy):
            raise NotFoundError("assess.no_demand_point", value=where)
        metres = np.hypot(*(self.xy - project(np.array([[lon, lat]]), crs)).T)
        unit = int(np.argmin(metres))
        if metres[unit] > POINT_M:
            raise NotFoundError("assess.no_demand_point", value=where)
        community = self.city.geo("demand")["community_code"].iloc[unit]
        code = self._code(str(community)) if not pd.isna(community) else self.city_code
        return self._explain(code, item, self._rule(item, code), unit, sensitive=sensitive)

    # ---- parts -----------------------------------------------------------------------------------------

    def _code(self, area: str) -> str:
        known = set(self.found.grades["area_code"].astype(str))
        code = area if area in known else self.city.areas.find(area)
        if code not in known:
            raise NotFoundError("assess.not_in_area", value=area, expected=", ".join(self.found.levels))
        return code

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
        elements = [e for e in self.counting(rule, item) if e in self.run.elements]
        n = len(self.xy)
        if not elements:
            return np.full(n, UNREACHED, np.uint32), np.full(n, -1), np.full(n, UNREACHED, np.uint32)
        counts = {} if rule is None else rule.any_of_count
        limit = -1 if rule is None or rule.threshold is None or rule.in_district else self._limit(rule)
        rows = [self.run.elements.index(element) for element in elements]
        dm, best = self._origins("nearest_dm", rows, counts, limit).nearest(elements, counts, limit)
        late, _ = self._origins("walker_ds", rows, counts, limit).nearest(elements, counts, limit)
        facilities = np.asarray(self.run.array("nearest_facility")[rows])
        which = np.where(best >= 0, facilities[np.maximum(best, 0), np.arange(n)], -1)
        return dm, which, late

    def _origins(self, array: str, rows: list[int], counts: Mapping[str, int], limit: int) -> Origins:
        """The demand units of the run with some of its elements, by the rule of the verdict."""
        row = {self.run.elements[number]: place for place, number in enumerate(rows)}
        several = tuple((element, limit, needed) for element, needed in counts.items() if needed > 1)
        thresholds = np.array(self.run.manifest["thresholds_dm"])[rows]
        counted = self.run.array("counts")[rows] if several else np.zeros((len(rows), 1, len(self.xy)))
        enough = enough_counted(several, row, thresholds, counted)
        return Origins(row, np.asarray(self.run.array(array)[rows]), several, enough)

    @cached_property
    def _assignment(self) -> Assignment | None:
        return assignment(self.city, self.points, self.run.manifest["window"])

    def _deciding(self, rule: Requirement | None, item: Element) -> tuple[Any, Any, Any]:
        """As :meth:`_nearest`, with the assigned school in place of the nearest where enrolment areas say so.

        A run keeps the walker's time to the nearest only; to an assigned school farther on it is known where metres
        tell it, of a walker whom nothing slows or stops.
        """
        dm, which, ds = self._nearest(rule, item)
        if self._assignment is None:
            return dm, which, ds
        elements = self.counting(rule, item)
        own, school = self._assignment.units(elements, dm, which)
        walker = self.found.walker
        seconds = np.full(own.shape, UNREACHED)
        if is_plain(rules_of(walker, self.found.catalogue.crossings)):
            seconds = np.where(own == UNREACHED, UNREACHED, np.rint(own * 60.0 / walker.m_per_min))
        return own, school, np.where(school == which, ds, seconds).astype(np.uint32)

    def _note(self, rule: Requirement | None, item: Element) -> dict[str, str]:
        """Which facility decides, said where the element is a school."""
        elements = self.counting(rule, item)
        if self._assignment is not None and any(element in self._assignment.elements for element in elements):
            return dict(_DECIDES["assigned"])
        return dict(_DECIDES["nearest" if item.id in SCHOOLS else ""])

    def _typical(self, units: npt.NDArray[np.intp], rule: Requirement | None, item: Element) -> int | None:
        """The unit that stands for an area, so that the route drawn fits the verdict's figure.

        Of those beyond the threshold (where there are none, of all) the one whose distance is nearest to their mean;
        where none of them reaches anything, the one with most people.
        """
        if not len(units):
            return None
        people = self.city.geo("demand")["people"].to_numpy(dtype=np.float64)
        decimetres = self._deciding(rule, item)[0]
        beyond = units[decimetres[units] > self._limit(rule)]
        chosen = beyond if len(beyond) else units
        reached = chosen[decimetres[chosen] != UNREACHED]
        if not len(reached):
            return int(chosen[int(np.argmax(people[chosen]))])
        lengths = decimetres[reached].astype(np.float64)
        total = people[reached].sum()
        mean = float((lengths * people[reached]).sum() / total) if total > 0 else float(lengths.mean())
        return int(reached[int(np.argmin(np.abs(lengths - mean)))])

    def _limit(self, rule: Requirement | None) -> int:
        if rule is None or rule.threshold is None:
            return UNREACHED - 1
        pace = self.found.catalogue.walker(STANDARD).m_per_min
        return limit_dm(rule.threshold.value, rule.threshold.unit, pace)

    def _all_rows(self, code: str, item: Element, rule: Requirement | None) -> pd.DataFrame:
        """Figures of the requirement's element, and of a substitute that was asked for before them."""
        rows = self._rows(code, item.id if rule is None else rule.element)
        return rows if rule is None or rule.element == item.id else pd.concat([self._rows(code, item.id), rows])

    def _explain(
        self, code: str, item: Element, rule: Requirement | None, unit: int | None, *, sensitive: bool
    ) -> Explanation:
        rows = self._all_rows(code, item, rule)
        shortfall = self._shortfall(code, rule)
        status, reason = self._status(rows, rule)
        dm, which, ds = self._deciding(rule, item)
        facility = journey = nearest = None
        if unit is not None and which[unit] >= 0:
            facility = self.facility(int(which[unit]), _metres(dm[unit]), float(ds[unit]) / 600.0)
            journey = walk(self.city, self.points, unit, int(which[unit]))
        if unit is not None and self._assignment is not None:
            metres, near, late = (array[unit] for array in self._nearest(rule, item))
            if near >= 0 and near != which[unit]:
                nearest = self.facility(int(near), float(metres) / 10.0, float(late) / 600.0)
        said = (code, item, rule, rows, shortfall, status, reason)
        return Explanation(
            area=self.area_of(code),
            element={"id": item.id, "zh": item.zh, "en": item.en, "kind": item.kind.value, "level": item.level.value},
            verdict_zh=self._verdict("zh", *said),
            verdict_en=self._verdict("en", *said),
            status=status,
            status_zh=STATUS_WORDS[status][0],
            status_en=STATUS_WORDS[status][1],
            reason_zh=reason.zh,
            reason_en=reason.en,
            figures=[_figure(row, self.found) for row in rows.to_dict("records")],
            requirements=[] if rule is None else [self.requirement(rule)],
            people=self.people(code, item, shortfall),
            unit=None if unit is None else self.unit(unit, dm, ds, item),
            facility=facility,
            nearest=nearest,
            decides=self._note(rule, item),
            facilities=self.present(code, rule, item),
            route=None if journey is None else journey.geojson(),
            steps=[] if journey is None else journey.steps,
            sources=self.sources(unit, facility),
            verification=self.verification(code, rule, item),
            conflicts=[_conflict(row) for row in conflicts(item.id)],
            certainty=self.certainty(code, rule, item, shortfall),
            sensitivity=self.sensitivity_of(code, rule, rows) if sensitive else None,
            parameters=self.parameters(),
            versions=self.versions(),
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
        self, language: Language, code: str, item: Element, rule: Requirement | None, rows: pd.DataFrame,
        shortfall: dict[str, Any] | None, status: str, reason: Words,
    ) -> str:  # fmt: skip
        zh = language == "zh"
        area = self.city.areas.name.get(code, self.city.config.name)
        name = item.zh if zh else item.en
        source = citation_text(cite_of(rule), self.found.basis, "zh" if zh else "en") if rule else ""
        if shortfall is not None:
            clause = str(shortfall["clause"])
            clause = clause if zh else clauses_en(self.found.basis).get(clause, clause)
            return stated(shortfall, clause, language).sentence(area)
        cover = rows[(rows["indicator"] == "coverage") & (rows["status"] == status)] if rule else rows.iloc[:0]
        told = reason.zh if zh else reason.en
        state = STATUS_WORDS[status][0 if zh else 1]
        if len(cover) and not pd.isna(cover["value"].iloc[0]) and rule is not None and rule.threshold is not None:
            row = cover.iloc[0]
            limit = f"{rule.threshold.value:g}"
            share = share_text(float(row["value"]))
            if zh:
                unit = "米" if rule.threshold.unit == "m" else "分钟"
                return f"{area}：{name}步行 {limit} {unit}覆盖 {share}，{state}。依据：{source}。"
            return f"{area}: {share} within {limit} {rule.threshold.unit} of {name.lower()}, {state}. Source: {source}."
        tail = (f"（{told}）" if zh else f" ({told})") if told else ""
        end = (f"依据：{source}。" if zh else f" Source: {source}.") if source else ""
        return f"{area}：{name}{state}{tail}。{end}" if zh else f"{area}: {name}, {state}{tail}.{end}"


def _metres(dm: Any) -> float | None:
    return None if dm == UNREACHED else float(dm) / 10.0


def _figure(row: dict[str, Any], found: Assessment) -> dict[str, Any]:
    """A figure with everything in it named in both languages."""
    words = REASONS.get(str(row["reason"]), REASONS[""])
    zh, en = STATUS_WORDS[str(row["status"])]
    named = {"status_zh": zh, "status_en": en, "reason_zh": words.zh, "reason_en": words.en}
    indicator = found.catalogue.indicators.get(str(row["indicator"]))
    walkers = found.catalogue.walkers
    for side, language in enumerate(("zh", "en")):
        named[f"indicator_{language}"] = (
            str(row["indicator"]) if indicator is None else (indicator.zh, indicator.en)[side]
        )
        named[f"variant_{language}"] = VARIANT_WORDS.get(str(row["variant"]), ("", ""))[side]
        walker = walkers.get(str(row["walker"]))
        named[f"walker_{language}"] = "" if walker is None else (walker.zh, walker.en)[side]
    return {**row, **named}


def _conflict(row: Any) -> dict[str, Any]:
    cite = row.cite
    return {
        "basis": row.basis, "requirement": row.requirement, "status": row.status, "item": row.item, "value": row.value,
        "maximum": row.maximum, "unit": row.unit,
        "clause": citation_text(cite, _NO_BASIS) if cite is not None else "",
        "clause_en": citation_text(cite, _NO_BASIS, "en") if cite is not None else "",
        "evidence": cite.evidence.value if cite is not None else "",
    }  # fmt: skip


_NO_BASIS: Any = None
