"""Off-peak opening of school grounds: which rows a schedule adds, and what is wrong with a schedule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kezhong.assess.offpeak import COLUMNS, FILE, off_peak_services, read_schedule, schedule_of
from kezhong.assess.week import to_flags, week_masks
from kezhong.assess.windows import hour_coverage
from kezhong.catalogue.model import Evidence
from kezhong.city.schemas import LAYERS
from kezhong.city.tables import conform
from kezhong.errors import InputError

POINTS = pd.DataFrame(
    {
        "facility_id": ["ledger:P1", "ledger:P2", "ledger:M1", "ledger:M1", "ledger:H1"],
        "element": ["primary_school", "primary_school", "junior_middle_school", "small_sports_ground", "hospital"],
        "status": ["open", "closed", "open", "open", "open"],
    }
)


def test_the_proposal_says_that_it_is_one() -> None:
    schedule = schedule_of()
    assert schedule.evidence is Evidence.PROPOSAL
    assert "建议值(待核)" in schedule.note_zh
    assert "proposal" in schedule.note_en


def test_rows_for_a_scenario() -> None:
    rows = off_peak_services(POINTS, schedule_of())
    assert tuple(rows.columns) == COLUMNS
    # P2 is closed; M1 serves the small ground already; a hospital opens no grounds.
    assert list(zip(rows["facility_id"], rows["element"], strict=True)) == [
        ("ledger:M1", "medium_sports_ground"),
        ("ledger:P1", "small_sports_ground"),
    ]
    conform(rows, LAYERS["facility_services"])
    primary = to_flags(week_masks(rows["hours"]).surely)[1].reshape(8, 24)
    assert np.flatnonzero(primary[2]).tolist() == [17, 18, 19, 20]  # half of hour 17 and of hour 20
    assert np.flatnonzero(primary[5]).tolist() == list(range(8, 18))
    assert np.flatnonzero(primary[7]).tolist() == list(range(8, 18))  # on public holidays as well


def test_only_some_schools_open() -> None:
    assert off_peak_services(POINTS, schedule_of(), only=["ledger:P1"])["facility_id"].tolist() == ["ledger:P1"]
    with pytest.raises(InputError) as caught:
        off_peak_services(POINTS, schedule_of(), only=["ledger:H1"])
    assert (caught.value.code, caught.value.details["value"]) == ("windows.not_in_schedule", "ledger:H1")


def test_opening_schools_changes_evenings_and_nothing_else() -> None:
    rows = off_peak_services(POINTS, schedule_of(), only=["ledger:P1"])
    before = week_masks(["Mo-Su 06:00-08:00"]).surely  # a small ground for half of the people
    added = week_masks(rows["hours"]).surely
    reach = np.array([before[0], np.zeros(3, dtype=np.uint64)])[None]
    opened = reach | added[0]
    people, area = [50, 50], [0, 0]
    old, new = (
        hour_coverage(m, m, people, area, ["g"], ["A"]).shares()[0][0, 0].reshape(8, 24) for m in (reach, opened)
    )
    assert (new >= old).all()
    assert (old[0, 6], new[0, 6], old[0, 18], new[0, 18], new[0, 12], new[6, 12]) == (0.5, 0.5, 0.0, 1.0, 0.0, 1.0)


def test_the_citys_own_schedule(tmp_path: Path) -> None:
    text = '[[open]]\nfrom = ["primary_school"]\nserve = ["outdoor_fitness"]\nhours = "周六 8:00-12:00"\n'
    (tmp_path / FILE).write_text('evidence = "found"\n' + text, encoding="utf-8")
    schedule = schedule_of(tmp_path)
    assert schedule.evidence is Evidence.FOUND
    assert off_peak_services(POINTS, schedule)["hours"].tolist() == ["周六 8:00-12:00"]


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("[[open", "windows.broken_schedule", None),
        ("note_zh = ''", "windows.broken_schedule", None),
        ('evidence = "sure"\n[[open]]\n', "windows.broken_schedule", None),
        ("open = [1]", "windows.bad_schedule_entry", "open"),
        ('[[open]]\nserve = ["pharmacy"]\nhours = "24/7"', "windows.bad_schedule_entry", "from"),
        ('[[open]]\nfrom = ["pharmacy"]\nserve = ["nothing"]\nhours = "24/7"', "windows.bad_schedule_entry", "serve"),
        (
            '[[open]]\nfrom = ["pharmacy"]\nserve = ["pharmacy"]\nhours = "放学后"',
            "windows.bad_schedule_entry",
            "hours",
        ),
    ],
)
def test_broken_schedules(tmp_path: Path, text: str, code: str, column: str | None) -> None:
    file = tmp_path / FILE
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_schedule(file)
    assert caught.value.code == code
    assert caught.value.details.get("column") == column
