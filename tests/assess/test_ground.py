"""What counts as verified: one rule, and 确无 from the workbook to the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from assess.cities import Lattice, frame, place, usual
from kezhong.assess import assess
from kezhong.assess.ground import Ground
from kezhong.city.workspace import City
from kezhong.intake import verify_export, verify_import


def _row(community: str, element: str, finding: str = "confirmed_absent", ref: str = "none") -> dict[str, Any]:
    return {
        "community_code": community, "element": element, "facility_ref": ref, "finding": finding,
        "confirmed_by": "网格员", "source_row": "v.xlsx#3", "source": "test",
    }  # fmt: skip


def _ground(tmp_path: Path, *rows: dict[str, Any]) -> Ground:
    lattice = usual(tmp_path)
    lattice.verification += rows
    return Ground.of(lattice.build())


def test_a_requirement_is_settled_by_one_found_or_by_all_absent(tmp_path: Path) -> None:
    ground = _ground(
        tmp_path,
        _row("C1", "pharmacy"), _row("C2", "pharmacy"), _row("C2", "supermarket"),
        _row("C3", "supermarket", "present", "ledger:x"), _row("C4", "pharmacy", ref="ledger:pharmacy-2"),
    )  # fmt: skip
    both = ("pharmacy", "supermarket")
    assert ground.confirmed_absent(both) == {"C2"}
    assert ground.confirmed_absent(["pharmacy"]) == {"C1", "C2"}  # one named facility gone settles nothing in C4
    assert ground.settled(both) == {"C2", "C3"}
    assert [ground.certainty(both, code) for code in ("C1", "C2", "C3", "C4")] == ["medium", "high", "high", "medium"]
    assert ground.certainty(["bakery"], "C1") == "low"
    assert ground.is_absent(["pharmacy"], "D1")  # C1 and C2 make up the district
    assert not ground.is_absent(["pharmacy"], "D2")
    assert ground.certainty(["pharmacy"], "D1") == ground.certainty(["pharmacy"], "L1") == "high"
    assert ground.certainty(["pharmacy"], "150000") == "medium"


def test_list_and_explanation_agree_on_what_is_certain(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    # More findings than an explanation shows, and a requirement of which only the substitute was looked for.
    lattice.verification += [_row("C3", "pharmacy", "present", f"ledger:{k}") for k in range(60)]
    lattice.verification += [_row("C4", "pharmacy"), _row("C1", "supermarket"), _row("C2", "supermarket")]
    lattice.add("convenience_store", 1900, 900)
    found = assess(lattice.build(), "kezhong-default")
    rows = found.shortfalls.set_index(["element", "area_code"])
    assert rows.loc[("pharmacy", "C4"), ["certainty", "presence"]].tolist() == ["high", "confirmed_absent"]
    assert rows.loc[("pharmacy", "C3"), ["certainty", "presence"]].tolist() == ["high", "not_detected"]
    shop = rows.loc[("convenience_store", "C1")]
    assert (shop["certainty"], shop["presence"]) == ("medium", "not_detected")
    ground = Ground.of(found.city)
    for row in found.shortfalls.to_dict("records"):
        assert found.explain(row["area_code"], row["element"]).certainty["id"] == row["certainty"]
        rule = found.basis.requirement(row["requirement_id"])
        assert rule is not None
        assert ground.is_absent(rule.elements, row["area_code"]) is (row["presence"] == "confirmed_absent")


def _answer(file: Path, element: str, finding: str, day: str) -> None:
    """Fill the line of an element as a community worker would."""
    book = load_workbook(file)
    page = book["核实表"] if "核实表" in book.sheetnames else book.worksheets[0]
    from kezhong.intake.verify_sheet import COLUMNS, HEADING_ROW

    at = {field: number for number, field in enumerate(COLUMNS, 1)}
    for row in range(HEADING_ROW + 1, page.max_row + 1):
        if page.cell(row, at["element"]).value == element:
            page.cell(row, at["finding"]).value = finding
            page.cell(row, at["confirmed_by"]).value = "社区网格员"
            page.cell(row, at["confirmed_on"]).value = day
            break
    else:
        pytest.fail(f"no line for {element}")
    book.save(file)


def _with_osm(lattice: Lattice) -> City:
    city = lattice.build()
    with city.edit("osm") as edit:
        row = {"facility_id": "osm:n1", "status": "open", "source": "osm", "source_row": "n1", "geometry": place(0, 0)}
        edit.put("facilities", "osm", frame([row]))
        services = [
            {"facility_id": row["facility_id"], "element": row["element"], "matched_by": "test", "source": "ledger"}
            for row in lattice.facilities
        ]
        edit.put("facility_services", "ledger", pd.DataFrame(services))
    return city.refresh()


def test_absence_confirmed_in_the_workbook_reaches_verdict_list_and_explanation(tmp_path: Path) -> None:
    city = _with_osm(usual(tmp_path))
    before = assess(city, "kezhong-default")
    # Seen nowhere in the city: not detected, and no shortfall.
    assert before.explain("C4", "reading_room").status == "not_detected"
    assert not (before.shortfalls["element"] == "reading_room").any()
    files = verify_export(city, tmp_path / "out", basis="kezhong-default", communities=["C4"])
    _answer(files[0], "reading_room", "无", "2020-05-01")
    report = verify_import(city, files[0])
    assert report.taken == 1
    found = assess(city.refresh(), "kezhong-default")
    told = found.explain("C4", "reading_room")
    assert (told.status, told.status_zh) == ("confirmed_absent", "确无")
    assert told.certainty["id"] == "high"
    assert told.verification[0]["confirmed_by"] == "社区网格员"
    assert found.explain("C3", "reading_room").status == "not_detected"
    row = found.shortfalls[found.shortfalls["element"] == "reading_room"]
    assert row["area_code"].tolist() == ["C4"]
    assert row[["presence", "certainty", "wording"]].iloc[0].tolist() == ["confirmed_absent", "high", "未达到"]
    counts = found.figures[(found.figures["element"] == "reading_room") & (found.figures["indicator"] == "facilities")]
    assert counts.set_index("area_code").loc["C4", "status"] == "confirmed_absent"


def test_absence_of_what_has_no_figure_is_confirmed_too(tmp_path: Path) -> None:
    """A requirement without threshold and scale: 确无 is a verdict, not 未检出."""
    lattice = usual(tmp_path)
    lattice.verification.append(_row("C4", "village_culture_square"))
    city = _with_osm(lattice)
    city.folder.joinpath("overlay.yaml").write_text(
        "changes:\n- effective: 2020-01-01\n  bases: [kezhong-default]\n  add:\n"
        "  - {id: x.square, element: village_culture_square, status: conditional,\n"
        "     required_if: {community_types: [existing]}, cite: {document: kezhong, evidence: proposal}}\n",
        "utf-8",
    )
    found = assess(city, "kezhong-default")
    rows = found.figures
    rows = rows[(rows["requirement_id"] == "x.square") & (rows["indicator"] == "requirement_met")].set_index(
        "area_code"
    )
    assert rows.loc["C4", "status"] == "confirmed_absent"
    assert rows.loc["C3", "status"] == "not_detected"
    assert found.shortfalls[found.shortfalls["requirement_id"] == "x.square"]["area_code"].tolist() == ["C4"]
