"""Supervision (监督考核): monthly dispatch as an Excel round trip, bulletins, checks, and the annual appraisal."""
