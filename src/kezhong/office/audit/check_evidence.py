#!/usr/bin/env python3
"""Checks an evidence package of Kezhong; it stands alone, so it can be read in one sitting and trusted.

核对刻钟审计证据包；只用 Python 标准库，可独立阅读。
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def digest_of(columns: list[str], entry: Row) -> bytes:
    """Digest of an entry's columns."""
    content = hashlib.sha256()
    for name in columns:
        value = entry[name]
        if value is None:
            content.update(b"\x00")
        else:
            data = value.encode()
            content.update(b"\x01" + len(data).to_bytes(8, "big") + data)
    return content.digest()


def read_package(folder: Path) -> tuple[Row, dict[int, Row], list[bytes], list[Row]]:
    """Manifest, entries by number, digests in order, anchors."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    lines = (folder / "entries.jsonl").read_text("utf-8").splitlines()
    entries = {int(entry["seq"]): entry for entry in map(json.loads, lines)}
    links = gzip.decompress((folder / "links.txt.gz").read_bytes()).split()
    text = (folder / "anchors.jsonl").read_text("utf-8").split("\n")[:-1]
    return manifest, entries, [bytes.fromhex(link.decode()) for link in links], [json.loads(line) for line in text]


def standing(anchors: list[Row]) -> list[Row]:
    """The anchors that count: one with a lower number says that an older backup was restored, and ends those beyond."""
    left: list[Row] = []
    for one in anchors:
        while left and left[-1]["seq"] > one["seq"]:
            left.pop()
        left.append(one)
    return left


def check_chain(
    manifest: Row, entries: dict[int, Row], links: list[bytes], anchors: list[Row], problems: list[str]
) -> list[Row]:
    """Follow the links; the anchors that were met and fit."""
    at: dict[int, list[Row]] = {}
    for one in standing(anchors):
        at.setdefault(one["seq"], []).append(one)
    met = []
    current = bytes.fromhex(manifest["previous"])
    for seq, link in enumerate(links, manifest["first"]):
        entry = entries.get(seq)
        if entry is not None:
            if entry["previous"] != current.hex():
                problems.append(f"第 {seq} 条与前一条不相连 / entry {seq} does not follow the one before")
            if digest_of(manifest["columns"], entry) != link:
                problems.append(f"第 {seq} 条的内容被改动 / the content of entry {seq} was altered")
        current = hashlib.sha256(current + link).digest()
        if entry is not None and entry["hash"] != current.hex():
            problems.append(f"第 {seq} 条的校验值不符 / the hash of entry {seq} does not fit")
        for one in at.get(seq, ()):
            if one["hash"] == current.hex():
                met.append(one)
            else:
                problems.append(f"第 {seq} 条与锚点不符 / entry {seq} does not fit its anchor")
    if manifest["first"] + len(links) - 1 != manifest["last"] or any(seq > manifest["last"] for seq in entries):
        problems.append("缺少链接 / links are missing")
    return met


def check_signatures(anchors: list[Row], keys: list[bytes], problems: list[str]) -> str:
    """What can be said of the signatures."""
    signed = [one for one in anchors if one["signature"]]
    if not signed:
        return "锚点没有签名 / the anchors are not signed"
    if not keys:
        return "没有公钥，签名未核对 / no public key: signatures were not checked"
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return "没有安装 cryptography，签名未核对 / cryptography is not installed: signatures were not checked"
    known = {hashlib.sha256(key).hexdigest()[:16]: Ed25519PublicKey.from_public_bytes(key) for key in keys}
    good = 0
    for one in signed:
        fields = {name: value for name, value in one.items() if name != "signature"}
        content = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        try:
            known[one["key"]].verify(base64.b64decode(one["signature"]), content)
            good += 1
        except KeyError:
            problems.append(f"锚点 {one['seq']} 用不认识的密钥签名 / anchor {one['seq']}: unknown key")
        except InvalidSignature:
            problems.append(f"锚点 {one['seq']} 的签名不对 / anchor {one['seq']}: wrong signature")
    return f"{good} 个签名正确 / {good} signatures are right"


def main() -> int:
    """Exit status 0 where everything fits, 1 where something does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--public-key", action="append", default=[], help="base64")
    options = parser.parse_args()
    manifest, entries, links, anchors = read_package(options.folder)
    problems: list[str] = []
    texts = options.public_key or (options.folder / "public_keys.txt").read_text("ascii").split()
    if len(entries) != manifest["entries"]:
        problems.append("记录数不符 / the number of entries differs")
    met = check_chain(manifest, entries, links, anchors, problems)
    said = check_signatures(met, [base64.b64decode(text) for text in texts], problems)
    if not met:
        problems.append("没有到达任何锚点 / no anchor was reached")
    out = sys.stdout
    out.write(f"{manifest['name']}: {len(entries)} 条记录 / entries, {len(met)} 个锚点 / anchors; {said}\n")
    for line in problems:
        out.write(f"✗ {line}\n")
    out.write("不符 / DOES NOT FIT\n" if problems else "相符 / fits\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
