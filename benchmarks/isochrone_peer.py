"""Valhalla's side of ``benchmarks/isochrones.py``: run by the peer's own interpreter, with the standard library alone.

Builds tiles from the file, answers once to warm up, says so, then asks all points again for every line of input.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def _tiles(file: str, folder: Path) -> dict[str, object]:
    """Build the tiles; the configuration to read them with."""
    import valhalla

    tiles = folder / "tiles"
    tiles.mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=tiles)
    config["logging"] = {"type": ""}
    settings = folder / "valhalla.json"
    settings.write_text(json.dumps(config), "utf-8")
    program = Path(valhalla.__file__).with_name("bin") / "valhalla_build_tiles"
    done = subprocess.run([program, "-c", settings, file], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"valhalla_build_tiles failed:\n{done.stderr[-2000:]}")
    return config  # type: ignore[no-any-return]


def _square_km(geometry: dict[str, object]) -> float:
    """Area of a polygon of degrees, near enough for a comparison."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    total = 0.0
    for polygon in polygons:  # type: ignore[attr-defined]
        for number, ring in enumerate(polygon):
            doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))  # noqa: B905, RUF007
            total += abs(doubled) * (1.0 if number == 0 else -1.0)
    latitude = polygons[0][0][0][1]  # type: ignore[index]
    return float(total / 2.0 * 111.2**2 * math.cos(math.radians(latitude)))


def main() -> None:
    """Answer until the input ends."""
    import valhalla

    question = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    queries = [
        json.dumps(
            {
                "locations": [{"lon": lon, "lat": lat}],
                "costing": "pedestrian",
                "costing_options": {"pedestrian": {"walking_speed": question["km_h"]}},
                "contours": [{"time": minutes} for minutes in question["minutes"]],
                "polygons": True,
            }
        )
        for lon, lat in question["points"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        actor = valhalla.Actor(_tiles(sys.argv[1], Path(folder)))
        total = dict.fromkeys(question["minutes"], 0.0)
        for query in queries:
            for feature in json.loads(actor.isochrone(query))["features"]:
                total[round(feature["properties"]["contour"])] += _square_km(feature["geometry"])
        mean = [round(total[minutes] / len(queries), 3) for minutes in question["minutes"]]
        print(json.dumps({"version": importlib.metadata.version("pyvalhalla"), "mean_km2": mean}), flush=True)
        for _ in sys.stdin:
            begun = time.perf_counter()
            for query in queries:
                actor.isochrone(query)
            print(json.dumps({"ms": 1e3 * (time.perf_counter() - begun) / len(queries)}), flush=True)


if __name__ == "__main__":
    main()
