"""The data-quality gate: whether the data carry an assessment, for the city and area by area."""

from kezhong.quality.gate import gate
from kezhong.quality.model import REASONS, THRESHOLD, WEIGHTS, Check, QualityReport, reason_text

__all__ = ["REASONS", "THRESHOLD", "WEIGHTS", "Check", "QualityReport", "gate", "reason_text"]
