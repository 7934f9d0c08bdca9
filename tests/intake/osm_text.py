"""Tiny OpenStreetMap files, written as XML. Positions are metres east and north of a corner in Wuhai."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

from pyproj import Transformer

_BACK = Transformer.from_crs("EPSG:4545", "EPSG:4326", always_xy=True)
EAST, NORTH = 483_000.0, 4_392_000.0
STAMP = 'version="1" timestamp="2025-05-01T00:00:00Z"'
Tags = dict[str, str]


class OsmText:
    """Collects nodes, ways and relations."""

    def __init__(self) -> None:
        self._nodes: dict[int, str] = {}
        self._ways: dict[int, str] = {}
        self._relations: dict[int, str] = {}
        self.ids: set[int] = set()

    def node(self, number: int, x: float, y: float, **tags: str) -> int:
        lon, lat = lonlat(x, y)
        self._nodes[number] = f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}" {STAMP}>{_tags(tags)}</node>'
        self.ids.add(number)
        return number

    def nodes(self, spots: dict[int, tuple[float, float]]) -> None:
        for number, (x, y) in spots.items():
            self.node(number, x, y)

    def way(self, number: int, refs: list[int], tags: Tags | None = None, **more: str) -> None:
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self._ways[number] = f'<way id="{number}" {STAMP}>{body}{_tags({**(tags or {}), **more})}</way>'

    def relation(self, number: int, members: list[tuple[int, str]], **tags: str) -> None:
        body = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self._relations[number] = f'<relation id="{number}" {STAMP}>{body}{_tags(tags)}</relation>'

    def write(self, file: Path) -> Path:
        kinds = (self._nodes, self._ways, self._relations)
        body = "\n".join(kind[number] for kind in kinds for number in sorted(kind))
        file.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{body}\n</osm>\n', "utf-8")
        return file


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place given in metres from the corner."""
    lon, lat = _BACK.transform(EAST + x, NORTH + y)
    return float(lon), float(lat)


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def block(text: OsmText, *, size: int = 4, step: float = 200.0, first: int = 1) -> None:
    """A lattice of streets: nodes ``first`` … row by row, ways 1 … west–east, 101 … south–north."""
    for row in range(size):
        for column in range(size):
            text.node(first + row * size + column, column * step, row * step)
    for line in range(size):
        text.way(1 + line, [first + line * size + column for column in range(size)], highway="residential")
        text.way(101 + line, [first + row * size + line for row in range(size)], highway="residential")
