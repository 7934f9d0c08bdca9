"""The appraisal over HTTP, from opening it to the final score sheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from callers import API, SignIn, TestClient

from kezhong import clock
from kezhong.server.models.office import appraisal as wire
from kezhong.server.routes.office.dispatch import XLSX
from office_world import EAST, World
from supervision_world import add_step, add_task

AT = f"{API}/office/appraisals"
NOW = datetime(2023, 1, 10, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _january() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def send(client: TestClient, path: str, body: Any, version: int, status: int = 200) -> Any:
    answer = client.post(f"{API}/office/{path}", json=body, headers={"If-Match": f'"v{version}"'})
    assert answer.status_code == status, answer.text
    return answer.json()


def prepared(world: World) -> None:
    due = {"due_on": date(2022, 6, 30)}
    key = add_task(world, "east", "E-1", state="closed", done_at=datetime(2022, 6, 1, tzinfo=UTC), **due)
    add_step(world, "task", key, "report", datetime(2022, 6, 1, tzinfo=UTC), "east")
    add_task(world, "east", "E-2", **due)
    add_task(world, "d-civil", "C-1", **due)


def opened(world: World, client: TestClient) -> Any:
    answer = client.post(AT, json={"programme_id": world.programme, "period": "2022"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_whole_way(world: World, sign_in: SignIn) -> None:
    prepared(world)
    office, east = sign_in("office"), sign_in("east")
    survey = {
        "area_code": EAST,
        "period": "2022H2",
        "asked": 200,
        "satisfied": 170,
        "method": "入户",
        "source": "第三方",
    }
    assert office.post(f"{API}/office/satisfaction", json=survey).status_code == 201
    made = opened(world, office)
    wire.AppraisalDetail.model_validate(made)
    key = made["id"]
    assert made["allowed"] == ["compute"]
    found = send(office, f"appraisals/{key}/compute", None, made["version"])
    assert found["allowed"] == ["compute", "publish"]
    assert east.get(f"{AT}/{key}").json()["hidden"]
    row = next(unit for unit in found["units"] if unit["org_id"] == world.org["east"])
    tasks = next(score for score in row["scores"] if score["item"] == "task_completion")
    assert (tasks["value"], tasks["score"]) == (0.5, 36.36)  # 40 × 100/55 × 0.5
    assert east.get(f"{API}/office/appraisal-scores/{tasks['id']}").status_code == 404
    shown = send(office, f"appraisals/{key}/publish", {"due_on": "2023-01-12"}, found["version"])
    seen = east.get(f"{AT}/{key}").json()
    assert [unit["org_id"] for unit in seen["units"]] == [world.org["east"]]
    assert seen["allowed"] == []
    score = wire.ScoreOut.model_validate_json(east.get(f"{API}/office/appraisal-scores/{tasks['id']}").content)
    assert score.may_appeal
    assert [(line["code"], line["counted"]) for line in score.rows] == [("E-1", 1.0), ("E-2", 0.0)]
    assert sign_in("west").get(f"{API}/office/appraisal-scores/{tasks['id']}").status_code == 404

    appealed = east.post(f"{API}/office/appraisal-scores/{tasks['id']}/appeals", json={"text": "E-2 已暂缓"})
    assert appealed.status_code == 201, appealed.text
    appeal = appealed.json()["appeals"][0]
    send(east, f"appeals/{appeal['id']}/decide", {"step": "take_up", "due": "2023-01-16"}, 1, 403)
    version = appeal["version"]
    for body in (
        {"step": "take_up", "due": "2023-01-16"},
        {"step": "uphold", "reason": "暂缓属实"},
        {"step": "correct", "share": 1.0},
    ):
        answer = send(office, f"appeals/{appeal['id']}/decide", body, version)
        wire.AppealOut.model_validate(answer)
        version = answer["version"]
    assert (answer["state"], answer["before"]["score"], answer["after"]["score"]) == ("corrected", 36.36, 72.73)
    again = office.get(f"{AT}/{key}").json()
    send(office, f"appraisals/{key}/publish", {"due_on": "2023-01-13"}, shown["version"] - 1, 412)
    again = send(office, f"appraisals/{key}/publish", {"due_on": "2023-01-13"}, again["version"])
    send(office, f"appraisals/{key}/finalise", None, again["version"], 409)
    with clock.frozen(NOW + timedelta(days=9)):
        office, west = sign_in("office"), sign_in("west")
        final = send(office, f"appraisals/{key}/finalise", None, office.get(f"{AT}/{key}").json()["version"])
        assert (final["state"], final["allowed"]) == ("final", [])
        units = west.get(f"{AT}/{key}").json()["units"]
        assert {unit["org_id"]: unit["open_to_caller"] for unit in units} == {
            world.org["east"]: False,
            world.org["west"]: True,
            world.org["d-civil"]: False,
        }
        content = office.get(f"{AT}/{key}/file").content
        same = office.post(f"{AT}/{key}/compare", content=content, headers={"Content-Type": XLSX}).json()
        assert same["differences"] == []
        assert same["scores"] == 14
        book = openpyxl.load_workbook(io.BytesIO(west.get(f"{AT}/{key}/file").content))
        assert {line[0].value for line in book["依据条目"].iter_rows(min_row=2)} <= {None}


def finalised(world: World, sign_in: SignIn) -> tuple[int, int]:
    """A final appraisal: its id, and that of the eastern district's score for its tasks."""
    prepared(world)
    office = sign_in("office")
    made = opened(world, office)
    key = made["id"]
    found = send(office, f"appraisals/{key}/compute", None, made["version"])
    send(office, f"appraisals/{key}/publish", {"due_on": "2023-01-12"}, found["version"])
    with clock.frozen(NOW + timedelta(days=9)):
        office = sign_in("office")
        send(office, f"appraisals/{key}/finalise", None, office.get(f"{AT}/{key}").json()["version"])
    row = next(unit for unit in found["units"] if unit["org_id"] == world.org["east"])
    return key, next(score["id"] for score in row["scores"] if score["item"] == "task_completion")


