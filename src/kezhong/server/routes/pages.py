"""The offline base map, and the built web application with its fallback."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from kezhong.errors import NotFoundError
from kezhong.server.errors import BadRangeError
from kezhong.server.etag import matches, prepare, respond
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State

basemap_router = APIRouter(tags=["basemap"])
router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).parent.parent / "static"
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_PMTILES = "application/vnd.pmtiles"
#: Vite puts a hash of the content into these names.
_HASHED = re.compile(r"^assets/.+-[A-Za-z0-9_-]{8,}\.\w+(\.map)?$")
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".webmanifest":
          "application/manifest+json", ".pbf": "application/x-protobuf"}  # fmt: skip


@basemap_router.get(
    "/basemap.pmtiles",
    dependencies=[require(Permission.READ_CITY)],
    response_class=Response,
    responses={
        **READ,
        200: {"description": "The file", "content": {_PMTILES: {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "Part of it", "content": {_PMTILES: {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def basemap(request: Request, state: State) -> Response:
    """The offline base map (PMTiles); byte ranges are served."""
    file = state.city().asset("basemap")
    if file is None or not file.is_file():
        raise NotFoundError("server.no_basemap")
    size = file.stat().st_size
    etag = f'"{file.stem}-{size:x}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Accept-Ranges": "bytes"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    if wanted and request.headers.get("if-range", etag) == etag:
        span = _span(wanted, size)
        if span is not None:
            start, end = span
            with file.open("rb") as handle:
                handle.seek(start)
                body = handle.read(end - start + 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
            return Response(body, status_code=206, media_type=_PMTILES, headers=headers)
    return _whole(file, size, headers)


def _whole(file: Path, size: int, headers: dict[str, str]) -> Response:
    def chunks() -> Iterator[bytes]:
        with file.open("rb") as handle:
            while piece := handle.read(1 << 18):
                yield piece

    return StreamingResponse(chunks(), media_type=_PMTILES, headers={**headers, "Content-Length": str(size)})


def _span(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte asked for; ``None`` where the header is not one plain range and so is ignored.

    Raises
    ------
    BadRangeError
        The range lies outside the file.
    """
    match = _RANGE.match(header.strip())
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    else:
        start, end = max(size - int(last), 0), size - 1
    if start >= size or end < start:
        raise BadRangeError("server.bad_range", value=header, size=size)
    return start, end


@router.get("/{path:path}", dependencies=[require(Permission.PUBLIC)])
def page(request: Request, path: str) -> Response:
    """A file of the built web application, or its index for the addresses that the application itself knows."""
    root: Path = request.app.state.static
    if path.startswith(("api/", "health/")) or path == "api":
        raise NotFoundError("server.not_found", path="/" + path)
    file = (root / path).resolve() if "\x00" not in path else root
    if not (file.is_file() and file.is_relative_to(root.resolve())):
        if "." in path.rpartition("/")[2] or not (root / "index.html").is_file():
            missing = "server.not_found" if (root / "index.html").is_file() else "server.no_web"
            raise NotFoundError(missing, path="/" + path)
        file, path = root / "index.html", "index.html"
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    response = respond(request, prepare(file.read_bytes(), kind))
    if _HASHED.match(path):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
