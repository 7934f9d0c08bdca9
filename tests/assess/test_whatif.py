"""What-if: every edit says what an assessment of the really edited city says, and undoing leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from assess.cities import STEP, Lattice, frame, place, usual
from kezhong.assess import Assessment, assess
from kezhong.assess.whatif import KEPT, Engine, Session, compare
from kezhong.assess.whatif_change import rows_of
from kezhong.assess.whatif_picture import Picture, picture
from kezhong.city.scenarios import MOST_EDITS, Scenario, edit_of
from kezhong.city.workspace import City
from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.network import Follower, Footing

Change = Callable[[Lattice], None]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(usual(tmp_path_factory.mktemp("whatif")).build())


def rich(folder: Path) -> Lattice:
    """The usual city with estates, buildings and land, enrolment areas, substitutes that must be several, and grades."""
    lattice = usual(folder)
    for k, (x, y) in enumerate([(400, 300), (900, 700), (1400, 200), (1800, 900)]):
        shape = place(x, y).buffer(4e-4)
        own = {"source": "t", "geometry": shape}
        lattice.buildings.append({"building_id": f"b{k}", "use": "residential", "residential": True, **own})
        lattice.estates.append({"estate_id": f"e{k}", "name": f"小区{k}", "gated": k % 2 == 0, **own})
        lattice.gates.append({"gate_id": f"g{k}", "estate_id": f"e{k}", "source": "t", "geometry": place(x + 30, y)})
        lattice.landuse.append({"parcel_id": f"p{k}", "use": "R2", "residential": True, "planned": False, **own})
    for x, y in ((300, 600), (420, 610), (1500, 300), (1610, 330)):
        lattice.add("convenience_store", x, y, wheelchair="yes" if x < 1000 else "no")
    lattice.add("primary_school", 400, 200, name="一小", capacity=200.0, capacity_unit="places", grade="示范")
    lattice.add("kindergarten", 1300, 900, facility_id="ledger:school", capacity=90.0, capacity_unit="places")
    lattice.add("primary_school", 1300, 900, facility_id="ledger:school", name="九年一贯", capacity=60.0)
    return lattice


def enrolled(city: City) -> City:
    """Everybody in the west goes to the first school, whatever is nearer."""
    with city.edit("enrolment") as edit:
        edit.put(
            "area_sets", "schools",
            gpd.GeoDataFrame(
                {"kind": "enrolment", "code": ["E1", "E2"], "name": ["一", "二"], "facility_ref": ["一小", "九年一贯"],
                 "source": "schools"},
                geometry=[strip(-50, 700), strip(700, 1500)], crs="EPSG:4326",
            ),
        )  # fmt: skip
    return city.refresh()


def strip(west: float, east: float) -> Polygon:
    return Polygon([place(x, y) for x, y in ((west, -50), (east, -50), (east, 1050), (west, 1050))])


@pytest.fixture(scope="module")
def rich_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(enrolled(rich(tmp_path_factory.mktemp("rich")).build()))


def here(x: float, y: float) -> dict[str, float]:
    spot = place(x, y)
    return {"lon": spot.x, "lat": spot.y}


def same(one: Picture, other: Picture) -> None:
    """Both say the same of areas, requirements, grades and shortfalls, to the last bit."""
    for part in ("coverage", "verdicts", "graded"):
        left, right = getattr(one, part), getattr(other, part)
        for name in left.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=f"{part}.{name}")
    left_rows, right_rows = rows_of(one), rows_of(other)
    assert set(left_rows) == set(right_rows)
    for name, row in left_rows.items():
        for key, value in row.items():
            expected = right_rows[name][key]
            assert value == expected or (value != value and expected != expected), (name, key)
    assert set(one.answers) == set(other.answers)
    for name in one.answers:
        np.testing.assert_array_equal(one.near(name), other.near(name), err_msg=name)


def closed(element: str) -> Change:
    """The first facility of an element is in the ledger as closed: its absence is known."""

    def change(lattice: Lattice) -> None:
        next(row for row in lattice.facilities if row["element"] == element)["status"] = "closed"

    return change


def at(element: str, x: float, y: float, **values: Any) -> Change:
    """The first facility of an element elsewhere, or with other values."""

    def change(lattice: Lattice) -> None:
        row = next(row for row in lattice.facilities if row["element"] == element)
        row.update({"geometry": place(x, y), "community_code": lattice.community(x), **values})

    return change


def test_begins_with_what_the_assessment_says(engine: Engine, found: Assessment) -> None:
    """``found`` is the assessment of the same lattice, built elsewhere."""
    rows = rows_of(engine.begin)
    listed = found.shortfalls
    assert len(rows) == len(listed) > 0
    by_place = {(row["area_code"], row["element"], row["requirement"]): row for row in rows.values()}
    for row in listed.to_dict("records"):
        mine = by_place[row["area_code"], row["element"], row["requirement_id"]]
        assert mine["people"] == pytest.approx(row["people_affected"])
        assert mine["nearest_m"] == pytest.approx(row["nearest_m"], nan_ok=True)
    says_the_same_grades(engine.begin, found)


def says_the_same_grades(begin: Picture, found: Assessment) -> None:
    """To the last bit what the assessment's table says."""
    table, own = found.grades.set_index("area_code").loc[list(begin.units.codes)], begin.graded
    assert table["grade"].tolist() == own.grade
    for name, values in (
        ("score", own.score), ("content_scale", own.content_scale), ("coverage", own.coverage),
        ("efficiency", own.efficiency), ("quality_family", own.quality_family), ("required_total", own.total),
        ("required_met", own.met), ("required_unknown", own.unknown), ("people", begin.units.residents),
    ):  # fmt: skip
        np.testing.assert_array_equal(table[name].to_numpy(dtype=np.float64), values, err_msg=name)


