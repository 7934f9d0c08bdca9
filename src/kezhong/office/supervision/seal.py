"""What makes a file ours: a seal over the sheet, its rows and their versions, under a key derived from the office's."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kezhong.office.secrets import Secrets

FORMAT = "kezhong-dispatch/1"
_PURPOSE = b"dispatch sheets"


def seal(secrets: Secrets, head: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> str:
    """A keyed digest of what the hidden sheet says."""
    key = hmac.new(secrets.digest, _PURPOSE, hashlib.sha256).digest()
    text = json.dumps(
        {"head": {name: str(value) for name, value in head.items()}, "rows": [[str(v) for v in row] for row in rows]},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def same_seal(one: str, other: str) -> bool:
    """Whether two seals are equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def digest_of(value: Any) -> str:
    """Digest of replies: equal content, equal digest, in whatever order the rows came."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
