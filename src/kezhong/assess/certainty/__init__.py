"""Certainty: how far a figure may be off, and which of its inputs makes it so."""

from kezhong.assess.certainty.draws import SOURCES, Draws
from kezhong.assess.certainty.intervals import Bounds, Sampler, coverage_bounds
from kezhong.assess.certainty.lived import lived_bounds
from kezhong.assess.certainty.sensitivity import Sensitivity, sensitivity
from kezhong.assess.certainty.spreads import Spreads, load_spreads

__all__ = [
    "SOURCES",
    "Bounds",
    "Draws",
    "Sampler",
    "Sensitivity",
    "Spreads",
    "coverage_bounds",
    "lived_bounds",
    "load_spreads",
    "sensitivity",
]
