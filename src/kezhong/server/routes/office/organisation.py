"""Office: organisation."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["office: organisation"])