def test_a_city_with_everything_begins_with_what_the_assessment_says(rich_engine: Engine) -> None:
    says_the_same_grades(rich_engine.begin, assess(rich_engine.city))
    assert rich_engine.town.network.n_places > 0
    assert rich_engine.begin.operation["convenience_store"]
    assert rich_engine.begin.supply["kindergarten"]


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        ({"kind": "close_facility", "facility": "ledger:school", "element": "kindergarten"},
         lambda city: city.facilities[-2].update(status="closed")),
        ({"kind": "move_facility", "facility": "ledger:primary_school-11", **here(640, 830)},
         lambda city: city.facilities[11].update(geometry=place(640, 830), community_code="C2")),
        ({"kind": "add_facility", "elements": ["convenience_store"], **here(1720, 410)},
         lambda city: city.add("convenience_store", 1720, 410)),
        ({"kind": "close_facility", "facility": "ledger:convenience_store-8"},
         lambda city: city.facilities[8].update(status="closed")),
        ({"kind": "resize_facility", "facility": "ledger:school", "element": "primary_school", "capacity": 700},
         lambda city: city.facilities[-1].update(capacity=700.0)),
    ],
)  # fmt: skip
def test_a_facility_edit_of_a_city_with_everything(
    rich_engine: Engine, tmp_path: Path, edit: dict[str, Any], change: Change
) -> None:
    session = Session(rich_engine)
    session.apply(edit_of(edit))
    lattice = rich(tmp_path)
    change(lattice)
    city = enrolled(lattice.build())
    same(session.picture, Engine(city).begin)
    says_the_same_grades(session.picture, assess(city))


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        ({"kind": "add_facility", "elements": ["wet_market"], **here(1000, 0)},
         lambda city: city.add("wet_market", 1000, 0)),
        ({"kind": "add_facility", "elements": ["bookshop"], **here(740, 330)},
         lambda city: city.add("bookshop", 740, 330)),
        ({"kind": "add_facility", "elements": ["kindergarten"], "capacity": 90, **here(1900, 900)},
         lambda city: city.add("kindergarten", 1900, 900, capacity=90.0, capacity_unit="places")),
        ({"kind": "close_facility", "facility": "ledger:pharmacy-2"}, closed("pharmacy")),
        ({"kind": "close_facility", "facility": "ledger:wet_market-0"}, closed("wet_market")),
        ({"kind": "move_facility", "facility": "ledger:pharmacy-2", **here(1230, 640)}, at("pharmacy", 1230, 640)),
        ({"kind": "move_facility", "facility": "ledger:kindergarten-3", **here(0, 1000)}, at("kindergarten", 0, 1000)),
        ({"kind": "resize_facility", "facility": "ledger:elderly_home-6", "capacity": 400},
         at("elderly_home", 1700, 800, capacity=400.0)),
    ],
)  # fmt: skip
def test_a_facility_edit_says_what_an_assessment_would(
    engine: Engine, tmp_path: Path, edit: dict[str, Any], change: Change
) -> None:
    session = Session(engine)
    session.apply(edit_of(edit))
    lattice = usual(tmp_path)
    change(lattice)
    expected = Engine(lattice.build()).begin
    if edit["kind"] == "add_facility" and edit["elements"] == ["bookshop"]:
        # No row of the city's ledgers shows libraries: only once one is known may its absence be judged.
        np.testing.assert_array_equal(session.picture.near("bookshop"), expected.near("bookshop"))
    else:
        same(session.picture, expected)
    session.undo()
    same(session.picture, engine.begin)
    assert session.total()["units"] == 0


