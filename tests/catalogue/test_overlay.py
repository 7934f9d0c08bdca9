"""A city's overlay: additions, changes and removals with a day of effect, a document and clauses of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong import clock
from kezhong.catalogue import PROPOSAL_ZH, clause_text, diff, load_basis, load_catalogue, source_text
from kezhong.errors import InputError, NotFoundError

OVERLAY = """
documents:
- {id: wuhai-2026, zh: 乌海市配套设施管理办法, en: Wuhai's rules, number: 乌政发〔2026〕1号, nature: notice}
changes:
- effective: 2026-03-01
  bases: [kezhong-default]
  change:
  - id: kz.wet_market
    threshold:
      {value: 800, unit: m, cite: {document: wuhai-2026, clause: 第六条, clause_en: article 6, evidence: found}}
  remove: [kz.reading_room]
- effective: 2026-07-01
  bases: [kezhong-default, gb50180-2018]
  pass_share: 0.9
  add:
  - id: wh.nursery
    element: nursery
    status: required
    threshold: {value: 600, unit: m, cite: {document: wuhai-2026, evidence: memory}}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "overlay.yaml").write_text(OVERLAY, "utf-8")
    return tmp_path


def test_changes_apply_in_order_and_change_hash_and_version(city: Path) -> None:
    plain = load_basis("kezhong-default")
    basis = load_basis("kezhong-default", city, date(2026, 8, 1))
    market = basis.requirement("kz.wet_market")
    assert market is not None
    assert market.threshold is not None
    assert market.threshold.value == 800
    assert market.reason_zh  # what the change does not name stays
    assert basis.requirement("kz.reading_room") is None
    assert basis.requirement("wh.nursery") is not None
    assert basis.pass_share == 0.9
    assert basis.pass_share_cite.document == "kezhong"
    assert basis.version == "2026.1+2026-07-01"
    assert basis.overlay == "2026-07-01"
    assert basis.hash != plain.hash
    assert len(basis.requirements) == len(plain.requirements)


def test_an_old_report_can_be_made_again(city: Path) -> None:
    assert load_basis("kezhong-default", city, date(2026, 2, 28)) is load_catalogue().basis("kezhong-default")
    march = load_basis("kezhong-default", city, date(2026, 3, 1))
    assert march.version.endswith("2026-03-01")
    assert march.pass_share == 0.8
    assert march.requirement("wh.nursery") is None
    assert load_basis("kezhong-default", city, date(2026, 3, 5)).hash == march.hash


def test_the_default_day_is_today(city: Path) -> None:
    with clock.frozen(datetime(2026, 6, 30, 16, 0, tzinfo=UTC)):  # 1 July in the city
        assert load_basis("gb50180-2018", city).overlay == "2026-07-01"
    with clock.frozen(datetime(2026, 6, 30, 15, 59, tzinfo=UTC)):
        assert load_basis("gb50180-2018", city).overlay == ""


def test_bases_the_overlay_does_not_name_stay_as_they_are(city: Path) -> None:
    assert load_basis("wzjz-2020", city, date(2027, 1, 1)) is load_catalogue().basis("wzjz-2020")


def test_the_overlays_own_document_is_cited(city: Path) -> None:
    basis = load_basis("kezhong-default", city, date(2026, 8, 1))
    market, nursery = basis.requirement("kz.wet_market"), basis.requirement("wh.nursery")
    assert market is not None
    assert market.threshold is not None
    assert clause_text(market.threshold.cite, "zh", basis) == "乌政发〔2026〕1号 第六条"
    assert clause_text(market.threshold.cite, "en", basis) == "乌政发〔2026〕1号, article 6"
    assert nursery is not None
    assert nursery.threshold is not None
    assert clause_text(nursery.threshold.cite, "zh", basis) == PROPOSAL_ZH
    assert "待核" in source_text(nursery.threshold.cite, "zh", basis)
    with pytest.raises(NotFoundError):  # without the basis nobody knows the document
        clause_text(market.threshold.cite)


def test_diff_shows_what_the_overlay_changed(city: Path) -> None:
    rows = diff("kezhong-default", load_basis("kezhong-default", city, date(2026, 8, 1)))
    assert {(row.element, row.before is None, row.after is None) for row in rows} == {
        ("wet_market", False, False),
        ("reading_room", False, True),
        ("nursery", False, False),
    }
    assert next(row for row in rows if row.element == "wet_market").fields == ("threshold",)


