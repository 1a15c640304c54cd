"""The word that comes with a check-in from the phone: well, or duress; sealed on the phone, so that nobody who has the phone can tell.

The phone seals one byte with every check-in (ECDH on P-256 with a key of its own for each, SHA-256 of the shared secret as the key of
AES-256-GCM, nonce zero, the act's id as associated data) and keeps only that. What it keeps, shows and sends is alike either way; the
gateway alone opens it, and hands on `duress`.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_POINT = 65
_NONCE = bytes(12)
_WELL, _DURESS = b"\x00", b"\x01"


class Word:
    """Opens sealed words under one private key, made of 48 secret bytes (FIPS 186-5, A.2.1: extra random bits)."""

    def __init__(self, secret: bytes) -> None:
        self._key = ec.derive_private_key(int.from_bytes(secret) % (_ORDER - 1) + 1, ec.SECP256R1())

    @property
    def public(self) -> str:
        """The key to seal with: an uncompressed point, base64url without padding."""
        return _text(self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def open(self, act: str, sealed: str) -> bool:
        """Whether duress was given with the act of this id. Raises ValueError for what was not sealed for this key and act."""
        try:
            raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw[:_POINT]))
            word = AESGCM(sha256(shared).digest()).decrypt(_NONCE, raw[_POINT:], act.encode())
        except (Error, InvalidTag, ValueError) as error:
            raise ValueError("it was not sealed for this centre and this act") from error
        if word not in (_WELL, _DURESS):
            raise ValueError("it was not sealed for this centre and this act")
        return word == _DURESS


def seal(public: str, act: str, *, duress: bool) -> str:
    """What the phone does (streams/dashboard/src/phone/word.ts), for other programs."""
    own = ec.generate_private_key(ec.SECP256R1())
    point = urlsafe_b64decode(public + "=" * (-len(public) % 4))
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    body = AESGCM(sha256(shared).digest()).encrypt(_NONCE, _DURESS if duress else _WELL, act.encode())
    return _text(own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) + body)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
