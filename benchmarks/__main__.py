"""Run the measurements: ``python -m benchmarks [--only engine]``; exit status 1 where a target is not met."""

from __future__ import annotations

import argparse
import sys

from benchmarks import engine
from benchmarks.measure import show, write

SUITES = {"engine": engine.run}


def main() -> int:
    """Run the suites asked for, print their tables and write them as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(SUITES), help="run this suite alone")
    chosen = parser.parse_args().only
    failed = False
    for suite in [chosen] if chosen else sorted(SUITES):
        measures, about = SUITES[suite]()
        print(f"# {suite}: " + ", ".join(f"{key} {value}" for key, value in about.items()))
        print(show(measures))
        print(f"written to {write(suite, measures, about)}")
        failed |= any(measure.met is False for measure in measures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
