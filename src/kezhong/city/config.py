"""``kezhong.toml``: what the city is called and how it is computed."""

from __future__ import annotations

import tomllib
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tomli_w

from kezhong.city.files import write_text
from kezhong.clock import CITY_ZONE
from kezhong.errors import WorkspaceError

FORMAT_VERSION = 1
FILE = "kezhong.toml"


@dataclass(frozen=True, slots=True)
class CityConfig:
    """The city's own settings.

    ``crs`` is the projected system of all computations, empty until the first geometry arrives.
    ``synthetic`` marks invented data: every page and output then says 合成数据.
    """

    name: str
    name_en: str = ""
    code: str = "city"
    city_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    crs: str = ""
    timezone: str = CITY_ZONE
    basis: str = "kezhong-default"
    synthetic: bool = False
    attribution: tuple[str, ...] = ()
    format_version: int = FORMAT_VERSION

    def write(self, folder: Path) -> None:
        """Write ``kezhong.toml`` into ``folder``."""
        values = asdict(self)
        values["attribution"] = list(self.attribution)
        write_text(folder / FILE, "# Kezhong city / 刻钟城市\n" + tomli_w.dumps(values))


def read_config(folder: Path) -> CityConfig:
    """Read ``kezhong.toml``.

    Raises
    ------
    WorkspaceError
        No such file, unreadable, or of another format version.
    """
    file = folder / FILE
    if not file.is_file():
        raise WorkspaceError("city.not_a_city", folder=folder)
    try:
        values = tomllib.loads(file.read_text("utf-8"))
        found = int(values.get("format_version", 0))
        if found > FORMAT_VERSION:
            raise WorkspaceError("city.newer_format", found=found, known=FORMAT_VERSION)
        if found < FORMAT_VERSION:
            raise WorkspaceError("city.older_format", found=found, known=FORMAT_VERSION, folder=folder)
        values["attribution"] = tuple(values.get("attribution", ()))
        return CityConfig(**values)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError) as problem:
        raise WorkspaceError("city.broken_config", file=file, problem=str(problem)) from problem
