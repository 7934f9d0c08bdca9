"""The file of a backup: a .zip of open files that need no Kezhong to be read.

::

    tables/<schema>.<table>.csv     UTF-8, with header, in the order of the primary key; empty = NULL, "" = empty text
    files/<path>                    evidence as it lay in its folder
    anchors.jsonl                   heads of the audit's chain as they stood outside the database, up to this moment
    manifest.json                   versions, and for every file above its size and SHA-256; written last

The manifest carries a digest of itself. It finds damage, by chance or by hand, not a forger who computes it anew.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import quote

from kezhong.city.files import explain
from kezhong.errors import InputError
from kezhong.office.database.tables import SequenceState
from kezhong.progress import Progress

FORMAT = "kezhong-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
ANCHORS = "anchors.jsonl"
PIECE = 1 << 20
#: A manifest of a million files has 150 MB; more is no manifest.
_MANIFEST_BYTES = 1 << 28
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table of the backup."""

    name: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str

    @property
    def member(self) -> str:
        """Its name inside the archive."""
        return f"tables/{quote(self.name, safe='.')}.csv"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of evidence, its path relative to the folder of files."""

    path: str
    size: int
    sha256: str

    @property
    def member(self) -> str:
        """Its name inside the archive."""
        return f"files/{self.path}"


@dataclass(frozen=True, slots=True)
class AnchorsEntry:
    """The copy of the anchors."""

    size: int
    sha256: str

    @property
    def member(self) -> str:
        """Its name inside the archive."""
        return ANCHORS


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds and of what moment it is."""

    made: str
    kezhong: str
    postgresql: str
    revision: str
    tables: tuple[TableEntry, ...]
    sequences: tuple[SequenceState, ...]
    files: tuple[FileEntry, ...]
    anchors: AnchorsEntry | None = None

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def to_json(self) -> bytes:
        """As written, with its own digest."""
        values = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps({**values, "digest": _digest(values)}, ensure_ascii=False, indent=1).encode()


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive for reading.

    Raises
    ------
    InputError
        It is no archive, or its end is missing.
    WorkspaceError
        The file cannot be read.
    """
    try:
        return zipfile.ZipFile(path)
    except OSError as problem:
        raise explain(problem, path) from problem
    except _BROKEN as problem:
        raise damaged(path, str(problem)) from problem


def read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """The manifest, checked against its own digest and the list of files in the archive.

    Raises
    ------
    InputError
        Damaged, or of a newer format.
    """
    try:
        small = archive.getinfo(MANIFEST).file_size <= _MANIFEST_BYTES
        values = json.loads(archive.read(MANIFEST).decode()) if small else {}
        sound = values.pop("format") == FORMAT and values.pop("digest") == _digest({"format": FORMAT, **values})
        found = int(values.pop("format_version"))
        # the fields of a newer format are not looked at: its version is what has to be told
        manifest = _manifest(values) if sound and found == FORMAT_VERSION else None
    except (*_BROKEN, KeyError, TypeError, AttributeError) as problem:
        raise damaged(path, f"{MANIFEST}: {problem}") from problem
    if sound and found > FORMAT_VERSION:
        raise InputError("database.backup_newer", file=path, found=found, known=FORMAT_VERSION)
    if manifest is None:
        raise damaged(path, MANIFEST)
    _check_names(archive, manifest, path)
    return manifest


def check_members(archive: zipfile.ZipFile, manifest: Manifest, path: Path, progress: Progress) -> None:
    """Read everything and compare size and digest.

    Raises
    ------
    InputError
        Any byte differs from what was written.
    """
    entries: list[TableEntry | FileEntry | AnchorsEntry] = [*manifest.tables, *manifest.files]
    if manifest.anchors is not None:
        entries.append(manifest.anchors)
    whole = sum(entry.size for entry in entries) or 1
    done = 0
    for entry in entries:
        digest = hashlib.sha256()
        size = 0
        for piece in pieces(archive, entry.member, path):
            digest.update(piece)
            size += len(piece)
            progress(min(1.0, (done + size) / whole), "database.step_check")
            if size > entry.size:
                break
        if size != entry.size or digest.hexdigest() != entry.sha256:
            raise damaged(path, entry.member)
        done += size


def pieces(archive: zipfile.ZipFile, member: str, path: Path) -> Iterator[bytes]:
    """The content of a member in pieces of a megabyte."""
    try:
        with archive.open(member) as content:
            while piece := content.read(PIECE):
                yield piece
    except (*_BROKEN, KeyError) as problem:
        raise damaged(path, f"{member}: {problem}") from problem


@contextmanager
def new_member(archive: zipfile.ZipFile, member: str, made: tuple[int, int, int, int, int, int]) -> Iterator[IO[bytes]]:
    """A member to write into; evidence is stored as it is, since pictures do not get smaller."""
    info = zipfile.ZipInfo(member, made)
    info.compress_type = zipfile.ZIP_STORED if member.startswith("files/") else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with archive.open(info, "w", force_zip64=True) as target:
        yield target


def damaged(path: Path, problem: str) -> InputError:
    """The error of an archive that is not what was written."""
    return InputError("database.backup_damaged", file=path, problem=problem)


def _manifest(values: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **values,
            "tables": tuple(TableEntry(**{**entry, "columns": tuple(entry["columns"])}) for entry in values["tables"]),
            "sequences": tuple(SequenceState(**entry) for entry in values["sequences"]),
            "files": tuple(FileEntry(**entry) for entry in values["files"]),
            "anchors": None if values["anchors"] is None else AnchorsEntry(**values["anchors"]),
        }
    )


def _digest(values: dict[str, object]) -> str:
    plain = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _check_names(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    wanted = [MANIFEST, *(table.member for table in manifest.tables), *(file.member for file in manifest.files)]
    if manifest.anchors is not None:
        wanted.append(ANCHORS)
    found = archive.namelist()
    if sorted(found) != sorted(set(wanted)) or len(wanted) != len(set(wanted)):
        odd = sorted(set(found) ^ set(wanted))
        raise damaged(path, ", ".join(odd[:3]) or MANIFEST)
    for entry in manifest.files:
        parts = PurePosixPath(entry.path)
        if parts.is_absolute() or not parts.parts or {"..", "."} & set(entry.path.split("/")) or "\\" in entry.path:
            raise damaged(path, entry.member)
