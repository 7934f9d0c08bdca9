"""Measurements that are run on purpose, not timed tests: ``python -m benchmarks [--only engine]``."""
