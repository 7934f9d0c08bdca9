"""Bring the demonstration city in through the public intake, and assess it: nothing here is a shortcut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kezhong import intake
from kezhong.city.workspace import City
from kezhong.demo import names
from kezhong.demo.generate import DemoFiles
from kezhong.demo.ledgers import Sent
from kezhong.progress import Progress, silent, span

BASIS = "kezhong-default"
WALKERS = ("standard", "elderly")


def build_city(folder: str | Path, files: DemoFiles, progress: Progress = silent) -> City:
    """Make a city folder from the delivered files.

    Parameters
    ----------
    folder
        New or empty folder of the city.
    files
        What :func:`kezhong.demo.generate_files` wrote.
    progress
        Told after each file; it may stop the work.

    Returns
    -------
    City
        Marked synthetic, at its newest snapshot, assessed on the basis ``kezhong-default`` for the walkers
        ``standard`` and ``elderly``.

    Raises
    ------
    WorkspaceError
        The folder exists and is not empty, or cannot be written.
    """
    city = intake.new_city(
        folder,
        names.CITY,
        boundary=files.boundary,
        code="9999",
        name_en=names.CITY_EN,
        synthetic=True,
        attribution=(names.NOTE,),
    )
    steps = _steps(files)
    reading = span(progress, 0.0, 0.75)
    for k, (step, bring) in enumerate(steps):
        reading(k / len(steps), step)
        bring(city)
        city = city.refresh()
    assess_city(city, span(progress, 0.75, 1.0))
    return city.refresh()


def assess_city(city: City, progress: Progress = silent) -> None:
    """Assess the city as the demonstration shows it."""
    from kezhong.assess import assess

    for k, walker in enumerate(WALKERS):
        part = span(progress, k / len(WALKERS), (k + 1) / len(WALKERS))
        assess(city, basis=BASIS, walker=walker, progress=part)


def _steps(files: DemoFiles) -> list[tuple[str, Callable[[City], object]]]:
    """The imports in order: what others refer to comes first."""
    today = files.today.isoformat()
    steps: list[tuple[str, Callable[[City], object]]] = [
        ("demo.areas", lambda city: intake.import_areas(city, files.areas, as_of=today)),
        ("demo.circles", lambda city: intake.import_circles(city, files.circles, version=str(files.today.year))),
        ("demo.grid", lambda city: intake.import_grid(city, files.grid, as_of=today)),
        ("demo.streets", lambda city: intake.import_streets(city, files.osm)),
        ("demo.estates", lambda city: intake.import_estates(city, files.estates, as_of=today)),
        ("demo.estates", lambda city: intake.import_gates(city, files.gates, datum="cgcs2000", as_of=today)),
        ("demo.ground", lambda city: intake.import_buildings(city, files.buildings, as_of=today)),
        ("demo.ground", lambda city: intake.import_landuse(city, files.landuse, as_of=today)),
        ("demo.people", lambda city: intake.import_population(city, files.population, datum="cgcs2000", as_of=today)),
        ("demo.sites", lambda city: intake.import_sites(city, files.sites, datum="cgcs2000", as_of=today)),
        ("demo.ratios", lambda city: intake.import_ratios(city, files.ratios, as_of=today)),
        ("demo.facilities", lambda city: intake.import_facilities(city, files.osm)),
    ]
    for sent in files.ledgers:

        def bring(city: City, sent: Sent = sent) -> object:
            datum = sent.datum or None
            return intake.import_facilities(city, sent.file, datum=datum, mapping=sent.mapping, as_of=sent.as_of)

        steps.append(("demo.facilities", bring))
    return steps