def edited(city: City, layer: str, source: str, change: Callable[[gpd.GeoDataFrame], Any]) -> City:
    with city.edit("edited") as edit:
        edit.put(layer, source, change(city.geo(layer)))
    return city.refresh()


@pytest.mark.parametrize(
    ("edit", "layer", "change"),
    [
        ({"kind": "close_edge", "edge": "e2-3-1"}, "street_edges", lambda edges: edges[edges["edge_id"] != "e2-3-1"]),
        ({"kind": "close_gate", "node": "n3-2"}, "street_edges",
         lambda edges: edges[(edges["from_node"] != "n3-2") & (edges["to_node"] != "n3-2")]),
        ({"kind": "change_people", "area": "C2", "factor": 3.0}, "demand",
         lambda units: units.assign(**{
             name: units[name].where(units["community_code"] != "C2", units[name] * 3.0)
             for name in units.columns if name == "people" or (name.startswith("age_") and name != "age_basis")
         })),
    ],
)  # fmt: skip
def test_streets_and_people(
    engine: Engine, tmp_path: Path, edit: dict[str, Any], layer: str, change: Callable[[Any], Any]
) -> None:
    session = Session(engine)
    session.apply(edit_of(edit))
    other = edited(usual(tmp_path).build(), layer, "osm" if layer == "street_edges" else "derived", change)
    same(session.picture, Engine(other).begin)
    session.undo()
    same(session.picture, engine.begin)


def test_a_link_between_crossings(engine: Engine, tmp_path: Path) -> None:
    """The new street is as long as the straight line between its ends."""
    session = Session(engine)
    ends = [(spot.x, spot.y) for spot in (place(100, 100), place(500, 400))]
    session.apply(edit_of({"kind": "open_link", "from": ends[0], "to": ends[1], "link": "bridge"}))
    city = usual(tmp_path).build()
    row = {
        "edge_id": "new", "from_node": "n1-1", "to_node": "n5-4", "length_m": 5 * STEP, "highway": "footway",
        "steps": False, "bridge": True, "tunnel": False, "source": "osm", "geometry": LineString(ends),
    }  # fmt: skip
    other = edited(
        city, "street_edges", "osm",
        lambda edges: gpd.GeoDataFrame(pd.concat([edges, frame([row])], ignore_index=True), crs="EPSG:4326"),
    )  # fmt: skip
    same(session.picture, Engine(other).begin)
    gained = {row["group"]: row["gain"] for row in session.total()["people"]}
    assert gained["all"] >= 0


def test_gain_and_loss_are_people_by_arithmetic(tmp_path: Path) -> None:
    """One market on a row of homes: moving it by 500 m gains and loses exactly who crosses its threshold."""
    lattice = usual(tmp_path)
    engine = Engine(lattice.build())
    rule = next(rule for rule in engine.begin.rules if rule.element.id == "pharmacy" and rule.by_walking)
    session = Session(engine)
    session.apply(edit_of({"kind": "move_facility", "facility": "ledger:pharmacy-2", **here(600, 100)}))
    number = [rule.id for rule in session.picture.rules].index(rule.id)
    before, after = engine.begin.rules[number], session.picture.rules[number]
    people = engine.begin.units.people
    wanted = people[before.applies & ~before.covered & after.covered].sum()
    change = next(row for row in session.total()["elements"] if row["requirement"] == rule.id)
    assert change["gain"] == pytest.approx(wanted)
    assert change["loss"] == pytest.approx(people[before.applies & before.covered & ~after.covered].sum())
    # Independent of the engine: metres on a lattice are |dx| + |dy|.
    x, y = (grid.ravel() * STEP for grid in np.meshgrid(np.arange(21), np.arange(11), indexing="ij"))
    old, new = (np.abs(x - px) + np.abs(y - 100.0) for px in (100.0, 600.0))
    limit = engine.begin.near("pharmacy")[before.applies & before.covered].max() / 10.0
    inside = before.applies
    assert change["gain"] == pytest.approx(people[inside & (old > limit) & (new <= limit)].sum())


