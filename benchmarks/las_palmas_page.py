"""The page of Las Palmas: ``python -m benchmarks.las_palmas_page > docs/las-palmas.md``.

Every figure is read from the run that the page's own commands have just made; nothing is typed in.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.city import Shell, build
from kezhong.assess import Assessment, assess
from kezhong.city.workspace import City

Row = Sequence[object]
STATUS = {
    "meets": "met",
    "falls_short": "falls short",
    "not_detected": "not detected",
    "no_data": "no data",
    "not_applicable": "not applicable",
    "data_insufficient": "data insufficient",
    "confirmed_absent": "confirmed absent",
    "informative": "for information",
}

HEAD = """# Las Palmas de Gran Canaria, from open data to a shortfall list

Made by `python -m benchmarks.las_palmas_page > docs/las-palmas.md` from the commands below; do not edit.

**What this page is for.** It shows that Kezhong handles a whole real city from raw files, and how quickly. It is no
verdict on the city. The distances are Chinese ones, most of them proposals of Kezhong's default basis that no authority
has confirmed; they are applied to a foreign city only to test the software. Spain has rules of its own, and services
that China asks for (day-care centres for the elderly, parcel stations, community service centres) may be organised
differently there or carry other tags on the map.

## Data

| what | source | licence |
|---|---|---|
| streets, facilities, base map | © OpenStreetMap contributors, extract of February 2023 | ODbL 1.0 |
| people | GHS-POP 2015, Joint Research Centre of the European Commission, cells of about 100 m | CC BY 4.0 |
| boundary of the city | National Geographic Institute of Spain (CNIG) | CC BY 4.0 |
| 29 school catchments, as communities | example region of Global Healthy and Sustainable City Indicators | MIT |
"""

CAVEATS = """## What to bear in mind

- The people are a model of 2015, the map is of 2023. Ages are not in the grid: where an element is for one age group,
  the share is that of all residents.
- OpenStreetMap proves that something is there, never that it is not. A required element found nowhere in the city is
  *not detected* and no shortfall. One that is found but incompletely mapped makes the share too low by an unknown
  amount; a place that has closed since makes it too high.
- Capacity, floor area and quality are hardly tagged: the shares say how far people walk, not whether there is a place
  for them.
- The 29 areas are school catchments. They are much larger than Chinese communities (社区), so counts of areas and of
  shortfalls compare with no Chinese city's.
