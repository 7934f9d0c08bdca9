"""The demonstration city: invented, generated, and brought in through public intake like anyone's.

>>> from kezhong.demo import build_city, generate_files            # doctest: +SKIP
>>> city = build_city("demo", generate_files("demo-files"))        # doctest: +SKIP
"""

from __future__ import annotations

from kezhong.demo.build import assess_city, build_city
from kezhong.demo.generate import DemoFiles, generate_files
from kezhong.demo.make import MadeDemo, make_demo
from kezhong.demo.planted import PLANTED, SILENT, Planted

__all__ = [
    "PLANTED",
    "SILENT",
    "DemoFiles",
    "MadeDemo",
    "Planted",
    "assess_city",
    "build_city",
    "generate_files",
    "make_demo",
]