def test_a_final_score_is_corrected(world: World, sign_in: SignIn) -> None:
    key, score = finalised(world, sign_in)
    with clock.frozen(NOW + timedelta(days=10)):
        office, east, west = sign_in("office"), sign_in("east"), sign_in("west")
        shown = office.get(f"{API}/office/appraisal-scores/{score}").json()
        assert shown["may_correct"]
        assert not east.get(f"{API}/office/appraisal-scores/{score}").json()["may_correct"]
        path, body = f"appraisal-scores/{score}/correct", {"share": 1.0, "reason": "核查〔2023〕7号"}
        assert office.post(f"{API}/office/{path}", json=body).status_code == 428
        send(east, path, body, shown["version"], 403)
        send(office, path, body, shown["version"] + 1, 412)
        for wrong in ({"share": 1.2, "reason": "x"}, {"share": 1.0, "reason": " "}, {"share": 0.5, "reason": "x"}):
            send(office, path, wrong, shown["version"], 422)
        told = wire.ScoreOut.model_validate(send(office, path, body, shown["version"]))
        assert (told.status, told.value, told.unit_state) == ("corrected", 1.0, "corrected")
        (one,) = told.corrections
        assert (one.final, one.person, one.reason, one.before["value"], one.after["value"]) == (
            True, "office员", "核查〔2023〕7号", 0.5, 1.0,
        )  # fmt: skip
        for client, person in ((east, "office员"), (west, "")):
            detail = wire.AppraisalDetail.model_validate_json(client.get(f"{AT}/{key}").content)
            found = {unit.org_id: unit.corrections for unit in detail.units}
            assert [one.person for one in found.pop(world.org["east"])] == [person]
            assert not any(found.values())
        book = openpyxl.load_workbook(io.BytesIO(west.get(f"{AT}/{key}/file").content))
        assert book["更正记录"].max_row == 2
        assert book["考核汇总"]["A2"].value.startswith("本表经过更正")


def test_what_is_published_is_corrected_by_an_appeal_only(world: World, sign_in: SignIn) -> None:
    prepared(world)
    office = sign_in("office")
    made = opened(world, office)
    found = send(office, f"appraisals/{made['id']}/compute", None, made["version"])
    score = found["units"][0]["scores"][0]["id"]
    shown = office.get(f"{API}/office/appraisal-scores/{score}").json()
    assert not shown["may_correct"]
    body = {"share": 1.0, "reason": "提前更正"}
    refused = send(office, f"appraisal-scores/{score}/correct", body, shown["version"], 409)
    assert refused["error"]["code"] == "machines.illegal_step"


def test_the_office_does_not_review_again_what_it_dismissed(world: World, sign_in: SignIn) -> None:
    prepared(world)
    office, east = sign_in("office"), sign_in("east")
    made = opened(world, office)
    found = send(office, f"appraisals/{made['id']}/compute", None, made["version"])
    send(office, f"appraisals/{made['id']}/publish", {"due_on": "2023-01-12"}, found["version"])
    row = next(unit for unit in found["units"] if unit["org_id"] == world.org["east"])
    asked = east.post(f"{API}/office/appraisal-scores/{row['scores'][0]['id']}/appeals", json={"text": "有误"}).json()
    appeal = asked["appeals"][0]
    for body in ({"step": "take_up", "due": "2023-01-16"}, {"step": "dismiss", "reason": "无佐证"}):
        appeal = send(office, f"appeals/{appeal['id']}/decide", body, appeal["version"])
    assert appeal["allowed"] == []
    again = {"step": "review_again", "reason": "再看", "due": "2023-01-20"}
    send(office, f"appeals/{appeal['id']}/decide", again, appeal["version"], 403)


