"""The HTTP interface of one city folder: ``create_app``."""

from __future__ import annotations

from kezhong.server.app import create_app

__all__ = ["create_app"]