EDITS = st.one_of(
    st.builds(
        lambda element, x, y: {"kind": "add_facility", "elements": [element], **here(x, y)},
        st.sampled_from(["wet_market", "pharmacy", "kindergarten", "primary_school", "bookshop"]),
        st.integers(0, 2000), st.integers(0, 1000),
    ),
    st.builds(
        lambda name, x, y: {"kind": "move_facility", "facility": name, **here(x, y)},
        st.sampled_from(["ledger:wet_market-0", "ledger:pharmacy-2", "ledger:kindergarten-3", "scenario:1"]),
        st.integers(0, 2000), st.integers(0, 1000),
    ),
    st.builds(
        lambda name: {"kind": "close_facility", "facility": name},
        st.sampled_from(["ledger:wet_market-1", "ledger:kindergarten-4", "ledger:primary_school-5", "scenario:1"]),
    ),
    st.builds(
        lambda name, capacity: {"kind": "resize_facility", "facility": name, "capacity": capacity},
        st.sampled_from(["ledger:kindergarten-3", "ledger:elderly_home-6"]), st.integers(1, 900),
    ),
    st.builds(lambda i, j: {"kind": "close_edge", "edge": f"e{i}-{j}-1"}, st.integers(0, 19), st.integers(0, 10)),
    st.builds(lambda i, j: {"kind": "close_gate", "node": f"n{i}-{j}"}, st.integers(0, 20), st.integers(0, 10)),
    st.builds(lambda i, j: {"kind": "open_edge", "edge": f"e{i}-{j}-1"}, st.integers(0, 19), st.integers(0, 10)),
    st.builds(lambda i, j: {"kind": "open_gate", "node": f"n{i}-{j}"}, st.integers(0, 20), st.integers(0, 10)),
    st.builds(
        lambda x, y, dx, dy: {
            "kind": "open_link", "from": [*here(x, y).values()], "to": [*here(x + dx, y + dy).values()], "link": "street"
        },
        st.integers(0, 1600), st.integers(0, 600), st.integers(0, 400), st.integers(-100, 400),
    ),
    st.builds(
        lambda area, factor: {"kind": "change_people", "area": area, "factor": factor},
        st.sampled_from(["C1", "S2", "L1", "150000"]), st.sampled_from([0.0, 0.5, 2.0]),
    ),
)  # fmt: skip


def sequence(engine: Engine, documents: list[dict[str, Any]]) -> None:
    """Edits one after the other, all at once, and taken back: always what a town evaluated as a whole says."""
    session = Session(engine)
    done, pictures = 0, [session.picture]
    for document in documents:
        try:
            session.apply(edit_of(document))
        except (InputError, NotFoundError):
            same(session.picture, pictures[-1])
            continue
        done += 1
        # What was evaluated anew only where it mattered, against everything evaluated anew.
        same(session.picture, picture(session.town))
        pictures.append(session.picture)
    whole = Session(engine, session.scenario.edits)
    same(whole.picture, session.picture)
    for _ in range(done):
        same(session.picture, pictures.pop())
        same(whole.picture, session.picture)
        session.undo()
        whole.undo()
    for one in (session, whole):
        same(one.picture, engine.begin)
        same(picture(one.town), engine.begin)
        with pytest.raises(ConflictError):
            one.undo()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents=st.lists(EDITS, min_size=1, max_size=6))
def test_any_sequence_equals_the_whole_and_can_be_undone(engine: Engine, documents: list[dict[str, Any]]) -> None:
    sequence(engine, documents)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents=st.lists(EDITS, min_size=1, max_size=5))
def test_any_sequence_in_a_city_with_everything(rich_engine: Engine, documents: list[dict[str, Any]]) -> None:
    sequence(rich_engine, documents)


