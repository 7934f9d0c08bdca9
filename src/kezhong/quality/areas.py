"""The gate area by area: which communities' data are missing, and what that means for the areas above them.

A community with people but next to no facility, in a city whose other communities of its kind have many, was not
delivered. A community that merely lacks several elements is another matter: that is what the assessment is for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from kezhong.city.vocabulary import CommunityType
from kezhong.quality.facts import NEAR_STREET_M, Facts
from kezhong.quality.model import CAP

#: Communities with fewer people say nothing about the data.
PEOPLE = 1000.0
#: Facilities that communities of its kind would have with so many people: below this nothing is concluded …
EXPECTED = 5.0
#: … and a community is flagged if it has no more than this share of them.
SHARE = 0.1
#: Smaller areas (m²) may well be served from next door.
SMALLEST_M2 = 50_000.0


def judge(facts: Facts) -> tuple[dict[str, float], dict[str, str]]:
    """Score of each area that has people (0–100), and the areas whose data are insufficient, with the reason."""
    tree = facts.city.areas
    if not tree.communities or facts.people.sum() <= 0:
        return {}, {}
    table = _communities(facts)
    flagged: dict[str, str] = {}
    flagged.update(dict.fromkeys(table.index[table["undelivered"]], "area_facilities"))
    flagged.update(dict.fromkeys(table.index[table["streetless"] & ~table["undelivered"]], "area_streets"))
    scores = {str(code): float(score) for code, score in table["score"].items() if not np.isnan(score)}
    people = table["people"].to_dict()
    for code in _above(facts):
        members = [member for member in tree.communities_in(code) if people.get(member, 0.0) > 0]
        total = sum(people[member] for member in members)
        if total <= 0:
            continue
        scores[code] = round(sum(scores[member] * people[member] for member in members) / total, 1)
        bad = sum(people[member] for member in members if member in flagged)
        if bad > 0.5 * total:
            flagged[code] = "area_parts"
    return dict(sorted(scores.items())), dict(sorted(flagged.items()))


def _above(facts: Facts) -> list[str]:
    tree = facts.city.areas
    return [code for code, level in sorted(tree.level.items()) if level != "community"]


def _communities(facts: Facts) -> pd.DataFrame:
    tree = facts.city.areas
    codes = pd.Index(tree.communities, name="code")
    community = facts.demand["community_code"].to_numpy(dtype=object, na_value=None)
    people = pd.Series(facts.people).groupby(community).sum().reindex(codes, fill_value=0.0)
    near = (
        pd.Series(facts.people * (facts.gap <= NEAR_STREET_M)).groupby(community).sum().reindex(codes, fill_value=0.0)
    )
    placed = facts.places["community_code"].to_numpy(dtype=object, na_value=None)
    found = pd.Series(placed, dtype=object).value_counts().reindex(codes, fill_value=0)
    table = pd.DataFrame({"people": people, "near": near, "found": found.astype(float)})
    shapes = tree.frame.set_index("code").geometry.reindex(codes)
    table["area"] = shapely.area(facts.projected(np.asarray(shapes.array)))
    table["village"] = [tree.community_type.get(code) == CommunityType.VILLAGE.value for code in codes]
    # What communities of a kind usually have: the median, which the undelivered ones hardly move.
    rate = table["found"] / table["people"].where(table["people"] >= PEOPLE / 2)
    usual = rate.groupby(table["village"]).transform("median").fillna(rate.median())
    expected = (usual * table["people"]).fillna(0.0)
    table["undelivered"] = (
        (table["people"] >= PEOPLE)
        & (expected >= EXPECTED)
        & (table["found"] <= SHARE * expected)
        & (table["area"] >= SMALLEST_M2)
    )
    reach = (table["near"] / table["people"].where(table["people"] > 0)).fillna(0.0)
    table["streetless"] = (table["people"] >= PEOPLE / 2) & (reach < 0.5)
    density = (table["found"] / expected.where(expected > 0)).clip(upper=1.0).fillna(1.0)
    # Full marks from half of what is usual: having fewer facilities is the finding, not a flaw of the data.
    score = 100 * (0.6 * (2 * density).clip(upper=1.0) + 0.4 * reach)
    score = score.where(~(table["undelivered"] | table["streetless"]), score.clip(upper=CAP))
    table["score"] = score.where(table["people"] > 0).round(1)
    return table
