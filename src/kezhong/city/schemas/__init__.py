"""Declared schemas of a city's layers: column, type, unit, meaning and null rule, checked on every write.

A layer is a table; in a snapshot it is made of *parts*, one per source, so that a second import replaces that
source only. Derived layers (``derived=True``) have the single part ``derived`` and are rebuilt by the intake room.
Geometries are longitude/latitude in WGS 84/CGCS2000 (EPSG:4326), rounded to 1e-7 degrees on write.
"""

from __future__ import annotations

from kezhong.city.schemas import derived, facilities, land, ledgers, places, streets, transit
from kezhong.city.schemas.declaration import Column, Dtype, GeometryKind, LayerSchema

__all__ = ["LAYERS", "Column", "Dtype", "GeometryKind", "LayerSchema"]

#: Name → declaration, in the order in which layers are shown and exported.
LAYERS: dict[str, LayerSchema] = {
    schema.name: schema
    for subject in (places, streets, facilities, transit, land, ledgers, derived)
    for schema in subject.SCHEMAS
}