def test_a_town_made_anew_finds_what_the_followed_one_does(rich_engine: Engine) -> None:
    """After edits of every kind, against a search of the same streets from nothing."""
    documents: list[dict[str, Any]] = [
        {"kind": "close_gate", "node": "n3-2"},
        {"kind": "open_link", "from": [*here(140, 210).values()], "to": [*here(380, 380).values()], "link": "bridge"},
        {"kind": "add_facility", "elements": ["pharmacy", "bookshop"], **here(260, 295)},
        {"kind": "move_facility", "facility": "ledger:school", **here(255, 290)},
        {"kind": "close_edge", "edge": "e2-3-1"},
        {"kind": "close_facility", "facility": "ledger:wet_market-0"},
    ]
    session = Session(rich_engine, [edit_of(document) for document in documents])
    network = session.town.network
    scene = network.follower.scene
    anew = Follower(scene, network.n_origins, len(network.near), network.thresholds.bound_dm)
    np.testing.assert_array_equal(network.near, anew.near)
    np.testing.assert_array_equal(network.which, anew.which)
    feet = Footing.of(scene.graph, scene.closed, network.footing.xy, network.footing.max_gap_m)
    for name in ("edge", "offset_dm", "gap_dm", "reason"):
        np.testing.assert_array_equal(getattr(network.footing, name), getattr(feet, name), err_msg=name)


def test_undoing_far_back_makes_pictures_again(engine: Engine) -> None:
    session, pictures = Session(engine), [engine.begin]
    for n in range(KEPT + 4):
        spot = here(100 + 80 * n, 300)
        session.apply(edit_of({"kind": "add_facility", "elements": ["pharmacy"], **spot}))
        pictures.append(session.picture)
    while session.scenario.edits:
        same(session.picture, pictures.pop())
        session.undo()
    same(session.picture, engine.begin)


def test_dragging_replaces_the_last_edit_and_keeps_it_where_refused(engine: Engine) -> None:
    session = Session(engine)
    for step in range(3):
        spot = here(300 + 50 * step, 300)
        session.apply(edit_of({"kind": "move_facility", "facility": "ledger:wet_market-0", **spot}), replace=step > 0)
    assert len(session.scenario.edits) == 1
    kept = session.picture
    with pytest.raises(InputError):
        session.apply(
            edit_of({"kind": "move_facility", "facility": "ledger:wet_market-0", "lon": 0.0, "lat": 0.0}), replace=True
        )
    assert len(session.scenario.edits) == 1
    same(session.picture, kept)


FAR = {"lon": 0.0, "lat": 0.0}


