"""Keys that sign the heads of the chain: Ed25519, the seed in the environment, the public half where it is checked."""

from __future__ import annotations

import binascii
import hashlib
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from secrets import token_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kezhong.errors import InputError
from kezhong.office.secrets import AUDIT_VARIABLE

#: Public keys that are trusted besides the own one, separated by commas: those of before a change of the key.
PUBLIC_VARIABLE = "KEZHONG_AUDIT_PUBLIC_KEY"
_BYTES = 32


class Signer:
    """Signs; ``repr`` shows no secret."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public)

    def sign(self, content: bytes) -> str:
        """The signature in base64."""
        return b64encode(self._key.sign(content)).decode()


def signer(environ: Mapping[str, str] = os.environ) -> Signer | None:
    """The key of ``KEZHONG_AUDIT_KEY``; ``None`` where it is not set, and heads stay unsigned.

    Raises
    ------
    InputError
        It is no seed of 32 bytes in base64.
    """
    text = environ.get(AUDIT_VARIABLE, "").strip()
    return Signer(_bytes(text, AUDIT_VARIABLE)) if text else None


def trusted(given: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> dict[str, bytes]:
    """Public keys by their id: those given, those of the environment, and the own one.

    Raises
    ------
    InputError
        One of them is no public key.
    """
    texts = [*given, *(part for part in environ.get(PUBLIC_VARIABLE, "").split(",") if part.strip())]
    found = [_bytes(text.strip(), PUBLIC_VARIABLE) for text in texts]
    own = signer(environ)
    if own is not None:
        found.append(own.public)
    return {key_id(public): public for public in found}


def is_signed(public: bytes, signature: str, content: bytes) -> bool:
    """Whether the signature is that of this key over this content."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(b64decode(signature, validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def key_id(public: bytes) -> str:
    """A short name of a public key: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def new_pair() -> tuple[str, str]:
    """A new seed and its public key, both in base64."""
    seed = token_bytes(_BYTES)
    return b64encode(seed).decode(), b64encode(Signer(seed).public).decode()


def _bytes(text: str, variable: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _BYTES:
        raise InputError("audit.bad_key", value=variable)  # never the text itself: it may be a secret
    return found
