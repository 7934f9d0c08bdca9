"""Lived access and hours through HTTP, on a lattice with stairs and schools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callers import API, BASE, LOCAL, TestClient

from assess.cities import usual
from kezhong.assess import assess
from kezhong.assess.by_hour import city_hours
from kezhong.assess.lived_access import lived_access
from kezhong.city.workspace import City
from kezhong.server import create_app
from kezhong.server.models import HoursOut, LivedPage, SensitivityAnswer


@pytest.fixture(scope="module")
def lattice_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    lattice = usual(tmp_path_factory.mktemp("lived"), steps={(10, j) for j in range(11)})
    lattice.add("pharmacy", 1000.0, 500.0, hours="24小时")
    lattice.add("pharmacy", 1200.0, 500.0, hours="看门口通知")
    lattice.add("small_sports_ground", 0.0, 0.0, hours="06:00-08:00")
    return lattice.build()


@pytest.fixture(scope="module")
def caller(lattice_city: City, static: Path) -> Iterator[TestClient]:
    app = create_app(lattice_city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as found:
        yield found


def get(caller: TestClient, path: str, **wanted: Any) -> Any:
    answer = caller.get(f"{API}{path}", params=wanted)
    assert answer.status_code == 200, answer.text
    again = caller.get(f"{API}{path}", params=wanted, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    return answer.json()


def test_walkers_side_by_side(caller: TestClient, lattice_city: City) -> None:
    body = get(caller, "/lived", element="primary_school")
    page = LivedPage.model_validate(body)
    assert next(one.id for one in page.walkers) == page.standard == "standard"
    assert len(page.items) == len(page.walkers) == 8
    assert {row.area_code for row in page.items} == {"150000"}
    table = lived_access(lattice_city, elements=["primary_school"], levels=["city"]).table.set_index("walker")
    for row in page.items:
        assert row.share == pytest.approx(table.loc[row.walker, "share"], abs=1e-4)
        assert row.cut_off == table.loc[row.walker, "cut_off"]
    wheels = next(one for one in page.walkers if one.id == "wheelchair")
    states = {one.id: one.state for one in wheels.switches}
    assert states["steps"] == "worked"
    assert states["slope"] == "no_data"
    assert all(one.zh and one.en for one in wheels.switches)


def test_areas_levels_and_pages(caller: TestClient) -> None:
    first = get(caller, "/lived", level="community", walker=["pram", "adult"], limit=5)
    assert {row["walker"] for row in first["items"]} <= {"pram", "adult"}
    rows, cursor = list(first["items"]), first["next_cursor"]
    while cursor:
        page = get(caller, "/lived", level="community", walker=["pram", "adult"], limit=5, cursor=cursor)
        rows, cursor = rows + page["items"], page["next_cursor"]
    assert len({(row["area_code"], row["element"], row["walker"]) for row in rows}) == len(rows)
    assert len(rows) == 2 * 4 * len({row["element"] for row in rows})
    for area in ("C2", "社区2"):
        assert {row["area_code"] for row in get(caller, "/lived", area=area)["items"]} == {"C2"}
    circle = get(caller, "/lived", area="L1", element="pharmacy")
    assert {(row["area_code"]) for row in circle["items"]} == {"L1"}
    assert get(caller, "/lived", hour=71)["dark"]
    assert not get(caller, "/lived", hour=60)["dark"]
    wrong = caller.get(f"{API}/lived", params={"cursor": first["next_cursor"]})
    assert wrong.status_code == 422


def test_hours_of_an_element(caller: TestClient, lattice_city: City) -> None:
    body = get(caller, "/hours", element="pharmacy")
    page = HoursOut.model_validate(body)
    found = city_hours(lattice_city, level="city", elements=["pharmacy"])
    sure, maybe = found.coverage.shares()
    assert page.items[0].surely == pytest.approx(sure[0, 0], abs=1e-4)
    assert page.items[0].possibly == pytest.approx(maybe[0, 0], abs=1e-4)
    assert next(day.id for day in page.days) == "monday"
    assert len(page.days) * 24 == 192
    assert [(one.text, one.facilities) for one in page.unread] == [("看门口通知", 1)]
    assert page.items[0].night.all_night_surely == page.items[0].surely[3] > 0
    assert page.threshold_m == 300.0
    slow = get(caller, "/hours", element="pharmacy", walker="elderly")
    assert slow["walker"] == "older_70"
    assert slow["items"][0]["surely"][12] <= page.items[0].surely[12]
    assert len(get(caller, "/hours", element="pharmacy", level="community")["items"]) == 4
    assert get(caller, "/hours", element="pharmacy", area="L2")["items"][0]["area_code"] == "L2"


def test_off_peak_opening_is_a_scenario(caller: TestClient) -> None:
    before = get(caller, "/hours", element="small_sports_ground")
    after = get(caller, "/hours", element="small_sports_ground", offpeak=True)
    assert before["offpeak"] is None
    assert after["offpeak"]["services"] >= 1
    assert "待核" in after["offpeak"]["note"]["zh"]
    evening = 48 + 19
    assert before["items"][0]["surely"][evening] == 0.0 < after["items"][0]["surely"][evening]
    again = get(caller, "/hours", element="small_sports_ground")
    assert again == before


def test_what_counts_nowhere_is_no_zero(caller: TestClient) -> None:
    page = HoursOut.model_validate(get(caller, "/hours", element="police_station"))
    assert page.items == []
    assert page.requirement is None


@pytest.mark.parametrize(
    ("path", "wanted", "status"),
    [
        ("/lived", {"walker": "runner"}, 404),
        ("/lived", {"element": "castle"}, 404),
        ("/lived", {"area": "nowhere"}, 404),
        ("/lived", {"basis": "none"}, 404),
        ("/lived", {"hour": 192}, 422),
        ("/lived", {"group": "giants"}, 422),
        ("/lived", {"level": "planet"}, 422),
        ("/hours", {}, 422),
        ("/hours", {"element": "castle"}, 404),
        ("/hours", {"element": "pharmacy", "walker": "runner"}, 404),
        ("/hours", {"element": "pharmacy", "group": "giants"}, 422),
        ("/hours", {"element": "pharmacy", "area": "nowhere"}, 404),
    ],
)
def test_wrong_questions(caller: TestClient, path: str, wanted: dict[str, Any], status: int) -> None:
    answer = caller.get(f"{API}{path}", params=wanted)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]["zh"]


def test_a_city_without_streets_says_so(client: TestClient) -> None:
    for path in ("/lived", "/hours?element=pharmacy"):
        answer = client.get(f"{API}{path}")
        assert answer.json()["error"]["code"] == "assess.no_streets", path


def test_sensitivity_is_asked_for_by_itself(caller: TestClient, lattice_city: City) -> None:
    run = assess(lattice_city, "kezhong-default").run.id
    told = get(caller, f"/runs/{run}/explain", area="C2", element="wet_market")
    assert "sensitivity" not in told
    found = SensitivityAnswer.model_validate(
        get(caller, f"/runs/{run}/sensitivity", area="C2", element="wet_market")
    ).sensitivity
    assert found is not None
    row = next(one for one in told["figures"] if one["indicator"] == "coverage" and one["variant"] == found.variant)
    assert (found.value, found.low, found.high) == pytest.approx((row["value"], row["low"], row["high"]), abs=1e-6)
    assert sum(one.share for one in found.sources) == pytest.approx(1.0)
    nothing = get(caller, f"/runs/{run}/sensitivity", area="C2", element="convenience_store")
    assert nothing == {"sensitivity": None}
    for query, status in (("area=none&element=wet_market", 404), ("area=C2&element=none", 404), ("area=C2", 422)):
        assert caller.get(f"{API}/runs/{run}/sensitivity?{query}").status_code == status
