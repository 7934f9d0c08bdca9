"""Small real documents for what is handed in: a text, a word processor's file, a page of print."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Same bytes for the same words, whenever they are written.
_WHEN = (2020, 1, 1, 0, 0, 0)
_NOTE = "（合成数据：示范市为虚构城市）"


def plain(title: str, lines: Sequence[str]) -> bytes:
    """A text in UTF-8."""
    return "\n".join((title, _NOTE, "", *lines, "")).encode()


def word(title: str, lines: Sequence[str]) -> bytes:
    """A .docx with a title and paragraphs."""
    body = "".join(
        f"<w:p><w:r>{'<w:rPr><w:b/></w:rPr>' if number == 0 else ''}<w:t>{escape(line)}</w:t></w:r></w:p>"
        for number, line in enumerate((title, _NOTE, *lines))
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _HEAD + text)
    return out.getvalue()


def printed(title: str, lines: Sequence[str]) -> bytes:
    """A .pdf of one page; the reader's own Chinese font is used, none is carried along."""
    drawn = [_line(title, 16, 780), _line(_NOTE, 10, 758)]
    drawn += [_line(line, 11, 728 - 20 * number) for number, line in enumerate(lines[:30])]
    page = b"BT\n" + b"".join(drawn) + b"ET\n"
    fonts = b"<< /Font << /F1 5 0 R >> >>"
    names = b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
    measures = b"/FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%sendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R /DW 1000"
        + b" /CIDSystemInfo %s >>" % names,
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 %s >>" % measures,
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def _line(text: str, size: int, height: int) -> bytes:
    return b"/F1 %d Tf 1 0 0 1 56 %d Tm <%s> Tj\n" % (size, height, text.encode("utf-16-be").hex().encode())
