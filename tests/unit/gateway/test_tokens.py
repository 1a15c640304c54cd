"""Who a token names, and what is not a token."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from streams.gateway.keyfile import UnsafeKeyFile
from streams.gateway.tokens import BadToken, Claims, Keys, claims, issue, verify
from streams.settings import Settings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEYS = Keys.generate()
RAHIMOV = Claims("n.rahimov", "TJ-DCA", "TJ", "officer", "live", NOW + timedelta(hours=8), "j1")


def test_a_token_says_what_was_put_in() -> None:
    assert verify(KEYS, issue(KEYS, RAHIMOV), "live", NOW) == RAHIMOV


def test_an_agencys_supervisor_is_an_officer_with_a_word_more() -> None:
    chief = replace(RAHIMOV, supervises=True)
    assert verify(KEYS, issue(KEYS, chief), "live", NOW) == chief
    assert not verify(KEYS, issue(KEYS, RAHIMOV), "live", NOW).supervises
    with pytest.raises(BadToken, match="an agency's supervisor is an officer of it"):
        replace(chief, role="analyst")
    with pytest.raises(BadToken, match="an agency's supervisor is an officer of it"):
        replace(chief, agency="CARICC", country="")


def test_a_token_ends_at_its_expiry() -> None:
    with pytest.raises(BadToken, match="expired"):
        verify(KEYS, issue(KEYS, RAHIMOV), "live", NOW + timedelta(hours=8))


def test_that_a_token_was_taken_before_says_nothing_of_now() -> None:
    token = issue(KEYS, RAHIMOV)
    assert verify(KEYS, token, "live", NOW) == verify(KEYS, token, "live", NOW) == RAHIMOV
    with pytest.raises(BadToken, match="expired"):
        verify(KEYS, token, "live", NOW + timedelta(hours=8))
    with pytest.raises(BadToken, match="space"):
        verify(KEYS, token, "exercise-1", NOW)
    with pytest.raises(BadToken, match="use"):
        verify(KEYS, token, "live", NOW, "session")
    with pytest.raises(BadToken, match="not one of this centre's"):
        verify(Keys.generate(), token, "live", NOW)
    with pytest.raises(BadToken, match="not one of this centre's"):
        verify(KEYS, token[:-8] + "AAAAAAAA", "live", NOW)


def test_an_exercise_token_is_nothing_in_the_live_space() -> None:
    with pytest.raises(BadToken, match="space"):
        verify(KEYS, issue(KEYS, replace(RAHIMOV, space="exercise-1")), "live", NOW)


def test_a_session_is_no_bearer_token_and_the_other_way_round() -> None:
    with pytest.raises(BadToken, match="use"):
        verify(KEYS, issue(KEYS, RAHIMOV, "session"), "live", NOW)
    with pytest.raises(BadToken, match="use"):
        verify(KEYS, issue(KEYS, RAHIMOV), "live", NOW, "session")


def test_another_key_is_refused() -> None:
    with pytest.raises(BadToken):
        verify(KEYS, issue(Keys.generate(), RAHIMOV), "live", NOW)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_algorithm_is_not_the_tokens_choice(algorithm: str) -> None:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    assert KEYS.signing is not None
    header = {"alg": algorithm, "kid": KEYS.signing.kid, "typ": "ric-bearer+jwt"}
    signed = f"{part(json.dumps(header).encode())}.{issue(KEYS, RAHIMOV).split('.')[1]}"
    public = KEYS.signing.as_pem(private=False)
    signature = hmac.digest(public, signed.encode(), "sha256") if algorithm == "HS256" else b""
    with pytest.raises(BadToken, match="not one of this centre's"):
        verify(KEYS, f"{signed}.{part(signature)}", "live", NOW)


@given(st.integers(0), st.integers(1, 255))
def test_any_changed_byte_is_refused(place: int, change: int) -> None:
    token = issue(KEYS, RAHIMOV)
    at = place % len(token)
    changed = token[:at] + chr(ord(token[at]) ^ change) + token[at + 1 :]
    try:
        assert verify(KEYS, changed, "live", NOW) == RAHIMOV  # base64url's last letter of a part may carry unused bits
        assert token[at + 1 : at + 2] in {"", "."}
    except BadToken:
        pass


@given(st.text(max_size=200))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadToken) as refusal:
        verify(KEYS, text, "live", NOW)
    assert len(text) < 8 or text not in str(refusal.value)


def test_a_huge_token_is_refused_unread() -> None:
    with pytest.raises(BadToken):
        verify(KEYS, "a" * 1_000_000, "live", NOW)


def test_a_new_key_signs_while_the_old_one_still_verifies() -> None:
    assert KEYS.signing is not None
    old = KEYS.signing.as_dict(private=False)
    new = OKPKey.generate_key("Ed25519", {"kid": "new"}, private=True).as_dict(private=True)
    rotated = Keys.parse(json.dumps({"keys": [new, old]}).encode())
    assert verify(rotated, issue(KEYS, RAHIMOV), "live", NOW) == RAHIMOV
    assert verify(rotated, issue(rotated, RAHIMOV), "live", NOW) == RAHIMOV
    with pytest.raises(BadToken):
        verify(KEYS, issue(rotated, RAHIMOV), "live", NOW)


@pytest.mark.parametrize(
    "jwks",
    [b"", b"{}", b'{"keys":[]}', b'{"keys":[{"kty":"oct","k":"AAAA"}]}', b'{"keys":[{"kty":"OKP","crv":"X25519","x":"AA","kid":"a"}]}'],
)
def test_a_file_that_is_no_key_set_is_named_as_such(jwks: bytes) -> None:
    with pytest.raises(BadToken, match="JWK set"):
        Keys.parse(jwks)


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.jwks"
    first = Keys.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert verify(Keys.load_or_create(path), issue(first, RAHIMOV), "live", NOW) == RAHIMOV
    path.chmod(0o644)
    with pytest.raises(UnsafeKeyFile, match="chmod 600"):
        Keys.load_or_create(path)


def test_configured_keys_must_exist(tmp_path: Path) -> None:
    with pytest.raises(BadToken, match="RIC_SIGNING_KEYS"):
        Keys.of(Settings(signing_keys=tmp_path / "missing.jwks"))


@pytest.mark.parametrize("change", [{"role": "admin"}, {"agency": "tj dca"}, {"person": "Ra\nhimov"}, {"country": "TJK"}])
def test_claims_that_name_nobody_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(BadToken):
        replace(RAHIMOV, **change)  # type: ignore[arg-type]


def test_no_token_lives_longer_than_a_year() -> None:
    with pytest.raises(BadToken, match="year"):
        claims("n.rahimov", "TJ-DCA", "TJ", "officer", space="live", lifetime=timedelta(days=500), now=NOW)
    with pytest.raises(BadToken, match="longer"):
        verify(KEYS, issue(KEYS, replace(RAHIMOV, expires=NOW + timedelta(days=500))), "live", NOW)