- The norm is tested on network length; slopes and steps do not count. Closed paths are closed only where mapped so.
"""


def main() -> None:
    """Build the city, read its run, print the page."""
    with tempfile.TemporaryDirectory() as folder:
        shell = build(Path(folder))
        city = City.open(Path(folder) / "lp")
        found = assess(city)  # the run that the commands made: the same question has the same run
        sys.stdout.write("\n".join([HEAD, *_parts(shell, city, found), CAVEATS]))


def _parts(shell: Shell, city: City, found: Assessment) -> Iterable[str]:
    yield _commands(shell)
    yield _size(city, found)
    yield _coverage(found)
    yield _grades(found)
    yield _shortfalls(found)


def _commands(shell: Shell) -> str:
    rows = [
        (f"`kezhong {step['command']}`", f"{step['seconds']:.1f}", f"{step['peak_mb']:.0f}") for step in shell.steps
    ]
    rows.append(
        ("**together** (target 30 s, 2,000 MB)", f"**{shell.seconds:.1f}**", f"**{shell.peak_mb:.0f}** (largest)")
    )
    processors, kind = len(os.sched_getaffinity(0)), platform.machine()
    note = (
        f"Each command in a process of its own, with start-up, on {processors} processors ({kind}) that other work "
        "shared; one run.\n"
    )
    return f"## Commands\n\n{_table(('command', 's', 'peak MB'), rows)}\n{note}"


def _size(city: City, found: Assessment) -> str:
    edges = city.layer("street_edges")
    city_row = found.grades[found.grades["area_level"] == "city"].iloc[0]
    places = city.layer("service_points")
    rows = [
        ("people", f"{city_row['people']:,.0f}"),
        ("areas", f"{(found.grades['area_level'] == found.levels[0]).sum()}"),
        ("streets and paths", f"{len(edges):,} edges, {edges['length_m'].sum() / 1000:,.0f} km"),
        ("places recognised on the map", f"{len(city.layer('facilities')):,}"),
        (
            "services after joining duplicates",
            f"{len(places):,} of {places['element'].nunique()} elements at {places['facility_id'].nunique():,} places",
        ),
        ("data quality (gate)", f"{found.run.manifest['quality']:.0f} of 100"),
        ("run", f"`{found.run.id}`, basis `{found.basis.id}` {found.basis.version} (`{found.basis.hash}`)"),
    ]
    return f"## Size\n\n{_table(('what', 'figure'), rows)}"


def _coverage(found: Assessment) -> str:
    """One row per required element of the basis: the city's figure that carries the verdict."""
    of_city = found.figures[found.figures["area_level"] == "city"]
    met = of_city[of_city["indicator"] == "requirement_met"]
    verdicts = dict(zip(met["requirement_id"], met["status"], strict=True))
    figures = of_city[(of_city["indicator"] == "coverage") & (of_city["status"] != "informative")]
    figures = figures.drop_duplicates("requirement_id").set_index("requirement_id")
    rows = []
    for rule in found.basis.requirements:
        if rule.status == "recommended":
            continue
        item = found.catalogue.element(rule.element)
        name = f"{item.en} {item.zh}" + (" (conditional)" if rule.required_if else "")
        if rule.id not in figures.index:
            verdict = verdicts.get(rule.id, "not_applicable")
            rows.append((name, "not by distance", "–", "–", STATUS.get(verdict, verdict)))
            continue
        row = figures.loc[rule.id]
        rows.append((
            name,
            f"{row['threshold']:.0f} {row['threshold_unit']}",
            "–" if pd.isna(row["value"]) else f"{row['value']:.1%}",
            "–" if pd.isna(row["numerator"]) else f"{row['numerator']:,.0f} / {row['denominator']:,.0f}",
            STATUS.get(row["status"], row["status"]),
        ))  # fmt: skip
    heads = (
        "required element",
        "walking distance",
        "share of people",
        "people within / people counted",
        "status in the city",
    )
    text = (
        "Residents whose walk on the network to the nearest place is not longer than the distance. “Falls short” "
        f"follows the basis: at least {found.basis.pass_share:.0%} of the people, unless a requirement says otherwise. "
        "A conditional requirement counts only the people to whom its condition applies."
    )
    return f"## Coverage of the required elements\n\n{text}\n\n{_table(heads, rows)}"


def _grades(found: Assessment) -> str:
    rows = []
    for level in found.levels:
        part = found.grades[found.grades["area_level"] == level]
        counts = ", ".join(f"{grade}: {count}" for grade, count in part["grade"].value_counts().sort_index().items())
        scores = part["score"].dropna()
        span = "–" if scores.empty else f"{scores.min():.1f} – {scores.max():.1f}"
        rows.append((level, len(part), counts, span if len(part) > 1 else span.split(" – ")[0]))
    city_row = found.grades[found.grades["area_level"] == "city"].iloc[0]
    text = (
        f"Of {city_row['required_total']} required elements that apply, the city meets {city_row['required_met']}; "
        f"for {city_row['required_unknown']} the data do not suffice for a verdict."
    )
    return f"## Grades\n\n{_table(('level', 'areas', 'grades', 'score of 100'), rows)}\n{text}\n"


def _shortfalls(found: Assessment) -> str:
    rows = []
    for circle, part in found.shortfalls.groupby("circle", sort=False):
        entry = found.catalogue.circle(str(circle))
        first = part.sort_values("rank_in_circle").iloc[0]
        head = f"{first['area_name']}: {first['element_en']}, {first['people_affected']:,.0f} people"
        rows.append((f"{entry.en} {entry.zh}", len(part), part["element"].nunique(), head))
    rows.append(("**together**", len(found.shortfalls), found.shortfalls["element"].nunique(), ""))
    unknown = "; ".join(f"{entry['en']} {entry['zh']} ({STATUS[entry['presence']]})" for entry in found.to_verify)
    text = f"Required elements that were found nowhere and go to the verification ledger: {unknown or 'none'}.\n"
    heads = ("circle", "shortfalls", "elements", "most urgent")
    return f"## Shortfalls by circle\n\n{_table(heads, rows)}\n{text}"


def _table(heads: Row, rows: Iterable[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    main()
