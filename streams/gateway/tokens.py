"""Tokens: a JSON Web Signature that names a person of an agency in a role (leak rule 7).

Ed25519 alone (RFC 8037, RFC 9864), pinned by the verifier and never chosen by the token (RFC 8725, section 3.1). Keys are a JWK set: the
first private key signs, every key verifies, so a key is rotated by putting the new one first and removing the old one a lifetime later.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Literal, Self, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from streams.gateway.keyfile import read_or_create
from streams.settings import Settings
from streams.store.visibility import CENTRE, DESK

Role = Literal["officer", "analyst", "coordinator", "supervisor", "steward", "contributor", "partner", "operator"]
Use = Literal["bearer", "session", "alert"]
"""`alert`: of an exercise's gateway, to say to the live centre that somebody says: real (decision 0813)."""
ROLES: frozenset[str] = frozenset(get_args(Role))
ALGORITHM = "Ed25519"
MAX_TOKEN_BYTES = 4096
MAX_DECODED = 4096
MAX_LIFETIME = timedelta(days=366)
_SKEW = timedelta(seconds=30)
_AGENCY = re.compile(r"[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}")
_COUNTRY = re.compile(r"[A-Z]{2}|")
_PERSON = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class BadToken(ValueError):
    """The token is not one that this space's gateway accepts now. The message never quotes it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who calls. `country` is ISO 3166-1 alpha-2, empty where the agency belongs to no state; `expires` is aware.

    `supervises`: an officer whom the ladder of a delivery's alarms rings as the agency's supervisor. The centre's have a role of that name.
    """

    person: str
    agency: str
    country: str
    role: str
    space: str
    expires: datetime
    jti: str
    supervises: bool = False

    def __post_init__(self) -> None:
        if not (_PERSON.fullmatch(self.person) and _AGENCY.fullmatch(self.agency) and _COUNTRY.fullmatch(self.country)):
            raise BadToken("person, agency or country is not written as the centre writes it: n.rahimov, TJ-DCA, TJ")
        if self.role not in ROLES:
            raise BadToken(f"no such role: use one of {', '.join(sorted(ROLES))}")
        if self.supervises and (self.role != "officer" or self.agency == CENTRE):
            raise BadToken("an agency's supervisor is an officer of it; the centre's has the role supervisor")
        if self.expires.tzinfo is None:
            raise BadToken("the expiry needs its offset from UTC")


def claims(
    person: str, agency: str, country: str, role: str, *, space: str, lifetime: timedelta, now: datetime, supervises: bool = False
) -> Claims:
    """New claims with a fresh `jti`.

    Raises BadToken for a name that is not well formed, an unknown role, a role of the centre for another agency, a lifetime over a year.
    """
    if role in DESK | {"steward"} and agency != CENTRE:
        raise BadToken(f"{role} is a role of the centre: {agency} has officers and analysts; for the centre say {CENTRE}")
    if not timedelta(0) < lifetime <= MAX_LIFETIME:
        raise BadToken("a token lives more than nothing and at most a year")
    return Claims(person, agency, country, role, space, now + lifetime, token_urlsafe(12), supervises)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an installation: `signing` is the first private one, None where this process only verifies."""

    verifying: KeySet
    signing: OKPKey | None
    decoded: dict[bytes, jwt.Token] = field(default_factory=dict, compare=False, repr=False)
    """Tokens whose signature was found good, by SHA-256: a system sends the same one with every call. Whether it is still in force, and for
    what, is looked at each time."""

    @classmethod
    def generate(cls) -> Self:
        """One fresh key."""
        return cls.parse(_new_set())

    @classmethod
    def parse(cls, jwks: bytes) -> Self:
        """From a JWK set. Raises BadToken when it is not one, holds a key of another kind, or two keys with one `kid`."""
        try:
            parsed = json.loads(jwks)
            keys = [OKPKey.import_key(key) for key in parsed["keys"]]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise BadToken("the signing keys are not a JWK set of Ed25519 keys") from error
        kids = [key.kid for key in keys]
        if not keys or None in kids or len(set(kids)) != len(kids) or any(key.as_dict(private=False)["crv"] != "Ed25519" for key in keys):
            raise BadToken("the signing keys are not a JWK set of Ed25519 keys, each with its own kid")
        return cls(KeySet(list(keys)), next((key for key in keys if key.is_private), None))

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """From the file, made with one fresh key (mode 0600) at first start. Raises BadToken or UnsafeKeyFile."""
        return cls.parse(read_or_create(path, _new_set))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The installation's: `RIC_SIGNING_KEYS`, which must exist, or `keys/signing.jwks` in the data folder, made at first start."""
        if settings.signing_keys is None:
            return cls.load_or_create(settings.data_dir / "keys" / "signing.jwks")
        try:
            return cls.parse(settings.signing_keys.read_bytes())
        except OSError as error:
            raise BadToken(f"RIC_SIGNING_KEYS names {settings.signing_keys}, which cannot be read: {error.strerror}") from error


def _new_set() -> bytes:
    key = OKPKey.generate_key("Ed25519", {"kid": token_urlsafe(6), "use": "sig", "alg": ALGORITHM}, private=True)
    return json.dumps({"keys": [key.as_dict(private=True)]}).encode()


def issue(keys: Keys, claims: Claims, use: Use = "bearer") -> str:
    """The signed token. A session's token is of another type: it is no bearer token, and a bearer token is no session (RFC 8725, 3.11)."""
    if keys.signing is None:
        raise BadToken("there is no private key to sign with: this set only verifies")
    header = {"alg": ALGORITHM, "kid": keys.signing.kid, "typ": f"ric-{use}+jwt"}
    body: dict[str, Any] = {
        "sub": claims.person,
        "agency": claims.agency,
        "country": claims.country,
        "role": claims.role,
        "aud": claims.space,
        "exp": int(claims.expires.timestamp()),
        "jti": claims.jti,
    } | ({"supervises": True} if claims.supervises else {})
    return jwt.encode(header, body, keys.signing, algorithms=[ALGORITHM])


def verify(keys: Keys, token: str, space: str, now: datetime, use: Use = "bearer") -> Claims:
    """The claims of a token signed by one of `keys` for this space and not yet expired. Raises BadToken, without saying which key."""
    if len(token) > MAX_TOKEN_BYTES or not token.isascii():
        raise BadToken("the token is not one of this centre's")
    decoded = keys.decoded.get(digest := sha256(token.encode()).digest())
    if decoded is None:
        try:
            decoded = jwt.decode(token, keys.verifying, algorithms=[ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise BadToken("the token is not one of this centre's") from error
        if len(keys.decoded) >= MAX_DECODED:
            keys.decoded.clear()
        keys.decoded[digest] = decoded
    if decoded.header.get("typ") != f"ric-{use}+jwt":
        raise BadToken("the token is for another use")
    body = decoded.claims
    names = ("sub", "agency", "country", "role", "aud", "jti")
    if not all(isinstance(body.get(name), str) for name in names) or not isinstance(body.get("exp"), int):
        raise BadToken("the token lacks a claim")
    if body["aud"] != space:
        raise BadToken("the token is for another space")
    expires = datetime.fromtimestamp(body["exp"], UTC)
    if expires <= now:
        raise BadToken("the token has expired: ask for a new one")
    if expires > now + MAX_LIFETIME + _SKEW:
        raise BadToken("the token lives longer than any that this centre issues")
    return Claims(body["sub"], body["agency"], body["country"], body["role"], space, expires, body["jti"], body.get("supervises") is True)
