"""Secrets of the office, from the environment only; never in the city folder, a log or an error.

``KEZHONG_SECRET_KEY`` (32 bytes or more, base64 or any text) is the root from which the keys for digests and for
sealing second factors are derived. ``KEZHONG_AUDIT_KEY`` (an Ed25519 seed, 32 bytes in base64) signs the heads of the
chain. Without the first, an installation on one machine uses a key kept beside its embedded database.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from kezhong.errors import InputError

VARIABLE = "KEZHONG_SECRET_KEY"
AUDIT_VARIABLE = "KEZHONG_AUDIT_KEY"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Derived keys; ``repr`` shows none of them."""

    origin: bytes = field(repr=False)  # digests of network addresses
    digest: bytes = field(repr=False)  # digests of personal values of people who are no users (offers)
    seal: bytes = field(repr=False)  # Fernet key for second factors


def derive(root: bytes) -> Secrets:
    """Keys for each purpose from one root."""

    def key(purpose: str) -> bytes:
        return hmac.new(root, purpose.encode(), hashlib.sha256).digest()

    return Secrets(key("origin"), key("digest"), urlsafe_b64encode(key("seal")))


def load(state_folder: Path | None, environ: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets of this installation.

    Parameters
    ----------
    state_folder
        Folder of the embedded database, private to the user; ``None`` with a server of the city's own.

    Raises
    ------
    InputError
        The variable is set to something short, or it is not set and there is no embedded database.
    """
    text = environ.get(VARIABLE, "")
    if text:
        if len(text) < 32:
            raise InputError("office.weak_secret", value=VARIABLE)
        return derive(text.encode())
    if state_folder is None:
        raise InputError("office.no_secret", value=VARIABLE)
    file = state_folder / "secret.key"
    if not file.is_file():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(token_bytes(32))
    return derive(file.read_bytes())
