"""Every machine as shipped: each (state, step) pair is either allowed or refused; walks stay inside and can end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.office.machines import IllegalStepError, Machine, Relation, StateKind, get_machine, load_machines
from kezhong.office.machines.draw import diagram, page

MACHINES = load_machines()
PAGE = Path(__file__).resolve().parents[3] / "docs" / "state-machines.md"
NAMES = {
    "task",
    "pilot",
    "submission",
    "project",
    "application",
    "offer",
    "objection",
    "appeal",
    "dispatch",
    "appraisal",
    "verification",
}


def _pairs(legal: bool) -> Iterator[tuple[str, str, str]]:
    for machine in MACHINES.values():
        for state in machine.states:
            for step in machine.transitions.values():
                if (state in step.sources) is legal:
                    yield machine.id, state, step.id


def test_all_machines_are_there() -> None:
    assert set(MACHINES) == NAMES


@pytest.mark.parametrize(("name", "state", "step"), list(_pairs(legal=False)))
def test_every_illegal_step_is_refused_and_says_what_is_possible(name: str, state: str, step: str) -> None:
    machine = get_machine(name)
    with pytest.raises(IllegalStepError) as caught:
        machine.step(state, step)
    error = caught.value
    assert isinstance(error, ConflictError)
    assert error.http_status == 409
    assert error.allowed == tuple(one.id for one in machine.allowed(state))
    for one in machine.allowed(state):
        assert one.zh in error.message("zh")
        assert one.en in error.message("en")
    assert machine.state(state).zh in error.message("zh")
    assert machine.transition(step).zh in error.message("zh")
    assert "–" not in error.message("zh") + error.message("en")


@pytest.mark.parametrize(("name", "state", "step"), list(_pairs(legal=True)))
def test_every_legal_step_leads_to_its_target(name: str, state: str, step: str) -> None:
    machine = get_machine(name)
    taken = machine.step(state, step)
    assert taken is machine.transitions[step]
    assert taken in machine.allowed(state)
    assert taken.to in machine.states


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_a_finished_object_says_that_nothing_is_left(machine: Machine) -> None:
    for state in machine.of_kind(StateKind.VOID, StateKind.DONE):
        if not machine.allowed(state):
            step = next(iter(machine.transitions))
            with pytest.raises(IllegalStepError, match="无（已办结）"):
                machine.step(state, step)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_unknown_words_are_no_conflict(machine: Machine) -> None:
    with pytest.raises(InputError, match=r"machines\.unknown_step"):
        machine.step(machine.initial, "no_such_step")
    with pytest.raises(NotFoundError, match=r"machines\.unknown_state"):
        machine.step("no_such_state", next(iter(machine.transitions)))
    with pytest.raises(NotFoundError, match=r"machines\.unknown_state"):
        machine.allowed("no_such_state")


def test_unknown_machine() -> None:
    with pytest.raises(NotFoundError, match=r"machines\.unknown_machine") as caught:
        get_machine("no_such_machine")
    assert "task" in caught.value.action("zh")


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_random_walks_stay_inside_and_leave_an_end_only_by_marked_steps(data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(list(MACHINES.values())))
    state = machine.initial
    for _ in range(data.draw(st.integers(1, 40))):
        wanted = data.draw(st.sampled_from(list(machine.transitions)))
        legal = {one.id for one in machine.allowed(state)}
        if wanted not in legal:
            with pytest.raises(IllegalStepError):
                machine.step(state, wanted)
            continue
        taken = machine.step(state, wanted)
        assert (taken.reopens or taken.follows) is machine.states[state].terminal
        if taken.reopens:
            assert not machine.states[taken.to].terminal
        state = taken.to
        assert state in machine.states


@pytest.mark.parametrize(
    ("name", "state"), [(one.id, state) for one in MACHINES.values() for state in one.states], ids=str
)
def test_every_state_can_reach_an_end(name: str, state: str) -> None:
    machine = get_machine(name)
    seen, waiting = {state}, [state]
    while waiting:
        for step in machine.allowed(waiting.pop()):
            if step.to not in seen:
                seen.add(step.to)
                waiting.append(step.to)
    assert any(machine.states[one].terminal for one in seen)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_every_open_state_has_a_step_for_a_person(machine: Machine) -> None:
    for state in machine.states.values():
        if not state.terminal:
            assert any(set(step.by) - {Relation.SYSTEM} for step in machine.allowed(state.id)), state.id


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_sending_back_and_ending_without_result_take_a_reason(machine: Machine) -> None:
    words = {"return", "refuse", "decline", "suspend", "waive", "cancel", "dismiss", "uphold", "reopen"}
    for step in machine.transitions.values():
        if step.id in words and (machine.id, step.id) != ("application", "refuse"):
            assert "reason" in step.needs, step.id


# --- what the plan and the issue ask for, machine by machine


def _walk(machine: str, *steps: str) -> list[str]:
    chain = [get_machine(machine).initial]
    for step in steps:
        chain.append(get_machine(machine).step(chain[-1], step).to)
    return chain


def test_a_task_goes_down_comes_up_is_returned_and_closed() -> None:
    assert _walk("task", "issue", "accept", "start", "report", "return", "rework", "report", "approve") == [
        "draft",
        "issued",
        "accepted",
        "in_progress",
        "reported",
        "returned",
        "in_progress",
        "reported",
        "closed",
    ]


def test_not_met_is_said_only_with_a_verification_sheet_and_by_the_office() -> None:
    task = get_machine("task")
    ways = [one for one in task.transitions.values() if one.to == "measured_not_met"]
    assert [(one.id, one.by) for one in ways] == [("measure_not_met", (Relation.OFFICE,))]
    assert "sheet" in ways[0].needs


def test_insufficient_data_never_leads_to_not_met() -> None:
    task = get_machine("task")
    assert task.step("awaiting_measurement", "keep_awaiting").to == "awaiting_measurement"
    unmeasured = task.step("awaiting_measurement", "close_unmeasured").to
    assert task.states[unmeasured].kind is StateKind.DONE
    assert {one.to for one in task.allowed(unmeasured)} == {"awaiting_measurement", "in_progress"}


def test_the_follow_up_leaves_the_task_done() -> None:
    task = get_machine("task")
    step = task.step("closed", "await_measurement")
    assert (step.follows, step.reopens) == (True, False)
    assert task.states[step.to].kind is StateKind.DONE
    assert "clear_done" not in step.effects


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_only_reopening_clears_the_date_of_completion(machine: Machine) -> None:
    for step in machine.transitions.values():
        if "clear_done" in step.effects:
            assert step.reopens, step.id


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_the_date_of_completion_is_set_where_the_work_is_done(machine: Machine) -> None:
    for step in machine.transitions.values():
        reaches = machine.states[step.to].kind is StateKind.DONE
        comes = {machine.states[source].kind for source in step.sources}
        assert ("set_done" in step.effects) is (reaches and StateKind.DONE not in comes), step.id


def test_refusing_goes_back_to_the_issuer_with_a_reason() -> None:
    task = get_machine("task")
    refuse = task.step("issued", "refuse")
    assert refuse.needs == ("reason",)
    assert {one.id for one in task.allowed(refuse.to)} == {"reassign", "uphold", "withdraw"}


def test_evidence_is_nowhere_compulsory_for_a_task() -> None:
    assert all("evidence" not in one.needs for one in get_machine("task").transitions.values())


def test_a_pilot_from_nomination_to_acceptance_with_rectification() -> None:
    chain = _walk(
        "pilot",
        *("take_up", "return", "resubmit", "approve", "begin_plan", "approve_plan", "self_check", "inspect"),
        *("order_rectification", "rectified", "inspect", "accept"),
    )
    assert chain[-1] == "accepted"
    assert "grade" in get_machine("pilot").transition("accept").needs


def test_the_pilot_knows_no_grades_of_the_commerce_scheme() -> None:
    text = page()
    assert not any(word in text for word in ("基础型", "提升型", "品质型"))


def test_a_project_without_money_comes_into_building_only_openly() -> None:
    project = get_machine("project")
    assert _walk("project", "approve", "postpone", "resume_preparation")[-1] == "approved"
    assert {one.id for one in project.allowed("approved") if one.to == "building"} == {"start_without_money"}
    assert {one.to for one in project.allowed("postponed")} == {"approved", "cancelled"}


def test_an_appraisal_is_not_final_while_an_appeal_is_open() -> None:
    appraisal = get_machine("appraisal")
    with pytest.raises(IllegalStepError):
        appraisal.step("appealed", "finalise")
    assert appraisal.step("final", "correct").follows


def test_a_sheet_nobody_signed_is_never_confirmed() -> None:
    sheet = get_machine("verification")
    assert [one.sources for one in sheet.transitions.values() if one.to == "confirmed"] == [("community_signed",)]
    into = {one.id: one.sources for one in sheet.transitions.values() if one.to == "community_signed"}
    assert into == {"sign": ("issued",), "objection_dismissed": ("objected",)}
    assert [one.sources for one in sheet.transitions.values() if one.to == "objected"] == [("community_signed",)]


# --- the page


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m kezhong.office.machines.draw docs/state-machines.md"


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.id)
def test_the_diagram_has_every_state_and_edge(machine: Machine) -> None:
    lines = diagram(machine).splitlines()
    assert len(lines) == len(set(lines))
    edges = sum(len(step.sources) for step in machine.transitions.values())
    ends = sum(state.terminal for state in machine.states.values())
    assert len(lines) == 2 + len(machine.states) + edges + ends
