"""Where Chromium is and how it is started, for the tests and for the tool that takes pictures."""

from __future__ import annotations

import os
import shutil

#: Software rendering: the map needs WebGL where there is no graphics card.
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
]


def chromium() -> str | None:
    """Path of a Chromium: ``KEZHONG_CHROMIUM``, else one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("KEZHONG_CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)
