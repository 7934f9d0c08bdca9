"""Office: notices."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["office: notices"])