def test_veto(world: World, sign_in: SignIn) -> None:
    prepared(world)
    office = sign_in("office")
    made = opened(world, office)
    unit = made["units"][0]
    told = send(
        office, f"appraisal-units/{unit['id']}/veto", {"veto": "fraud", "reason": "核查〔2023〕1号"}, unit["version"]
    )
    assert told["units"][0]["vetoes"][0]["zh"] == "弄虚作假"
    wrong = send(
        office, f"appraisal-units/{unit['id']}/veto", {"veto": "x", "reason": "y"}, told["units"][0]["version"], 422
    )
    assert wrong["error"]["code"] == "appraisal.unknown_veto"


def test_rules_say_that_they_are_a_proposal(sign_in: SignIn, world: World) -> None:
    answer = sign_in("east").get(f"{AT}/rules")
    rules = wire.RulesList.model_validate_json(answer.content).items[0]
    assert rules.proposal
    assert [sum(item.weight for item in group.items) for group in rules.groups] == [100, 100]
    assert sign_in("office").get(f"{AT}/1").status_code == 404


def test_permissions(world: World, sign_in: SignIn, nobody: TestClient) -> None:
    prepared(world)
    body = {"programme_id": world.programme, "period": "2022"}
    assert nobody.get(AT).status_code == 401
    for name in ("east", "civil", "street", "community", "auditor", "inspector", "admin"):
        assert sign_in(name).post(AT, json=body).status_code == 403
    assert sign_in("street").get(AT).status_code == 403
    opened(world, sign_in("office"))
    assert sign_in("auditor").get(AT).json()["items"][0]["state"] == "open"
    bad = sign_in("office").post(AT, json={**body, "period": "2021", "rules": {"id": "x"}})
    assert bad.json()["error"]["code"] == "appraisal.broken_rules"


def test_satisfaction(world: World, sign_in: SignIn) -> None:
    office = sign_in("office")
    body = {"area_code": EAST, "period": "2022", "asked": 100, "satisfied": 90, "method": "电话", "source": "统计局"}
    made = office.post(f"{API}/office/satisfaction", json=body)
    survey = wire.SurveyOut.model_validate_json(made.content)
    assert (survey.low, survey.high) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert office.post(f"{API}/office/satisfaction", json={**body, "satisfied": 101}).status_code == 422
    assert sign_in("east").post(f"{API}/office/satisfaction", json=body).status_code == 403
    assert sign_in("west").get(f"{API}/office/satisfaction").json()["items"] == []
    gone = office.post(f"{API}/office/satisfaction/{survey.id}/withdraw", json={"reason": "重复"}).json()
    assert gone["withdrawn_at"]


def test_the_city_has_rules_of_its_own_for_the_next_appraisal(world: World, sign_in: SignIn) -> None:
    prepared(world)
    office, east = sign_in("office"), sign_in("east")
    first = opened(world, office)
    address = f"{API}/office/appraisal-rules"
    shipped = office.get(address).json()
    assert (shipped["version"], shipped["own"], shipped["rules"]["proposal"]) == (0, False, True)
    assert [one["id"] for one in shipped["in_use"]] == [first["id"]]
    assert east.get(address).json()["may_write"] is False
    kept = ("zh", "en", "proposal", "document", "comment_days", "vetoes")
    wanted = {name: shipped["rules"][name] for name in kept} | {"groups": []}
    for group in shipped["rules"]["groups"]:
        items = [{k: v for k, v in item.items() if k not in ("measure_zh", "measure_en")} for item in group["items"]]
        wanted["groups"].append({**group, "items": items})
    district = wanted["groups"][0]["items"]
    district[0]["weight"] += 5
    zero = {"If-Match": '"v0"'}
    uneven = office.put(address, json=wanted, headers=zero)
    assert (uneven.status_code, uneven.json()["error"]["details"]["value"]) == (422, 105.0)
    district[1]["weight"] -= 5
    bare = office.put(address, json={**wanted, "proposal": False}, headers=zero)
    assert (bare.status_code, bare.json()["error"]["details"]["column"]) == (422, "document")
    assert office.put(address, json=wanted).status_code == 428
    assert east.put(address, json=wanted, headers=zero).status_code == 403
    body = {**wanted, "proposal": False, "document": "乌海办发〔2026〕5 号", "reason": "常务会议"}
    done = office.put(address, json=body, headers=zero)
    assert (done.status_code, done.json()["own"], done.headers["etag"]) == (200, True, '"v1"')
    assert office.put(address, json=wanted, headers=zero).status_code == 412
    weights = [item["weight"] for item in office.get(f"{AT}/{first['id']}").json()["rules"]["groups"][0]["items"]]
    assert weights[:2] == [40, 20]  # the one under way keeps its rules
    again = office.post(AT, json={"programme_id": world.programme, "period": "2022H2"}).json()
    assert [item["weight"] for item in again["rules"]["groups"][0]["items"]][:2] == [45, 15]
    assert again["proposal"] is False
