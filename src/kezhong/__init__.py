"""Kezhong (刻钟): measure, plan, build and run a city's 15-minute community life circles.

>>> import kezhong as kz
>>> city = kz.open_city("my-city")                        # doctest: +SKIP
>>> assessment = kz.assess(city)                          # doctest: +SKIP
>>> assessment.coverage("wet_market", level="community")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kezhong.assess import Assessment, assess
    from kezhong.assess.whatif import Engine, Session
    from kezhong.catalogue import load_basis, load_catalogue
    from kezhong.city.scenarios import Scenario, merge
    from kezhong.city.workspace import City
    from kezhong.errors import KezhongError
    from kezhong.intake import (
        import_areas,
        import_buildings,
        import_circles,
        import_elevation,
        import_estates,
        import_facilities,
        import_gates,
        import_grid,
        import_landuse,
        import_population,
        import_ratios,
        import_sites,
        import_streets,
        new_city,
        verify_export,
        verify_import,
    )
    from kezhong.quality.gate import gate
    from kezhong.report import export_city, write_shortfalls

    open_city = City.open

#: public name → where it lives; imported when first asked for, so that ``import kezhong`` costs nothing
_HOMES = {
    "Assessment": "kezhong.assess",
    "assess": "kezhong.assess",
    "Engine": "kezhong.assess.whatif",
    "Session": "kezhong.assess.whatif",
    "Scenario": "kezhong.city.scenarios",
    "merge": "kezhong.city.scenarios",
    "load_basis": "kezhong.catalogue",
    "load_catalogue": "kezhong.catalogue",
    "City": "kezhong.city.workspace",
    "KezhongError": "kezhong.errors",
    **dict.fromkeys(
        (
            "import_areas",
            "import_buildings",
            "import_circles",
            "import_elevation",
            "import_estates",
            "import_facilities",
            "import_gates",
            "import_grid",
            "import_landuse",
            "import_population",
            "import_ratios",
            "import_sites",
            "import_streets",
            "new_city",
            "verify_export",
            "verify_import",
        ),
        "kezhong.intake",
    ),
    "gate": "kezhong.quality",
    "export_city": "kezhong.report",
    "write_shortfalls": "kezhong.report",
}

__all__ = [
    "Assessment",
    "City",
    "Engine",
    "KezhongError",
    "Scenario",
    "Session",
    "__version__",
    "assess",
    "export_city",
    "gate",
    "import_areas",
    "import_buildings",
    "import_circles",
    "import_elevation",
    "import_estates",
    "import_facilities",
    "import_gates",
    "import_grid",
    "import_landuse",
    "import_population",
    "import_ratios",
    "import_sites",
    "import_streets",
    "load_basis",
    "load_catalogue",
    "merge",
    "new_city",
    "open_city",
    "verify_export",
    "verify_import",
    "write_shortfalls",
]


def __getattr__(name: str) -> Any:
    # `assess` is also the name of a room: importing that room sets the attribute on this package to the module, so
    # the function is put back in its place (a module in `kezhong.assess.…` paths is found through sys.modules).
    if name == "open_city":
        value: Any = import_module("kezhong.city.workspace").City.open
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        msg = f"module 'kezhong' has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value
