"""A machine's file is refused with what is wrong in it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.office.machines import load_vocabulary, parse_machine
from kezhong.office.machines.load import parse_vocabulary, problems_between

Page = dict[str, Any]

GOOD: Page = {
    "id": "thing",
    "zh": "事项",
    "en": "thing",
    "initial": "open",
    "relations": {"lead": {"zh": "承办单位", "en": "lead unit"}},
    "states": [
        {"id": "open", "zh": "待办", "en": "open", "kind": "open"},
        {"id": "done", "zh": "办结", "en": "done", "kind": "done", "terminal": True},
    ],
    "transitions": [
        {
            "id": "do",
            "zh": "办理",
            "en": "do",
            "from": ["open"],
            "to": "done",
            "permission": "thing:do",
            "by": ["lead"],
        },
    ],
}


def _parse(page: Page) -> None:
    parse_machine(yaml.safe_dump(page, allow_unicode=True), "thing.yaml")


def _extra_state(page: Page, **more: object) -> None:
    page["states"].append({"id": "odd", "zh": "其他", "en": "odd", "kind": "open", **more})


def _step(page: Page, **more: object) -> None:
    base = {
        "id": "go",
        "zh": "前往",
        "en": "go",
        "from": ["open"],
        "to": "odd",
        "permission": "thing:do",
        "by": ["lead"],
    }
    page["transitions"].append({**base, **more})


def _unreachable(page: Page) -> None:
    _extra_state(page)
    _step(page, **{"from": ["odd"]}, to="done")


def _dead_end(page: Page) -> None:
    _extra_state(page)
    _step(page)


def _self_loop(page: Page) -> None:
    _dead_end(page)
    _step(page, id="stay", zh="停留", en="stay", **{"from": ["odd"]})


def _endless(page: Page) -> None:
    _dead_end(page)
    _extra_state(page, id="odd2", zh="其他二", en="odd two")
    _step(page, id="to2", zh="去二", en="to two", **{"from": ["odd"]}, to="odd2")
    _step(page, id="back", zh="回来", en="back", **{"from": ["odd2"]}, to="odd")


def _leaves_end(page: Page) -> None:
    _step(page, **{"from": ["done"]}, to="open")


def _marked_for_nothing(page: Page) -> None:
    page["transitions"][0]["reopens"] = True


def _both_marks(page: Page) -> None:
    _step(page, **{"from": ["done"]}, to="open", reopens=True, follows=True)


def _reopens_into_end(page: Page) -> None:
    _step(page, **{"from": ["done"]}, to="done", reopens=True)


def _set(key: str, value: object) -> Callable[[Page], None]:
    def change(page: Page) -> None:
        page[key] = value

    return change


def _in(group: str, key: str, value: object) -> Callable[[Page], None]:
    def change(page: Page) -> None:
        page[group][0][key] = value

    return change


def _without(group: str, key: str) -> Callable[[Page], None]:
    def change(page: Page) -> None:
        del page[group][0][key]

    return change


def _same_words(page: Page) -> None:
    _step(page, zh="办理", to="done")


def _same_step(page: Page) -> None:
    page["transitions"].append(dict(page["transitions"][0]))


def _same_state(page: Page) -> None:
    page["states"].append(dict(page["states"][0]))


def _unused_relation(page: Page) -> None:
    page["relations"]["joint"] = {"zh": "配合单位", "en": "joint unit"}


def test_the_pattern_is_good() -> None:
    _parse(GOOD)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_unreachable, "“odd” is unreachable"),
        (_dead_end, "dead end"),
        (_self_loop, "dead end"),
        (_endless, "leads to no terminal state"),
        (_leaves_end, "needs one of reopens, follows"),
        (_both_marks, "needs one of reopens, follows"),
        (_marked_for_nothing, "must not be marked"),
        (_reopens_into_end, "reopens into a terminal state"),
        (_set("initial", "nowhere"), "initial: “nowhere” is unknown"),
        (_in("transitions", "to", "nowhere"), "do: “nowhere” is unknown"),
        (_in("transitions", "from", ["nowhere"]), "do: “nowhere” is unknown"),
        (_in("transitions", "from", []), "“from” must not be empty"),
        (_in("transitions", "from", "open"), "“from” must be a list of ids"),
        (_in("transitions", "by", ["joint"]), "do: “joint” is unknown"),
        (_in("transitions", "needs", ["photo"]), "do: “photo” is unknown"),
        (_in("transitions", "may", ["photo"]), "do: “photo” is unknown"),
        (_in("transitions", "effects", ["explode"]), "do: “explode” is unknown"),
        (_in("transitions", "effects", ["set_done", "set_done"]), "occurs twice"),
        (_in("transitions", "permission", "do things"), "must be object:action"),
        (_in("transitions", "reopens", "yes please"), "must be true or false"),
        (_in("transitions", "when", "later"), "“when” is unknown"),
        (_in("transitions", "id", "Not An Id"), "is no id"),
        (_in("states", "kind", "odd"), "the kind “odd” is unknown"),
        (_in("states", "kind", "void"), "void but not terminal"),
        (_in("states", "zh", ""), "no Chinese words"),
        (_in("states", "zh", "waiting"), "no Chinese words"),
        (_in("states", "en", " "), "no English words"),
        (_in("states", "en", "待办"), "no English words"),
        (_without("states", "zh"), "“zh” is missing"),
        (_without("transitions", "en"), "“en” is missing"),
        (_without("transitions", "by"), "“by” is missing"),
        (_same_words, "occurs twice"),
        (_same_step, "transitions.id: “do” occurs twice"),
        (_same_state, "states.id: “open” occurs twice"),
        (_unused_relation, "“joint” is used nowhere"),
        (_set("relations", {"friend": {"zh": "朋友", "en": "friend"}}), "the relation “friend” is wrong"),
        (_set("relations", {}), "must be a mapping"),
        (_set("states", []), "must be a list with entries"),
        (_set("states", ["open"]), "must be a list with entries"),
        (_set("id", "other"), "not the file's name"),
        (_set("colour", "red"), "“colour” is unknown"),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[Page], None], words: str) -> None:
    page = copy.deepcopy(GOOD)
    change(page)
    with pytest.raises(InputError, match=r"machines\.broken") as caught:
        _parse(page)
    assert caught.value.details["file"] == "thing.yaml"
    assert words in str(caught.value.details["problem"])
    assert caught.value.details["problem_zh"]


def test_a_terminal_state_is_done_or_void() -> None:
    page = copy.deepcopy(GOOD)
    page["states"][1]["kind"] = "paused"
    with pytest.raises(InputError, match="cannot be paused"):
        _parse(page)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("id: thing\nzh: 事项\nid: other\n", 3),
        ("id: [", 1),
        ("- one\n- two\n", 1),
        ("", 1),
        ("? [a, b]\n: c\n", 1),
    ],
)
def test_unreadable_files_name_the_row(text: str, row: int) -> None:
    with pytest.raises(InputError, match=r"machines\.unreadable") as caught:
        parse_machine(text, "thing.yaml")
    assert caught.value.details["row"] == row


_SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(["open", "done", "do", "lead", "办理", ""])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_SCALARS, inner, max_size=2), max_leaves=5
)


@given(
    st.sampled_from(["", "states", "transitions", "relations"]),
    st.sampled_from(
        ["id", "zh", "en", "kind", "terminal", "from", "to", "permission", "by", "needs", "reopens", "lead"]
    ),
    _VALUES,
)
@settings(max_examples=500, deadline=None)
def test_any_value_anywhere_is_taken_or_refused(group: str, key: str, value: object) -> None:
    page = copy.deepcopy(GOOD)
    place = page if not group else page[group] if group == "relations" else page[group][0]
    place[key] = value
    with contextlib.suppress(InputError):
        _parse(page)


def test_the_vocabulary_is_checked_too() -> None:
    with pytest.raises(InputError, match="“effects” is missing"):
        parse_vocabulary("needs:\n  - {id: reason, zh: 理由, en: reason}\n")
    with pytest.raises(InputError, match="occurs twice"):
        parse_vocabulary("needs: [{id: a, zh: 理, en: a}, {id: a, zh: 由, en: b}]\neffects: [{id: e, zh: 效, en: e}]")


def test_words_nobody_uses_and_permissions_that_do_not_exist_are_found() -> None:
    page = copy.deepcopy(GOOD)
    page["transitions"][0]["permission"] = "other:do"
    machine = parse_machine(yaml.safe_dump(page, allow_unicode=True), "thing.yaml")
    problems = [en for _, en in problems_between({"thing": machine}, load_vocabulary())]
    assert "the word “reason” is used nowhere" in problems
    assert "thing.do: there is no permission “other:do”" in problems
