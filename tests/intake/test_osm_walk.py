"""The walkable filter, and that its page says the same."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong.intake.osm_reader import metres, slope
from kezhong.intake.osm_walk import (
    PRIVATE_WALKED,
    WALKED,
    WITH_PERMISSION,
    WITH_SIDEWALK,
    node_kind,
    permission,
    sidewalk,
    walkable,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "walkable.md"


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "residential"}, "residential"),
        ({"highway": "steps"}, "steps"),
        ({"highway": "footway", "foot": "no"}, None),
        ({"highway": "cycleway", "foot": "use_sidepath"}, None),
        ({"highway": "motorway"}, None),
        ({"highway": "motorway", "foot": "yes"}, "motorway"),
        ({"highway": "trunk"}, None),
        ({"highway": "trunk", "sidewalk": "both"}, "trunk"),
        ({"highway": "trunk", "sidewalk:left": "yes"}, "trunk"),
        ({"highway": "trunk", "sidewalk": "separate"}, None),
        ({"highway": "service", "access": "private"}, "service"),
        ({"highway": "track", "access": "private"}, None),
        ({"highway": "primary", "access": "no"}, None),
        ({"highway": "primary", "access": "no", "foot": "yes"}, "primary"),
        ({"highway": "construction", "construction": "primary"}, None),
        ({"highway": "proposed"}, None),
        ({"railway": "platform"}, "platform"),
        ({"highway": "bus_stop", "public_transport": "platform"}, "platform"),
        ({"railway": "rail"}, None),
        ({"highway": "corridor", "indoor": "room"}, None),
    ],
)
def test_who_may_walk_where(tags: dict[str, str], kind: str | None) -> None:
    assert walkable(tags) == kind


@given(st.dictionaries(st.sampled_from(["highway", "foot", "access", "sidewalk", "railway"]), st.text(max_size=12)))
def test_any_tags_give_an_answer_and_a_ban_always_holds(tags: dict[str, str]) -> None:
    assert walkable({**tags, "foot": "no"}) is None
    found = walkable(tags)
    assert found is None or isinstance(found, str)


def test_details() -> None:
    assert sidewalk({"sidewalk:left": "yes", "sidewalk:right": "yes"}) == "both"
    assert sidewalk({"sidewalk": "none"}) == "no"
    assert permission({"access": "private"}) == "private"
    assert permission({"foot": "yes", "access": "private"}) is None
    assert node_kind({"barrier": "gate"}) == "gate"
    assert node_kind({"barrier": "bollard"}) == "barrier"
    assert node_kind({"highway": "crossing"}) == "crossing"
    assert node_kind({"entrance": "main"}) == "entrance"
    assert node_kind({"highway": "street_lamp"}) is None
    assert metres("2,5 m") == 2.5
    assert metres("6'") == pytest.approx(1.83, abs=0.01)
    assert math.isnan(metres("breit"))
    assert slope("-8%") == -8
    assert slope("45°") == pytest.approx(100)
    assert math.isnan(slope("up"))


def test_the_page_names_every_kind() -> None:
    text = PAGE.read_text("utf-8")
    for kind in WALKED | WITH_SIDEWALK | WITH_PERMISSION | PRIVATE_WALKED:
        assert f"`{kind}`" in text, kind
