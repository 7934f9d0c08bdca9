"""Derived layers are rebuilt inside the edit that changed what they are made from."""

from __future__ import annotations

from collections.abc import Collection

from kezhong.city.workspace import Edit

#: Layers that people's places are derived from.
POPULATION_INPUTS = frozenset({"population", "areas", "area_sets", "estates", "gates", "buildings", "landuse"})
#: Layers that service points and their entrances are derived from.
FACILITY_INPUTS = frozenset(
    {"facilities", "facility_services", "verification", "areas", "area_sets", "street_edges", "street_nodes"}
)


def refresh(edit: Edit, changed_layers: Collection[str]) -> None:
    """Rebuild the derived layers whose inputs are among ``changed_layers``."""
    changed = set(changed_layers)
    if changed & POPULATION_INPUTS:
        from kezhong.intake import derive_population

        derive_population.derive(edit)
    if changed & FACILITY_INPUTS:
        from kezhong.intake import derive_facilities

        derive_facilities.derive(edit)