def test_toml_and_a_folder_without_overlay(tmp_path: Path) -> None:
    assert load_basis("wzjz-2020", tmp_path) is load_catalogue().basis("wzjz-2020")
    file = tmp_path / "local.toml"
    file.write_text(
        '[[changes]]\neffective = 2026-01-01\nbases = ["wzjz-2020"]\nremove = ["wz.hairdresser"]\n', "utf-8"
    )
    assert load_basis("wzjz-2020", file, date(2026, 2, 1)).requirement("wz.hairdresser") is None


ONE = "changes: [{effective: 2026-01-01, bases: [wzjz-2020], "
BAD = {
    "no yaml": "changes: [",
    "not a mapping": "- 1\n",
    "unknown field": "changes: []\nextra: 1\n",
    "unknown basis": "changes: [{effective: 2026-01-01, bases: [gb]}]\n",
    "unknown requirement to remove": ONE + "remove: [nothing]}]\n",
    "unknown requirement to change": ONE + "change: [{id: nothing}]}]\n",
    "already there": ONE + "add: [{id: wz.nursery, element: nursery, status: optional}]}]\n",
    "unknown element": ONE + "add: [{id: x, element: moon_base, status: optional}]}]\n",
    "no day": "changes: [{effective: soon, bases: [wzjz-2020]}]\n",
    "negative threshold": (
        ONE + "change: [{id: wz.nursery, "
        "threshold: {value: -3, unit: m, cite: {document: kezhong, evidence: proposal}}}]}]\n"
    ),
    "wrong unit": (
        ONE + "change: [{id: wz.nursery, "
        "threshold: {value: 3, unit: km, cite: {document: kezhong, evidence: proposal}}}]}]\n"
    ),
    "found without a clause": (
        ONE + "change: [{id: wz.nursery, "
        "threshold: {value: 300, unit: m, cite: {document: wzjz-2020, evidence: found}}}]}]\n"
    ),
    "unknown document": (
        ONE + "change: [{id: wz.nursery, "
        "threshold: {value: 300, unit: m, cite: {document: hearsay, evidence: memory}}}]}]\n"
    ),
    "share above one": ONE + "pass_share: 80}]\n",
    "condition without status": (ONE + "change: [{id: wz.nursery, status: conditional}]}]\n"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_overlay_is_refused_with_file_and_reason(tmp_path: Path, case: str) -> None:
    file = tmp_path / "overlay.yaml"
    file.write_text(BAD[case], "utf-8")
    with pytest.raises(InputError) as wrong:
        load_basis("wzjz-2020", file, date(2026, 2, 1))
    assert wrong.value.code == "catalogue.bad_overlay"
    assert "overlay.yaml" in wrong.value.message("zh")
    assert wrong.value.details["problem"]
    assert wrong.value.action("zh")


def test_a_missing_or_foreign_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as wrong:
        load_basis("wzjz-2020", tmp_path / "nowhere.yaml")
    assert wrong.value.code == "catalogue.no_overlay"
    (tmp_path / "overlay.yaml").write_bytes("口径".encode("gbk"))
    with pytest.raises(InputError) as wrong:
        load_basis("wzjz-2020", tmp_path)
    assert wrong.value.code == "catalogue.bad_overlay"


def test_too_many_required_elements_are_refused(tmp_path: Path) -> None:
    entries = "\n".join(
        f"  - {{id: kz.{name}, status: required}}"
        for name in ("ev_charging", "breakfast_shop", "repair_point", "hairdresser", "bank_branch")
    )
    (tmp_path / "overlay.yaml").write_text(
        f"changes:\n- effective: 2026-01-01\n  bases: [kezhong-default]\n  change:\n{entries}\n", "utf-8"
    )
    with pytest.raises(InputError, match="at most 22"):
        load_basis("kezhong-default", tmp_path, date(2026, 2, 1))


@settings(deadline=None)
@given(value=st.floats(min_value=1, max_value=5000, allow_nan=False))
def test_the_hash_follows_the_content(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    file = tmp_path_factory.mktemp("overlay") / "overlay.yaml"
    text = (
        ONE + "change: [{id: wz.nursery, "
        f"threshold: {{value: {value!r}, unit: m, cite: {{document: kezhong, evidence: proposal}}}}}}]}}]\n"
    )
    file.write_text(text, "utf-8")
    first = load_basis("wzjz-2020", file, date(2026, 2, 1))
    assert first.hash == load_basis("wzjz-2020", file, date(2026, 2, 2)).hash
    assert first.hash != load_basis("wzjz-2020").hash
