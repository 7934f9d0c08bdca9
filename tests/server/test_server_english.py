"""Every text that has an English form has it beside the Chinese one, and the English form is English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from callers import API, TestClient

from kezhong.catalogue import load_basis
from kezhong.server.shortfalls import ShortfallFilter, ShortfallIndex
from small_city import COMMUNITIES, NAMES, SmallCity, shortfalls

HAN = re.compile(r"[\u4e00-\u9fff]")
#: Data: names that people and places bear, departments, what sources say of themselves, numbers of documents.
DATA = {
    "name", "full_name", "area_name", "attribution", "lead_department", "responsible_department", "number", "source",
    "source_rows", "source_row", "source_refs", "hours",
}  # fmt: skip
#: Names inside English sentences, and the numbers of documents that have no others.
WITHIN = (*NAMES, "和平生活圈", "和平菜市场", "东岸区", "西山区", "滨河街道", "建科〔2023〕75号")
PATHS = (
    "city", "catalogue", "bases", "session", "runs", "runs/RUN", "runs/RUN/areas", "runs/RUN/areas?level=life_circle",
    "runs/RUN/coverage", "runs/RUN/coverage?element=wet_market", "runs/RUN/cells?element=*",
    "runs/RUN/cells?element=kindergarten", "runs/RUN/facilities?element=*", "runs/RUN/shortfalls",
    f"runs/RUN/explain?area={COMMUNITIES[0]}&element=wet_market",
    f"runs/RUN/explain?area={COMMUNITIES[1]}&element=kindergarten",
    f"runs/RUN/explain?area={COMMUNITIES[2]}&element=nursery", "search?q=market", "jobs",
)  # fmt: skip


def _chinese_alone(value: Any, path: str = "", siblings: dict[str, Any] | None = None) -> Iterator[tuple[str, str]]:
    """Texts with Chinese signs, under a key that is not the Chinese half of a pair."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _chinese_alone(item, f"{path}/{key}", value)
    elif isinstance(value, list):
        for item in value:
            yield from _chinese_alone(item, path, siblings)
    elif isinstance(value, str):
        key = path.rpartition("/")[2]
        english = {"zh": "en"}.get(key) or (key[:-3] + "_en" if key.endswith("_zh") else f"{key}_en")
        paired = siblings is not None and english in siblings
        for name in WITHIN:
            value = value.replace(name, "")
        if HAN.search(value) and not paired and key not in DATA:
            yield path, value


@pytest.mark.parametrize("path", PATHS)
def test_no_chinese_without_its_english(client: TestClient, small: SmallCity, path: str) -> None:
    response = client.get(f"{API}/{path.replace('RUN', small.run.id)}", headers={"Accept-Language": "en"})
    assert response.status_code == 200
    assert list(_chinese_alone(response.json())) == []


def test_errors_are_in_english_too(client: TestClient) -> None:
    body = client.get(f"{API}/runs/resolve?basis=nonsense", headers={"Accept-Language": "en"}).json()
    assert list(_chinese_alone(body)) == []


def test_the_test_finds_what_lacks_its_english() -> None:
    assert list(_chinese_alone({"clause": "建议值", "gap": [{"gap_zh": "超出"}]})) == [
        ("/clause", "建议值"),
        ("/gap/gap_zh", "超出"),
    ]
    assert list(_chinese_alone({"clause": "建议值", "clause_en": "proposed", "x_zh": "a超出", "x_en": "b"})) == []


@pytest.mark.parametrize("basis_id", ["kezhong-default", "gb50180-2018", "tdt1062-2021", "wzjz-2020", "mofcom-2025"])
def test_every_clause_of_a_basis_has_its_english_in_the_list(small: SmallCity, basis_id: str) -> None:
    from kezhong.assess.wording import citation_text, clauses_en

    basis = load_basis(basis_id)
    cites = [cite for rule in basis.requirements for cite in rule.citations]
    rows = shortfalls().iloc[: len(cites)]
    for start in range(0, len(cites), len(rows)):
        part = cites[start : start + len(rows)]
        frame = rows.iloc[: len(part)].assign(clause=[citation_text(cite, basis) for cite in part])
        page = ShortfallIndex(frame, small.city.areas, clauses_en(basis))
        found = [page.row(key)[0] for key in frame["shortfall_id"]]
        assert [row["clause_en"] for row in found] == [citation_text(cite, basis, "en") for cite in part]
        assert {row["wording_en"] for row in found} == {"gap by comparison"}
        assert all(row["certainty_en"].startswith(row["certainty"]) for row in found)
        assert len(page.rows(ShortfallFilter())) == len(part)
