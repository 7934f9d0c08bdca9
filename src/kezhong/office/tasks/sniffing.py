"""What a file really is, by its bytes, and the position of a photograph taken out of it.

Photographs are never asked for. Where somebody attaches one, what the camera wrote into it (position, time, device,
owner) is dropped before it is stored; only the direction in which it is to be shown is kept. Pictures *inside* a .docx,
.xlsx or .pdf are left as they are.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator

from kezhong.errors import InputError

#: Extensions by kind of content, and the type that is told on the wire.
TYPES: dict[str, tuple[tuple[str, ...], str]] = {
    "pdf": (("pdf",), "application/pdf"),
    "docx": (("docx",), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (("xlsx",), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "jpg": (("jpg", "jpeg"), "image/jpeg"),
    "png": (("png",), "image/png"),
    "text": (("txt", "csv"), "text/plain; charset=utf-8"),
}
PERMITTED = "pdf, docx, xlsx, jpg, png, txt, csv"
_TEXT_CONTROL = frozenset(range(32)) - {9, 10, 12, 13}


def kind_of_content(content: bytes, name: str) -> str:
    """Kind of a file by its first bytes; the extension must fit.

    Raises
    ------
    InputError
        Of no permitted kind (also an office file with macros), or a name that says something else.
    """
    found = _sniff(content)
    if found is None:
        raise InputError("tasks.file_type", value=name, expected=PERMITTED)
    extension = name.rpartition(".")[2].lower()
    if extension not in TYPES[found][0]:
        raise InputError("tasks.file_extension", value=name, found=found)
    return found


def _sniff(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"PK\x03\x04"):
        return _office_file(content)
    return "text" if _is_text(content) else None


def _office_file(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    if any(byte in _TEXT_CONTROL for byte in content[:65536]):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def without_position(content: bytes, kind: str, name: str) -> bytes:
    """A picture without what its camera wrote into it; anything else as it is.

    Raises
    ------
    InputError
        The picture is damaged, so that nobody can say what it holds.
    """
    try:
        if kind == "jpg":
            return _clean_jpeg(content)
        if kind == "png":
            return _clean_png(content)
    except (struct.error, ValueError, IndexError) as problem:
        raise InputError("tasks.file_damaged", value=name) from problem
    return content


def _clean_jpeg(content: bytes) -> bytes:
    """All application segments but JFIF and the colour profile are dropped, and comments too."""
    out = bytearray(b"\xff\xd8")
    direction = 1
    place = 2
    while True:
        if content[place] != 0xFF:
            raise ValueError(place)
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker == 0xDA:  # the picture itself; nothing but it follows
            break
        length = struct.unpack_from(">H", content, place + 2)[0]
        segment = content[place : place + 2 + length]
        if len(segment) < 2 + length or length < 2:
            raise ValueError(place)
        body = segment[4:]
        if marker == 0xE1 and body.startswith(b"Exif\x00\x00"):
            direction = _direction(body[6:])
        elif not (0xE1 <= marker <= 0xEF or marker == 0xFE) or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00")):
            out += segment
        place += 2 + length
    end = content.rfind(b"\xff\xd9")
    if end < place:
        raise ValueError(end)
    if direction != 1:
        out[2:2] = _exif_of(direction)
    return bytes(out) + content[place : end + 2]  # what some cameras put behind the picture is dropped as well


def _direction(tiff: bytes) -> int:
    """The orientation (1 to 8) of an Exif block; 1 where it says nothing that can be."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        start = struct.unpack_from(f"{order}I", tiff, 4)[0]
        for k in range(min(struct.unpack_from(f"{order}H", tiff, start)[0], 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * k)
            if tag == 0x0112 and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1


def _exif_of(direction: int) -> bytes:
    tiff = b"MM\x00*" + struct.pack(">I", 8) + struct.pack(">H", 1)
    tiff += struct.pack(">HHIHH", 0x0112, 3, 1, direction, 0) + struct.pack(">I", 0)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _clean_png(content: bytes) -> bytes:
    """Chunks with Exif, text and time are dropped."""
    out = bytearray(content[:8])
    seen = False
    for kind, chunk in _chunks(content):
        if kind not in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            out += chunk
        seen = seen or kind == b"IEND"
    if not seen:
        raise ValueError("no end")
    return bytes(out)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(content):
        length = struct.unpack_from(">I", content, place)[0]
        chunk = content[place : place + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError(place)
        kind = chunk[4:8]
        yield kind, chunk
        if kind == b"IEND":
            return
        place += 12 + length
