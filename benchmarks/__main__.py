"""Run the measurements: ``python -m benchmarks [--only engine]``; exit status 1 where a target is not met."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks import city, engine, isochrones, lived, office, pages, whatif
from benchmarks.measure import show, write

SUITES = {
    "city": city.run,
    "engine": engine.run,
    "http": pages.run,
    "isochrones": isochrones.run,
    "lived": lived.run,
    "office": office.run,
    "whatif": whatif.run,
}


def main() -> int:
    """Run the suites asked for, print their tables and write them as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(SUITES), help="run this suite alone")
    parser.add_argument("--city", type=Path, help="http, lived, whatif: an existing city folder instead of Las Palmas")
    chosen = parser.parse_args()
    failed = False
    for suite in [chosen.only] if chosen.only else sorted(SUITES):
        # Other work on the machine makes figures worse: it is told beside them.
        load = round(os.getloadavg()[0], 1)
        measures, about = SUITES[suite](chosen.city)
        about = {"load average before": load, **about}
        shown = ", ".join(f"{key} {value}" for key, value in about.items() if key != "runs")
        print(f"# {suite}: {shown}")
        print(show(measures))
        print(f"written to {write(suite, measures, about)}", flush=True)
        failed |= any(measure.met is False for measure in measures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
