"""``kezhong new``: a city folder with its root area, and its tree where a boundary, areas or a template are given."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kezhong.city.config import CityConfig
from kezhong.city.crs import GEOGRAPHIC, projected_crs_for
from kezhong.city.vocabulary import AreaLevel
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.areas import import_areas
from kezhong.intake.columns import fields_of
from kezhong.intake.mapping import Mapping
from kezhong.intake.opening import open_source
from kezhong.intake.storing import put_layers

_ROOT_SOURCE = "city"


def templates() -> list[str]:
    """Names of the templates there are."""
    folder = resources.files("kezhong.intake").joinpath("templates")
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("_"))


def new_city(
    folder: str | Path,
    name: str | None = None,
    *,
    boundary: str | Path | None = None,
    areas: str | Path | None = None,
    level: str = "community",
    template: str | None = None,
    code: str = "city",
    name_en: str = "",
    code_column: str | None = None,
    name_column: str | None = None,
    datum: str | None = None,
    synthetic: bool = False,
    attribution: tuple[str, ...] = (),
) -> City:
    """Make a city folder.

    Parameters
    ----------
    boundary
        The city's outline (all its polygons together).
    areas, level, code_column, name_column
        Areas of one level, and the columns with code and name where they are not recognised.
    template
        A tree of names and codes that comes with the program, e.g. ``wuhai``; it has no boundaries.
    datum
        Datum of both files where they do not carry it, or where they are in GCJ-02 or BD-09.

    Raises
    ------
    WorkspaceError
        The folder exists and is not empty, or cannot be written.
    InputError
        Unknown template, or a file that cannot be used; the folder is then removed again.
    """
    if template is not None and template not in templates():
        raise InputError("intake.unknown_template", value=template, near="、".join(templates()))
    facts = _template_file(template, "city.csv").iloc[0] if template else None
    if facts is not None:
        name, name_en, code = name or str(facts["name"]), name_en or str(facts["name_en"]), str(facts["code"])
    if not name:
        raise InputError("intake.bad_option", option="name", value="", expected="--name")
    path = Path(folder).expanduser().resolve()
    existed = path.exists()
    city = City.create(
        path, CityConfig(name=name, name_en=name_en, code=code, synthetic=synthetic, attribution=attribution)
    )
    try:
        _root(city, boundary, datum)
        if template:
            _lay_out(city.refresh(), template)
        if areas is not None:
            import_areas(
                city.refresh(), areas, level=level, code_column=code_column, name_column=name_column, datum=datum
            )
    except BaseException:
        shutil.rmtree(path)
        if existed:
            path.mkdir()
        raise
    return city.refresh()


def _root(city: City, boundary: str | Path | None, datum: str | None) -> None:
    """The city's own row, with its outline where there is one."""
    shape, tag = None, None
    if boundary is not None:
        opened = open_source(
            city,
            "boundary",
            boundary,
            fields_of("areas"),
            {"mapping": Mapping(), "datum": datum},
            geometry="required",
            trust_place=True,
        )
        shapes = opened.require_shapes("polygon")
        opened.rows.settle(allow_rejects=False)
        shape = shapely.union_all(shapely.make_valid(shapes))
        tag = str(opened.datum[0]) if opened.datum is not None else None
    frame = gpd.GeoDataFrame(
        pd.DataFrame(
            {
                "code": [city.config.code],
                "name": [city.config.name],
                "level": [AreaLevel.CITY.value],
                "source": [_ROOT_SOURCE],
                "source_datum": [tag],
            }
        ),
        geometry=np.array([shape, None], dtype=object)[:1],
        crs=GEOGRAPHIC,
    )
    with city.edit("new city") as edit:
        put_layers(edit, _ROOT_SOURCE, {"areas": frame})


def _lay_out(city: City, template: str) -> None:
    """The template's tree, without geometry and without invented data."""
    facts = _template_file(template, "city.csv").iloc[0]
    frame = _template_file(template, "areas.csv")
    table = gpd.GeoDataFrame(
        frame.assign(source=template, as_of=None), geometry=np.full(len(frame), None, dtype=object), crs=GEOGRAPHIC
    )
    with city.edit(f"template {template}") as edit:
        if not city.config.crs:
            edit.configure(crs=projected_crs_for(float(facts["lon"]), float(facts["lat"])))
        edit.put("areas", template, table)


def template_population(template: str) -> pd.DataFrame:
    """Published population figures of a template's areas: code, year, people, age group shares, source."""
    return _template_file(template, "population.csv")


def _template_file(template: str, name: str) -> pd.DataFrame:
    file = resources.files("kezhong.intake").joinpath("templates", template, name)
    with resources.as_file(file) as path:
        found: pd.DataFrame = pd.read_csv(path, dtype="string", comment="#")
    return found