@pytest.mark.parametrize(
    ("code", "edit"),
    [
        ("whatif.unknown_element", {"kind": "add_facility", "elements": ["nothing_like_it"], **here(0, 0)}),
        ("whatif.stands_nowhere", {"kind": "add_facility", "elements": ["car_parking"], **here(0, 0)}),
        ("whatif.element_twice", {"kind": "add_facility", "elements": ["pharmacy", "pharmacy"], **here(0, 0)}),
        ("whatif.capacity_of_which",
         {"kind": "add_facility", "elements": ["pharmacy", "bookshop"], "capacity": 5, **here(0, 0)}),
        ("whatif.outside", {"kind": "add_facility", "elements": ["pharmacy"], **FAR}),
        ("whatif.bad_edit", {"kind": "add_facility", "elements": [], **here(0, 0)}),
        ("whatif.bad_edit", {"kind": "add_facility", "elements": ["pharmacy"], "lon": float("nan"), "lat": 0}),
        ("whatif.bad_edit", {"kind": "blow_up", "edge": "e2-3-1"}),
        ("whatif.unknown_facility", {"kind": "move_facility", "facility": "ledger:none", **here(0, 0)}),
        ("whatif.outside", {"kind": "move_facility", "facility": "ledger:pharmacy-2", **FAR}),
        ("whatif.unknown_facility", {"kind": "close_facility", "facility": "scenario:1"}),
        ("whatif.not_served", {"kind": "close_facility", "facility": "ledger:pharmacy-2", "element": "wet_market"}),
        ("whatif.unknown_facility", {"kind": "resize_facility", "facility": "ledger:none", "capacity": 5}),
        ("whatif.bad_edit", {"kind": "resize_facility", "facility": "ledger:pharmacy-2", "capacity": -5}),
        ("whatif.unknown_edge", {"kind": "close_edge", "edge": "none"}),
        ("whatif.open_already", {"kind": "open_edge", "edge": "e2-3-1"}),
        ("whatif.unknown_node", {"kind": "close_gate", "node": "none"}),
        ("whatif.open_already", {"kind": "open_gate", "node": "n3-2"}),
        ("whatif.people_where", {"kind": "change_people", "factor": 2}),
        ("whatif.people_where", {"kind": "change_people", "area": "C1", "demand": ["d00-00"], "factor": 2}),
        ("whatif.people_by_what", {"kind": "change_people", "area": "C1"}),
        ("whatif.unknown_area", {"kind": "change_people", "area": "nowhere", "factor": 2}),
        ("whatif.unknown_unit", {"kind": "change_people", "demand": ["d00-00", "none"], "factor": 2}),
        ("whatif.bad_edit", {"kind": "change_people", "area": "C1", "ages": {"age_200": 2}}),
        ("whatif.link_too_long",
         {"kind": "open_link", "from": [*here(0, 0).values()], "to": [*here(2000, 1000).values()]}),
        ("whatif.link_without_length",
         {"kind": "open_link", "from": [*here(0, 0).values()], "to": [*here(0, 0).values()]}),
        ("whatif.outside", {"kind": "open_link", "from": [*here(0, 0).values()], "to": [*FAR.values()]}),
        ("whatif.no_street_near",
         {"kind": "open_link", "from": [*here(0, 0).values()], "to": [*here(-45, -45).values()]}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_changes_nothing(engine: Engine, code: str, edit: dict[str, Any]) -> None:
    session = Session(engine)
    with pytest.raises((InputError, NotFoundError)) as refused:
        session.apply(edit_of(edit))
    assert refused.value.code == code
    assert refused.value.message("zh")
    assert refused.value.action("en")
    assert not session.scenario.edits
    same(session.picture, engine.begin)


def refused(session: Session, document: dict[str, Any]) -> str:
    """Code of the refusal; nothing has changed."""
    before, edits = session.picture, session.scenario.edits
    with pytest.raises((InputError, NotFoundError)) as found:
        session.apply(edit_of(document))
    assert session.picture is before
    assert session.scenario.edits == edits
    return str(found.value.code)


def test_an_edit_of_what_is_gone_is_refused(engine: Engine) -> None:
    close = {"kind": "close_facility", "facility": "ledger:pharmacy-2"}
    shut = {"kind": "close_edge", "edge": "e2-3-1"}
    gate = {"kind": "close_gate", "node": "n3-2"}
    session = Session(engine, [edit_of(one) for one in (close, shut, gate)])
    assert refused(session, close) == "whatif.gone"
    assert refused(session, {**close, "element": "pharmacy"}) == "whatif.gone"
    assert refused(session, {"kind": "move_facility", "facility": close["facility"], **here(0, 0)}) == "whatif.gone"
    assert refused(session, {**close, "kind": "resize_facility", "capacity": 5}) == "whatif.gone"
    assert refused(session, shut) == "whatif.closed_already"
    assert refused(session, gate) == "whatif.closed_already"


def test_a_scenario_that_is_too_long_is_refused(engine: Engine) -> None:
    add = edit_of({"kind": "add_facility", "elements": ["pharmacy"], **here(100, 100)})
    with pytest.raises(InputError) as found:
        Session(engine, [add] * (MOST_EDITS + 1))
    assert found.value.code == "whatif.too_many"


def test_comparison_holds_both_and_their_difference(engine: Engine) -> None:
    first = Scenario((edit_of({"kind": "add_facility", "elements": ["pharmacy"], **here(1800, 900)}),))
    second = Scenario((edit_of({"kind": "close_facility", "facility": "ledger:pharmacy-2"}),))
    both = compare(engine, first, second)
    assert both["first"]["shortfalls"]["total"][0] == both["difference"]["shortfalls"]["total"][0]
    assert both["difference"]["shortfalls"]["total"][1] == both["first"]["shortfalls"]["total"][1]
    assert both["difference"]["shortfalls"]["total"][2] == both["second"]["shortfalls"]["total"][1]
    gains = {row["group"]: (row["first"][0], row["second"][0]) for row in both["difference"]["people"]}
    assert gains["all"][0] > 0 == gains["all"][1]
