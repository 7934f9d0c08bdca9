"""Options that every reader of tables takes, stated once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypedDict, TypeVar

from kezhong.intake.mapping import MappingLike

_Reader = TypeVar("_Reader", bound=Callable[..., object])


class TableReading(TypedDict, total=False):
    """How a table without positions is read."""

    source: str | None  # name of the source; default: the file's name without suffix
    mapping: (
        MappingLike  # columns and constants; default: what the city remembers of this source, then recognised names
    )
    sheet: str | None  # sheet of a workbook, layer of a GeoPackage
    as_of: str | None  # day that rows without one describe, e.g. 2024-12-31
    allow_rejects: bool  # leave bad rows out and write them to a file, instead of refusing the whole


class Reading(TableReading, total=False):
    """How a table or GIS file with positions is read."""

    datum: str | None  # of the coordinates; needed for tables in China and for GIS files that carry none


def spelled_out(reader: _Reader) -> _Reader:
    """Show the options behind a reader's ``**how`` by name, with their defaults, wherever its signature is asked for.

    ``help()`` names them then, and the command line knows which options a kind of file takes.
    """
    signature = inspect.signature(reader)
    shown = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = TableReading if "TableReading" in str(signature.parameters["how"].annotation) else Reading
    shown += [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == "allow_rejects" else None,
            annotation=getattr(kind, "__forward_arg__", kind),
        )
        for name, kind in options.__annotations__.items()
    ]
    reader.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    return reader
