"""``docs/catalogue.md`` against the data."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from kezhong.catalogue import Evidence, load_basis, load_catalogue, match_osm

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "catalogue.md").read_text("utf-8")


def test_bases_walkers_and_evidence_are_the_catalogues() -> None:
    book = load_catalogue()
    assert re.findall(r"^\| `([a-z0-9]+-[a-z0-9-]+)` \|", PAGE, re.MULTILINE)[: len(book.bases)] == list(book.bases)
    assert all(f"`{kind.value}` |" in PAGE for kind in Evidence)
    for walker in book.walkers.values():
        assert re.search(rf"`{walker.id}` {walker.m_per_min:g}\b", PAGE), walker.id


def test_the_overlay_of_the_page_works(tmp_path: Path) -> None:
    text = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert text is not None
    (tmp_path / "overlay.yaml").write_text(text.group(1), "utf-8")
    basis = load_basis("kezhong-default", tmp_path, date(2026, 7, 1))
    assert f"`{basis.version}`" in PAGE
    assert basis.requirement("our.nursery") is not None


def test_the_example_in_python() -> None:
    assert match_osm({"leisure": "pitch"}, 2000.0) == ("medium_sports_ground",)
    assert load_catalogue().element("wet_market").zh == "菜市场或生鲜超市"
