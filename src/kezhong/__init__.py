"""Kezhong (刻钟): measure, plan, build and run a city's 15-minute community life circles."""

__version__ = "0.1.0"
