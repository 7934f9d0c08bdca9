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
#: No file has more bytes than 18 digits can count; longer numbers are no range.
_RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
_CHUNK = 1 << 18
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
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
            return _part(file, start, end - start + 1, 206, headers)
    return _part(file, 0, size, 200, headers)


def _part(file: Path, start: int, length: int, status_code: int, headers: dict[str, str]) -> Response:
    """``length`` bytes of a file; at once where they are few, else piece by piece."""
    headers = {**headers, "Content-Length": str(length)}
    if length <= _CHUNK:
        with file.open("rb") as handle:
            handle.seek(start)
            return Response(handle.read(length), status_code=status_code, media_type=_PMTILES, headers=headers)

    def pieces() -> Iterator[bytes]:
        with file.open("rb") as handle:
            handle.seek(start)
            left = length
            while left and (piece := handle.read(min(_CHUNK, left))):
                left -= len(piece)
                yield piece

    return StreamingResponse(pieces(), status_code=status_code, media_type=_PMTILES, headers=headers)


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


def _static_file(root: Path, path: str) -> Path | None:
    """The file of the web application at ``path``; ``None`` where there is none, or where it lies outside."""
    try:
        file = (root / path).resolve()
        inside = file.is_relative_to(root.resolve())
        return file if inside and file.is_file() else None
    except (OSError, ValueError):  # a name too long for the system, or with a null byte: no file has it
        return None


@router.get("/{path:path}", dependencies=[require(Permission.PUBLIC)])
def page(request: Request, path: str) -> Response:
    """A file of the built web application, or its index for the addresses that the application itself knows."""
    root: Path = request.app.state.static
    if path.startswith(("api/", "health/")) or path == "api":
        raise NotFoundError("server.not_found", path="/" + path)
    file = _static_file(root, path)
    if file is None:
        if "." in path.rpartition("/")[2] or not (root / "index.html").is_file():
            missing = "server.not_found" if (root / "index.html").is_file() else "server.no_web"
            raise NotFoundError(missing, path="/" + path)
        file, path = root / "index.html", "index.html"
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    response = respond(request, prepare(file.read_bytes(), kind))
    if _HASHED.match(path):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
