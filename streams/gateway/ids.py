"""Ids that leave the centre, sealed for one agency (leak rule 3): two agencies never see the same id for the same thing.

AES-SIV (RFC 5297) is deterministic, so an agency sees the same id every time, and authenticated, so an id that is made up, of another
kind, or another agency's is indistinguishable from one that never existed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from pathlib import Path
from typing import Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from streams.gateway.keyfile import read_or_create
from streams.gateway.word import Word
from streams.settings import Settings

Kind = Literal["report", "receipt", "letter", "incident", "cursor", "page", "ring", "device", "item", "conflict", "alert"]
MAX_SEALED_CHARS = 16_384
_BLOCK = 16


class Ids:
    """Seals and opens ids under one 512-bit key. Raises ValueError for a key of another length."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 64:
            raise ValueError("the key of sealed ids is 64 bytes: remove the file to make a new one (every id changes)")
        self._cipher = AESSIV(key)
        # Gateways that seal alike open each other's officers' words too.
        self.word = Word(HKDF(SHA256(), 48, salt=None, info=b"ric word").derive(key))

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """With the key in this file, made (mode 0600) at first start."""
        return cls(read_or_create(path, lambda: AESSIV.generate_key(512)))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The installation's: `keys/ids.key` in the data folder. Every gateway of an installation needs the same one."""
        return cls.load_or_create(settings.data_dir / "keys" / "ids.key")

    def seal(self, kind: Kind, agency: str, value: bytes) -> str:
        """`report-…` for this agency: at most 64 KiB of value, padded to 16 bytes so that a length tells nothing of an offset."""
        padded = len(value).to_bytes(2, "big") + value
        padded += bytes(-len(padded) % _BLOCK)
        return f"{kind}-{urlsafe_b64encode(self._cipher.encrypt(padded, [kind.encode(), agency.encode()])).decode().rstrip('=')}"

    def unseal(self, kind: Kind, agency: str, text: str) -> bytes | None:
        """The value, or None for anything that `seal` did not give this agency for this kind."""
        prefix, _, body = text.partition("-")
        if prefix != kind or not body or len(body) > MAX_SEALED_CHARS or not body.isascii():
            return None
        try:
            sealed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
            if urlsafe_b64encode(sealed).decode().rstrip("=") != body:
                return None
            padded = self._cipher.decrypt(sealed, [kind.encode(), agency.encode()])
        except (InvalidTag, Error, ValueError):
            return None
        return padded[2 : 2 + int.from_bytes(padded[:2], "big")]
