"""Exports: the shortfall list as .xlsx, .csv, .geojson and .gpkg, and the open-data folder with its dictionary."""

from __future__ import annotations

from kezhong.report.context import Context, context_of
from kezhong.report.dictionary import DictionaryRow, data_dictionary
from kezhong.report.folder import export_city
from kezhong.report.official import official_table
from kezhong.report.shortfalls import FORMATS, write_shortfall_file, write_shortfalls

__all__ = [
    "FORMATS",
    "Context",
    "DictionaryRow",
    "context_of",
    "data_dictionary",
    "export_city",
    "official_table",
    "write_shortfall_file",
    "write_shortfalls",
]
