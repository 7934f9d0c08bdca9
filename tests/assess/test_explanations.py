"""One figure followed to its sources."""

from __future__ import annotations

import json
import re

import pytest

from assess.cities import place
from kezhong.assess import Assessment
from kezhong.errors import NotFoundError


def test_explanation_is_complete(found: Assessment) -> None:
    told = found.explain("C2", "wet_market")
    page = json.loads(json.dumps(told.to_dict()))
    assert page["status"] == "falls_short"
    assert page["verdict_zh"].startswith("社区2：菜市场或生鲜超市")
    assert "依据：TD/T 1062-2021" in page["verdict_zh"]
    assert page["facility"]["source_rows"] == "ledger.xlsx#2"
    assert page["sources"][0]["rows"] == ["ledger.xlsx#2"]
    assert page["route"]["type"] == "LineString"
    assert page["route"]["metres"] == pytest.approx(page["facility"]["metres"])
    assert page["unit"]["metres"] == page["facility"]["metres"]
    assert page["versions"]["layers"]["street_edges"]["osm"]
    assert page["versions"]["basis_hash"] == found.basis.hash
    assert page["versions"]["run"] == found.run.id
    assert page["parameters"]["m_per_min"] == pytest.approx(66.7)
    assert {row["basis"] for row in page["conflicts"]} >= {"tdt1062-2021", "gb50180-2018"}
    assert page["requirements"][0]["evidence"][0]["grade"] == "found"
    cover = [row for row in page["figures"] if row["indicator"] == "coverage" and row["variant"] == "population"]
    assert cover[0]["numerator"] / cover[0]["denominator"] == pytest.approx(cover[0]["value"])
    assert page["shortfall_id"] in set(found.shortfalls["shortfall_id"])
    assert "社区2" in told.text()
    assert "C2" not in told.text("en").splitlines()[0]


def test_explanation_of_a_point_and_of_what_is_unknown(found: Assessment) -> None:
    spot = place(1010, 480)
    told = found.explain_point(spot.x, spot.y, "kindergarten")
    assert told.unit is not None
    assert told.unit["demand_id"] == "d10-05"
    assert told.unit["metres"] == pytest.approx(0.0, abs=1.0)
    assert found.explain("C1", "convenience_store").status == "no_data"
    with pytest.raises(NotFoundError):
        found.explain_point(0.0, 0.0, "kindergarten")
    with pytest.raises(NotFoundError):
        found.explain("没有这个社区", "kindergarten")
    with pytest.raises(NotFoundError):
        found.explain("C1", "no_such_element")


def test_the_sentence_is_made_of_the_lists_own_words(found: Assessment) -> None:
    """One mechanism: the row's state, gap and people, without the share that the list's column adds."""
    for row in found.shortfalls.to_dict("records"):
        told = found.explain(row["area_code"], row["element"])
        head, gap = str(row["present_zh"]).split("；")[0], str(row["gap_zh"])
        assert "覆盖" not in told.verdict_zh
        assert "covered" not in told.verdict_en
        assert f"：{head}，{gap}；影响 " in told.verdict_zh
        assert f": {str(row['present_en']).split('; ')[0]}, {row['gap_en']}; affects " in told.verdict_en
        assert told.verdict_zh.endswith(f"。依据：{row['clause']}。")


def test_chinese_text_has_full_width_punctuation(found: Assessment) -> None:
    half = re.compile(r"[一-鿿][,;:(]|[,;:)][一-鿿]")
    for element in ("wet_market", "kindergarten", "convenience_store", "elderly_home", "village_clinic", "bakery"):
        for area in ("C1", "C2", "D1", "150000"):
            told = found.explain(area, element)
            for text in (told.verdict_zh, told.reason_zh, *told.text().splitlines()):
                if not text.startswith(("数据来源", "版本")):  # names of files and records as they are
                    assert not half.search(text.replace("建议值(待核)", "")), text
