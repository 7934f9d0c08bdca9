"""Evidence: chosen entries, with all that a stranger needs to check them against a signed head.

An entry's hash is made of the hash before it and a digest of its own columns. So the package needs the *digests* of the
entries between the first chosen one and the next anchor, not their contents: what was not asked for is not shown.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from kezhong import clock
from kezhong.city.files import explain
from kezhong.errors import InputError, NotFoundError
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.audit.anchors import anchor, read_anchors, standing
from kezhong.office.audit.chain import COLUMNS, content_digest, texts
from kezhong.office.audit.history import Filter
from kezhong.office.audit.keys import trusted
from kezhong.office.audit.walk import entries
from kezhong.office.models import AuditEntry
from kezhong.office.office import Office

#: Entries in one package; more is a backup, not evidence.
MOST = 200_000
FORMAT = 1


def write_evidence(
    office: Office, actor: Actor, wanted: Filter, out: BinaryIO, *, environ: Mapping[str, str] = os.environ
) -> int:
    """Write a package as a zip file; the number of entries in it. The export is itself an entry of the audit.

    Raises
    ------
    NotFoundError
        Nothing was chosen, or nothing of it lies in the actor's area.
    PermissionDeniedError
        The actor may not export the audit.
    """
    actor.require(Permission.EXPORT_AUDIT)
    with office.acting(actor) as session:
        session.audit.note("evidence.export", "evidence", "-", wanted=_described(wanted))
    anchor(office, force=True, environ=environ)
    with office.acting(actor) as session:
        statement = wanted.on(select(AuditEntry)).order_by(AuditEntry.seq).limit(MOST)
        chosen = session.rows(statement, Permission.EXPORT_AUDIT)
        if not chosen:
            raise NotFoundError("audit.nothing_to_export")
        session.expunge_all()
    anchors = read_anchors(office.anchors_file)
    last = next((one.seq for one in standing(anchors.anchors)[0] if one.seq >= chosen[-1].seq), chosen[-1].seq)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        members = {
            "entries.jsonl": b"".join(_line(row) for row in chosen),
            "links.txt.gz": _links(office, chosen[0].seq, last),
            "anchors.jsonl": office.anchors_file.read_bytes() if anchors.exists else b"",
            "public_keys.txt": "".join(
                f"{b64encode(key).decode()}\n" for key in trusted((), environ).values()
            ).encode(),
            "check.py": resources.files("kezhong.office.audit").joinpath("check_evidence.py").read_bytes(),
            "README.txt": _README.encode(),
        }
        manifest = {
            "format": FORMAT, "city": office.config.city_id, "name": office.config.name, "made": clock.stamp(),
            "by": actor.person_id, "wanted": _described(wanted), "entries": len(chosen), "first": chosen[0].seq,
            "last": last, "previous": chosen[0].previous.hex(), "columns": list(COLUMNS),
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
        }  # fmt: skip
        members["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=clock.now().timetuple()[:6]), content)
    return len(chosen)


def export_evidence(
    office: Office, actor: Actor, wanted: Filter, out: Path, *, environ: Mapping[str, str] = os.environ
) -> int:
    """:func:`write_evidence` into a folder that is empty or not there yet.

    Raises
    ------
    InputError
        The folder is in use.
    WorkspaceError
        It cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("audit.folder_in_use", folder=out)
    buffer = io.BytesIO()
    number = write_evidence(office, actor, wanted, buffer, environ=environ)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(buffer) as archive:
            archive.extractall(out)
    except OSError as problem:
        raise explain(problem, out) from problem
    return number


def _line(row: AuditEntry) -> bytes:
    values: dict[str, Any] = dict(zip(COLUMNS, texts({name: getattr(row, name) for name in COLUMNS}), strict=True))
    values |= {"previous": row.previous.hex(), "hash": row.hash.hex()}
    return (json.dumps(values, ensure_ascii=False) + "\n").encode()


def _links(office: Office, first: int, last: int) -> bytes:
    """The digests of the contents of all entries from ``first`` to ``last``, one a line."""
    buffer = io.BytesIO()
    engine = office.database.app_engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as target:
        for digest in _digests(entries(connection, first, last)):
            target.write(digest.hex().encode() + b"\n")
        connection.rollback()
    return buffer.getvalue()


def _digests(rows: Iterator[Any]) -> Iterator[bytes]:
    for _, _, _, values in rows:
        yield content_digest(values)


def _described(wanted: Filter) -> dict[str, Any]:
    found = {
        "object_kind": wanted.object_kind, "object_id": wanted.object_id, "actor_id": wanted.actor_id,
        "action": wanted.action, "area_path": wanted.area_path, "request_id": wanted.request_id,
        "start": wanted.start.isoformat() if wanted.start else None,
        "end": wanted.end.isoformat() if wanted.end else None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "")}


_README = """刻钟审计证据包 / Kezhong: evidence from the audit

如何核对 / How to check
  python3 check.py            （Python 3.9 以上，不需要安装任何软件 / Python 3.9 or newer, nothing to install）
  python3 check.py --public-key 公钥        （公钥应从别处取得 / get the public key from somewhere else）

核对什么 / What is checked
  1. entries.jsonl 中每条记录的校验值与其内容相符。
     The hash of every entry in entries.jsonl fits its content.
  2. 从第一条记录起，用 links.txt.gz 中各条记录的内容摘要逐条相连，直到最后的锚点。
     From the first entry on, the digests in links.txt.gz lead link by link to the last anchor.
  3. 所经过的锚点（anchors.jsonl）与链上的校验值相同；安装了 cryptography 时还核对签名（Ed25519）。
     The anchors on the way (anchors.jsonl) have the hashes of the chain; where the Python package cryptography is
     installed, their signatures (Ed25519) are checked as well.

校验值的算法 / How a hash is made
  内容摘要 = SHA-256( 对 manifest.json 的 columns 逐列：空值为 00；否则 01、8 字节长度、UTF-8 文本 )
  content digest = SHA-256 of, for each of the columns in manifest.json: 00 for null, else 01, its length in 8 bytes,
  its UTF-8 text
  校验值 = SHA-256( 前一校验值 32 字节 + 内容摘要 32 字节 )
  hash = SHA-256 of the hash before (32 bytes) and the content digest (32 bytes)

个人信息以带密钥的摘要（hmac:…）出现；密钥随人员信息的删除而销毁。
Personal values appear as keyed digests (hmac:…), whose key goes when the person is erased.
"""
