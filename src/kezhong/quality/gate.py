"""The data-quality gate of one city; computed once a snapshot."""

from __future__ import annotations

import json

from kezhong.city.files import write_json
from kezhong.city.workspace import City
from kezhong.errors import WorkspaceError
from kezhong.quality.model import QualityReport

#: Raised when the checks change, so that cached reports of older rules are not read.
VERSION = 1


def gate(city: City) -> QualityReport:
    """Check and score the data of a city (its snapshot); see ``docs/quality.md`` for every rule.

    The report is kept in the city's cache by snapshot, settings that matter, and version of the rules.
    """
    crs = city.config.crs.replace(":", "")
    file = city.cache_file(f"quality-{VERSION}-{city.snapshot.id}-{crs or 'none'}.json")
    if file.is_file():
        try:
            return QualityReport.from_dict(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            file.unlink(missing_ok=True)  # a broken cache file is made anew
    report = _judged(city)
    try:
        write_json(file, report.to_dict())
    except WorkspaceError:
        return report  # the cache is a convenience: without room for it the report is made anew next time
    return report


def _judged(city: City) -> QualityReport:
    """The report made anew; the checks are imported only here, since a cached report needs none of them."""
    from kezhong.quality import checks
    from kezhong.quality.areas import judge
    from kezhong.quality.datum import datum
    from kezhong.quality.facts import Facts
    from kezhong.quality.model import total

    facts = Facts(city)
    every = (
        checks.network,
        checks.street_reach,
        checks.snap_distance,
        checks.population,
        checks.facility_density,
        checks.elements_found,
        checks.attributes,
        checks.duplicates,
        checks.placement,
        datum,
        checks.verification,
        checks.age,
    )
    found = tuple(check(facts) for check in every)
    scores, flagged = judge(facts)
    return QualityReport(city.snapshot.id, total(found), found, scores, flagged)
