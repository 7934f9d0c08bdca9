"""The spellings of columns as data, and the options that every reader shares."""

from __future__ import annotations

import inspect
import tomllib
from importlib import resources

import pytest

from kezhong import intake
from kezhong.intake.columns import fields_of, plain, read_fields
from kezhong.intake.mapping import recognise
from kezhong.intake.report import first_details, row_details

KINDS = (
    "facilities", "population", "areas", "circles", "sets", "estates", "gates", "buildings", "landuse", "sites",
    "ratios", "streets",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_spelling_is_recognised_as_its_field_or_a_dearer_one(kind: str) -> None:
    fields = fields_of(kind)
    for which, names in fields.items():
        for place, name in enumerate(names):
            (found,) = recognise([name], fields)
            rank = [plain(other) for other in fields[found]].index(plain(name))
            assert (found == which) or rank <= place


def test_groups_and_references() -> None:
    raw = tomllib.loads(resources.files("kezhong.intake").joinpath("columns.toml").read_text("utf-8"))
    sites = fields_of("sites")
    assert list(sites)[-8:] == [*raw["position"], "as_of"]
    assert sites["address"] == fields_of("facilities")["address"]
    assert fields_of("circles")["wkt"] == tuple(raw["position"]["wkt"])


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nname = []",
        '[a]\nname = ["名称", " 名 称 "]',
        '[a]\nname = ["()"]',
        "[a]\nname = [3]",
        '[a]\nname = "名称"',
        '[a]\nname = "=b.name"',
        '[a]\n"Name" = ["名称"]',
        '[a]\nalso = ["b"]\nname = ["名称"]\n[b]\ncode = ["编码"]',
    ],
)
def test_damaged_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"columns\.toml"):
        read_fields(text)


def test_every_reader_shows_the_shared_options() -> None:
    shared = {"source", "mapping", "sheet", "as_of", "allow_rejects"}
    kinds = ("areas", "buildings", "built_up", "circles", "enrolment", "estates", "facilities", "gates", "grid",
             "landuse", "population", "ratios", "sites")  # fmt: skip
    for kind in kinds:
        parameters = inspect.signature(getattr(intake, f"import_{kind}")).parameters
        assert shared <= set(parameters), kind
        assert ("datum" in parameters) == (kind != "ratios")
        assert "how" not in parameters
        assert parameters["allow_rejects"].default is False
    assert inspect.signature(intake.import_landuse).parameters["planned"].default is False


def test_rows_are_named_as_people_name_them() -> None:
    sheet = {"row": "台账!3", "at_zh": "工作表“台账”第 3 行", "at_en": "sheet “台账”, row 3"}
    assert row_details("台账!3") == sheet
    assert row_details("a!b!12")["at_zh"] == "工作表“a!b”第 12 行"
    assert row_details(12) == {"row": 12, "at_zh": "第 12 行", "at_en": "row 12"}
    assert first_details("台账!3") == {"first": "台账!3", "first_zh": sheet["at_zh"], "first_en": sheet["at_en"]}
